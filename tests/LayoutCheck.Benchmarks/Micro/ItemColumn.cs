using System.Collections.Concurrent;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace LayoutCheck.Benchmarks.Micro;

/// <summary>
/// A column on the items (units, declarations, DIEs) that one operation handles. The kernel decides how many there are, so no attribute can say it.
/// </summary>
internal sealed class ItemColumn : IColumn
{
    private static readonly ConcurrentDictionary<(Type Type, string Method, string Kernel), (long Count, string Unit)> s_items = [];

    private readonly Func<(long Count, string Unit), double, string> _text;

    private ItemColumn(string name, Func<(long Count, string Unit), double, string> text)
    {
        ColumnName = name;
        _text = text;
    }

    /// <summary>The number of items.</summary>
    public static IColumn Count { get; } = new ItemColumn("of", (items, _) => $"{items.Count} {items.Unit}");

    /// <summary>The median time of an operation over its number of items.</summary>
    public static IColumn Time { get; } = new ItemColumn("ns each", (items, median) => Statistics.Text(median / items.Count));

    /// <inheritdoc/>
    public string ColumnName { get; }

    /// <inheritdoc/>
    public string Id => ColumnName;

    /// <inheritdoc/>
    public bool AlwaysShow => true;

    /// <inheritdoc/>
    public ColumnCategory Category => ColumnCategory.Custom;

    /// <inheritdoc/>
    public int PriorityInCategory => 0;

    /// <inheritdoc/>
    public bool IsNumeric => true;

    /// <inheritdoc/>
    public UnitType UnitType => UnitType.Dimensionless;

    /// <inheritdoc/>
    public string Legend => ColumnName;

    /// <summary>Notes the number of items of a benchmark on a kernel.</summary>
    public static void Note(Type type, string method, string kernel, long count, string unit) => s_items[(type, method, kernel)] = (count, unit);

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        string kernel = (string)benchmarkCase.Parameters[nameof(KernelBenchmark.Kernel)];
        return s_items.TryGetValue((benchmarkCase.Descriptor.Type, benchmarkCase.Descriptor.WorkloadMethod.Name, kernel), out (long, string) items)
            && summary[benchmarkCase]?.ResultStatistics is { } result ? _text(items, result.Median) : "-";
    }

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    /// <inheritdoc/>
    public bool IsAvailable(Summary summary) => true;

    /// <inheritdoc/>
    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}
