using LayoutCheck.Compare;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The findings of a comparison of types: one for each type that differs.</summary>
internal static class ComparisonFindings
{
    // So many parts of a difference are told in a sentence.
    private const int MostInSentence = 4;

    private static readonly FindingRule s_sources = new("sources-agree", "The debug formats of the image agree")
    {
        What = "DWARF and BTF of one image describe every struct and union alike.",
        Why = "Programs that read one of the two see another kernel than programs that read the other.",
        Fix = "Compare the tools that wrote the two; --accept takes a file of differences that are right.",
        Pack = "compare",
    };

    private static readonly FindingRule s_module = new("module-agrees", "The module agrees with its kernel")
    {
        What = "Every struct and union that the module and the kernel define lies the same in both.",
        Why = "A module that was built for another kernel reads and writes the wrong bytes.",
        Fix = "Build the module against the headers and the configuration of the kernel that loads it.",
        Pack = "compare",
    };

    /// <summary>The findings of a check's comparison with another description.</summary>
    public static FindingGroup Of(Agreement agreement)
    {
        ChangeClass weight = agreement.Kind == AgreementKind.Sources ? ChangeClass.Compatible : ChangeClass.Layout;
        FindingRule rule = agreement.Kind == AgreementKind.Sources ? s_sources : s_module;
        Finding[] types = [.. Of(agreement.Types, weight)];
        FindingLevel whole = agreement.ExitCode switch
        {
            ExitCode.Violated => FindingLevel.Violated,
            ExitCode.Undecided => FindingLevel.Undecided,
            _ => FindingLevel.Passed,
        };

        // The whole has a finding of its own where no type tells its outcome.
        return new FindingGroup(rule, types.Any(t => t.Level == whole) ? [.. types] : [Finding.Of("all types", whole, agreement.Headline()), .. types]);
    }

    /// <summary>A finding for each type that differs, the causes first.</summary>
    /// <param name="types">The comparison.</param>
    /// <param name="weight">The least weight that counts; null when none does.</param>
    public static IEnumerable<Finding> Of(Comparison types, ChangeClass? weight)
        => types.Different.OrderBy(t => !t.Causes.IsEmpty).ThenByDescending(t => t.Most).SelectMany(t => Of(t, weight));

    private static IEnumerable<Finding> Of(TypeVerdict verdict, ChangeClass? weight)
    {
        string name = verdict.Name.ToString();
        FindingLevel level = weight is not { } least ? verdict.Problem is null ? FindingLevel.Note : FindingLevel.Warning
            : verdict.IsOpen(least) ? FindingLevel.Undecided
            : verdict.Least >= least ? FindingLevel.Violated
            : FindingLevel.Note;
        string[] rows = [.. verdict.Pairs.SelectMany(p => Rows(p.Changes)).Distinct()];
        string follows = verdict.Causes.IsEmpty ? "" : $"follows from {string.Join(", ", verdict.Causes.Take(MostInSentence))}{(verdict.Causes.Length > MostInSentence ? ", ..." : "")}";
        string told = string.Join("; ", rows.Take(MostInSentence)) + (rows.Length > MostInSentence ? $"; and {rows.Length - MostInSentence} more" : "");
        yield return Finding.Of(name, level, $"{name}: {verdict.Problem ?? (follows.Length > 0 ? follows : told.Length > 0 ? told : "its definitions differ")}") with
        {
            Subjects = [Printable.Escape(name), .. verdict.Pairs.SelectMany(p => p.Changes.Changes).Where(c => c.Under is null).Select(c => Printable.Escape(c.Path)).Distinct()],
            Rows = [.. rows],
        };
    }

    // Rows of text: they are escaped.
    private static IEnumerable<string> Rows(TypeChanges changes)
    {
        if (changes.Old.ByteSize != changes.New.ByteSize)
        {
            yield return $"size {changes.Old.ByteSize} -> {changes.New.ByteSize}";
        }

        if (changes.IsRealigned)
        {
            yield return $"alignment {changes.Old.Alignment} -> {changes.New.Alignment}";
        }

        foreach (DiffRow row in DiffRow.Of(changes))
        {
            yield return $"{(row.Place.Length > 0 ? $"byte {row.Place}: " : "")}{row.What}{(row.Detail.Length > 0 ? $" ({row.Detail})" : "")}";
        }
    }
}
