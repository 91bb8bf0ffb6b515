using System.Globalization;

namespace LayoutCheck.Benchmarks;

/// <summary>Medians, and the format of numbers.</summary>
internal static class Statistics
{
    /// <summary>The median; of an even number of values, the mean of the middle two.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>A number with three significant digits: 0.0312, 1.27, 42.1, 7660.</summary>
    public static string Text(double value)
    {
        int decimals = value == 0 ? 0 : Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 4);
        return value.ToString("F" + decimals, CultureInfo.InvariantCulture);
    }

    /// <summary>Median, least and greatest: <c>42.1 (40.9-44.0)</c>.</summary>
    public static string Spread(IReadOnlyCollection<double> values) => $"{Text(Median(values))} ({Text(values.Min())}-{Text(values.Max())})";
}

/// <summary>
/// The share of the cores that other processes had during a measurement: the busy time that the system counts, less the time of our children and of this
/// process. Time that the hypervisor stole counts as theirs.
/// </summary>
internal sealed class Idleness
{
    // The unit of /proc/stat, USER_HZ: 10 ms on every Linux that .NET supports.
    private const double TickMilliseconds = 10;

    private readonly double _busyAtStart = BusyMilliseconds();
    private readonly double _ownAtStart = OwnMilliseconds();
    private readonly long _start = Environment.TickCount64;

    /// <summary>The load average of the last minute.</summary>
    public static double LoadAverage() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Waits for two seconds in which other processes had this share of the cores or less, at most for a given time.</summary>
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

    /// <summary>The share of all cores that other processes had since this object was made. Takes the CPU time of our children, in ms.</summary>
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
