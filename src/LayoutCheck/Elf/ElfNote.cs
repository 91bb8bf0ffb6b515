using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>A note of a section or segment (gABI, "Note Section"): places in bytes from its start, sizes in bytes without padding.</summary>
/// <param name="Type">Its type, which depends on the name.</param>
/// <param name="NameOffset">The name.</param>
/// <param name="NameSize">The size of the name; a NUL counts where there is one.</param>
/// <param name="Offset">The descriptor.</param>
/// <param name="ByteSize">The size of the descriptor.</param>
internal readonly record struct ElfNote(uint Type, ulong NameOffset, uint NameSize, ulong Offset, uint ByteSize)
{
    private const uint HeaderSize = 12;

    /// <summary>The notes, in order, up to the first that does not fit.</summary>
    /// <param name="notes">The section or segment.</param>
    public static IEnumerable<ElfNote> In(Section notes)
    {
        for (ulong at = 0; at < notes.Length && notes.Length - at >= HeaderSize;)
        {
            ElfNote note = Read(notes, at);
            if (note.Offset > notes.Length || note.ByteSize > notes.Length - note.Offset)
            {
                yield break;
            }

            yield return note;
            at = note.Offset + Padded(note.ByteSize);
        }
    }

    // namesz, descsz, type, then name and descriptor, each padded to four bytes.
    private static ElfNote Read(Section notes, ulong at)
    {
        SectionReader reader = notes.ReadFrom(at);
        uint nameSize = reader.ReadU32();
        uint size = reader.ReadU32();
        return new ElfNote(reader.ReadU32(), at + HeaderSize, nameSize, at + HeaderSize + Padded(nameSize), size);
    }

    private static ulong Padded(uint size) => (size + 3UL) & ~3UL;
}
