using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>
/// Where the units of .debug_info start, as .debug_aranges says in passing (DWARF 5 §6.1.2): a hint. The sure way is from one header to the next, for
/// which each thread has to wait until the others have read theirs.
/// </summary>
internal static class UnitOffsetHints
{
    /// <summary>The starts in their order, in bytes from the start of .debug_info; null when the section does not say them, or not of all.</summary>
    /// <param name="elf">The file.</param>
    /// <param name="infoLength">The length of .debug_info in bytes.</param>
    public static ulong[]? Read(ElfFile elf, ulong infoLength)
    {
        try
        {
            if (elf.Contents(".debug_aranges") is not { } aranges)
            {
                return null;
            }

            List<ulong> starts = [];
            SectionReader reader = aranges.ReadFrom(0);
            while (!reader.IsAtEnd)
            {
                ulong length = InitialLength.Read(ref reader, out int offsetSize);
                ulong end = reader.Offset + Math.Min(length, reader.Remaining);
                // The version is 2 in all of DWARF 2 to 5.
                if (reader.ReadU16() != 2)
                {
                    return null;
                }

                ulong start = reader.ReadUnsigned(offsetSize);
                if (start >= infoLength || (starts.Count == 0 ? start != 0 : start <= starts[^1]))
                {
                    return null;
                }

                starts.Add(start);
                reader.Seek(end);
            }

            return starts.Count > 0 ? [.. starts] : null;
        }
        catch (InvalidImageException)
        {
            // A damaged hint is none: nothing that is read depends on it.
            return null;
        }
    }
}
