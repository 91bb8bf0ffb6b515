using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>Makes a map of some layouts. Nothing in it is guessed: where the image has no compound word, the map has no tag word.</summary>
internal sealed class StructMapBuilder
{
    // Limits of a picture: of a struct with more, the table has the rest.
    private const int MostLanes = 16;
    private const int MostPages = 64;
    private const int MostItems = 3000;
    private const int MostBitFieldsNamed = 8;
    private const int MostOfName = 160;

    // A ruler of other structs than struct page's: a cache line of most machines.
    private const ulong UsualStride = 64;
    private const ulong LeastPage = 16;
    private const ulong MostPage = 256;

    private readonly ulong _stride;
    private readonly int _word;
    private readonly MapColumn? _tag;
    private readonly ImmutableArray<MapStruct>.Builder _structs = ImmutableArray.CreateBuilder<MapStruct>();
    private readonly List<string> _notes = [];
    private int _itemCount;

    private StructMapBuilder(ulong stride, int word, MapColumn? tag) => (_stride, _word, _tag) = (stride, word, tag);

    /// <summary>What the members of violated checks must do, by type and path (<c>folio.pgmap</c>).</summary>
    public IReadOnlyDictionary<string, string> Demands { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The names of the structs that share the bytes of struct page, in the order of a map. Kernels have those of their age.</summary>
    public static ImmutableArray<string> Relatives { get; } = ["page", "folio", "slab", "ptdesc", "zpdesc", "ioptdesc", "netmem_desc", "net_iov"];

    /// <summary>A builder of the map over struct page.</summary>
    /// <param name="page">struct page as the image defines it.</param>
    /// <param name="wordByteSize">The size in bytes of a long.</param>
    /// <param name="demands">What the members of violated checks must do, by type and path; or null.</param>
    public static StructMapBuilder OverPage(TypeDefinition page, int wordByteSize, IReadOnlyDictionary<string, string>? demands = null)
    {
        ArgumentNullException.ThrowIfNull(page);
        ulong size = page.Aggregate.ByteSize;
        bool isUsable = size is >= LeastPage and <= MostPage;
        return new StructMapBuilder(isUsable ? size : UsualStride, wordByteSize, isUsable ? TagWordOf(page) : null) { Demands = demands ?? ImmutableDictionary<string, string>.Empty };
    }

    /// <summary>A builder of a map of any types; that over struct page where it is one of them.</summary>
    /// <param name="definitions">The types.</param>
    public static StructMapBuilder Over(IReadOnlyCollection<TypeDefinition> definitions)
    {
        ArgumentNullException.ThrowIfNull(definitions);
        int word = definitions.Select(WordOf).DefaultIfEmpty(8).Max();
        if (definitions.FirstOrDefault(IsPage) is { } page)
        {
            return OverPage(page, word);
        }

        ulong longest = definitions.Select(d => d.Aggregate.ByteSize).DefaultIfEmpty(UsualStride).Max();
        ulong whole = (Math.Min(longest, UsualStride) + (ulong)word - 1) / (ulong)word * (ulong)word;
        return new StructMapBuilder(Math.Max(whole, (ulong)word), word, null);
    }

    /// <summary>Whether a definition is one of the structs laid over struct page: it is no longer than one, or a folio that has one in it.</summary>
    /// <param name="definition">A definition of one of <see cref="Relatives"/>.</param>
    /// <param name="page">struct page.</param>
    public static bool SharesBytes(TypeDefinition definition, TypeDefinition page)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(page);
        return definition.Aggregate.Name == "folio" ? MemberPath.Resolve(definition.Graph, definition.Root, "page") is not null
            : definition.Aggregate.ByteSize <= page.Aggregate.ByteSize;
    }

    /// <summary>Adds a struct below the others.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="asked">The member that was asked for, or null.</param>
    /// <param name="name">The name to show; null for its tag.</param>
    public void Add(TypeDefinition definition, TypeLayout layout, ResolvedMember? asked = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(layout);
        AggregateType aggregate = layout.Aggregate;
        string tag = aggregate.Name ?? "";
        ILookup<int, int> children = Enumerable.Range(0, layout.Items.Length).ToLookup(i => layout.Items[i].Parent);
        List<List<LayoutItem>> lanes = ByteLanes.ByArm(layout, children, -1, aggregate.Kind, item => IsWholePage(layout, item, tag));
        // What is empty has a page too: it says so.
        int pages = (int)Math.Clamp((aggregate.ByteSize + _stride - 1) / _stride, 1, MostPages);
        List<MapItem>[] cells = [.. lanes.Select(lane => Items(layout, lane, tag, asked))];
        ImmutableArray<MapPage>.Builder all = ImmutableArray.CreateBuilder<MapPage>(pages);
        string shown = name ?? (tag.Length > 0 ? tag : definition.Graph.Declare(definition.Root));
        int omitted = 0;
        for (ulong i = 0; i < (ulong)pages && _itemCount <= MostItems; i++)
        {
            all.Add(Page(i * _stride, aggregate.ByteSize, cells, ref omitted));
            _itemCount += all[^1].Lanes.Sum(lane => lane.Length);
        }

        if (omitted > 0)
        {
            _notes.Add($"{shown}: {Printable.Count((ulong)omitted, "lane")} of members that lie over others {(omitted == 1 ? "is" : "are")} left out");
        }

        if ((ulong)all.Count * _stride < aggregate.ByteSize)
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"{shown}: the map ends at byte {(ulong)all.Count * _stride} of {aggregate.ByteSize}"));
        }

        _structs.Add(new MapStruct(shown, definition.Graph.Declare(definition.Root), aggregate.ByteSize, all.ToImmutable()) { Place = aggregate.Place });
    }

    /// <summary>Adds a sentence about what the map leaves out.</summary>
    public void Note(string sentence) => _notes.Add(sentence);

    /// <summary>The map of all that was added.</summary>
    public StructMap Build() => new(_stride, _word, _tag, _structs.ToImmutable()) { Notes = [.. _notes] };

    /// <summary>Whether a definition is struct page.</summary>
    public static bool IsPage(TypeDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition.Aggregate is { Kind: AggregateKind.Struct, Name: "page", ByteSize: >= LeastPage and <= MostPage };
    }

    /// <summary>The size in bytes of a word, by the pointers of a type; 8 where it has none.</summary>
    public static int WordOf(TypeDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        for (int i = 0; i < definition.Graph.Count; i++)
        {
            if (definition.Graph.NodeOrNull(new TypeId(i)) is PointerType { ByteSize: 4 or 8 } pointer)
            {
                return (int)pointer.ByteSize;
            }
        }

        return 8;
    }

    // The place that the image gives, and only where it is one word of the ruler.
    private static MapColumn? TagWordOf(TypeDefinition page)
    {
        foreach (string name in (ReadOnlySpan<string>)["compound_info", "compound_head"])
        {
            if (MemberPath.Resolve(page.Graph, page.Root, name) is { Doubt: null, BitSize: > 0 and var size } member && member.BitOffset + size <= page.Aggregate.ByteSize * 8)
            {
                return new MapColumn(name, member.BitOffset, size);
            }
        }

        return null;
    }

    // "struct page page" in struct folio says nothing that the row of struct page does not.
    private bool IsWholePage(TypeLayout layout, LayoutItem item, string tag)
        => tag != "page" && item.Kind == LayoutItemKind.Member && item.BitSize == _stride * 8 && layout.Graph.AsAggregate(item.Type) is { Name: "page" };

    private List<MapItem> Items(TypeLayout layout, List<LayoutItem> lane, string tag, ResolvedMember? asked)
    {
        List<MapItem> items = [];
        for (int i = 0; i < lane.Count; i++)
        {
            LayoutItem item = lane[i];
            if (item.BitSize == 0)
            {
                continue;
            }

            if (!item.IsBitField)
            {
                items.Add(ItemOf(layout, item, tag, asked));
                continue;
            }

            int first = i;
            while (i + 1 < lane.Count && lane[i + 1] is { IsBitField: true } next && next.BitOffset == lane[i].EndBit && next.BitOffset / WordBits == item.BitOffset / WordBits)
            {
                i++;
            }

            LayoutItem[] fields = [.. lane.Skip(first).Take(i - first + 1)];
            string more = fields.Length > MostBitFieldsNamed ? $", and {fields.Length - MostBitFieldsNamed} more" : "";
            string names = string.Join(", ", fields.Take(MostBitFieldsNamed).Select(f => string.Create(CultureInfo.InvariantCulture, $"{Name(f.Path)}:{f.BitSize}"))) + more;
            items.Add(new MapItem(names, MapClass.Part, item.BitOffset, fields[^1].EndBit - item.BitOffset, Name(layout.Graph.Declare(item.Type)))
            {
                IsBitField = true,
                Place = item.Place,
                Demand = fields.Select(f => Demands.GetValueOrDefault($"{tag}.{f.Path}")).FirstOrDefault(d => d is not null),
                IsAsked = asked is not null && fields.Any(f => f.Path == asked.Path),
            });
        }

        return items;
    }

    private ulong WordBits => (ulong)_word * 8;

    private MapItem ItemOf(TypeLayout layout, LayoutItem item, string tag, ResolvedMember? asked)
    {
        if (item.Kind != LayoutItemKind.Member)
        {
            return new MapItem(item.Kind == LayoutItemKind.Hole ? "hole" : "padding", MapClass.Hole, item.BitOffset, item.BitSize, "");
        }

        return new MapItem(item.Path.Length > 0 ? Name(item.Path) : "unnamed", ClassOf(layout.Graph, item, tag), item.BitOffset, item.BitSize, Name(layout.Graph.Declare(item.Type)))
        {
            Place = item.Place,
            Demand = Demands.GetValueOrDefault($"{tag}.{item.Path}"),
            IsAsked = asked is not null && item.Path == asked.Path,
        };
    }

    private static string Name(string text) => Printable.Shorten(text, MostOfName);

    private MapClass ClassOf(TypeGraph graph, LayoutItem item, string tag)
    {
        string name = item.Name ?? "";
        return _tag is not null && tag is "page" or "folio" && IsOfTagWord(name) ? MapClass.Tag
            : IsPlaceholder(name) ? MapClass.Pad
            : graph.AsAggregate(item.Type) is { Name: { } type } && IsList(type) ? MapClass.List
            : graph.NodeOrNull(graph.Strip(item.Type)) is PointerType ? MapClass.Pointer
            : item.BitSize < WordBits ? MapClass.Part
            : MapClass.Word;
    }

    // What must lie on the tag word: the compound word and the members that later kernels and folios have there.
    // A folio's tail pages have __head (6.1), _head_1, _head_2a (6.3).
    private static bool IsOfTagWord(string name) => name is "compound_head" or "compound_info" or "pgmap" or "_unused_pgmap_compound_head" or "_unused_pgmap_compound_info" or "__head"
        || (name.StartsWith("_head_", StringComparison.Ordinal) && name["_head_".Length..].All(char.IsAsciiLetterOrDigit));

    // Two underscores, or a word for it: __filler, _pt_pad_1, _unused.
    private static bool IsPlaceholder(string name) => name.StartsWith("__", StringComparison.Ordinal) || ReservedNames.IsReserved(name)
        || name.Split('_').Any(word => word is "pad" or "padding" or "unused" or "filler" or "reserved");

    private static bool IsList(string type) => type is "list_head" or "hlist_head" or "hlist_node" or "hlist_nulls_head" or "hlist_nulls_node" or "hlist_bl_head" or "hlist_bl_node"
        or "llist_head" or "llist_node" or "plist_head" or "plist_node" or "callback_head" or "rcu_head" or "rb_node" or "rb_root" or "rb_root_cached";

    private MapPage Page(ulong start, ulong byteSize, List<MapItem>[] lanes, ref int omitted)
    {
        ulong from = start * 8;
        ulong to = Math.Min(start + _stride, Math.Max(byteSize, start)) * 8;
        List<ImmutableArray<MapItem>> found = [];
        foreach (List<MapItem> lane in lanes)
        {
            ImmutableArray<MapItem> here = [.. lane.Where(i => i.BitOffset < to && i.BitOffset + i.BitSize > from).OrderBy(i => i.BitOffset).Select(i => Cut(i, from, to))];
            // A lane of nothing but holes says what the members above it say by being there.
            if (here.IsEmpty || (found.Count > 0 && here.All(i => i.Class == MapClass.Hole)))
            {
                continue;
            }

            if (found.Count < MostLanes)
            {
                found.Add(here);
            }
            else
            {
                omitted++;
            }
        }

        if (start + _stride > byteSize)
        {
            ulong end = Math.Max(byteSize, start) * 8;
            MapItem beyond = new("not part of it", MapClass.Beyond, end - from, from + (_stride * 8) - end, "") { StructBitOffset = end, WholeBitSize = from + (_stride * 8) - end };
            if (found.Count == 0)
            {
                found.Add([beyond]);
            }
            else
            {
                found[0] = found[0].Add(beyond);
            }
        }

        return new MapPage(start, [.. found]);
    }

    private static MapItem Cut(MapItem item, ulong from, ulong to)
    {
        ulong end = item.BitOffset + item.BitSize;
        ulong first = Math.Max(item.BitOffset, from);
        return item with
        {
            StructBitOffset = item.BitOffset,
            WholeBitSize = item.BitSize,
            BitOffset = first - from,
            BitSize = Math.Min(end, to) - first,
            IsContinued = item.BitOffset < from,
            GoesOn = end > to,
        };
    }
}
