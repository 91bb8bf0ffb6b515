using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>How long what follows is, and by its form whether it is 32-bit or 64-bit DWARF (DWARF 5 §7.4): most sections begin with it.</summary>
internal static class InitialLength
{
    /// <summary>Reads it.</summary>
    /// <param name="reader">At its first byte; behind it afterwards.</param>
    /// <param name="offsetSize">The size of an offset into another section, in bytes: 4 or 8.</param>
    /// <returns>The length in bytes, which may be more than there is; of 32-bit DWARF 0xfffffff0 to 0xfffffffe are reserved.</returns>
    /// <exception cref="InvalidImageException">The section ends before it does.</exception>
    public static ulong Read(ref SectionReader reader, out int offsetSize)
    {
        ulong length = reader.ReadU32();
        offsetSize = length == 0xffff_ffff ? 8 : 4;
        return offsetSize == 8 ? reader.ReadU64() : length;
    }
}
