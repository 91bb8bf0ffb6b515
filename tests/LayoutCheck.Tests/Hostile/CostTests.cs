using System.Diagnostics;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Rules.Language;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile;

/// <summary>What an input may cost (src/docs/robustness.md): the worst that were found. Times are bounded generously, for machines that do other things.</summary>
public sealed class CostTests
{
    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(30);
    private static readonly TypeName s_struct = TypeName.Parse("struct s");

    [Fact]
    public void Compressed_sections_are_bounded_together()
    {
        Assert.Equal(
            "hostile: .debug_types+0x0: claims to expand to 0xf00000 bytes, and with what was unpacked before it that is more than the 0x2000000 that a file of this size may unpack to; "
            + "the file is damaged, or made to exhaust memory: fetch or build it again, or unpack it (objcopy --decompress-debug-sections) and name the result",
            Assert.Single(Bounds.Try(CostlyInput.SectionsOfZeros(4, 15))));
        Assert.Contains(Bounds.Try(CostlyInput.SectionsOfZeros(1, 33)), m => m.Contains("claims to expand from", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_made_of_compressed_units_is_bounded()
        => Assert.Contains(Bounds.Try(CostlyInput.UnitsInCompressedSection(2_000_000)), m => m.Contains("more than the 0x10000000 that a file of this size may", StringComparison.Ordinal));

    [Fact]
    public void What_is_made_of_compressed_members_is_bounded()
        => Assert.Contains(Bounds.Try(CostlyInput.MembersInCompressedSection(3_000_000)), m => m.Contains("a struct or union has more than 131072 members", StringComparison.Ordinal));

    [Fact]
    public void What_is_made_of_abbreviations_that_no_compiler_counts_to_is_bounded()
        => Assert.Contains(Bounds.Try(CostlyInput.TablesInTurn(20_000, 50_000)), m => m.Contains(".debug_abbrev: takes 0x28000 bytes more to be read", StringComparison.Ordinal));

    [Fact]
    public void Tables_of_abbreviations_that_overlap_or_take_turns_are_read_for_so_long_and_no_longer()
    {
        // The first type is there all the same, and found.
        foreach (byte[] image in (byte[][])[CostlyInput.OverlappingTables(15_000), CostlyInput.TablesInTurn(20_000, 15_000)])
        {
            AssertInTime("show, first unit", () => Assert.NotNull(First(image)));
            AssertInTime("show --all", () => Assert.Contains("tables that overlap or take turns", Assert.Throws<InvalidImageException>(() => All(image, 1)).Problem, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_baseline_of_sixty_thousand_members_is_written_and_read_back(bool isUnion)
    {
        byte[] image = CostlyInput.Members(60_000, isUnion);
        using KernelImage opened = KernelImage.FromBytes("costly", image);
        TypeName name = TypeName.Parse(isUnion ? "union s" : "struct s");
        DefinitionSet set = opened.Types.FindAll([name], 1).Sets[0];
        AssertInTime("baseline and check", () =>
        {
            Baseline baseline = BaselineWriter.Write("costly", [set]);
            Assert.Empty(baseline.LeftOut);
            Rule rule = RuleParser.Parse("costly.md", baseline.RuleText);
            Assert.Equal(60_000 + 2 - (set.Distinct[0].Aggregate.Alignment is null ? 0 : -1), rule.Checks.Length);
            Assert.All(CheckAnalysis.Run(opened, new RuleSet([rule]), 1).Results[0].Checks[..^1], c => Assert.Equal(Outcome.Holds, c.Outcome));
        });
    }

    [Fact]
    public void Of_two_members_of_one_name_the_index_has_the_first_as_the_search_has()
    {
        foreach (int count in (int[])[10, 100])
        {
            DwarfBuilder dwarf = new();
            DwarfUnit unit = dwarf.Unit();
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Udata(DwAt.DW_AT_byte_size, 4 * (ulong)count));
            for (int i = 0; i < count; i++)
            {
                At place = At.Udata(DwAt.DW_AT_data_member_location, 4 * (ulong)i);
                At[] attributes = i == 1 ? [At.Type("inner"), place] : [At.Name(i % 2 == 0 ? "even" : "odd"), At.Type("int"), place];
                unit.Leaf(DwTag.DW_TAG_member, attributes);
            }

            unit.End();
            unit.Mark("inner");
            unit.Begin(DwTag.DW_TAG_union_type, At.Size(4));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("odd"), At.Type("int"));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("deep"), At.Type("int"));
            unit.End();
            unit.Int();
            TypeDefinition definition = First(dwarf.ToBytes())!;

            Assert.Equal([0UL, 32, 32], new[] { "even", "odd", "deep" }.Select(n => MemberPath.Resolve(definition.Graph, definition.Root, n)!.BitOffset));
            Assert.Null(MemberPath.Resolve(definition.Graph, definition.Root, "none"));
        }
    }

    [Fact]
    public void Forty_thousand_structs_of_one_name_in_BTF()
        => Assert.Contains(Bounds.Try(CostlyInput.BtfOfOneName(40_000)), m => m.Contains("more than 256 definitions of struct s differ; name the image of one kernel", StringComparison.Ordinal));

    [Fact]
    public void A_rule_file_takes_time_in_proportion()
    {
        byte[] image = CostlyInput.Members(1);
        foreach ((string text, int checks, Outcome outcome) in ((string, int, Outcome)[])
            [(CostlyInput.Checks(100_000), 100_000, Outcome.Holds), (CostlyInput.Types(40_000), 40_000, Outcome.NotApplicable), (CostlyInput.Strings(200_000), 1, Outcome.Holds)])
        {
            using KernelImage opened = KernelImage.FromBytes("costly", image);
            AssertInTime($"{checks} checks", () =>
            {
                Rule rule = RuleParser.Parse("costly.md", text);
                Assert.Equal(checks, rule.Checks.Length);
                CheckReport report = CheckAnalysis.Run(opened, new RuleSet([rule]), 1);
                Assert.Equal(outcome, report.Results[0].Outcome);
                string written = Written.Text(report);
            });
        }
    }

    [Fact]
    public void A_header_of_many_assertions_takes_time_in_proportion_and_lines_are_told_right()
    {
        AssertInTime("import", () =>
        {
            RuleImport import = RuleImporter.Import("costly.h", CostlyInput.Assertions(40_000));
            Assert.Equal((20_000, 20_000), (import.TakenCount, import.Refused.Length));
            Assert.Equal(Enumerable.Range(1, 20_000).Select(i => i * 2), import.Refused.Select(r => r.Line));
        });
    }

    // Macros, conditions, typedefs and variables of a header: none is searched again for each assertion.
    [Theory]
    [InlineData("#define M{0} BUILD_BUG_ON(sizeof(struct a{0}) != 1)\nM{0};\n", 1)]
    [InlineData("#ifdef CONFIG_{0}\n#define M {0}\n#else\n#undef M\n#endif\nstatic_assert(sizeof(struct a) == M);\n", 0)]
    [InlineData("typedef struct a a{0}; static_assert(sizeof(a{0}) == 1);\n", 1)]
    [InlineData("void f(void) {{ u8 a{0}; if (IS_ENABLED(CONFIG_{0})) return; BUILD_BUG_ON(sizeof(a{0}) != 1); }}\n", 0)]
    [InlineData("BUILD_BUG_ON((sizeof(struct a) == {0});\n", 0)]
    public void A_header_of_many_macros_and_names_takes_time_in_proportion(string line, int taken)
    {
        string header = string.Concat(Enumerable.Range(0, 20_000).Select(i => string.Format(System.Globalization.CultureInfo.InvariantCulture, line, i)));
        AssertInTime("import", () => Assert.Equal(taken * 20_000, RuleImporter.Import("costly.h", header).TakenCount));
    }

    [Fact]
    public void A_rule_file_of_many_checks_takes_time_in_proportion()
    {
        string rule = $"---\ntitle: a\n{string.Concat(Enumerable.Range(0, 100_000).Select(i => $"check: offsetof(struct page, m{i}) == {i}\n"))}---\n";
        AssertInTime("rule", () => Assert.Equal(100_000, RuleParser.Parse("costly.md", rule).Checks.Length));
    }

    [Fact]
    public void Lines_are_counted_forwards_and_backwards()
    {
        LineCounter lines = new("a\nb\n\nc");
        Assert.Equal([1, 1, 2, 4, 3, 1, 4, 1], new[] { 0, 1, 2, 5, 4, 0, 100, -1 }.Select(lines.LineOf));
    }

    // Were each counted from the start, it would be 200 GB that are read.
    [Fact]
    public void Many_lines_of_a_long_text_take_the_time_of_one_pass()
    {
        const int Lines = 2 << 20;
        LineCounter lines = new(string.Concat(Enumerable.Repeat("line\n", Lines)));
        Stopwatch time = Stopwatch.StartNew();
        for (int line = 0; line < Lines && time.Elapsed < s_mostTime; line += 100)
        {
            Assert.Equal(line + 1, lines.LineOf(line * 5));
        }

        Assert.True(time.Elapsed < TimeSpan.FromSeconds(5), $"{time.Elapsed}");
    }

    [Fact]
    public void Many_names_with_one_end_are_found_where_each_stands()
    {
        string[] names = [.. Enumerable.Range(0, 3000).Select(i => $"{i:x}_page")];
        ByteWriter strings = new ByteWriter(false).Text("");
        foreach (string name in names)
        {
            strings.Text("z" + name);
        }

        using MappedFile file = MappedFile.FromBytes("strings", strings.Text("_page").ToArray());
        Dictionary<int, List<string>> found = [];
        StringSuffixSearch.Find(file.Whole(), [.. names.Select(System.Text.Encoding.UTF8.GetBytes)], (name, at) =>
        {
            found.TryAdd(name, []);
            found[name].Add(file.Whole().TextAt(at));
        });

        Assert.Equal(names.Length, found.Count);
        // "a_page" is the tail of "1a_page" and others, too.
        Assert.All(found, f => Assert.All(f.Value, t => Assert.Equal(names[f.Key], t)));
        Assert.Equal(names.Sum(n => names.Count(m => m.EndsWith(n, StringComparison.Ordinal))), found.Values.Sum(v => v.Count));
    }

    [Fact]
    public void A_budget_is_one_for_a_file_and_what_is_in_it_and_grows_with_what_it_refers_to()
    {
        using MappedFile file = MappedFile.FromBytes("file", new byte[100]);
        using MappedFile inner = MappedFile.FromUnpacked("file (unpacked)", file.Whole().Copy(), file);
        Assert.Same(file.Budget, inner.Budget);
        Assert.Equal((256UL << 20, 32UL << 20, 32UL << 20), (file.Budget.Limit, file.Budget.UnpackLimit, file.Budget.UnpackLeft));
        Assert.True(inner.Budget.TryUnpack(30 << 20));
        Assert.False(inner.Budget.TryUnpack(3 << 20));
        Assert.Equal(0UL, file.Budget.UnpackLeft);
        file.Budget.Take(file.Whole(), 224 << 20);
        Assert.Contains("more than the 0x10000000 that a file of this size may", Assert.Throws<InvalidImageException>(() => inner.Budget.Take(inner.Whole(), 1)).Problem, StringComparison.Ordinal);
        file.Budget.AddFile(8);
        Assert.Equal((256UL << 20) + 2048, inner.Budget.Limit);
        inner.Budget.Take(inner.Whole(), 2048);
        Assert.Equal(2UL << 30, new MemoryBudget(8 << 20).Limit);
        using MappedFile referred = MappedFile.OpenReferred(FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), file);
        Assert.Same(file.Budget, referred.Budget);
        Assert.Equal((256UL << 20) + 2048 + (256 * referred.Length), file.Budget.Limit);
    }

    [Fact]
    public void What_is_made_of_DWARF_is_taken_from_the_budget()
    {
        // So many bytes are left that a few are no matter.
        const ulong Left = 100 << 10;
        AssertBounded(CostlyInput.Members(1000), DieGraph);
        AssertBounded(CostlyInput.Structs(2000), sections =>
        {
            using DieScanner scanner = new(sections, new WantedNames([], sections));
            scanner.Open(sections.Units.All()[0]);
            scanner.CollectNames([], []);
        });

        // Sections that are joined.
        using MappedFile joined = MappedFile.FromBytes("costly", CostlyInput.TypesBesideInfo(200 << 10));
        ElfFile elf = ElfFile.Read(joined);
        joined.Budget.Take(joined.Whole(), joined.Budget.Limit - Left);
        Assert.Contains("bytes more to be read", Assert.Throws<InvalidImageException>(() => DwarfImage.Find(elf)).Problem, StringComparison.Ordinal);

        static void DieGraph(DwarfSections sections)
        {
            using DieScanner scanner = new(sections, new WantedNames([s_struct], sections));
            UnitHeader unit = sections.Units.All()[0];
            scanner.Open(unit);
            Assert.True(scanner.Next(out ScanHit hit));
            _ = new DwarfGraphBuilder(sections).Build(sections, unit, hit.DieOffset);
        }

        static void AssertBounded(byte[] image, Action<DwarfSections> use)
        {
            foreach (bool isEnough in (bool[])[true, false])
            {
                using MappedFile file = MappedFile.FromBytes("costly", image);
                DwarfSections sections = DwarfImage.Find(ElfFile.Read(file))!.Sections;
                file.Budget.Take(file.Whole(), isEnough ? 0 : file.Budget.Limit - Left);
                InvalidImageException? e = (InvalidImageException?)Record.Exception(() => use(sections));
                Assert.Equal((isEnough, true), (e is null, e?.Problem.Contains("bytes more to be read", StringComparison.Ordinal) ?? true));
            }
        }
    }

    private static TypeDefinition? First(byte[] image)
    {
        using KernelImage opened = KernelImage.FromBytes("costly", image);
        return opened.Types.FindFirst(s_struct);
    }

    private static Survey All(byte[] image, int threads)
    {
        using KernelImage opened = KernelImage.FromBytes("costly", image);
        using WorkerPool pool = new(threads);
        return opened.Types.FindAll([s_struct], pool);
    }

    private static void AssertInTime(string what, Action action)
    {
        Stopwatch time = Stopwatch.StartNew();
        action();
        Assert.True(time.Elapsed < s_mostTime, $"{what} took {time.Elapsed}");
    }
}
