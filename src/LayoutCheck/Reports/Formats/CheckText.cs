using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="CheckReport"/> as text: the verdict, the problems, and then what the verdict rests on, in lines that a mail can quote.</summary>
internal static class CheckText
{
    private const string ColumnOfProblems = "  ";

    /// <summary>Writes the report.</summary>
    public static void Write(CheckReport report, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        WriteHeadline(report, text);
        if (style.Verbosity == Verbosity.Quiet)
        {
            WriteProblems(report, text, isQuiet: true);
            return;
        }

        bool isFull = style.Verbosity == Verbosity.Full;
        WriteEra(report.Era, text, isFull);
        int problems = WriteProblems(report, text, isQuiet: false);
        problems += report.Code is { } code ? CodeText.WriteProblems(code, text) : 0;
        problems += report.Agreement is { } agreement ? DiffText.WriteAgreement(agreement, text) : 0;
        if (isFull)
        {
            CheckDetails.Write(report, text);
            text.Gap();
        }
        else
        {
            if (problems > 0)
            {
                text.Gap();
            }

            WriteSummary(report, text);
        }

        WriteConclusion(report, text);
    }

    /// <summary>The numbers of outcomes, in words.</summary>
    public static string Counts(Func<Outcome, int> count)
        => $"{count(Outcome.Holds)} hold, {count(Outcome.Violated)} violated, {Printable.Count((ulong)count(Outcome.Warning), "warning")}, "
            + $"{count(Outcome.NotApplicable)} not applicable, {count(Outcome.Undecided)} undecided";

    private static void WriteHeadline(CheckReport report, FoldedText text)
        => text.Line(Printable.Escape(report.Headline()), 4, report.Flagship?.Outcome switch
        {
            Outcome.Holds or Outcome.Warning when report.ExitCode == ExitCode.Holds => text.Style.Good,
            Outcome.Violated => text.Style.Bad,
            _ => text.Style.Warning,
        });

    private static void WriteEra(LayoutEra era, FoldedText text, bool isFull)
    {
        string versions = era.Versions.Length == 0 ? "" : $"Linux {era.Versions}";
        string description = versions.Length == 0 ? era.Description : isFull || era.IsPlanned ? $": {era.Description}" : "";
        text.Line($"Layout era: {versions}{description}");
        if (isFull && era.AllowsCompoundDevicePages is not null)
        {
            text.Row("            ", era.DevicePageReason, 12);
        }
    }

    // One rule after another: what is violated, or undecided, with the reasons. Quiet text has the violations alone.
    private static int WriteProblems(CheckReport report, FoldedText text, bool isQuiet)
    {
        int written = 0;
        int omitted = 0;
        foreach (RuleResult result in report.Results)
        {
            foreach (Outcome outcome in (ReadOnlySpan<Outcome>)[Outcome.Violated, Outcome.Warning])
            {
                ImmutableArray<CheckResult> found = [.. result.Checks.Where(c => c.Outcome == outcome)];
                if (found.Length > 0)
                {
                    ViolationText.Write(report, result, found, text);
                    written++;
                }
            }

            // A reason that hundreds of checks share is given once.
            ImmutableArray<CheckResult> undecided = [.. result.Checks.Where(c => c.Outcome == Outcome.Undecided)];
            ImmutableArray<CheckResult> own = [.. undecided.Where(c => !IsOmission(report, c))];
            omitted += undecided.Length - own.Length;
            if (own.Length > 0 && !isQuiet)
            {
                WriteUndecided(result, own, text);
                written++;
            }

            written += isQuiet ? 0 : WriteAllowed(result, text);
        }

        if (omitted > 0 && !isQuiet)
        {
            text.Gap();
            text.Row("undecided", $" {(omitted == 1 ? "1 check" : $"{omitted} checks")}, for what is missing may be there in the kernel", 4, text.Style.Warning);
            text.Row(ColumnOfProblems, report.Source.Omission!.Clause, 2);
            written++;
        }

        return written;
    }

    // What changed in a way that is allowed. The reason begins with the word for it.
    private static int WriteAllowed(RuleResult result, FoldedText text)
    {
        string[] reasons = [.. result.Checks.Where(c => c is { IsNotable: true, Outcome: Outcome.Holds }).Select(c => c.Reason)];
        if (reasons.Length > 0)
        {
            text.Gap();
        }

        foreach (string reason in reasons)
        {
            text.Line(Printable.Escape($"{reason} ({result.Rule.Id})"), 4, text.Style.Good);
        }

        return reasons.Length;
    }

    private static bool IsOmission(CheckReport report, CheckResult check)
        => report.Source.Omission is { } omission && check.Reason.Contains(omission.Clause, StringComparison.Ordinal);

    private static void WriteUndecided(RuleResult result, ImmutableArray<CheckResult> undecided, FoldedText text)
    {
        text.Gap();
        text.Row("undecided", ViolationText.Title(result.Rule), 4, text.Style.Warning, text.Style.Bold);
        foreach (CheckResult check in undecided)
        {
            ViolationText.Field("rule", Printable.Escape(check.Check.Expression.Text), text);
            ViolationText.Field("why", Printable.Escape(check.Reason), text);
        }
    }

    private static void WriteSummary(CheckReport report, FoldedText text)
    {
        text.Line($"Rules: {Counts(report.CountRules)} (-v lists them)");
        int defined = report.Definitions.Count(d => d.DefinitionCount > 0);
        string agreement = defined == 0 ? "" : report.Definitions.Any(d => d.IsDisputed) ? ""
            : report.Source.Kind == Types.SourceKind.Dwarf ? ", each the same in all C units that define it" : ", each with one definition or several that agree";
        text.Line($"Definitions: {Printable.Count((ulong)defined, "type")}{agreement}");
        foreach (DefinitionSummary disputed in report.Definitions.Where(d => d.IsDisputed))
        {
            text.Line($"  {Printable.Escape(disputed.Name.ToString())} is defined in {disputed.Variants.Length} different ways (-v tells them apart)", 4, text.Style.Warning);
        }

        if (report.Code is { } code)
        {
            CodeText.WriteSummary(code, text);
        }

        string release = report.Image!.Release is { } known ? Printable.Escape(known) : "release not told";
        text.Line($"File: {Printable.Escape(report.Files[0].Path)} ({release}; {report.Source.Format})");
        foreach ((string label, string other) in Provenance.Others(report.Files))
        {
            text.Line($"{label}: {other}");
        }
    }

    private static void WriteConclusion(CheckReport report, FoldedText text)
    {
        (string words, Func<string, string> paint) = report.ExitCode switch
        {
            ExitCode.Holds => ("holds", text.Style.Good),
            ExitCode.Violated => ("violated", text.Style.Bad),
            _ => ("undecided", (Func<string, string>)text.Style.Warning),
        };
        text.Line($"Verdict: {words} (exit code {(int)report.ExitCode})", 4, paint);
    }
}
