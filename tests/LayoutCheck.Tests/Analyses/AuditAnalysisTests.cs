using System.Collections.Immutable;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Analyses;

/// <summary>One file compiled in two ways is told from private structs of one name, by the places that declare them.</summary>
public sealed class AuditAnalysisTests
{
    private static readonly string[] s_twoWays = ["struct either", "struct holder", "struct packet", "struct trap"];
    private static readonly string[] s_private = ["struct irq_info", "union cookie"];

    public static TheoryData<string> WithDwarf(string part)
        => [.. FixtureFile.All.Where(f => f.StartsWith($"audit/audit.{part}.", StringComparison.Ordinal) && FixtureFile.HasSection(f, ".debug_info") && !f.Contains("-types", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(WithDwarf), "two-ways")]
    public void A_header_compiled_in_two_ways_is_a_violation(string fixture)
    {
        AuditReport report = Audit(fixture);

        Assert.Equal(ExitCode.Violated, report.ExitCode);
        Assert.Equal("the units do NOT agree: 4 structs and unions are compiled in two ways", report.Headline());
        Assert.Equal(s_twoWays, NamesOf(report, AuditOutcome.TwoWays));
        Assert.Equal(s_private, NamesOf(report, AuditOutcome.Private));
        Assert.Equal((8, 6), (report.NameCount, report.Types.Length));
        AuditedType packet = report.Types.Single(t => t.Name.Name == "packet");
        Assert.Equal(["other/audit/a.c", "other/audit/b.c"], packet.Variants.Select(v => Assert.Single(v.Units).Name));
        Assert.Equal(["other/audit/shared.h:2", "other/audit/shared.h:2"], packet.Variants.Select(v => $"{v.Place!.File}:{v.Place.Line}"));
        Assert.Contains("cookie", packet.Reason, StringComparison.Ordinal);
        Assert.True(packet.Variants[1].ByteSize > packet.Variants[0].ByteSize);
    }

    // A private struct in c.c equals one of the two definitions in the header, and comes first.
    [Theory]
    [MemberData(nameof(WithDwarf), "two-ways")]
    public void A_private_struct_that_equals_one_of_two_ways_does_not_hide_the_other(string fixture)
    {
        AuditedType trap = Audit(fixture).Types.Single(t => t.Name.Name == "trap");

        Assert.Equal(AuditOutcome.TwoWays, trap.Outcome);
        Assert.Equal(["other/audit/c.c", "other/audit/trap.h", "other/audit/trap.h"], trap.Variants.Select(v => v.Place!.File));
        Assert.Equal([4, 4, 8], trap.Variants.Select(v => (int)v.ByteSize));
        Assert.Equal([false, false, true], trap.Variants.Select(v => v.Difference is not null));
    }

    [Theory]
    [MemberData(nameof(WithDwarf), "private")]
    public void Private_structs_of_one_name_are_listed(string fixture)
    {
        AuditReport report = Audit(fixture);

        Assert.Equal(ExitCode.Holds, report.ExitCode);
        Assert.Equal("all units agree: 1 of 3 names have one definition; 2 names of private structs", report.Headline());
        Assert.Equal(s_private, NamesOf(report, AuditOutcome.Private));
        Assert.Equal(3, report.Types.Single(t => t.Name.Name == "irq_info").Variants.Length);
        Assert.Equal(7, report.DefinitionCount);
    }

    // Each is local.h:1 from the directory of its compilation.
    [Theory]
    [MemberData(nameof(WithDwarf), "trees")]
    public void Files_of_one_name_in_two_directories_are_two(string fixture)
    {
        AuditReport report = Audit(fixture);

        Assert.Equal(ExitCode.Holds, report.ExitCode);
        Assert.Equal(AuditOutcome.Private, Assert.Single(report.Types).Outcome);
        Assert.Equal(["local.h", "local.h"], report.Types[0].Variants.Select(v => v.Place!.File));
        Assert.Contains("\nprivate    struct local: /project/tree-a/local.h:1 (4 bytes), /project/tree-b/local.h:1 (8 bytes)\n", Written.Text(report, default), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audit/audit.two-ways.btf.elf", SourceChoice.Auto, 6)]
    [InlineData("audit/audit.private.btf.elf", SourceChoice.Auto, 2)]
    [InlineData("audit/audit.private.gcc-dwarf5-btf.elf", SourceChoice.Btf, 2)]
    public void Btf_cannot_tell_them_apart(string fixture, SourceChoice choice, int undecided)
    {
        AuditReport report = Audit(fixture, choice);

        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.Equal(undecided, report.Count(AuditOutcome.Undecided));
        Assert.Equal(undecided, report.Types.Length);
        Assert.All(report.Types, t => Assert.StartsWith("BTF does not record where a type is declared", t.Doubt, StringComparison.Ordinal));
        Assert.Equal(choice == SourceChoice.Btf, report.Types[0].Doubt!.Contains("--source dwarf", StringComparison.Ordinal));
    }

    [Fact]
    public void The_options_that_only_one_of_two_ways_has_are_named()
    {
        AuditedType packet = Audit("audit/audit.two-ways.gcc-dwarf5-btf.elf").Types.Single(t => t.Name.Name == "packet");

        Assert.Empty(packet.Variants[0].OwnOptions);
        Assert.Equal(["-fwrapv"], packet.Variants[1].OwnOptions);
    }

    [Theory]
    [InlineData("other/audit/shared.h", "audit/b.c", AuditOutcome.Accepted)]
    [InlineData("shared.h", "other/*/b.c", AuditOutcome.Accepted)]
    [InlineData("other/audit/shared.h", "other/audit/c.c", AuditOutcome.TwoWays)]
    [InlineData("other/audit/trap.h", "other/audit/b.c", AuditOutcome.TwoWays)]
    [InlineData("hared.h", "other/audit/b.c", AuditOutcome.TwoWays)]
    public void An_accepted_difference_is_one_of_the_named_units_in_the_named_file(string file, string unit, AuditOutcome outcome)
    {
        AcceptedVariants accepted = new("struct packet", file, [unit], "a reason", "a source");

        AuditReport report = Audit("audit/audit.two-ways.gcc-dwarf5-btf.elf", accepted: [accepted]);

        Assert.Equal(outcome, report.Types.Single(t => t.Name.Name == "packet").Outcome);
        Assert.Equal(AuditOutcome.TwoWays, report.Types.Single(t => t.Name.Name == "holder").Outcome);
        Assert.Equal(outcome == AuditOutcome.Accepted, Written.Text(report, default).Contains("accepted   struct packet: a reason (a source)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("two-ways.gcc-dwarf4", 4)]
    [InlineData("private.btf", 2)]
    public void A_file_accepts_differences_and_no_others(string part, int count)
    {
        string file = FixtureFile.PathOf($"audit/audit.{part}.elf");
        string accept = Path.Combine(Directory.CreateTempSubdirectory("layoutcheck-accept").FullName, "accept");
        ProgramResult written = ProgramRun.Run("audit", file, "--write-accept", accept, "--reason", "as it should be");
        Assert.NotEqual(0, written.ExitCode);
        Assert.Contains($"wrote {count} entries to ", written.Err, StringComparison.Ordinal);

        ProgramResult accepted = ProgramRun.Run("audit", file, "--accept", accept, "--width", "0");
        string[] lines = File.ReadAllLines(accept);
        int last = Array.FindLastIndex(lines, l => l.StartsWith("  ", StringComparison.Ordinal));
        File.WriteAllLines(accept, [.. lines[..last], lines[last] + "0", .. lines[(last + 1)..], "[struct gone]", "reason: none", "  in gone.h: x"]);
        ProgramResult other = ProgramRun.Run("audit", file, "--accept", accept);

        Assert.Equal((0, ""), (accepted.ExitCode, accepted.Err));
        Assert.Contains(": as it should be (", accepted.Out, StringComparison.Ordinal);
        Assert.Equal(written.ExitCode, other.ExitCode);
        Assert.Contains(" differs in another way than the entry accepts\n", other.Err, StringComparison.Ordinal);
        Assert.Contains("struct gone differs no more: the entry covers nothing\n", other.Err, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(accept)!, true);
    }

    [Fact]
    public void With_all_differences_accepted_the_units_agree()
    {
        ImmutableArray<AcceptedVariants> accepted =
            [.. s_twoWays.Select(t => new AcceptedVariants(t, t == "struct trap" ? "trap.h" : "shared.h", ["b.c"], "a reason", "a source"))];

        AuditReport report = Audit("audit/audit.two-ways.gcc-dwarf4.elf", accepted: accepted);

        Assert.Equal(ExitCode.Holds, report.ExitCode);
        Assert.Equal(4, report.Count(AuditOutcome.Accepted));
        Assert.EndsWith("; 2 names of private structs; 4 names accepted", report.Headline(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_known_differences_of_the_kernel_have_a_reason_and_a_source()
    {
        Assert.Equal(["struct elf_note_info", "struct elf_thread_core_info", "struct pt_iommu_map_args"], AcceptedVariants.Known.Select(k => k.Type));
        Assert.All(AcceptedVariants.Known, known =>
        {
            Assert.NotEmpty(known.Reason);
            Assert.StartsWith("Linux 7.3, ", known.Source, StringComparison.Ordinal);
            Assert.All(known.Units, unit => Assert.Matches(@"^[a-z0-9_/*]+\.c$", unit));
            Assert.Matches(@"^[a-z0-9_/]+\.[ch]$", known.File);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_places_it_cannot_tell(bool hasPlaceInOne)
    {
        DwarfBuilder dwarf = new();
        ulong lines = dwarf.AddLineTable("include"u8.ToArray(), "s.h"u8.ToArray());
        AddStruct(dwarf, "a.c", 4, hasPlaceInOne ? lines : null);
        AddStruct(dwarf, "b.c", 8, null);
        using KernelImage image = dwarf.Open();

        AuditReport report = AuditAnalysis.Run(image, 2, new AuditOptions([]), withImage: false);

        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        AuditedType type = Assert.Single(report.Types);
        Assert.Equal(AuditOutcome.Undecided, type.Outcome);
        Assert.Equal("the debug information does not record where it is declared (DW_AT_decl_file)", type.Doubt);
        Assert.Contains("member", type.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_cannot_be_read_is_counted_beside_the_others()
    {
        DwarfBuilder dwarf = new();
        ulong lines = dwarf.AddLineTable("include"u8.ToArray(), "s.h"u8.ToArray());
        AddStruct(dwarf, "a.c", 4, lines);
        AddStruct(dwarf, "b.c", 4, lines);
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name("c.c")]);
        AddContradiction(unit);
        using KernelImage image = dwarf.Open();

        AuditReport report = AuditAnalysis.Run(image, 1, new AuditOptions([]), withImage: false);

        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.Equal(["struct broken"], NamesOf(report, AuditOutcome.Unreadable));
        Assert.Equal("cannot tell whether the units agree: 1 name of 2 is undecided", report.Headline());
        Assert.Contains("unreadable struct broken: built: .debug_info", Written.Text(report), StringComparison.Ordinal);
    }

    // A linker keeps one of equal type units: the one of trap has the place of the private struct in c.c, and a.c has it from trap.h.
    [Theory]
    [InlineData("audit/audit.two-ways.gcc-dwarf4-types.elf")]
    [InlineData("audit/audit.two-ways.gcc-dwarf5-types.elf")]
    public void The_place_in_a_type_unit_may_not_be_the_only_one(string fixture)
    {
        AuditReport report = Audit(fixture);

        Assert.Equal(ExitCode.Violated, report.ExitCode);
        Assert.Equal(["struct either", "struct holder", "struct packet"], NamesOf(report, AuditOutcome.TwoWays));
        Assert.Equal(["struct irq_info", "struct trap", "union cookie"], NamesOf(report, AuditOutcome.Undecided));
        Assert.Contains("type unit", report.Types.Single(t => t.Name.Name == "trap").Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public void When_no_name_can_be_read_the_image_cannot()
    {
        DwarfBuilder dwarf = new();
        AddContradiction(dwarf.Unit());
        using KernelImage image = dwarf.Open();

        Assert.Equal(ExitCode.Unreadable, AuditAnalysis.Run(image, 1, new AuditOptions([]), withImage: false).ExitCode);
    }

    [Fact]
    public void Nothing_compared_is_not_agreement()
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Int();
        using KernelImage image = dwarf.Open();

        AuditReport report = AuditAnalysis.Run(image, 1, new AuditOptions([]), withImage: false);

        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.StartsWith("cannot tell whether the units agree: no C unit defines a struct or union", report.Headline(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_does_not_depend_on_threads()
    {
        using KernelImage image = FixtureFile.Open("audit/audit.two-ways.gcc-dwarf4.elf");
        string[] texts = [.. new[] { 1, 2, 5 }.Select(threads => Written.Text(AuditAnalysis.Run(image, threads, new AuditOptions([]), withImage: false), new TextStyle(Verbosity: Verbosity.Full)))];

        Assert.Single(texts.Distinct());
    }

    [Theory]
    [InlineData("two-ways.gcc-dwarf4", 1, "Verdict: violated (exit code 1)")]
    [InlineData("private.gcc-dwarf4", 0, "Verdict: holds (exit code 0)")]
    [InlineData("private.btf", 4, "Verdict: undecided (exit code 4)")]
    public void The_program_ends_with_the_verdict(string part, int exitCode, string last)
    {
        string file = FixtureFile.PathOf($"audit/audit.{part}.elf");
        ProgramResult text = ProgramRun.Run("audit", file);
        ProgramResult json = ProgramRun.Run("audit", file, "--format", "json");

        Assert.Equal((exitCode, exitCode), (text.ExitCode, json.ExitCode));
        Assert.EndsWith($"\n{last}\n", text.Out, StringComparison.Ordinal);
        Assert.Empty(text.Err);
        Assert.Contains($"\"exit_code\": {exitCode},", json.Out, StringComparison.Ordinal);
        Assert.All(text.Out.Split('\n').Where(l => !l.StartsWith("File: ", StringComparison.Ordinal) && !l.Contains('/', StringComparison.Ordinal)), l => Assert.InRange(l.Length, 0, 76));
    }

    [Theory]
    [InlineData("audit/audit.private.gcc-dwarf5-btf.elf", 0, "all units agree: 1 of 3 names have one definition; 2 names of private structs; 3 types agree with BTF")]
    [InlineData("audit/audit.two-ways.gcc-dwarf5-btf.elf", 1, "the units do NOT agree: 4 structs and unions are compiled in two ways; 8 types agree with BTF")]
    [InlineData("audit/audit.private.gcc-dwarf4.elf", 3, null)]
    public void Both_debug_formats_of_an_image_are_compared(string fixture, int exitCode, string? headline)
    {
        ProgramResult result = ProgramRun.Run("audit", "--source", "both", "--width", "0", FixtureFile.PathOf(fixture));

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal(headline ?? "", result.FirstLine);
    }

    [Fact]
    public void A_difference_between_the_debug_formats_is_a_violation()
    {
        using KernelImage dwarf = FixtureFile.Open("pinned/pinned.none.gcc-dwarf5-btf.elf", SourceChoice.Dwarf);
        using KernelImage btf = FixtureFile.Open("pinned/pinned.new.gcc-dwarf5-btf.elf", SourceChoice.Btf);

        AuditReport report = AuditAnalysis.Run(dwarf, 2, new AuditOptions([], Btf: btf), withImage: false);

        Assert.Equal(ExitCode.Violated, report.ExitCode);
        Assert.Contains("from BTF; all units agree: ", report.Headline(), StringComparison.Ordinal);
    }

    private static AuditReport Audit(string fixture, SourceChoice choice = SourceChoice.Auto, params ImmutableArray<AcceptedVariants> accepted)
    {
        using KernelImage image = FixtureFile.Open(fixture, choice);
        return AuditAnalysis.Run(image, 2, new AuditOptions(accepted), withImage: false);
    }

    private static IEnumerable<string> NamesOf(AuditReport report, AuditOutcome outcome)
        => report.Types.Where(t => t.Outcome == outcome).Select(t => t.Name.ToString()).Order(StringComparer.Ordinal);

    private static void AddStruct(DwarfBuilder dwarf, string unitName, int size, ulong? lineTable)
    {
        At[] lines = lineTable is { } offset ? [At.Offset(DwAt.DW_AT_stmt_list, DwForm.DW_FORM_sec_offset, offset)] : [];
        DwarfUnit unit = dwarf.Unit(version: 4, root: [At.Language(DwLang.DW_LANG_C11), At.Name(unitName), .. lines]);
        At[] place = lineTable is null ? [] : [At.Data1(DwAt.DW_AT_decl_file, 1), At.Data1(DwAt.DW_AT_decl_line, 3)];
        string number = $"int of {unitName}";
        unit.Mark(number);
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        unit.Begin(DwTag.DW_TAG_structure_type, [At.Name("s"), At.Size(size), .. place]);
        for (int i = 0; i < size; i += 4)
        {
            unit.Leaf(DwTag.DW_TAG_member, At.Name($"m{i}"), At.Type(number), At.Data1(DwAt.DW_AT_data_member_location, i));
        }

        unit.End();
    }

    // A bit-field lies on a member that may be one: the width of the latter may be lost.
    private static void AddContradiction(DwarfUnit unit)
    {
        unit.Int();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("broken"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("bits"), At.Type("int"), At.Data1(DwAt.DW_AT_bit_size, 8), At.Data1(DwAt.DW_AT_data_bit_offset, 16));
        unit.End();
    }
}
