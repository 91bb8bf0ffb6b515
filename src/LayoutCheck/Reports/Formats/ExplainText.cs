using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="ExplainReport"/> as text: the rule's words, its checks, and a drawing of the bytes that it looks at.</summary>
internal static class ExplainText
{
    private const int WidthOfProse = 100;
    private const int DrawingWidth = 64;
    private const int MostLanes = 32;

    /// <summary>Writes the report.</summary>
    public static void Write(ExplainReport report, TextStyle style, TextWriter output)
    {
        Write(report.Rule, report.IsDrawn ? report.Example : null, style, output);
        if (report.IsOfNamedImage)
        {
            WriteVerdict(report, style, output);
        }

        ProvenanceText.Write(report.Files, output);
    }

    private static void WriteVerdict(ExplainReport report, TextStyle style, TextWriter output)
    {
        RuleResult result = report.Example;
        string verdict = result.Outcome switch
        {
            Outcome.Holds => "it holds",
            Outcome.Warning => "it gives a warning",
            Outcome.Violated => "it is VIOLATED",
            Outcome.NotApplicable => "it does not apply",
            _ => "it is undecided",
        };
        output.WriteLine();
        output.WriteLine(style.Bold("In this image"));
        FoldedText text = new(output, style with { Width = style.Width == 0 ? WidthOfProse : Math.Min(style.Width, WidthOfProse) });
        text.Line($"  {Printable.Escape(report.Files[0].Path)}: {verdict}", 4);
        foreach (CheckResult check in result.Checks.Where(c => c.Outcome == result.Outcome && result.Outcome != Outcome.Holds))
        {
            text.Line($"    {Printable.Escape(check.Reason)}{(check.Consequence is { } consequence ? $": {Printable.Escape(consequence)}" : "")}", 6);
        }
    }

    /// <summary>Writes an explanation.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="example">Its result on some image, to be drawn; null = no drawing.</param>
    /// <param name="style">The form; prose fills its width, or 100 columns where it has none.</param>
    /// <param name="writer">The result.</param>
    public static void Write(Rule rule, RuleResult? example, TextStyle style, TextWriter writer)
    {
        int width = style.Width == 0 ? WidthOfProse : Math.Min(style.Width, WidthOfProse);
        writer.WriteLine(style.Bold(Printable.Escape(rule.Title)));
        writer.WriteLine($"{Printable.Escape(rule.Id)} ({(rule.Severity == Severity.Error ? "error" : rule.CountsWhenStrict ? "warning" : "warning that never counts")}, pack {Printable.Escape(rule.Pack)})");
        Section("What it checks", rule.What);
        if (example is not null && Draw(example) is { Count: > 0 } drawing)
        {
            writer.WriteLine();
            foreach (string line in drawing)
            {
                writer.WriteLine("    " + line);
            }
        }

        Section("Why it matters", rule.Why);
        Section("How to fix", rule.Fix);
        writer.WriteLine();
        writer.WriteLine(style.Bold("Checks"));
        FoldedText text = new(writer, style with { Width = width });
        string? when = "";
        foreach (RuleCheck check in rule.Checks)
        {
            if (check.When?.Text != when)
            {
                when = check.When?.Text;
                text.Line(when is null ? "  always" : $"  when {Printable.Escape(when)}", 7);
            }

            text.Line($"    {Printable.Escape(check.Expression.Text)}", 8);
        }

        Section("Since", rule.Since);
        Section("Source", rule.Source);

        void Section(string heading, string text)
        {
            if (text.Length == 0)
            {
                return;
            }

            writer.WriteLine();
            writer.WriteLine(style.Bold(heading));
            foreach (string line in Fill(text, width - 2))
            {
                writer.WriteLine(line.Length == 0 ? "" : "  " + Printable.Escape(line.Replace("\t", "    ", StringComparison.Ordinal)));
            }
        }
    }

    /// <summary>
    /// The members that a rule looked at, each in its own lane under one ruler of bytes: <c>|</c> begins a member, <c>=</c> fills it.
    /// Empty when it looked at no offset.
    /// </summary>
    public static IReadOnlyList<string> Draw(RuleResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        List<Observation> places = [.. result.Checks.Where(c => c.Outcome != Outcome.NotApplicable)
            .SelectMany(c => c.Observed)
            .Where(o => o.Fact == ObservedFact.ByteOffset && o.SubjectByteSize is not null)
            .DistinctBy(o => o.Subject).Take(MostLanes)];
        if (places.Count == 0)
        {
            return [];
        }

        ulong start = places.Min(p => p.Number ?? 0) / 8 * 8;
        ulong end = places.Max(p => (p.Number ?? 0) + Math.Max(1, p.SubjectByteSize ?? 1));
        ulong scale = 1;
        while ((end - start + scale - 1) / scale > DrawingWidth)
        {
            scale *= 2;
        }

        int names = places.Max(p => p.Subject.Length);
        int columns = (int)((end - start + scale - 1) / scale);
        List<string> lines = [];
        char[] ruler = [.. Enumerable.Repeat(' ', columns + 8)];
        for (int column = 0; column < columns; column += 8)
        {
            string mark = (start + ((ulong)column * scale)).ToString(CultureInfo.InvariantCulture);
            mark.CopyTo(0, ruler, column, mark.Length);
        }

        lines.Add($"{"byte".PadRight(names)}  {new string(ruler).TrimEnd()}");
        foreach (Observation place in places)
        {
            int from = (int)(((place.Number ?? 0) - start) / scale);
            int to = (int)(((place.Number ?? 0) + (place.SubjectByteSize ?? 0) - start + scale - 1) / scale);
            string bar = new string(' ', from) + "|" + new string('=', Math.Max(0, to - from - 1));
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{place.Subject.PadRight(names)}  {bar.PadRight(columns)}  @{place.Number}, {Printable.Count(place.SubjectByteSize ?? 0, "byte")}"));
        }

        return lines;
    }

    /// <summary>Paragraphs broken at a width; tables, lists and code keep their lines.</summary>
    private static IEnumerable<string> Fill(string text, int width)
    {
        bool isFirst = true;
        foreach (string paragraph in text.Split("\n\n"))
        {
            if (!isFirst)
            {
                yield return "";
            }

            isFirst = false;
            if (paragraph.StartsWith('|') || paragraph.StartsWith("- ", StringComparison.Ordinal) || paragraph.StartsWith("```", StringComparison.Ordinal)
                || paragraph.StartsWith("    ", StringComparison.Ordinal))
            {
                foreach (string line in paragraph.Split('\n'))
                {
                    yield return line;
                }

                continue;
            }

            string filled = "";
            foreach (string word in paragraph.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                if (filled.Length > 0 && filled.Length + 1 + word.Length > width)
                {
                    yield return filled;
                    filled = word;
                }
                else
                {
                    filled = filled.Length == 0 ? word : $"{filled} {word}";
                }
            }

            yield return filled;
        }
    }
}
