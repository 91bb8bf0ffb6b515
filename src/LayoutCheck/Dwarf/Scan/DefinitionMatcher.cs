using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// Compares the definition at a DIE with a template, by walking both in step. Hot: a kernel defines struct page 2,000 times, nearly always equally. It is
/// fast because it builds nothing: names are .debug_str offsets, compared with the last offset of the name, and a type that was found equal in a unit is not
/// walked again. The equality cache has entries "this DIE equals this node": the key fully determines the result, so that eviction is always safe.
/// <para>
/// True is exact: <see cref="DefinitionEquality"/> agrees. False means "not certainly": another layout, or anything unusual (an expression, a type in
/// another unit). The slow path then builds the definition and compares.
/// </para>
/// </summary>
internal sealed class DefinitionMatcher
{
    // For the DIEs of one unit. It fits the first-level cache.
    private const int CacheSize = 1 << 10;

    private readonly DwarfSections _sections;
    private readonly Section _info;
    private readonly DieFieldReader _reader;

    // The equality cache. A node is its index plus one: an unused entry has none.
    private readonly (ulong Die, int Node)[] _cache;
    private readonly int _cacheMask;
    private UnitHeader _unit;
    private InternedTypes? _cachedTypes;
    private InternedTypes.Node[] _nodes = [];
    private InternedTypes.MemberNode[] _members = [];

    /// <param name="sections">The file.</param>
    /// <param name="info">Its .debug_info, or a window that shows the open unit.</param>
    /// <param name="abbrevs">The scanner's table, loaded for the open unit.</param>
    /// <param name="cacheSize">The size of the equality cache, a power of two; tests use a small one.</param>
    public DefinitionMatcher(DwarfSections sections, Section info, AbbrevTable abbrevs, int cacheSize = CacheSize)
    {
        _sections = sections;
        _info = info;
        _reader = new DieFieldReader(info, abbrevs);
        // One entry is as good as none.
        cacheSize = sections.Disabled.HasFlag(FastPaths.EqualityCache) ? 1 : cacheSize;
        _cache = new (ulong, int)[cacheSize];
        _cacheMask = cacheSize - 1;
    }

    /// <summary>Moves to a unit, whose abbreviations are loaded.</summary>
    public void Open(in UnitHeader unit)
    {
        _unit = unit;
        _reader.Open(unit);
    }

    /// <summary>Whether the definition at a DIE certainly equals the template.</summary>
    /// <exception cref="InvalidImageException">An abbreviation on the way is damaged.</exception>
    public bool Matches(ulong dieOffset, DefinitionTemplate template)
    {
        if (_cachedTypes != template.Types)
        {
            // The cache has indexes of other nodes.
            Array.Clear(_cache);
            _cachedTypes = template.Types;
        }

        (_nodes, _members) = (template.Types.Nodes, template.Types.Members);
        return MatchesType(dieOffset, template.Root);
    }

    // The recursion is as deep as the template, which is finite.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesType(ulong dieOffset, int node)
    {
        if (IsCached(dieOffset, node))
        {
            return true;
        }

        ulong asked = dieOffset;
        DieFields die;
        int hops = 0;
        do
        {
            if (!_reader.Read(dieOffset, out die))
            {
                return false;
            }

            if (!IsModifier(die.Tag))
            {
                break;
            }

            dieOffset = die.Type;
        }
        while (dieOffset != 0 && ++hops < 64);

        if (dieOffset == 0 || IsModifier(die.Tag) || !MatchesNode(die, node))
        {
            return false;
        }

        AddToCache(asked, node);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesNode(in DieFields die, int index)
    {
        ref InternedTypes.Node node = ref _nodes[index];
        switch (node.Kind)
        {
            case InternedTypes.NodeKind.Base:
                return die.Tag == DwTag.DW_TAG_base_type && die.Has(DieField.ByteSize) && die.ByteSize == node.ByteSize
                    && DieValues.EncodingOf(die.Encoding) == node.Encoding;
            case InternedTypes.NodeKind.Enum:
                return die.Tag == DwTag.DW_TAG_enumeration_type && die.Has(DieField.ByteSize) && die.ByteSize == node.ByteSize
                    && MatchesName(die, ref node.Name);
            case InternedTypes.NodeKind.Enumerators:
                return die.Tag == DwTag.DW_TAG_enumeration_type && !die.Has(DieField.Declaration) && die.Has(DieField.ByteSize) && die.ByteSize == node.ByteSize
                    && MatchesName(die, ref node.Name) && MatchesEnumerators(die, node.FirstMember, node.MemberCount);
            case InternedTypes.NodeKind.Pointer:
                return die.Tag == DwTag.DW_TAG_pointer_type && _unit.AddressSize == node.ByteSize
                    && (!die.Has(DieField.ByteSize) || die.ByteSize == node.ByteSize)
                    && MatchesPointee(die.Type, node.Target);
            case InternedTypes.NodeKind.Array:
                return die.Tag == DwTag.DW_TAG_array_type && die.HasChildren && MatchesArray(die, index);
            case InternedTypes.NodeKind.Aggregate:
                return die.Tag == node.Tag && !die.Has(DieField.Declaration) && die.Encoding == 0 && die.Has(DieField.ByteSize) && die.ByteSize == node.ByteSize
                    && die.Has(DieField.Alignment) == node.HasAlignment && die.Alignment == node.Alignment
                    && MatchesName(die, ref node.Name) && MatchesMembers(die, node.FirstMember, node.MemberCount);
            default:
                return false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesMembers(in DieFields aggregate, int first, int count)
    {
        ulong at = aggregate.End;
        for (int i = 0; aggregate.HasChildren; i++)
        {
            // Nearly all members are plain, and their names at the last offset.
            while (i < count && IsPlain(_members[first + i])
                && _reader.IsPlainMember(at, _members[first + i].Name.LastStringOffset, _members[first + i].BitOffset, out ulong next, out ulong type))
            {
                if (!MatchesType(type, _members[first + i].Type))
                {
                    return false;
                }

                at = next;
                i++;
            }

            if (!_reader.Read(at, out DieFields die))
            {
                return false;
            }

            if (die.Tag == 0)
            {
                return i == count;
            }

            if (i == count || die.Tag != DwTag.DW_TAG_member || die.HasChildren || die.Type == 0)
            {
                return false;
            }

            ref InternedTypes.MemberNode member = ref _members[first + i];
            if ((die.Location * 8) + die.DataBitOffset != member.BitOffset
                || die.Has(DieField.ByteSize) || die.Has(DieField.BitSize) != member.IsBitField || die.BitSize != member.BitFieldSize
                || die.Has(DieField.Alignment) != member.HasAlignment || die.Alignment != member.Alignment
                || !MatchesName(die, ref member.Name) || !MatchesType(die.Type, member.Type))
            {
                return false;
            }

            at = die.End;
        }

        // A member behind a struct that has a size and no children may be its child: the decoder looks at the whole unit.
        return count == 0 && (aggregate.ByteSize == 0 || (_reader.Read(at, out DieFields following) && following.Tag != DwTag.DW_TAG_member));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesEnumerators(in DieFields enumeration, int first, int count)
    {
        ulong at = enumeration.End;
        for (int i = 0; enumeration.HasChildren && _reader.Read(at, out DieFields die); i++)
        {
            if (die.Tag == 0)
            {
                return i == count;
            }

            if (i == count || die.Tag != DwTag.DW_TAG_enumerator || die.HasChildren || !die.Has(DieField.Count)
                || die.Count != _members[first + i].BitOffset || !MatchesName(die, ref _members[first + i].Name))
            {
                return false;
            }

            at = die.End;
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(in InternedTypes.MemberNode member) => !member.IsBitField && !member.HasAlignment;

    private bool MatchesArray(in DieFields array, int index)
    {
        ulong at = array.End;
        while (true)
        {
            if (!_reader.Read(at, out DieFields die))
            {
                return false;
            }

            if (die.Tag == 0)
            {
                return at != array.End && array.Type != 0 && MatchesType(array.Type, index);
            }

            ref InternedTypes.Node node = ref _nodes[index];
            // Only the plain forms of a length; the builder knows the others (x[0] has several).
            bool hasBound = die.Has(DieField.UpperBound) && die.UpperBound < uint.MaxValue;
            bool hasCount = die.Has(DieField.Count);
            ulong length = hasCount ? die.Count : die.UpperBound + 1;
            if (die.Tag != DwTag.DW_TAG_subrange_type || die.HasChildren || node.Kind != InternedTypes.NodeKind.Array
                || (die.Has(DieField.UpperBound) && !hasBound) || (hasCount && hasBound)
                || (hasBound || hasCount) != node.HasCount || (node.HasCount && length != node.Count))
            {
                return false;
            }

            index = node.Target;
            at = die.End;
        }
    }

    // Behind a pointer only the kind and the name count.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesPointee(ulong dieOffset, int index)
    {
        for (int hops = 0; hops < 64; hops++)
        {
            ref InternedTypes.Node node = ref _nodes[index];
            if (dieOffset == 0)
            {
                return node.Kind == InternedTypes.NodeKind.Void;
            }

            if (!_reader.Read(dieOffset, out DieFields die))
            {
                return false;
            }

            if (IsModifier(die.Tag))
            {
                dieOffset = die.Type;
                continue;
            }

            switch (node.Kind)
            {
                case InternedTypes.NodeKind.Pointer when die.Tag == DwTag.DW_TAG_pointer_type:
                    dieOffset = die.Type;
                    index = node.Target;
                    continue;
                case InternedTypes.NodeKind.Reference or InternedTypes.NodeKind.Aggregate:
                    return die.Tag == node.Tag && MatchesName(die, ref node.Name);
                case InternedTypes.NodeKind.Function:
                    return die.Tag == DwTag.DW_TAG_subroutine_type;
                case InternedTypes.NodeKind.Enum or InternedTypes.NodeKind.Base:
                    return MatchesNode(die, index);
                default:
                    return false;
            }
        }

        return false;
    }

    private bool MatchesName(in DieFields die, ref InternedTypes.Name name)
    {
        if (name.Bytes is not { } bytes)
        {
            return die.NameHome == StringHome.None;
        }

        switch (die.NameHome)
        {
            case StringHome.Str:
                if (die.Name == name.LastStringOffset)
                {
                    return true;
                }

                if (_sections.Str is not { } strings || die.Name >= strings.Length || !strings.StringAt(die.Name).SequenceEqual(bytes))
                {
                    return false;
                }

                name.LastStringOffset = die.Name;
                return true;
            case StringHome.InPlace:
                return _info.StringAt(die.Name).SequenceEqual(bytes);
            default:
                return false;
        }
    }

    private bool IsCached(ulong die, int node)
    {
        ref (ulong Die, int Node) entry = ref _cache[Slot(die, node)];
        return entry.Die == die && entry.Node == node + 1;
    }

    private void AddToCache(ulong die, int node) => _cache[Slot(die, node)] = (die, node + 1);

    private int Slot(ulong die, int node) => (int)(((die * 0x9e3779b97f4a7c15UL) >> 40) + (ulong)node) & _cacheMask;

    private static bool IsModifier(DwTag tag) => tag is DwTag.DW_TAG_typedef or DwTag.DW_TAG_const_type or DwTag.DW_TAG_volatile_type
        or DwTag.DW_TAG_restrict_type or DwTag.DW_TAG_atomic_type;
}
