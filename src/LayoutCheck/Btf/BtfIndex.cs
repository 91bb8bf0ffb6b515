using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Btf;

/// <summary>
/// Where the records of one BTF are. Hot: records have no common length and no directory, so the only way to type N is past all
/// before it. One pass over the type section keeps the offset of one record in eight and notes the few that can be looked up by name; every
/// size in BTF is a whole number of 32-bit words, so the pass is two loads, a table look-up and an addition a record. It makes no
/// object and no string: 1 ms for the 121 000 records of a kernel's 5 MB, compiled ahead of time.
/// </summary>
internal sealed class BtfIndex
{
    // Of one record in so many it is kept where it is, and the others are found from there: each page of memory that shows up costs as much as
    // to step over a hundred records.
    private const uint RecordsPerOffset = 8;

    // Of a kernel's types there are somewhat fewer; of others, the list grows.
    private const int WordsPerTaggable = 48;

    private readonly Section _section;
    private readonly uint _typesStart;
    private readonly uint _typesLength;
    private readonly uint _stringsStart;
    private readonly uint _stringsLength;
    private readonly int[] _infoSizes = new int[BtfFormat.KindCount];
    private readonly int[] _elementSizes = new int[BtfFormat.KindCount];
    private readonly uint[] _offsets;
    private readonly BtfIndex? _base;
    private readonly uint _baseCount;
    private readonly uint _baseStringsLength;
    private (uint Id, uint Name)[] _taggable = [];
    private int _taggableCount;
    private readonly List<uint> _integers = [];
    private readonly List<uint> _arrays = [];
    private ArrayNesting? _nesting;

    /// <summary>Checks the header and finds the records.</summary>
    /// <param name="section">The .BTF section, or a file that is BTF.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="baseIndex">The kernel's BTF when this is the split BTF of one of its modules, whose ids and names count on from there.</param>
    /// <exception cref="InvalidImageException">
    /// It is not BTF, is damaged, is split BTF without a base or of another base, or has a kind of record that we cannot step over.
    /// </exception>
    public BtfIndex(Section section, string? name, BtfIndex? baseIndex = null)
    {
        _base = baseIndex;
        _baseCount = baseIndex?.Count ?? 0;
        _baseStringsLength = baseIndex?._stringsLength ?? 0;
        // Only the magic tells the byte order: a little-endian ELF could carry BTF of the other order.
        ReadOnlySpan<byte> magic = section.Length >= 2 ? section.ReadRange(0, 2).ReadBytes(2) : [];
        bool isBigEndian = magic.SequenceEqual<byte>([BtfFormat.BTF_MAGIC >> 8, BtfFormat.BTF_MAGIC & 0xff]);
        if (!isBigEndian && !magic.SequenceEqual<byte>([BtfFormat.BTF_MAGIC & 0xff, BtfFormat.BTF_MAGIC >> 8]))
        {
            throw section.As(name, false).Invalid(0, "does not start with the magic number of BTF (0xeb9f)");
        }

        _section = section.As(name, isBigEndian);
        if (section.Length > int.MaxValue)
        {
            throw _section.Invalid(null, $"is 0x{section.Length:x} bytes long; no BTF is larger than 2 GiB");
        }

        if (section.Length < BtfFormat.BaseHeaderSize)
        {
            throw _section.Invalid(0, $"the header is cut short ({section.Length} of {BtfFormat.BaseHeaderSize} bytes)");
        }

        SectionReader header = _section.ReadFrom(2);
        byte version = header.ReadU8();
        if (version != BtfFormat.BTF_VERSION)
        {
            throw _section.Invalid(2, $"BTF version {version} is not the one that we know ({BtfFormat.BTF_VERSION})", "use a newer LayoutCheck, or DWARF");
        }

        header.Skip(1); // flags: none is defined
        uint headerLength = header.ReadU32();
        if (headerLength < BtfFormat.BaseHeaderSize || headerLength > section.Length)
        {
            throw _section.Invalid(4, $"a header of {headerLength} bytes is not between {BtfFormat.BaseHeaderSize} and the 0x{section.Length:x} bytes that there are");
        }

        (_typesStart, _typesLength) = ReadExtent(ref header, headerLength, "types");
        (_stringsStart, _stringsLength) = ReadExtent(ref header, headerLength, "strings");
        CheckTypesAndStrings(headerLength);
        ReadRecordSizes(ref header, headerLength);
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

    /// <summary>The named STRUCT, UNION, FWD and TYPEDEF records, by rising id: all that can be asked for by name.</summary>
    public IEnumerable<uint> Taggable => (_base?.Taggable ?? []).Concat(_taggable.Take(_taggableCount).Select(t => t.Id));

    /// <summary>The INT records, by rising id.</summary>
    public IEnumerable<uint> Integers => _base is null ? _integers : _base.Integers.Concat(_integers);

    /// <summary>The ARRAY records, by rising id.</summary>
    public IEnumerable<uint> Arrays => _base is null ? _arrays : _base.Arrays.Concat(_arrays);

    /// <summary>What it makes of arrays of arrays. Asked when the first array is read: it looks at all of them.</summary>
    public ArrayNesting Nesting => _nesting ??= BtfProducer.NestingOf(this);

    /// <summary>Whether the bytes start as BTF of either byte order does.</summary>
    public static bool HasMagic(Section section)
    {
        const ushort Swapped = (BtfFormat.BTF_MAGIC >> 8) | ((BtfFormat.BTF_MAGIC & 0xff) << 8);
        return section.Length >= 2 && section.ReadFrom(0).ReadU16() is BtfFormat.BTF_MAGIC or Swapped;
    }

    /// <summary>
    /// Whether BTF is split: its strings continue those of a base, so they do not start with the empty one, and it refers to what only a base can have.
    /// BTF that is too damaged to tell is not.
    /// </summary>
    public static bool IsSplit(Section section)
    {
        if (!HasMagic(section) || section.Length < BtfFormat.BaseHeaderSize)
        {
            return false;
        }

        Section bytes = section.As(section.Name, section.Head(1)[0] == BtfFormat.BTF_MAGIC >> 8);
        SectionReader reader = bytes.ReadFrom(4);
        ulong start = reader.ReadU32();
        ulong typesStart = start + reader.ReadU32();
        ulong typesLength = reader.ReadU32();
        start += reader.ReadU32();
        uint length = reader.ReadU32();
        bool startsOtherwise = length == 0 || (start < bytes.Length && length <= bytes.Length - start && bytes.ReadFrom(start).ReadU8() != 0);
        return startsOtherwise && typesStart <= bytes.Length && typesLength <= bytes.Length - typesStart
            && BtfReferences.LeadOutside(bytes.Part(typesStart, typesLength), length);
    }

    /// <summary>The error to throw for a problem with a record.</summary>
    public InvalidImageException Invalid(in BtfRecord record, string problem)
        => _base is not null && record.Id <= _baseCount ? _base.Invalid(record, problem) : _section.Invalid(record.Offset, problem);

    /// <summary>The error to throw for a record that contradicts itself (<see cref="InvalidImageException.IsOfOneType"/>).</summary>
    public InvalidImageException Contradictory(in BtfRecord record, string problem)
        => _base is not null && record.Id <= _baseCount ? _base.Contradictory(record, problem) : _section.Contradictory(record.Offset, problem);

    /// <summary>The record of a type.</summary>
    /// <param name="id">Its type id, not 0.</param>
    /// <param name="referrer">What named the id, for the error.</param>
    /// <exception cref="InvalidImageException">There is no such type.</exception>
    public BtfRecord Record(uint id, in BtfRecord referrer = default)
    {
        // What a type of the base refers to is one of the base, or it is damaged: a module's types have the ids that follow. (0 - 1 is in no base.)
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

    // Of a record of its own, the first of which is 0. All of them are known to be whole.
    private uint OffsetOf(uint index)
    {
        uint offset = _offsets[index / RecordsPerOffset];
        ReadOnlySpan<byte> types = Types;
        for (uint left = index % RecordsPerOffset; left > 0; left--)
        {
            offset += BtfFormat.RecordSize + DetailsSize(Word(types, offset - _typesStart + 4));
        }

        return offset;
    }

    // How many bytes follow the struct btf_type of a record of its own, by its info.
    private uint DetailsSize(uint info)
    {
        uint kind = BtfRecord.KindOf(info);
        return (uint)_infoSizes[kind] + ((uint)_elementSizes[kind] * BtfRecord.ElementCountOf(info));
    }

    /// <summary>Reads what follows the struct btf_type of a record; it is all there.</summary>
    public SectionReader ReadDetails(in BtfRecord record)
    {
        if (record.Id <= _baseCount)
        {
            return _base!.ReadDetails(record);
        }

        ulong start = record.Offset + BtfFormat.RecordSize;
        return _section.ReadRange(start, start + DetailsSize(record.Info));
    }

    /// <summary>The error to throw for a problem with the whole.</summary>
    public InvalidImageException Invalid(string problem, string remedy) => _section.Invalid(null, problem, remedy);

    /// <summary>A name as text, or null when there is none.</summary>
    /// <exception cref="InvalidImageException">It lies outside of the strings.</exception>
    public string? NameAt(uint nameOffset, in BtfRecord referrer)
    {
        if (nameOffset < _baseStringsLength)
        {
            return _base!.NameAt(nameOffset, referrer);
        }

        if (nameOffset - _baseStringsLength >= _stringsLength)
        {
            throw SplitBtf(referrer, nameOffset);
        }

        ReadOnlySpan<byte> name = _section.StringAt(_stringsStart + nameOffset - _baseStringsLength);
        if (name.Length > TypeGraphBuilder.LongestName)
        {
            throw Invalid(referrer, $"{referrer} has a name of {name.Length} characters; the kernel allows {TypeGraphBuilder.LongestName}");
        }

        return name.IsEmpty ? null : Encoding.UTF8.GetString(name);
    }

    /// <summary>The records among <see cref="Taggable"/> that have a name, by rising id.</summary>
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
        foreach ((uint id, uint at) in _taggable.AsSpan(0, _taggableCount))
        {
            ReadOnlySpan<byte> strings = at < _baseStringsLength ? inherited[(int)at..] : own[(int)(at - _baseStringsLength)..];
            if (strings[0] == wanted[0] && strings.StartsWith(wanted))
            {
                found.Add(id);
            }
        }

        return found;
    }

    /// <summary>Its strings, without those of its base.</summary>
    public ReadOnlySpan<byte> Strings => _section.ReadRange(_stringsStart, _stringsStart + _stringsLength).ReadBytes(_stringsLength);

    private ReadOnlySpan<byte> Types => _section.ReadRange(_typesStart, _typesStart + _typesLength).ReadBytes(_typesLength);

    private uint Word(ReadOnlySpan<byte> bytes, uint at) => _section.IsBigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes[(int)at..])
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)at..]);

    // An offset in the header counts from the header's end.
    private (uint Start, uint Length) ReadExtent(ref SectionReader header, uint headerLength, string what)
    {
        ulong at = header.Offset;
        ulong start = (ulong)headerLength + header.ReadU32();
        uint length = header.ReadU32();
        if (start > _section.Length || length > _section.Length - start)
        {
            throw _section.Invalid(
                at, $"the {what} lie at 0x{start:x} to 0x{start + length:x} of 0x{_section.Length:x} bytes", "the file looks truncated: fetch or build it again");
        }

        return ((uint)start, length);
    }

    private void CheckTypesAndStrings(uint headerLength)
    {
        if (((_typesStart - headerLength) & 3) != 0 || (_typesLength & 3) != 0)
        {
            throw _section.Invalid(8, $"the types (0x{_typesLength:x} bytes at 0x{_typesStart:x}) are not whole 32-bit words");
        }

        if (_typesStart < _stringsStart + _stringsLength && _stringsStart < _typesStart + _typesLength)
        {
            throw _section.Invalid(8, "types and strings overlap");
        }

        // As the kernel's btf_check_sec_info: bytes that no extent covers are types or strings that a damaged length leaves out.
        // A longer header may name others.
        uint end = Math.Min(_typesStart + _typesLength, _stringsStart + _stringsLength);
        if (headerLength < BtfFormat.LayoutHeaderSize && (Math.Min(_typesStart, _stringsStart) != headerLength || Math.Max(_typesStart, _stringsStart) != end))
        {
            throw _section.Invalid(8, "there are bytes beside the types and the strings that are neither");
        }

        if (_stringsLength == 0)
        {
            // A module may have types and no name that the kernel has not.
            if (_base is null)
            {
                throw _typesLength == 0
                    ? _section.Invalid(16, "has neither types nor strings", "use --source dwarf if there is DWARF, or name an image whose BTF has types")
                    : _section.Invalid(16, "has no strings; if this is a module's split BTF, it needs its kernel's (--base)");
            }

            return;
        }

        // The first string is the empty one, except where the strings continue those of a base.
        SectionReader strings = _section.ReadFrom(_stringsStart);
        if (strings.ReadU8() != 0 && _base is null)
        {
            throw _section.Invalid(_stringsStart, "the first string is not empty, as in a module's split BTF, and nothing refers to the BTF of a kernel");
        }

        strings.Seek(_stringsStart + _stringsLength - 1);
        if (strings.ReadU8() != 0)
        {
            throw _section.Invalid(_stringsStart + _stringsLength - 1, "the last string has no end");
        }
    }

    // struct btf_layout tells the sizes of each kind that the writer knew, so that a reader can step over kinds it does not know.
    private void ReadRecordSizes(ref SectionReader header, uint headerLength)
    {
        for (uint kind = 0; kind < BtfFormat.KindCount; kind++)
        {
            _infoSizes[kind] = BtfFormat.InfoSize(kind);
            _elementSizes[kind] = BtfFormat.ElementSize(kind);
        }

        if (headerLength < BtfFormat.LayoutHeaderSize)
        {
            return;
        }

        (uint start, uint length) = ReadExtent(ref header, headerLength, "record layouts");
        SectionReader layouts = _section.ReadRange(start, start + length);
        for (uint kind = 0; kind < BtfFormat.KindCount && layouts.Remaining >= 4; kind++)
        {
            byte infoSize = layouts.ReadU8();
            byte elementSize = layouts.ReadU8();
            layouts.Skip(2); // flags
            if (kind > BtfFormat.BTF_KIND_ENUM64 && ((infoSize | elementSize) & 3) == 0)
            {
                _infoSizes[kind] = infoSize;
                _elementSizes[kind] = elementSize;
            }
        }
    }

    private uint[] FindRecords()
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(Types);
        bool swap = _section.IsBigEndian == BitConverter.IsLittleEndian;
        uint[] offsets = GC.AllocateUninitializedArray<uint>((words.Length / 3 / (int)RecordsPerOffset) + 1);
        (uint Id, uint Name)[] taggable = new (uint, uint)[(words.Length / WordsPerTaggable) + 1];
        int taggableCount = 0;
        ulong stringsEnd = (ulong)_baseStringsLength + _stringsLength;
        Span<(uint Words, ushort ElementWords, ushort Taggable)> kinds = stackalloc (uint, ushort, ushort)[BtfFormat.KindCount];
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            // Every size is a whole number of words, and none is 0 of a kind that is known.
            bool isTaggable = kind is (int)BtfFormat.BTF_KIND_STRUCT or (int)BtfFormat.BTF_KIND_UNION or (int)BtfFormat.BTF_KIND_TYPEDEF or (int)BtfFormat.BTF_KIND_FWD;
            kinds[kind] = _infoSizes[kind] < 0 ? default : (3 + ((uint)_infoSizes[kind] / 4), (ushort)(_elementSizes[kind] / 4), isTaggable ? (ushort)1 : (ushort)0);
        }

        int id = 0;
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
            uint offset = _typesStart + ((uint)at * 4);
            if (id % (int)RecordsPerOffset == 0)
            {
                offsets[id / (int)RecordsPerOffset] = offset;
            }

            id++;
            if (name >= stringsEnd)
            {
                throw SplitBtf(new BtfRecord(_baseCount + (uint)id, offset, name, info, 0), name);
            }

            (uint ownWords, ushort elementWords, ushort isCounted) = kinds[(int)kind];
            if (ownWords == 0)
            {
                throw _section.Invalid(
                    offset, $"type {_baseCount + (uint)id} is of kind {kind}, which we do not know; its length is not known either, so nothing after it can be trusted", "use a newer LayoutCheck, or DWARF");
            }

            // At most 3 + 0x3f + 0x3f * 0xffffff words: fits 32 bits unsigned.
            uint wordCount = ownWords + (elementWords * BtfRecord.ElementCountOf(info));
            if (wordCount > (uint)(words.Length - at))
            {
                throw _section.Invalid(offset, $"{new BtfRecord(_baseCount + (uint)id, 0, name, info, 0)} is {wordCount * 4UL} bytes long, but only {(words.Length - at) * 4L} are left of the types");
            }

            at += (int)wordCount;
            if (taggableCount == taggable.Length)
            {
                Array.Resize(ref taggable, taggable.Length * 2);
            }

            // Written whether it is one or not, and counted if it is: which comes next cannot be guessed.
            taggable[taggableCount] = (_baseCount + (uint)id, name);
            taggableCount += name != 0 ? isCounted : 0;
            if (kind == BtfFormat.BTF_KIND_INT)
            {
                _integers.Add(_baseCount + (uint)id);
            }
            else if (kind == BtfFormat.BTF_KIND_ARRAY)
            {
                _arrays.Add(_baseCount + (uint)id);
            }
        }

        (_taggable, _taggableCount) = (taggable, taggableCount);
        if (at != words.Length)
        {
            throw _section.Invalid(_typesStart + ((uint)at * 4), $"the types end in the middle of type {_baseCount + (uint)id + 1}");
        }

        Count = _baseCount + (uint)id;
        return offsets;
    }

    // Nothing in split BTF says which base it was made against. But each of its names is an offset to the start of a string, of the base's
    // or, past their end, of its own: with another base, most of them point into the middle of one.
    private void CheckAgainstBase(BtfIndex baseIndex)
    {
        if (_section.IsBigEndian != baseIndex._section.IsBigEndian)
        {
            throw _section.Invalid(0, $"is split BTF of the other byte order than {baseIndex._section.File.Path}, so that is not its base", BaseRemedy);
        }

        ReadOnlySpan<byte> own = Strings;
        ReadOnlySpan<byte> inherited = baseIndex.Strings;
        for (uint id = _baseCount + 1; id <= Count; id++)
        {
            BtfRecord record = Record(id);
            CheckName(record, record.NameOffset, own, inherited);
            CheckType(record, BtfReferences.IsOfType(record.Kind) ? record.SizeOrType : 0);
            SectionReader reader = ReadDetails(record);
            for (uint word = 0; !reader.IsAtEnd; word++)
            {
                uint value = reader.ReadU32();
                switch (BtfReferences.Meaning(record.Kind, word))
                {
                    case BtfWord.Name:
                        CheckName(record, value, own, inherited);
                        break;
                    case BtfWord.Type:
                        CheckType(record, value);
                        break;
                    default:
                        break;
                }
            }
        }
    }

    private void CheckType(in BtfRecord record, uint type)
    {
        if (type > Count)
        {
            throw _section.Invalid(record.Offset, $"is split BTF of another kernel than {_base!._section.File.Path}: {record} refers to type {type} of {Count}", BaseRemedy);
        }

        ContinuesBase |= type > _baseCount;
    }

    private void CheckName(in BtfRecord record, uint name, ReadOnlySpan<byte> own, ReadOnlySpan<byte> inherited)
    {
        bool isStart = name < _baseStringsLength ? name == 0 || inherited[(int)name - 1] == 0
            : name - _baseStringsLength < own.Length && (name == _baseStringsLength || own[(int)(name - _baseStringsLength) - 1] == 0);
        if (!isStart)
        {
            throw _section.Invalid(
                record.Offset, $"is split BTF of another kernel than {_base!._section.File.Path}: {record} has a name at 0x{name:x}, where no string starts", BaseRemedy);
        }

        ContinuesBase |= name >= _baseStringsLength;
    }

    private const string BaseRemedy = "name the vmlinux that it was built with (--base FILE), or use --source dwarf if the module has DWARF";

    // Split BTF counts name offsets (and type ids) on from its base's, so they lie past the end of its own.
    private InvalidImageException SplitBtf(in BtfRecord record, uint nameOffset) => _section.Invalid(
        record.Offset,
        _base is null
            ? $"{record} has its name at 0x{nameOffset:x} of 0x{_stringsLength:x} bytes of strings, as in the split BTF of modules, which needs the BTF of its kernel"
            : $"is split BTF of another kernel than {_base._section.File.Path}: {record} has its name at 0x{nameOffset:x} of 0x{(ulong)_baseStringsLength + _stringsLength:x} bytes of strings",
        BaseRemedy);
}
