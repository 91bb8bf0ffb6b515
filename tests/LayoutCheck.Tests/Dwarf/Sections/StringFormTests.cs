using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Dwarf.Sections;

/// <summary>The one table of string forms, compared with the table of sizes that all other readers step by.</summary>
public sealed class StringFormTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reading_a_string_form_steps_as_far_as_skipping_it(bool is64BitDwarf)
    {
        UnitHeader unit = new(0, 32, 5, DwUnitType.DW_UT_compile, is64BitDwarf, 8, 0, 0);
        using MappedFile file = MappedFile.FromBytes("built", [0x85, 2, 3, 4, 5, 6, 7, 8, 9, 0, 11, 12]);
        Section section = file.Whole();
        int strings = 0;
        foreach (DwForm form in Enum.GetValues<DwForm>().Where(form => StringForms.HomeOf(form) != StringHome.None))
        {
            SectionReader skipped = section.ReadRange(0, section.Length);
            AttributeForms.Skip(ref skipped, form, unit, section);
            SectionReader read = section.ReadRange(0, section.Length);
            ulong value = StringForms.ReadValue(ref read, form, unit);
            Assert.Equal(skipped.Offset, read.Offset);
            Assert.Equal(ValueOf(form, is64BitDwarf), value);
            strings++;
        }

        Assert.Equal(11, strings);
    }

    // Of the bytes above, in the byte order of the machine: FromBytes has no other.
    private static ulong ValueOf(DwForm form, bool is64BitDwarf) => form switch
    {
        DwForm.DW_FORM_string => 0,
        DwForm.DW_FORM_strx or DwForm.DW_FORM_GNU_str_index => 0x105,
        DwForm.DW_FORM_strx1 => 0x85,
        DwForm.DW_FORM_strx2 => 0x285,
        DwForm.DW_FORM_strx3 => 0x30285,
        DwForm.DW_FORM_strx4 => 0x4030285,
        _ => is64BitDwarf ? 0x807060504030285UL : 0x4030285,
    };

    [Theory]
    [InlineData((int)DwForm.DW_FORM_string, nameof(StringHome.InPlace))]
    [InlineData((int)DwForm.DW_FORM_strp, nameof(StringHome.Str))]
    [InlineData((int)DwForm.DW_FORM_strx3, nameof(StringHome.StrIndex))]
    [InlineData((int)DwForm.DW_FORM_GNU_str_index, nameof(StringHome.StrIndex))]
    [InlineData((int)DwForm.DW_FORM_line_strp, nameof(StringHome.LineStr))]
    [InlineData((int)DwForm.DW_FORM_GNU_strp_alt, nameof(StringHome.Supplement))]
    [InlineData((int)DwForm.DW_FORM_udata, nameof(StringHome.None))]
    [InlineData((int)DwForm.DW_FORM_sec_offset, nameof(StringHome.None))]
    [InlineData(0, nameof(StringHome.None))]
    public void Homes_are_those_of_the_standard(int form, string home) => Assert.Equal(home, StringForms.HomeOf((DwForm)form).ToString());
}
