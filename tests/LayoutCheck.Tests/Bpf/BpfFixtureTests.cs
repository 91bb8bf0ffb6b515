using LayoutCheck.Analyses;
using LayoutCheck.Bpf;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Bpf;

/// <summary>The accesses of compiled BPF objects on kernels of two eras, by BTF and by DWARF. tests/witnesses/core judges many more by libbpf.</summary>
public sealed class BpfFixtureTests
{
    private const string Era5 = "page-era5/page-era5.gcc-dwarf5-btf.elf";
    private const string Era6 = "page-era6/page-era6.gcc-dwarf5-btf.elf";

    [Theory]
    [InlineData("guarded", Era5, SourceChoice.Btf, ExitCode.Holds)]
    [InlineData("guarded", Era6, SourceChoice.Btf, ExitCode.Holds)]
    [InlineData("guarded", Era6, SourceChoice.Dwarf, ExitCode.Holds)]
    [InlineData("bare", Era5, SourceChoice.Btf, ExitCode.Violated)]
    [InlineData("bare", Era6, SourceChoice.Btf, ExitCode.Violated)]
    [InlineData("bare", Era6, SourceChoice.Dwarf, ExitCode.Violated)]
    public void The_verdict_rests_on_what_is_reached(string name, string kernel, SourceChoice source, ExitCode expected) => Assert.Equal(expected, Run(name, kernel, source).ExitCode);

    [Theory]
    [InlineData(SourceChoice.Btf)]
    [InlineData(SourceChoice.Dwarf)]
    public void An_access_gets_the_place_that_the_kernel_has_for_it(SourceChoice source)
    {
        BpfReport report = Run("forms", Era6, source);
        using KernelImage kernel = FixtureFile.Open(Era6, source);
        TypeDefinition page = kernel.FindFirst(new TypeName(TypeNameKind.Struct, "page"))!;
        ulong size = page.Aggregate.ByteSize;
        Dictionary<string, ulong?> places = report.Relocations.Where(r => r.Kind == BpfRelocationKind.FieldOffset).ToDictionary(r => r.Access, r => r.Answer.KernelValue);
        Assert.Equal(PlaceOf("lru.next"), places["page.lru.next"]);
        Assert.Equal(PlaceOf("mapping"), places["page.mapping"]);
        Assert.Equal((2 * size) + PlaceOf("lru.prev"), places["page[2].lru.prev"]);
        Assert.Equal(size, Value(BpfRelocationKind.TypeSize, "struct page"));
        Assert.Equal(0ul, Value(BpfRelocationKind.TypeSize, "struct none_such"));
        Assert.Equal(1ul, Value(BpfRelocationKind.TypeExists, "struct page"));
        Assert.Equal(0ul, Value(BpfRelocationKind.TypeExists, "struct none_such"));
        Assert.Equal(0ul, Value(BpfRelocationKind.FieldExists, "page.none"));

        // A number is none of a floating-point number.
        Assert.Equal(0ul, Value(BpfRelocationKind.FieldExists, "page.private"));
        Assert.Equal((4ul, 0ul, 32ul, 32ul), (Value(BpfRelocationKind.FieldSize, "page.page_type"), Value(BpfRelocationKind.FieldSigned, "page.page_type"),
            Value(BpfRelocationKind.FieldLeftShift, "page.page_type"), Value(BpfRelocationKind.FieldRightShift, "page.page_type")));

        ulong? PlaceOf(string path) => MemberPath.Resolve(page.Graph, page.Root, path)!.BitOffset / 8;

        ulong? Value(BpfRelocationKind kind, string access) => report.Relocations.First(r => r.Kind == kind && r.Access == access).Answer.KernelValue;
    }

    [Fact]
    public void The_check_that_guards_an_access_is_named()
    {
        BpfReport report = Run("guarded", Era6);
        BpfResult old = report.Relocations.Single(r => r.Access == "page___old.compound_head");
        Assert.Equal((BpfOutcome.Missing, BpfGuard.Guarded), (old.Answer.Outcome, old.Guard));
        Assert.Equal(["bpf_core_field_exists(page___new.compound_info)"], old.Guards);
        Assert.Equal(["bpf_core_field_exists(page.pgmap)"], report.Relocations.Single(r => r.Access == "page.pgmap" && r.Kind == BpfRelocationKind.FieldOffset).Guards);
        Assert.Equal("3 of 5 accesses resolve on page-era6.gcc-dwarf5-btf.elf; page___old.compound_head, page.pgmap do not, and are guarded", report.Headline());
    }

    [Fact]
    public void A_check_that_comes_late_or_is_of_another_member_guards_nothing()
    {
        BpfReport report = Run("bare", Era6);
        BpfResult[] missing = [.. report.Relocations.Where(r => r.Answer.Outcome == BpfOutcome.Missing)];
        Assert.Equal(["bare", "after", "wrong", "wrong"], missing.Select(r => r.Function));
        Assert.All(missing, r => Assert.Equal(BpfGuard.None, r.Guard));
        Assert.Equal("./other/bpf-bare.c", missing[0].File);
        Assert.Equal(5u, missing[0].Line);
        Assert.Equal("0 of 4 accesses resolve on page-era6.gcc-dwarf5-btf.elf; page.pgmap, page.compound_head do not", report.Headline());
    }

    [Fact]
    public void The_two_known_breaks_are_told_with_the_remedy()
    {
        string[] sentences = [.. Run("bare", Era6).Histories.Select(h => h.Sentence)];
        Assert.Contains(sentences, s => s.StartsWith("compound_head gives way to compound_info (7.1)", StringComparison.Ordinal) && s.Contains("struct page___new { ... compound_info; }", StringComparison.Ordinal));
        Assert.Contains(sentences, s => s.StartsWith("pgmap gives way to folio.pgmap (6.15)", StringComparison.Ordinal) && s.Contains("struct folio___new { ... pgmap; }", StringComparison.Ordinal));
    }

    [Fact]
    public void What_DWARF_does_not_tell_is_undecided()
    {
        BpfReport report = Run("forms", Era6, SourceChoice.Dwarf);
        BpfResult unknown = Assert.Single(report.Relocations, r => r.IsUndecided);
        Assert.Equal(BpfRelocationKind.TypeIdTarget, unknown.Kind);
        Assert.DoesNotContain(Run("forms", Era6).Relocations, r => r.IsUndecided);
    }

    [Fact]
    public void The_program_tells_of_a_BPF_object_by_against()
    {
        string bare = FixtureFile.PathOf("bpf/bpf.bare.o");
        ProgramResult against = ProgramRun.Run("check", bare, "--against", FixtureFile.PathOf(Era6));
        Assert.Equal(1, against.ExitCode);
        Assert.StartsWith("0 of 4 accesses resolve on ", against.Out, StringComparison.Ordinal);
        Assert.Contains("VIOLATED page.pgmap does not resolve: the kernel's struct page has no member", against.Out, StringComparison.Ordinal);
        ProgramResult without = ProgramRun.Run("check", bare);
        Assert.Contains("--against VMLINUX", without.Err, StringComparison.Ordinal);
        Assert.Equal(2, ProgramRun.Run("check", bare, "--against", FixtureFile.PathOf(Era6), "--format", "html").ExitCode);
        Assert.Equal(3, ProgramRun.Run("check", bare, "--against", bare).ExitCode);
        ProgramResult other = ProgramRun.Run("check", bare, "--against", FixtureFile.PathOf("shapes/shapes.s390x.raw.btf"));
        Assert.Equal(3, other.ExitCode);
        Assert.Contains("is little-endian, and the kernel", other.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sarif", "\"level\": \"error\"")]
    [InlineData("junit", "<failure")]
    [InlineData("ktap", "not ok ")]
    [InlineData("github", "::error file=other/bpf-bare.c,line=5")]
    [InlineData("gitlab", "\"severity\":")]
    [InlineData("markdown", "## violated: ")]
    [InlineData("tsv", "\tviolated\t")]
    public void Formats_of_results_tell_it(string format, string expected) => Assert.Contains(expected, Written.In(format, Run("bare", Era6)), StringComparison.Ordinal);

    private static BpfReport Run(string name, string kernel, SourceChoice source = SourceChoice.Btf)
    {
        using KernelImage image = FixtureFile.Open($"bpf/bpf.{name}.o");
        using KernelImage other = FixtureFile.Open(kernel, source);
        return BpfAnalysis.Run(image, other, 1);
    }
}
