using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>
/// Walks the code of one unit (functions, blocks, inlined calls at every level), and finds the calls of wanted functions that were inlined (DW_TAG_inlined_subroutine,
/// DWARF 5 §3.3.8.2), with the registers of a parameter.
/// </summary>
/// <param name="code">The addresses and lists of the unit.</param>
/// <param name="windows">The windows of the thread.</param>
/// <param name="origins">Finds the wanted function that an offset of a file stands for.</param>
/// <param name="unit">The unit in the result.</param>
/// <param name="calls">The result, to which calls are added.</param>
internal sealed class InlineWalk(UnitCode code, ListWindows windows, Func<DwarfSections, ulong, InlineOrigin?> origins, InlinedUnit unit, List<InlinedCall> calls)
{
    // Of nested blocks and calls. A kernel has less than a hundred.
    private const int MostLevels = 1 << 12;

    // The memory of one call and of one range in bytes, for the budget.
    private const ulong CallSize = 192;
    private const ulong RangeSize = 40;

    private readonly Stack<Level> _levels = new();
    private readonly UnitHeader _header = code.Unit;

    /// <summary>An open DIE.</summary>
    /// <param name="Function">The function around its children; null if there is none with code.</param>
    /// <param name="Call">The wanted call that it is; null if it is none.</param>
    private readonly record struct Level(FunctionCode? Function, OpenCall? Call);

    /// <summary>A function with code, whose parts are read if a wanted call is in it.</summary>
    private sealed class FunctionCode(CodeAttributes attributes)
    {
        private List<CodeRange>? _parts;

        public List<CodeRange> Parts(UnitCode code)
        {
            if (_parts is null)
            {
                _parts = [];
                code.AddRanges(attributes, _parts);
            }

            return _parts;
        }
    }

    /// <summary>A wanted call whose children are being read.</summary>
    private sealed record OpenCall(InlineOrigin Origin, ulong Offset, CodeAttributes Attributes, List<CodeRange> Scope)
    {
        public List<(CodeRange Range, int Register)> Registers { get; } = [];
    }

    /// <summary>Walks.</summary>
    /// <param name="stepper">On the unit.</param>
    /// <param name="from">The offset of the first DIE below the root.</param>
    /// <exception cref="InvalidImageException">A DIE or a list is damaged.</exception>
    public void Run(DieStepper stepper, ulong from)
    {
        SectionReader reader = stepper.Info.ReadRange(from, stepper.Unit.End);
        _levels.Clear();
        _levels.Push(default);
        while (_levels.Count > 0)
        {
            if (reader.IsAtEnd)
            {
                throw stepper.MissingNullEntry();
            }

            ulong die = reader.Offset;
            ulong abbrevCode = reader.ReadUleb();
            if (abbrevCode == 0)
            {
                Close(_levels.Pop());
                continue;
            }

            Step(stepper, ref reader, stepper.AbbrevOf(abbrevCode, die), die);
        }
    }

    private void Step(DieStepper stepper, ref SectionReader reader, Abbrev abbrev, ulong die)
    {
        Level outer = _levels.Peek();
        switch (abbrev.Tag)
        {
            case DwTag.DW_TAG_subprogram:
                ulong attributes = reader.Offset;
                CodeAttributes function = CodeAttributes.Read(ref reader, abbrev, _header, stepper.Info);
                if (!function.HasCode && abbrev.HasChildren)
                {
                    // An abstract instance, or a declaration: no code is below it.
                    reader.Seek(attributes);
                    stepper.StepOver(ref reader, abbrev, die);
                }
                else
                {
                    Open(stepper, abbrev, die, new Level(new FunctionCode(function), null));
                }

                break;
            case DwTag.DW_TAG_inlined_subroutine:
                CodeAttributes inlined = CodeAttributes.Read(ref reader, abbrev, _header, stepper.Info);
                OpenCall? call = outer.Function is not null && OriginOf(inlined.Origin) is { } origin ? Begin(origin, die, inlined) : null;
                Open(stepper, abbrev, die, outer with { Call = call });
                if (!abbrev.HasChildren)
                {
                    Close(new Level(outer.Function, call));
                }

                break;
            case DwTag.DW_TAG_formal_parameter when outer.Call is { } open:
                ulong start = reader.Offset;
                CodeAttributes parameter = CodeAttributes.Read(ref reader, abbrev, _header, stepper.Info);
                if (open.Origin.Parameter != 0 && Target(parameter.Origin) is var (_, target) && target == open.Origin.Parameter && parameter.Location.IsPresent)
                {
                    code.AddRegisters(parameter.Location, open.Scope, open.Registers);
                }

                if (abbrev.HasChildren)
                {
                    reader.Seek(start);
                    stepper.StepOver(ref reader, abbrev, die);
                }

                break;
            case DwTag.DW_TAG_lexical_block or DwTag.DW_TAG_namespace:
                stepper.SkipAttributes(ref reader, abbrev);
                Open(stepper, abbrev, die, outer with { Call = null });
                break;
            default:
                stepper.StepOver(ref reader, abbrev, die);
                break;
        }
    }

    private void Open(DieStepper stepper, Abbrev abbrev, ulong die, Level level)
    {
        if (!abbrev.HasChildren)
        {
            return;
        }

        if (_levels.Count == MostLevels)
        {
            throw stepper.Info.Invalid(die, $"blocks and calls are nested more than {MostLevels} deep, which no compiler does", "the file is damaged: build it again, or check it without --code");
        }

        _levels.Push(level);
    }

    private OpenCall Begin(InlineOrigin origin, ulong die, in CodeAttributes attributes)
    {
        List<CodeRange> scope = [];
        code.AddRanges(attributes, scope);
        return new OpenCall(origin, die, attributes, scope);
    }

    private void Close(Level level)
    {
        if (level.Call is not { } call)
        {
            return;
        }

        List<CodeRange> parts = level.Function!.Parts(code);
        List<RegisterRange> ranges = [];
        Section info = code.File.Info;
        windows.Spend(info, call.Offset, (long)parts.Count * call.Registers.Count);
        foreach (((ulong from, ulong to), int register) in call.Registers)
        {
            foreach (CodeRange part in parts)
            {
                if (part.From <= from && from < part.To)
                {
                    ranges.Add(new RegisterRange(from, Math.Min(to, part.To), register, part.From, part.To));
                    break;
                }
            }
        }

        info.File.Budget.Take(info, CallSize + (RangeSize * (ulong)ranges.Count));
        calls.Add(new InlinedCall(call.Origin.Function, unit, call.Offset, call.Attributes.CallFile.Constant, call.Attributes.CallLine.Constant, [.. ranges]));
    }

    private InlineOrigin? OriginOf(RawValue origin) => Target(origin) is var (file, offset) ? origins(file, offset) : null;

    // The DIE that a reference leads to; null if it leads to none that has a place.
    private (DwarfSections File, ulong Offset)? Target(RawValue reference) => reference.Form switch
    {
        DwForm.DW_FORM_ref1 or DwForm.DW_FORM_ref2 or DwForm.DW_FORM_ref4 or DwForm.DW_FORM_ref8 or DwForm.DW_FORM_ref_udata => (code.File, _header.Offset + reference.Value),
        DwForm.DW_FORM_ref_addr when code.File.HasSectionOffsets => (code.File, reference.Value),
        DwForm.DW_FORM_GNU_ref_alt or DwForm.DW_FORM_ref_sup4 or DwForm.DW_FORM_ref_sup8 when code.File.Supplement is { } supplement => (supplement, reference.Value),
        _ => null,
    };
}
