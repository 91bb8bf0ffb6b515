using static LayoutCheck.Benchmarks.Statistics;

namespace LayoutCheck.Benchmarks;

/// <summary>Samples of our program and of a peer, run in turn.</summary>
internal sealed class Comparison
{
    private readonly List<Sample> _ours = [];
    private readonly List<Sample> _peers = [];
    private readonly List<double> _wall = [];
    private readonly List<double> _cpu = [];
    private readonly List<double> _peak = [];

    private Comparison(Goal goal, Kernel kernel)
    {
        Goal = goal;
        Kernel = kernel;
    }

    /// <summary>The goal.</summary>
    public Goal Goal { get; }

    /// <summary>The kernel.</summary>
    public Kernel Kernel { get; }

    /// <summary>The share of the cores that other processes had meanwhile.</summary>
    public double OthersShare { get; private set; }

    /// <summary>
    /// Runs both in turn, after one run of each that does not count. With a slow peer there are fewer rounds, and ours runs several times in each, so
    /// that the number of its runs stays.
    /// </summary>
    public static Comparison Run(Workshop shop, Goal goal, Kernel kernel, int runs)
    {
        Comparison comparison = new(goal, kernel);
        Command ours = goal.Ours(shop, kernel);
        Command peer = goal.Peer(shop, kernel);
        int rounds = Math.Min(runs, goal.PeerRuns ?? runs);
        int oursARound = (runs + rounds - 1) / rounds;
        _ = ChildProcess.Measure(shop.Runner, ours);
        _ = ChildProcess.Measure(shop.Runner, peer);
        Idleness idleness = new();
        for (int round = 0; round < rounds; round++)
        {
            Sample[] mine = [.. Enumerable.Range(0, oursARound).Select(_ => ChildProcess.Measure(shop.Runner, ours))];
            Sample theirs = ChildProcess.Measure(shop.Runner, peer);
            comparison._ours.AddRange(mine);
            comparison._peers.Add(theirs);
            comparison._wall.Add(Median(mine.Select(s => s.Wall)) / theirs.Wall);
            comparison._cpu.Add(Median(mine.Select(s => s.Cpu)) / theirs.Cpu);
            comparison._peak.Add(Median(mine.Select(s => s.Peak)) / theirs.Peak);
        }

        comparison.OthersShare = idleness.OthersShare(comparison._ours.Concat(comparison._peers).Sum(s => s.Cpu));
        return comparison;
    }

    /// <summary>The head of the table.</summary>
    public static string Head { get; } = "| # | kernel | ours / peer | ratio (min-max) | goal | reached | ratio of cpu | of peak "
        + "| ours: wall ms | cpu ms | peak MiB | peer: wall ms | cpu ms | peak MiB | runs | others |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

    /// <summary>The rows of the goals asked for: one for the time, and one for the memory where it has a goal.</summary>
    public IEnumerable<string> Rows(IReadOnlyCollection<string> only)
    {
        if (only.Count == 0 || only.Contains(Goal.Id))
        {
            yield return Row(Goal.Id, $"{Goal.What} / {Goal.PeerName}", _wall, Goal.Limit, Goal.Aim);
        }

        if (Goal.Memory is { } memory && (only.Count == 0 || only.Contains(memory.Id)))
        {
            yield return Row(memory.Id, $"peak memory of {Goal.Id} / drgn's", _peak, memory.Limit, null);
        }
    }

    private string Row(string id, string what, List<double> ratios, double limit, double? aim)
    {
        double ratio = Median(ratios);
        string reached = ratio > limit ? "**no**" : ratio <= aim ? "yes, and the aim" : "yes";
        string goal = aim is null ? $"<= {Text(limit)}" : $"<= {Text(limit)}, aim {Text(aim.Value)}";
        string kernel = Goal.NeedsNoKernel ? "-" : Kernel.Version;
        string cpu = _cpu.All(double.IsFinite) ? Text(Median(_cpu)) : "-";
        return $"| {id} | {kernel} | {what} | **{Text(ratio)}** ({Text(ratios.Min())}-{Text(ratios.Max())}) | {goal} | {reached} "
            + $"| {cpu} | {Text(Median(_peak))} {Cells(_ours)} {Cells(_peers)} | {_ours.Count}/{_peers.Count} | {OthersShare:P0} |";
    }

    private static string Cells(List<Sample> samples)
        => $"| {Spread([.. samples.Select(s => s.Wall)])} | {Text(Median(samples.Select(s => s.Cpu)))} | {Text(Median(samples.Select(s => s.Peak)))}";
}
