using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>The sizes of attribute values, by form (DWARF 5 §7.5.6). <see cref="StringForms"/> has the meaning of those that are strings.</summary>
internal static class AttributeForms
{
    /// <summary>The size in bytes if it is the same for every value, else -1.</summary>
    public static int FixedSize(DwForm form, in UnitHeader unit)
    {
        switch (form)
        {
            case DwForm.DW_FORM_implicit_const:
            case DwForm.DW_FORM_flag_present:
                return 0;
            case DwForm.DW_FORM_data1:
            case DwForm.DW_FORM_flag:
            case DwForm.DW_FORM_ref1:
            case DwForm.DW_FORM_strx1:
            case DwForm.DW_FORM_addrx1:
                return 1;
            case DwForm.DW_FORM_data2:
            case DwForm.DW_FORM_ref2:
            case DwForm.DW_FORM_strx2:
            case DwForm.DW_FORM_addrx2:
                return 2;
            case DwForm.DW_FORM_strx3:
            case DwForm.DW_FORM_addrx3:
                return 3;
            case DwForm.DW_FORM_data4:
            case DwForm.DW_FORM_ref4:
            case DwForm.DW_FORM_ref_sup4:
            case DwForm.DW_FORM_strx4:
            case DwForm.DW_FORM_addrx4:
                return 4;
            case DwForm.DW_FORM_data8:
            case DwForm.DW_FORM_ref8:
            case DwForm.DW_FORM_ref_sig8:
            case DwForm.DW_FORM_ref_sup8:
                return 8;
            case DwForm.DW_FORM_data16:
                return 16;
            case DwForm.DW_FORM_addr:
                return unit.AddressSize;
            case DwForm.DW_FORM_ref_addr:
                // In DWARF 2 it has the size of an address; DWARF 3 §7.5.4 changed that.
                return unit.Version == 2 ? unit.AddressSize : unit.OffsetSize;
            case DwForm.DW_FORM_strp:
            case DwForm.DW_FORM_line_strp:
            case DwForm.DW_FORM_sec_offset:
            case DwForm.DW_FORM_strp_sup:
            case DwForm.DW_FORM_GNU_ref_alt:
            case DwForm.DW_FORM_GNU_strp_alt:
                return unit.OffsetSize;
            default:
                return -1;
        }
    }

    /// <summary>Steps over one value.</summary>
    /// <exception cref="InvalidImageException">The form is unknown, so that the next attribute cannot be found.</exception>
    public static void Skip(ref SectionReader reader, DwForm form, in UnitHeader unit, Section section)
    {
        int size = FixedSize(form, unit);
        if (size >= 0)
        {
            reader.Skip((ulong)size);
            return;
        }

        switch (form)
        {
            case DwForm.DW_FORM_string:
                reader.ReadString();
                break;
            case DwForm.DW_FORM_sdata:
                reader.ReadSleb();
                break;
            case DwForm.DW_FORM_udata:
            case DwForm.DW_FORM_ref_udata:
            case DwForm.DW_FORM_strx:
            case DwForm.DW_FORM_addrx:
            case DwForm.DW_FORM_loclistx:
            case DwForm.DW_FORM_rnglistx:
            case DwForm.DW_FORM_GNU_addr_index:
            case DwForm.DW_FORM_GNU_str_index:
                reader.ReadUleb();
                break;
            case DwForm.DW_FORM_exprloc:
            case DwForm.DW_FORM_block:
                reader.Skip(reader.ReadUleb());
                break;
            case DwForm.DW_FORM_block1:
                reader.Skip(reader.ReadU8());
                break;
            case DwForm.DW_FORM_block2:
                reader.Skip(reader.ReadU16());
                break;
            case DwForm.DW_FORM_block4:
                reader.Skip(reader.ReadU32());
                break;
            case DwForm.DW_FORM_indirect:
                Skip(ref reader, ReadIndirect(ref reader, section), unit, section);
                break;
            default:
                throw section.Invalid(
                    reader.Offset, $"an attribute has the unknown form 0x{(int)form:x}",
                    "use --source btf, or build with CONFIG_DEBUG_INFO_DWARF5 (-gdwarf-5)");
        }
    }

    /// <summary>Reads the form that DW_FORM_indirect names. It cannot name itself, or a form whose value is in the abbreviation (DWARF 5 §7.5.3).</summary>
    public static DwForm ReadIndirect(ref SectionReader reader, Section section)
    {
        ulong at = reader.Offset;
        ulong form = reader.ReadUleb();
        return form is (ulong)DwForm.DW_FORM_indirect or (ulong)DwForm.DW_FORM_implicit_const or > ushort.MaxValue
            ? throw section.Invalid(at, $"DW_FORM_indirect names the form 0x{form:x}, which it cannot")
            : (DwForm)form;
    }

    /// <summary>The error for a reference into a supplementary file in an image that names none.</summary>
    public static InvalidImageException NoSupplementaryFile(Section section, ulong offset, string what, DwForm form) => section.Invalid(
        offset, $"{what} is in a supplementary file ({form}, dwz), and the file names none (.gnu_debugaltlink, .debug_sup)",
        "undo dwz, or use the file that it was made from");
}
