using BenchmarkDotNet.Attributes;
using LayoutCheck.Dwarf;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Benchmarks.Micro;

/// <summary>The chain of unit headers.</summary>
public class UnitIndexBenchmark : KernelBenchmark
{
    /// <summary>Reads all headers.</summary>
    [Benchmark]
    public int All() => new UnitIndex(Sections.Info, Sections.Format).All().Length;

    private protected override void Prepare() => NoteItems(nameof(All), Units.Length, "units");
}

/// <summary>The abbreviation tables of all units.</summary>
public class AbbrevTableBenchmark : KernelBenchmark
{
    private ulong[] _lastCodes = [];

    /// <summary>Loads each table and decodes the root DIE of its unit.</summary>
    [Benchmark]
    public void LoadAndReadRoot()
    {
        AbbrevTable table = new(Sections.Abbrev);
        foreach (UnitHeader unit in Units)
        {
            table.Load(unit);
            _ = UnitRoot.Read(Sections, Sections.Info, table, unit);
        }
    }

    /// <summary>Loads each table and reads past all of its declarations to the last.</summary>
    [Benchmark]
    public void LoadAndGetLast()
    {
        AbbrevTable table = new(Sections.Abbrev);
        for (int i = 0; i < Units.Length; i++)
        {
            table.Load(Units[i]);
            _ = table.Get(_lastCodes[i], Sections.Info, Units[i].FirstDie).Tag;
        }
    }

    private protected override void Prepare()
    {
        _lastCodes = [.. Units.Select(u => LastCode(Sections.Abbrev, u.AbbrevOffset))];
        NoteItems(nameof(LoadAndReadRoot), Units.Length, "units");
        NoteItems(nameof(LoadAndGetLast), _lastCodes.Sum(code => (long)code), "declarations");
    }

    private static ulong LastCode(Section abbrevs, ulong offset)
    {
        SectionReader reader = abbrevs.ReadFrom(offset);
        ulong last = 0;
        while (reader.ReadUleb() is > 0 and ulong code)
        {
            last = code;
            _ = reader.ReadUleb(); // tag
            _ = reader.ReadU8(); // DW_CHILDREN_*
            ulong attribute;
            ulong form;
            do
            {
                attribute = reader.ReadUleb();
                form = reader.ReadUleb();
                _ = form == (ulong)DwForm.DW_FORM_implicit_const ? reader.ReadSleb() : 0;
            }
            while ((attribute | form) != 0);
        }

        return last;
    }
}

/// <summary>The walk over the top level of all units.</summary>
public class DieScannerBenchmark : KernelBenchmark
{
    // A name that no unit has: the scanner never leaves one early.
    private static readonly TypeName s_absent = TypeName.Parse("struct no_such_struct_xyz");

    /// <summary>Opens each unit and walks to its end.</summary>
    [Benchmark]
    public void WalkToEnd()
    {
        using DieScanner scanner = Scan(s_absent);
        foreach (UnitHeader unit in Units)
        {
            scanner.Open(unit);
            while (scanner.Next(out _))
            {
            }
        }
    }

    /// <summary>Opens each unit and walks to struct page, or to its end.</summary>
    [Benchmark]
    public void WalkToPage()
    {
        using DieScanner scanner = Scan(Names.Page);
        foreach (UnitHeader unit in Units)
        {
            scanner.Open(unit);
            while (scanner.Next(out ScanHit hit))
            {
                scanner.MarkFound(hit.Request);
            }
        }
    }

    private protected override void Prepare()
    {
        using DieScanner scanner = Scan(s_absent);
        long dies = 0;
        foreach (UnitHeader unit in Units)
        {
            UnitRoot root = scanner.Open(unit);
            ulong at = root.End;
            while (root.HasChildren && at < unit.End)
            {
                (DwTag tag, _, at) = scanner.StepFrom(at);
                dies += tag == 0 ? 0 : 1;
                at = tag == 0 ? unit.End : at;
            }
        }

        NoteItems(nameof(WalkToEnd), dies, "top-level DIEs");
        NoteItems(nameof(WalkToPage), Units.Length, "units");
    }
}

/// <summary>
/// The comparison of each definition of struct page with the first. It needs the abbreviations of the unit, so that the cost of opening units is measured
/// apart, and is to be subtracted.
/// </summary>
public class DefinitionMatcherBenchmark : KernelBenchmark
{
    private readonly List<(UnitHeader Unit, ulong Die)> _definitions = [];
    private DefinitionTemplate _template = null!;

    /// <summary>Opens each unit.</summary>
    [Benchmark(Baseline = true)]
    public void OpenUnits()
    {
        using DieScanner scanner = Scan(Names.Page);
        foreach ((UnitHeader unit, _) in _definitions)
        {
            scanner.Open(unit);
        }
    }

    /// <summary>Opens each unit and compares its definition.</summary>
    [Benchmark]
    public int OpenUnitsAndMatch()
    {
        using DieScanner scanner = Scan(Names.Page);
        DefinitionMatcher matcher = new(Sections, scanner.Info, scanner.Abbrevs);
        int matched = 0;
        foreach ((UnitHeader unit, ulong die) in _definitions)
        {
            scanner.Open(unit);
            matcher.Open(unit);
            matched += matcher.Matches(die, _template) ? 1 : 0;
        }

        return matched;
    }

    private protected override void Prepare()
    {
        using DieScanner scanner = Scan(Names.Page);
        foreach (UnitHeader unit in Units)
        {
            if (DwarfLanguage.IsC(scanner.Open(unit).Language) && scanner.Next(out ScanHit hit) && !hit.IsDeclaration)
            {
                _definitions.Add((unit, hit.DieOffset));
            }
        }

        (TypeGraph graph, TypeId root) = new DwarfGraphBuilder(Sections).Build(_definitions[0].Unit, _definitions[0].Die)
            ?? throw new BenchmarkException("the first definition of struct page cannot be built");
        _template = new DefinitionTemplate(graph, root);
        NoteItems(nameof(OpenUnits), _definitions.Count, "definitions");
        NoteItems(nameof(OpenUnitsAndMatch), _definitions.Count, "definitions");
        if (OpenUnitsAndMatch() is var matched && matched != _definitions.Count)
        {
            Console.Error.WriteLine($"only {matched} of {_definitions.Count} definitions match the first: the others cost more in a run than here");
        }
    }
}

/// <summary>The table of wanted names, which starts with a search of .debug_str.</summary>
public class WantedNamesBenchmark : KernelBenchmark
{
    /// <summary>The number of names.</summary>
    [Params(1, 50)]
    public int NameCount { get; set; }

    /// <summary>Makes the table.</summary>
    [Benchmark]
    public void Make() => GC.KeepAlive(new WantedNames(Names.Structs(NameCount), Sections));

    private protected override void Prepare() => NoteItems(nameof(Make), 1, "table");
}

/// <summary>A whole survey, with its output.</summary>
public class FindAllBenchmark : KernelBenchmark
{
    /// <summary>The number of names.</summary>
    [Params(1, 10, 50)]
    public int NameCount { get; set; }

    /// <summary>Finds all definitions of the names in one walk.</summary>
    [Benchmark]
    public void FindAll() => new DwarfTypeReader(Image).FindAll(Names.Structs(NameCount), 1);

    private protected override void Prepare() => NoteItems(nameof(FindAll), 1, "survey");
}

/// <summary>The names of all types: the cost of suggestions.</summary>
public class DefinedNamesBenchmark : KernelBenchmark
{
    /// <summary>Finds all names.</summary>
    [Benchmark]
    public void DefinedNames() => new DwarfTypeReader(Image).DefinedNames();

    private protected override void Prepare() => NoteItems(nameof(DefinedNames), Units.Length, "units");
}

/// <summary>The names that the benchmarks look for.</summary>
internal static class Names
{
    /// <summary>struct page.</summary>
    public static TypeName Page { get; } = TypeName.Parse("struct page");

    /// <summary>The first structs of the scaling table.</summary>
    public static TypeName[] Structs(int count) => [.. Scaling.Structs.Take(count).Select(name => TypeName.Parse($"struct {name}"))];
}
