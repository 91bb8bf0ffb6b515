using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>What a survey found in a unit that imports others, or is there to be imported; by request.</summary>
/// <param name="File">The file that the unit is in.</param>
/// <param name="Header">The unit.</param>
/// <param name="Unit">What the report calls it.</param>
/// <param name="IsPartial">Whether it is there to be imported.</param>
/// <param name="IsC">Whether it says itself that it is C.</param>
/// <param name="Imports">The units that it imports.</param>
/// <param name="IsDefined">What it defines.</param>
/// <param name="IsDeclared">What it declares.</param>
internal sealed record UnitFinding(DwarfSections File, UnitHeader Header, DefiningUnit Unit, bool IsPartial, bool IsC, UnitImport[] Imports, bool[] IsDefined, bool[] IsDeclared);

/// <summary>
/// Says who defines what is in partial units (dwz moves there what several units have in common). A definition there counts once for every C
/// unit that imports it, directly or through other partial units, as it did before dwz. One that no C unit imports counts by itself when it
/// says that it is C, and not at all when it says nothing, or is in the supplementary file: there it may be for another image.
/// </summary>
internal sealed class ImportedFindings
{
    // What all units import together, those behind others counted in: a thousand units that import a chain of a thousand are a million. dwz's
    // output for a kernel has some hundred parts a unit.
    private const int MostParts = 1 << 22;

    private readonly List<(UnitFinding Importer, UnitFinding[] Parts)> _importers = [];

    public ImportedFindings(DwarfSections sections, IEnumerable<UnitFinding> findings)
    {
        UnitFinding[] all = [.. findings.OrderBy(f => f.Unit.Index)];
        Dictionary<UnitImport, UnitFinding> parts = all.Where(f => f.IsPartial).ToDictionary(f => new UnitImport(f.File, f.Header.FirstDie));
        HashSet<UnitFinding> reached = new(ReferenceEqualityComparer.Instance);
        int total = 0;
        foreach (UnitFinding importer in all.Where(f => !f.IsPartial))
        {
            _importers.Add((importer, Closure(importer, parts)));
            reached.UnionWith(_importers[^1].Parts);
            total += _importers[^1].Parts.Length;
            if (total > MostParts)
            {
                throw sections.Info.Invalid(importer.Header.Offset, $"units import each other more than {MostParts} times");
            }
        }

        foreach (UnitFinding alone in all.Where(f => f.IsPartial && f.IsC && f.File == sections && !reached.Contains(f)))
        {
            _importers.Add((alone with { IsDefined = new bool[alone.IsDefined.Length] }, [alone, .. Closure(alone, parts)]));
            total += _importers[^1].Parts.Length;
            if (total > MostParts)
            {
                throw sections.Info.Invalid(alone.Header.Offset, $"units import each other more than {MostParts} times");
            }
        }
    }

    /// <summary>Adds to the variants of a request the units that import them, and tells how many of the importing units only declare it.</summary>
    public int Attribute(int request, List<SurveyWorker.Variant> variants)
    {
        Dictionary<int, SurveyWorker.Variant> byPart = [];
        foreach (SurveyWorker.Variant variant in variants)
        {
            foreach (int part in variant.PartialUnits)
            {
                byPart.TryAdd(part, variant);
            }
        }

        int declarations = 0;
        foreach ((UnitFinding importer, UnitFinding[] parts) in _importers)
        {
            if (importer.IsDefined[request])
            {
                continue;
            }

            if (Array.Find(parts, p => byPart.ContainsKey(p.Unit.Index)) is { } definer)
            {
                byPart[definer.Unit.Index].Units.Add(importer.Unit);
            }
            else if (importer.IsDeclared[request] || Array.Exists(parts, p => p.IsDeclared[request]))
            {
                declarations++;
            }
        }

        return declarations;
    }

    // Breadth first, each once, so that a circle ends. Imported compile units (GCC's LTO) answer for themselves.
    private static UnitFinding[] Closure(UnitFinding importer, Dictionary<UnitImport, UnitFinding> parts)
    {
        List<UnitFinding> closure = [];
        HashSet<UnitImport> seen = [new UnitImport(importer.File, importer.Header.FirstDie)];
        UnitFinding current = importer;
        for (int i = 0; ; i++)
        {
            foreach (UnitImport import in current.Imports)
            {
                import.Resolve(current.File, current.Header);
                if (seen.Add(import) && parts.TryGetValue(import, out UnitFinding? part))
                {
                    closure.Add(part);
                }
            }

            if (i == closure.Count)
            {
                return [.. closure];
            }

            current = closure[i];
        }
    }
}
