using System.Text;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// The hash of a definition that was built: the specification of <see cref="DefinitionHasher"/>, which computes the same from the DIEs, and the way out where
/// that one does not understand a DIE.
/// </summary>
internal static class GraphHash
{
    /// <summary>The hash of a type in a graph.</summary>
    public static ulong Of(TypeGraph graph, TypeId root, LayoutHash hash)
    {
        // A node has a higher id than the nodes that it refers to.
        ulong[] hashes = new ulong[graph.Count];
        for (int i = 1; i <= root.Index; i++)
        {
            hashes[i] = graph.NodeOrNull(new TypeId(i)) switch
            {
                TypedefType type => hashes[type.Target.Index],
                QualifiedType type => hashes[type.Target.Index],
                BaseType type => hash.OfBase(type.ByteSize, type.Encoding),
                EnumType type => hash.OfEnum(NameOf(type.Name, hash), type.ByteSize),
                PointerType type => hash.OfPointer(type.ByteSize, PointeeOf(graph, type.Target, hash)),
                ArrayType type => hash.OfArray(type.Count, hashes[type.Element.Index]),
                AggregateType type => Of(type, hashes, hash),
                // No member has such a type.
                _ => 0,
            };
        }

        return hashes[root.Index];
    }

    private static ulong Of(AggregateType type, ulong[] hashes, LayoutHash hash)
    {
        ulong members = 0;
        foreach (Member member in type.Members)
        {
            members = hash.AddMember(members, NameOf(member.Name, hash), member.BitOffset, hashes[member.Type.Index], member.BitFieldSize, member.Alignment);
        }

        return hash.OfAggregate(type.Kind == AggregateKind.Union, NameOf(type.Name, hash), type.ByteSize, type.Alignment, (ulong)type.Members.Length, members);
    }

    // As DefinitionEquality.PointeeName has it in words.
    private static ulong PointeeOf(TypeGraph graph, TypeId target, LayoutHash hash)
    {
        ulong derivation = 0;
        foreach (TypeNode node in graph.Derivation(target))
        {
            switch (node)
            {
                case TypedefType or QualifiedType:
                    break;
                case PointerType or ArrayType:
                    derivation = LayoutHash.Derive(derivation, node is ArrayType);
                    break;
                case AggregateReference type:
                    return hash.OfPointee(KindOf(type.Kind), TagOf(type.Name, hash), derivation);
                case AggregateType type:
                    return hash.OfPointee(KindOf(type.Kind), TagOf(type.Name, hash), derivation);
                case EnumType type:
                    return hash.OfPointee(LayoutHash.Pointee.Enum, TagOf(type.Name, hash), derivation);
                case BaseType type:
                    return hash.OfPointee(LayoutHash.Pointee.Base, hash.OfBase(type.ByteSize, type.Encoding), derivation);
                default:
                    return hash.OfPointee(LayoutHash.Pointee.Function, 0, derivation);
            }
        }

        return hash.OfPointee(LayoutHash.Pointee.Void, 0, derivation);
    }

    private static LayoutHash.Pointee KindOf(AggregateKind kind) => kind == AggregateKind.Union ? LayoutHash.Pointee.Union : LayoutHash.Pointee.Struct;

    private static ulong TagOf(string? name, LayoutHash hash) => string.IsNullOrEmpty(name) ? LayoutHash.NoName : NameOf(name, hash);

    private static ulong NameOf(string? name, LayoutHash hash) => name is null ? LayoutHash.NoName : hash.OfName(Encoding.UTF8.GetBytes(name));
}
