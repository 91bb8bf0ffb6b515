using LayoutCheck.Analyses;
using LayoutCheck.Code;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Analyses;

/// <summary>The instructions of tests/fixtures/inlines: code that inlines the kernel's helpers, in each form in which compilers describe it.</summary>
public sealed class CodeAnalysisTests
{
    private static readonly RuleSet s_flagship = RuleCatalog.Default.Select(only: ["pgmap-on-compound-head"]);

    // By hand from the sources and llvm-objdump: the instructions that read the tag word, and pgmap.
    [Theory]
    [InlineData("gcc-dwarf4.elf", 7, 3)]
    [InlineData("gcc-dwarf5.elf", 7, 3)]
    [InlineData("gcc-dwarf64.elf", 7, 3)]
    [InlineData("clang-dwarf4.elf", 4, 3)]
    [InlineData("clang-dwarf5.elf", 4, 3)]
    [InlineData("aarch64-dwarf5.elf", 6, 3)]
    [InlineData("gcc-dwarf4.o", 7, 3)]
    [InlineData("gcc-dwarf5.o", 7, 3)]
    [InlineData("clang-dwarf4.o", 4, 3)]
    [InlineData("clang-dwarf5.o", 4, 3)]
    [InlineData("aarch64-dwarf5.o", 6, 3)]
    [InlineData("stripped.o", 7, 3)]
    [InlineData("gcc-lto.elf", 8, 3)]
    [InlineData("clang-lto.elf", 5, 3)]
    [InlineData("split-gcc-dwarf4.elf", 7, 3)]
    [InlineData("split-gcc-dwarf5.elf", 7, 3)]
    [InlineData("split-clang-dwarf4.elf", 4, 3)]
    [InlineData("split-clang-dwarf5.elf", 4, 3)]
    [InlineData("package-gcc-dwarf4.elf", 7, 3)]
    [InlineData("package-clang-dwarf5.elf", 4, 3)]
    public void Instructions_agree_with_the_types(string name, int tagWord, int pgmap)
    {
        CodeEvidence code = Check(name).Code!;

        Assert.Null(code.NotAsked);
        Assert.Equal(tagWord, Of(code, "page.compound_info").Sites.Length);
        Assert.Equal(pgmap, Of(code, "folio.pgmap").Sites.Length);
        Assert.All(code.Members, m => Assert.Empty(m.Wrong));
        Assert.All(code.OnTagWord, s => Assert.Equal(8, s.Displacement));
        Assert.Equal(2, code.OnTagWord.Select(s => s.UnitIndex).Distinct().Count());
        Assert.Equal(ExitCode.Holds, code.ExitCode);
        Assert.Empty(code.Notes);
    }

    // The types say 8, the code reads 16.
    [Theory]
    [InlineData("moved-gcc-dwarf4.elf", 7)]
    [InlineData("moved-gcc-dwarf5.elf", 7)]
    [InlineData("moved-clang-dwarf4.elf", 4)]
    [InlineData("moved-clang-dwarf5.elf", 4)]
    public void Code_of_another_layout_than_the_types_is_violated(string name, int tagWord)
    {
        CheckReport report = Check(name);

        MemberEvidence word = Of(report.Code!, "page.compound_info");
        WrongPlace wrong = Assert.Single(word.Wrong);
        Assert.Equal(16, wrong.Displacement);
        Assert.Equal(tagWord, wrong.Sites.Length);
        Assert.Empty(word.Sites);
        Assert.Equal(ExitCode.Violated, word.Outcome);
        Assert.Equal(ExitCode.Violated, report.ExitCode);
        Assert.Equal(16, Assert.Single(Of(report.Code!, "folio.pgmap").Wrong).Displacement);
        Assert.Contains($"{tagWord} of {tagWord} instructions use page.compound_info, which the types have @8, @16", report.Headline(), StringComparison.Ordinal);
        // The place is that of the call, in the source of the fixture.
        Assert.Contains(wrong.Sites, s => s.Place is { } place && place.File.EndsWith("inlines-a.c", StringComparison.Ordinal) && place.Line is > 1 and < 60);
        Assert.Contains("VIOLATED", Written.Text(report), StringComparison.Ordinal);
    }

    [Fact]
    public void The_answer_does_not_depend_on_the_threads()
        => Assert.Equal(Written.Json(Check("gcc-lto.elf", threads: 1)), Written.Json(Check("gcc-lto.elf", threads: 4)));

    [Theory]
    [InlineData("inlines/inlines.s390x-dwarf5.elf", "instructions of s390 (big-endian) are not read")]
    [InlineData("inlines/inlines.stripped.debug", "they are in the file that its debug information was split off from")]
    [InlineData("page-era6/page-era6.btf.elf", "BTF does not say where functions were inlined")]
    public void What_cannot_be_asked_is_undecided(string fixture, string reason)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        CheckReport report = CodeAnalysis.AddTo(CheckAnalysis.Run(image, s_flagship, 1), image, 1);

        Assert.Contains(reason, report.Code!.NotAsked, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.Contains("instructions were not asked", report.Headline(), StringComparison.Ordinal);
        Assert.Contains(FindingSet.Of(report).Images.SelectMany(i => i.Groups).SelectMany(g => g.Findings), f => f.Level == FindingLevel.Undecided);
    }

    [Fact]
    public void A_call_whose_register_is_another_gives_no_evidence()
    {
        CodeEvidence code = new InlineImage { Location = At.Raw(DwAt.DW_AT_location, DwForm.DW_FORM_exprloc, 1, DwOp.DW_OP_reg0 + 4) }.Ask();

        Assert.Null(code.NotAsked);
        Assert.Equal((1, 1, 0), Assert.Single(code.Helpers.Select(h => (h.CallCount, h.KnownCount, h.SeenCount))));
        Assert.Equal(ExitCode.Undecided, code.ExitCode);
        Assert.Contains("no evidence", code.Headline(isLinedUp: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_helper_is_explained_by_one_of_its_instructions()
    {
        using KernelImage image = FixtureFile.Open("inlines/inlines.gcc-dwarf5.elf");
        HelperReport report = CodeAnalysis.Explain(HelperCatalog.Find("_compound_head")!, image, 1);

        ListedInstruction line = Assert.Single(report.Lines, l => l.IsSite);
        Assert.Equal(report.Site!.Where, line.Where);
        Assert.Matches(@"^load r\w+ = \[r\w+ \+ 8\] \(8 bytes\)$", line.Words);
        Assert.EndsWith("08", line.Bytes, StringComparison.Ordinal);
        Assert.Contains($"> {line.Where}", Written.Text(report), StringComparison.Ordinal);
        Assert.NotNull(report.Site.Place);
    }

    [Fact]
    public void An_object_files_addresses_tell_their_section()
    {
        CodeEvidence code = Check("gcc-dwarf5.o").Code!;

        Assert.All(code.OnTagWord, s => Assert.Matches(@"^\.text(\.unlikely)?\.\w+\+0x[0-9a-f]+$", s.Where));
        Assert.True(code.OnTagWord.Select(s => s.Where[..s.Where.IndexOf('+', StringComparison.Ordinal)]).Distinct().Count() > 3);
    }

    private static MemberEvidence Of(CodeEvidence code, string member) => Assert.Single(code.Members, m => m.Member.Name == member);

    private static CheckReport Check(string name, int threads = 2)
    {
        using KernelImage image = FixtureFile.Open($"inlines/inlines.{name}");
        return CodeAnalysis.AddTo(CheckAnalysis.Run(image, s_flagship, threads), image, threads);
    }
}
