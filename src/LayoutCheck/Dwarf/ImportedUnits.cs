namespace LayoutCheck.Dwarf;

/// <summary>The units that others import, each handed out once, however many import it and even in a circle (DWARF 5 §3.2.5).</summary>
internal sealed class ImportedUnits(DwarfSections sections)
{
    private readonly HashSet<ulong> _seen = [];
    private readonly Queue<UnitHeader> _next = new();

    /// <summary>Takes note of what a unit imports.</summary>
    public void Add(in UnitHeader importer, IReadOnlyList<ulong> imports)
    {
        foreach (ulong die in imports)
        {
            if (_seen.Add(die))
            {
                _next.Enqueue(Check(sections, importer, die));
            }
        }
    }

    /// <summary>Whether the unit is or was among them.</summary>
    public bool Contains(in UnitHeader unit) => _seen.Contains(unit.FirstDie);

    /// <summary>The next one.</summary>
    public bool TryTake(out UnitHeader unit) => _next.TryDequeue(out unit);

    /// <summary>The unit whose own DIE is imported.</summary>
    /// <exception cref="InvalidImageException">No unit has its DIE there.</exception>
    public static UnitHeader Check(DwarfSections sections, in UnitHeader importer, ulong die)
    {
        UnitHeader unit = sections.Units.Containing(die);
        return unit.FirstDie == die ? unit : throw sections.Info.Invalid(importer.Offset, $"the unit imports one at 0x{die:x}, where none has its DIE");
    }
}
