using LayoutCheck.Analyses;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Analyses;

/// <summary>The structs that bindgen made for Rust, against C: by namespace, with what bindgen hides and adds left out by reason.</summary>
public sealed class TwinAnalysisTests
{
    [Theory]
    [InlineData("none", 4)]
    [InlineData("none", 5)]
    public void Twins_that_lie_as_in_C_agree(string change, int version)
    {
        TwinReport twins = Twins(change, version);

        Assert.Equal(ExitCode.Holds, twins.ExitCode);
        Assert.Equal("5 Rust twins agree with C in 22 members", twins.Headline());
        Assert.Equal([new TwinSpace("bindings::bindings_raw", 5, 22)], twins.Spaces);
        Assert.Equal(["opaque"], NamesOf(twins, TwinSkip.Opaque));
        Assert.Equal(["only_in_rust"], NamesOf(twins, TwinSkip.NotInC));
        Assert.Equal(5, NamesOf(twins, TwinSkip.Generated).Length);
        Assert.Equal(4, NamesOf(twins, TwinSkip.Helper).Length);
        Assert.Equal(
            [(TwinSkip.BitFields, 2), (TwinSkip.Padding, 1), (TwinSkip.UnionStorage, 1), (TwinSkip.UnionOfParts, 1), (TwinSkip.Hidden, 6)],
            twins.SkippedMembers.Select(s => (s.Reason, s.Count)));
    }

    // In Rust self and type are escaped; pair has an unnamed type in C.
    [Theory]
    [InlineData("moved", 4, "self is at byte 20 in C, at byte 16 in Rust; type is at byte 16 in C, at byte 20 in Rust")]
    [InlineData("moved", 5, "self is at byte 20 in C, at byte 16 in Rust; type is at byte 16 in C, at byte 20 in Rust")]
    [InlineData("resized", 5, "behind has 8 bytes in C, 16 bytes in Rust")]
    [InlineData("stale", 4, "pair[].c is not in C, at byte 44 in Rust; pair[].b is at byte 44 in C, not in Rust")]
    public void A_twin_that_differs_is_told_by_member(string change, int version, string differences)
    {
        TwinReport twins = Twins(change, version);

        Assert.Equal(ExitCode.Violated, twins.ExitCode);
        Assert.Equal("1 of 5 Rust twins differs from C", twins.Headline());
        TwinResult twin = Assert.Single(twins.Differing);
        Assert.Equal(differences, string.Join("; ", twin.Differences.Select(d => $"{d.Path} {d.InC}, {d.InRust}")));
    }

    // The namespace uapi of the fixture has a struct leaf of Rust's own.
    [Fact]
    public void A_struct_of_a_C_name_outside_of_bindgens_namespaces_is_no_twin()
    {
        TwinReport twins = Twins("none", 5);

        Assert.True(twins.OtherCount > 0);
        Assert.DoesNotContain(twins.SkippedNames, s => s.Name == "leaf");
        Assert.DoesNotContain(twins.Spaces, s => s.Name == "bindings::uapi");
    }

    // Its namespace is no name of the kernel's: page__bindgen_ty_1 shows that bindgen made it.
    [Fact]
    public void A_namespace_with_bindgens_names_has_twins_whatever_it_is_called()
    {
        using KernelImage image = FixtureFile.Open("rust-twin/rust-twin.gcc-dwarf5.elf");

        AuditReport report = Audit(image);

        Assert.Equal(ExitCode.Violated, report.ExitCode);
        Assert.Equal(["rust_twin::folio", "rust_twin::list_head", "rust_twin::page"], report.Twins!.Differing.Select(t => $"{t.Twin.Namespace}::{t.Twin.Name}").Order(StringComparer.Ordinal));
        Assert.Contains("folio.lru is at byte 8 in C, at byte 0 in Rust", RuleOf(image).Checks[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audit/audit.private.gcc-dwarf5-btf.elf", SourceChoice.Btf, "BTF has no namespaces, by which Rust's structs are told from C's")]
    [InlineData("audit/audit.private.gcc-dwarf4.elf", SourceChoice.Auto, "no unit of the image is in Rust")]
    public void Without_twins_nothing_is_told(string fixture, SourceChoice choice, string doubt)
    {
        using KernelImage image = FixtureFile.Open(fixture, choice);

        AuditReport report = Audit(image);

        Assert.Equal(doubt, report.Twins!.Doubt);
        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.Contains("cannot tell whether Rust twins agree with C: " + doubt, report.Headline(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", Outcome.Holds, "5 Rust twins agree in 22 members")]
    [InlineData("moved", Outcome.Violated, "node.self is at byte 20 in C, at byte 16 in Rust; node.type is at byte 16 in C, at byte 20 in Rust")]
    public void The_rule_tells_whether_they_agree(string change, Outcome outcome, string reason)
    {
        RuleResult result = Rule($"bindings/bindings.{change}.gcc-dwarf4.elf");

        Assert.Equal(outcome, result.Outcome);
        Assert.Equal(reason, result.Checks[0].Reason);
    }

    [Theory]
    [InlineData("audit/audit.private.gcc-dwarf5-btf.elf", SourceChoice.Btf)]
    [InlineData("audit/audit.private.gcc-dwarf4.elf", SourceChoice.Auto)]
    public void Without_twins_the_rule_does_not_apply(string fixture, SourceChoice choice)
    {
        RuleResult result = Rule(fixture, choice);

        Assert.Equal(Outcome.NotApplicable, result.Outcome);
        Assert.StartsWith("rust_twins()=0 (", result.Checks[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_Rust_unit_is_named()
    {
        using KernelImage image = Built(location: 0x7f).Open();

        InvalidImageException error = Assert.Throws<InvalidImageException>(() => Audit(image));
        Assert.Contains("DW_AT_data_member_location has DW_FORM_string, which cannot be read here", error.Problem, StringComparison.Ordinal);
        RuleResult rule = RuleOf(image);
        Assert.Equal(Outcome.Undecided, rule.Outcome);
        Assert.Contains("a Rust unit cannot be read: built: .debug_info+0x", rule.Checks[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, ExitCode.Holds)]
    [InlineData(8, ExitCode.Violated)]
    public void A_built_twin_is_compared(int location, ExitCode exitCode)
    {
        using KernelImage image = Built(location).Open();

        Assert.Equal(exitCode, Audit(image).ExitCode);
    }

    // dwz moves types to units that others import.
    [Fact]
    public void Types_that_may_be_elsewhere_leave_it_open()
    {
        using KernelImage image = Built(location: 4, withImport: true).Open();

        AuditReport report = Audit(image);

        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.Contains("dwz", report.Twins!.Doubt, StringComparison.Ordinal);
        Assert.Equal(Outcome.Undecided, RuleOf(image).Outcome);
    }

    [Theory]
    [InlineData("type_", "type")]
    [InlineData("Self_", "Self")]
    [InlineData("type__", null)]
    [InlineData("types_", null)]
    [InlineData("type", null)]
    [InlineData("_", null)]
    public void Only_what_Rust_reserves_is_escaped(string name, string? expected) => Assert.Equal(expected, Bindgen.Unescaped(name));

    [Theory]
    [InlineData("moved", 1, "VIOLATED   bindings::bindings_raw::node is not laid out as in C (other/bindings.rs/@/")]
    [InlineData("none", 0, "Rust twins: 5 with 22 members compared (5 of bindings::bindings_raw), 0 differ\n  not compared: 1 opaque to Rust, ")]
    public void The_program_tells_it(string change, int exitCode, string line)
    {
        string file = FixtureFile.PathOf($"bindings/bindings.{change}.gcc-dwarf5.elf");
        ProgramResult text = ProgramRun.Run("audit", "--rust", "--width", "0", file);

        Assert.Equal(exitCode, text.ExitCode);
        Assert.Contains(line, text.Out, StringComparison.Ordinal);
        Assert.Equal(0, ProgramRun.Run("audit", file).ExitCode);
        Assert.Contains(change == "none" ? "\n5 Rust twins agree in 22 members (rust-twins-agree)\n" : "VIOLATED Rust's twins", ProgramRun.Run("check", "--only", "rust-twins-agree", "--width", "0", file).Out, StringComparison.Ordinal);
        Assert.Contains(change == "none" ? "5 Rust twins agree" : "NOT hold", ProgramRun.Run("check", "-v", "--width", "0", "-e", "rust_twins_agree()", file).Out, StringComparison.Ordinal);
    }

    private static TwinReport Twins(string change, int version)
    {
        using KernelImage image = FixtureFile.Open($"bindings/bindings.{change}.gcc-dwarf{version}.elf");
        return Audit(image).Twins!;
    }

    private static AuditReport Audit(KernelImage image) => AuditAnalysis.Run(image, 2, new AuditOptions([], WithTwins: true), withImage: false);

    private static RuleResult Rule(string fixture, SourceChoice choice = SourceChoice.Auto)
    {
        using KernelImage image = FixtureFile.Open(fixture, choice);
        return RuleOf(image);
    }

    private static RuleResult RuleOf(KernelImage image) => Assert.Single(CheckAnalysis.Run(image, RuleCatalog.Select(only: ["rust-twins-agree"]), 2).Results);

    private static string[] NamesOf(TwinReport twins, TwinSkip reason) => [.. twins.SkippedNames.Where(s => s.Reason == reason).Select(s => s.Name)];

    // struct s { int a, b; } in C, and its twin with b at some byte; 0x7f stands for a place that is no number.
    private static DwarfBuilder Built(int location, bool withImport = false)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        AddInt(unit, "int", "int");
        AddStruct(unit, "int", At.Data1(DwAt.DW_AT_data_member_location, 4));
        DwarfUnit rust = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_Rust), At.Name("lib.rs")]);
        AddInt(rust, "i32", "i32");
        rust.Begin(DwTag.DW_TAG_namespace, At.Name("bindings"));
        rust.Begin(DwTag.DW_TAG_namespace, At.Name("bindings_raw"));
        AddStruct(rust, "i32", location == 0x7f
            ? At.Raw(DwAt.DW_AT_data_member_location, DwForm.DW_FORM_string, [.. "x\0"u8])
            : At.Data1(DwAt.DW_AT_data_member_location, location));
        rust.End();
        rust.End();
        if (withImport)
        {
            rust.Leaf(DwTag.DW_TAG_imported_unit, At.Ref(DwAt.DW_AT_import, "unit 0", DwForm.DW_FORM_ref_addr));
        }

        return dwarf;
    }

    private static void AddInt(DwarfUnit unit, string label, string name)
    {
        unit.Mark(label);
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name(name), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
    }

    private static void AddStruct(DwarfUnit unit, string number, At place)
    {
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(12));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type(number), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("b"), At.Type(number), place);
        unit.End();
    }
}
