using System.Runtime.CompilerServices;
using System.Text.Json;
using Json.Schema;
using LayoutCheck.Reports;

namespace LayoutCheck.Tests.Support;

/// <summary>The schema that the program prints, as a judge of all JSON that tests make.</summary>
internal static class SchemaUnderTest
{
    private static readonly Lazy<JsonSchema> s_schema = new(() => JsonSchema.FromText(Read()));

    /// <summary>Makes every report that a test writes as JSON be judged, unless $LAYOUTCHECK_JUDGE_JSON says no: a second run of the suite says nothing more.</summary>
    [ModuleInitializer]
    internal static void JudgeAll()
    {
        if (Environment.GetEnvironmentVariable("LAYOUTCHECK_JUDGE_JSON") != "no")
        {
            Written.JudgeJson = Judge;
        }
    }

    /// <summary>The schema.</summary>
    public static string Text => Read();

    /// <summary>Asserts that a report is JSON, and JSON of the schema.</summary>
    public static void Judge(string json)
    {
        using JsonDocument report = JsonDocument.Parse(json);
        Assert.True(Problems(report.RootElement) is [], $"{string.Join('\n', Problems(report.RootElement).Take(20))}\n{json[..Math.Min(json.Length, 2000)]}");
    }

    /// <summary>What the schema refuses of a report, a line each; none when it is valid.</summary>
    public static string[] Problems(JsonElement report)
    {
        // The library's list of details is long, and most reports are valid.
        if (s_schema.Value.Evaluate(report, new EvaluationOptions { OutputFormat = OutputFormat.Flag }).IsValid)
        {
            return [];
        }

        EvaluationResults results = s_schema.Value.Evaluate(report, new EvaluationOptions { OutputFormat = OutputFormat.List });
        string[] problems = [.. (results.Details ?? []).Where(d => d.Errors is not null).SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation}: {e.Key}: {e.Value}"))];
        return problems is [] ? ["not valid"] : problems;
    }

    private static string Read()
    {
        using MemoryStream stream = new();
        ReportSchema.WriteTo(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
