using System.Globalization;
using System.Xml.Linq;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>JUnit's XML, as an engine reads it.</summary>
public sealed class JUnitTests
{
    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void Tells_the_verdict_by_its_cases(string situation)
    {
        (Report report, int exitCode) = Situations.Of(situation);
        XElement root = XDocument.Parse(Written.In("junit", report)).Root!;
        XElement[] cases = [.. root.Descendants("testcase")];
        int errors = root.Descendants("error").Count();
        int failures = root.Descendants("failure").Count();
        Assert.Equal((exitCode is 1, exitCode is 3 or 4), (failures > 0 && exitCode != 3, errors > 0 && exitCode != 1));
        Assert.Equal((cases.Length, failures, errors), (Number(root, "tests"), Number(root, "failures"), Number(root, "errors")));
        foreach (XElement suite in root.Elements("testsuite"))
        {
            Assert.Equal(
                (suite.Elements("testcase").Count(), suite.Descendants("failure").Count(), suite.Descendants("error").Count(), suite.Descendants("skipped").Count()),
                (Number(suite, "tests"), Number(suite, "failures"), Number(suite, "errors"), Number(suite, "skipped")));
        }

        string[] names = [.. cases.Select(c => $"{c.Attribute("classname")!.Value}\n{c.Attribute("name")!.Value}")];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(root.Descendants("skipped"), s => Assert.NotEmpty(s.Attribute("message")!.Value));
        if (report is CheckReport check && situation is not "strict")
        {
            Assert.InRange(cases.Length - check.Results.Sum(r => r.Checks.Length), 0, 1);
            Assert.Equal(check.CountChecks(LayoutCheck.Rules.Outcome.Violated), failures);
            Assert.Equal(check.CountChecks(LayoutCheck.Rules.Outcome.Warning), root.Descendants("system-out").Count());
            Assert.Equal(check.CountChecks(LayoutCheck.Rules.Outcome.NotApplicable), root.Descendants("skipped").Count());
        }
    }

    [Fact]
    public void A_failure_has_both_members_and_what_to_do()
    {
        XElement failure = XDocument.Parse(Written.In("junit", Situations.Of("violated").Report)).Descendants("failure").First();
        Assert.Equal("pgmap-on-compound-head", failure.Parent!.Attribute("classname")!.Value);
        Assert.Contains("\ndeclared: folio.pgmap at page.h:278\ndeclared: page.compound_head at page.h:210\n", failure.Value, StringComparison.Ordinal);
        Assert.Contains("\nto do: ", failure.Value, StringComparison.Ordinal);
        Assert.Contains("\nmore: layoutcheck explain pgmap-on-compound-head\n", failure.Value, StringComparison.Ordinal);
    }

    private static int Number(XElement element, string name) => int.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
