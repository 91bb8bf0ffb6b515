using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>The queue of imported units (DWARF 5 §3.2.5). Each comes once, even if several units import it, or imports form a circle.</summary>
internal sealed class ImportedUnits
{
    private readonly HashSet<UnitImport> _seen = [];
    private readonly Queue<(DwarfSections File, UnitHeader Unit)> _next = new();

    /// <summary>Adds the imports of a unit.</summary>
    public void Add(DwarfSections file, in UnitHeader importer, IReadOnlyList<UnitImport> imports)
    {
        foreach (UnitImport import in imports)
        {
            if (_seen.Add(import))
            {
                _next.Enqueue((import.File, import.Resolve(file, importer)));
            }
        }
    }

    /// <summary>Whether a unit is or was in the queue.</summary>
    public bool Contains(DwarfSections file, in UnitHeader unit) => _seen.Contains(new UnitImport(file, unit.FirstDie));

    /// <summary>Takes the next unit; false if there is none.</summary>
    public bool TryTake(out (DwarfSections File, UnitHeader Unit) next) => _next.TryDequeue(out next);
}
