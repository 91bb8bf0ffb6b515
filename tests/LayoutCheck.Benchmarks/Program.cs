using System.Globalization;
using LayoutCheck.Benchmarks.Micro;

namespace LayoutCheck.Benchmarks;

/// <summary>Measures the program: against its peers (goals), as work grows (scaling), file by file (micro), against another build (versus).</summary>
internal static class Program
{
    private const string Usage = """
        usage: dotnet run -c Release --project tests/LayoutCheck.Benchmarks -- [goals|scaling|micro|versus] [options]

          goals      whole processes beside pahole, drgn and a C program that reads all bytes, run in turn (default)
          scaling    time and memory as .debug_info, the number of structs and the number of threads grow
          micro      each hot file alone, in this process, by BenchmarkDotNet
          versus     the commands of the goals by two builds in turn (--before PATH), or by one build without and with a
                     fast path (--disable LIST): ratios with their 95 % intervals

          --runs N          runs of each, at least 9 to be quoted (9)
          --kernels LIST    6.1,6.12,7.3
          --only LIST       goals and versus: P1,P4; micro: parts of names, DieScanner,WalkToPage
          --tries N         goals: measures a row up to N times, each after a wait of up to half a minute, until other processes had
                            5 % of the cores or less meanwhile, and keeps the quietest (1)
          --binary PATH     this layoutcheck instead of publishing one
          --before PATH     versus: the other build
          --disable LIST    versus: fast paths to leave out in the first of the two, as LAYOUTCHECK_DISABLE takes them: matcher,skip-plan

        The kernels: LAYOUTCHECK_KERNELS or ~/.cache/layoutcheck/kernels; tests/real-kernels/fetch gets them.
        """;

    // Above these bounds the run should be repeated: the share of the cores that other processes had, the load, the spread of the C sum.
    private const double BusyShare = 0.05;
    private const double BusyLoad = 0.5;
    private const double BusySpread = 1.5;

    public static int Main(string[] args)
    {
        // Read first, before this program adds to it. Its build already has.
        double load = Idleness.LoadAverage();
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            Options options = Options.Parse(args);
            switch (options.Mode)
            {
                case "goals":
                    RunGoals(options, load);
                    return 0;
                case "scaling":
                    Scaling.Run(new Workshop(options.Binary), Workshop.FindKernels(options.Kernels), options.Runs, load);
                    return 0;
                case "versus" when options.Before is not null || options.Disable is not null:
                    Workshop shop = new(options.Binary);
                    Versus.Run(shop, options.Before ?? shop.Binary, options.Disable, Workshop.FindKernels(options.Kernels), options.Only, options.Runs);
                    return 0;
                case "micro":
                    MicroRun.Run(Workshop.FindKernels(options.Kernels), options.Only, options.Runs);
                    return 0;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (BenchmarkException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static void RunGoals(Options options, double load)
    {
        Workshop shop = new(options.Binary);
        IReadOnlyList<Kernel> kernels = Workshop.FindKernels(options.Kernels);
        List<Goal> goals = [.. Goals.All(shop).Where(g => g.IsAskedFor(options.Only))];
        List<(Goal Goal, Kernel Kernel)> pairs = [.. goals.SelectMany(g => g.KernelsOf(kernels).Select(k => (g, k)))];
        if (pairs.Count == 0)
        {
            throw new BenchmarkException($"no goal named {string.Join(',', options.Only)} is measured on {string.Join(',', options.Kernels)}");
        }

        Console.WriteLine(shop.Describe(kernels));
        Console.WriteLine($"- peers: {shop.DescribePeers()}");
        Command import = Goals.ImportDrgn(shop);
        Console.WriteLine($"- of drgn's time, the start of Python and the import are {Statistics.Spread(Walls(shop, import, options.Runs))} ms");
        if (options.Runs < 9)
        {
            Console.WriteLine($"- {options.Runs} runs only: for orientation, not to be quoted");
        }

        // Builds before the first measurement.
        _ = pairs.Any(p => p.Goal.Id == "P9") ? shop.JitBinary : null;
        double[] before = SumSpreads(shop, kernels, options.Runs);
        Console.WriteLine();
        Console.WriteLine(Comparison.Head);
        double others = 0;
        foreach ((Goal goal, Kernel kernel) in pairs)
        {
            Comparison comparison = Quietest(() => Comparison.Run(shop, goal, kernel, options.Runs), options.Tries);
            others = Math.Max(others, comparison.OthersShare);
            foreach (string row in comparison.Rows(options.Only))
            {
                Console.WriteLine(row);
            }
        }

        Console.WriteLine();
        Console.WriteLine(DescribeIdleness(load, others, [.. before, .. SumSpreads(shop, kernels, options.Runs)]));
    }

    // Chooses by the load of other processes, never by the result.
    private static Comparison Quietest(Func<Comparison> run, int tries)
    {
        List<Comparison> all = [];
        do
        {
            if (tries > 1)
            {
                Idleness.WaitForQuiet(BusyShare, TimeSpan.FromSeconds(30));
            }

            all.Add(run());
        }
        while (all.Count < tries && all[^1].OthersShare > BusyShare);
        return all.MinBy(c => c.OthersShare)!;
    }

    /// <summary>A line on whether the figures can be trusted. The C sum does the same work every time, so its spread is the machine's.</summary>
    public static string DescribeIdleness(double load, double others, double[] spreads)
    {
        bool isIdle = load <= BusyLoad && others <= BusyShare && spreads.All(s => s <= BusySpread);
        return $"{(isIdle ? "The machine was idle" : "**The machine was not idle**")}: load {load:F2} at the start (the build of this program counts), "
            + $"others had up to {others:P0} of the cores during a row, "
            + $"max/min of the C sum before and after {string.Join(", ", spreads.Select(Statistics.Text))}.";
    }

    /// <summary>The greatest over the least time of the C sum, for each kernel.</summary>
    public static double[] SumSpreads(Workshop shop, IEnumerable<Kernel> kernels, int runs)
        => [.. kernels.Select(k => Walls(shop, Goals.Sum(shop, k), runs)).Select(walls => walls.Max() / walls.Min())];

    private static List<double> Walls(Workshop shop, Command command, int runs)
    {
        _ = ChildProcess.Measure(shop.Runner, command);
        return [.. Enumerable.Range(0, runs).Select(_ => ChildProcess.Measure(shop.Runner, command).Wall)];
    }
}
