using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>The abstract instance of a wanted function (DWARF 5 §3.3.8.1).</summary>
/// <param name="Function">The index of the function.</param>
/// <param name="Parameter">The offset of the DIE of its parameter; 0 if there is none of that name.</param>
internal readonly record struct InlineOrigin(int Function, ulong Parameter);

/// <summary>Finds the functions of wanted names at the top level of a unit: inlined calls refer to them, and have no name of their own.</summary>
internal static class InlineOrigins
{
    /// <summary>Adds the functions of a unit, by the offsets of their DIEs. Walks the unit to its end.</summary>
    /// <param name="stepper">On the unit.</param>
    /// <param name="from">The offset of the first DIE below the root.</param>
    /// <param name="wanted">The names, in the order of the functions.</param>
    /// <param name="parameters">The names of the functions' parameters.</param>
    /// <param name="found">The functions.</param>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged or has an unknown form.</exception>
    public static void Collect(DieStepper stepper, ulong from, WantedNames wanted, byte[][][] parameters, Dictionary<ulong, InlineOrigin> found)
    {
        SectionReader reader = stepper.Info.ReadRange(from, stepper.Unit.End);
        while (stepper.NextAtTop(ref reader, out ulong die) is { } abbrev)
        {
            if (abbrev.NameForm != 0 && abbrev.Tag == DwTag.DW_TAG_subprogram)
            {
                ulong attributes = reader.Offset;
                int name = wanted.NameOf(stepper.Strings, stepper.ReadName(ref reader, abbrev));
                reader.Seek(attributes);
                if (name >= 0)
                {
                    stepper.Info.File.Budget.Take(stepper.Info, 64);
                    found[die] = new InlineOrigin(name, FindParameter(stepper, reader, abbrev, parameters[name]));
                }
            }

            stepper.StepOver(ref reader, abbrev, die);
        }
    }

    // The reader is a copy, at the function's attributes.
    private static ulong FindParameter(DieStepper stepper, SectionReader reader, Abbrev function, byte[][] wanted)
    {
        stepper.SkipAttributes(ref reader, function);
        while (function.HasChildren)
        {
            ulong die = reader.Offset;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                break;
            }

            Abbrev abbrev = stepper.AbbrevOf(code, die);
            if (abbrev.NameForm != 0 && abbrev.Tag == DwTag.DW_TAG_formal_parameter)
            {
                ulong attributes = reader.Offset;
                (DwForm form, ulong value, ulong at) = stepper.ReadName(ref reader, abbrev);
                reader.Seek(attributes);
                foreach (byte[] name in wanted)
                {
                    if (stepper.Strings.Bytes(form, value, at).SequenceEqual(name))
                    {
                        return die;
                    }
                }
            }

            stepper.StepOver(ref reader, abbrev, die);
        }

        return 0;
    }
}
