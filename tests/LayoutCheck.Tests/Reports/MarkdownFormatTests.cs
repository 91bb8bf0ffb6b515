using System.Text;
using LayoutCheck.Analyses;
using LayoutCheck.Compare;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>Markdown: the verdict first, names that stay text, tables whose rows are rows.</summary>
public sealed class MarkdownFormatTests
{
    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void The_verdict_comes_first_and_tables_stay_tables(string situation)
    {
        (Report report, int exitCode) = Situations.Of(situation);
        string text = Written.In("markdown", report);
        Assert.StartsWith($"## {report.ExitCode.ToString().ToLowerInvariant()}: ", text, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, 1 << 20);
        string[] lines = text.Split('\n');

        // A table goes on to the next empty line, with as many bars in each row.
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("| ", StringComparison.Ordinal) && lines[i - 1].StartsWith('|'))
            {
                Assert.Equal(Bars(lines[i - 1]), Bars(lines[i]));
            }
        }

        // The only HTML is the report's own.
        Assert.All(lines.Where(l => l.StartsWith('<')), l => Assert.Matches("^(<details><summary>[^<>]*</summary>|</details>)$", l));
        Assert.Equal(exitCode is 1 or 3 or 4, text.Contains("| **", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a_b*c", @"a\_b\*c")]
    [InlineData("folio.pgmap @16, x", "folio.pgmap `@16`, x")]
    [InlineData("<script>", @"\<script\>")]
    [InlineData("see https://x/[y](z)", "see `https://x/[y](z)`")]
    [InlineData("a|b", "`a|b`")]
    [InlineData("`@`", "`` `@` ``")]
    public void Names_stay_text(string name, string expected) => Assert.Equal(expected, MarkdownText.Prose(name));

    [Theory]
    [InlineData("the `struct page` of a_b", @"the `struct page` of a\_b")]
    [InlineData("an odd ` and <b>", @"an odd \` and \<b\>")]
    public void What_a_rule_sets_as_code_stays_code(string text, string expected) => Assert.Equal(expected, MarkdownText.RuleText(text));

    [Fact]
    public void Bars_do_not_end_cells() => Assert.Equal(@"| `a\|b` | c\\\|d |", MarkdownText.Row("`a|b`", @"c\\|d"));

    [Fact]
    public void A_violation_has_both_members()
        => Assert.Contains("| **violated** | `pgmap-on-compound-head` | folio.pgmap `@16` differs from page.compound\\_head `@8`: ", Written.In("markdown", Situations.Of("violated").Report), StringComparison.Ordinal);

    [Fact]
    public void Places_are_in_the_row()
        => Assert.Contains("| `folio.pgmap` at `page.h:278`, `page.compound_head` at `page.h:210` |", Written.In("markdown", Situations.Of("violated").Report), StringComparison.Ordinal);

    [Fact]
    public void Diff_and_audit_tell_each_type()
    {
        using KernelImage old = FixtureFile.Open("seed-before/seed-before.gcc-dwarf5.elf");
        using KernelImage now = FixtureFile.Open("seed-after/seed-after.gcc-dwarf5.elf");
        string diff = Written.In("markdown", DiffAnalysis.Run(old, now, [], new DiffOptions { FailOn = ChangeClass.Layout }, 1));
        Assert.StartsWith("## violated: ", diff, StringComparison.Ordinal);
        Assert.Contains("| **violated** | `type-differs` | struct folio: byte 8: \\+ pgmap", diff, StringComparison.Ordinal);

        using KernelImage image = FixtureFile.Open("audit/audit.two-ways.gcc-dwarf5-btf.elf");
        string audit = Written.In("markdown", AuditAnalysis.Run(image, 1, new AuditOptions([]), withImage: true));
        Assert.StartsWith("## violated: the units do NOT agree", audit, StringComparison.Ordinal);
        Assert.Equal(4, audit.Split("| **violated** | `one-definition` |").Length - 1);
        Assert.Contains("`other/audit/shared.h:21`", audit, StringComparison.Ordinal);
    }

    private static int Bars(string row) => row.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|');
}
