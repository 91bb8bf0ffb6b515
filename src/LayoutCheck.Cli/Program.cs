using System.CommandLine;
using System.CommandLine.Parsing;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Cli;

/// <summary>Parse, run, write, exit code: and the one place where failures become lines on stderr.</summary>
public static class Program
{
    private const string OutOfMemory = "out of memory; allow it more, or ask for fewer types";

    /// <summary>Runs the program.</summary>
    /// <returns>The exit code, one of <see cref="ExitCode"/>.</returns>
    public static int Main(string[] args)
    {
        try
        {
            return Run(args);
        }
        catch (Exception e)
        {
            return Surprise(e);
        }
    }

    private static int Run(string[] args)
    {
        Output.LetLargeFilesFail();
        RunMemory.Reserve();
        RunMemory.Expect(RunMemory.OfShortRun);
        KernelImage.EndProcessWhenInputIsLost("layoutcheck", ExitCode.Unreadable);
        Command root = CommandLine.Create(args);
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is not (TeachingHelp or VersionLine) && UsageErrors.Of(parsed, args) is { Count: > 0 } errors)
        {
            foreach (string error in errors)
            {
                Fail(error);
            }

            StandardError.WriteLine($"Try '{string.Join(' ', CommandPath(parsed.CommandResult))} --help'.");
            return ExitCode.Usage;
        }

        try
        {
            // Help and the version are results as others are: whole or a failure.
            using StringWriter help = new() { NewLine = "\n" };
            int exitCode = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = help });
            if (help.GetStringBuilder() is { Length: > 0 } text)
            {
                Output.WriteText(writer => writer.Write(text));
            }

            return exitCode;
        }
        catch (InvalidImageException e)
        {
            return Fail(e.Message, ExitCode.Unreadable);
        }
        catch (UsageException e)
        {
            return Fail(e.Message, ExitCode.Usage);
        }
        catch (RuleException e)
        {
            // It shows the line that it is in, below the message.
            return FailInLines(e.Message);
        }
        catch (OutputException e)
        {
            return Fail(e.Message, ExitCode.Unreadable);
        }
        catch (OutOfMemoryException)
        {
            return Fail(OutOfMemory, ExitCode.Unreadable);
        }
    }

    // What should not happen: a line all the same, for the exit codes are all that a script sees. With very little memory there is no console
    // to write it to, so it goes to the file.
    private static int Surprise(Exception e)
    {
        const int ENOMEM = 12;
        bool isMemory = e is OutOfMemoryException or System.ComponentModel.Win32Exception { NativeErrorCode: ENOMEM } || e.InnerException is OutOfMemoryException;
        string problem = isMemory ? OutOfMemory : $"a defect of layoutcheck: {e.GetType().Name}: {e.Message}; please report it, with the input; LAYOUTCHECK_TRACE=1 shows where";
        try
        {
            File.AppendAllText("/dev/stderr", $"layoutcheck: {Printable.Escape(problem)}\n{(Environment.GetEnvironmentVariable("LAYOUTCHECK_TRACE") == "1" ? Traced(e) + "\n" : "")}");
        }
        catch (Exception inner) when (Output.IsOfFiles(inner) || inner is OutOfMemoryException)
        {
            // Nobody is to be told.
        }

        return ExitCode.Unreadable;
    }

    private static string Traced(Exception e) => string.Join('\n', e.ToString().Split('\n').Select(Printable.Escape));

    // One line, whatever the names in it are.
    private static int Fail(string message, int exitCode = ExitCode.Usage)
    {
        StandardError.WriteLine($"layoutcheck: {Printable.Escape(message)}");
        return exitCode;
    }

    private static int FailInLines(string message)
    {
        string[] lines = message.Split('\n');
        _ = Fail(lines[0]);
        foreach (string line in lines.Skip(1))
        {
            StandardError.WriteLine(Printable.Escape(line));
        }

        return ExitCode.Usage;
    }

    private static IEnumerable<string> CommandPath(CommandResult command)
        => command.Parent is CommandResult parent ? CommandPath(parent).Append(command.Command.Name) : ["layoutcheck"];
}

/// <summary>The documented exit codes.</summary>
public static class ExitCode
{
    /// <summary>Everything holds; what was asked for was shown.</summary>
    public const int Holds = 0;

    /// <summary>A rule is violated, or a difference was found.</summary>
    public const int Violated = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The input cannot be read or has no debug information; or the output cannot be written.</summary>
    public const int Unreadable = 3;

    /// <summary>It could not be decided.</summary>
    public const int Undecided = 4;
}

/// <summary>The command line asks for something that cannot be.</summary>
public sealed class UsageException(string message) : Exception(message);
