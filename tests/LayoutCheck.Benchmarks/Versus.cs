using static LayoutCheck.Benchmarks.Statistics;

namespace LayoutCheck.Benchmarks;

/// <summary>Compares two builds of this program on the same commands: the cost or gain of a change.</summary>
internal static class Versus
{
    // The new build is slower only if the whole interval of the ratio lies above this.
    private const double Tolerance = 1.03;

    /// <summary>
    /// Measures the commands of the goals with both builds, in pairs of alternating order. Prints a row for each: the median of the pairs' ratios of wall time
    /// with its 95 % interval, whether the interval reaches down to 1.03, and the medians of each build.
    /// </summary>
    /// <param name="shop">The tools, with the new build.</param>
    /// <param name="before">The path of the other build.</param>
    /// <param name="disable">The fast paths to leave out in the new build, or null.</param>
    /// <param name="kernels">The kernels.</param>
    /// <param name="only">The goals to measure; all when empty.</param>
    /// <param name="pairs">The number of pairs, at least 31 for figures to be quoted.</param>
    public static void Run(Workshop shop, string before, string? disable, IReadOnlyList<Kernel> kernels, IReadOnlyCollection<string> only, int pairs)
    {
        Workshop old = new(before);
        Console.WriteLine($"- {pairs} pairs in turn; load {Text(Idleness.LoadAverage())} at the start");
        if (disable is not null)
        {
            Console.WriteLine($"- after is without {disable}");
        }

        Console.WriteLine("- after is " + $"{new FileInfo(shop.Binary).Length / 1e6:F2} MB, before {new FileInfo(before).Length / 1e6:F2} MB");
        Console.WriteLine();
        Console.WriteLine("| # | kernel | after / before: wall | 95 % interval | no slower | cpu | after: ms | before: ms "
            + "| peak MiB after | before | others |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (Goal goal in Goals.All(shop).Where(g => g.IsAskedFor(only) && g.Id != "P9"))
        {
            foreach (Kernel kernel in goal.KernelsOf(kernels))
            {
                Console.WriteLine(Row(goal, kernel, shop, old, disable, pairs));
            }
        }
    }

    private static string Row(Goal goal, Kernel kernel, Workshop shop, Workshop old, string? disable, int pairs)
    {
        Command after = Without(disable, goal.Ours(shop, kernel));
        Command before = Without(disable is null ? null : "", goal.Ours(old, kernel));
        _ = ChildProcess.Measure(shop.Runner, after);
        _ = ChildProcess.Measure(shop.Runner, before);
        List<Sample> afters = [];
        List<Sample> befores = [];
        Idleness idleness = new();
        for (int i = 0; i < pairs; i++)
        {
            if (i % 2 == 0)
            {
                afters.Add(ChildProcess.Measure(shop.Runner, after));
                befores.Add(ChildProcess.Measure(shop.Runner, before));
            }
            else
            {
                befores.Add(ChildProcess.Measure(shop.Runner, before));
                afters.Add(ChildProcess.Measure(shop.Runner, after));
            }
        }

        double others = idleness.OthersShare(afters.Concat(befores).Sum(s => s.Cpu));
        double[] walls = [.. afters.Zip(befores, (a, b) => a.Wall / b.Wall).Order()];
        (double low, double high) = MedianInterval(walls);
        double cpu = Median(afters.Zip(befores, (a, b) => a.Cpu / Math.Max(b.Cpu, 0.1)));
        return $"| {goal.Id} | {(goal.NeedsNoKernel ? "-" : kernel.Version)} | **{Text(Median(walls))}** | {Text(low)}-{Text(high)} "
            + $"| {(low <= Tolerance ? "yes" : "**no**")} | {Text(cpu)} "
            + $"| {Text(Median(afters.Select(s => s.Wall)))} | {Text(Median(befores.Select(s => s.Wall)))} "
            + $"| {Text(Median(afters.Select(s => s.Peak)))} | {Text(Median(befores.Select(s => s.Peak)))} | {others:P0} |";
    }

    // Both commands are started by env, so that both have its time.
    private static Command Without(string? disable, Command command)
        => disable is null ? command : command with { Line = ["/usr/bin/env", $"LAYOUTCHECK_DISABLE={disable}", .. command.Line] };

    // The binomial distribution gives the probability that the population's median lies between two sorted values, whatever their distribution. These are
    // the ranks that leave at most 2.5 % on each side.
    private static (double Low, double High) MedianInterval(double[] sorted)
    {
        double term = Math.Pow(0.5, sorted.Length);
        double tail = 0;
        int rank = 0;
        while (rank < sorted.Length / 2 && tail + term <= 0.025)
        {
            tail += term;
            term = term * (sorted.Length - rank) / (rank + 1);
            rank++;
        }

        return (sorted[Math.Max(0, rank - 1)], sorted[Math.Min(sorted.Length - 1, sorted.Length - rank)]);
    }
}
