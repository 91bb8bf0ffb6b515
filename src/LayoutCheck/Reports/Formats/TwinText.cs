using LayoutCheck.Compare;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="TwinReport"/> as text.</summary>
internal static class TwinText
{
    private const int Indent = 4;
    private const int DifferencesShown = 8;

    /// <summary>Writes the twins that differ, each below an empty line.</summary>
    public static void Write(TwinReport twins, FoldedText text)
    {
        bool isFull = text.Style.Verbosity == Verbosity.Full;
        foreach (TwinResult twin in twins.Differing)
        {
            text.Gap();
            text.Row("VIOLATED  ", $" {Printable.Escape($"{twin.Twin.Namespace}::{twin.Twin.Name}")} is not laid out as in C ({Printable.Escape(twin.Twin.Unit)})", Indent, text.Style.Bad);
            foreach (TwinDifference difference in isFull ? twin.Differences : [.. twin.Differences.Take(DifferencesShown)])
            {
                string subject = difference.Path.Length == 0 ? "the whole" : difference.Path;
                text.Line($"    {Printable.Escape(subject)} {difference.InC}, {difference.InRust}", 2 * Indent);
            }

            if (!isFull && twin.Differences.Length > DifferencesShown)
            {
                text.Line($"    and {twin.Differences.Length - DifferencesShown} more members (-v lists them)", 2 * Indent);
            }
        }

        if (isFull)
        {
            WriteSkippedNames(twins, text);
        }
    }

    /// <summary>Writes the numbers of what was compared and what was not.</summary>
    public static void WriteSummary(TwinReport twins, FoldedText text)
    {
        string spaces = string.Join(", ", twins.Spaces.Select(s => $"{s.NameCount} of {Printable.Escape(s.Name)}"));
        text.Line($"Rust twins: {twins.NameCount} with {Printable.Count((ulong)twins.MemberCount, "member")} compared ({spaces}), {twins.Differing.Length} differ");
        string others = twins.OtherCount == 0 ? "" : $"{twins.OtherCount} in other namespaces";
        text.Line($"  not compared: {string.Join(", ", [.. twins.SkippedNameCounts.Select(Count), .. others.Length == 0 ? Array.Empty<string>() : [others]])}", Indent);
        if (!twins.SkippedMembers.IsEmpty)
        {
            text.Line($"  of their members: {string.Join(", ", twins.SkippedMembers.Select(Count))}", Indent);
        }
    }

    private static string Count(SkipCount skipped) => $"{skipped.Count} {TwinReport.Words(skipped.Reason)}";

    private static void WriteSkippedNames(TwinReport twins, FoldedText text)
    {
        foreach (IGrouping<TwinSkip, SkippedTwin> reason in twins.SkippedNames.GroupBy(s => s.Reason).OrderBy(g => g.Key))
        {
            text.Gap();
            text.Line($"Not compared, {TwinReport.Words(reason.Key)}:", Indent);
            string[] names = [.. reason.Select(s => Printable.Escape(s.Name)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            text.Line($"  {string.Join(' ', names)}", 2);
        }
    }
}
