using System.Collections.Immutable;
using System.Text;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// The types of all templates of a thread, interned: equal types have one node, whichever definitions they belong to. struct folio contains a struct page,
/// and half the structs of a kernel a list_head, so that an equality found for one template holds for the others. Holds the last .debug_str offset of each
/// name, so that it serves one thread.
/// </summary>
internal sealed class InternedTypes
{
    /// <summary>The kind of a node. <see cref="Other"/> never matches, which leaves the type to the slow path.</summary>
    internal enum NodeKind : byte
    {
        Other,
        Void,
        Base,
        Enum,

        /// <summary>An enumeration with its enumerators: members whose offset is the value.</summary>
        Enumerators,
        Pointer,
        Array,
        Aggregate,
        Reference,
        Function,
    }

    /// <summary>One type, without typedefs and qualifiers.</summary>
    internal record struct Node
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
    internal record struct MemberNode
    {
        public Name Name;
        public ulong BitOffset;
        public ulong BitFieldSize;
        public ulong Alignment;
        public bool IsBitField;
        public bool HasAlignment;
        public int Type;
    }

    /// <summary>A name, and its last offset in .debug_str. No bytes mean no name.</summary>
    internal record struct Name
    {
        public byte[]? Bytes;
        public ulong LastStringOffset;
    }

    private readonly Dictionary<(Node Node, string? Name, int Members), int> _known = [];
    private readonly Dictionary<(MemberNode Member, string? Name, int Before), int> _memberLists = [];
    private readonly List<(MemberNode Member, int Before)> _lists = [default];
    private Node[] _nodes = new Node[64];
    private MemberNode[] _members = new MemberNode[64];
    private int _count;
    private int _memberCount;

    /// <summary>The types, by index. Valid until more are added.</summary>
    public Node[] Nodes => _nodes;

    /// <summary>The members of all aggregates; those of one aggregate are contiguous. Valid until more are added.</summary>
    public MemberNode[] Members => _members;

    /// <summary>Adds a type and all of its parts that are new; returns its index.</summary>
    public int Add(TypeGraph graph, TypeId type) => Add(graph, type, []);

    private int Add(TypeGraph graph, TypeId type, Dictionary<TypeId, int> met)
    {
        type = graph.Strip(type);
        if (met.TryGetValue(type, out int known))
        {
            return known;
        }

        int index = Flatten(graph, type, met);
        met.Add(type, index);
        return index;
    }

    private int Flatten(TypeGraph graph, TypeId type, Dictionary<TypeId, int> met)
    {
        switch (type == TypeId.Void ? null : graph[type])
        {
            case null:
                return Intern(new Node { Kind = NodeKind.Void });
            case BaseType node:
                return Intern(new Node { Kind = NodeKind.Base, ByteSize = node.ByteSize, Encoding = node.Encoding });
            case EnumType { Enumerators: { } enumerators } node:
                return Enumeration(node, enumerators);
            case EnumType node:
                return Intern(new Node { Kind = NodeKind.Enum, ByteSize = node.ByteSize }, node.Name);
            case PointerType node:
                return Intern(new Node { Kind = NodeKind.Pointer, ByteSize = node.ByteSize, Target = Add(graph, node.Target, met) });
            case ArrayType node:
                int element = Add(graph, node.Element, met);
                return Intern(new Node { Kind = NodeKind.Array, HasCount = node.Count is not null, Count = node.Count ?? 0, Target = element });
            case AggregateReference node:
                return Intern(new Node { Kind = NodeKind.Reference, Tag = TagOf(node.Kind) }, node.Name);
            case FunctionType:
                return Intern(new Node { Kind = NodeKind.Function });
            case AggregateType node:
                int members = 0;
                foreach (Member member in node.Members)
                {
                    members = InternMemberList(
                        new MemberNode
                        {
                            BitOffset = member.BitOffset,
                            IsBitField = member.IsBitField,
                            BitFieldSize = member.BitFieldSize ?? 0,
                            HasAlignment = member.Alignment is not null,
                            Alignment = member.Alignment ?? 0,
                            Type = Add(graph, member.Type, met),
                        },
                        member.Name,
                        members);
                }

                return Intern(
                    new Node
                    {
                        Kind = NodeKind.Aggregate,
                        Tag = TagOf(node.Kind),
                        ByteSize = node.ByteSize,
                        HasAlignment = node.Alignment is not null,
                        Alignment = node.Alignment ?? 0,
                        MemberCount = node.Members.Length,
                    },
                    node.Name,
                    members);
            default:
                return Intern(new Node { Kind = NodeKind.Other });
        }
    }

    // Values that a form or the sign of the type could change are left to the slow path.
    private int Enumeration(EnumType node, ImmutableArray<Enumerator> enumerators)
    {
        Int128 largest = (Int128.One << (int)Math.Min((node.ByteSize * 8) - 1, 63)) - 1;
        if (node.ByteSize == 0 || enumerators.Any(e => e.Value < 0 || e.Value > largest))
        {
            return Intern(new Node { Kind = NodeKind.Other });
        }

        int list = 0;
        foreach (Enumerator enumerator in enumerators)
        {
            list = InternMemberList(new MemberNode { BitOffset = (ulong)enumerator.Value }, enumerator.Name, list);
        }

        return Intern(new Node { Kind = NodeKind.Enumerators, ByteSize = node.ByteSize, MemberCount = enumerators.Length }, node.Name, list);
    }

    // The index of a type; the node comes without its name and members.
    private int Intern(Node node, string? name = null, int members = 0)
    {
        if (!_known.TryGetValue((node, name, members), out int index))
        {
            index = _count++;
            _known.Add((node, name, members), index);
            if (index == _nodes.Length)
            {
                Array.Resize(ref _nodes, index * 2);
            }

            _nodes[index] = node with { Name = NameOf(name), FirstMember = AddMembers(members, node.MemberCount) };
        }

        return index;
    }

    // A list of members is identified by its last member and the list before that; 0 is the empty list.
    private int InternMemberList(MemberNode member, string? name, int before)
    {
        if (!_memberLists.TryGetValue((member, name, before), out int index))
        {
            index = _lists.Count;
            _memberLists.Add((member, name, before), index);
            _lists.Add((member with { Name = NameOf(name) }, before));
        }

        return index;
    }

    private int AddMembers(int list, int count)
    {
        int first = _memberCount;
        _memberCount += count;
        if (_memberCount > _members.Length)
        {
            Array.Resize(ref _members, Math.Max(_memberCount, _members.Length * 2));
        }

        for (int at = _memberCount - 1; list != 0; at--)
        {
            (_members[at], list) = _lists[list];
        }

        return first;
    }

    private static DwTag TagOf(AggregateKind kind) => kind == AggregateKind.Union ? DwTag.DW_TAG_union_type : DwTag.DW_TAG_structure_type;

    private static Name NameOf(string? name) => new() { Bytes = name is null ? null : Encoding.UTF8.GetBytes(name), LastStringOffset = ulong.MaxValue };
}
