using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// The names that a scan looks for, prepared so that the scan reads no string: .debug_str is searched once, and after that the offset of a DW_FORM_strp is
/// looked up. Linkers merge tails ("page" in "subpage"), so that a name may have several offsets. Hot: tested for every struct. Immutable; shared by all
/// threads.
/// </summary>
internal sealed class WantedNames
{
    private const int FilterBits = 16;

    // More patterns than this are slower than walking the DIEs.
    private const int MostPatterns = 8;

    // More names than this are hashed to find one that stands in the unit itself.
    private const int FewNames = 16;

    private readonly byte[][] _names;
    // A Bloom filter with one hash: it rejects nearly all offsets, and fits the first-level cache.
    private readonly ulong[] _filter = new ulong[1 << (FilterBits - 6)];
    private readonly Dictionary<ulong, int> _byOffset = [];
    private readonly int _longestInline;
    private readonly NameTable? _table;
    private readonly BytePatterns? _patterns;
    private readonly DwarfSections _sections;
    private readonly bool _compareStrings;

    /// <param name="requests">The names.</param>
    /// <param name="sections">The file to scan.</param>
    /// <param name="compareStrings">Whether strings are compared in place, without a search of .debug_str first: faster for a few units.</param>
    public WantedNames(IReadOnlyList<TypeName> requests, DwarfSections sections, bool compareStrings = false)
    {
        _sections = sections;
        _compareStrings = compareStrings;
        Requests = [.. requests];
        string[] distinct = [.. requests.Select(r => r.Name).Distinct(StringComparer.Ordinal)];
        _names = [.. distinct.Select(Encoding.UTF8.GetBytes)];
        Dictionary<string, List<int>> byName = new(StringComparer.Ordinal);
        for (int i = 0; i < requests.Count; i++)
        {
            if (!byName.TryGetValue(requests[i].Name, out List<int>? same))
            {
                byName.Add(requests[i].Name, same = []);
            }

            same.Add(i);
        }

        RequestsByName = [.. distinct.Select(name => byName[name].ToImmutableArray())];
        _table = distinct.Length > FewNames ? new NameTable(_names, [.. Enumerable.Range(0, distinct.Length)]) : null;
        _longestInline = _names.Length == 0 ? 0 : _names.Max(n => n.Length);
        WantsTypedefs = requests.Any(r => r.Kind is TypeNameKind.Any or TypeNameKind.Typedef);
        WantsEnums = requests.Any(r => r.Kind == TypeNameKind.Enum);
        if (compareStrings || sections.Str is null)
        {
            Array.Fill(_filter, ulong.MaxValue);
            return;
        }

        List<byte[]> patterns = [.. _names.Select(n => (byte[])[.. n, 0])];
        FindOffsets(sections.Str, (name, offset) =>
        {
            _byOffset[offset] = name;
            uint bit = Bit(offset);
            _filter[bit / 64] |= 1UL << (int)(bit % 64);
            AddPattern(offset);
        });

        if (sections.LineStr is not null && patterns.Count <= MostPatterns)
        {
            FindOffsets(sections.LineStr, (_, offset) => AddPattern(offset));
        }

        bool canSearch = !sections.Disabled.HasFlag(FastPaths.ByteSearch) && patterns.Count is > 0 and <= MostPatterns && !_names.Any(n => n.Length == 0);
        _patterns = canSearch ? new BytePatterns(patterns) : null;

        void AddPattern(ulong offset)
        {
            if (patterns.Count <= MostPatterns)
            {
                // The four low bytes, which 64-bit DWARF has too, without the highest one, which is mostly 0 and selects little.
                uint low = (uint)offset;
                patterns.Add(sections.Info.IsBigEndian ? [(byte)(low >> 16), (byte)(low >> 8), (byte)low] : [(byte)low, (byte)(low >> 8), (byte)(low >> 16)]);
            }
        }
    }

    /// <summary>The names, in the order of the request.</summary>
    public ImmutableArray<TypeName> Requests { get; }

    /// <summary>For each distinct name, the indexes of its requests.</summary>
    public ImmutableArray<ImmutableArray<int>> RequestsByName { get; }

    /// <summary>The offsets of the names in .debug_str, in no order; none where strings are compared in place.</summary>
    public IReadOnlyCollection<ulong> Offsets => _byOffset.Keys;

    /// <summary>Whether a typedef may answer.</summary>
    public bool WantsTypedefs { get; }

    /// <summary>Whether an enumeration may answer.</summary>
    public bool WantsEnums { get; }

    /// <summary>
    /// Whether <see cref="MayOccurIn"/> can be used. A rare name has a few byte patterns, and searching a unit for them takes a tenth of the time of walking
    /// it; "page" has 700.
    /// </summary>
    public bool HasByteFilter => _patterns is not null;

    /// <summary>
    /// Whether bytes of .debug_info may hold any of the names: false if neither a name itself nor its offset in .debug_str or .debug_line_str is among them,
    /// at any place.
    /// </summary>
    public unsafe bool MayOccurIn(byte* from, byte* to) => _patterns!.OccurIn(from, to);

    /// <summary>The name at an offset of .debug_str, or -1.</summary>
    /// <exception cref="InvalidImageException">There is no .debug_str.</exception>
    public int NameAtOffset(ulong offset)
        => !MayMatchOffset(offset) ? -1 : _byOffset.TryGetValue(offset, out int name) ? name : _compareStrings || _sections.Str is null ? InText(offset) : -1;

    // The offsets of all names in a section of strings: one pass for many names.
    private void FindOffsets(Section strings, Action<int, ulong> found)
    {
        if (!_sections.Disabled.HasFlag(FastPaths.StringSearch))
        {
            StringSuffixSearch.Find(strings, _names, found);
            return;
        }

        for (int i = 0; i < _names.Length; i++)
        {
            int name = i;
            StringSuffixSearch.Find(strings, [_names[i]], (_, offset) => found(name, offset));
        }
    }

    private unsafe int InText(ulong offset)
    {
        Section strings = _sections.Require(_sections.Str, ".debug_str");
        for (int i = 0; i < _names.Length; i++)
        {
            // The zero behind a string of the same length comes first: a longer string is not read.
            int length = _names[i].Length;
            if (offset < strings.Length && strings.Length - offset > (ulong)length && strings.Start[offset + (ulong)length] == 0
                && new ReadOnlySpan<byte>(strings.Start + offset, length).SequenceEqual(_names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Bloom-filter test: false means no wanted name is at this offset (so for nearly all offsets).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayMatchOffset(ulong offset)
    {
        uint bit = Bit(offset);
        // The hash has no more bits than the filter.
        return (Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_filter), bit / 64) >> (int)(bit % 64) & 1) != 0;
    }

    /// <summary>The name that the value of DW_AT_name refers to, or -1.</summary>
    public int NameOf(in UnitStrings strings, in NameValue name) => StringForms.HomeOf(name.Form) is StringHome.Str or StringHome.StrIndex
        ? NameAtOffset(strings.OffsetInStr(name.Form, name.Value))
        : NameOfBytes(strings.Bytes(name.Form, name.Value, name.At));

    /// <summary>Whether a DIE of a tag can answer a request.</summary>
    public bool MatchesKind(DwTag tag, int request) => Requests[request].Kind switch
    {
        TypeNameKind.Struct => tag == DwTag.DW_TAG_structure_type,
        TypeNameKind.Union => tag == DwTag.DW_TAG_union_type,
        TypeNameKind.Typedef => tag == DwTag.DW_TAG_typedef,
        TypeNameKind.Enum => tag == DwTag.DW_TAG_enumeration_type,
        _ => tag != DwTag.DW_TAG_enumeration_type,
    };

    private static uint Bit(ulong offset) => (uint)((offset * 0x9e3779b97f4a7c15) >> (64 - FilterBits));

    /// <summary>The name that these bytes are, or -1.</summary>
    public int NameOfBytes(ReadOnlySpan<byte> text)
    {
        if (text.Length <= _longestInline)
        {
            if (_table is not null)
            {
                return _table.Find(text);
            }

            for (int i = 0; i < _names.Length; i++)
            {
                if (text.SequenceEqual(_names[i]))
                {
                    return i;
                }
            }
        }

        return -1;
    }
}
