using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>A unit with inlined calls. Its line table is that of its skeleton, if it is a split unit. Valid while the image is open; for one thread at a time.</summary>
internal sealed class DwarfInlinedUnit : InlinedUnit
{
    private readonly DwarfSections _file;
    private readonly UnitHeader _header;
    private SourceFiles? _files;

    /// <param name="unit">The unit, which the scanner is open on.</param>
    public DwarfInlinedUnit(in CUnit unit)
        : base(unit.Index, unit.Root.DisplayName)
        => (_file, _header) = unit.File.SkeletonOf(unit.Header) is var (image, skeleton) ? (image, skeleton) : (unit.File, unit.Header);

    /// <inheritdoc/>
    public override SourcePlace? Place(ulong file, ulong line) => (_files ??= Read()).Place(
        new AttributeValue(DwAt.DW_AT_call_file, DwForm.DW_FORM_udata, ValueClass.Constant, file),
        new AttributeValue(DwAt.DW_AT_call_line, DwForm.DW_FORM_udata, ValueClass.Constant, line),
        out _);

    private SourceFiles Read()
    {
        AbbrevTable abbrevs = new(_file.Abbrev);
        abbrevs.Load(_header);
        return SourceFiles.Of(_file, _header, UnitRoot.Read(_file, _file.Info, abbrevs, _header));
    }
}
