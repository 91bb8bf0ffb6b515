using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>A unit that another imports.</summary>
/// <param name="File">The file that it is in: the same, or the supplementary one.</param>
/// <param name="Die">Where its own DIE is said to be, in bytes from the start of .debug_info.</param>
internal readonly record struct UnitImport(DwarfSections File, ulong Die)
{
    /// <summary>The unit.</summary>
    /// <param name="importerFile">The file of the unit that imports it.</param>
    /// <param name="importer">The unit that imports it, for the error.</param>
    /// <exception cref="InvalidImageException">No unit has its DIE there.</exception>
    public UnitHeader Resolve(DwarfSections importerFile, in UnitHeader importer)
    {
        UnitHeader unit = File.Units.Containing(Die);
        return unit.FirstDie == Die
            ? unit
            : throw importerFile.Info.Invalid(importer.Offset, $"the unit imports one at 0x{Die:x}{(File == importerFile ? "" : " of " + File.File)}, where none has its DIE");
    }
}

/// <summary>The units that others import, each handed out once, however many import it and even in a circle (DWARF 5 §3.2.5).</summary>
internal sealed class ImportedUnits
{
    private readonly HashSet<UnitImport> _seen = [];
    private readonly Queue<(DwarfSections File, UnitHeader Unit)> _next = new();

    /// <summary>Takes note of what a unit imports.</summary>
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

    /// <summary>Whether the unit is or was among them.</summary>
    public bool Contains(DwarfSections file, in UnitHeader unit) => _seen.Contains(new UnitImport(file, unit.FirstDie));

    /// <summary>The next one.</summary>
    public bool TryTake(out (DwarfSections File, UnitHeader Unit) next) => _next.TryDequeue(out next);
}
