using static LayoutCheck.Benchmarks.Statistics;

namespace LayoutCheck.Benchmarks;

/// <summary>Our program and a peer, run in turn.</summary>
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

    /// <summary>The goal that is measured.</summary>
    public Goal Goal { get; }

    /// <summary>On which kernel.</summary>
    public Kernel Kernel { get; }

    /// <summary>The share of the machine that others had meanwhile.</summary>
    public double OthersShare { get; private set; }

    /// <summary>
    /// Runs both in turn, each once before anything counts. With a slow peer there are fewer rounds, and ours runs several times in
    /// each, so that there are as many runs of ours.
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

    /// <summary>The table's head.</summary>
    public static string Head { get; } = """
        | # | kernel | ours / peer | ratio (min-max) | goal | reached | ratio of cpu | of peak | ours: wall ms | cpu ms | peak MiB | peer: wall ms | cpu ms | peak MiB | runs | others |
        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
        """;

    /// <summary>The rows of what was asked for: one for the time, and one for the memory where it has a goal.</summary>
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
        return $"| {id} | {(Goal.NeedsNoKernel ? "-" : Kernel.Version)} | {what} | **{Text(ratio)}** ({Text(ratios.Min())}-{Text(ratios.Max())}) | {goal} | {reached} "
            + $"| {(_cpu.Any(double.IsNaN) || _cpu.Any(double.IsInfinity) ? "-" : Text(Median(_cpu)))} | {Text(Median(_peak))} {Cells(_ours)} {Cells(_peers)} | {_ours.Count}/{_peers.Count} | {OthersShare:P0} |";
    }

    private static string Cells(List<Sample> samples)
        => $"| {Spread([.. samples.Select(s => s.Wall)])} | {Text(Median(samples.Select(s => s.Cpu)))} | {Text(Median(samples.Select(s => s.Peak)))}";
}
