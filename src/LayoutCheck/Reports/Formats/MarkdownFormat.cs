using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// Markdown for a comment or the summary of a job: the verdict, a table of what is violated, undecided or a warning, and folded below it the rules and the facts.
/// At most a mebibyte, which is what a summary of GitHub takes.
/// </summary>
internal sealed class MarkdownFormat : IReportFormat
{
    // Below 1 MiB, so that the end of the report fits too.
    private const int MostBytes = 1_000_000;
    private const int MostCharacters = 2000;

    /// <inheritdoc/>
    public string Name => "markdown";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "diff" or "audit" or "matrix" or "bpf";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using StreamWriter writer = new(output, new UTF8Encoding(false), 1 << 12, leaveOpen: true) { NewLine = "\n" };
        if (report is MatrixReport matrix)
        {
            MatrixMarkdown.Write(matrix, writer);
            return;
        }

        FindingSet set = FindingSet.Of(report);
        BoundedLines lines = new(writer, MostBytes);
        if (set.HasSeveral || set.Images.IsEmpty)
        {
            WriteSummary(set, lines);
        }
        else
        {
            lines.Write($"## {Word(set.ExitCode)}: {MarkdownText.Prose(Printable.Shorten(set.Images[0].Headline, MostCharacters))}");
        }

        foreach (ImageFindings image in set.Images)
        {
            WriteImage(set, image, lines);
        }

        lines.End();
    }

    private static void WriteSummary(FindingSet set, BoundedLines lines)
    {
        string counts = string.Join(", ", set.Images.GroupBy(i => i.ExitCode).OrderBy(g => g.Key).Select(g => $"{g.Count()} {Word(g.Key)}"));
        lines.Write($"## {Word(set.ExitCode)}: {Printable.Count((ulong)set.Images.Length, "image")}{(counts.Length > 0 ? $", {counts}" : "")}");
        lines.Write("");
        lines.Write("| verdict | image | release | architecture | headline |");
        lines.Write("|---|---|---|---|---|");
        lines.WriteRows(set.Images.Select(i => MarkdownText.Row(
            Word(i.ExitCode), MarkdownText.Code(i.Label), MarkdownText.Prose(i.Release ?? ""), MarkdownText.Prose(i.Architecture ?? ""), MarkdownText.Prose(Printable.Shorten(i.Headline, MostCharacters)))));
    }

    private static void WriteImage(FindingSet set, ImageFindings image, BoundedLines lines)
    {
        (ImageFindings Image, FindingRule Rule, Finding Finding)[] shown = [.. new FindingSet([image], image.ExitCode, set.Version).Shown];
        if (set.HasSeveral)
        {
            if (shown.Length == 0)
            {
                return;
            }

            lines.Write("");
            lines.Write($"### {MarkdownText.Code(image.Label)}");
        }

        if (shown.Length > 0)
        {
            lines.Write("");
            lines.Write("| outcome | rule | what was seen | declared | looked at |");
            lines.Write("|---|---|---|---|---|");
            lines.WriteRows(shown.Select(f => Row(f.Rule, f.Finding)));
        }

        foreach ((FindingRule Rule, Finding[] Findings) group in shown.GroupBy(f => f.Rule, f => f.Finding).Select(g => (g.Key, g.ToArray())))
        {
            WriteDetails(group.Rule, group.Findings, lines);
        }

        WriteFolded($"Rules: {Counts(image)}", [.. RulesOf(image)], lines);
        WriteFolded("Facts", ["| fact | |", "|---|---|", .. image.Facts.Select(f => MarkdownText.Row(MarkdownText.Prose(f.Label), MarkdownText.Prose(f.Words)))], lines);
    }

    private static string Row(FindingRule rule, Finding finding) => MarkdownText.Row(
        finding.Level >= FindingLevel.Undecided ? $"**{Word(finding.Level)}**" : Word(finding.Level),
        MarkdownText.Code(rule.Id),
        MarkdownText.Prose(Printable.Shorten(finding.Sentence, MostCharacters)),
        string.Join(", ", finding.Places.Select(p => $"{MarkdownText.Code(p.Member)} at {MarkdownText.Code(p.Shown)}")),
        MarkdownText.Code(Printable.Shorten(finding.Name, MostCharacters)));

    private static void WriteDetails(FindingRule rule, Finding[] findings, BoundedLines lines)
    {
        List<string> body = [];
        foreach (Finding finding in findings.Where(f => !f.Rows.IsEmpty))
        {
            body.Add($"{MarkdownText.Code(finding.Name)}:");
            body.Add("");
            body.AddRange(finding.Rows.Select(r => $"- {MarkdownText.Prose(Printable.Shorten(r, MostCharacters))}"));
            body.Add("");
        }

        // The text of a rule is Markdown of its author, who may be anyone: it is shown, and makes nothing but paragraphs.
        foreach ((string heading, string text) in ((string, string)[])[("What it checks", rule.What), ("Why it matters", rule.Why), ("How to fix", rule.Fix)])
        {
            if (text.Length > 0)
            {
                body.Add($"**{heading}**: {MarkdownText.RuleText(text)}");
                body.Add("");
            }
        }

        if (rule.Command is { } command)
        {
            body.Add($"More: {MarkdownText.Code(command)}");
        }

        WriteFolded($"{rule.Title} ({rule.Id})", [.. body], lines);
    }

    private static void WriteFolded(string summary, string[] body, BoundedLines lines)
    {
        // Markdown begins again behind an empty line; the summary's own line is HTML.
        lines.WriteBlock(["", $"<details><summary>{Html(summary)}</summary>", "", .. body, "", "</details>"]);
    }

    private static IEnumerable<string> RulesOf(ImageFindings image)
    {
        yield return "| outcome | rule | title | checks |";
        yield return "|---|---|---|---|";
        foreach (FindingGroup group in image.Groups)
        {
            string checks = string.Join(", ", group.Findings.GroupBy(f => f.Level).OrderByDescending(g => g.Key).Select(g => $"{g.Count()} {Word(g.Key)}"));
            yield return MarkdownText.Row(Word(group.Level), MarkdownText.Code(group.Rule.Id), MarkdownText.Prose(group.Rule.Title), checks);
        }
    }

    private static string Counts(ImageFindings image)
        => string.Join(", ", image.Groups.GroupBy(g => g.Level).OrderByDescending(g => g.Key).Select(g => $"{g.Count()} {Word(g.Key)}"));

    private static string Html(string printable)
        => printable.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Word(FindingLevel level) => level.Word().Replace('_', ' ');

    private static string Word(ExitCode code) => code.ToString().ToLowerInvariant();
}
