using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Types;

namespace LayoutCheck.Fuzz;

/// <summary>
/// Runs the fuzzer's cases for as long as one likes. The cases run in a child process, so that one that ends the process (a stack that is used up, a
/// wild read) or hangs is a failure among others: it is written to a file, and a new child goes on behind it.
/// </summary>
public static class Program
{
    private const string Usage = """
        LayoutCheck.Fuzz [--cases N] [--seed S] [--hours H] [--threads T] [--start N] [--corpus FOLDER]... [--out FOLDER]
        LayoutCheck.Fuzz --differential N [--seed S] ...
        LayoutCheck.Fuzz --structs N [--seed S] [--threads T] [--out FOLDER]
        LayoutCheck.Fuzz --reproduce FILE

        Damages images and rules and does with them all that layoutcheck does. Last line: "N cases, N failures". Exit: 0 none failed, 1 some did.

          --cases N       how many (10000); with --hours as many as there is time for
          --differential N  N images, of which pahole says the same as we do, where both read them; the lines before the last count what came of each type
          --structs N     N generated structs, compiled by gcc and clang for several machines with DWARF 2 to 5 and BTF: all that we read of them is what the
                          compiler itself says; the lines before the last count structs, members, wrong answers and refusals of each form
          --seed S        what the cases come from (1); a seed and a number give the same case every time
          --start N       the number of the first case (0)
          --corpus FOLDER images to start from besides tests/fixtures
          --out FOLDER    where failing cases are written (fuzz-failures)
          --reproduce FILE  runs a failing case again
        """;

    // Of so many images, undamaged ones among them, some are read alike.
    private const int CertainToAgree = 100;

    // A case that is still running after so long hangs.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    /// <summary>Runs the program.</summary>
    public static int Main(string[] args)
    {
        Options? options = Options.Parse(args);
        if (options is null)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        return options.Reproduce is { } file ? Reproduce(file)
            : options.Structs > 0 ? new StructRun(options.Seed, options.Structs, options.Threads, options.Out).Run()
            : options.Slots is not null ? Child(options)
            : Parent(options);
    }

    private static int Reproduce(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        string namesFile = file + ".names";
        TypeName[] names = File.Exists(namesFile) ? [.. File.ReadAllLines(namesFile).Select(TypeName.Parse)] : [new TypeName(TypeNameKind.Struct, "page")];
        string? failure = null;
        FuzzRun.OnSmallStack(() => failure = file.EndsWith(".md", StringComparison.Ordinal)
            ? new FuzzRun(1).Run(new FuzzRun.Case(file, null, File.ReadAllText(file), names))
            : HostileCase.Run(bytes, names));
        Console.WriteLine(failure ?? "no failure");
        return failure is null ? 0 : 1;
    }

    private static int Parent(Options options)
    {
        Stopwatch time = Stopwatch.StartNew();
        FuzzRun run = new(options.Seed, options.Corpus);
        long next = options.Start;
        long end = options.Hours > 0 ? long.MaxValue : options.Start + options.Cases;
        int failures = 0;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-fuzz-");
        string slots = Path.Combine(folder.FullName, "slots");
        try
        {
            while (next < end && (options.Hours <= 0 || time.Elapsed.TotalHours < options.Hours))
            {
                File.WriteAllBytes(slots, new byte[(2 + options.Threads) * 8]);
                List<string> arguments = [.. options.ToArguments(next, end == long.MaxValue ? 0 : end - next, options.Hours - time.Elapsed.TotalHours), "--slots", slots];
                using Process child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. HostArguments(), .. arguments]))!;
                child.WaitForExit();
                (long begun, long failed, long[] current) = ReadSlots(slots, options.Threads);
                failures += (int)failed;
                if (child.ExitCode == 0)
                {
                    next += begun;
                    break;
                }

                // Those that were running when it ended: each alone tells which one it was.
                foreach (long number in current.Where(n => n > 0).Select(n => n - 1))
                {
                    failures++;
                    Save(options, run, number, $"the process ended (exit code {child.ExitCode}) or it hung, perhaps by this case");
                }

                if (begun == 0)
                {
                    Console.Error.WriteLine($"a process ended before its first case (exit code {child.ExitCode})");
                    failures++;
                    break;
                }

                next += begun;
            }

            if (options.IsDifferential && !PrintOutcomes(OutcomesFile(slots)) && next - options.Start >= CertainToAgree)
            {
                // There may be no pahole at all.
                Console.Error.WriteLine("pahole and we agreed on nothing: nothing was compared");
                failures++;
            }
        }
        finally
        {
            folder.Delete(true);
        }

        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.Elapsed.TotalSeconds:f0} s, {(next - options.Start) / time.Elapsed.TotalSeconds:f0} cases/s"));
        Console.WriteLine($"{next - options.Start} cases, {failures} failures");
        return failures == 0 ? 0 : 1;
    }

    private static string OutcomesFile(string slots) => slots + ".outcomes";

    // Whether there was any agreement.
    private static bool PrintOutcomes(string path)
    {
        bool isAgreed = false;
        foreach (IGrouping<string, string> outcome in (File.Exists(path) ? File.ReadLines(path) : []).GroupBy(line => line).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{outcome.Count(),8} {outcome.Key}");
            isAgreed |= outcome.Key == Differential.Agrees;
        }

        return isAgreed;
    }

    // "dotnet X.dll" when it runs so; nothing when it has a host of its own.
    private static string[] HostArguments() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Program).Assembly.Location] : [];

    private static (long Begun, long Failed, long[] Current) ReadSlots(string path, int threads)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return (BitConverter.ToInt64(bytes, 0), BitConverter.ToInt64(bytes, 8), [.. Enumerable.Range(0, threads).Select(i => BitConverter.ToInt64(bytes, (2 + i) * 8))]);
    }

    private static int Child(Options options)
    {
        FuzzRun run = new(options.Seed, options.Corpus);
        Differential differential = new(Path.GetDirectoryName(options.Slots)!);
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(options.Slots!);
        using MemoryMappedViewAccessor slots = file.CreateViewAccessor();
        Stopwatch time = Stopwatch.StartNew();
        Lock gate = new();
        long begun = 0;
        long failed = 0;
        long[] started = new long[options.Threads];
        long end = options.Hours > 0 ? long.MaxValue : options.Cases;

        void Work(int worker)
        {
            while (true)
            {
                long number;
                lock (gate)
                {
                    if (begun >= end || (options.Hours > 0 && time.Elapsed.TotalHours >= options.Hours))
                    {
                        return;
                    }

                    number = options.Start + begun++;
                    slots.Write(0, begun);
                }

                slots.Write((2 + worker) * 8, number + 1);
                Volatile.Write(ref started[worker], Stopwatch.GetTimestamp());
                string? failure;
                try
                {
                    if (options.IsDifferential)
                    {
                        (IReadOnlyList<string> outcomes, failure) = differential.Run(run.ComparableAt(number));
                        lock (gate)
                        {
                            File.AppendAllLines(OutcomesFile(options.Slots!), outcomes);
                        }
                    }
                    else
                    {
                        failure = run.Run(run.At(number));
                    }
                }
                catch (Exception e)
                {
                    // The fuzzer's own: the case is not what it should be, and the others still are.
                    failure = $"the fuzzer failed: {e}";
                }

                Volatile.Write(ref started[worker], 0);
                slots.Write((2 + worker) * 8, 0L);
                if (failure is not null)
                {
                    lock (gate)
                    {
                        slots.Write(8, ++failed);
                        Save(options, run, number, failure);
                    }
                }
            }
        }

        Thread[] threads = [.. Enumerable.Range(0, options.Threads).Select(i => new Thread(() => Work(i), HostileCase.StackSize))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        while (!threads.All(t => t.Join(200)))
        {
            if (started.Select((_, i) => Volatile.Read(ref started[i])).Any(at => at != 0 && Stopwatch.GetElapsedTime(at) > s_longest))
            {
                Console.Error.WriteLine($"a case is running for more than {s_longest.TotalSeconds} s");
                Environment.Exit(3);
            }
        }

        return 0;
    }

    private static void Save(Options options, FuzzRun run, long number, string failure)
    {
        string told = string.Create(CultureInfo.InvariantCulture, $"case {number} of seed {options.Seed}");
        string how;
        try
        {
            (told, string extension, byte[] bytes, IReadOnlyList<TypeName> names) = Saved(options, run, number);
            _ = Directory.CreateDirectory(options.Out);
            string file = Path.Combine(options.Out, string.Create(CultureInfo.InvariantCulture, $"seed{options.Seed}-case{number}{extension}"));
            File.WriteAllBytes(file, bytes);
            File.WriteAllLines(file + ".names", names.Select(n => n.ToString()));
            how = options.IsDifferential
                ? string.Create(CultureInfo.InvariantCulture, $"--differential 1 --seed {options.Seed} --start {number}; the image is {file}")
                : $"--reproduce {file}";
        }
        catch (Exception e)
        {
            // What makes the case fails, or there is no room for it: its seed and number are enough to make it again.
            how = $"not saved: {e.GetType().Name}: {e.Message}";
        }

        Console.Error.WriteLine($"{told}\n  {failure.TrimEnd().Replace("\n", "\n  ", StringComparison.Ordinal)}\n  {how}");
    }

    private static (string Told, string Extension, byte[] Bytes, IReadOnlyList<TypeName> Names) Saved(Options options, FuzzRun run, long number)
    {
        if (options.IsDifferential)
        {
            FuzzRun.Comparable image = run.ComparableAt(number);
            return (run.Describe(number, image.From, image.Names), ".bin", image.Image, image.Names);
        }

        FuzzRun.Case one = run.At(number);
        return (run.Describe(number, one.From, one.Names), one.Image is null ? ".md" : ".bin", one.Image ?? System.Text.Encoding.UTF8.GetBytes(one.Rule!), one.Names);
    }

    private sealed record Options(long Cases, int Seed, double Hours, int Threads, long Start, List<string> Corpus, string Out, string? Reproduce, string? Slots, bool IsDifferential, int Structs)
    {
        public static Options? Parse(string[] args)
        {
            Options options = new(10_000, 1, 0, Environment.ProcessorCount, 0, [], "fuzz-failures", null, null, false, 0);
            for (int i = 0; i < args.Length; i += 2)
            {
                if (i + 1 == args.Length)
                {
                    return null;
                }

                string value = args[i + 1];
                try
                {
                    switch (args[i])
                    {
                        case "--cases":
                            options = options with { Cases = long.Parse(value, CultureInfo.InvariantCulture) };
                            break;
                        case "--differential":
                            options = options with { Cases = long.Parse(value, CultureInfo.InvariantCulture), IsDifferential = true };
                            break;
                        case "--structs":
                            options = options with { Structs = int.Parse(value, CultureInfo.InvariantCulture) };
                            break;
                        case "--seed":
                            options = options with { Seed = int.Parse(value, CultureInfo.InvariantCulture) };
                            break;
                        case "--hours":
                            options = options with { Hours = double.Parse(value, CultureInfo.InvariantCulture) };
                            break;
                        case "--threads":
                            options = options with { Threads = int.Parse(value, CultureInfo.InvariantCulture) };
                            break;
                        case "--start":
                            options = options with { Start = long.Parse(value, CultureInfo.InvariantCulture) };
                            break;
                        case "--corpus":
                            options.Corpus.Add(value);
                            break;
                        case "--out":
                            options = options with { Out = value };
                            break;
                        case "--reproduce":
                            options = options with { Reproduce = value };
                            break;
                        case "--slots":
                            options = options with { Slots = value };
                            break;
                        default:
                            return null;
                    }
                }
                catch (FormatException)
                {
                    return null;
                }
            }

            // More at once would not be kind to others on the machine: each runs a process.
            return options.IsDifferential ? options with { Threads = Math.Min(options.Threads, 2) } : options;
        }

        public IEnumerable<string> ToArguments(long start, long cases, double hours)
        {
            string[] fixedOnes =
            [
                "--seed", Seed.ToString(CultureInfo.InvariantCulture), "--threads", Threads.ToString(CultureInfo.InvariantCulture), "--out", Out,
                "--start", start.ToString(CultureInfo.InvariantCulture), IsDifferential ? "--differential" : "--cases", cases.ToString(CultureInfo.InvariantCulture),
                "--hours", Math.Max(Hours > 0 ? 1e-6 : 0, hours).ToString(CultureInfo.InvariantCulture),
            ];
            return [.. fixedOnes, .. Corpus.SelectMany(c => (string[])["--corpus", c])];
        }
    }
}
