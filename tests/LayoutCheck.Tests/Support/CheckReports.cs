using System.Collections.Immutable;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Support;

/// <summary>Reports of <c>check</c> for the tests of its formats: of fixtures, and of fixtures with another outcome put in.</summary>
internal static class CheckReports
{
    /// <summary>Texts that mean something to a terminal, to XML, JSON, TAP, a shell or a reader of bidirectional text.</summary>
    public static IReadOnlyList<string> HostileTexts { get; } =
    [
        "\0\u0001\u001b[31m\u007f\u0085", "]]><failure/><!--", "<b>&amp;\"'</b>", "a # SKIP b # TODO", "# Subtest: x", "line\nnot ok 1 line\r\n1..0", "KTAP version 1", "Bail out!",
        "\u202egnp.exe", "\ud800 lone \udfff", "\u2028\u2029\ufeff\ufffe\uffff", "\"},{\"severity\":\"info\"", "C:\\new\\table", "ends in {", " both ends ", "", "\U0001F600",
    ];

    /// <summary>All of them in one.</summary>
    public static string Hostile { get; } = string.Join(' ', HostileTexts);

    private static readonly Lazy<CheckReport> s_holds = new(() => Of("page-era6/page-era6.gcc-dwarf5.elf"));

    private static readonly Lazy<CheckReport> s_violated = new(() => Of("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf"));

    /// <summary>A report in which all holds.</summary>
    public static CheckReport Holds => s_holds.Value;

    /// <summary>A report in which the flagship is violated, with the places of both members.</summary>
    public static CheckReport Violated => s_violated.Value;

    /// <summary>An image that cannot be read.</summary>
    public static UnreadableReport Unreadable { get; } =
        UnreadableReport.Of("vmlinux", new InvalidImageException("vmlinux", ".debug_info", 0x20, "the unit ends behind the section", "copy the file again"));

    /// <summary>The flagship does not apply: nothing is violated, and still the question is open (exit code 4).</summary>
    public static CheckReport Open { get; } = WithFlagship(Outcome.NotApplicable);

    /// <summary>The report of a fixture by the default rules.</summary>
    public static CheckReport Of(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        return report with { Run = report.Run with { File = fixture } };
    }

    /// <summary>A report in which all holds, but for one check of the flagship.</summary>
    /// <param name="outcome">Its outcome; for <see cref="Outcome.NotApplicable"/>, that of every check of the flagship.</param>
    public static CheckReport WithFlagship(Outcome outcome) => WithRule(Holds, r => r.Rule.IsFlagship, outcome);

    /// <summary>A report in which all holds, but for one check of another rule.</summary>
    public static CheckReport WithOther(Outcome outcome) => WithRule(Holds, r => !r.Rule.IsFlagship && r.Outcome == Outcome.Holds, outcome);

    /// <summary>Every report that a format has to tell apart, with a name.</summary>
    public static IEnumerable<(string Name, Report Report)> All()
    {
        yield return ("holds", Holds);
        yield return ("violated", Violated);
        yield return ("the flagship does not apply", Open);
        foreach (Outcome outcome in Enum.GetValues<Outcome>())
        {
            yield return ($"flagship {outcome}", WithFlagship(outcome));
            yield return ($"other {outcome}", WithOther(outcome));
            yield return ($"strict, other {outcome}", WithOther(outcome) with { IsStrict = true });
        }

        yield return ("no rule applies", Holds with { Results = [.. Holds.Results.Where(r => !r.Rule.IsFlagship).Select(r => WithOutcome(r, Outcome.NotApplicable))] });
        yield return ("no rule", Holds with { Results = [] });
        yield return ("unreadable", Unreadable);
        yield return ("hostile", HostileReport());
        yield return ("many", new CheckBatch([Holds, Violated, Open, Unreadable, WithOther(Outcome.Warning), HostileReport(), Holds]));
        yield return ("many that hold", new CheckBatch([Holds, Holds]));
        yield return ("many with one open", new CheckBatch([Holds, Open]));
        yield return ("many with one unreadable", new CheckBatch([Unreadable, Holds]));
    }

    /// <summary>A violated report whose every text from a file is hostile, once for each of them.</summary>
    public static CheckReport HostileReport()
    {
        CheckResult violated = Violated.Flagship!.Checks.First(c => c.Outcome == Outcome.Violated);
        ImmutableDictionary<string, SourcePlace> places = HostileTexts.ToImmutableDictionary(t => $"page.{t}", t => new SourcePlace($"include/{t}.h", 7));
        RuleResult[] results =
        [
            .. HostileTexts.Select((text, i) =>
            {
                Rule rule = RuleParser.Parse($"{text}{i}{text}.md", $"---\ntitle: {Printed(text)}\ncheck: sizeof(struct page) == 1\n---\n## How to fix\n\n{text}\n");
                CheckResult check = violated with
                {
                    Check = rule.Checks[0] with { Message = text },
                    Reason = text,
                    Observed = [violated.Observed[0] with { Subject = $"page.{text}", Text = text }],
                };
                return new RuleResult(rule, Outcome.Violated, [check, check with { Outcome = Outcome.Undecided }, check with { Outcome = Outcome.NotApplicable }, check with { Outcome = Outcome.Warning, Caution = text }]);
            }),
        ];
        return Violated with
        {
            Run = RunInfo.Of(Hostile),
            Image = Violated.Image! with { Release = Hostile },
            Files = [Violated.Files[0] with { Path = Hostile }],
            Places = places,
            Results = [.. results],
        };

        // A header is made of lines.
        static string Printed(string text) => $"the {text.ReplaceLineEndings(" ")} end";
    }

    /// <summary>A report with as many results of one outcome, several of them with one name.</summary>
    public static CheckReport Many(int count, Outcome outcome)
    {
        CheckResult check = Violated.Flagship!.Checks.First(c => c.Outcome == Outcome.Violated);
        RuleCheck[] checks = [.. RuleParser.ParseExpression("many", string.Join(' ', Enumerable.Range(0, 100).Select(i => $"static_assert(offsetof(struct folio, pgmap) == {i});"))).Checks];
        return Violated with
        {
            Results = [new RuleResult(Violated.Flagship!.Rule, outcome, [.. Enumerable.Range(0, count).Select(i => check with { Check = checks[i % checks.Length], Outcome = outcome })])],
        };
    }

    private static CheckReport WithRule(CheckReport report, Func<RuleResult, bool> isIt, Outcome outcome)
    {
        RuleResult changed = report.Results.First(isIt);
        return report with { Results = report.Results.Replace(changed, WithOutcome(changed, outcome)) };
    }

    private static RuleResult WithOutcome(RuleResult rule, Outcome outcome)
    {
        int one = outcome == Outcome.NotApplicable ? -1 : rule.Checks.IndexOf(rule.Checks.First(c => c.Outcome == Outcome.Holds));
        return rule with { Outcome = outcome, Checks = [.. rule.Checks.Select((c, i) => one < 0 || i == one ? c with { Outcome = outcome, Reason = "as the test says" } : c)] };
    }
}
