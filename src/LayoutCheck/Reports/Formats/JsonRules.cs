using System.Collections.Immutable;
using System.Text.Json;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>Rules, their results and the facts of these as JSON.</summary>
/// <param name="json">The writer.</param>
internal readonly struct JsonRules(Utf8JsonWriter json)
{
    private readonly JsonLayout _layouts = new(json);

    /// <summary>Writes a rule with its texts and checks: all that does not depend on an image.</summary>
    public void WriteRule(Rule rule)
    {
        json.WriteStartObject();
        WriteHead(rule);
        json.WriteBoolean("counts_when_strict", rule.CountsWhenStrict);
        json.WriteString("what", rule.What);
        json.WriteString("why", rule.Why);
        json.WriteString("fix", rule.Fix);
        json.WriteString("since", rule.Since);
        json.WriteString("source", rule.Source);
        json.WriteStartArray("checks");
        foreach (RuleCheck check in rule.Checks)
        {
            json.WriteStartObject();
            WriteHead(check);
            json.WriteString("severity", SeverityName(check.Severity));
            json.WriteString("consequence", check.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes the result of a rule on an image.</summary>
    /// <param name="result">The result.</param>
    /// <param name="places">The source lines of members, by the subjects of observations.</param>
    public void WriteResult(RuleResult result, ImmutableDictionary<string, SourcePlace> places)
    {
        json.WriteStartObject();
        WriteHead(result.Rule);
        json.WriteString("outcome", OutcomeNames.Of(result.Outcome));
        json.WriteStartArray("checks");
        foreach (CheckResult check in result.Checks)
        {
            WriteResult(check, places);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes facts as an array.</summary>
    public void WriteFacts(IEnumerable<LayoutFact> facts)
    {
        json.WriteStartArray("facts");
        foreach (LayoutFact fact in facts)
        {
            json.WriteStartObject();
            json.WriteString("type", fact.Type);
            json.WriteString("member", fact.Member);
            json.WriteString("what", fact.What);
            _layouts.WriteNumberOrNull("bits", fact.Bits);
            json.WriteNumber("value", fact.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteResult(CheckResult check, ImmutableDictionary<string, SourcePlace> places)
    {
        json.WriteStartObject();
        WriteHead(check.Check);
        json.WriteString("outcome", OutcomeNames.Of(check.Outcome));
        json.WriteString("reason", check.Reason);
        if (check.Consequence is { } consequence)
        {
            json.WriteString("consequence", consequence);
        }

        json.WriteStartArray("observed");
        foreach (Observation observation in check.Observed)
        {
            json.WriteStringValue(observation.ToString());
        }

        json.WriteEndArray();
        WriteFacts(LayoutFact.Of(check));
        WriteDeclarations(check, places);
        json.WriteEndObject();
    }

    private void WriteHead(Rule rule)
    {
        json.WriteString("id", rule.Id);
        json.WriteString("title", rule.Title);
        json.WriteString("severity", SeverityName(rule.Severity));
        json.WriteString("pack", rule.Pack);
        json.WriteBoolean("flagship", rule.IsFlagship);
    }

    private void WriteHead(RuleCheck check)
    {
        json.WriteString("check", check.Expression.Text);
        if (check.When is { } when)
        {
            json.WriteString("when", when.Text);
        }

        json.WriteNumber("line", check.Line);
    }

    private static string SeverityName(Severity severity) => severity == Severity.Error ? "error" : "warning";

    private void WriteDeclarations(CheckResult check, ImmutableDictionary<string, SourcePlace> places)
    {
        if (check.Outcome is not (Outcome.Violated or Outcome.Warning))
        {
            return;
        }

        json.WriteStartArray("declared");
        foreach (string member in check.Observed.Select(o => o.Subject).Distinct().Where(places.ContainsKey))
        {
            json.WriteStartObject();
            json.WriteString("member", member);
            _layouts.WriteDeclared(places[member]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
