namespace LayoutCheck.Machine;

/// <summary>What an instruction does, as far as the readers of code ask.</summary>
internal enum InstructionKind : byte
{
    /// <summary>Anything else. Its memory operands and <see cref="Instruction.Writes"/> are right all the same.</summary>
    Other,

    /// <summary>A call, to <see cref="Instruction.Target"/> or, where that is 0, through a register or memory.</summary>
    Call,

    /// <summary>A jump that is always taken, to <see cref="Instruction.Target"/> or through a register or memory.</summary>
    Jump,

    /// <summary>A jump that may be taken, to <see cref="Instruction.Target"/>.</summary>
    ConditionalJump,

    /// <summary>A return of a function or an exception.</summary>
    Return,

    /// <summary>Stops: ud2, int3, brk, hlt, udf. What follows is not reached from here.</summary>
    Trap,

    /// <summary>Destination = <see cref="Instruction.Target"/>, or what <see cref="Instruction.Memory"/> spells where that is 0 (lea); memory is not read.</summary>
    AddressOf,

    /// <summary>Destination = <see cref="Instruction.Immediate"/>, all 64 bits of it.</summary>
    MoveImmediate,

    /// <summary>The 16 bits of Destination from bit <see cref="Instruction.Shift"/> on = <see cref="Instruction.Immediate"/>; the others stay (movk).</summary>
    InsertImmediate,

    /// <summary>Destination = Source + <see cref="Instruction.Immediate"/>; 32 bits where <see cref="Instruction.Width"/> is 4.</summary>
    AddImmediate,

    /// <summary>Destination = Source; the low 32 bits where <see cref="Instruction.Width"/> is 4, the others are 0.</summary>
    Move,

    /// <summary>Destination = what memory holds, extended or not; <see cref="MemoryOperand.Width"/> bytes of it.</summary>
    Load,

    /// <summary>Memory = a register or an immediate.</summary>
    Store,
}

/// <summary>An operand in memory: the bytes at Base + Index * scale + Displacement. The scale is not told.</summary>
/// <param name="Base">A register's number in DWARF, <see cref="Instruction.RipRelative"/>, or <see cref="Instruction.None"/>.</param>
/// <param name="Index">A register's number in DWARF, <see cref="Instruction.VectorIndex"/>, or <see cref="Instruction.None"/>.</param>
/// <param name="Displacement">Bytes; of an operand that is relative to rip, the address.</param>
/// <param name="Width">How many bytes are accessed; 0 where it is not known (x87, state areas).</param>
internal readonly record struct MemoryOperand(int Base, int Index, long Displacement, int Width);

/// <summary>
/// One instruction, decoded. Registers are numbered as DWARF numbers them (System V ABI AMD64 figure 3.36: rax 0, rdx 1, rcx 2, rbx 3, rsi 4, rdi 5, rbp 6, rsp 7,
/// r8 to r15; AADWARF64 §4.1: x0 to x30, sp 31). Implicit operands (push, pop, call, string instructions) are not among the memory operands.
/// </summary>
internal readonly struct Instruction
{
    /// <summary>No register.</summary>
    public const int None = -1;

    /// <summary>The base of an operand whose displacement is the address itself: relative to rip, or a literal of arm64.</summary>
    public const int RipRelative = -2;

    /// <summary>The index is a vector register: several places are accessed (gather, scatter).</summary>
    public const int VectorIndex = -3;

    public Instruction()
    {
    }

    /// <summary>Bytes, 1 to 15.</summary>
    public required int Length { get; init; }

    public InstructionKind Kind { get; init; }

    /// <summary>How many memory operands there are; two are the two halves of a pair (arm64 ldp, stp).</summary>
    public int MemoryCount { get; init; }

    /// <summary>The first memory operand; that of lea too, which accesses nothing.</summary>
    public MemoryOperand Memory { get; init; }

    /// <summary>The second one.</summary>
    public MemoryOperand SecondMemory { get; init; }

    /// <summary>The operand is relative to fs or gs: per-CPU data, whatever the base register holds.</summary>
    public bool IsSegmented { get; init; }

    public bool ReadsMemory { get; init; }

    public bool WritesMemory { get; init; }

    /// <summary>The register that is written, where one is and the kind says how.</summary>
    public int Destination { get; init; } = None;

    /// <summary>The register that is copied or added to.</summary>
    public int Source { get; init; } = None;

    /// <summary>Bytes of the operation on registers: 1, 2, 4, 8, or 0 where no kind asks.</summary>
    public int Width { get; init; }

    public long Immediate { get; init; }

    /// <summary>Bits.</summary>
    public int Shift { get; init; }

    /// <summary>The address of a branch or of <see cref="InstructionKind.AddressOf"/>; 0 where the instruction does not hold it.</summary>
    public ulong Target { get; init; }

    /// <summary>
    /// The general registers that may change, a bit each: never too few, at times too many. A call's own registers (those that the ABI lets it change) are not here.
    /// </summary>
    public uint Writes { get; init; }

    /// <summary>Whether a register may change.</summary>
    public bool MayWrite(int register) => (Writes >> register & 1) != 0;
}
