using System.Globalization;

namespace LayoutCheck.Benchmarks;

/// <summary>Medians, and how numbers are written.</summary>
internal static class Statistics
{
    /// <summary>The middle one; of an even number, the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Three digits that count: 0.0312, 1.27, 42.1, 7660.</summary>
    public static string Text(double value)
    {
        int decimals = value == 0 ? 0 : Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 4);
        return value.ToString("F" + decimals, CultureInfo.InvariantCulture);
    }

    /// <summary>Median, least and greatest: <c>42.1 (40.9-44.0)</c>.</summary>
    public static string Spread(IReadOnlyCollection<double> values) => $"{Text(Median(values))} ({Text(values.Min())}-{Text(values.Max())})";
}

/// <summary>
/// How much of the machine others used while we measured: the busy time that the system counts, less what our children and
/// this process took. Time that a hypervisor took away counts as others'.
/// </summary>
internal sealed class Idleness
{
    // Kernel ticks of /proc/stat: 10 ms on every Linux that .NET runs on.
    private const double TickMilliseconds = 10;

    private readonly double _busyAtStart = BusyMilliseconds();
    private readonly double _ownAtStart = OwnMilliseconds();
    private readonly long _start = Environment.TickCount64;

    /// <summary>The load average of the last minute.</summary>
    public static double LoadAverage() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Waits until others had no more than this share of the cores for two seconds, but not for ever.</summary>
    public static void WaitForQuiet(double share, TimeSpan most)
    {
        long end = Environment.TickCount64 + (long)most.TotalMilliseconds;
        Idleness window;
        do
        {
            window = new Idleness();
            Thread.Sleep(2000);
        }
        while (window.OthersShare(0) > share && Environment.TickCount64 < end);
    }

    /// <summary>The share of all cores that others had since this was made, given what our children took, in ms.</summary>
    public double OthersShare(double childrenMilliseconds)
    {
        double elapsed = Math.Max(1, Environment.TickCount64 - _start) * (double)Environment.ProcessorCount;
        double others = BusyMilliseconds() - _busyAtStart - (OwnMilliseconds() - _ownAtStart) - childrenMilliseconds;
        return Math.Clamp(others / elapsed, 0, 1);
    }

    private static double OwnMilliseconds() => Environment.CpuUsage.TotalTime.TotalMilliseconds;

    // cpu user nice system idle iowait irq softirq steal guest guest_nice (proc(5)); guest time is part of user time.
    private static double BusyMilliseconds()
    {
        double[] ticks = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1).Take(8).Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
        return (ticks.Sum() - ticks[3] - ticks[4]) * TickMilliseconds;
    }
}
