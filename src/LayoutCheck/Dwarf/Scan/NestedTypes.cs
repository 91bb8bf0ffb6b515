using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>Finds types with a wanted name at all levels of a unit: types within functions are no top-level DIEs.</summary>
internal static class NestedTypes
{
    /// <summary>Adds the DIEs of a unit with a wanted name, at any level, and the functions around them. Walks all DIEs of the unit.</summary>
    /// <param name="stepper">On the unit.</param>
    /// <param name="from">The offset of the first DIE below the root.</param>
    /// <param name="wanted">The names.</param>
    /// <param name="hits">The DIEs.</param>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged or has an unknown form.</exception>
    public static void Collect(DieStepper stepper, ulong from, WantedNames wanted, List<NestedHit> hits)
    {
        SectionReader reader = stepper.Info.ReadRange(from, stepper.Unit.End);
        // The innermost function around each open level, 0 if there is none.
        Stack<ulong> functions = new();
        while (true)
        {
            if (reader.IsAtEnd)
            {
                throw stepper.MissingNullEntry();
            }

            ulong die = reader.Offset;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                if (!functions.TryPop(out _))
                {
                    return;
                }

                continue;
            }

            Abbrev abbrev = stepper.AbbrevOf(code, die);
            ulong attributes = reader.Offset;
            _ = functions.TryPeek(out ulong function);
            if (abbrev.NameForm != 0 && (abbrev.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type or DwTag.DW_TAG_typedef
                || (wanted.WantsEnums && abbrev.Tag == DwTag.DW_TAG_enumeration_type)))
            {
                int name = wanted.NameOf(stepper.Strings, stepper.ReadName(ref reader, abbrev));
                reader.Seek(attributes);
                if (name >= 0 && wanted.RequestsByName[name].Any(request => wanted.MatchesKind(abbrev.Tag, request)))
                {
                    hits.Add(new NestedHit(die, abbrev.Tag, function, functions.Count > 0));
                }
            }

            stepper.SkipAttributes(ref reader, abbrev);
            if (abbrev.HasChildren)
            {
                functions.Push(abbrev.Tag == DwTag.DW_TAG_subprogram ? die : function);
            }
        }
    }
}
