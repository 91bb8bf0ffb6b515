using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Types;

/// <summary>
/// Collects nodes for one <see cref="TypeGraph"/>, each after the nodes that it refers to. It bounds their unfolded size: a walk of a graph enters a struct
/// again at each place where it is embedded, so that a few records of a hostile image could unfold to more than any machine holds. A kernel's
/// largest structs have some ten thousand members, and a hundred characters a member. It also asserts of each struct the invariants of every struct of C:
/// damage that leaves the format whole most often breaks one of them.
/// </summary>
internal sealed class TypeGraphBuilder
{
    /// <summary>
    /// How long the name of a type or a member may be, in characters: what the kernel allows in its own BTF (KSYM_NAME_LEN, kernel/bpf/btf.c).
    /// </summary>
    public const int LongestName = 511;

    /// <summary>The problem of a member whose type is not defined.</summary>
    public const string OnlyDeclared = "has a type without a size: one that is only declared";

    /// <summary>How many members a struct may have, those of its members counted again at each place where they stand.</summary>
    public const long MostMembers = 1 << 17;

    /// <summary>How long the paths of all those members and the spellings of their types may be together, in characters.</summary>
    public const long MostText = 1 << 22;

    /// <summary>How long the spelling of one type may be, in characters.</summary>
    public const long MostSpelling = 1 << 16;

    private readonly List<TypeNode?> _nodes = [null];
    private readonly List<Extent> _extents = [new(0, 0, 4)];
    // sizeof in bits, null where C has none; and whether it is a struct or union with its members.
    private readonly List<(ulong? BitSize, bool IsAggregate)> _sizes = [(null, false)];
    private long _nameLength;

    /// <summary>Adds a node and returns its id. <see cref="Problem"/> tells whether the graph is too large now, or the node is no type of C.</summary>
    public TypeId Add(TypeNode node)
    {
        _nodes.Add(node);
        Extent extent = ExtentOf(node);
        _extents.Add(extent);
        _sizes.Add(SizeOf(node));
        Problem ??= extent.MemberCount > MostMembers ? $"a struct or union has more than {MostMembers} members, those of its members counted in"
            : extent.SpellingLength > MostSpelling ? $"a type takes more than {MostSpelling} characters to spell"
            : extent.TextLength > MostText ? $"the members of a struct or union take more than {MostText} characters to name"
            : node is AggregateType aggregate ? ImpossibleIn(aggregate)
            : node is EnumType { Enumerators: { } enumerators } type ? ImpossibleIn(type, enumerators)
            : null;
        return new TypeId(_nodes.Count - 1);
    }

    /// <summary>Why the graph cannot be built, in a clause: it is too large, or a struct is not one that C has. Null while nothing is wrong.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether <see cref="Problem"/> is a bit-field that a compiler recorded in a way that contradicts itself.</summary>
    public bool IsContradictory { get; private set; }

    /// <summary>The <see cref="TypeGraph.PlacesProblem"/> of the graph.</summary>
    public string? PlacesProblem { get; set; }

    /// <summary>Starts a new budget of names, for another struct or union; the graph may have several.</summary>
    public void BeginRoot() => _nameLength = 0;

    /// <summary>
    /// Charges a name that a node will have to the budget of its struct, and returns it. Callers charge as they read: the same bytes of an image can be a name
    /// a thousand times over.
    /// </summary>
    public string? ChargeName(string? name)
    {
        int length = name?.Length ?? 0;
        _nameLength += length;
        Problem ??= length > LongestName ? $"a name has more than {LongestName} characters"
            : _nameLength > MostText ? $"the names in a struct or union have more than {MostText} characters"
            : null;

        return name;
    }

    /// <summary>The node given so far, to look at while building.</summary>
    public TypeNode this[TypeId id] => _nodes[id.Index] ?? throw new InvalidOperationException($"type id {id.Index} has no node yet");

    /// <summary>A type given so far without its typedefs and qualifiers, as <see cref="TypeGraph.Strip(TypeId)"/> has it of a finished graph.</summary>
    public TypeId Strip(TypeId id)
    {
        while (_nodes[id.Index] is TypedefType or QualifiedType)
        {
            id = _nodes[id.Index] is TypedefType typedef ? typedef.Target : ((QualifiedType)_nodes[id.Index]!).Target;
        }

        return id;
    }

    /// <summary>sizeof in bytes of a type given so far; null where C has none.</summary>
    public ulong? ByteSizeOf(TypeId type) => _sizes[type.Index].BitSize / 8;

    /// <summary>The finished graph; the builder is not used afterwards.</summary>
    public TypeGraph Build() => new([.. _nodes]) { PlacesProblem = PlacesProblem };

    private Extent ExtentOf(TypeNode node)
    {
        // The length of a keyword, brackets or a number.
        const int Spare = 24;
        switch (node)
        {
            case BaseType type:
                return new Extent(0, 0, type.Name.Length);
            case EnumType type:
                return new Extent(0, 0, Length(type.Name) + Spare);
            case AggregateReference type:
                return new Extent(0, 0, Length(type.Name) + Spare);
            case PointerType type:
                return new Extent(0, 0, _extents[type.Target.Index].SpellingLength + 2);
            case TypedefType type:
                return _extents[type.Target.Index] with { SpellingLength = type.Name.Length };
            case QualifiedType type:
                Extent qualified = _extents[type.Target.Index];
                return qualified with { SpellingLength = qualified.SpellingLength + Spare };
            case ArrayType type:
                Extent element = _extents[type.Element.Index];
                return element with { SpellingLength = element.SpellingLength + Spare };
            case FunctionType type:
                long spelling = _extents[type.Return.Index].SpellingLength + Spare;
                foreach (TypeId parameter in type.Parameters)
                {
                    spelling = Math.Min(spelling + _extents[parameter.Index].SpellingLength + 2, long.MaxValue / 4);
                }

                return new Extent(0, 0, spelling);
            case AggregateType type:
                long members = 0;
                long text = 0;
                foreach (Member member in type.Members)
                {
                    Extent inner = _extents[member.Type.Index];
                    members += 1 + inner.MemberCount;
                    text += inner.TextLength + inner.SpellingLength + ((Length(member.Name) + 1) * (1 + inner.MemberCount));
                    if (members > MostMembers || text > MostText)
                    {
                        break;
                    }
                }

                return new Extent(members, text, Length(type.Name) + Spare);
            default:
                return default;
        }
    }

    private static long Length(string? name) => name?.Length ?? 0;

    private (ulong? BitSize, bool IsAggregate) SizeOf(TypeNode node)
    {
        switch (node)
        {
            case BaseType type:
                // DW_TAG_unspecified_type has no size, and C has no number without one.
                return (type.ByteSize == 0 ? null : type.ByteSize * 8, false);
            case PointerType type:
                return (type.ByteSize * 8, false);
            case EnumType type:
                return (type.ByteSize == 0 ? null : type.ByteSize * 8, false);
            case AggregateType type:
                return (type.ByteSize * 8, true);
            case TypedefType type:
                return _sizes[type.Target.Index];
            case QualifiedType type:
                return _sizes[type.Target.Index];
            case ArrayType type:
                UInt128? size = (type.Count ?? 0) * (UInt128?)_sizes[type.Element.Index].BitSize;
                return (size > ulong.MaxValue ? null : (ulong?)size, false);
            default:
                return (null, false);
        }
    }

    // C17 6.7.2.1: members have a complete type, those of a struct lie one behind the other, and none lies outside. A missing member leaves no trace. A
    // member that became another one lies over the next.
    private string? ImpossibleIn(AggregateType aggregate)
    {
        UInt128 end = 0;
        bool isSorted = true;
        foreach (Member member in aggregate.Members)
        {
            if (_sizes[member.Type.Index] is not ({ } typeSize, var isAggregate))
            {
                return $"its member {Called(member)} {OnlyDeclared}";
            }

            if (member.IsBitField && _nodes[Strip(member.Type).Index] is not (BaseType or EnumType))
            {
                return $"its member {Called(member)} is a bitfield of a type that is neither integer nor enumeration";
            }

            if (member.Name is null && !member.IsBitField && !isAggregate)
            {
                return "it has a member without a name that is no struct or union";
            }

            UInt128 memberEnd = (UInt128)member.BitOffset + (member.BitFieldSize ?? typeSize);
            if (memberEnd > (UInt128)aggregate.ByteSize * 8)
            {
                return $"its member {Called(member)} ends at bit {memberEnd}, and it has {Printable.Count(aggregate.ByteSize, "byte")}";
            }

            if (aggregate.Kind == AggregateKind.Union && member.BitOffset != 0)
            {
                return $"its member {Called(member)} lies at bit {member.BitOffset}, and all members of a union lie at its start";
            }

            isSorted &= member.BitOffset >= end;
            end = memberEnd;
        }

        return isSorted || aggregate.Kind == AggregateKind.Union ? null : Overlapping(aggregate);
    }

    // C17 6.7.2.2: an enumerator is declared once, and the type has room for all values.
    private static string? ImpossibleIn(EnumType type, ImmutableArray<Enumerator> enumerators)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        int bits = (int)Math.Min(type.ByteSize, sizeof(ulong)) * 8;
        foreach (Enumerator enumerator in enumerators)
        {
            if (!names.Add(enumerator.Name))
            {
                return $"it has two enumerators {enumerator.Name}";
            }

            if (enumerator.Value >= Int128.One << bits || enumerator.Value < -(Int128.One << (bits - 1)))
            {
                return $"its enumerator {enumerator.Name} is {enumerator.Value}, and it has {Printable.Count(type.ByteSize, "byte")}";
            }
        }

        return null;
    }

    // The randstruct plugin may leave the members of a struct in an order of its own.
    private string? Overlapping(AggregateType aggregate)
    {
        UInt128 end = 0;
        Member? last = null;
        foreach (Member member in aggregate.Members.OrderBy(m => m.BitOffset))
        {
            ulong size = member.BitFieldSize ?? _sizes[member.Type.Index].BitSize ?? 0;
            if (size > 0 && member.BitOffset < end)
            {
                IsContradictory = MayHaveLostWidth(last!, member) || MayHaveLostWidth(member, last!);
                return !IsContradictory ? $"its members {Called(last!)} and {Called(member)} lie over each other, and it is no union"
                    : $"the compiler's record of a bit-field is contradictory: members {Called(last!)} and {Called(member)} of "
                        + $"{TypeSpelling.Keyword(aggregate.Kind)} {aggregate.Name ?? "{...}"} lie over each other";
            }

            if (member.BitOffset + (UInt128)size >= end)
            {
                end = member.BitOffset + (UInt128)size;
                last = member;
            }
        }

        return null;
    }

    // Clang leaves out the width of a bit-field that is as wide as its type. Such a member looks like a plain one, but in a packed struct it starts at any bit.
    private bool MayHaveLostWidth(Member member, Member neighbour)
        => !member.IsBitField && neighbour.IsBitField && _nodes[Strip(member.Type).Index] is BaseType or EnumType;

    private static string Called(Member member) => member.Name ?? "without a name";

    private readonly record struct Extent(long MemberCount, long TextLength, long SpellingLength);
}
