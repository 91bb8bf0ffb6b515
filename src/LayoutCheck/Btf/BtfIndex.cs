using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Btf;

/// <summary>
/// Where the records of one BTF are. Hot: records have no common length and no directory, so the only way to type N is past all
/// before it. One pass over the type section keeps the offset of one record in eight and notes the few that can be looked up by name. Every
/// size in BTF is a whole number of 32-bit words, so the pass is two loads, a table look-up and an addition a record. It makes no
/// object and no string: 1 ms for the 121 000 records of a kernel's 5 MB, compiled ahead of time.
/// </summary>
internal sealed class BtfIndex
{
    /// <summary>How deep types may be nested, pointers and typedefs counted. The kernel's own verifier stops at 32.</summary>
    public const int DeepestNesting = 256;

    // The offset of one record in so many is kept, and the others are found from there: a page fault costs as much as stepping over a hundred records.
    private const uint RecordsPerOffset = 8;

    // A kernel has somewhat fewer named types; for other BTF, the list grows.
    private const int WordsPerNamedType = 48;

    private readonly Section _section;
    private readonly BtfHeader _header;
    private readonly uint[] _offsets;
    private readonly BtfIndex? _base;
    private readonly uint _baseCount;
    private readonly uint _baseStringsLength;
    private (uint Id, uint Name)[] _namedTypes = [];
    private int _namedTypeCount;
    private readonly List<uint> _integers = [];
    private readonly List<uint> _arrays = [];

    /// <summary>Checks the header and finds the records.</summary>
    /// <param name="section">The .BTF section, or a file that is BTF.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="baseIndex">The kernel's BTF when this is the split BTF of one of its modules, whose ids and names count on from there.</param>
    /// <exception cref="InvalidImageException">
    /// It is not BTF, is damaged, is split BTF without a base or of another base, or has a kind of record of unknown length.
    /// </exception>
    public BtfIndex(Section section, string? name, BtfIndex? baseIndex = null)
    {
        _base = baseIndex;
        _baseCount = baseIndex?.Count ?? 0;
        _baseStringsLength = baseIndex?._header.StringsLength ?? 0;
        _header = new BtfHeader(section, name, isSplit: baseIndex is not null);
        _section = _header.Section;
        _offsets = FindRecords();
        if (baseIndex is not null)
        {
            CheckAgainstBase(baseIndex);
        }
    }

    /// <summary>The BTF in its own byte order.</summary>
    public Section Section => _section;

    /// <summary>
    /// Whether something in split BTF refers to a type or a name of its own by a number that counts on from the base's. Where nothing does, the base may
    /// be any BTF that is large enough.
    /// </summary>
    public bool ContinuesBase { get; private set; }

    /// <summary>Whether it is the split BTF of a module.</summary>
    public bool IsOfModule => _base is not null;

    /// <summary>How many types it has, those of its base included; their ids are 1 to this.</summary>
    public uint Count { get; private set; }

    /// <summary>The STRUCT, UNION, FWD and TYPEDEF records with a name, by rising id: all that can be asked for by name.</summary>
    public IEnumerable<uint> NamedTypes => (_base?.NamedTypes ?? []).Concat(_namedTypes.Take(_namedTypeCount).Select(t => t.Id));

    /// <summary>The same without those of the base.</summary>
    public IEnumerable<uint> OwnNamedTypes => _namedTypes.Take(_namedTypeCount).Select(t => t.Id);

    /// <summary>The INT records, by rising id.</summary>
    public IEnumerable<uint> Integers => _base is null ? _integers : _base.Integers.Concat(_integers);

    /// <summary>The ARRAY records, by rising id.</summary>
    public IEnumerable<uint> Arrays => _base is null ? _arrays : _base.Arrays.Concat(_arrays);

    /// <summary>The strings, without those of the base.</summary>
    public ReadOnlySpan<byte> Strings
        => _section.ReadRange(_header.StringsStart, _header.StringsStart + _header.StringsLength).ReadBytes(_header.StringsLength);

    private ReadOnlySpan<byte> Types => _section.ReadRange(_header.TypesStart, _header.TypesStart + _header.TypesLength).ReadBytes(_header.TypesLength);

    /// <summary>The error to throw for a problem with a record.</summary>
    public InvalidImageException Invalid(in BtfRecord record, string problem)
        => IsInherited(record) ? _base!.Invalid(record, problem) : _section.Invalid(record.Offset, problem);

    /// <summary>The error to throw for a record that contradicts itself (<see cref="InvalidImageException.IsOfOneType"/>).</summary>
    public InvalidImageException Contradictory(in BtfRecord record, string problem)
        => IsInherited(record) ? _base!.Contradictory(record, problem) : _section.Contradictory(record.Offset, problem);

    /// <summary>The error to throw for a problem with the whole.</summary>
    public InvalidImageException Invalid(string problem, string remedy) => _section.Invalid(null, problem, remedy);

    /// <summary>The record of a type.</summary>
    /// <param name="id">Its type id, not 0.</param>
    /// <param name="referrer">The record that names the id, for the error.</param>
    /// <exception cref="InvalidImageException">There is no such type.</exception>
    public BtfRecord Record(uint id, in BtfRecord referrer = default)
    {
        // A type of the base refers to types of the base, or it is damaged: a module's types have the ids that follow. (0 - 1 is in no base.)
        if (id - 1 < _baseCount || referrer.Id - 1 < _baseCount)
        {
            return _base!.Record(id, referrer);
        }

        if (id == 0 || id > Count)
        {
            throw Invalid(referrer, $"{referrer} refers to type {id} of {Count}; if this is a module's split BTF, it needs its kernel's (--base)");
        }

        uint offset = OffsetOf(id - _baseCount - 1);
        SectionReader reader = _section.ReadFrom(offset);
        return new BtfRecord(id, offset, reader.ReadU32(), reader.ReadU32(), reader.ReadU32());
    }

    /// <summary>The record that is left once typedefs, qualifiers and tags are gone; null for void.</summary>
    /// <exception cref="InvalidImageException">There are too many of them: they go in a circle.</exception>
    public BtfRecord? Strip(uint id, in BtfRecord referrer)
    {
        BtfRecord from = referrer;
        for (int depth = 0; depth <= DeepestNesting; depth++)
        {
            if (id == 0)
            {
                return null;
            }

            BtfRecord record = Record(id, from);
            if (record.Kind is not (BtfFormat.BTF_KIND_TYPEDEF or BtfFormat.BTF_KIND_CONST or BtfFormat.BTF_KIND_VOLATILE
                or BtfFormat.BTF_KIND_RESTRICT or BtfFormat.BTF_KIND_TYPE_TAG or BtfFormat.BTF_KIND_DECL_TAG))
            {
                return record;
            }

            from = record;
            id = record.SizeOrType;
        }

        throw Invalid(referrer, $"{referrer} is behind more than {DeepestNesting} typedefs and qualifiers");
    }

    /// <summary>Reads the bytes behind the struct btf_type of a record; they are all there.</summary>
    public SectionReader ReadDetails(in BtfRecord record)
    {
        if (IsInherited(record))
        {
            return _base!.ReadDetails(record);
        }

        ulong start = record.Offset + BtfFormat.RecordSize;
        return _section.ReadRange(start, start + _header.DetailsSize(record.Info));
    }

    /// <summary>A name as text, or null when there is none.</summary>
    /// <exception cref="InvalidImageException">It lies outside of the strings.</exception>
    public string? NameAt(uint nameOffset, in BtfRecord referrer)
    {
        if (nameOffset < _baseStringsLength)
        {
            return _base!.NameAt(nameOffset, referrer);
        }

        if (nameOffset - _baseStringsLength >= _header.StringsLength)
        {
            throw NameOutside(referrer, nameOffset);
        }

        ReadOnlySpan<byte> name = _section.StringAt(_header.StringsStart + nameOffset - _baseStringsLength);
        if (name.Length > TypeGraphBuilder.LongestName)
        {
            throw Invalid(referrer, $"{referrer} has a name of {name.Length} characters; the kernel allows {TypeGraphBuilder.LongestName}");
        }

        return name.IsEmpty ? null : Encoding.UTF8.GetString(name);
    }

    /// <summary>A string that is no name of a type: a section, a path, an access; null when it lies outside of the strings. Up to 64 KiB long.</summary>
    /// <exception cref="InvalidImageException">It is longer.</exception>
    public string? TextAt(uint offset)
        => offset < _baseStringsLength ? _base!.TextAt(offset)
            : offset - _baseStringsLength >= _header.StringsLength ? null
            : Encoding.UTF8.GetString(_section.StringAt(_header.StringsStart + offset - _baseStringsLength));

    /// <summary>The records among <see cref="NamedTypes"/> that have a name, by rising id.</summary>
    public List<uint> Find(string name)
    {
        List<uint> found = _base?.Find(name) ?? [];
        if (name.Length == 0 || name.Contains('\0'))
        {
            return found;
        }

        byte[] wanted = Encoding.UTF8.GetBytes(name + "\0");
        ReadOnlySpan<byte> own = Strings;
        ReadOnlySpan<byte> inherited = _base is null ? [] : _base.Strings;
        foreach ((uint id, uint at) in _namedTypes.AsSpan(0, _namedTypeCount))
        {
            ReadOnlySpan<byte> strings = at < _baseStringsLength ? inherited[(int)at..] : own[(int)(at - _baseStringsLength)..];
            if (strings[0] == wanted[0] && strings.StartsWith(wanted))
            {
                found.Add(id);
            }
        }

        return found;
    }

    /// <summary>Whether an id is that of a record of the base.</summary>
    public bool IsInherited(uint id) => _base is not null && id <= _baseCount;

    private bool IsInherited(in BtfRecord record) => IsInherited(record.Id);

    // `index` is a record's number among those that are not inherited, from 0. All of them are known to be whole.
    private uint OffsetOf(uint index)
    {
        uint offset = _offsets[index / RecordsPerOffset];
        ReadOnlySpan<byte> types = Types;
        for (uint left = index % RecordsPerOffset; left > 0; left--)
        {
            offset += BtfFormat.RecordSize + _header.DetailsSize(Word(types, offset - _header.TypesStart + 4));
        }

        return offset;
    }

    private uint Word(ReadOnlySpan<byte> bytes, uint at) => _section.IsBigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes[(int)at..])
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)at..]);

    private uint[] FindRecords()
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(Types);
        bool swap = _section.IsBigEndian == BitConverter.IsLittleEndian;
        uint[] offsets = GC.AllocateUninitializedArray<uint>((words.Length / 3 / (int)RecordsPerOffset) + 1);
        (uint Id, uint Name)[] namedTypes = new (uint, uint)[(words.Length / WordsPerNamedType) + 1];
        int namedTypeCount = 0;
        ulong stringsEnd = (ulong)_baseStringsLength + _header.StringsLength;
        Span<KindPlan> plans = stackalloc KindPlan[BtfFormat.KindCount];
        FillPlans(plans);
        uint id = _baseCount;
        int at = 0;
        while (words.Length - at >= 3)
        {
            uint name = words[at];
            uint info = words[at + 1];
            if (swap)
            {
                name = BinaryPrimitives.ReverseEndianness(name);
                info = BinaryPrimitives.ReverseEndianness(info);
            }

            uint kind = BtfRecord.KindOf(info);
            uint offset = _header.TypesStart + ((uint)at * 4);
            if ((id - _baseCount) % RecordsPerOffset == 0)
            {
                offsets[(id - _baseCount) / RecordsPerOffset] = offset;
            }

            id++;
            KindPlan plan = plans[(int)kind];

            // At most 3 + 0x3f + 0x3f * 0xffffff words: fits 32 bits unsigned.
            uint wordCount = plan.Words + (plan.ElementWords * BtfRecord.ElementCountOf(info));
            if (name >= stringsEnd || plan.Words == 0 || wordCount > (uint)(words.Length - at))
            {
                throw Unreadable(new BtfRecord(id, offset, name, info, 0), stringsEnd, plan, wordCount, words.Length - at);
            }

            at += (int)wordCount;
            if (namedTypeCount == namedTypes.Length)
            {
                Array.Resize(ref namedTypes, namedTypes.Length * 2);
            }

            // Branch-free: always store, and count only a type with a name. The order of kinds cannot be predicted.
            namedTypes[namedTypeCount] = (id, name);
            namedTypeCount += name != 0 ? plan.NamedTypes : 0;
            if (kind == BtfFormat.BTF_KIND_INT)
            {
                _integers.Add(id);
            }
            else if (kind == BtfFormat.BTF_KIND_ARRAY)
            {
                _arrays.Add(id);
            }
        }

        (_namedTypes, _namedTypeCount, Count) = (namedTypes, namedTypeCount, id);
        return at == words.Length ? offsets : throw _section.Invalid(_header.TypesStart + ((uint)at * 4), $"the types end in the middle of type {id + 1}");
    }

    private void FillPlans(Span<KindPlan> plans)
    {
        for (uint kind = 0; kind < BtfFormat.KindCount; kind++)
        {
            bool isNamedType = kind is BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION or BtfFormat.BTF_KIND_TYPEDEF or BtfFormat.BTF_KIND_FWD;
            plans[(int)kind] = _header.InfoSize(kind) < 0 ? default
                : new KindPlan(3 + ((uint)_header.InfoSize(kind) / 4), (ushort)(_header.ElementSize(kind) / 4), isNamedType ? (ushort)1 : (ushort)0);
        }
    }

    private InvalidImageException Unreadable(in BtfRecord record, ulong stringsEnd, KindPlan plan, uint wordCount, int wordsLeft)
        => record.NameOffset >= stringsEnd ? NameOutside(record, record.NameOffset)
            : plan.Words == 0
            ? _section.Invalid(
                record.Offset,
                $"type {record.Id} is of kind {record.Kind}, which we do not know; its length is not known either, so nothing after it can be trusted",
                "use a newer LayoutCheck, or DWARF")
            : _section.Invalid(record.Offset, $"{record} is {wordCount * 4UL} bytes long, but only {wordsLeft * 4L} are left of the types");

    private void CheckAgainstBase(BtfIndex baseIndex)
    {
        string baseFile = baseIndex._section.File.Path;
        if (_section.IsBigEndian != baseIndex._section.IsBigEndian)
        {
            throw _section.Invalid(0, $"is split BTF of the other byte order than {baseFile}, so that is not its base", SplitBtf.BaseRemedy);
        }

        SplitBtf split = new(_section, baseFile, _baseStringsLength, _baseCount, Count);
        ReadOnlySpan<byte> own = Strings;
        ReadOnlySpan<byte> inherited = baseIndex.Strings;
        for (uint id = _baseCount + 1; id <= Count; id++)
        {
            BtfRecord record = Record(id);
            split.Check(record, ReadDetails(record), own, inherited);
        }

        ContinuesBase = split.ContinuesBase;
    }

    // Split BTF counts name offsets (and type ids) on from its base's, so they lie past the end of its own.
    private InvalidImageException NameOutside(in BtfRecord record, uint nameOffset) => _section.Invalid(
        record.Offset,
        _base is null
            ? $"{record} has its name at 0x{nameOffset:x} of 0x{_header.StringsLength:x} bytes of strings, "
                + "as in the split BTF of modules, which needs the BTF of its kernel"
            : $"is split BTF of another kernel than {_base._section.File.Path}: {record} has its name at 0x{nameOffset:x} "
                + $"of 0x{(ulong)_baseStringsLength + _header.StringsLength:x} bytes of strings",
        SplitBtf.BaseRemedy);

    /// <summary>How to step over a record of one kind.</summary>
    /// <param name="Words">The 32-bit words of a record without elements; 0 for a kind of unknown length.</param>
    /// <param name="ElementWords">The words of each element.</param>
    /// <param name="NamedTypes">1 for a kind that can be asked for by name, else 0.</param>
    private readonly record struct KindPlan(uint Words, ushort ElementWords, ushort NamedTypes);
}
