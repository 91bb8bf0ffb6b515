using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>The word for what became of a member. None of them says "renamed": debug information cannot prove it.</summary>
public enum ChangeWord
{
    /// <summary>Same path and size, another place, the same order among the other members.</summary>
    Moved,

    /// <summary>Same path, another size.</summary>
    Resized,

    /// <summary>Same path, place and size, another type.</summary>
    Retyped,

    /// <summary>One member is gone and another lies on the same bits, in the same arm of a union, with the same type; or both are pointers.</summary>
    GivesWayTo,

    /// <summary>New on bits that belonged to no member, or to a field reserved for later use, and nothing else moved.</summary>
    Filled,

    /// <summary>Same path, another place among the other members: of all members, the fewest are named so.</summary>
    Reordered,

    /// <summary>Gone.</summary>
    Removed,

    /// <summary>New.</summary>
    Added,
}

/// <summary>The weight of a difference. The order is that of <c>--fail-on</c>: each weight counts the ones above it too.</summary>
public enum ChangeClass
{
    /// <summary>No difference.</summary>
    None,

    /// <summary>A user of the old layout finds all of it in the new one.</summary>
    Compatible,

    /// <summary>A member of another name is on the same bits.</summary>
    Name,

    /// <summary>A member has another type at the same place.</summary>
    Type,

    /// <summary>A size, an alignment, a place or the set of members differs.</summary>
    Layout,
}

/// <summary>The words for weights.</summary>
public static class ChangeClasses
{
    // From the heaviest on; never is no weight.
    private static readonly (string Word, ChangeClass? Least)[] s_failOn =
        [("layout", ChangeClass.Layout), ("type", ChangeClass.Type), ("name", ChangeClass.Name), ("any", ChangeClass.Compatible), ("never", null)];

    /// <summary>The words of <c>--fail-on</c>, the default first.</summary>
    public static ImmutableArray<string> FailOnWords { get; } = [.. s_failOn.Select(w => w.Word)];

    /// <summary>The least weight that counts under a word of <c>--fail-on</c>; null when none does.</summary>
    public static ChangeClass? FailOn(string word) => Array.Find(s_failOn, w => w.Word == word).Least;

    /// <summary>The word of <c>--fail-on</c> for a least weight, or for none.</summary>
    public static string FailOnWord(ChangeClass? least) => Array.Find(s_failOn, w => w.Least == least).Word;

    /// <summary>The word for a weight itself: <c>compatible</c>, <c>same</c> for none.</summary>
    public static string Word(this ChangeClass weight) => weight switch
    {
        ChangeClass.None => "same",
        ChangeClass.Compatible => "compatible",
        _ => FailOnWord(weight),
    };
}

/// <summary>One member of one of two definitions, as far as it is compared.</summary>
/// <param name="Path">Its path; unnamed structs and unions are no part of it, <c>[]</c> stands for each element of an array.</param>
/// <param name="BitOffset">Bits from the start of the whole type; of members of array elements, in the first element.</param>
/// <param name="BitSize">Its width in bits; 0 for an array without a length.</param>
/// <param name="IsBitField">Whether it is a bit-field.</param>
/// <param name="Type">Its type in C's spelling.</param>
public sealed record MemberAt(string Path, ulong BitOffset, ulong BitSize, bool IsBitField, string Type);

/// <summary>What became of one member.</summary>
/// <param name="Word">The word for it.</param>
/// <param name="Old">The member in the old definition; null when it is new. Of a filled one, the reserved field that is gone.</param>
/// <param name="New">The member in the new definition; null when it is gone.</param>
public sealed record MemberChange(ChangeWord Word, MemberAt? Old, MemberAt? New)
{
    /// <summary>Its weight; <see cref="ChangeClass.None"/> when it follows from the change of <see cref="Under"/>.</summary>
    public ChangeClass Class { get; init; }

    /// <summary>The member whose own change brings this one about, when this one is a part of it; else null.</summary>
    public string? Under { get; init; }

    /// <summary>Whether the type differs, whatever the word is.</summary>
    public bool IsRetyped { get; init; }

    /// <summary>The struct or union that it has by value and that changed inside: the cause of another size. Else null.</summary>
    public TypeName? Inside { get; init; }

    /// <summary>Whether it is a struct or union without a name of its own, whose members are listed too.</summary>
    public bool HasParts { get; init; }

    /// <summary>Of a filled member, the name for the bits that it took: a hole, padding, or the path of a reserved field.</summary>
    public string? Took { get; init; }

    /// <summary>The members of the new definition that share bits with an added one, those that are in the old one alone left out.</summary>
    public ImmutableArray<string> Beside { get; init; } = [];

    /// <summary>Of a removed or added member, the number of the unnamed struct or union that declares it, in its definition; -1 at the top level.</summary>
    public int Arm { get; init; } = -1;

    /// <summary>The path in the definition that has it, the old one first.</summary>
    public string Path => (Old is not null && Word != ChangeWord.Filled ? Old : New)!.Path;

    /// <summary>How far it moved, in bits; null when it is in one definition only.</summary>
    public Int128? BitDelta => Old is not null && New is not null && Word != ChangeWord.Filled ? (Int128)New.BitOffset - Old.BitOffset : null;
}

/// <summary>A member whose struct or union, the same by name, changed inside.</summary>
/// <param name="Path">The path of the member in the new definition.</param>
/// <param name="Type">The struct or union.</param>
/// <param name="Class">The weight of what changed in it, at any depth.</param>
public sealed record InnerChange(string Path, TypeName Type, ChangeClass Class);

/// <summary>A whole struct or union in one of two definitions.</summary>
/// <param name="ByteSize">Its size in bytes.</param>
/// <param name="Alignment">Its effective alignment in bytes: the larger of the declared and the natural one; null when it is not told.</param>
public sealed record WholeAt(ulong ByteSize, ulong? Alignment);

/// <summary>All differences between two definitions of one name. It refers to no graph and no image.</summary>
/// <param name="Name">The name.</param>
/// <param name="Old">The whole in the old definition.</param>
/// <param name="New">The whole in the new definition.</param>
/// <param name="Changes">The changed members, by their place in the new definition and, where they are gone, in the old one.</param>
/// <param name="Inner">The members that changed inside, of those that are in both.</param>
public sealed record TypeChanges(TypeName Name, WholeAt Old, WholeAt New, ImmutableArray<MemberChange> Changes, ImmutableArray<InnerChange> Inner)
{
    /// <summary>Whether the alignments differ, as far as both are told.</summary>
    public bool IsRealigned => Old.Alignment is { } old && New.Alignment is { } now && old != now;

    /// <summary>The weight of its own changes, those inside of its members' types apart.</summary>
    public ChangeClass OwnClass { get; init; }

    /// <summary>The weight of all changes.</summary>
    public ChangeClass Class => Inner.Aggregate(OwnClass, (most, inner) => inner.Class > most ? inner.Class : most);

    /// <summary>How many members have a type that differs in the signedness of <c>char</c> alone, at any depth behind pointers and arrays.</summary>
    public int CharMembers { get; init; }

    /// <summary>
    /// Whether the declaration is the same, and all changes follow from those inside of the types that it has by value: other sizes of these, the places
    /// behind them, and the size and alignment of the whole.
    /// </summary>
    public bool IsFollowUp => !Inner.IsEmpty
        && Changes.All(c => c.Class == ChangeClass.None || c.Word == ChangeWord.Moved || (c.Word == ChangeWord.Resized && (c.Inside is not null || c.HasParts) && !c.IsRetyped));
}

/// <summary>A definition to compare.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="Source">The debug format that it comes from.</param>
/// <param name="Scalars">The largest alignment of a number on its target.</param>
public readonly record struct ComparedDefinition(TypeDefinition Definition, SourceKind Source, ScalarAlignment Scalars);
