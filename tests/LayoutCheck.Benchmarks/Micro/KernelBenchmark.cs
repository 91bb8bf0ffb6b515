using BenchmarkDotNet.Attributes;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Benchmarks.Micro;

/// <summary>A benchmark on a kernel, which it keeps open. BenchmarkDotNet needs public classes; the types that they measure are internal.</summary>
public abstract class KernelBenchmark
{
    private MappedFile? _file;

    /// <summary>The versions of the kernels.</summary>
    public static IEnumerable<string> Versions => MicroRun.Kernels.Keys;

    /// <summary>The kernel's version.</summary>
    [ParamsSource(nameof(Versions))]
    public string Kernel { get; set; } = "";

    private protected ElfFile Elf { get; private set; } = null!;

    private protected DwarfImage Image { get; private set; } = null!;

    private protected DwarfSections Sections => Image.Sections;

    private protected UnitHeader[] Units { get; private set; } = [];

    /// <summary>Opens the kernel.</summary>
    [GlobalSetup]
    public void Open()
    {
        _file = MappedFile.Open(MicroRun.Kernels[Kernel]);
        Elf = ElfFile.Read(_file);
        Image = DwarfImage.Find(Elf) ?? throw new BenchmarkException($"{Kernel} has no DWARF");
        Units = new UnitIndex(Sections.Info, Sections.Format).All();
        Prepare();
    }

    /// <summary>Closes the kernel.</summary>
    [GlobalCleanup]
    public void Close() => _file?.Dispose();

    // Notes the number of items of each benchmark, and makes what an operation starts from.
    private protected abstract void Prepare();

    // A new scanner for each operation, as in a run: one that goes on for ever meets the bound on the bytes that it may read.
    private protected DieScanner Scan(TypeName name) => new(Sections, new WantedNames([name], Sections));

    // BenchmarkDotNet runs a class that it derives from the benchmark's.
    private protected void NoteItems(string method, long count, string unit)
        => ItemColumn.Note(GetType().BaseType is { IsAbstract: false } benchmark ? benchmark : GetType(), method, Kernel, count, unit);
}
