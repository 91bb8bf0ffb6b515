using LayoutCheck.Code;
using LayoutCheck.Core;

namespace LayoutCheck.Tests.Code;

/// <summary>The verdict on what instructions say.</summary>
public sealed class CodeEvidenceTests
{
    private static readonly CodeMember s_word = new("page", "compound_info", new MemberPlace(8, 8));

    // right instructions, and those of up to two wrong places
    [Theory]
    [InlineData(600, 0, 0, ExitCode.Holds)]
    [InlineData(600, 2, 0, ExitCode.Holds)] // strays
    [InlineData(600, 2, 2, ExitCode.Holds)]
    [InlineData(600, 3, 0, ExitCode.Undecided)] // three share a place, and are not the majority
    [InlineData(0, 3, 0, ExitCode.Violated)]
    [InlineData(2, 3, 0, ExitCode.Violated)]
    [InlineData(3, 3, 0, ExitCode.Undecided)]
    [InlineData(0, 2, 0, ExitCode.Undecided)] // too few to be sure
    [InlineData(1, 2, 0, ExitCode.Undecided)]
    [InlineData(0, 3, 3, ExitCode.Undecided)] // no majority
    [InlineData(1, 4, 2, ExitCode.Violated)]
    [InlineData(1, 0, 0, ExitCode.Holds)]
    [InlineData(0, 0, 0, ExitCode.Undecided)] // no evidence is none
    internal void A_member_is_judged_by_three_instructions_and_the_majority(int right, int wrong, int otherwise, ExitCode expected)
    {
        MemberEvidence member = new(s_word, [.. Sites(0, right, 8)], [.. new[] { (wrong, 16L), (otherwise, 24L) }.Where(w => w.Item1 > 0).Select(w => new WrongPlace(w.Item2, [.. Sites(1000 * w.Item2, w.Item1, w.Item2)]))]);
        CodeEvidence code = new(null, [member], []);

        Assert.Equal(expected, member.Outcome);
        Assert.Equal(expected, code.ExitCode);
    }

    [Fact]
    public void The_headline_counts_each_address_once_and_names_what_is_not_there()
    {
        CodeMember pgmap = new("folio", "pgmap", new MemberPlace(8, 8));
        CodeEvidence both = new(null, [new MemberEvidence(s_word, [.. Sites(0, 5, 8)], []), new MemberEvidence(pgmap, [.. Sites(4, 3, 8)], [])], []);
        CodeEvidence wordOnly = new(null, [new MemberEvidence(s_word, [.. Sites(0, 1, 8)], []), new MemberEvidence(pgmap, [], [])], []);

        Assert.Equal("7 instructions in 1 unit use it there (3 for pgmap)", both.Headline(isLinedUp: true));
        Assert.Equal("1 instruction in 1 unit uses it where the types say (none for pgmap)", wordOnly.Headline(isLinedUp: false));
        Assert.Contains("no evidence", new CodeEvidence(null, [], []).Headline(isLinedUp: true), StringComparison.Ordinal);
        Assert.Contains("because", CodeEvidence.NotAskedFor("because").Headline(isLinedUp: true), StringComparison.Ordinal);
    }

    private static IEnumerable<CodeSite> Sites(long from, int count, long displacement)
        => Enumerable.Range(0, count).Select(i => new CodeSite((ulong)(from + i), $"0x{from + i:x}", displacement, $"[rdi + {displacement}]", "_compound_head", "a.c", 0));
}
