using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Lookup;

namespace LayoutCheck.Dwarf.Split;

/// <summary>A .dwo file.</summary>
/// <param name="File">The file.</param>
/// <param name="Sections">Its DWARF.</param>
/// <param name="CompileUnits">Its compile units, by their ids.</param>
/// <param name="TypeUnits">Its type units.</param>
internal sealed record DwoFile(MappedFile File, DwarfSections Sections, Dictionary<ulong, UnitHeader> CompileUnits, UnitHeader[] TypeUnits)
{
    /// <summary>Opens a .dwo file that an image refers to.</summary>
    /// <exception cref="InvalidImageException">It is no such file, or cannot be read.</exception>
    public static DwoFile Open(string path, DwarfSections image, bool isKept) => CompanionFinder.OpenElf(
        path,
        image.Info.File,
        elf =>
        {
            DwarfSections sections = DwarfSections.FindSplit(elf, isKept)
                ?? throw new InvalidImageException(path, null, null, $"is no .dwo file: it has no .debug_info.dwo, and {image.File} refers to it");
            UnitHeader[] units = sections.Units.All();
            return new DwoFile(elf.File, sections, ById(sections, units), Array.FindAll(units, u => u.IsTypeUnit));
        },
        isBigEndian: image.Info.IsBigEndian);

    /// <summary>Its ids, for an error.</summary>
    public string DescribeIds() => CompileUnits.Count == 0 ? "it has no id"
        : $"its id is {string.Join(", ", CompileUnits.Keys.Order().Take(3).Select(id => $"0x{id:x16}"))}{(CompileUnits.Count > 3 ? ", ..." : "")}";

    private static Dictionary<ulong, UnitHeader> ById(DwarfSections sections, UnitHeader[] units)
    {
        Dictionary<ulong, UnitHeader> byId = [];
        AbbrevTable abbrevs = new(sections.Abbrev);
        foreach (UnitHeader unit in units.Where(u => !u.IsTypeUnit))
        {
            abbrevs.Load(unit);
            UnitRoot root = UnitRoot.Read(sections, sections.Info, abbrevs, unit);
            if (root.IsPartial)
            {
                throw sections.Info.Invalid(unit.Offset, "a partial unit in a .dwo file, which cannot be read", "name the image as it was before dwz");
            }

            if (root.DwoId is { } id && !byId.TryAdd(id, unit))
            {
                throw sections.Info.Invalid(unit.Offset, $"two units of the id 0x{id:x16}");
            }
        }

        return byId;
    }
}
