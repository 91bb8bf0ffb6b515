using LayoutCheck.Fuzz.Decoders;
using LayoutCheck.Fuzz.Pairs;
using LayoutCheck.Fuzz.Structs;

namespace LayoutCheck.Fuzz;

/// <summary>Runs any number of the fuzzer's cases.</summary>
public static class Program
{
    private const string Usage = """
        LayoutCheck.Fuzz [--cases N] [--seed S] [--hours H] [--threads T] [--start N] [--corpus FOLDER]... [--out FOLDER]
        LayoutCheck.Fuzz --guided N [--seed S] [--hours H] ...
        LayoutCheck.Fuzz --differential N [--seed S] ...
        LayoutCheck.Fuzz --structs N [--seed S] [--threads T] [--out FOLDER]
        LayoutCheck.Fuzz --pairs N [--seed S] [--threads T] [--out FOLDER]
        LayoutCheck.Fuzz --complete JSON --old IMAGE --new IMAGE
        LayoutCheck.Fuzz --decode VMLINUX
        LayoutCheck.Fuzz --reproduce FILE
        LayoutCheck.Fuzz --lineage NUMBERS [--seed S] [--corpus FOLDER]...

        Damages images and rules and does with them all that layoutcheck does. Last line: "N cases, N failures". Exit code: 0 no case failed, 1 some did.

          --cases N       the number of cases (10000); with --hours, as many as there is time for
          --guided N      N cases, on one thread: half of them are earlier cases that reached new code, damaged further. The library counts the edges that it
                          takes (SharpFuzz); the line before the last has the number of cases kept and of edges reached
          --differential N  N images, each compared with what pahole says, where both read it; the lines before the last count the outcomes of the types
          --structs N     N generated structs, compiled by gcc and clang for several machines with DWARF 2 to 5 and BTF, each compared with the compiler's own
                          answers; the lines before the last count structs, members, wrong answers and refusals of each form
          --pairs N       N generated structs before and after an edit, compiled by gcc and clang with DWARF and BTF, the two compared with each other, and the
                          differences with what the compilers say of both; the lines before the last count pairs, changes and wrong ones of each form
          --complete JSON applies a report of diff (all types) to the layouts of --old and compares with those of --new
          --decode VMLINUX  decodes every function of .text with our decoder and with Iced (x86-64) or llvm-objdump (arm64); the last lines count differences
          --seed S        the source of all random numbers (1): a seed and a number give the same case every time
          --start N       the number of the first case (0)
          --corpus FOLDER images to start from, besides tests/fixtures
          --out FOLDER    the folder for failing cases (fuzz-failures)
          --reproduce FILE  runs a failing case again
          --lineage NUMBERS  runs a failing case again, by the numbers that make it
        """;

    /// <summary>Runs the program.</summary>
    public static int Main(string[] args)
    {
        Options? options = Options.Parse(args);
        if (options is null)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        if (options.Slots is not null)
        {
            using CaseRunner runner = new(options);
            return runner.Run();
        }

        if (options.Decode is { } vmlinux)
        {
            return DecodeRun.Run(vmlinux);
        }

        return options.Reproduce is not null || !options.Lineage.IsEmpty ? FailureFile.Reproduce(options)
            : options.Mode == RunMode.Structs ? new StructRun(options.Seed, (int)options.Cases, options.Threads, options.Out).Run()
            : options.Report.Length == 3 ? Completeness.Run(options.Report)
            : options.Mode == RunMode.Pairs ? new PairRun(options.Seed, (int)options.Cases, options.Threads, options.Out).Run()
            : new Supervisor(options).Run();
    }
}
