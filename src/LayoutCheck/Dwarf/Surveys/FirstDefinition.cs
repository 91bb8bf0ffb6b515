using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>
/// Searches for the first C definition of a name and stops there. A C unit is searched with the units that it imports; partial units that no unit imports
/// come after all C units, and the type units of a package last.
/// </summary>
internal sealed class FirstDefinition
{
    // Most names are defined in the first C unit. For a name that is not in these units, .debug_str is searched once and the rest scanned by offsets.
    private const int FewUnits = 8;

    private readonly DwarfImage _image;
    private readonly TypeName _name;
    private readonly DwarfGraphBuilder _builder;
    private readonly ImportedUnits _imports = new();
    private readonly List<(int Index, UnitHeader Unit)> _parts = [];
    private readonly List<(int Index, DwarfSections File, UnitHeader Unit)> _ofUnknownLanguage = [];
    private TypeDefinition? _found;

    private FirstDefinition(DwarfImage image, TypeName name)
    {
        _image = image;
        _name = name;
        _builder = new DwarfGraphBuilder(image.Sections, withPlaces: true);
    }

    /// <summary>The result of a search.</summary>
    /// <param name="Definition">The definition, or null.</param>
    /// <param name="TypedefOf">The struct or union that a typedef of the name stands for and its unit only declares; null if there is none.</param>
    /// <param name="IsNowhere">Whether no unit has the name at any level.</param>
    internal readonly record struct Result(TypeDefinition? Definition, TypeName? TypedefOf, bool IsNowhere);

    /// <summary>Searches.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidImageException">A unit on the way is damaged or not understood.</exception>
    public static Result Find(DwarfImage image, TypeName name)
    {
        FirstDefinition search = new(image, name);
        bool isNowhere = search.Run();
        return new Result(search._found, search._builder.FirstTypedefOf, isNowhere);
    }

    // Whether no unit has the name at any level.
    private bool Run()
    {
        WantedNamesPerFile otherNames = new([_name]);
        using UnitScanners few = new(_image, new WantedNames([_name], _image.Sections, compareStrings: true), otherNames);
        CUnitWalk start = new(_image, few);
        if (start.VisitImage((in CUnit unit) => Visit(unit, few), to: FewUnits))
        {
            return false;
        }

        if (_image.Sections.Units.At(FewUnits, few.ForImage.Window) is null)
        {
            SearchRest(start, few);
            return false;
        }

        using UnitScanners all = new(_image, new WantedNames([_name], _image.Sections), otherNames);
        CUnitWalk walk = new(_image, all);
        if (!walk.VisitImage((in CUnit unit) => Visit(unit, all), from: FewUnits))
        {
            SearchRest(walk, all);
        }

        bool isWhole = _image.Supplement is null && _parts.Count == 0 && !start.HasSkeletons && !walk.HasSkeletons;
        return _found is null && isWhole && !all.HasWalked && HaveFirstUnitsNoName(all.ForImage);
    }

    // The first units were searched by comparing strings; the byte filter of the other names looks at all of them.
    private bool HaveFirstUnitsNoName(DieScanner scanner)
    {
        for (int i = 0; i < FewUnits; i++)
        {
            if (_image.Sections.Units.At(i, scanner.Window) is not { } unit || (DwarfLanguage.IsC(scanner.Open(unit).Language) && !scanner.HasNoWantedName()))
            {
                return false;
            }
        }

        return true;
    }

    private bool Visit(in CUnit unit, UnitScanners scanners)
    {
        switch (unit.Role)
        {
            case UnitRole.C:
                return Search(unit, scanners);
            case UnitRole.Part when unit.IsC:
                _parts.Add((unit.Index, unit.Header));
                return false;
            case UnitRole.UnknownLanguage:
                unit.Split?.Keep();
                _ofUnknownLanguage.Add((unit.Index, unit.File, unit.Header));
                return false;
            default:
                return false;
        }
    }

    private void SearchRest(CUnitWalk walk, UnitScanners scanners)
    {
        foreach ((int index, UnitHeader header) in _parts)
        {
            if (!_imports.Contains(_image.Sections, header) && walk.Visit(index, _image.Sections, header, (in CUnit unit) => Search(unit, scanners)))
            {
                return;
            }
        }

        if (walk.VisitPackagedTypeUnits((in CUnit unit) => Visit(unit, scanners)))
        {
            return;
        }

        // Before the answer is "not there", as in a survey: a unit with a damaged language may have the definition.
        foreach ((int index, DwarfSections file, UnitHeader header) in _ofUnknownLanguage)
        {
            walk.Visit(index, file, header, (in CUnit unit) =>
            {
                LanguageGuard.RequireNoDefinition(unit, _builder, [_name]);
                return false;
            });
        }
    }

    // The unit, then the units that it imports. A unit that was searched for one importer has nothing for the next.
    private bool Search(in CUnit unit, UnitScanners scanners)
    {
        if (Search(unit.File, unit.Header, unit.Scanner, unit, null) is var (graph, type))
        {
            _found = new TypeDefinition(graph, type, [DefinerOf(unit)]);
            return true;
        }

        if (unit.File.IsSplit)
        {
            // A split unit is complete.
            return false;
        }

        _imports.Add(unit.File, unit.Header, unit.Scanner.Imports);
        DefiningUnit? importer = null;
        while (_imports.TryTake(out (DwarfSections File, UnitHeader Unit) part))
        {
            // Before the window moves on.
            importer ??= DefinerOf(unit);
            DieScanner scanner = scanners.Of(part.File);
            if (CUnit.RoleOf(scanner.Open(part.Unit), isInSupplement: part.File == _image.Supplement) != UnitRole.Part)
            {
                continue;
            }

            if (Search(part.File, part.Unit, scanner, unit, importer) is var (partGraph, partType))
            {
                _found = new TypeDefinition(partGraph, partType, [importer.Value]);
                return true;
            }

            _imports.Add(part.File, part.Unit, scanner.Imports);
        }

        return false;
    }

    private static DefiningUnit DefinerOf(in CUnit unit)
        => new(unit.Index, unit.Root.DisplayName, unit.Root.IsCompileUnit ? unit.Root.Text(unit.Root.Producer) : "");

    // The first definition in the unit that the scanner is open on: a C unit itself, or a part of it.
    private (TypeGraph Graph, TypeId Root)? Search(DwarfSections file, in UnitHeader header, DieScanner scanner, in CUnit unit, DefiningUnit? importer)
    {
        while (scanner.Next(out ScanHit hit))
        {
            try
            {
                if (_builder.Build(file, header, hit.DieOffset) is { } definition)
                {
                    return definition;
                }
            }
            catch (InvalidImageException e)
            {
                if (!ReducedUnits.Explains(e, (importer ?? DefinerOf(unit)).Producer))
                {
                    throw;
                }
            }
        }

        return null;
    }
}
