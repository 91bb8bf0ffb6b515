using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>A function or variable with a wanted name and external linkage.</summary>
/// <param name="DieOffset">Bytes from the start of .debug_info.</param>
/// <param name="Name">The index of the name.</param>
/// <param name="IsDeclaration">Whether the unit only declares it.</param>
internal readonly record struct SymbolHit(ulong DieOffset, int Name, bool IsDeclaration);

/// <summary>Finds the functions and variables at the top level of a unit that have a wanted name and external linkage.</summary>
internal static class UnitSymbols
{
    /// <summary>Adds the DIEs of a unit, in order. Walks the unit to its end.</summary>
    /// <param name="stepper">On the unit.</param>
    /// <param name="from">The offset of the first DIE below the root.</param>
    /// <param name="wanted">The names.</param>
    /// <param name="hits">The DIEs.</param>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged or has an unknown form.</exception>
    public static void Collect(DieStepper stepper, ulong from, WantedNames wanted, List<SymbolHit> hits)
    {
        SectionReader reader = stepper.Info.ReadRange(from, stepper.Unit.End);
        while (stepper.NextAtTop(ref reader, out ulong die) is { } abbrev)
        {
            ulong attributes = reader.Offset;
            if (abbrev.NameForm != 0 && abbrev.Tag is DwTag.DW_TAG_subprogram or DwTag.DW_TAG_variable)
            {
                int name = wanted.NameOf(stepper.Strings, stepper.ReadName(ref reader, abbrev));
                reader.Seek(attributes);
                if (name >= 0 && stepper.IsExternal(reader, abbrev))
                {
                    hits.Add(new SymbolHit(die, name, stepper.IsDeclaration(reader, abbrev)));
                }
            }

            stepper.StepOver(ref reader, abbrev, die);
        }
    }
}
