using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.VmCoreInfo;

/// <summary>
/// A file with the VMCOREINFO of a kernel that runs or ran: its text, or an ELF core dump (/proc/vmcore, makedumpfile -E) with the note of that name.
/// </summary>
internal static class NoteFile
{
    // The kernel keeps it in a page or two.
    private const ulong LargestText = 1 << 20;
    private const uint PT_NOTE = 4;

    // e_phnum: a larger number is in section header 0, which a dump with so many pieces of memory has.
    private const ushort PN_XNUM = 0xffff;

    private const string TakeText = "name an ELF core dump, or a file with the text of its VMCOREINFO (crash: help -D shows it)";

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, is of another format, or has no VMCOREINFO.</exception>
    public static ExportedNote Read(MappedFile file)
    {
        ReadOnlySpan<byte> head = file.Whole().Head(16);
        if (head.StartsWith("KDUMP   "u8) || head.StartsWith("DISKDUMP"u8))
        {
            throw new InvalidImageException(file.Path, null, null, "is a compressed dump (kdump), whose VMCOREINFO is not read", $"make an ELF dump of it (makedumpfile -E), or {TakeText}");
        }

        if (head.StartsWith("makedumpfile\0"u8))
        {
            throw new InvalidImageException(file.Path, null, null, "is a flattened dump (makedumpfile -F), whose VMCOREINFO is not read", $"put it in order (makedumpfile -R), or {TakeText}");
        }

        return Parse(ElfFile.HasMagic(file) ? FindNote(file) : file.Whole());
    }

    private static ExportedNote Parse(Section text)
    {
        if (text.Length > LargestText)
        {
            throw text.Invalid(null, "is larger than any VMCOREINFO", TakeText);
        }

        ReadOnlySpan<byte> bytes = text.Head((int)LargestText).TrimEnd((byte)0);
        List<ExportedLine> lines = [];
        foreach (Range range in bytes.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = bytes[range].TrimEnd((byte)'\r');
            if (line.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            {
                throw text.Invalid((ulong)range.Start.Value, "has bytes that no VMCOREINFO has", TakeText);
            }

            if (line.Length > 0)
            {
                lines.Add(ExportedLine.Parse(Encoding.ASCII.GetString(line)));
            }
        }

        return lines.Exists(l => l.Text.Contains('=', StringComparison.Ordinal) && (l.IsFact || l.Name is "OSRELEASE" or "BUILD-ID" or "PAGESIZE"))
            ? new ExportedNote(ExportedNote.MarkContradictions(lines))
            : throw text.Invalid(null, "has no line of VMCOREINFO (OSRELEASE=..., OFFSET(...)=...)", TakeText);
    }

    private static Section FindNote(MappedFile file)
    {
        // The sections of a dump are none of ours, and may be damaged: the program headers alone are read.
        (bool is64Bit, bool isBigEndian) = Ident(file);
        Section whole = file.Whole(isBigEndian);
        int word = is64Bit ? 8 : 4;
        if (whole.Length < (is64Bit ? 64u : 52u))
        {
            throw whole.Invalid(null, "is an ELF file that is cut short", TakeText);
        }

        SectionReader header = whole.ReadFrom(16);
        ushort type = header.ReadU16();
        if (type != ElfHeader.ET_CORE)
        {
            throw whole.Invalid(null, "is an ELF file and no core dump", TakeText);
        }

        header.Seek(is64Bit ? 0x20u : 0x1c);
        ulong table = header.ReadUnsigned(word);
        header.Seek(is64Bit ? 0x36u : 0x2a);
        ushort entrySize = header.ReadU16();
        uint count = header.ReadU16();
        count = count == PN_XNUM ? ExtendedCount(whole, is64Bit) : count;
        ulong least = is64Bit ? 56u : 32u;
        if (entrySize < least || table > whole.Length || count > (whole.Length - table) / entrySize)
        {
            throw whole.Invalid(table, $"{count} program headers of {entrySize} bytes do not fit the dump", "the file looks truncated: copy it again");
        }

        for (uint i = 0; i < count; i++)
        {
            SectionReader entry = whole.ReadFrom(table + ((ulong)i * entrySize));
            if (entry.ReadU32() != PT_NOTE)
            {
                continue;
            }

            entry.Skip(is64Bit ? 4u : 0);
            ulong offset = entry.ReadUnsigned(word);
            entry.Skip((ulong)word * 2);
            ulong size = entry.ReadUnsigned(word);
            if (offset > whole.Length || size > whole.Length - offset)
            {
                throw whole.Invalid(offset, "the notes reach past the end of the dump", "the file looks truncated: copy it again");
            }

            if (Find(whole.Part(offset, size).As("PT_NOTE", isBigEndian)) is { } found)
            {
                return found;
            }
        }

        throw whole.Invalid(null, "is a core dump without a VMCOREINFO note", TakeText);
    }

    private static (bool Is64Bit, bool IsBigEndian) Ident(MappedFile file)
    {
        ReadOnlySpan<byte> ident = file.Whole().Head(6);
        return ident.Length == 6 && ident[4] is 1 or 2 && ident[5] is 1 or 2
            ? (ident[4] == 2, ident[5] == 2)
            : throw file.Whole().Invalid(4, "is an ELF file of no known class or byte order", TakeText);
    }

    private static uint ExtendedCount(Section whole, bool is64Bit)
    {
        SectionReader header = whole.ReadFrom(is64Bit ? 0x28u : 0x20);
        ulong sections = header.ReadUnsigned(is64Bit ? 8 : 4);
        ulong info = is64Bit ? 44u : 28;
        if (sections == 0 || sections > whole.Length || whole.Length - sections < info + 4)
        {
            throw whole.Invalid(null, "has more program headers than its header says, and no section header with their number", TakeText);
        }

        return whole.ReadFrom(sections + info).ReadU32();
    }

    private static Section? Find(Section notes)
    {
        foreach (ElfNote note in ElfNote.In(notes))
        {
            if (note.NameSize is 10 or 11 && notes.ReadFrom(note.NameOffset).ReadBytes(10).SequenceEqual("VMCOREINFO"u8))
            {
                return notes.Part(note.Offset, note.ByteSize).As("VMCOREINFO", notes.IsBigEndian);
            }
        }

        return null;
    }
}
