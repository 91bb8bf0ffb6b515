using System.Collections.Immutable;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace LayoutCheck.Benchmarks.Micro;

/// <summary>
/// Measures the hot files one by one with BenchmarkDotNet, on whole kernels, in this process on one thread. The code is that of the JIT with all
/// optimisations; the AOT binary's can differ by some percent.
/// </summary>
internal static class MicroRun
{
    private const int WarmUps = 2;

    // A kernel takes 1 to 500 ms; longer iterations would not make the medians steadier.
    private static readonly TimeInterval s_iteration = TimeInterval.FromMilliseconds(100);

    private static readonly Type[] s_benchmarks =
    [
        typeof(UnitIndexBenchmark), typeof(AbbrevTableBenchmark), typeof(DieScannerBenchmark), typeof(DefinitionMatcherBenchmark), typeof(WantedNamesBenchmark),
        typeof(FindAllBenchmark), typeof(DefinedNamesBenchmark), typeof(BtfIndexBenchmark),
    ];

    /// <summary>The paths of the kernels to measure on, by version.</summary>
    public static ImmutableSortedDictionary<string, string> Kernels { get; private set; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Measures and prints a table.</summary>
    /// <param name="kernels">The kernels to measure on.</param>
    /// <param name="only">Parts of the names of benchmarks (<c>DieScanner</c>); all when empty.</param>
    /// <param name="runs">The number of iterations that count.</param>
    /// <exception cref="BenchmarkException">No benchmark has such a name, or one failed.</exception>
    public static void Run(IReadOnlyList<Kernel> kernels, IReadOnlyCollection<string> only, int runs)
    {
        Kernels = kernels.ToImmutableSortedDictionary(k => k.Version, k => k.Path);
        AccumulationLogger log = new();
        Summary[] summaries = BenchmarkRunner.Run(s_benchmarks, Configure(only, runs, log));
        if (!summaries.Any(s => s.Reports.Length > 0) || summaries.Any(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success)))
        {
            throw new BenchmarkException(log.GetLog());
        }

        foreach (Summary summary in summaries.Where(s => s.Reports.Length > 0))
        {
            MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Ascii);
            Console.WriteLine();
        }
    }

    private static ManualConfig Configure(IReadOnlyCollection<string> only, int runs, ILogger log)
    {
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(WarmUps).WithIterationCount(runs).WithIterationTime(s_iteration))
            .AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params, DefaultColumnProviders.Metrics)
            .AddColumn(StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max, ItemColumn.Count, ItemColumn.Time)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(log)
            .WithArtifactsPath(Path.Combine(Workshop.Root, "artifacts", "benchmarks", "micro"))
            .WithOptions(ConfigOptions.DisableLogFile | ConfigOptions.JoinSummary);
        return only.Count == 0 ? config : config.AddFilter(new SimpleFilter(
            benchmark => only.Any(o => benchmark.Descriptor.GetFilterName().Contains(o, StringComparison.OrdinalIgnoreCase))));
    }
}
