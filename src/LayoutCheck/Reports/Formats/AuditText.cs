using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="AuditReport"/> as text: the verdict, the differences with the units that have them, and then the names that need no look.</summary>
internal static class AuditText
{
    private const int UnitsNamed = 3;
    private const int Indent = 4;

    /// <summary>Writes the report.</summary>
    public static void Write(AuditReport report, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        Func<string, string> paint = Paint(report.ExitCode, style);
        text.Line(Printable.Escape(report.Headline()), Indent, paint);
        foreach (AuditedType type in report.Types.OrderBy(t => t.Outcome))
        {
            Write(type, text);
        }

        if (!report.Types.IsEmpty)
        {
            text.Gap();
        }

        string definitions = $"{Printable.Count((ulong)report.NameCount, "name")} in {Printable.Count((ulong)report.DefinitionCount, "definition")}";
        string units = report.Source.Kind == SourceKind.Dwarf ? " of C units" : "";
        text.Line($"Structs and unions: {definitions}{units}; {string.Join(", ", Counts(report))}");
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

    private static void Write(AuditedType type, FoldedText text)
    {
        bool isShort = type.Outcome == AuditOutcome.Private && text.Style.Verbosity != Verbosity.Full;
        if (!isShort)
        {
            text.Gap();
        }

        string name = Printable.Escape(type.Name.ToString());
        (string label, string words, Func<string, string> paint) = type.Outcome switch
        {
            AuditOutcome.TwoWays => ("VIOLATED", $"{name} is compiled in two ways: {Printable.Escape(type.Reason)}", text.Style.Bad),
            AuditOutcome.Accepted => ("accepted", $"{name}: {Printable.Escape(type.Reason)} (source: {Printable.Escape(type.AcceptedBy!)})", text.Style.Good),
            AuditOutcome.Private => ("private", isShort ? $"{name}: {Places(type)}" : $"{name}, {Printable.Escape(type.Reason)}", text.Style.Dim),
            AuditOutcome.Unreadable => ("unreadable", $"{name}: {Printable.Escape(type.Reason)}", text.Style.Warning),
            _ => ("undecided", $"{name}: {Printable.Escape(type.Reason)}", (Func<string, string>)text.Style.Warning),
        };
        text.Row(label.PadRight(10), $" {words}", Indent, paint);
        if (!isShort)
        {
            foreach (AuditedVariant variant in type.Variants)
            {
                Write(type, variant, text);
            }
        }
    }

    private static string Places(AuditedType type) => string.Join(", ", type.Variants.Select(v => $"{Place(type, v)} ({Printable.Count(v.ByteSize, "byte")})"));

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
