using LayoutCheck.Bpf;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="BpfReport"/> as text: the verdict, the accesses that do not resolve with what to do, and a table of all.</summary>
internal static class BpfText
{
    /// <summary>Writes the report.</summary>
    public static void Write(BpfReport report, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        Func<string, string> paint = report.ExitCode switch
        {
            ExitCode.Holds => style.Good,
            ExitCode.Violated => style.Bad,
            _ => style.Warning,
        };
        text.Line(Printable.Escape(report.Headline()), 4, paint);
        WriteProblems(report, text, style.Verbosity == Verbosity.Quiet);
        if (style.Verbosity == Verbosity.Quiet)
        {
            return;
        }

        WriteTable(report, output);
        WriteFiles(report, text);
        text.Line($"Verdict: {report.ExitCode.ToString().ToLowerInvariant()} (exit code {(int)report.ExitCode})", 4, paint);
    }

    /// <summary>Why an access does not resolve, in a clause: the words of all formats.</summary>
    public static string Reason(BpfResult result) => result.Answer.Outcome switch
    {
        BpfOutcome.Refused => $"{result.Access} ({result.Kind.Word()}) makes libbpf refuse the object: {result.Answer.Reason}",
        BpfOutcome.Unknown => $"{result.Access} ({result.Kind.Word()}): {result.Answer.Reason}",
        BpfOutcome.Missing => $"{result.Access} does not resolve: {result.Answer.Reason}{GuardOf(result)}",
        _ => result.Answer.Reason.Length > 0 ? $"{result.Access} is {result.Answer.KernelValue}: {result.Answer.Reason}" : $"{result.Access} resolves",
    };

    /// <summary>What that means, or null.</summary>
    public static string? Consequence(BpfResult result) => result switch
    {
        { Answer.Outcome: BpfOutcome.Missing, Guard: BpfGuard.None } => "it reads nothing: libbpf puts an invalid call there (195896080), and the kernel refuses to load the program",
        { Answer.Outcome: BpfOutcome.Refused } => "no program of the object is loaded",
        _ => null,
    };

    /// <summary>Where it is in the program: <c>prog (kprobe/x), instruction 4</c>.</summary>
    public static string PlaceOf(BpfResult result)
        => $"{(result.Function is { } function ? $"{function} ({result.Section})" : result.Section)}, instruction {result.Instruction}{(result.File is { } file ? $", {file}:{result.Line}" : "")}";

    private static string GuardOf(BpfResult result) => result.Guard switch
    {
        BpfGuard.Guarded when result.Guards.IsEmpty => "; no way leads to it on this kernel",
        BpfGuard.Guarded => $"; guarded by {string.Join(", ", result.Guards)}",
        BpfGuard.Unclear => "; an existence check asks for it, and whether the access is reached without it cannot be told",
        _ => "",
    };

    private static void WriteProblems(BpfReport report, FoldedText text, bool isQuiet)
    {
        foreach (IGrouping<(string, BpfGuard), BpfResult> group in report.Relocations.Where(r => r.Answer.Outcome != BpfOutcome.Resolved)
            .OrderBy(r => !r.IsViolated).ThenBy(r => !r.IsUndecided).GroupBy(r => (Reason(r), r.Guard)))
        {
            BpfResult first = group.First();
            if (isQuiet && !first.IsViolated)
            {
                continue;
            }

            (string word, Func<string, string> paint) = first.IsViolated ? ("VIOLATED", text.Style.Bad) : first.IsUndecided ? ("undecided", (Func<string, string>)text.Style.Warning) : ("guarded", text.Style.Good);
            text.Gap();
            text.Row(word, $" {Printable.Escape(group.Key.Item1)}", 4, paint, text.Style.Bold);
            foreach (BpfResult result in group)
            {
                ViolationText.Field("at", Printable.Escape(PlaceOf(result)), text);
            }

            if (Consequence(first) is { } consequence)
            {
                ViolationText.Field("breaks", consequence, text);
            }

            foreach (QuotedHistory history in report.HistoriesOf(first))
            {
                ViolationText.Field("history", Printable.Escape(history.Sentence), text);
            }
        }
    }

    private static void WriteTable(BpfReport report, TextWriter output)
    {
        if (report.Relocations.IsEmpty)
        {
            output.WriteLine();
            return;
        }

        string[][] rows = [["asked", "object", "kernel", "access", "program", "source"], .. report.Relocations.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length - 1).Select(i => rows.Max(r => r[i].Length))];
        output.WriteLine();
        foreach (string[] row in rows)
        {
            output.WriteLine($"{row[0].PadRight(widths[0])}  {row[1].PadLeft(widths[1])}  {row[2].PadLeft(widths[2])}  {row[3].PadRight(widths[3])}  {row[4].PadRight(widths[4])}  {row[5]}".TrimEnd());
        }

        output.WriteLine();
    }

    private static string[] Row(BpfResult result) =>
    [
        result.Kind.Word(),
        Value(result.Answer.LocalValue),
        result.Answer.Outcome switch
        {
            BpfOutcome.Resolved => Value(result.Answer.KernelValue),
            BpfOutcome.Refused => "refused",
            BpfOutcome.Missing => "none",
            _ => "?",
        },
        Printable.Escape(result.Access),
        Printable.Escape($"{(result.Function is { } function ? $"{function} ({result.Section})" : result.Section)}+{result.Instruction}"),
        result.File is { } file ? Printable.Escape($"{file}:{result.Line}") : "",
    ];

    // An enumerator may be negative.
    private static string Value(ulong? value) => value is not { } known ? "?" : known > long.MaxValue ? $"{(long)known}" : $"{known}";

    private static void WriteFiles(BpfReport report, FoldedText text)
    {
        text.Line($"File: {Printable.Escape(report.Files.Length > 0 ? report.Files[0].Path : report.Run.File)} (BPF object)");
        foreach ((string label, string other) in Provenance.Others(report.Files))
        {
            text.Line($"{label}: {other}");
        }

        text.Line($"Resolved by: the kernel's {report.Kernel.SourceName}, as libbpf does");
    }
}
