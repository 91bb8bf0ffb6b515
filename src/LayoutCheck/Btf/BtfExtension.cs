using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Btf;

/// <summary>A CO-RE relocation as it is stored (struct bpf_core_relo, include/uapi/linux/bpf.h).</summary>
/// <param name="RecordOffset">Bytes from the start of .BTF.ext to the record.</param>
/// <param name="InstructionOffset">Bytes from the start of its section to the instruction.</param>
/// <param name="Type">The type id of the root type.</param>
/// <param name="AccessOffset">Where the string of the access is among the strings of .BTF.</param>
/// <param name="Kind">enum bpf_core_relo_kind.</param>
internal readonly record struct BtfRelocation(ulong RecordOffset, uint InstructionOffset, uint Type, uint AccessOffset, uint Kind);

/// <summary>The start of a function (struct bpf_func_info).</summary>
/// <param name="InstructionOffset">Bytes from the start of its section.</param>
/// <param name="Type">The type id of its FUNC record.</param>
internal readonly record struct BtfFunction(uint InstructionOffset, uint Type);

/// <summary>The source line of the instructions from a place on (struct bpf_line_info).</summary>
/// <param name="InstructionOffset">Bytes from the start of its section.</param>
/// <param name="FileOffset">Where the name of the file is among the strings of .BTF.</param>
/// <param name="Line">The line, from 1.</param>
internal readonly record struct BtfLine(uint InstructionOffset, uint FileOffset, uint Line);

/// <summary>The records of one kind that belong to one section of the ELF file.</summary>
/// <param name="Section">The section's name.</param>
/// <param name="Records">The records, in the order of the file.</param>
internal sealed record BtfExtensionGroup<T>(string Section, ImmutableArray<T> Records);

/// <summary>
/// The section .BTF.ext of a BPF object (struct btf_ext_header, tools/lib/bpf/libbpf_internal.h): which functions, source lines and CO-RE relocations its code has.
/// Offsets count in bytes. Every extent and count is checked when it is made.
/// </summary>
internal sealed class BtfExtension
{
    // struct btf_ext_header up to line_info_len, and up to core_relo_len.
    private const uint BaseHeaderSize = 24;
    private const uint RelocationHeaderSize = 32;

    // The largest program that a kernel takes has a million instructions.
    private const int MostRelocations = 1 << 17;

    // What a record takes in memory.
    private const ulong RecordBytes = 24;

    private const string Remedy = "the object looks damaged: build it again";

    private readonly Section _section;
    private readonly BtfIndex _index;
    private readonly uint _headerLength;

    /// <summary>Reads the section.</summary>
    /// <param name="section">The section. Its byte order does not matter: it has its own, as BTF has.</param>
    /// <param name="index">The object's .BTF, which has the strings.</param>
    /// <exception cref="InvalidImageException">It is damaged, or of another version.</exception>
    public BtfExtension(Section section, BtfIndex index)
    {
        _section = BtfHeader.InItsOrder(section, ".BTF.ext");
        _index = index;
        if (section.Length < BaseHeaderSize)
        {
            throw _section.Invalid(0, $"the header is cut short ({section.Length} of {BaseHeaderSize} bytes)", Remedy);
        }

        SectionReader header = _section.ReadFrom(2);
        byte version = header.ReadU8();
        if (version != BtfFormat.BTF_VERSION)
        {
            throw _section.Invalid(2, $"version {version} is not the one that we know ({BtfFormat.BTF_VERSION})", "use a newer LayoutCheck");
        }

        header.Skip(1); // flags: none is defined
        _headerLength = header.ReadU32();
        if (_headerLength < BaseHeaderSize || _headerLength > section.Length)
        {
            throw _section.Invalid(4, $"a header of {_headerLength} bytes is not between {BaseHeaderSize} and the 0x{section.Length:x} bytes that there are", Remedy);
        }

        Functions = Read(ref header, "functions", 8, (ref SectionReader r, ulong _) => new BtfFunction(r.ReadU32(), r.ReadU32()));
        Lines = Read(ref header, "source lines", 16, ReadLine);
        Relocations = _headerLength < RelocationHeaderSize ? []
            : Read(ref header, "CO-RE relocations", 16, (ref SectionReader r, ulong at) => new BtfRelocation(at, r.ReadU32(), r.ReadU32(), r.ReadU32(), r.ReadU32()));
        if (Relocations.Sum(g => (long)g.Records.Length) > MostRelocations)
        {
            throw _section.Invalid(null, $"has more than {MostRelocations} CO-RE relocations, which no kernel can load", Remedy);
        }
    }

    private delegate T RecordReader<out T>(ref SectionReader reader, ulong offset);

    /// <summary>The functions, by section.</summary>
    public ImmutableArray<BtfExtensionGroup<BtfFunction>> Functions { get; }

    /// <summary>The source lines, by section.</summary>
    public ImmutableArray<BtfExtensionGroup<BtfLine>> Lines { get; }

    /// <summary>The relocations, by section.</summary>
    public ImmutableArray<BtfExtensionGroup<BtfRelocation>> Relocations { get; }

    /// <summary>The error to throw for a problem with a record.</summary>
    public InvalidImageException Invalid(in BtfRelocation relocation, string problem) => _section.Invalid(relocation.RecordOffset, problem, Remedy);

    private static BtfLine ReadLine(ref SectionReader reader, ulong offset)
    {
        uint instruction = reader.ReadU32();
        uint file = reader.ReadU32();
        reader.Skip(4); // line_off: the text of the line

        // BPF_LINE_INFO_LINE_NUM: the column is in the lower ten bits.
        return new BtfLine(instruction, file, reader.ReadU32() >> 10);
    }

    // One of the three extents of the header: record size, then for each section of the ELF its name, a count, and records. Offsets count from the header's end.
    private ImmutableArray<BtfExtensionGroup<T>> Read<T>(ref SectionReader header, string what, uint leastSize, RecordReader<T> read)
    {
        ulong at = header.Offset;
        ulong start = (ulong)_headerLength + header.ReadU32();
        uint length = header.ReadU32();
        if (length == 0)
        {
            return [];
        }

        if (start > _section.Length || length > _section.Length - start || (start & 3) != 0)
        {
            throw _section.Invalid(at, $"the {what} lie at 0x{start:x} to 0x{start + length:x} of 0x{_section.Length:x} bytes", Remedy);
        }

        SectionReader reader = _section.ReadRange(start, start + length);
        uint size = reader.Remaining < 4 ? 0 : reader.ReadU32();
        if (size < leastSize || (size & 3) != 0)
        {
            throw _section.Invalid(start, $"the {what} have records of {size} bytes, and the least is {leastSize}", Remedy);
        }

        ImmutableArray<BtfExtensionGroup<T>>.Builder groups = ImmutableArray.CreateBuilder<BtfExtensionGroup<T>>();
        while (!reader.IsAtEnd)
        {
            groups.Add(ReadGroup(ref reader, what, size, read));
        }

        return groups.ToImmutable();
    }

    private BtfExtensionGroup<T> ReadGroup<T>(ref SectionReader reader, string what, uint size, RecordReader<T> read)
    {
        ulong start = reader.Offset;
        if (reader.Remaining < 8)
        {
            throw _section.Invalid(start, $"the {what} end in the middle of a section's header", Remedy);
        }

        string name = _index.TextAt(reader.ReadU32()) is { Length: > 0 } text ? text
            : throw _section.Invalid(start, $"the {what} are of a section whose name is not among the strings of .BTF", Remedy);
        uint count = reader.ReadU32();
        if (count == 0 || (ulong)count * size > reader.Remaining)
        {
            throw _section.Invalid(start + 4, $"{count} records of {size} bytes for the {what} of {Printable.Shorten(name)} are not within the {reader.Remaining} bytes that are left", Remedy);
        }

        _section.File.Budget.Take(_section, (ulong)count * RecordBytes);
        ImmutableArray<T>.Builder records = ImmutableArray.CreateBuilder<T>((int)count);
        for (uint i = 0; i < count; i++)
        {
            ulong offset = reader.Offset;
            records.Add(read(ref reader, offset));
            reader.Seek(offset + size);
        }

        return new BtfExtensionGroup<T>(name, records.MoveToImmutable());
    }
}
