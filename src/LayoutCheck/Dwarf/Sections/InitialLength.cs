using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>The length field that most sections start with; its form tells 32-bit from 64-bit DWARF (DWARF 5 §7.4).</summary>
internal static class InitialLength
{
    /// <summary>Reads the length and steps over it.</summary>
    /// <param name="reader">At the first byte of the field.</param>
    /// <param name="offsetSize">The size of an offset into another section, in bytes: 4 or 8.</param>
    /// <returns>The length in bytes, not compared with the section; in 32-bit DWARF the values 0xfffffff0 to 0xfffffffe are reserved.</returns>
    /// <exception cref="InvalidImageException">The section ends within the field.</exception>
    public static ulong Read(ref SectionReader reader, out int offsetSize)
    {
        ulong length = reader.ReadU32();
        offsetSize = length == 0xffff_ffff ? 8 : 4;
        return offsetSize == 8 ? reader.ReadU64() : length;
    }
}
