using LayoutCheck.Machine;

namespace LayoutCheck.VmCoreInfo;

/// <summary>A call with what the registers of its arguments hold.</summary>
internal sealed record CallSite(ulong Address, ulong Target, RegisterValue[] Arguments);

/// <summary>
/// A stretch of code around references to texts, decoded from an instruction's beginning on, and the calls in it. Constants are followed through moves, sums and
/// branches within the stretch; where ways meet, what they agree on is kept. A way in that is not seen (a table of jumps) begins with nothing known.
/// </summary>
internal sealed class CodeWindow
{
    private const int LongestInstruction = 15;

    // The streams from 16 places in a row meet after ten instructions, as a rule.
    private const int MostToMeet = 512;

    // What lies out of line and comes back: the test behind a static_cpu_has, a cold block.
    private const int MostFollowed = 32;

    private readonly CodeImage _image;
    private readonly CodeRange _range;
    private readonly List<(ulong Address, Instruction Instruction, bool IsEntry)> _instructions = [];
    private readonly Dictionary<ulong, RegisterState> _arriving = [];
    private readonly Dictionary<ulong, uint> _loops = [];

    private CodeWindow(CodeImage image, CodeRange range)
    {
        _image = image;
        _range = range;
    }

    /// <summary>The System V registers of arguments (AMD64 §3.2.3; AAPCS64 §6.8.2), by their DWARF numbers.</summary>
    private ReadOnlySpan<int> ArgumentRegisters => _image.Machine == MachineKind.Arm64 ? [0, 1, 2, 3, 4, 5, 6, 7] : [5, 4, 1, 2, 8, 9];

    private uint CallerSaved => _image.Machine == MachineKind.Arm64 ? 0x4007ffffu : 0xf37u;

    /// <summary>The calls of a stretch.</summary>
    /// <param name="image">The image.</param>
    /// <param name="range">The code.</param>
    /// <param name="start">The offset to begin at.</param>
    /// <param name="first">The offset of the first reference, which has to be an instruction's beginning.</param>
    /// <param name="end">The offset to end at.</param>
    /// <param name="decodedEnd">The offset that was reached: behind bytes that are no instruction nothing is certain.</param>
    public static List<CallSite> Calls(CodeImage image, CodeRange range, ulong start, ulong first, ulong end, out ulong decodedEnd)
    {
        CodeWindow window = new(image, range);
        decodedEnd = first;
        if (image.Machine == MachineKind.Arm64)
        {
            start &= ~3ul;
        }
        else if (window.Synchronise(start, first) is { } synchronised)
        {
            start = synchronised;
        }
        else
        {
            return [];
        }

        decodedEnd = window.Decode(start, end);
        return window.Run();
    }

    // One of any 15 bytes in a row begins an instruction. If all streams from 16 places in a row, but those that run into bytes that are no instruction, come to
    // one place, then the true one is among them.
    private ulong? Synchronise(ulong start, ulong first)
    {
        if (start == 0)
        {
            return 0;
        }

        for (ulong from = start; from + 64 <= first; from += 64)
        {
            if (Meeting(from, first) is { } place)
            {
                return place;
            }
        }

        return null;
    }

    private ulong? Meeting(ulong from, ulong first)
    {
        ulong limit = Math.Min(first, from + MostToMeet);
        SortedSet<ulong> streams = [];
        for (ulong i = 0; i <= LongestInstruction; i++)
        {
            streams.Add(from + i);
        }

        // The stream that is behind goes on until one is left.
        while (streams.Count > 1)
        {
            ulong at = streams.Min;
            _ = streams.Remove(at);
            if (at >= limit)
            {
                return null;
            }

            if (InstructionDecoder.TryDecode(_image.Machine, _range.From(at, LongestInstruction), _range.Address + at, out Instruction instruction))
            {
                _ = streams.Add(at + (ulong)instruction.Length);
            }
        }

        return streams.Count == 1 && streams.Min <= first ? streams.Min : null;
    }

    private ulong Decode(ulong start, ulong end)
    {
        ReadOnlySpan<byte> code = _range.From(start, (int)(end - start + LongestInstruction));
        int at = 0;
        while ((ulong)at < end - start && InstructionDecoder.TryDecode(_image.Machine, code[at..], _range.Address + start + (ulong)at, out Instruction instruction))
        {
            _instructions.Add((_range.Address + start + (ulong)at, instruction, IsEntry(code[at..])));
            at += instruction.Length;
        }

        return start + (ulong)at;
    }

    // endbr64; paciasp, bti c, bti jc: functions begin so, and what the registers hold comes from elsewhere.
    private bool IsEntry(ReadOnlySpan<byte> code) => _image.Machine == MachineKind.Arm64
        ? code[1..].StartsWith((ReadOnlySpan<byte>)[0x23, 0x03, 0xd5]) && code[0] == 0x3f || (code[1..].StartsWith((ReadOnlySpan<byte>)[0x24, 0x03, 0xd5]) && code[0] is 0x5f or 0xdf)
        : code.StartsWith((ReadOnlySpan<byte>)[0xf3, 0x0f, 0x1e, 0xfa]);

    private List<CallSite> Run()
    {
        List<CallSite> calls = [];
        if (_instructions.Count == 0)
        {
            return calls;
        }

        FindLoops();
        RegisterState? state = new();
        foreach ((ulong address, Instruction instruction, bool isEntry) in _instructions)
        {
            state = Arrive(state, address, isEntry);
            switch (instruction.Kind)
            {
                case InstructionKind.Call:
                    if (instruction.Target != 0)
                    {
                        RegisterValue[] arguments = new RegisterValue[ArgumentRegisters.Length];
                        for (int i = 0; i < arguments.Length; i++)
                        {
                            arguments[i] = state[ArgumentRegisters[i]];
                        }

                        calls.Add(new CallSite(address, instruction.Target, arguments));
                    }

                    state.Forget(CallerSaved, Doubt.Called, address);
                    break;
                case InstructionKind.ConditionalJump:
                    state.Forget(instruction.Writes, Doubt.Changed, address);
                    Leave(instruction.Target, state);
                    break;
                case InstructionKind.Jump:
                    if (instruction.Target != 0)
                    {
                        Leave(instruction.Target, state);
                    }

                    state = null;
                    break;
                case InstructionKind.Return or InstructionKind.Trap:
                    state = null;
                    break;
                default:
                    Apply(state, instruction, address);
                    break;
            }
        }

        return calls;
    }

    private RegisterState Arrive(RegisterState? state, ulong address, bool isEntry)
    {
        if (_arriving.Remove(address, out RegisterState? arriving))
        {
            state?.Meet(arriving, address);
            state ??= arriving;
        }

        state = state is null || isEntry ? new RegisterState() : state;
        if (_loops.TryGetValue(address, out uint changed))
        {
            state.Forget(changed, Doubt.Branched, address);
        }

        return state;
    }

    // A jump back: on its way the registers that the instructions between set may have changed.
    private void FindLoops()
    {
        ulong start = _instructions[0].Address;
        for (int i = 0; i < _instructions.Count; i++)
        {
            (ulong address, Instruction instruction, _) = _instructions[i];
            if (instruction.Kind is not (InstructionKind.Jump or InstructionKind.ConditionalJump) || instruction.Target > address || instruction.Target < start)
            {
                continue;
            }

            uint changed = 0;
            int back = i;
            while (back >= 0 && _instructions[back].Address >= instruction.Target)
            {
                Instruction between = _instructions[back].Instruction;
                changed |= between.Writes | (between.Kind == InstructionKind.Call ? CallerSaved : 0);
                if (changed == uint.MaxValue)
                {
                    break;
                }

                back--;
            }

            _loops[instruction.Target] = _loops.GetValueOrDefault(instruction.Target) | changed;
        }
    }

    private void Leave(ulong target, RegisterState state)
    {
        if (target >= _instructions[0].Address && target <= _instructions[^1].Address)
        {
            Merge(target, state);
            return;
        }

        if (!_range.Contains(target))
        {
            return;
        }

        // Out of line: what leads back from there comes with what was known here, less what changes there.
        RegisterState there = state.Copy();
        for (int i = 0; i < MostFollowed && _range.Contains(target); i++)
        {
            if (!InstructionDecoder.TryDecode(_image.Machine, _range.From(target - _range.Address, LongestInstruction), target, out Instruction instruction))
            {
                return;
            }

            switch (instruction.Kind)
            {
                case InstructionKind.Call:
                    there.Forget(CallerSaved, Doubt.Called, target);
                    break;
                case InstructionKind.ConditionalJump or InstructionKind.Jump:
                    if (instruction.Target >= _instructions[0].Address && instruction.Target <= _instructions[^1].Address)
                    {
                        Merge(instruction.Target, there);
                    }

                    if (instruction.Kind == InstructionKind.Jump)
                    {
                        return;
                    }

                    break;
                case InstructionKind.Return or InstructionKind.Trap:
                    return;
                default:
                    Apply(there, instruction, target);
                    break;
            }

            target += (ulong)instruction.Length;
        }
    }

    private void Merge(ulong target, RegisterState state)
    {
        if (_arriving.TryGetValue(target, out RegisterState? other))
        {
            other.Meet(state, target);
        }
        else
        {
            _arriving[target] = state.Copy();
        }
    }

    private static void Apply(RegisterState state, in Instruction instruction, ulong address)
    {
        int destination = instruction.Destination;
        RegisterValue source = instruction.Source >= 0 ? state[instruction.Source] : default;
        long mask = instruction.Width == 4 ? uint.MaxValue : -1;
        RegisterValue? result = destination < 0 ? null : instruction.Kind switch
        {
            InstructionKind.MoveImmediate => new RegisterValue(instruction.Immediate, address, Doubt.None),
            InstructionKind.AddressOf when instruction.Target != 0 => new RegisterValue((long)instruction.Target, address, Doubt.None),
            InstructionKind.AddressOf => AddressOf(state, instruction, address, mask),
            InstructionKind.Move => source.Doubt == Doubt.None ? source with { Value = source.Value & mask } : source,
            InstructionKind.AddImmediate => source.Doubt == Doubt.None ? new RegisterValue((source.Value + instruction.Immediate) & mask, address, Doubt.None) : source,
            InstructionKind.InsertImmediate => Insert(state[destination], instruction, address, mask),
            InstructionKind.Load => RegisterValue.Unknown(Doubt.Loaded, address),
            _ => null,
        };
        state.Forget(instruction.Writes, instruction.ReadsMemory ? Doubt.Loaded : Doubt.Changed, address);
        if (result is { } known)
        {
            state[destination] = known;
        }
    }

    private static RegisterValue AddressOf(RegisterState state, in Instruction instruction, ulong address, long mask)
    {
        MemoryOperand operand = instruction.Memory;
        return operand.Base >= 0 && operand.Index == Instruction.None && state[operand.Base] is { Doubt: Doubt.None } start
            ? new RegisterValue((start.Value + operand.Displacement) & mask, address, Doubt.None)
            : RegisterValue.Unknown(Doubt.Changed, address);
    }

    private static RegisterValue Insert(RegisterValue old, in Instruction instruction, ulong address, long mask) => old.Doubt != Doubt.None ? old
        : new RegisterValue(((old.Value & ~(0xffffL << instruction.Shift)) | (instruction.Immediate << instruction.Shift)) & mask, address, Doubt.None);
}
