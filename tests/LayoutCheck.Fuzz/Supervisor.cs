using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz;

/// <summary>
/// Runs the cases in child processes. A case that ends its process (stack overflow, wild read) or hangs is one more failure: it is saved, and a new child
/// continues behind it.
/// </summary>
internal sealed class Supervisor(Options options)
{
    // Among so many images, some undamaged, pahole and we agree on some.
    private const int CertainToAgree = 100;

    private readonly FuzzRun _run = new(options.Seed, options.Corpus);
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private int _failures;

    /// <summary>Runs all cases, prints the totals, and returns the exit code.</summary>
    public int Run()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-fuzz-");
        string slots = Path.Combine(folder.FullName, "slots");
        long cases;
        try
        {
            string program = options.Mode == RunMode.Guided
                ? InstrumentedProgram.Make(Path.Combine(folder.FullName, "instrumented"))
                : typeof(Program).Assembly.Location;
            cases = RunChildren(program, slots);
            if (options.Mode == RunMode.Differential && !PrintOutcomes(slots) && cases >= CertainToAgree)
            {
                Console.Error.WriteLine("pahole and we agreed on nothing: is there a pahole?");
                _failures++;
            }
        }
        finally
        {
            folder.Delete(true);
        }

        double seconds = _time.Elapsed.TotalSeconds;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:f0} s, {cases / seconds:f0} cases/s"));
        Console.WriteLine($"{cases} cases, {_failures} failures");
        return _failures == 0 ? 0 : 1;
    }

    private long RunChildren(string program, string slots)
    {
        long next = options.Start;
        long end = options.Hours > 0 ? long.MaxValue : options.Start + options.Cases;
        while (next < end && (options.Hours <= 0 || _time.Elapsed.TotalHours < options.Hours))
        {
            SlotFile.Create(slots, options.Threads);
            IEnumerable<string> arguments = options.ToArguments(next, end == long.MaxValue ? 0 : end - next, options.Hours - _time.Elapsed.TotalHours, slots);
            using Process child = Process.Start(StartInfoOf(program, arguments))!;
            child.WaitForExit();
            SlotFile.Contents contents = SlotFile.Read(slots);
            _failures += (int)contents.Failed;
            next += contents.Begun;
            if (child.ExitCode == 0)
            {
                break;
            }

            // Any of the cases that were running may be the cause; each is a failure until it is run alone.
            foreach (ImmutableArray<long> lineage in contents.Running)
            {
                _failures++;
                FailureFile.Save(options, _run, lineage, $"the process ended (exit code {child.ExitCode}) or hung, perhaps by this case");
            }

            if (contents.Begun == 0)
            {
                Console.Error.WriteLine($"a process ended before its first case (exit code {child.ExitCode})");
                _failures++;
                break;
            }
        }

        return next - options.Start;
    }

    // "dotnet X.dll" if this process was started so, else X.
    private static ProcessStartInfo StartInfoOf(string program, IEnumerable<string> arguments)
        => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? new(Environment.ProcessPath!, [program, .. arguments])
            : new(Path.ChangeExtension(program, null), arguments);

    // Whether there was any agreement.
    private static bool PrintOutcomes(string slots)
    {
        bool isAgreed = false;
        foreach (IGrouping<string, string> outcome in SlotFile.ReadOutcomes(slots).GroupBy(line => line).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{outcome.Count(),8} {outcome.Key}");
            isAgreed |= outcome.Key == Differential.Agrees;
        }

        return isAgreed;
    }
}
