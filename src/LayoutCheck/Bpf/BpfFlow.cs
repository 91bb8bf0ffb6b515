namespace LayoutCheck.Bpf;

/// <summary>
/// Which instructions of a function can be reached on a kernel. The relocations have their values there, constants are followed through registers, stack slots and
/// jumps, and a jump whose operands are known has one way: as the kernel's verifier drops code that an existence check leaves out. What is not known goes both ways, so
/// that an instruction that is not reached here is not reached in the kernel.
/// </summary>
internal sealed class BpfFlow
{
    /// <summary>Functions of more instructions are not followed.</summary>
    public const int MostInstructions = 1 << 17;

    // Operations of jumps.
    private const int Always = 0x00;
    private const int Call = 0x80;
    private const int Exit = 0x90;

    private readonly BpfInstruction[] _code;
    private readonly IReadOnlyDictionary<int, long?> _values;
    private readonly IReadOnlySet<int> _ends;
    private readonly Dictionary<int, BpfState> _states = [];
    private readonly Stack<int> _work = [];
    private readonly bool[] _isReached;

    // What jumps lead to: where ways meet, what holds on all of them is kept.
    private readonly bool[] _isTarget;
    private readonly BpfWork _steps;

    private BpfFlow(BpfInstruction[] code, IReadOnlyDictionary<int, long?> values, BpfWork steps, IReadOnlySet<int> ends)
    {
        _steps = steps;
        _code = code;
        _ends = ends;
        _values = values;
        _isReached = new bool[code.Length];
        _isTarget = new bool[code.Length];
        for (int at = 0; at < code.Length; at++)
        {
            if (TargetOf(at) is { } target && target >= 0 && target < code.Length)
            {
                _isTarget[target] = true;
            }
        }
    }

    /// <summary>Whether each instruction can be reached; null when it takes too long to tell.</summary>
    /// <param name="code">The function's instructions.</param>
    /// <param name="values">By the number of an instruction, the constant that a relocation gives it; null for one that is not known.</param>
    /// <param name="steps">The steps that are left.</param>
    /// <param name="ends">The numbers of instructions that every way ends at; none by default.</param>
    public static bool[]? Reach(BpfInstruction[] code, IReadOnlyDictionary<int, long?> values, BpfWork steps, IReadOnlySet<int>? ends = null)
    {
        if (code.Length > MostInstructions)
        {
            return null;
        }

        BpfFlow flow = new(code, values, steps, ends ?? new HashSet<int>());
        flow.Enter(0, new BpfState());
        try
        {
            flow.Run();
            return flow._isReached;
        }
        catch (BpfUndecidedException)
        {
            return null;
        }
    }

    private void Run()
    {
        while (_work.TryPop(out int at))
        {
            BpfState state = _states[at].Clone();
            while (at < _code.Length)
            {
                _steps.Step();
                _isReached[at] = true;
                int? next = _ends.Contains(at) ? null : Step(at, state);
                if (next is not { } following)
                {
                    break;
                }

                if (following < _code.Length && _isTarget[following])
                {
                    Enter(following, state);
                    break;
                }

                at = following;
            }
        }
    }

    private void Enter(int at, BpfState state)
    {
        if (at < 0 || at >= _code.Length)
        {
            return;
        }

        if (!_states.TryGetValue(at, out BpfState? known))
        {
            _states.Add(at, state.Clone());
            _work.Push(at);
        }
        else if (known.Join(state))
        {
            _work.Push(at);
        }
    }

    // Executes one instruction; the number of the next, or null: the way ends, or goes on by Enter.
    private int? Step(int at, BpfState state)
    {
        BpfInstruction instruction = _code[at];
        switch (instruction.Class)
        {
            case BpfInstruction.ALU or BpfInstruction.ALU64:
                state[instruction.Destination] = BpfArithmetic.Evaluate(instruction, state[instruction.Destination], OperandOf(at, instruction, state));
                return at + 1;
            case BpfInstruction.LD when instruction.Code == BpfInstruction.LoadConstant:
                long? constant = instruction.Source == 0 && at + 1 < _code.Length ? (uint)instruction.Immediate | ((long)_code[at + 1].Immediate << 32) : null;
                state[instruction.Destination] = _values.TryGetValue(at, out long? value) ? value : constant;
                return at + 2;
            case BpfInstruction.LDX:
                bool isOfStack = instruction is { Source: BpfState.FramePointer, Code: 0x79 };
                state[instruction.Destination] = isOfStack ? state.Load(instruction.Offset) : null;
                return at + 1;
            case BpfInstruction.ST or BpfInstruction.STX:
                Store(instruction, state);
                return at + 1;
            case BpfInstruction.JMP or BpfInstruction.JMP32:
                return Jump(at, instruction, state);
            default:
                state.Call();
                return at + 1;
        }
    }

    private static void Store(BpfInstruction instruction, BpfState state)
    {
        const int MemoryMode = 0x60;
        if (instruction.Destination != BpfState.FramePointer || (instruction.Code & 0xe0) != MemoryMode)
        {
            state.ForgetStack();
            if ((instruction.Code & 0xe0) != MemoryMode)
            {
                // An atomic operation may fetch into its source, or into register 0.
                state[instruction.Source] = null;
                state[0] = null;
            }

            return;
        }

        state.Store(instruction.Offset, instruction.AccessSize, instruction.Class == BpfInstruction.ST ? instruction.Immediate : state[instruction.Source]);
    }

    private int? TargetOf(int at)
    {
        BpfInstruction instruction = _code[at];
        return instruction.Class is not (BpfInstruction.JMP or BpfInstruction.JMP32) || instruction.Operation is Call or Exit ? null
            : at + 1 + (instruction is { Class: BpfInstruction.JMP32, Operation: Always } ? instruction.Immediate : instruction.Offset);
    }

    private int? Jump(int at, BpfInstruction instruction, BpfState state)
    {
        switch (instruction.Operation)
        {
            case Exit:
                return null;
            case Call:
                state.Call();
                return at + 1;
            case Always:
                Enter(TargetOf(at)!.Value, state);
                return null;
            default:
                break;
        }

        long? right = OperandOf(at, instruction, state);
        bool? isTaken = BpfArithmetic.Compare(instruction, state[instruction.Destination], right);
        if (isTaken != false)
        {
            Enter(TargetOf(at)!.Value, state);
        }

        return isTaken == true ? null : at + 1;
    }

    private long? OperandOf(int at, BpfInstruction instruction, BpfState state)
        => instruction.IsOfRegister ? state[instruction.Source] : _values.TryGetValue(at, out long? value) ? value : instruction.Immediate;
}
