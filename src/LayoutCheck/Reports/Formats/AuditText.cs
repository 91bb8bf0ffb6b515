using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="AuditReport"/> as text: the verdict, the differences with the units that have them, and then the names that need no look.</summary>
internal static class AuditText
{
    private const int UnitsNamed = 3;
    private const int Indent = 4;
    private const string ColumnOfDoubt = "           ";

    /// <summary>Writes the report.</summary>
    public static void Write(AuditReport report, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        Func<string, string> paint = Paint(report.ExitCode, style);
        text.Line(Printable.Escape(report.Headline()), Indent, paint);
        bool isFull = style.Verbosity == Verbosity.Full;
        foreach (AuditedType type in report.Types.Where(t => isFull || t.Outcome is AuditOutcome.TwoWays or AuditOutcome.Unreadable).OrderBy(t => t.Outcome))
        {
            WriteWhole(type, text);
        }

        if (!isFull)
        {
            WriteFolded(report, text);
        }

        foreach (string doubt in report.Types.Select(t => t.Doubt).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            text.Row(ColumnOfDoubt, $"private structs of one name cannot be told from one that is compiled in two ways: {Printable.Escape(doubt)}", ColumnOfDoubt.Length);
        }

        if (report.Twins is { } twins)
        {
            TwinText.Write(twins, text);
        }

        int compared = report.Agreement is { } agreement ? DiffText.WriteAgreement(agreement, text) : 0;
        if (!report.Types.IsEmpty || report.Twins is not null || compared > 0)
        {
            text.Gap();
        }

        string definitions = $"{Printable.Count((ulong)report.NameCount, "name")} in {Printable.Count((ulong)report.DefinitionCount, "definition")}";
        string units = report.Source.Kind == SourceKind.Dwarf ? " of C units" : "";
        text.Line($"Structs and unions: {definitions}{units}; {string.Join(", ", Counts(report))}");
        if (report.Twins is { NameCount: > 0 } counted)
        {
            TwinText.WriteSummary(counted, text);
        }

        string other = !report.HasOtherSource ? "" : report.Source.Kind == SourceKind.Dwarf ? "; the image has BTF too (--source btf)" : "; the image has DWARF too (--source dwarf)";
        text.Line($"File: {Printable.Escape(report.Run.File)} ({report.Source.Format}{other})");
        foreach ((string label, string words) in Provenance.Others(report.Files))
        {
            text.Line($"{label}: {words}");
        }

        text.Line($"Verdict: {Word(report.ExitCode)} (exit code {(int)report.ExitCode})", Indent, paint);
    }

    /// <summary>The word for an exit code, in text and in JSON.</summary>
    public static string Word(ExitCode exitCode) => exitCode.ToString().ToLowerInvariant();

    /// <summary>The word for an outcome, in text and in JSON.</summary>
    public static string Word(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.TwoWays => "two ways",
        _ => outcome.ToString().ToLowerInvariant(),
    };

    private static Func<string, string> Paint(ExitCode exitCode, TextStyle style) => exitCode switch
    {
        ExitCode.Holds => style.Good,
        ExitCode.Violated => style.Bad,
        _ => style.Warning,
    };

    private static IEnumerable<string> Counts(AuditReport report)
    {
        yield return $"{report.AgreeingCount} agree";
        foreach (AuditOutcome outcome in Enum.GetValues<AuditOutcome>().Where(o => report.Count(o) > 0))
        {
            yield return $"{report.Count(outcome)} {Word(outcome)}";
        }
    }

    // What needs no look, a line each: those with one reason together.
    private static void WriteFolded(AuditReport report, FoldedText text)
    {
        ILookup<AuditOutcome, AuditedType> byOutcome = report.Types.ToLookup(t => t.Outcome);
        if (byOutcome.Contains(AuditOutcome.TwoWays) || byOutcome.Contains(AuditOutcome.Unreadable))
        {
            text.Gap();
        }

        foreach (IGrouping<string, AuditedType> reason in byOutcome[AuditOutcome.Accepted].GroupBy(t => t.Reason, StringComparer.Ordinal))
        {
            WriteHead(AuditOutcome.Accepted, $"{string.Join(", ", reason.Select(Name))}: {Printable.Escape($"{reason.Key} ({reason.First().AcceptedBy})")}", text);
        }

        foreach (AuditedType type in byOutcome[AuditOutcome.Undecided].Concat(byOutcome[AuditOutcome.Private]))
        {
            string sizes = string.Join(", ", type.Variants.Select(v => v.Place is null ? Printable.Count(v.ByteSize, "byte") : $"{Place(type, v)} ({Printable.Count(v.ByteSize, "byte")})"));
            WriteHead(type.Outcome, $"{Name(type)}: {sizes}{(type.Outcome == AuditOutcome.Undecided ? $"; {Printable.Escape(type.Reason)}" : "")}", text);
        }
    }

    private static string Name(AuditedType type) => Printable.Escape(type.Name.ToString());

    private static void WriteHead(AuditOutcome outcome, string words, FoldedText text)
    {
        (string label, Func<string, string> paint) = outcome switch
        {
            AuditOutcome.TwoWays => ("VIOLATED", text.Style.Bad),
            AuditOutcome.Accepted => ("accepted", text.Style.Good),
            AuditOutcome.Private => ("private", text.Style.Dim),
            _ => (Word(outcome), (Func<string, string>)text.Style.Warning),
        };
        text.Row(label.PadRight(10), $" {words}", Indent, paint);
    }

    private static void WriteWhole(AuditedType type, FoldedText text)
    {
        text.Gap();
        WriteHead(type.Outcome, $"{Name(type)}{(type.Outcome == AuditOutcome.TwoWays ? " is compiled in two ways" : "")}: {Printable.Escape(type.Reason)}"
            + (type.AcceptedBy is { } source ? $" ({Printable.Escape(source)})" : ""), text);
        foreach (AuditedVariant variant in type.Variants)
        {
            Write(type, variant, text);
        }
    }

    private static void Write(AuditedType type, AuditedVariant variant, FoldedText text)
    {
        string place = variant.Place is null ? "" : $"  {Place(type, variant)}";
        string difference = variant.Difference is { } words && type.Variants.Count(v => v.Difference is not null) > 1 ? $"; {Printable.Escape(words)}" : "";
        string own = variant.OwnOptions.IsEmpty ? "" : $"; only here: {Printable.Escape(string.Join(' ', variant.OwnOptions))}";
        text.Line($"    {Printable.Count(variant.ByteSize, "byte")}{place}  {Units(variant.Units, text.Style)}{difference}{own}", 2 * Indent);
    }

    // Where the paths in two source trees are alike, the whole paths are not.
    private static string Place(AuditedType type, AuditedVariant variant)
    {
        SourcePlace place = variant.Place!;
        bool isAmbiguous = type.Variants.Any(v => v.Place is { } other && other.File == place.File && !other.IsInFileOf(place));
        return Printable.Escape($"{(isAmbiguous ? place.FullPath : place.File)}:{place.Line}");
    }

    private static string Units(ImmutableArray<DefiningUnit> units, TextStyle style)
    {
        int most = style.Verbosity == Verbosity.Full ? units.Length : UnitsNamed;
        string named = string.Join(", ", units.Take(most).Select(u => Printable.Escape(u.Name.Length == 0 ? $"unit {u.Index}" : u.Name)));
        return units.Length > most ? $"{named} and {units.Length - most} more" : named;
    }
}
