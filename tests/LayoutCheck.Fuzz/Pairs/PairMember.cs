using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>A member of a generated type, at its path without the unnamed levels around it, where the compiler has put it.</summary>
/// <param name="Path">The path, as a comparison writes it: <c>m3[].m4</c>.</param>
/// <param name="Type">Its type in C.</param>
/// <param name="BitOffset">Where it starts, in bits from the start of the whole.</param>
/// <param name="BitSize">Its size in bits; 0 of a flexible array.</param>
/// <param name="Arms">The unnamed structs and unions that it lies in, outermost first; those of the member around it included.</param>
/// <param name="IsLeaf">Whether its members are not listed: its type has a name, or it is no struct.</param>
/// <param name="ProbePath">The path in C's designator syntax.</param>
internal sealed partial record PairMember(string Path, CType Type, ulong BitOffset, ulong BitSize, ImmutableArray<CAggregate> Arms, bool IsLeaf, string ProbePath)
{
    private static readonly string[] s_reserved = ["kabi_reserved", "android_kabi_reserved", "rh_reserved", "__kabi_reserved"];

    public ulong EndBit => BitOffset + BitSize;

    /// <summary>Whether its name says that it is there for later use.</summary>
    public bool IsReserved => s_reserved.Any(r => Path[(Path.LastIndexOf('.') + 1)..].StartsWith(r, StringComparison.Ordinal));

    /// <summary>Whether it has a struct or union with a tag by value, also as an element.</summary>
    public CAggregate? TaggedByValue => Innermost(Type).Bare is CAggregate { Tag: not null } aggregate ? aggregate : null;

    /// <summary>Lists the members of a type; null when the compiler was not asked for one of them.</summary>
    /// <param name="aggregate">The struct or union, which may lie within the whole.</param>
    /// <param name="judged">The places of the whole, by path.</param>
    /// <param name="probePrefix">The path of the struct or union in the whole with a dot; empty for the whole.</param>
    public static ImmutableArray<PairMember>? Flatten(CAggregate aggregate, IReadOnlyDictionary<string, Judged> judged, string probePrefix = "")
    {
        List<PairMember> members = [];
        return Add(members, aggregate, judged, "", probePrefix, []) ? [.. members] : null;
    }

    /// <summary>Whether two types are one after normalising; null when it is not for this judge to tell.</summary>
    public static bool? IsSameType(CType a, CType b, bool isMixed)
    {
        if (a is CTypedef one && b is CTypedef other && one.Name == other.Name)
        {
            return true;
        }

        if (a.Bare is CArray || b.Bare is CArray)
        {
            return a.Bare is not CArray || b.Bare is not CArray ? (a.Kind == CKind.Vector || b.Kind == CKind.Vector ? null : false)
                : Count(a) != Count(b) ? false : IsSameType(Innermost(a), Innermost(b), isMixed);
        }

        return (a.Bare, b.Bare) switch
        {
            (CAggregate x, CAggregate y) => x.IsUnion != y.IsUnion ? false
                : NameOf(a, x) is { } mine && NameOf(b, y) is { } its ? mine == its : NameOf(a, x) is null && NameOf(b, y) is null ? true : null,
            (CScalar x, CScalar y) => IsSameScalar(x, y, isMixed),
            _ => false,
        };
    }

    private static bool? IsSameScalar(CScalar a, CScalar b, bool isMixed)
    {
        if (a.Format == b.Format)
        {
            return true;
        }

        bool isByte = a is { Kind: CKind.Number, Estimate: 1 } && b is { Kind: CKind.Number, Estimate: 1 };
        return Meaning(a) is not { } mine || Meaning(b) is not { } its || (isByte && (isMixed || mine == "char" || its == "char")) ? null : mine == its && a.Kind == b.Kind;
    }

    private static string? Meaning(CScalar type)
        => PairScalars.MeaningOf(type) ?? (PointerToTag().Match(type.Format) is { Success: true } match ? "pointer to " + match.Groups[1].Value : null);

    [GeneratedRegex(@"^(?:const |volatile )?((?:struct|union) \w+) \*\{0\}$")]
    private static partial Regex PointerToTag();

    private static string? NameOf(CType type, CAggregate bare) => bare.Tag ?? (type as CTypedef)?.Name;

    private static CType Innermost(CType type) => type.Bare is CArray array ? Innermost(array.Element) : type;

    private static long Count(CType type) => type.Bare is CArray array ? (array.Count ?? 0) * Count(array.Element) : 1;

    private static bool Add(List<PairMember> members, CAggregate aggregate, IReadOnlyDictionary<string, Judged> judged, string prefix, string probePrefix, ImmutableArray<CAggregate> arms)
    {
        foreach (CMember member in aggregate.Members)
        {
            bool isWrapper = member.Name is { } wrapper && wrapper.StartsWith("__UNIQUE_ID_", StringComparison.Ordinal);
            if ((member.Name is null || isWrapper) && member.Type.Bare is CAggregate level)
            {
                if (!Add(members, level, judged, prefix, isWrapper ? $"{probePrefix}{member.Name}." : probePrefix, arms.Add(level)))
                {
                    return false;
                }
            }
            else if (member.Name is { } name)
            {
                CType innermost = Innermost(member.Type);
                string path = prefix + name;
                string probe = probePrefix + name;
                bool isLeaf = member.IsAtomic || innermost.Bare is not CAggregate { Tag: null };
                if (!judged.TryGetValue(probe, out Judged place))
                {
                    return false;
                }

                members.Add(new PairMember(path, member.Type, place.BitOffset, place.BitSize, arms, isLeaf, probe));
                if (!isLeaf && !Add(members, (CAggregate)innermost.Bare, judged, member.Type.Bare is CArray ? path + "[]." : path + ".", probe + FirstElement(member.Type) + ".",
                    arms.Add((CAggregate)innermost.Bare)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>The indices of the first element of an array; empty of another type.</summary>
    public static string FirstElement(CType type) => type.Bare is CArray array ? "[0]" + FirstElement(array.Element) : "";

    /// <summary>Its place for a message.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Path} @{BitOffset}+{BitSize} {Type.Declare("").Trim()}");
}
