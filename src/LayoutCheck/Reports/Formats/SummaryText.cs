using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="RecordSummary"/> as text: a row an image, in 76 columns; below it what is violated or undecided.</summary>
internal static class SummaryText
{
    // Of ids of rules; -v and JSON have them all.
    private const int MostNamed = 4;
    private const int LeastColumnsOfFile = 16;
    private const int MostColumnsOfRelease = 24;
    private const int UsualWidth = 76;
    private const string Gap = "  ";

    private static readonly (ExitCode Code, string Word)[] s_verdicts =
    [
        (ExitCode.Violated, "violated"), (ExitCode.Unreadable, "unreadable"), (ExitCode.Undecided, "undecided"), (ExitCode.Holds, "holds"),
    ];

    /// <summary>Writes the table; with complete verbosity, the report of each image below it.</summary>
    public static void Write(RecordSummary summary, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        text.Line(Totals(summary));
        bool isQuiet = style.Verbosity == Verbosity.Quiet;
        ImmutableArray<ImageRecord> rows = isQuiet ? [.. summary.Images.Where(i => i.ExitCode == ExitCode.Violated)] : summary.Images;
        if (!rows.IsEmpty)
        {
            text.Gap();
            WriteRows(rows, text);
        }

        WriteProblems(summary, text);
        if (isQuiet)
        {
            return;
        }

        WriteHeadlines(summary, text);
        foreach ((int index, string details) in summary.Details.Index())
        {
            text.Gap();
            text.Line($"== {Printable.Escape(summary.Images[index].Path)}", 4, style.Bold);
            output.Write(details);
        }

        text.Gap();
        text.Line($"Verdict: {WordOf(summary.ExitCode)} (exit code {(int)summary.ExitCode})", 4, PaintOf(summary.ExitCode, style));
    }

    private static string Totals(RecordSummary summary)
    {
        IEnumerable<string> counts = s_verdicts.Select(v => (v.Word, Count: summary.Count(v.Code))).Where(v => v.Count > 0).Select(v => $"{v.Count} {(v is { Word: "holds", Count: > 1 } ? "hold" : v.Word)}");
        return $"{Printable.Count((ulong)summary.Images.Length, "image")}{(summary.Images.IsEmpty ? "" : ": ")}{string.Join(", ", counts)}";
    }

    private static void WriteRows(ImmutableArray<ImageRecord> rows, FoldedText text)
    {
        int total = text.Style.Width == 0 ? int.MaxValue : Math.Max(text.Style.Width, UsualWidth);
        string[] paths = [.. rows.Select(r => Printable.Escape(r.Path))];
        string[] releases = [.. rows.Select(r => Middle(r.Release is { } release ? Printable.Escape(release) : "-", MostColumnsOfRelease))];
        string[] machines = [.. rows.Select(r => MachineOf(r))];
        string[] pages = [.. rows.Select(r => PageOf(r.PageByteSize))];
        int verdict = Math.Max("verdict".Length, rows.Max(r => WordOf(r.ExitCode).Length));
        int release = Math.Max("release".Length, releases.Max(r => r.Length));
        int machine = Math.Max("arch".Length, machines.Max(m => m.Length));
        int page = Math.Max("page".Length, pages.Max(p => p.Length));
        int file = Math.Max(LeastColumnsOfFile, total - verdict - release - machine - page - (4 * Gap.Length));
        text.Output.WriteLine(text.Style.Dim($"{"verdict".PadRight(verdict)}{Gap}{"release".PadRight(release)}{Gap}{"arch".PadRight(machine)}{Gap}{"page".PadLeft(page)}{Gap}file"));
        for (int i = 0; i < rows.Length; i++)
        {
            string word = WordOf(rows[i].ExitCode).PadRight(verdict);
            text.Output.WriteLine(
                $"{PaintOf(rows[i].ExitCode, text.Style)(word)}{Gap}{releases[i].PadRight(release)}{Gap}{machines[i].PadRight(machine)}{Gap}{pages[i].PadLeft(page)}{Gap}{Middle(paths[i], file)}");
            foreach (string line in Below(rows[i]))
            {
                text.Row("  ", Printable.Escape(line), 4);
            }
        }
    }

    // What makes the verdict.
    private static IEnumerable<string> Below(ImageRecord record)
    {
        if (record.Error is { } error)
        {
            // The row has the path.
            string start = record.Path + ": ";
            yield return error.Message.StartsWith(start, StringComparison.Ordinal) ? error.Message[start.Length..] : error.Message;
        }

        foreach ((Outcome outcome, string word) in ((Outcome, string)[])[(Outcome.Violated, "violated"), (Outcome.Undecided, "undecided")])
        {
            string[] ids = [.. record.IdsOf(outcome)];
            if (ids.Length > 0)
            {
                string rest = ids.Length > MostNamed ? $" and {ids.Length - MostNamed} more" : "";
                yield return $"{word}: {string.Join(", ", ids.Take(MostNamed))}{rest}";
            }
        }

        if (record is { ExitCode: ExitCode.Undecided, Headline: { } headline } && record.Count(Outcome.Undecided) == 0)
        {
            yield return headline;
        }
        else if (record is { ExitCode: ExitCode.Violated } && record.Count(Outcome.Violated) == 0)
        {
            yield return $"violated: {string.Join(", ", record.IdsOf(Outcome.Warning).Take(MostNamed))} (--strict)";
        }
    }

    private static void WriteHeadlines(RecordSummary summary, FoldedText text)
    {
        foreach (ImageRecord record in summary.Images.Where(i => i is { ExitCode: ExitCode.Violated, Headline: not null } && summary.Details.IsEmpty))
        {
            text.Gap();
            text.Line($"{Printable.Escape(record.Path)}:", 4, text.Style.Bold);
            text.Row("  ", Printable.Escape(record.Headline!), 4, null, text.Style.Bad);
        }
    }

    private static void WriteProblems(RecordSummary summary, FoldedText text)
    {
        if (!summary.Problems.IsEmpty)
        {
            text.Gap();
        }

        foreach (RecordProblem problem in summary.Problems)
        {
            text.Row(JsonBatch.NameOf(problem.Kind), $" {Printable.Escape(problem.Path)}: {Printable.Escape(problem.Words)}", 4, text.Style.Warning);
        }
    }

    private static string MachineOf(ImageRecord record) => record.Machine is { } machine ? Printable.Escape(machine) : record.Bits is { } bits ? $"{bits} bit" : "-";

    private static string PageOf(int? size) => size is not { } bytes ? "-" : bytes % 1024 == 0 ? $"{bytes / 1024}K" : bytes.ToString(CultureInfo.InvariantCulture);

    private static string WordOf(ExitCode code) => code == ExitCode.Violated ? "VIOLATED" : ImageRecordJson.NameOf(code);

    private static Func<string, string> PaintOf(ExitCode code, TextStyle style) => code switch
    {
        ExitCode.Holds => style.Good,
        ExitCode.Undecided => style.Warning,
        _ => style.Bad,
    };

    /// <summary>A text with its middle cut out where it is longer than the columns: the ends of a path tell it from others.</summary>
    internal static string Middle(string text, int columns)
    {
        const string Cut = "...";
        if (text.Length <= columns)
        {
            return text;
        }

        int head = (columns - Cut.Length) / 3;
        int tail = columns - Cut.Length - head;
        int start = text.Length - tail;
        return $"{text[..(char.IsHighSurrogate(text[head - 1]) ? head - 1 : head)]}{Cut}{text[(char.IsLowSurrogate(text[start]) ? start + 1 : start)..]}";
    }
}
