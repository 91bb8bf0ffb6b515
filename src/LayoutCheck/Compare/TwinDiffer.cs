using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>
/// Compares a struct or union that bindgen made for Rust with C's of the same name: the sizes, and the place and size of each member, by its path through
/// levels that have no name in C. Types are not compared: Rust has its own. What bindgen hides or adds is left out for a reason of <see cref="TwinSkip"/>.
/// </summary>
internal sealed class TwinDiffer
{
    private readonly RustAggregate _twin;
    private readonly Dictionary<string, FlatMember> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<TwinDifference> _differences = [];
    private readonly Dictionary<TwinSkip, int> _skipped = [];
    private readonly List<string> _hiddenBelow = [];
    private readonly List<(ulong From, ulong To)> _hiddenBits = [];
    private int _compared;

    private TwinDiffer(RustAggregate twin) => _twin = twin;

    /// <summary>Why the whole of a struct or union is not compared, whatever C has; null when it is.</summary>
    public static TwinSkip? SkipOf(RustAggregate twin)
    {
        ArgumentNullException.ThrowIfNull(twin);
        return Bindgen.IsHelper(twin.Name) ? TwinSkip.Helper
            : Bindgen.IsGenerated(twin.Name) ? TwinSkip.Generated
            : twin.ByteSize <= 1 && twin.Members.All(m => m.Name is "_unused" or "_address" or "_bindgen_opaque_blob" || IsMarker(m)) ? TwinSkip.Opaque
            : null;
    }

    /// <summary>Compares a twin with the definitions of its name in C: with the one that it equals, or else with the one that it is nearest to.</summary>
    /// <param name="twin">The twin; not one that is skipped.</param>
    /// <param name="definitions">The definitions; at least one.</param>
    public static TwinResult Compare(RustAggregate twin, ImmutableArray<TypeDefinition> definitions)
    {
        ArgumentNullException.ThrowIfNull(twin);
        return definitions.Select(d => new TwinDiffer(twin).Compare(d)).MinBy(r => r.Differences.Length)!;
    }

    private TwinResult Compare(TypeDefinition definition)
    {
        if (definition.Aggregate.ByteSize != _twin.ByteSize)
        {
            _differences.Add(new TwinDifference("", $"has {definition.Aggregate.ByteSize} bytes in C", $"{_twin.ByteSize} in Rust"));
        }

        // In Rust each of two members of one path has a holder of its own.
        foreach (FlatMember member in FlatMembers.Of(definition.Graph, definition.Aggregate, Normalising.UnnamedLevels, new HashSet<string>()))
        {
            _members.TryAdd(member.Path, member);
        }

        Compare(_twin, "", 0);
        foreach (FlatMember missing in _members.Values.Where(m => !_seen.Contains(m.Path)))
        {
            if (IsHidden(missing))
            {
                _skipped[TwinSkip.Hidden] = _skipped.GetValueOrDefault(TwinSkip.Hidden) + 1;
            }
            else
            {
                _differences.Add(new TwinDifference(missing.Path, $"is at {Place(missing.BitOffset)} in C", "not in Rust"));
            }
        }

        return new TwinResult(_twin, _compared, [.. _differences], _skipped.ToImmutableDictionary());
    }

    private void Compare(RustAggregate level, string prefix, ulong bitBase)
    {
        foreach (RustMember member in level.Members)
        {
            ulong offset = bitBase + member.BitOffset;
            if (SkipOf(member) is { } reason)
            {
                _skipped[reason] = _skipped.GetValueOrDefault(reason) + 1;
                if (reason == TwinSkip.UnionOfParts)
                {
                    _hiddenBelow.Add(prefix);
                }

                _hiddenBits.Add((offset, offset + ((member.ByteSize ?? 0) * 8)));
            }
            else if (Bindgen.IsUnnamed(member.Name) && member.Inner is { } unnamed)
            {
                Compare(unnamed, prefix, offset);
            }
            else
            {
                CompareNamed(member, prefix, offset);
            }
        }
    }

    private void CompareNamed(RustMember member, string prefix, ulong offset)
    {
        string path = prefix + member.Name;
        if (!_members.TryGetValue(path, out FlatMember? its) && Bindgen.Unescaped(member.Name) is { } unescaped)
        {
            path = prefix + unescaped;
            _members.TryGetValue(path, out its);
        }

        if (its is null)
        {
            _differences.Add(new TwinDifference(path, "is not in C", $"at {Place(offset)} in Rust"));
            return;
        }

        _seen.Add(path);
        _compared++;
        if (its.BitOffset != offset)
        {
            _differences.Add(new TwinDifference(path, $"is at {Place(its.BitOffset)} in C", $"at {Place(offset)} in Rust"));
        }
        else if (!Bindgen.IsUnionField(member.TypeName) && member.ByteSize is { } size && size * 8 != its.BitSize)
        {
            _differences.Add(new TwinDifference(path, $"has {Size(its.BitSize)} in C", $"{Size(size * 8)} in Rust"));
        }

        if (member.Inner is { } inner)
        {
            Compare(inner, member.IsArray ? $"{path}[]." : $"{path}.", offset);
        }
        else
        {
            // Its type has a name in Rust, or no bytes there: what C has in it is not a part of this struct.
            _hiddenBelow.Add($"{path}.");
            _hiddenBelow.Add($"{path}[].");
        }
    }

    // Why a member is not compared; null when it is.
    private static TwinSkip? SkipOf(RustMember member)
        => Bindgen.IsBitFieldUnit(member.TypeName) || IsNumbered(member.Name, "_bitfield_") || IsNumbered(member.Name, "_bitfield_align_") ? TwinSkip.BitFields
            : IsNumbered(member.Name, "__bindgen_padding_") || member.Name is "_bindgen_align" or "__bindgen_align" ? TwinSkip.Padding
            : member.Name is "_bindgen_opaque_blob" or "__bindgen_opaque_blob" ? TwinSkip.OpaqueBlob
            : member.Name is "bindgen_union_field" ? TwinSkip.UnionStorage
            : member.Name is "_address" or "_unused" || IsMarker(member) ? TwinSkip.Marker
            : Bindgen.IsUnnamed(member.Name) && (member.Inner is null || Bindgen.IsUnionField(member.TypeName)) ? TwinSkip.UnionOfParts
            : null;

    private static bool IsMarker(RustMember member) => member.TypeName?.StartsWith("PhantomData<", StringComparison.Ordinal) == true
        || member.TypeName?.StartsWith("PhantomPinned", StringComparison.Ordinal) == true || IsNumbered(member.Name, "_phantom_");

    private static bool IsNumbered(string name, string start)
        => name.Length > start.Length && name.StartsWith(start, StringComparison.Ordinal) && name.AsSpan(start.Length).IndexOfAnyExceptInRange('0', '9') < 0;

    // C's bit-fields, and what bindgen covers with bytes of its own because Rust cannot have it, or has in parts without bytes.
    private bool IsHidden(FlatMember member) => member.IsBitField
        || _hiddenBits.Exists(bits => bits.From <= member.BitOffset && member.EndBit <= bits.To)
        || _hiddenBelow.Exists(prefix => member.Path.StartsWith(prefix, StringComparison.Ordinal));

    private static string Place(ulong bitOffset) => bitOffset % 8 == 0 ? $"byte {bitOffset / 8}" : $"byte {bitOffset / 8} bit {bitOffset % 8}";

    private static string Size(ulong bits) => bits % 8 == 0 ? Core.Printable.Count(bits / 8, "byte") : Core.Printable.Count(bits, "bit");
}

/// <summary>A twin, compared with C's struct or union of its name.</summary>
/// <param name="Twin">The twin.</param>
/// <param name="MemberCount">The number of members that were compared.</param>
/// <param name="Differences">The differences; none when it agrees.</param>
/// <param name="Skipped">The members that were left out, by reason.</param>
public sealed record TwinResult(RustAggregate Twin, int MemberCount, ImmutableArray<TwinDifference> Differences, ImmutableDictionary<TwinSkip, int> Skipped);

/// <summary>A difference between a twin and C.</summary>
/// <param name="Path">The member, or empty for the whole.</param>
/// <param name="InC">What C has, as the rest of a sentence: <c>is at byte 8 in C</c>.</param>
/// <param name="InRust">What Rust has.</param>
public sealed record TwinDifference(string Path, string InC, string InRust);

/// <summary>Why a name or a member of Rust is not compared with C.</summary>
public enum TwinSkip
{
    /// <summary>A name: bindgen knows no members of it.</summary>
    Opaque,

    /// <summary>A name: C has none there, and it is compared as a part of others.</summary>
    Generated,

    /// <summary>A name: a struct that bindgen brings along.</summary>
    Helper,

    /// <summary>A name: no C unit of the image defines a struct or union of that name.</summary>
    NotInC,

    /// <summary>A name: C's definition cannot be read.</summary>
    Unreadable,

    /// <summary>A member: the storage of bit-fields.</summary>
    BitFields,

    /// <summary>A member: padding, or one that raises the alignment.</summary>
    Padding,

    /// <summary>A member: bytes in place of members that Rust cannot have.</summary>
    OpaqueBlob,

    /// <summary>A member: the bytes of a union that bindgen makes a struct of.</summary>
    UnionStorage,

    /// <summary>A member: an unnamed part of such a union, which has no bytes there.</summary>
    UnionOfParts,

    /// <summary>A member: a mark for Rust's compiler, without bytes.</summary>
    Marker,

    /// <summary>A member of C alone: a bit-field, or one on bytes that bindgen gives no name.</summary>
    Hidden,
}
