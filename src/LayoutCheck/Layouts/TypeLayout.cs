using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Layouts;

/// <summary>What an item of a layout is.</summary>
public enum LayoutItemKind
{
    /// <summary>A member.</summary>
    Member,

    /// <summary>Bytes or bits between members that belong to none.</summary>
    Hole,

    /// <summary>Bytes or bits after the last member.</summary>
    Padding,
}

/// <summary>One stretch of a struct or union: a member, or what lies between members.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Depth">How many expanded members it lies in; 0 for the type's own.</param>
/// <param name="Name">The member's name; null for unnamed members, holes and padding.</param>
/// <param name="Path">The path that finds it (<c>lru.next</c>); empty for what has no name.</param>
/// <param name="Type">The member's type; <see cref="TypeId.Void"/> for holes and padding.</param>
/// <param name="BitOffset">Bits from the start of the type.</param>
/// <param name="BitSize">Its width in bits.</param>
/// <param name="IsBitField">Whether it is a bitfield.</param>
/// <param name="StorageByteSize">The size in bytes of a bitfield's declared type; 0 for other items.</param>
/// <param name="Expanded">The struct or union whose members follow one level deeper, or null.</param>
/// <param name="Parent">The index of the item that it lies in, or -1.</param>
public sealed record LayoutItem(
    LayoutItemKind Kind,
    int Depth,
    string? Name,
    string Path,
    TypeId Type,
    ulong BitOffset,
    ulong BitSize,
    bool IsBitField,
    ulong StorageByteSize,
    AggregateType? Expanded,
    int Parent)
{
    /// <summary>Where the member is declared, when that is known.</summary>
    public SourcePlace? Place { get; init; }

    /// <summary>The byte that its first bit is in.</summary>
    public ulong ByteOffset => BitOffset / 8;

    /// <summary>Its size in whole bytes, rounded up.</summary>
    public ulong ByteSize => (BitSize + 7) / 8;
}

/// <summary>
/// Where everything in a struct or union lies: a flat list in the order of declaration, holes and padding as items of their own. All
/// positions are in bits from the start of the type.
/// </summary>
public sealed class TypeLayout
{
    private TypeLayout(TypeGraph graph, TypeId root, ImmutableArray<LayoutItem> items)
    {
        Graph = graph;
        Root = root;
        Items = items;
    }

    /// <summary>The graph that the items' types are in.</summary>
    public TypeGraph Graph { get; }

    /// <summary>The type laid out.</summary>
    public TypeId Root { get; }

    /// <summary>The struct or union laid out.</summary>
    public AggregateType Aggregate => (AggregateType)Graph[Root];

    /// <summary>The items, each before those that lie in it.</summary>
    public ImmutableArray<LayoutItem> Items { get; }

    /// <summary>Whether a member is an array of which the dimensions are not known.</summary>
    public bool HasArraysOfOpenShape => Items.Any(i => i.Kind == LayoutItemKind.Member && MemberPath.IsOfOpenShape(Graph, i.Type));

    /// <summary>Lays a definition out.</summary>
    /// <param name="definition">What to lay out.</param>
    /// <param name="expandAll">Whether to go into members of named types too; unnamed members and unnamed types are always gone into.</param>
    public static TypeLayout Of(TypeDefinition definition, bool expandAll = false)
    {
        ArgumentNullException.ThrowIfNull(definition);
        LayoutBuilder builder = new(definition.Graph, expandAll);
        builder.AddMembers(definition.Aggregate, 0, 0, "", -1);
        return new TypeLayout(definition.Graph, definition.Root, builder.Items.ToImmutable());
    }

    private sealed class LayoutBuilder(TypeGraph graph, bool expandAll)
    {
        public ImmutableArray<LayoutItem>.Builder Items { get; } = ImmutableArray.CreateBuilder<LayoutItem>();

        public void AddMembers(AggregateType aggregate, ulong bitBase, int depth, string prefix, int parent)
        {
            ulong end = bitBase;
            bool isStruct = aggregate.Kind == AggregateKind.Struct;
            foreach (Member member in aggregate.Members)
            {
                ulong offset = bitBase + member.BitOffset;
                ulong size = member.BitFieldSize ?? (graph.ByteSizeOf(member.Type) ?? 0) * 8;
                if (isStruct && offset > end)
                {
                    Items.Add(Gap(LayoutItemKind.Hole, depth, end, offset - end, parent));
                }

                string path = member.Name is null ? "" : prefix + member.Name;
                ulong storage = member.IsBitField ? graph.ByteSizeOf(member.Type) ?? 0 : 0;
                AggregateType? inner = ToExpand(member);
                Items.Add(new LayoutItem(
                    LayoutItemKind.Member, depth, member.Name, path, member.Type, offset, size, member.IsBitField, storage, inner, parent)
                { Place = member.Place });
                if (inner is not null)
                {
                    AddMembers(inner, offset, depth + 1, member.Name is null ? prefix : path + ".", Items.Count - 1);
                }

                end = Math.Max(end, offset + size);
            }

            ulong last = bitBase + (aggregate.ByteSize * 8);
            if (isStruct && last > end && aggregate.Members.Length > 0)
            {
                Items.Add(Gap(LayoutItemKind.Padding, depth, end, last - end, parent));
            }
        }

        private AggregateType? ToExpand(Member member)
        {
            if (member.IsBitField)
            {
                return null;
            }

            TypeId type = member.Type;
            bool isDirect = type != TypeId.Void && graph[type] is AggregateType { Name: null };
            return isDirect || member.Name is null || expandAll ? graph.AsAggregate(type) : null;
        }

        private static LayoutItem Gap(LayoutItemKind kind, int depth, ulong offset, ulong size, int parent)
            => new(kind, depth, null, "", TypeId.Void, offset, size, false, 0, null, parent);
    }
}
