using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>Collects the names of the structs and unions at the top level of a unit.</summary>
internal static class UnitNames
{
    // The memory of one name in bytes: the name itself, and sets that grow.
    private const ulong NameSize = 320;
    private const int NamesAtOnce = 1 << 10;

    /// <summary>Adds the names of all structs and unions that a unit defines, by tag. Walks the unit to its end.</summary>
    /// <param name="stepper">On the unit.</param>
    /// <param name="from">The offset of the first DIE below the root.</param>
    /// <param name="inStr">Names in .debug_str, by offset.</param>
    /// <param name="others">Other names.</param>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged or has an unknown form.</exception>
    public static void Collect(DieStepper stepper, ulong from, HashSet<(DwTag Tag, ulong StringOffset)> inStr, HashSet<(DwTag Tag, string Name)> others)
    {
        Section info = stepper.Info;
        SectionReader reader = info.ReadRange(from, stepper.Unit.End);
        while (stepper.NextAtTop(ref reader, out ulong die) is { } abbrev)
        {
            ulong attributes = reader.Offset;
            if (abbrev.NameForm != 0 && abbrev.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type && !stepper.IsDeclaration(reader, abbrev))
            {
                (DwForm form, ulong value, ulong at) = stepper.ReadName(ref reader, abbrev);
                if (StringForms.HomeOf(form) is StringHome.Str or StringHome.StrIndex)
                {
                    if (inStr.Add((abbrev.Tag, stepper.Strings.OffsetInStr(form, value))))
                    {
                        ChargeNames(info, inStr.Count);
                    }
                }
                else
                {
                    ReadOnlySpan<byte> name = stepper.Strings.Bytes(form, value, at);
                    if (name.Length <= TypeGraphBuilder.LongestName && others.Add((abbrev.Tag, Encoding.UTF8.GetString(name))))
                    {
                        ChargeNames(info, others.Count);
                    }
                }

                reader.Seek(attributes);
            }

            stepper.StepOver(ref reader, abbrev, die);
        }
    }

    // Names are charged to the file's budget in batches.
    private static void ChargeNames(Section info, int count)
    {
        if (count % NamesAtOnce == 0)
        {
            info.File.Budget.Take(info, NamesAtOnce * NameSize);
        }
    }
}
