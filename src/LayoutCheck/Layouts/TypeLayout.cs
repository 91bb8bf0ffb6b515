using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Types;

namespace LayoutCheck.Layouts;

/// <summary>The kind of an item of a layout.</summary>
public enum LayoutItemKind
{
    /// <summary>A member.</summary>
    Member,

    /// <summary>Bytes or bits between members that belong to none.</summary>
    Hole,

    /// <summary>Bytes or bits after the last member.</summary>
    Padding,
}

/// <summary>One stretch of a struct or union: a member, or a gap between members.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Depth">How many expanded members it lies in; 0 for the type's own.</param>
/// <param name="Name">The member's name; null for unnamed members, holes and padding.</param>
/// <param name="Path">The path that finds it (<c>lru.next</c>); empty for an item without a name.</param>
/// <param name="Type">The member's type; <see cref="TypeId.Void"/> for holes and padding.</param>
/// <param name="BitOffset">Bits from the start of the type.</param>
/// <param name="BitSize">Its width in bits.</param>
/// <param name="IsBitField">Whether it is a bitfield.</param>
/// <param name="StorageByteSize">The size in bytes of a bitfield's declared type; 0 for other items.</param>
/// <param name="Expanded">The struct or union whose members follow one level deeper, or null. Of an array, that of its first element.</param>
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

    /// <summary>Whether it is an array, of which <see cref="Expanded"/> is the element.</summary>
    public bool IsExpandedArray { get; init; }

    /// <summary>Whether it is a flexible array (<see cref="TypeGraph.IsFlexibleArray"/>), which has the bytes from its place to the end of the type.</summary>
    public bool IsFlexible { get; init; }

    /// <summary>Where it ends, in bits from the start of the type; a flexible array ends nowhere.</summary>
    public ulong EndBit => IsFlexible ? ulong.MaxValue : BitOffset + BitSize;

    /// <summary>The byte that its first bit is in.</summary>
    public ulong ByteOffset => BitOffset / 8;

    /// <summary>Its size in whole bytes, rounded up.</summary>
    public ulong ByteSize => (BitSize + 7) / 8;
}

/// <summary>
/// The layout of a struct or union: a flat list of its members in the order of declaration, with holes and padding as items of their own. All
/// positions are in bits from the start of the type.
/// </summary>
public sealed class TypeLayout
{
    private readonly bool _expandAll;

    private TypeLayout(TypeGraph graph, TypeId root, ImmutableArray<LayoutItem> items, bool expandAll)
    {
        Graph = graph;
        Root = root;
        Items = items;
        _expandAll = expandAll;
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
    /// <param name="definition">The definition.</param>
    /// <param name="expandAll">
    /// Whether to expand members of named types too. Unnamed members and unnamed types are always expanded, and of an array the first element.
    /// </param>
    public static TypeLayout Of(TypeDefinition definition, bool expandAll = false)
    {
        ArgumentNullException.ThrowIfNull(definition);
        LayoutBuilder builder = new(definition.Graph, expandAll);
        builder.AddMembers(definition.Aggregate, 0, 0, "", -1);
        return new TypeLayout(definition.Graph, definition.Root, builder.Items.ToImmutable(), expandAll);
    }

    /// <summary>The members of one element of an item that is an array of structs or unions, as far in as the layout goes.</summary>
    /// <param name="array">An item with <see cref="LayoutItem.IsExpandedArray"/>.</param>
    /// <param name="index">Which element, all dimensions counted in one.</param>
    public ImmutableArray<LayoutItem> ElementItems(LayoutItem array, ulong index)
    {
        ArgumentNullException.ThrowIfNull(array);
        LayoutBuilder builder = new(Graph, _expandAll);
        AggregateType element = array.Expanded!;
        builder.AddMembers(element, array.BitOffset + (index * element.ByteSize * 8), array.Depth + 1, $"{array.Path}{Indices(Graph, array.Type, index)}.", -1);
        return builder.Items.ToImmutable();
    }

    // As C writes the element of an array: "[1][0]".
    private static string Indices(TypeGraph graph, TypeId type, ulong index)
    {
        Stack<ulong> counts = new();
        for (TypeId at = type; graph.AsArray(at) is { } array; at = array.Element)
        {
            counts.Push(array.Count ?? 0);
        }

        string indices = "";
        while (counts.TryPop(out ulong count))
        {
            // The first dimension takes the rest.
            ulong here = counts.Count == 0 || count == 0 ? index : index % count;
            index = counts.Count == 0 || count == 0 ? 0 : index / count;
            indices = string.Create(CultureInfo.InvariantCulture, $"[{here}]{indices}");
        }

        return indices;
    }

    private sealed class LayoutBuilder(TypeGraph graph, bool expandAll)
    {
        public ImmutableArray<LayoutItem>.Builder Items { get; } = ImmutableArray.CreateBuilder<LayoutItem>();

        public void AddMembers(AggregateType aggregate, ulong bitBase, int depth, string prefix, int parent)
        {
            ulong end = bitBase;
            bool isStruct = aggregate.Kind == AggregateKind.Struct;
            for (int i = 0; i < aggregate.Members.Length; i++)
            {
                Member member = aggregate.Members[i];
                ulong offset = bitBase + member.BitOffset;
                ulong size = member.BitFieldSize ?? (graph.ByteSizeOf(member.Type) ?? 0) * 8;
                if (isStruct && offset > end)
                {
                    Items.Add(Gap(LayoutItemKind.Hole, depth, end, offset - end, parent));
                }

                string path = member.Name is null ? "" : prefix + member.Name;
                ulong storage = member.IsBitField ? graph.ByteSizeOf(member.Type) ?? 0 : 0;
                AggregateType? inner = ToExpand(member, out bool isArray);
                Items.Add(new LayoutItem(
                    LayoutItemKind.Member, depth, member.Name, path, member.Type, offset, size, member.IsBitField, storage, inner, parent)
                { Place = member.Place, IsExpandedArray = isArray, IsFlexible = graph.IsFlexibleArray(aggregate, i) });
                if (inner is not null)
                {
                    string element = isArray ? Indices(graph, member.Type, 0) : "";
                    AddMembers(inner, offset, depth + 1, member.Name is null ? prefix : $"{path}{element}.", Items.Count - 1);
                }

                end = Math.Max(end, offset + size);
            }

            ulong last = bitBase + (aggregate.ByteSize * 8);
            if (last > end && (isStruct || aggregate.Members.IsEmpty))
            {
                Items.Add(Gap(LayoutItemKind.Padding, depth, end, last - end, parent));
            }
        }

        private AggregateType? ToExpand(Member member, out bool isArray)
        {
            isArray = false;
            if (member.IsBitField)
            {
                return null;
            }

            TypeId type = member.Type;
            if (graph.AsArray(type) is { } array)
            {
                // A typedef of an array has a name of its own. An array of empty structs is a marker.
                TypeId element = graph.Innermost(array.Element);
                bool isUnnamed = graph[type] is ArrayType && IsUnnamed(element);
                AggregateType? inner = (expandAll || isUnnamed) && graph.AsAggregate(element) is { Members.IsEmpty: false } found ? found : null;
                isArray = inner is not null;
                return inner;
            }

            return IsUnnamed(type) || member.Name is null || expandAll ? graph.AsAggregate(type) : null;
        }

        private bool IsUnnamed(TypeId type) => type != TypeId.Void && graph[type] is AggregateType { Name: null };

        private static LayoutItem Gap(LayoutItemKind kind, int depth, ulong offset, ulong size, int parent)
            => new(kind, depth, null, "", TypeId.Void, offset, size, false, 0, null, parent);
    }
}
