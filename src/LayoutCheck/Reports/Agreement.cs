using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The other description that the types of a checked image are compared with.</summary>
public enum AgreementKind
{
    /// <summary>The other debug format of the same image.</summary>
    Sources,

    /// <summary>The kernel that a module is to be loaded into.</summary>
    Against,
}

/// <summary>Whether the types of an image agree with another description of them, in all that a layout depends on.</summary>
/// <param name="Kind">The other description.</param>
/// <param name="Old">The checked image.</param>
/// <param name="New">The other description.</param>
/// <param name="Types">The comparison.</param>
public sealed record Agreement(AgreementKind Kind, ComparedImage Old, ComparedImage New, Comparison Types)
{
    /// <summary>Whether the image's BTF goes on from that of the very kernel: all types that it does not define itself are the kernel's.</summary>
    public bool ContinuesItsBtf { get; init; }

    /// <summary>The histories of the members that are named.</summary>
    public ImmutableArray<QuotedHistory> Histories { get; init; } = [];

    /// <summary>The most types that text shows with their members; 0 for all.</summary>
    public int Limit { get; init; }

    // Two formats of one build differ in nothing. A module uses places, sizes and names, so that another type at the same place does it no harm.
    private ChangeClass FailOn => Kind == AgreementKind.Sources ? ChangeClass.Compatible : ChangeClass.Layout;

    /// <summary>The outcome.</summary>
    public ExitCode ExitCode => Types.Different.Any(t => t.Problem is null && t.Least >= FailOn) ? ExitCode.Violated
        : Types.Different.Any(t => t.IsOpen(FailOn)) || (Types.ComparedCount == 0 && !ContinuesItsBtf) ? ExitCode.Undecided
        : ExitCode.Holds;

    /// <summary>The outcome in a clause.</summary>
    public string Headline()
    {
        int differing = Types.Different.Count(t => t.Problem is null && t.Least >= FailOn);
        int open = Types.Different.Count(t => t.IsOpen(FailOn));
        int harmless = Types.Different.Length - differing - open;
        string other = Kind == AgreementKind.Sources ? New.SourceName : New.Label;
        string rest = (open > 0 ? $", {open} cannot be told" : "") + (harmless > 0 ? $", {harmless} changed without moving anything" : "")
            + (Types.Accepted.Length > 0 ? $", {Types.Accepted.Length} differ as accepted" : "");
        return Types.ComparedCount == 0 ? ContinuesItsBtf ? $"its types are those of {other}, whose BTF it goes on from" : $"no type of it is in {other}: nothing was compared"
            : differing > 0 ? $"{differing} of {Printable.Count((ulong)Types.ComparedCount, "type")} {(differing == 1 ? "differs" : "differ")} from {other}{rest}"
            : open > 0 ? $"{open} of {Printable.Count((ulong)Types.ComparedCount, "type")} cannot be compared with {other}"
            : $"{Printable.Count((ulong)(Types.ComparedCount - Types.Accepted.Length - Types.Different.Length), "type")} {(Types.ComparedCount == 1 ? "agrees" : "agree")} with {other}{rest}"
                + (ContinuesItsBtf ? ", whose BTF it goes on from" : "");
    }

    /// <summary>The members that one side has alone, in the order of the types.</summary>
    public IEnumerable<Guard> Guards() => Types.Different.SelectMany(t => t.Pairs.SelectMany(p => p.Changes.Changes).Where(c => c.Under is null).SelectMany(c => Of(t.Name.Name, c)));

    private static IEnumerable<Guard> Of(string type, MemberChange change)
    {
        string? gone = change.Word is ChangeWord.Removed or ChangeWord.GivesWayTo ? $"{type}.{change.Old!.Path}" : null;
        string? added = change.Word is ChangeWord.Added or ChangeWord.Filled or ChangeWord.GivesWayTo ? $"{type}.{change.New!.Path}" : null;
        if (gone is not null)
        {
            yield return new Guard(gone, true, added);
        }

        if (added is not null)
        {
            yield return new Guard(added, false, gone);
        }
    }
}

/// <summary>A member that one of two descriptions has alone: source code for both has to ask before it uses it.</summary>
/// <param name="Member">The member, by its type's name and path.</param>
/// <param name="IsOld">Whether the old side has it.</param>
/// <param name="Instead">The member that is on the same bits in the other; or null.</param>
public sealed record Guard(string Member, bool IsOld, string? Instead);
