using System.Diagnostics;
using System.Globalization;
using LayoutCheck.Btf;
using LayoutCheck.Dwarf;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.Types;
using static LayoutCheck.Benchmarks.Statistics;

namespace LayoutCheck.Benchmarks;

/// <summary>
/// The hot files one by one, on whole kernels, in this process on one thread: Stopwatch loops, medians after two rounds that do not count.
/// The code is that of the JIT with all optimisations: the AOT binary's may differ by some percent.
/// </summary>
internal static class Micro
{
    private const int WarmUps = 2;

    // Opens all units and finds nothing, so that it never leaves one early.
    private static readonly TypeName s_absent = TypeName.Parse("struct no_such_struct_xyz");
    private static readonly TypeName s_page = TypeName.Parse("struct page");

    /// <summary>Measures all of them.</summary>
    public static void Run(IReadOnlyList<Kernel> kernels, int runs)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"- {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.Version} JIT, load {Idleness.LoadAverage():F2}, medians of {runs}"));
        Console.WriteLine();
        Console.WriteLine("""
            | kernel | what | whole ms (min-max) | of | ns each |
            |---|---|---|---|---|
            """);
        foreach (Kernel kernel in kernels)
        {
            using MappedFile file = MappedFile.Open(kernel.Path);
            ElfFile elf = ElfFile.Read(file);
            DwarfImage image = DwarfImage.Find(elf) ?? throw new BenchmarkException($"{kernel.Path} has no DWARF");
            Section btf = elf.Contents(".BTF") ?? throw new BenchmarkException($"{kernel.Path} has no BTF");
            DwarfSections sections = image.Sections;
            UnitHeader[] units = new UnitIndex(sections.Info, sections.Format).All();
            Bench bench = new(kernel, runs);

            bench.Add("UnitIndex: the chain of unit headers", units.Length, "units", () => new UnitIndex(sections).All());
            AddAbbreviations(bench, sections, units);
            AddWalks(bench, sections, units);
            AddMatcher(bench, sections, units);
            bench.Add("WantedNames, 1 name", 1, "name", () => GC.KeepAlive(new WantedNames([s_page], sections)));
            TypeName[] fifty = [.. Scaling.Structs.Select(name => TypeName.Parse($"struct {name}"))];
            bench.Add("WantedNames, 50 names", fifty.Length, "names", () => GC.KeepAlive(new WantedNames(fifty, sections)));
            foreach (int count in new[] { 1, 10, 50 })
            {
                TypeName[] names = fifty[..count];
                bench.Add($"DwarfTypeReader.FindAll, {count} in one walk", count, "names", () => new DwarfTypeReader(image).FindAll(names, 1));
            }

            bench.Add("DwarfTypeReader.DefinedNames: what suggestions cost", units.Length, "units", () => ((ITypeSource)new DwarfTypeReader(image)).DefinedNames());
            bench.Add("BtfIndex: first pass", new BtfIndex(btf, ".BTF").Count, "types", () => GC.KeepAlive(new BtfIndex(btf, ".BTF")));
        }
    }

    private static void AddAbbreviations(Bench bench, DwarfSections sections, UnitHeader[] units)
    {
        AbbrevTable table = new(sections.Abbrev);
        ulong[] last = [.. units.Select(u => LastCode(sections.Abbrev, u.AbbrevOffset))];
        bench.Add("AbbrevTable: load, and what the root's own DIE asks for", units.Length, "units", () =>
        {
            foreach (UnitHeader unit in units)
            {
                table.Load(unit);
                _ = UnitRoot.Read(sections, sections.Info, table, unit);
            }
        });
        bench.Add("AbbrevTable: load, and all declarations passed to get at the last", last.Sum(code => (long)code), "declarations", () =>
        {
            for (int i = 0; i < units.Length; i++)
            {
                table.Load(units[i]);
                _ = table.Get(last[i], sections.Info, units[i].FirstDie).Tag;
            }
        });
    }

    private static void AddWalks(Bench bench, DwarfSections sections, UnitHeader[] units)
    {
        DieScanner scanner = new(sections, new WantedNames([s_absent], sections));
        long dies = 0;
        foreach (UnitHeader unit in units)
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

        bench.Add("DieScanner: all units opened and walked to their ends", dies, "top-level DIEs", () =>
        {
            foreach (UnitHeader unit in units)
            {
                scanner.Open(unit);
                while (scanner.Next(out _))
                {
                }
            }
        });
        DieScanner early = new(sections, new WantedNames([s_page], sections));
        bench.Add("DieScanner: all units opened and walked to struct page", units.Length, "units", () =>
        {
            foreach (UnitHeader unit in units)
            {
                early.Open(unit);
                while (early.Next(out ScanHit hit))
                {
                    early.MarkFound(hit.Request);
                }
            }
        });
    }

    // The matcher needs the unit's abbreviations, so a unit is opened for each definition; the clock runs only while it matches.
    private static void AddMatcher(Bench bench, DwarfSections sections, UnitHeader[] units)
    {
        DieScanner scanner = new(sections, new WantedNames([s_page], sections));
        List<(UnitHeader Unit, ulong Die)> definitions = [];
        foreach (UnitHeader unit in units)
        {
            if (DwarfLanguage.IsC(scanner.Open(unit).Language) && scanner.Next(out ScanHit hit) && !hit.IsDeclaration)
            {
                definitions.Add((unit, hit.DieOffset));
            }
        }

        (TypeGraph graph, TypeId root) = new DwarfGraphBuilder(sections).Build(definitions[0].Unit, definitions[0].Die)
            ?? throw new BenchmarkException("the first definition of struct page cannot be built");
        DefinitionTemplate template = new(graph, root);
        DefinitionMatcher matcher = new(sections, scanner.Info, scanner.Abbrevs);
        int matched = 0;
        bench.Add("DefinitionMatcher: struct page", definitions.Count, "definitions", () =>
        {
            long ticks = 0;
            matched = 0;
            foreach ((UnitHeader unit, ulong die) in definitions)
            {
                scanner.Open(unit);
                long start = Stopwatch.GetTimestamp();
                matcher.Open(unit);
                matched += matcher.Matches(die, template) ? 1 : 0;
                ticks += Stopwatch.GetTimestamp() - start;
            }

            return Stopwatch.GetElapsedTime(0, ticks).TotalMilliseconds;
        });
        if (matched != definitions.Count)
        {
            Console.Error.WriteLine($"only {matched} of {definitions.Count} definitions match the first: the others cost more in a run than here");
        }
    }

    private static ulong LastCode(Section abbrevs, ulong offset)
    {
        SectionReader reader = abbrevs.ReadFrom(offset);
        ulong last = 0;
        while (reader.ReadUleb() is > 0 and ulong code)
        {
            last = code;
            _ = reader.ReadUleb(); // tag
            _ = reader.ReadU8(); // whether there are children
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

    /// <summary>Measures and writes the rows of one kernel.</summary>
    private sealed class Bench(Kernel kernel, int runs)
    {
        public void Add(string what, long count, string unit, Action run) => Add(what, count, unit, () =>
        {
            long start = Stopwatch.GetTimestamp();
            run();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        });

        public void Add(string what, long count, string unit, Func<double> measure)
        {
            List<double> times = [];
            for (int i = 0; i < WarmUps + runs; i++)
            {
                // Collected outside of the clock: what a round leaves behind is not the next one's cost.
                GC.Collect();
                double time = measure();
                if (i >= WarmUps)
                {
                    times.Add(time);
                }
            }

            Console.WriteLine($"| {kernel.Version} | {what} | {Spread(times)} | {count} {unit} | {Text(Median(times) * 1e6 / count)} |");
        }
    }
}
