using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>Finds the structs and unions in the namespaces that bindgen made, in all Rust units of an image.</summary>
internal static class RustUnits
{
    /// <summary>Reads them.</summary>
    /// <param name="image">The image.</param>
    /// <param name="names">The names that are wanted; null for all.</param>
    /// <exception cref="InvalidImageException">A unit is damaged or not understood.</exception>
    public static RustTypes Read(DwarfImage image, IReadOnlySet<string>? names)
    {
        HashSet<RustAggregate> known = [];
        List<RustAggregate> types = [];
        int units = 0;
        int others = 0;
        bool hasImports = false;
        using UnitScanners scanners = new(image, new WantedNames([], image.Sections), new WantedNamesPerFile([]));
        CUnitWalk walk = new(image, scanners);
        walk.VisitImage((in CUnit unit) =>
        {
            if (unit.Role == UnitRole.OtherLanguage && unit.Root.Language == DwLang.DW_LANG_Rust)
            {
                units += unit.Root.IsCompileUnit ? 1 : 0;
                RustUnit read = RustUnit.Read(unit.File, unit.Header, unit.Root.DisplayName, names);
                types.AddRange(read.Types.Where(known.Add));
                others += read.OtherCount;
                hasImports |= read.HasImports;
            }

            return false;
        });
        return new RustTypes([.. types], units)
        {
            OtherCount = others,
            Omission = hasImports ? "Rust units import others (dwz), whose types are not read" : null,
        };
    }
}
