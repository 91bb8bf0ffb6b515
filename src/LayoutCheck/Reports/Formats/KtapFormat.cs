using System.Globalization;
using System.Text;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// KTAP 1 (Documentation/dev-tools/ktap.rst of the kernel): each rule is a test, its checks are its subtests; of several images each is a test with its rules. What
/// could not be told or read is not ok, and a number sign stands nowhere but before a directive or a diagnostic line.
/// </summary>
internal sealed class KtapFormat : IReportFormat
{
    /// <inheritdoc/>
    public string Name => "ktap";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "bpf";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using StreamWriter writer = new(output, new UTF8Encoding(false), 1 << 12, leaveOpen: true) { NewLine = "\n" };
        FindingSet set = FindingSet.Of(report);
        if (set.Images is [var only])
        {
            WriteRules(only, "", null, writer);
            return;
        }

        writer.WriteLine("KTAP version 1");
        writer.WriteLine(Plan(set.Images.Length));
        TestNames names = new();
        foreach ((int index, ImageFindings image) in set.Images.Index())
        {
            string name = names.Of("", image.Label);
            WriteRules(image, "  ", name, writer);
            FindingLevel level = image.Groups.Max(g => g.Level);
            WriteResult("", index + 1, name, level, $"{image.ExitCode.ToString().ToLowerInvariant()}: {image.Headline}", writer);
        }
    }

    private static void WriteRules(ImageFindings image, string indent, string? name, TextWriter writer)
    {
        writer.WriteLine($"{indent}KTAP version 1");
        if (name is not null)
        {
            writer.WriteLine($"{indent}# Subtest: {NameOf(name)}");
        }

        writer.WriteLine(indent + Plan(image.Groups.Length));
        writer.WriteLine($"{indent}# file: {Text(image.Label)}{(image.Release is { } release ? $" ({Text(release)})" : "")}");
        writer.WriteLine($"{indent}# verdict: {Text(image.Headline)}");
        foreach ((int index, FindingGroup group) in image.Groups.Index())
        {
            WriteChecks(group, indent + "  ", writer);
            string reason = group.Findings.FirstOrDefault(f => f.Level == group.Level)?.Reason ?? "";
            WriteResult(indent, index + 1, group.Rule.Id, group.Level, reason, writer);
        }
    }

    private static void WriteChecks(FindingGroup group, string indent, TextWriter writer)
    {
        writer.WriteLine($"{indent}KTAP version 1");
        writer.WriteLine($"{indent}# Subtest: {NameOf(group.Rule.Id)}");
        writer.WriteLine(indent + Plan(group.Findings.Length));
        TestNames names = new();

        // kunit.py takes a result that is named like its subtest for the end of it.
        _ = names.Of("", group.Rule.Id);
        foreach ((int index, Finding finding) in group.Findings.Index())
        {
            // Diagnostic lines belong to the result line below them.
            if (finding.Level > FindingLevel.Passed)
            {
                writer.WriteLine($"{indent}# {finding.Level.Word()}: {Text(finding.Sentence)}");
                foreach (FindingPlace place in finding.Places)
                {
                    writer.WriteLine($"{indent}# declared: {Text(place.Member)} at {Text(place.Shown)}");
                }

                if (group.Rule.Command is { } command)
                {
                    writer.WriteLine($"{indent}# more: {Text(command)}");
                }
            }

            WriteResult(indent, index + 1, names.Of("", finding.Name), finding.Level, finding.Reason, writer);
        }
    }

    private static void WriteResult(string indent, int number, string name, FindingLevel level, string reason, TextWriter writer)
    {
        string word = level >= FindingLevel.Undecided ? "not ok" : "ok";
        string directive = level == FindingLevel.Skipped ? $" # SKIP {Text(reason)}" : "";
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{indent}{word} {number} - {NameOf(name)}{directive}"));
    }

    private static string Plan(int count) => string.Create(CultureInfo.InvariantCulture, $"1..{count}");

    // Parsers leave out spaces at the ends, and TAP 14 takes a brace at the end for the beginning of subtests.
    private static string NameOf(string printable)
    {
        string name = Text(printable).Trim();
        return name.Length == 0 ? "(no name)" : name[^1] == '{' ? name[..^1] + "\\u{7b}" : name;
    }

    // In the spelling of other characters that are not written as they are.
    private static string Text(string printable) => printable.Replace("#", "\\u{23}", StringComparison.Ordinal);
}
