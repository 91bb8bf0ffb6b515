using System.CommandLine;
using System.CommandLine.Parsing;
using LayoutCheck.Core;
using LayoutCheck.Platform;
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
            return ReportInternalError(e);
        }
    }

    private static int Run(string[] args)
    {
        if (PlatformSwitch.Apply() is { } unknown)
        {
            return Fail(unknown);
        }

        Output.LetLargeFilesFail();
        SigbusHandler.Enable("layoutcheck", (int)ExitCode.Unreadable);
        if (CompleteCommand.WordsOf(args) is { } words)
        {
            return Complete(words);
        }

        args = CommandLine.Canonical(args);
        Command root = CommandLine.Create(args);
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is not (HelpText or VersionLine) && UsageErrors.Of(parsed, args) is { Count: > 0 } errors)
        {
            foreach (string error in errors)
            {
                Fail(error);
            }

            StandardError.WriteLine($"Try '{string.Join(' ', CommandPath(parsed.CommandResult))} --help'.");
            return (int)ExitCode.Usage;
        }

        try
        {
            // Help and the version are results as others are: whole or a failure.
            using StringWriter help = new() { NewLine = "\n" };
            int exitCode = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = help });
            if (help.GetStringBuilder() is { Length: > 0 } text)
            {
                Output.WriteText(null, text.ToString());
            }

            return exitCode;
        }
        catch (InvalidImageException e)
        {
            return Fail(e.Message, (int)ExitCode.Unreadable);
        }
        catch (UsageException e)
        {
            return Fail(e.Message, (int)ExitCode.Usage);
        }
        catch (RuleException e)
        {
            // It shows the line that it is in, below the message.
            return FailInLines(e.Message);
        }
        catch (OutputException e)
        {
            return Fail(e.Message, (int)ExitCode.Unreadable);
        }
        catch (OutOfMemoryException)
        {
            return Fail(OutOfMemory, (int)ExitCode.Unreadable);
        }
    }

    // A shell shows its own prompt: nothing is said on standard error, whatever fails.
    private static int Complete(string[] words)
    {
        try
        {
            return CompleteCommand.Run(words);
        }
        catch (Exception e) when (e is OutputException or OutOfMemoryException)
        {
            return (int)ExitCode.Unreadable;
        }
    }

    // An unexpected exception still prints one line and has an exit code. With very little memory there is no console to write to, so the line goes to the file.
    private static int ReportInternalError(Exception e)
    {
        const int ENOMEM = 12;
        bool isMemory = e is OutOfMemoryException or System.ComponentModel.Win32Exception { NativeErrorCode: ENOMEM } || e.InnerException is OutOfMemoryException;
        string problem = isMemory ? OutOfMemory : $"a defect of layoutcheck: {e.GetType().Name}: {e.Message}; please report it, with the input; LAYOUTCHECK_TRACE=1 shows where";
        try
        {
            string text = $"layoutcheck: {Printable.Escape(problem)}\n{(Environment.GetEnvironmentVariable("LAYOUTCHECK_TRACE") == "1" ? Traced(e) + "\n" : "")}";
            if (HostSystem.IsLinux)
            {
                File.AppendAllText("/dev/stderr", text);
            }
            else
            {
                Console.Error.Write(text);
            }
        }
        catch (Exception inner) when (Output.IsOfFiles(inner) || inner is OutOfMemoryException)
        {
            // stderr is gone, or full.
        }

        return (int)ExitCode.Unreadable;
    }

    private static string Traced(Exception e) => string.Join('\n', e.ToString().Split('\n').Select(Printable.Escape));

    // One line, whatever the names in it are.
    private static int Fail(string message, int exitCode = (int)ExitCode.Usage)
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

        return (int)ExitCode.Usage;
    }

    private static IEnumerable<string> CommandPath(CommandResult command)
        => command.Parent is CommandResult parent ? CommandPath(parent).Append(command.Command.Name) : ["layoutcheck"];
}
