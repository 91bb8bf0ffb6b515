using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Rules.Import;

/// <summary>A baseline of struct ring (tests/fixtures/pinned) against each change of it, by two compilers, from DWARF and BTF.</summary>
public sealed class PinnedFixtureTests
{
    private static readonly (string Encoding, SourceChoice Source)[] s_sources =
        [("gcc-dwarf5-btf", SourceChoice.Dwarf), ("gcc-dwarf5-btf", SourceChoice.Btf), ("clang-dwarf4", SourceChoice.Dwarf)];

    // What each violated check says, and no other is violated.
    private static readonly Dictionary<string, string[]> s_changes = new(StringComparer.Ordinal)
    {
        ["none"] = [],
        ["nested"] =
        [
            "gate_t.ticket in struct ring lies at byte 4, and lay at byte 0",
            "gate_t.holders in struct ring lies at byte 0, and lay at byte 4",
        ],
        ["union"] =
        [
            "cell.half in struct ring is unsigned short[4], and was unsigned int[2]",
        ],
        ["bits"] =
        [
            "lane.open in struct ring has 2 bits, and had 3 bits",
            "lane.kind in struct ring lies at byte 16 bit 2, and lay at byte 16 bit 3, has 3 bits, and had 2 bits",
        ],
        ["new"] = ["struct lane in struct ring has a member that the list has not: debug (unsigned int) at byte 20"],
        ["numbers"] = [],
        ["unnamed"] =
        [
            "ring.window.head lies at byte 76, and lay at byte 72",
            "ring.window.tail lies at byte 72, and lay at byte 76",
        ],
        ["types"] =
        [
            "ring.name is char *, and was const char *",
            "ring.owner is struct other *, and was struct owner *",
            "ring.phase is enum phase, and was int",
            "ring.budget is int, and was unsigned int",
            "ring.grid is unsigned short[4][2], and was unsigned short[2][4]",
            "ring.flags is struct {...}, and was unsigned long",
            "ring.done is void (*)(struct ring *, long), and was void (*)(struct ring *, int)",
            "struct ring has a member that the list has not: flags.bits (unsigned long) at byte 128",
        ],
        ["typedefs"] = [],
        ["spare-used"] = [],
        ["spare-taken"] = [],
        ["spare-hidden"] = [],
        ["spare-outgrown"] =
        [
            "sizeof(struct ring)=192 differs from 176",
            "ring.last lies at byte 184, and lay at byte 168",
            "reserved field kabi_reserved2 of struct ring lies at byte 176 with 8 bytes, and lay at byte 160 with 8 bytes; "
                + "struct ring has a member that the list has not: wide (unsigned long[3]) at byte 152",
        ],
        ["spare-dropped"] =
        [
            "sizeof(struct ring)=160 differs from 176",
            "ring.last lies at byte 152, and lay at byte 168",
            "reserved field kabi_reserved1 of struct ring (byte 152, 8 bytes) is gone, and last lies on its bytes; "
                + "reserved field kabi_reserved2 of struct ring (byte 160, 8 bytes) is gone, and no member uses its bytes",
        ],
    };

    private static readonly Dictionary<string, string[]> s_compatible = new(StringComparer.Ordinal)
    {
        ["spare-used"] = ["compatible: reserved field kabi_reserved1 of struct ring is used by users, depth"],
        ["spare-taken"] = ["compatible: reserved field kabi_reserved1 of struct ring is used by waiters; reserved field kabi_reserved2 of struct ring is used by waiters"],
        ["spare-hidden"] = ["compatible: reserved field kabi_reserved1 of struct ring is used by stats"],
    };

    public static TheoryData<string> Changes => [.. s_changes.Keys];

    [Theory]
    [MemberData(nameof(Changes))]
    public void Each_change_is_told_in_its_own_sentence_or_is_compatible(string change)
    {
        foreach ((string encoding, SourceChoice source) in s_sources)
        {
            RuleResult result = Check(Baseline("gcc-dwarf5-btf", SourceChoice.Dwarf), change, encoding, source);

            // BTF has one number of elements for [2][4] and [4][2].
            string[] expected = [.. s_changes[change].Where(s => source != SourceChoice.Btf || !s.Contains("grid", StringComparison.Ordinal))];
            Assert.Equal(expected, Reasons(result, Outcome.Violated).Select(r => r.Replace("short unsigned int", "unsigned short", StringComparison.Ordinal)
                .Replace(" long int)", " long)", StringComparison.Ordinal)));
            Assert.Equal(s_compatible.GetValueOrDefault(change, []), result.Checks.Where(c => c.IsNotable).Select(c => c.Reason));
            Assert.Empty(Reasons(result, Outcome.Undecided));
        }
    }

    // What one source alone can tell is pinned in a way that the others hold.
    [Fact]
    public void A_baseline_of_any_source_holds_on_all_others()
    {
        foreach ((string encoding, SourceChoice source) in s_sources)
        {
            string baseline = Baseline(encoding, source);
            Assert.Equal(source == SourceChoice.Btf, baseline.Contains("\"unsigned short[8] flattened\"", StringComparison.Ordinal));
            foreach ((string other, SourceChoice otherSource) in s_sources)
            {
                Assert.Equal(Outcome.Holds, Check(baseline, "none", other, otherSource).Outcome);
                Assert.Equal(Outcome.Violated, Check(baseline, "nested", other, otherSource).Outcome);
            }
        }
    }

    // The same file without types and without what is held by value, and it says so first.
    [Theory]
    [InlineData("nested", Outcome.Holds)]
    [InlineData("types", Outcome.Violated)]
    [InlineData("unnamed", Outcome.Violated)]
    [InlineData("spare-used", Outcome.Holds)]
    [InlineData("spare-dropped", Outcome.Violated)]
    public void Places_alone_pin_less_and_say_so(string change, Outcome outcome)
    {
        string baseline = Baseline("gcc-dwarf5-btf", SourceChoice.Dwarf, new BaselineOptions { PlacesOnly = true });

        Assert.StartsWith("---\ntitle: places and sizes alone, no types, of struct ring\n", baseline, StringComparison.Ordinal);
        Assert.DoesNotContain(" in struct ring", baseline, StringComparison.Ordinal);
        Assert.DoesNotContain('"', baseline);
        RuleResult result = Check(baseline, change, "gcc-dwarf5-btf", SourceChoice.Btf);
        Assert.Equal(outcome, result.Outcome);
        Assert.All(Reasons(result, Outcome.Violated), reason => Assert.DoesNotContain(", and was ", reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("spare-used", "users (unsigned int) at byte 152, depth (unsigned int) at byte 156")]
    [InlineData("spare-taken", "waiters (struct chain) at byte 152")]
    public void Without_the_names_of_reserved_fields_their_use_is_a_violation(string change, string members)
    {
        string baseline = Baseline("gcc-dwarf5-btf", SourceChoice.Dwarf, new BaselineOptions { Reserved = [] });
        Assert.Contains(Reasons(Check(baseline, change, "gcc-dwarf5-btf", SourceChoice.Dwarf), Outcome.Violated), r => r.EndsWith($"that the list has not: {members}", StringComparison.Ordinal));
    }

    // It is no field kept for later use any more: what is in its bytes is pinned.
    [Fact]
    public void A_reserved_field_that_is_in_use_is_pinned_as_any()
    {
        string baseline = Baseline("gcc-dwarf5-btf", SourceChoice.Dwarf, change: "spare-used");
        Assert.Contains("pinned(struct ring, kabi_reserved1, 152, 8, \"unsigned long\")", baseline, StringComparison.Ordinal);
        Assert.Contains("reserved(kabi_reserved2, 160, 8)", baseline, StringComparison.Ordinal);
        Assert.Equal(Outcome.Holds, Check(baseline, "spare-used", "clang-dwarf4", SourceChoice.Dwarf).Outcome);
        Assert.Equal(Outcome.Violated, Check(baseline, "none", "clang-dwarf4", SourceChoice.Dwarf).Outcome);
    }

    private static string Baseline(string encoding, SourceChoice source, BaselineOptions? options = null, string change = "none")
    {
        using KernelImage image = FixtureFile.Open($"pinned/pinned.{change}.{encoding}.elf", source);
        BaselineReport report = BaselineAnalysis.Run(image, ["ring"], 1, options);
        Assert.Empty(report.Notices);
        return report.RuleText!;
    }

    private static RuleResult Check(string baseline, string change, string encoding, SourceChoice source)
    {
        using KernelImage image = FixtureFile.Open($"pinned/pinned.{change}.{encoding}.elf", source);
        return CheckAnalysis.Run(image, new RuleSet([RuleParser.Parse("ring.md", baseline)]), 1).Results[0];
    }

    private static IEnumerable<string> Reasons(RuleResult result, Outcome outcome) => result.Checks.Where(c => c.Outcome == outcome).Select(c => c.Reason);
}
