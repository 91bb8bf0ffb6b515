using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>Range lists: DW_AT_ranges (DWARF 5 §2.17.3, DWARF 4 §2.17.3).</summary>
internal static class RangeLists
{
    /// <summary>Adds the ranges of a list of .debug_rnglists.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="section">The section.</param>
    /// <param name="offset">Where the list starts, in bytes.</param>
    /// <param name="ranges">The ranges.</param>
    /// <exception cref="InvalidImageException">The list is damaged.</exception>
    public static void Read(ListContext unit, Section section, ulong offset, List<CodeRange> ranges)
    {
        SectionReader reader = unit.Windows.Read(section, offset);
        ulong start = unit.Base;
        int size = unit.AddressSize;
        while (true)
        {
            unit.Windows.Spend(section, offset);
            ulong at = reader.Offset;
            DwRle kind = (DwRle)reader.ReadU8();
            switch (kind)
            {
                case DwRle.DW_RLE_end_of_list:
                    return;
                case DwRle.DW_RLE_base_addressx:
                    start = unit.AddressAt(reader.ReadUleb());
                    break;
                case DwRle.DW_RLE_base_address:
                    start = reader.ReadUnsigned(size);
                    break;
                case DwRle.DW_RLE_startx_endx:
                    CodeRange.Add(ranges, unit.AddressAt(reader.ReadUleb()), unit.AddressAt(reader.ReadUleb()));
                    break;
                case DwRle.DW_RLE_startx_length:
                    ulong indexed = unit.AddressAt(reader.ReadUleb());
                    CodeRange.Add(ranges, indexed, indexed + reader.ReadUleb());
                    break;
                case DwRle.DW_RLE_offset_pair:
                    CodeRange.Add(ranges, start + reader.ReadUleb(), start + reader.ReadUleb());
                    break;
                case DwRle.DW_RLE_start_end:
                    CodeRange.Add(ranges, reader.ReadUnsigned(size), reader.ReadUnsigned(size));
                    break;
                case DwRle.DW_RLE_start_length:
                    ulong low = reader.ReadUnsigned(size);
                    CodeRange.Add(ranges, low, low + reader.ReadUleb());
                    break;
                default:
                    throw section.Invalid(at, $"an entry of a range list has the unknown kind 0x{(int)kind:x}");
            }
        }
    }

    /// <summary>Adds the ranges of a list of .debug_ranges: pairs of offsets from the base address, ended by two zeros; the highest address in place of the first sets the base.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="section">The section.</param>
    /// <param name="offset">Where the list starts, in bytes.</param>
    /// <param name="ranges">The ranges.</param>
    /// <exception cref="InvalidImageException">The list is damaged.</exception>
    public static void ReadPairs(ListContext unit, Section section, ulong offset, List<CodeRange> ranges)
    {
        SectionReader reader = unit.Windows.Read(section, offset);
        int size = unit.AddressSize;
        ulong start = unit.Base;
        while (true)
        {
            unit.Windows.Spend(section, offset);
            ulong first = reader.ReadUnsigned(size);
            ulong second = reader.ReadUnsigned(size);
            if ((first | second) == 0)
            {
                return;
            }

            if (IsHighest(first, size))
            {
                start = second;
            }
            else
            {
                CodeRange.Add(ranges, start + first, start + second);
            }
        }
    }

    /// <summary>Whether an address is the highest of its size, which stands for a new base.</summary>
    public static bool IsHighest(ulong address, int size) => address == (size == 4 ? uint.MaxValue : ulong.MaxValue);
}
