using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>Collects the names of all structs and unions that C units define.</summary>
internal sealed class StructNames
{
    private readonly DwarfImage _image;
    private readonly UnitScanners _scanners;
    private readonly NamesOfFile _inImage;
    private readonly NamesOfFile? _inSupplement;
    private readonly HashSet<TypeName> _inSplit = [];
    private readonly ImportedUnits _imports = new();

    private StructNames(DwarfImage image, UnitScanners scanners)
    {
        _image = image;
        _scanners = scanners;
        _inImage = new NamesOfFile(image.Sections);
        _inSupplement = image.Supplement is { } supplement ? new NamesOfFile(supplement) : null;
    }

    /// <summary>The names, each once, in ordinal order.</summary>
    /// <exception cref="InvalidImageException">A unit is damaged.</exception>
    public static IReadOnlyList<TypeName> All(DwarfImage image)
    {
        using UnitScanners scanners = ScannersWithoutNames(image);
        StructNames names = new(image, scanners);
        CUnitWalk walk = new(image, scanners);
        walk.VisitImage(names.Collect);
        names.CollectImported();
        walk.VisitPackagedTypeUnits(names.Collect);
        IEnumerable<TypeName> found = names._inImage.Names().Union(names._inSupplement?.Names() ?? []).Union(names._inSplit);
        return [.. found.OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Kind)];
    }

    /// <summary>Whether there is any. Mostly the first C unit has one; if no unit of the image itself does, imported and split units are read too.</summary>
    /// <exception cref="InvalidImageException">A unit is damaged.</exception>
    public static bool Any(DwarfImage image)
    {
        using (UnitScanners scanners = ScannersWithoutNames(image))
        {
            StructNames names = new(image, scanners);
            CUnitWalk walk = new(image, scanners) { FollowsSkeletons = false };
            if (walk.VisitImage((in CUnit unit) => names.Collect(unit) || names._inImage.Names().Count > 0))
            {
                return true;
            }
        }

        return All(image).Count > 0;
    }

    private static UnitScanners ScannersWithoutNames(DwarfImage image) => new(image, new WantedNames([], image.Sections), new WantedNamesPerFile([]));

    // A partial unit in C is there for C units, even if no unit imports it.
    private bool Collect(in CUnit unit)
    {
        if (!unit.IsC)
        {
            return false;
        }

        if (unit.File == _image.Sections)
        {
            _inImage.Collect(unit.Scanner);
            _imports.Add(unit.File, unit.Header, unit.Scanner.Imports);
        }
        else
        {
            // A split unit is complete; its file may be closed after it.
            NamesOfFile inUnit = new(unit.File);
            inUnit.Collect(unit.Scanner);
            _inSplit.UnionWith(inUnit.Names());
        }

        return false;
    }

    private void CollectImported()
    {
        while (_imports.TryTake(out (DwarfSections File, UnitHeader Unit) part))
        {
            bool isInSupplement = part.File == _image.Supplement;
            DieScanner scanner = _scanners.Of(part.File);
            if (CUnit.RoleOf(scanner.Open(part.Unit), isInSupplement) == UnitRole.Part)
            {
                (isInSupplement ? _inSupplement! : _inImage).Collect(scanner);
                _imports.Add(part.File, part.Unit, scanner.Imports);
            }
        }
    }

    /// <summary>The names that the units of one file define. A name in .debug_str is kept by its offset until the end.</summary>
    private sealed class NamesOfFile(DwarfSections file)
    {
        private readonly HashSet<(DwTag Tag, ulong StringOffset)> _inStr = [];
        private readonly HashSet<(DwTag Tag, string Name)> _others = [];

        /// <summary>Adds the names of the unit that the scanner is open on.</summary>
        public void Collect(DieScanner scanner) => scanner.CollectNames(_inStr, _others);

        /// <summary>Each name once: equal names may have several offsets.</summary>
        public HashSet<TypeName> Names()
        {
            HashSet<TypeName> names = [.. _others.Select(n => Name(n.Tag, n.Name))];
            foreach ((DwTag tag, ulong offset) in _inStr)
            {
                ReadOnlySpan<byte> name = file.Require(file.Str, ".debug_str").StringAt(offset);
                if (name.Length <= TypeGraphBuilder.LongestName)
                {
                    names.Add(Name(tag, Encoding.UTF8.GetString(name)));
                }
            }

            return names;
        }

        private static TypeName Name(DwTag tag, string name) => new(tag == DwTag.DW_TAG_union_type ? TypeNameKind.Union : TypeNameKind.Struct, name);
    }
}
