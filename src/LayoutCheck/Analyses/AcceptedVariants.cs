using System.Collections.Immutable;
using System.Text;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>A file that is rightly compiled in two ways, so that units differ about a type in it.</summary>
/// <param name="Type">The type: <c>struct elf_note_info</c>.</param>
/// <param name="File">The file that declares it, from the root of the source tree.</param>
/// <param name="Units">The units that have a definition of their own, by the ends of their names, in which <c>*</c> stands for any characters.</param>
/// <param name="Reason">Why the difference is right.</param>
/// <param name="Source">Where the reason was taken from.</param>
public sealed record AcceptedVariants(string Type, string File, ImmutableArray<string> Units, string Reason, string Source)
{
    private const string Resource = "Audit/Accepted.md";

    /// <summary>The known ones of the kernel.</summary>
    public static ImmutableArray<AcceptedVariants> Known { get; } = ReadKnown();

    /// <summary>Whether it explains the differences among the definitions in one file: only the named units have another definition than the rest.</summary>
    /// <param name="name">The type.</param>
    /// <param name="inFile">Its definitions in that file.</param>
    public bool Covers(TypeName name, IReadOnlyCollection<AuditedVariant> inFile)
        => name.ToString() == Type && inFile.All(v => v.Place is { } place && IsEnd(place.File, File))
            && inFile.Count(v => v.Units.Any(u => !Units.Any(unit => IsEnd(u.Name, unit)))) <= 1;

    // A name of a file, with or without directories before it.
    private static bool IsEnd(string path, string pattern) => NamePattern.Any([pattern, "*/" + pattern], path);

    private static ImmutableArray<AcceptedVariants> ReadKnown()
    {
        using Stream stream = typeof(AcceptedVariants).Assembly.GetManifestResourceStream(Resource)!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        return Parse(reader.ReadToEnd());
    }

    // The rows of the table: | type | file | units | reason | source |.
    private static ImmutableArray<AcceptedVariants> Parse(string text)
    {
        IEnumerable<string[]> rows = text.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries));
        return
        [
            .. rows.Select(cells => new AcceptedVariants(
                Code(cells[0]), Code(cells[1]), [.. cells[2].Split(", ").Select(Code)], cells[3].Replace("`", "", StringComparison.Ordinal), cells[4].Replace("`", "", StringComparison.Ordinal))),
        ];
    }

    private static string Code(string cell) => cell.Trim('`');
}
