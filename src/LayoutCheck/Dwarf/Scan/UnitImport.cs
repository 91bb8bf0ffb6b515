using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>A reference of a DW_TAG_imported_unit (DWARF 5 §3.2.5).</summary>
/// <param name="File">The file of the imported unit: the same one, or the supplementary file.</param>
/// <param name="Die">The offset of its root DIE, in bytes from the start of .debug_info.</param>
internal readonly record struct UnitImport(DwarfSections File, ulong Die)
{
    /// <summary>The imported unit.</summary>
    /// <param name="importerFile">The file of the importing unit.</param>
    /// <param name="importer">The importing unit, for the error.</param>
    /// <exception cref="InvalidImageException">No unit has its root DIE there.</exception>
    public UnitHeader Resolve(DwarfSections importerFile, in UnitHeader importer)
    {
        UnitHeader unit = File.Units.Containing(Die);
        return unit.FirstDie == Die
            ? unit
            : throw importerFile.Info.Invalid(
                importer.Offset, $"the unit imports one at 0x{Die:x}{(File == importerFile ? "" : " of " + File.File)}, where none has its DIE");
    }
}
