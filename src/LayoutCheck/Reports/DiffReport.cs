using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>What <c>diff</c> found between two images.</summary>
/// <param name="Old">The old image.</param>
/// <param name="New">The new image.</param>
/// <param name="Types">The comparison of their types.</param>
/// <param name="FailOn">The least weight of a difference that counts; null when none does.</param>
public sealed record DiffReport(ComparedImage Old, ComparedImage New, Comparison Types, ChangeClass? FailOn) : Report
{
    /// <inheritdoc/>
    public override string Name => "diff";

    /// <summary>The program's version.</summary>
    public string Version { get; init; } = RunInfo.LibraryVersion;

    /// <summary>The types that were asked for; empty for all.</summary>
    public ImmutableArray<TypeName> Asked => Types.Asked;

    /// <summary>The types that were asked for and that neither image defines.</summary>
    public ImmutableArray<TypeName> Missing { get; init; } = [];

    /// <summary>The rules whose outcomes differ.</summary>
    public ImmutableArray<RuleChange> Rules { get; init; } = [];

    /// <summary>The symbols that reach the changed types; null when none were named.</summary>
    public Reach? Reach { get; init; }

    /// <summary>The histories of the members that are named.</summary>
    public ImmutableArray<QuotedHistory> Histories { get; init; } = [];

    /// <summary>The most types that text shows with their members; 0 for all.</summary>
    public int Limit { get; init; }

    /// <inheritdoc/>
    public override ExitCode ExitCode => FailOn is not { } weight ? (Missing.IsEmpty ? ExitCode.Holds : ExitCode.Undecided)
        : Types.Different.Any(t => t.Problem is null && t.Least >= weight) || IsAskedGone ? ExitCode.Violated
        : !Missing.IsEmpty || Types.Different.Any(t => t.IsOpen(weight)) ? ExitCode.Undecided
        : ExitCode.Holds;

    /// <summary>Whether a type that was asked for by its name is in one image alone.</summary>
    private bool IsAskedGone => !Asked.IsEmpty && Types.OnlyOld.Length + Types.OnlyNew.Length > 0;

    /// <summary>The word of <c>--fail-on</c>.</summary>
    public string FailOnWord => ChangeClasses.FailOnWord(FailOn);

    /// <summary>The first line: the two kernels, and the verdict.</summary>
    public string Headline()
    {
        int open = Types.Different.Count(t => FailOn is { } weight ? t.IsOpen(weight) : t.Problem is not null);
        int differing = Types.Different.Count(t => t.Problem is null && t.Most > ChangeClass.Compatible);
        int compatible = Types.Different.Count(t => t.Problem is null && t.Most == ChangeClass.Compatible);
        string compared = Printable.Count((ulong)Types.ComparedCount, "type");
        List<string> parts = [];
        if (differing > 0)
        {
            parts.Add($"{differing} of {compared} {(differing == 1 ? "differs" : "differ")}");
        }

        if (compatible > 0)
        {
            parts.Add($"{compatible} changed compatibly");
        }

        if (!Types.Accepted.IsEmpty)
        {
            parts.Add($"{Types.Accepted.Length} {(Types.Accepted.Length == 1 ? "differs" : "differ")} as accepted");
        }

        if (open > 0)
        {
            parts.Add($"{open} cannot be told");
        }

        int gone = Asked.IsEmpty ? 0 : Types.OnlyOld.Length + Types.OnlyNew.Length;
        if (gone > 0)
        {
            parts.Add($"{gone} {(gone == 1 ? "is" : "are")} in one image only");
        }

        if (!Missing.IsEmpty)
        {
            parts.Add($"{Missing.Length} {(Missing.Length == 1 ? "is" : "are")} in neither");
        }

        string verdict = parts.Count > 0 ? string.Join(", ", parts)
            : Types.ComparedCount == 0 ? "no type is in both"
            : $"{compared}, all the same";
        verdict += ExitCode == ExitCode.Holds && differing > 0 ? $"; none in what counts (--fail-on {FailOnWord})" : "";
        return $"{Old.Label} -> {New.Label}: {verdict}";
    }
}

/// <summary>One of two images that are compared.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Image">The facts that it tells of itself; null when they were not read.</param>
/// <param name="Source">The debug format that its types come from.</param>
public sealed record ComparedImage(string File, ImageFacts? Image, SourceKind Source)
{
    /// <summary>Remarks on its files for a person, a line each.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    /// <summary>The files that the answer rests on.</summary>
    public ImmutableArray<InputFile> Files { get; init; } = [];

    /// <summary>The release, or the file's name where it has none.</summary>
    public string Release => Image?.Release ?? Path.GetFileName(File);

    /// <summary>The release for people; with the format when <see cref="TellsSource"/>.</summary>
    public string Label => TellsSource ? $"{Release} ({SourceName})" : Release;

    /// <summary>The format for people.</summary>
    public string SourceName => Source == SourceKind.Dwarf ? "DWARF" : "BTF";

    /// <summary>Whether the label names the format, since that of the other image is another one.</summary>
    public bool TellsSource { get; init; }
}

/// <summary>A rule whose outcome differs between two images.</summary>
/// <param name="Id">The rule.</param>
/// <param name="Title">Its title.</param>
/// <param name="Old">The outcome in the old image.</param>
/// <param name="New">The outcome in the new one.</param>
/// <param name="Reason">The reason for the new outcome; null when there is none.</param>
public sealed record RuleChange(string Id, string Title, Outcome Old, Outcome New, string? Reason);

/// <summary>The history of a member that a comparison names.</summary>
/// <param name="Type">The struct.</param>
/// <param name="Member">The member.</param>
/// <param name="Sentence">The history, with what to write instead.</param>
public sealed record QuotedHistory(TypeName Type, string Member, string Sentence);
