using System.Text;
using System.Xml;
using System.Xml.Linq;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>JUnit's XML, read again by an XML reader: engines count cases, and a case that is missing or green by mistake is a wrong "all good".</summary>
public sealed class JunitFormatTests
{
    // GitLab refuses larger files.
    private const int MostBytes = 30_000_000;

    [Fact]
    public void All_hold_is_a_suite_without_failures_and_what_does_not_apply_is_skipped_with_its_reason()
    {
        CheckReport report = CheckReports.Holds;
        XElement suite = Assert.Single(Read(report).Elements("testsuite"));
        Assert.Equal("page-era6/page-era6.gcc-dwarf5.elf", (string?)suite.Attribute("name"));
        Assert.Equal(report.Results.Sum(r => r.Checks.Length), suite.Elements("testcase").Count());
        Assert.Empty(suite.Descendants("failure"));
        Assert.Empty(suite.Descendants("error"));
        XElement[] skipped = [.. suite.Descendants("skipped")];
        Assert.Equal(report.CountChecks(Outcome.NotApplicable), skipped.Length);
        Assert.All(skipped, s => Assert.NotEqual("", (string?)s.Attribute("message")));
    }

    [Fact]
    public void A_violation_is_a_failure_with_both_members_the_consequence_the_remedy_and_the_help()
    {
        XElement root = Read(CheckReports.Violated);
        XElement[] failed = [.. root.Descendants("testcase").Where(c => c.Element("failure") is not null)];
        Assert.Equal(CheckReports.Violated.CountChecks(Outcome.Violated), failed.Length);
        XElement flagship = failed.First(c => (string?)c.Attribute("classname") == "pgmap-on-compound-head");
        Assert.Equal("offsetof(struct folio, pgmap) == offsetof(struct page, compound_head|compound_info)", (string?)flagship.Attribute("name"));
        XElement failure = flagship.Element("failure")!;
        Assert.Equal("violated", (string?)failure.Attribute("type"));
        Assert.StartsWith("folio.pgmap @16", (string?)failure.Attribute("message"), StringComparison.Ordinal);
        Assert.Matches(@"\ndeclared: folio\.pgmap at page\.h:\d+\n", failure.Value);
        Assert.Matches(@"\ndeclared: page\.compound_head at page\.h:\d+\n", failure.Value);
        Assert.Contains("\nseen: folio.pgmap @16", failure.Value, StringComparison.Ordinal);
        Assert.Contains("\nbreaks: ", failure.Value, StringComparison.Ordinal);
        Assert.Contains("\nto do: ", failure.Value, StringComparison.Ordinal);
        Assert.Contains("layoutcheck explain pgmap-on-compound-head\n", failure.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Holds", null)]
    [InlineData("Warning", "system-out")]
    [InlineData("Violated", "failure")]
    [InlineData("NotApplicable", "skipped")]
    [InlineData("Undecided", "error")]
    public void Every_outcome_has_its_element(string outcome, string? element)
    {
        CheckReport report = CheckReports.WithOther(Enum.Parse<Outcome>(outcome));
        string rule = report.Results.First(r => !r.Rule.IsFlagship && r.Checks.Any(c => c.Reason == "as the test says" || outcome == "Holds")).Rule.Id;
        XElement[] told = [.. Read(report).Descendants("testcase").Where(c => (string?)c.Attribute("classname") == rule).Elements()];
        if (element is null)
        {
            Assert.DoesNotContain(told, e => e.Name.LocalName is "failure" or "error" or "system-out");
            return;
        }

        XElement only = told.First(e => e.Name.LocalName == element);
        Assert.Contains("as the test says", only.Value + (string?)only.Attribute("message"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flagship_that_does_not_apply_is_an_error_beside_its_skipped_checks()
    {
        XElement root = Read(CheckReports.Open);
        XElement error = Assert.Single(root.Descendants("error"));
        Assert.Contains("compound", (string?)error.Attribute("message"), StringComparison.Ordinal);
        Assert.Empty(root.Descendants("failure"));
    }

    [Fact]
    public void An_image_that_cannot_be_read_is_a_suite_with_one_case_in_error()
    {
        XElement root = Read(new CheckBatch([CheckReports.Holds, CheckReports.Unreadable]));
        XElement suite = root.Elements("testsuite").Last();
        Assert.Equal("vmlinux", (string?)suite.Attribute("name"));
        XElement error = Assert.Single(Assert.Single(suite.Elements("testcase")).Elements("error"));
        Assert.Contains(".debug_info+0x20: the unit ends", (string?)error.Attribute("message"), StringComparison.Ordinal);
        Assert.Contains("copy the file again", error.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void No_report_looks_cleaner_than_its_exit_code()
        => Assert.All(CheckReports.All(), named =>
        {
            XElement root = Read(named.Report);
            bool isClean = !root.Descendants("failure").Any() && !root.Descendants("error").Any();
            Assert.True(isClean == (named.Report.ExitCode == ExitCode.Holds), $"{named.Name}: {named.Report.ExitCode}");
            Assert.Contains(root.Descendants("testcase"), c => c.Element("skipped") is null);
        });

    [Fact]
    public void Hostile_texts_stay_text()
    {
        CheckReport report = CheckReports.HostileReport();
        XElement root = Read(report);
        Assert.Equal(report.Results.Sum(r => r.Checks.Length), root.Descendants("testcase").Count());
        Assert.Equal(CheckReports.HostileTexts.Count, root.Descendants("failure").Count());
        string[] texts = [.. root.DescendantsAndSelf().SelectMany(e => e.Attributes().Select(a => a.Value).Append(e.Nodes().OfType<XText>().FirstOrDefault()?.Value ?? ""))];
        Assert.Contains(texts, t => t.Contains("]]><failure/><!--", StringComparison.Ordinal));
        Assert.Contains(texts, t => t.Contains("\\u{202e}gnp.exe", StringComparison.Ordinal));
        Assert.All(texts, t => Assert.DoesNotContain(t, c => c != '\n' && (char.IsControl(c) || c is '\u202e' or '\u2028' or '\ufffe')));
        Assert.All(root.Descendants().Attributes(), a => Assert.DoesNotContain('\n', a.Value));
    }

    [Theory]
    [InlineData("Violated")]
    [InlineData("Undecided")]
    [InlineData("NotApplicable")]
    [InlineData("Holds")]
    public void Ten_thousand_results_fit(string outcome)
    {
        const int Count = 10_000;
        string text = Written.In("junit", CheckReports.Many(Count, Enum.Parse<Outcome>(outcome)));
        Assert.InRange(Encoding.UTF8.GetByteCount(text), Count * 20, MostBytes);
        Assert.Equal(Count + (outcome == "NotApplicable" ? 1 : 0), Parse(text).Descendants("testcase").Count());
    }

    [Fact]
    public void Bodies_give_way_before_the_file_is_too_large_and_no_case_does()
    {
        const int Count = 100_000;
        string text = Written.In("junit", CheckReports.Many(Count, Outcome.Violated));
        Assert.InRange(Encoding.UTF8.GetByteCount(text), Count * 20, 2 * MostBytes);
        XElement[] failures = [.. Parse(text).Descendants("failure")];
        Assert.Equal(Count, failures.Length);
        Assert.Contains("declared: ", failures[0].Value, StringComparison.Ordinal);
        Assert.Contains("left out", failures[^1].Value, StringComparison.Ordinal);
        Assert.All(failures, f => Assert.NotEqual("", (string?)f.Attribute("message")));
    }

    // Reads it, and checks what every file keeps: numbers that are right, names that are there once.
    private static XElement Read(Report report) => Parse(Written.In("junit", report));

    private static XElement Parse(string text)
    {
        using XmlReader reader = XmlReader.Create(new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, CheckCharacters = true });
        XElement root = XElement.Load(reader);
        Assert.Equal("testsuites", root.Name.LocalName);
        foreach (XElement suite in root.Elements("testsuite").Append(root))
        {
            XElement[] cases = [.. suite.Descendants("testcase")];
            Assert.Equal(cases.Length, (int?)suite.Attribute("tests"));
            Assert.Equal(cases.Count(c => c.Element("failure") is not null), (int?)suite.Attribute("failures"));
            Assert.Equal(cases.Count(c => c.Element("error") is not null), (int?)suite.Attribute("errors"));
            Assert.Equal(suite == root ? null : cases.Count(c => c.Element("skipped") is not null), (int?)suite.Attribute("skipped"));
            Assert.All(cases, c => Assert.InRange(c.Elements().Count(), 0, 1));
        }

        string?[] names = [.. root.Descendants("testcase").Select(c => $"{(string?)c.Attribute("classname")}\n{(string?)c.Attribute("name")}")];
        Assert.Equal(names.Length, names.Distinct().Count());
        return root;
    }
}
