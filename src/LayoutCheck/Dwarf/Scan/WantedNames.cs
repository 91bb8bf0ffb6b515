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
/// The names that a scan looks for, prepared so that no string is read for the names that it passes by: .debug_str is searched once,
/// and after that the 4- or 8-byte value of a DW_FORM_strp is looked up. Linkers merge tails, so that a
/// name may be found at several offsets ("page" in "subpage"); all of them are it. Hot: asked for every struct. Immutable; shared by all threads.
/// </summary>
internal sealed class WantedNames
{
    private const int FilterBits = 16;

    // A search for more takes longer than to walk.
    private const int MostPatterns = 8;

    // More are looked for by their hashes where they stand in the unit.
    private const int FewNames = 16;

    private readonly byte[][] _names;
    // One bit for many offsets: nearly all that are asked for are none of ours, and this fits the first cache.
    private readonly ulong[] _filter = new ulong[1 << (FilterBits - 6)];
    private readonly Dictionary<ulong, int> _byOffset = [];
    private readonly int _longestInline;
    private readonly NameTable? _table;
    private readonly BytePatterns? _patterns;
    private readonly DwarfSections _sections;
    private readonly bool _compareStrings;

    /// <param name="requests">The names.</param>
    /// <param name="sections">The file that will be scanned for them.</param>
    /// <param name="compareStrings">Whether strings are read after all, instead of searching .debug_str first: that is faster for a few units.</param>
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
        WantsTypedefs = requests.Any(r => r.Kind == TypeNameKind.Any);
        if (compareStrings || sections.Str is null)
        {
            Array.Fill(_filter, ulong.MaxValue);
            return;
        }

        List<byte[]> patterns = [.. _names.Select(n => (byte[])[.. n, 0])];
        StringSuffixSearch.Find(sections.Str, _names, (name, offset) =>
        {
            _byOffset[offset] = name;
            uint bit = Bit(offset);
            _filter[bit / 64] |= 1UL << (int)(bit % 64);
            AddPattern(offset);
        });

        if (sections.LineStr is not null && patterns.Count <= MostPatterns)
        {
            StringSuffixSearch.Find(sections.LineStr, _names, (_, offset) => AddPattern(offset));
        }

        bool canSearch = !FastPath.IsDisabled && patterns.Count is > 0 and <= MostPatterns && !_names.Any(n => n.Length == 0);
        _patterns = canSearch ? new BytePatterns(patterns) : null;

        void AddPattern(ulong offset)
        {
            if (patterns.Count <= MostPatterns)
            {
                // Of the four low bytes, which 64-bit DWARF has too, the highest is mostly 0 and tells little.
                uint low = (uint)offset;
                patterns.Add(sections.Info.IsBigEndian ? [(byte)(low >> 16), (byte)(low >> 8), (byte)low] : [(byte)low, (byte)(low >> 8), (byte)(low >> 16)]);
            }
        }
    }

    /// <summary>The names in the order asked.</summary>
    public ImmutableArray<TypeName> Requests { get; }

    /// <summary>For each distinct name, which requests ask for it.</summary>
    public ImmutableArray<ImmutableArray<int>> RequestsByName { get; }

    /// <summary>Whether a typedef may answer.</summary>
    public bool WantsTypedefs { get; }

    /// <summary>
    /// Whether <see cref="MayOccurIn"/> can be asked. What is named rarely is named by a few patterns of bytes, for which a unit is searched in a
    /// tenth of the time that it takes to walk it; "page" is named by 700.
    /// </summary>
    public bool HasByteFilter => _patterns is not null;

    /// <summary>
    /// Whether bytes of .debug_info can name any of the names: false when neither the name itself is there, nor its place in .debug_str or
    /// .debug_line_str, at whatever place and in whatever meaning.
    /// </summary>
    public unsafe bool MayOccurIn(byte* from, byte* to) => _patterns!.OccurIn(from, to);

    /// <summary>Which name is at an offset of .debug_str, or -1.</summary>
    /// <exception cref="InvalidImageException">There is no .debug_str, so that the name may be any.</exception>
    public int NameAtOffset(ulong offset)
        => !MayMatchOffset(offset) ? -1 : _byOffset.TryGetValue(offset, out int name) ? name : _compareStrings || _sections.Str is null ? InText(offset) : -1;

    private unsafe int InText(ulong offset)
    {
        Section strings = _sections.Require(_sections.Str, ".debug_str");
        for (int i = 0; i < _names.Length; i++)
        {
            // Nothing is read of a string that is longer than the name.
            int length = _names[i].Length;
            if (offset < strings.Length && strings.Length - offset > (ulong)length && strings.Start[offset + (ulong)length] == 0
                && new ReadOnlySpan<byte>(strings.Start + offset, length).SequenceEqual(_names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>False when certainly none is at an offset of .debug_str: of all offsets, few are not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayMatchOffset(ulong offset)
    {
        uint bit = Bit(offset);
        // The hash has no more bits than the filter.
        return (Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_filter), bit / 64) >> (int)(bit % 64) & 1) != 0;
    }

    private static uint Bit(ulong offset) => (uint)((offset * 0x9e3779b97f4a7c15) >> (64 - FilterBits));

    /// <summary>Which name these bytes are, or -1.</summary>
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
