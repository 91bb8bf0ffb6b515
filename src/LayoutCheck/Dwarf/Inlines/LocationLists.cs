using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>
/// Reads location lists (DWARF 5 §2.6.2, §7.7.3; DWARF 4 §2.6.2), and keeps of them where the value is in a register, as it is: not where it is computed, in
/// memory, or in pieces. GNU's view numbers are in lists of their own, or in entries that are stepped over.
/// </summary>
/// <param name="unit">The unit.</param>
/// <param name="within">The ranges to keep.</param>
/// <param name="found">The ranges with their registers.</param>
internal readonly struct LocationLists(ListContext unit, List<CodeRange> within, List<(CodeRange Range, int Register)> found)
{
    /// <summary>
    /// Reads a list of .debug_loclists, or of .debug_loc.dwo as GNU's split DWARF 4 has it: the first kinds of DWARF 5, with lengths and offsets of four bytes, and
    /// lengths of expressions of two.
    /// </summary>
    /// <param name="section">The section.</param>
    /// <param name="offset">Where the list starts, in bytes.</param>
    /// <param name="isGnuSplit">Whether it is of GNU's split DWARF 4.</param>
    /// <exception cref="InvalidImageException">The list is damaged.</exception>
    public void Read(Section section, ulong offset, bool isGnuSplit = false)
    {
        SectionReader reader = unit.Windows.Read(section, offset);
        int size = unit.AddressSize;
        ulong start = unit.Base;
        while (true)
        {
            unit.Windows.Spend(section, offset);
            ulong at = reader.Offset;
            DwLle kind = (DwLle)reader.ReadU8();
            if (isGnuSplit && kind > DwLle.DW_LLE_offset_pair)
            {
                throw section.Invalid(at, $"an entry of a location list of split DWARF 4 has the unknown kind 0x{(int)kind:x}");
            }

            ulong low = 0;
            ulong high = ulong.MaxValue;
            switch (kind)
            {
                case DwLle.DW_LLE_end_of_list:
                    return;
                case DwLle.DW_LLE_base_addressx:
                    start = unit.AddressAt(reader.ReadUleb());
                    continue;
                case DwLle.DW_LLE_base_address:
                    start = reader.ReadUnsigned(size);
                    continue;
                case DwLle.DW_LLE_GNU_view_pair:
                    reader.ReadUleb();
                    reader.ReadUleb();
                    continue;
                case DwLle.DW_LLE_startx_endx:
                    low = unit.AddressAt(reader.ReadUleb());
                    high = unit.AddressAt(reader.ReadUleb());
                    break;
                case DwLle.DW_LLE_startx_length:
                    low = unit.AddressAt(reader.ReadUleb());
                    high = low + Number(ref reader);
                    break;
                case DwLle.DW_LLE_offset_pair:
                    low = start + Number(ref reader);
                    high = start + Number(ref reader);
                    break;
                case DwLle.DW_LLE_default_location:
                    break;
                case DwLle.DW_LLE_start_end:
                    low = reader.ReadUnsigned(size);
                    high = reader.ReadUnsigned(size);
                    break;
                case DwLle.DW_LLE_start_length:
                    low = reader.ReadUnsigned(size);
                    high = low + reader.ReadUleb();
                    break;
                default:
                    throw section.Invalid(at, $"an entry of a location list has the unknown kind 0x{(int)kind:x}");
            }

            // A default location is that of all other addresses; where others are listed too, it is not known which these are.
            ulong length = isGnuSplit ? reader.ReadU16() : reader.ReadUleb();
            int? register = RegisterOf(reader, length);
            reader.Skip(length);
            if (kind != DwLle.DW_LLE_default_location || found.Count == 0)
            {
                Keep(section, offset, new CodeRange(low, high), register);
            }
        }

        ulong Number(ref SectionReader at) => isGnuSplit ? at.ReadU32() : at.ReadUleb();
    }

    /// <summary>Reads a list of .debug_loc: pairs of offsets from the base address with an expression; see <see cref="RangeLists.ReadPairs"/>.</summary>
    /// <param name="section">The section.</param>
    /// <param name="offset">Where the list starts, in bytes.</param>
    /// <exception cref="InvalidImageException">The list is damaged.</exception>
    public void ReadPairs(Section section, ulong offset)
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

            if (RangeLists.IsHighest(first, size))
            {
                start = second;
                continue;
            }

            ulong length = reader.ReadU16();
            int? register = RegisterOf(reader, length);
            reader.Skip(length);
            Keep(section, offset, new CodeRange(start + first, start + second), register);
        }
    }

    /// <summary>The register that an expression names, if that is all it does (DWARF 5 §2.6.1.1.3).</summary>
    /// <param name="expression">The expression, whole.</param>
    public static int? RegisterOf(SectionReader expression) => RegisterOf(expression, expression.Remaining);

    private static int? RegisterOf(SectionReader reader, ulong length)
    {
        if (length == 0 || length > reader.Remaining)
        {
            return null;
        }

        ulong end = reader.Offset + length;
        byte op = reader.ReadU8();
        if (op is >= DwOp.DW_OP_reg0 and <= DwOp.DW_OP_reg31)
        {
            return length == 1 ? op - DwOp.DW_OP_reg0 : null;
        }

        if (op != DwOp.DW_OP_regx)
        {
            return null;
        }

        ulong number = reader.ReadUleb();
        return reader.Offset == end && number <= byte.MaxValue ? (int)number : null;
    }

    private void Keep(Section section, ulong offset, CodeRange range, int? register)
    {
        if (register is not { } number)
        {
            return;
        }

        unit.Windows.Spend(section, offset, within.Count);
        foreach (CodeRange scope in within)
        {
            CodeRange common = new(Math.Max(scope.From, range.From), Math.Min(scope.To, range.To));
            if (common.From < common.To)
            {
                found.Add((common, number));
            }
        }
    }
}
