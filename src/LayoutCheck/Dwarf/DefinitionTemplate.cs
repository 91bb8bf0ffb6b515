using System.Text;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf;

/// <summary>
/// A definition laid out flat for <see cref="DefinitionMatcher"/>: what <see cref="DefinitionEquality"/> compares of it, and nothing
/// else. Remembers the .debug_str offsets that its names were last found at, so it serves one thread.
/// </summary>
internal sealed class DefinitionTemplate
{
    /// <summary>What a node is; the matcher refuses what has no entry here, and the slow path decides.</summary>
    internal enum NodeKind : byte
    {
        Other,
        Void,
        Base,
        Enum,
        Pointer,
        Array,
        Aggregate,
        Reference,
        Function,
    }

    /// <summary>One type; typedefs and qualifiers are gone.</summary>
    internal struct Node
    {
        public NodeKind Kind;
        public BaseEncoding Encoding;
        public DwTag Tag;
        public bool HasCount;
        public bool HasAlignment;
        public Name Name;
        public ulong ByteSize;
        public ulong Alignment;
        public ulong Count;
        public int Target;
        public int FirstMember;
        public int MemberCount;
    }

    /// <summary>One member of an aggregate.</summary>
    internal struct MemberNode
    {
        public Name Name;
        public ulong BitOffset;
        public ulong BitFieldSize;
        public ulong Alignment;
        public bool IsBitField;
        public bool HasAlignment;
        public int Type;
    }

    /// <summary>A name, and the offset in .debug_str where it was last seen to stand. No bytes = no name.</summary>
    internal struct Name
    {
        public byte[]? Bytes;
        public ulong SeenAt;
    }

    private static int s_count;

    private readonly TypeGraph _graph;
    private readonly Dictionary<TypeId, int> _known = [];
    private readonly List<Node> _nodes = [];
    private readonly List<MemberNode> _members = [];

    public DefinitionTemplate(TypeGraph graph, TypeId root)
    {
        _graph = graph;
        Root = NodeOf(root);
        Nodes = [.. _nodes];
        Members = [.. _members];
    }

    /// <summary>What tells it from others: none has 0, and none has another's.</summary>
    public int Number { get; } = Interlocked.Increment(ref s_count);

    /// <summary>The types.</summary>
    public Node[] Nodes { get; }

    /// <summary>The members of all aggregates, each aggregate's together.</summary>
    public MemberNode[] Members { get; }

    /// <summary>The index of the struct or union itself.</summary>
    public int Root { get; }

    private int NodeOf(TypeId type)
    {
        type = _graph.Strip(type);
        if (_known.TryGetValue(type, out int known))
        {
            return known;
        }

        int index = _nodes.Count;
        _known.Add(type, index);
        _nodes.Add(default);
        _nodes[index] = Flatten(type);
        return index;
    }

    private Node Flatten(TypeId type)
    {
        switch (type == TypeId.Void ? null : _graph[type])
        {
            case null:
                return new Node { Kind = NodeKind.Void };
            case BaseType node:
                return new Node { Kind = NodeKind.Base, ByteSize = node.ByteSize, Encoding = node.Encoding };
            case EnumType node:
                return new Node { Kind = NodeKind.Enum, ByteSize = node.ByteSize, Name = NameOf(node.Name) };
            case PointerType node:
                return new Node { Kind = NodeKind.Pointer, ByteSize = node.ByteSize, Target = NodeOf(node.Target) };
            case ArrayType node:
                return new Node { Kind = NodeKind.Array, HasCount = node.Count is not null, Count = node.Count ?? 0, Target = NodeOf(node.Element) };
            case AggregateReference node:
                return new Node { Kind = NodeKind.Reference, Tag = TagOf(node.Kind), Name = NameOf(node.Name) };
            case FunctionType:
                return new Node { Kind = NodeKind.Function };
            case AggregateType node:
                MemberNode[] members = new MemberNode[node.Members.Length];
                for (int i = 0; i < members.Length; i++)
                {
                    Member member = node.Members[i];
                    members[i] = new MemberNode
                    {
                        Name = NameOf(member.Name),
                        BitOffset = member.BitOffset,
                        IsBitField = member.IsBitField,
                        BitFieldSize = member.BitFieldSize ?? 0,
                        HasAlignment = member.Alignment is not null,
                        Alignment = member.Alignment ?? 0,
                        Type = NodeOf(member.Type),
                    };
                }

                int first = _members.Count;
                _members.AddRange(members);
                return new Node
                {
                    Kind = NodeKind.Aggregate,
                    Tag = TagOf(node.Kind),
                    Name = NameOf(node.Name),
                    ByteSize = node.ByteSize,
                    HasAlignment = node.Alignment is not null,
                    Alignment = node.Alignment ?? 0,
                    FirstMember = first,
                    MemberCount = members.Length,
                };
            default:
                return new Node { Kind = NodeKind.Other };
        }
    }

    private static DwTag TagOf(AggregateKind kind) => kind == AggregateKind.Union ? DwTag.DW_TAG_union_type : DwTag.DW_TAG_structure_type;

    private static Name NameOf(string? name) => new() { Bytes = name is null ? null : Encoding.UTF8.GetBytes(name), SeenAt = ulong.MaxValue };
}
