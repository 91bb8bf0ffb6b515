using BenchmarkDotNet.Attributes;
using LayoutCheck.Btf;
using LayoutCheck.IO;

namespace LayoutCheck.Benchmarks.Micro;

/// <summary>The first pass over the records of .BTF.</summary>
public class BtfIndexBenchmark : KernelBenchmark
{
    private const string SectionName = ".BTF";

    private Section _btf = null!;

    /// <summary>Finds all records.</summary>
    [Benchmark]
    public void FindRecords() => GC.KeepAlive(new BtfIndex(_btf, SectionName));

    private protected override void Prepare()
    {
        _btf = Elf.Contents(SectionName) ?? throw new BenchmarkException($"{Kernel} has no {SectionName}");
        NoteItems(nameof(FindRecords), new BtfIndex(_btf, SectionName).Count, "types");
    }
}
