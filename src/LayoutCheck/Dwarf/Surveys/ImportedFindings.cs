using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>The findings of a survey in a partial unit, or in a unit that imports some.</summary>
/// <param name="File">The file of the unit.</param>
/// <param name="Header">The unit.</param>
/// <param name="Unit">The unit in a report.</param>
/// <param name="IsPartial">Whether it is a partial unit.</param>
/// <param name="IsC">Whether it names C as its language.</param>
/// <param name="Imports">The units that it imports.</param>
/// <param name="IsDefined">By request: whether it defines the name.</param>
/// <param name="IsDeclared">By request: whether it declares the name.</param>
internal sealed record UnitFinding(
    DwarfSections File, UnitHeader Header, DefiningUnit Unit, bool IsPartial, bool IsC, UnitImport[] Imports, bool[] IsDefined, bool[] IsDeclared);

/// <summary>
/// Credits the definitions in partial units (dwz makes these of DIEs that several units share). A definition there counts once for each C unit that imports
/// it, directly or through other partial units, as before dwz. One that no C unit imports counts by itself if its unit names C as its language; it does not
/// count if the unit names none, or is in the supplementary file, where it may be for another image.
/// </summary>
internal sealed class ImportedFindings
{
    // Bound on the total size of all import closures: a thousand units that import a chain of a thousand have a million. dwz's output for a kernel has some
    // hundred parts per unit.
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

    /// <summary>Adds the importing units to the variants of a request.</summary>
    /// <returns>The number of importing units that only declare the name.</returns>
    public int CreditImporters(int request, List<Variant> variants)
    {
        Dictionary<int, Variant> byPart = [];
        foreach (Variant variant in variants)
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

    // Breadth first, each unit once, so that a circle ends. An imported compile unit (GCC's LTO) answers for itself.
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
