using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>The verdict on one image in a page: problems, map, rules, definitions, where the facts come from.</summary>
/// <param name="report">The verdict.</param>
/// <param name="page">The page.</param>
/// <param name="number">The number of the image in the page, from 1, for ids.</param>
/// <param name="prefix">What is before captions, where a page has several images; or empty.</param>
internal sealed class CheckSection(CheckReport report, HtmlPage page, int number, string prefix)
{
    // So many of each are told whole: a rule file may have ten thousand. The table has all rules.
    private const int MostCards = 20;
    private const int MostChecksOfCard = 20;
    private const int MostChecksOfHolding = 1;
    private const int MostOfReason = 100;
    private const int MostTexts = 120;
    private const int MostRows = 2000;
    private const int MostUnits = 3;
    private const int MostVariants = 8;

    private readonly HtmlWriter _html = page.Html;

    /// <summary>Writes the verdict. Alone, what comes before the rules ends the first page of paper: the caller has started a <c>div</c> around it.</summary>
    public void Write(bool isAlone)
    {
        string release = report.Image?.Release ?? "release not told";
        string id = report.Image?.BuildId is { } known ? $", build id {known}" : "";
        _html.Element("p", $"{release}{id}. Era: {report.Era.Description}{(report.Era.Versions.Length > 0 ? $" ({report.Era.Versions})" : "")}.", ("class", "quiet"));
        WriteMainProblem();
        if (report.Map is { IsEmpty: false } map)
        {
            Heading("Who shares which bytes");
            MapHtml.WritePicture(map, page, number, $"{prefix}structs over struct page");
        }
        else
        {
            _html.Element("p", "No map: the image has no struct page that could be drawn.", ("class", "quiet"));
        }

        if (isAlone)
        {
            _html.EndLine();
        }

        if (report.Map is { IsEmpty: false } tables)
        {
            MapHtml.WriteTables(tables, page, prefix);
        }

        WriteProblems();
        WriteAgreement();
        WriteCode();
        WriteRules();
        WriteDefinitions();
        Heading("Where the facts come from");
        FactsHtml.Write(page, FactsHtml.Of(report, report.Source, report.HasOtherSource));
    }

    private void Heading(string words) => _html.Element(prefix.Length > 0 ? "h3" : "h2", words);

    // What the map is looked at for: the first violation in three lines.
    private void WriteMainProblem()
    {
        if (report.Results.FirstOrDefault(r => r.Outcome == Outcome.Violated) is not { } result)
        {
            return;
        }

        CheckResult check = result.Checks.First(c => c.Outcome == Outcome.Violated);
        _html.Start("p");
        page.Badge("VIOLATED", "bad");
        _html.Text($"{result.Rule.Title}: ").Element("code", check.Reason);
        string[] places = [.. Places(check)];
        _html.Text(places.Length > 0 ? $" ({string.Join("; ", places)})" : "").EndLine();
    }

    private void WriteProblems()
    {
        RuleResult[] problems = [.. report.Results.Where(r => r.Outcome is Outcome.Violated or Outcome.Warning or Outcome.Undecided).OrderBy(r => Rank(r.Outcome))];
        if (problems.Length == 0)
        {
            return;
        }

        Heading(problems.Any(p => p.Outcome == Outcome.Violated) ? "What is violated" : problems.Any(p => p.Outcome == Outcome.Undecided) ? "What is undecided" : "Warnings");
        foreach (RuleResult problem in problems.Take(MostCards))
        {
            WriteCard(problem);
        }

        if (problems.Length > MostCards)
        {
            _html.Element("p", $"and {problems.Length - MostCards} more, which the table of rules lists", ("class", "quiet"));
        }
    }

    private static int Rank(Outcome outcome) => outcome switch
    {
        Outcome.Violated => 0,
        Outcome.Undecided => 1,
        _ => 2,
    };

    private void WriteCard(RuleResult result)
    {
        (string word, string kind) = Word(result.Outcome);
        _html.Start("div", ("class", $"card {kind}"));
        _html.Start("p");
        page.Badge(word, kind);
        _html.Element("strong", result.Rule.Title).Text(" (").Element("code", result.Rule.Id).Text(")").EndLine();
        CheckResult[] checks = [.. result.Checks.Where(c => c.Outcome is Outcome.Violated or Outcome.Warning or Outcome.Undecided).OrderBy(c => Rank(c.Outcome))];
        foreach (CheckResult check in checks.Take(MostChecksOfCard))
        {
            _html.Start("dl");
            Field(check.Outcome == Outcome.Undecided ? "why" : "seen", check.Reason);
            Field("rule", check.Check.Expression.Text);
            foreach (string place in Places(check))
            {
                Field("declared", place);
            }

            if (check.Consequence is { } consequence)
            {
                Field(check.Caution is null ? "breaks" : "but", consequence);
            }

            _html.EndLine();
        }

        if (checks.Length > MostChecksOfCard)
        {
            _html.Element("p", $"and {checks.Length - MostChecksOfCard} more checks of this rule", ("class", "quiet"));
        }

        if (result.Rule.Fix.Length > 0 && result.Outcome != Outcome.Undecided)
        {
            _html.Element("p", "How to fix:");
            MarkdownHtml.Write(result.Rule.Fix, _html);
        }

        _html.EndLine();
    }

    private void Field(string name, string value) => _html.Element("dt", name).Element("dd", value);

    private IEnumerable<string> Places(CheckResult check)
        => check.Observed.Select(o => o.Subject).Distinct().Where(report.Places.ContainsKey)
            .Select(s => string.Create(CultureInfo.InvariantCulture, $"{s} at {report.Places[s].File}:{report.Places[s].Line}"));

    private void WriteAgreement()
    {
        if (report.Agreement is { } agreement)
        {
            Heading("Agreement");
            page.Verdict(agreement.ExitCode, agreement.Headline());
            DiffHtml.WriteTypes(agreement.Types, agreement.Limit, page, prefix);
        }
    }

    private void WriteCode()
    {
        if (report.Code is { } code)
        {
            Heading("Instructions");
            page.Verdict(code.ExitCode, code.Headline(report.Flagship is { Outcome: Outcome.Holds or Outcome.Warning }));
            foreach (Finding finding in CodeFindings.Of(code).Findings.Take(MostRows))
            {
                _html.Element("p", finding.Reason, ("class", "quiet"));
            }
        }
    }

    private void WriteRules()
    {
        Heading($"Rules: {CheckText.Counts(report.CountRules)}");
        int texts = 0;
        foreach (RuleResult result in report.Results.Where(r => r.Outcome != Outcome.NotApplicable && (r.Rule.What.Length > 0 || r.Rule.Why.Length > 0)).Take(MostTexts))
        {
            texts++;
            WriteRule(result);
        }

        RuleResult[] rest = [.. report.Results.Where(r => r.Outcome != Outcome.NotApplicable && (r.Rule.What.Length > 0 || r.Rule.Why.Length > 0)).Skip(texts),
            .. report.Results.Where(r => r.Outcome != Outcome.NotApplicable && r.Rule.What.Length == 0 && r.Rule.Why.Length == 0)];
        WriteRows(texts == 0 ? $"{prefix}Rules" : $"{prefix}Rules without a text", rest, r => r.Checks.Select(c => c.Reason).FirstOrDefault() ?? "");
        RuleResult[] absent = [.. report.Results.Where(r => r.Outcome == Outcome.NotApplicable)];
        WriteRows($"{prefix}Rules that do not apply", absent, r => NotApplicable.Summarise(r.Checks.Select(c => c.Reason)));
    }

    private void WriteRows(string caption, RuleResult[] rules, Func<RuleResult, string> words)
    {
        if (rules.Length == 0)
        {
            return;
        }

        // Of rules that all came to one outcome, the caption tells it.
        bool isOne = rules.All(r => r.Outcome == Outcome.NotApplicable);
        page.Table(caption, isOne ? ["rule", "demands", "why not"] : ["rule", "outcome", "demands", "seen"], rules.Take(MostRows).Select(r =>
        {
            HtmlCell id = new(r.Rule.Id, "code");
            string reason = Printable.Shorten(words(r), 240);
            return (IReadOnlyList<HtmlCell>)(isOne ? [id, r.Rule.Title, reason] : [id, new HtmlCell(Word(r.Outcome).Word, Word(r.Outcome).Kind), r.Rule.Title, reason]);
        }));
        if (rules.Length > MostRows)
        {
            _html.Element("p", $"and {rules.Length - MostRows} more, which JSON lists", ("class", "quiet"));
        }
    }

    private void WriteRule(RuleResult result)
    {
        Rule rule = result.Rule;
        (string word, string kind) = Word(result.Outcome);
        _html.Start("details").Start("summary");
        page.Badge(word, kind);
        _html.Element("span", rule.Title, ("class", "rule")).Text(" ").Element("code", rule.Id).End();
        // The same words are on the card of a violation, and a reader of a rule that holds has nothing to fix.
        foreach ((string heading, string text) in ((string, string)[])[("What it checks", rule.What), ("Why it matters", rule.Why), ("How to fix", result.Outcome == Outcome.Holds ? "" : rule.Fix)])
        {
            if (text.Length > 0)
            {
                _html.Start("p").Element("strong", heading).EndLine();
                MarkdownHtml.Write(text, _html);
            }
        }

        CheckResult[] checks = [.. result.Checks.Where(c => c.Outcome != Outcome.NotApplicable)];
        bool isShort = result.Outcome == Outcome.Holds && !rule.IsFlagship;
        int most = isShort ? MostChecksOfHolding : MostChecksOfCard;
        _html.Start("ul");
        foreach (CheckResult check in checks.Take(most))
        {
            _html.Start("li").Text($"{Word(check.Outcome).Word}: ").Element("code", Printable.Shorten(check.Reason, isShort ? MostOfReason : 4 * MostOfReason)).EndLine();
        }

        if (checks.Length > most)
        {
            _html.Element("li", $"and {checks.Length - most} more checks");
        }

        _html.End().EndLine();
    }

    private static (string Word, string Kind) Word(Outcome outcome) => outcome switch
    {
        Outcome.Holds => ("holds", "good"),
        Outcome.Violated => ("VIOLATED", "bad"),
        Outcome.Warning => ("warning", "open"),
        Outcome.Undecided => ("undecided", "open"),
        _ => ("not applicable", "none"),
    };

    private void WriteDefinitions()
    {
        Heading("Definitions");
        DefinitionSummary[] defined = [.. report.Definitions.Where(d => d.DefinitionCount > 0)];
        bool hasUnits = report.Source.Kind == SourceKind.Dwarf;
        _html.Start("details").Element("summary", $"{Printable.Count((ulong)defined.Length, "type")}{(defined.Any(d => d.IsDisputed) ? ", not all with one definition" : ", each with one definition or equal ones")}");
        // The types of exported facts are many, and of little interest where nothing disputes them: their names are enough.
        ILookup<bool, Rule> rules = report.Results.Select(r => r.Rule).ToLookup(r => r.Origin == RuleOrigin.Exported);
        HashSet<TypeName> exported = [.. new RuleSet(rules[true]).RequiredTypes.Except(new RuleSet(rules[false]).RequiredTypes)];
        ILookup<bool, DefinitionSummary> rows = defined.ToLookup(d => d.IsDisputed || !exported.Contains(d.Name));
        page.Table($"{prefix}Types that the rules name", ["type", "bytes", hasUnits ? "C units" : "definitions", "agree"], rows[true].Take(MostRows).Select(d => (IReadOnlyList<HtmlCell>)
        [
            new HtmlCell(d.Name.ToString(), "code"),
            new HtmlCell(d.ByteSize?.ToString(CultureInfo.InvariantCulture) ?? "", "number"),
            new HtmlCell(d.DefinitionCount.ToString(CultureInfo.InvariantCulture), "number"),
            d.IsDisputed ? new HtmlCell(Variants(d), "bad") : "yes",
        ]));
        if (rows[false].Any())
        {
            _html.Element("p", $"Of exported facts alone: {string.Join(", ", rows[false].Take(MostRows).Select(d => d.Name.ToString()))}", ("class", "quiet"));
        }

        string[] absent = [.. report.Definitions.Where(d => d.DefinitionCount == 0).Select(d => d.Name.ToString() + (d.IsRefused ? " (cannot be read)" : d.DeclarationCount > 0 ? " (only declared)" : ""))];
        if (absent.Length > 0)
        {
            _html.Element("p", $"Not defined: {string.Join(", ", absent.Take(MostRows))}", ("class", "quiet"));
        }

        _html.EndLine();
    }

    private static string Variants(DefinitionSummary type)
        => $"in {type.Variants.Length} different ways: " + string.Join("; ", type.Variants.Take(MostVariants).Select(v =>
            $"{string.Join(", ", v.Units.Take(MostUnits).Select(u => u.Name.Length == 0 ? $"unit {u.Index}" : u.Name))}{(v.Units.Length > MostUnits ? $" and {v.Units.Length - MostUnits} more" : "")}: "
            + (v.DifferenceFromFirst ?? "the first definition")));
}
