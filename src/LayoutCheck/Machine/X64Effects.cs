namespace LayoutCheck.Machine;

/// <summary>
/// What an instruction of x86-64 does with its operands, by its opcode: which it reads and writes, and how many bytes. What is not named here reads memory, and
/// may write both registers of its ModRM.
/// </summary>
internal readonly struct X64Effects
{
    private const uint Rax = 1 << 0;
    private const uint Rdx = 1 << 1;
    private const uint Rcx = 1 << 2;
    private const uint Rbx = 1 << 3;
    private const uint Rsi = 1 << 4;
    private const uint Rdi = 1 << 5;
    private const uint Rbp = 1 << 6;
    private const uint Rsp = 1 << 7;
    private const uint R11 = 1 << 11;

    /// <summary>0 for one byte, 1 for 0F, 2 for 0F 38, 3 for 0F 3A.</summary>
    public required int Map { get; init; }

    public required int Opcode { get; init; }

    /// <summary>The register field of ModRM: a register, or a part of the opcode.</summary>
    public required int Reg { get; init; }

    /// <summary>ModRM names a register, no memory.</summary>
    public required bool IsRegister { get; init; }

    /// <summary>0 none, 1 for 66, 2 for F3, 3 for F2.</summary>
    public required int Prefix { get; init; }

    public required bool IsVex { get; init; }

    public required bool IsEvex { get; init; }

    public required bool IsWide { get; init; }

    public required int OperandBytes { get; init; }

    /// <summary>Bytes of the vector; with EVEX, of the operand in memory.</summary>
    public required int VectorBytes { get; init; }

    private int Group => Reg & 7;

    /// <summary>The kind of a branch or a trap, else Other.</summary>
    public InstructionKind Branch() => Map switch
    {
        0 => Opcode switch
        {
            0xe8 => InstructionKind.Call,
            0xe9 or 0xeb => InstructionKind.Jump,
            (>= 0x70 and <= 0x7f) or (>= 0xe0 and <= 0xe3) => InstructionKind.ConditionalJump,
            0xc2 or 0xc3 or 0xca or 0xcb or 0xcf => InstructionKind.Return,
            0xcc or 0xf4 => InstructionKind.Trap,
            0xff when Group is 2 or 3 => InstructionKind.Call,
            0xff when Group is 4 or 5 => InstructionKind.Jump,
            _ => InstructionKind.Other,
        },
        1 => Opcode switch
        {
            >= 0x80 and <= 0x8f => InstructionKind.ConditionalJump,
            0x0b or 0xb9 or 0xff => InstructionKind.Trap,
            0x07 or 0x35 => InstructionKind.Return,
            _ => InstructionKind.Other,
        },
        _ => InstructionKind.Other,
    };

    /// <summary>Whether the operation is on registers of 8 bits.</summary>
    public bool IsByteOperation() => !IsVex && (Map == 0
        ? (Opcode < 0x40 && (Opcode & 1) == 0) || Opcode is 0x80 or 0x84 or 0x86 or 0x88 or 0x8a or 0xc0 or 0xc6 or 0xd0 or 0xd2 or 0xf6 or 0xfe
        : Map == 1 && Opcode is (>= 0x90 and <= 0x9f) or 0xb0 or 0xc0);

    /// <summary>Bytes of the operation on general registers; of no meaning for vectors.</summary>
    public int RegisterBytes() => IsByteOperation() ? 1 : OperandBytes;

    /// <summary>Bytes of the memory operand; 0 where they are not known or none are accessed.</summary>
    public int MemoryBytes()
    {
        if (IsEvex)
        {
            return VectorBytes;
        }

        return Map switch
        {
            0 => OneByteMap(),
            1 => TwoByteMap(),
            2 when IsVex => IsWide || Opcode < 0xf0 ? Opcode >= 0xf0 ? 8 : VectorBytes : 4,
            2 => Opcode switch
            {
                0xf0 when Prefix == 3 => 1,
                0xf0 or 0xf1 or 0xf6 => OperandBytes,
                _ => 16,
            },
            _ => Opcode switch
            {
                0x14 or 0x20 => 1,
                0x15 => 2,
                0x16 or 0x22 or 0xf0 => IsWide ? 8 : 4,
                0x17 or 0x21 or 0x0a => 4,
                0x0b => 8,
                0x18 or 0x19 or 0x38 or 0x39 => 16,
                _ => VectorBytes,
            },
        };
    }

    private int OneByteMap() => Opcode switch
    {
        0x8d => 0,
        0x8c or 0x8e => 2,
        0x63 => 4,
        >= 0xd8 and <= 0xdf => 0,
        0x8f => 8,
        0xff when Group is 2 or 4 or 6 => 8,
        0xff when Group is 3 or 5 => 0,
        _ => RegisterBytes(),
    };

    private int TwoByteMap() => Opcode switch
    {
        0x00 or 0x02 or 0x03 => 2,
        0x01 or 0xae or 0x0d or (>= 0x18 and <= 0x1f) => 0,
        0xc7 => Group == 1 ? IsWide ? 16 : 8 : Group == 6 && IsRegister ? OperandBytes : 0,
        (>= 0x40 and <= 0x4f) when !IsVex => OperandBytes,
        >= 0x90 and <= 0x9f => 1,
        0xa3 or 0xa4 or 0xa5 or 0xab or 0xac or 0xad or 0xaf or 0xb1 or 0xb3 or (>= 0xb8 and <= 0xbd) or 0xc1 => OperandBytes,
        0xb0 or 0xc0 or 0xb6 or 0xbe => 1,
        0xb7 or 0xbf => 2,
        0xb2 or 0xb4 or 0xb5 => 0,
        0x78 or 0x79 when !IsVex => 8,
        0xc3 => IsWide ? 8 : 4,
        0xc4 => 2,
        0x6e => IsWide ? 8 : 4,
        0x7e => Prefix == 2 || IsWide ? 8 : 4,
        0xd6 => 8,
        0x12 or 0x13 or 0x16 or 0x17 when Prefix < 2 => 8,
        0x12 when Prefix == 3 => IsVex && VectorBytes == 32 ? 32 : 8,
        0x2a when Prefix >= 2 => IsWide ? 8 : 4,
        0x2a or 0x2c or 0x2d when Prefix < 2 => 8,
        0x2c or 0x2d => Prefix == 2 ? 4 : 8,
        0x2e or 0x2f => Prefix == 0 ? 4 : 8,
        0x10 or 0x11 or 0x51 or 0x52 or 0x53 or 0x58 or 0x59 or 0x5a or (>= 0x5c and <= 0x5f) or 0xc2 when Prefix >= 2 => Prefix == 2 ? 4 : 8,
        0x5a when Prefix == 0 => VectorBytes / 2,
        0xe6 when Prefix == 2 => VectorBytes / 2,
        0xd1 or 0xd2 or 0xd3 or 0xe1 or 0xe2 or 0xf1 or 0xf2 or 0xf3 when Prefix == 1 => 16,
        >= 0x60 and not (>= 0x6c and <= 0x6d) when Prefix == 0 && !IsVex => 8,
        _ => VectorBytes,
    };

    /// <summary>Whether the memory operand is read, and written.</summary>
    public (bool Reads, bool Writes) Access()
    {
        (bool, bool) read = (true, false);
        (bool, bool) written = (false, true);
        (bool, bool) both = (true, true);
        (bool, bool) none = (false, false);
        switch (Map)
        {
            case 0:
                return Opcode switch
                {
                    < 0x38 when (Opcode & 7) < 2 => both,
                    0x80 or 0x81 or 0x83 => Group == 7 ? read : both,
                    0x86 or 0x87 or 0xc0 or 0xc1 or (>= 0xd0 and <= 0xd3) => both,
                    0x88 or 0x89 or 0x8c or 0x8f or 0xc6 or 0xc7 => written,
                    0x8d => none,
                    0xf6 or 0xf7 => Group is 2 or 3 ? both : read,
                    0xfe or 0xff => Group < 2 ? both : read,
                    0xd9 => Group is 2 or 3 or 6 or 7 ? written : read,
                    0xdb => Group is 1 or 2 or 3 or 7 ? written : read,
                    0xdd => Group is 1 or 2 or 3 or 6 or 7 ? written : read,
                    0xdf => Group is 1 or 2 or 3 or 6 or 7 ? written : read,
                    _ => read,
                };
            case 1:
                return Opcode switch
                {
                    0x00 => Group < 2 ? written : read,
                    0x01 => Group is 0 or 1 or 4 ? written : Group == 7 ? none : read,
                    0x0d or (>= 0x18 and <= 0x1f) => none,
                    0x11 or 0x13 or 0x17 or 0x29 or 0x2b or 0x7f or 0xd6 or 0xe7 or 0xc3 => written,
                    0x78 when !IsVex => written,
                    0x7e => Prefix == 2 ? read : written,
                    0x91 when IsVex => written,
                    >= 0x90 and <= 0x9f => IsVex ? read : written,
                    0xa4 or 0xa5 or 0xab or 0xac or 0xad or 0xb0 or 0xb1 or 0xb3 or 0xbb or 0xc0 or 0xc1 => both,
                    0xae => Group == 7 || (Prefix == 1 && Group == 6) ? none : Group is 0 or 3 or 4 or 6 ? written : read,
                    0xba => Group == 4 ? read : both,
                    0xc7 => Group == 1 ? both : Group is 3 or 6 ? read : written,
                    _ => read,
                };
            case 2:
                return Opcode switch
                {
                    0xf1 when !IsVex && Prefix != 3 => written,
                    0xf5 or 0xf6 when !IsVex && Prefix < 2 => written,
                    0x2e or 0x2f or 0x8e or (>= 0xa0 and <= 0xa3) when IsVex => written,
                    0x63 or 0x8a or 0x8b when IsEvex => written,
                    (>= 0x10 and <= 0x15) or (>= 0x20 and <= 0x25) or (>= 0x30 and <= 0x35) when IsEvex && Prefix == 2 => written,
                    _ => read,
                };
            default:
                return Opcode is (>= 0x14 and <= 0x17) or 0x19 or 0x1b or 0x1d or 0x39 or 0x3b ? written : read;
        }
    }

    /// <summary>Whether the register of ModRM's reg field, and that of its rm field, may be written.</summary>
    public (bool Reg, bool Rm) RegistersWritten() => Map switch
    {
        0 => Opcode switch
        {
            < 0x38 => (Opcode & 2) != 0 ? (true, false) : (false, true),
            0x38 or 0x39 or 0x3a or 0x3b or 0x84 or 0x85 => (false, false),
            0x63 or 0x69 or 0x6b or 0x8a or 0x8b or 0x8d => (true, false),
            0x80 or 0x81 or 0x83 => (false, Group != 7),
            0x86 or 0x87 => (true, true),
            0x8e or (>= 0xd8 and <= 0xdf) => (false, false),
            0xf6 or 0xf7 => (false, Group is 2 or 3),
            0xfe or 0xff => (false, Group < 2),
            _ => (false, true),
        },
        1 => Opcode switch
        {
            (>= 0x40 and <= 0x4f) or 0x02 or 0x03 or 0xaf or (>= 0xb6 and <= 0xb8) or (>= 0xbc and <= 0xbf) => (true, false),
            >= 0x90 and <= 0x9f => (false, true),
            0xa3 or 0x0d or (>= 0x18 and <= 0x1d) or 0x1f => (false, false),
            0xa4 or 0xa5 or 0xab or 0xac or 0xad or 0xb3 or 0xbb or 0xba => (false, true),
            _ => (true, true),
        },
        _ => (true, true),
    };

    /// <summary>The general registers that the opcode itself writes, whatever its operands are.</summary>
    public uint Implied()
    {
        if (IsVex || Map > 1)
        {
            return Map == 3 ? Rcx : 0;
        }

        return Map == 0 ? ImpliedByOneByte() : Opcode switch
        {
            0x05 => Rax | Rcx | R11,
            0x01 => Rax | Rcx | Rdx | Rbx,
            0x31 or 0x32 or 0x33 => Rax | Rdx,
            0x37 => Rax | Rbx | Rcx,
            0xa2 => Rax | Rbx | Rcx | Rdx,
            0xa6 or 0xa7 => Rax | Rcx | Rsi | Rdi,
            0xb0 or 0xb1 => Rax,
            0xc7 => Rax | Rdx,
            0xff => 0,
            _ => 0,
        };
    }

    private uint ImpliedByOneByte() => Opcode switch
    {
        < 0x40 when (Opcode & 7) is 4 or 5 && Opcode is not (0x3c or 0x3d) => Rax,
        >= 0x50 and <= 0x5f => Rsp,
        0x68 or 0x6a or 0x8f or 0x9c or 0x9d => Rsp,
        0x6c or 0x6d => Rdi | Rcx,
        0x6e or 0x6f => Rsi | Rcx,
        >= 0x90 and <= 0x98 => Rax,
        0x99 => Rdx,
        0x9f or (>= 0xa0 and <= 0xa1) => Rax,
        >= 0xa4 and <= 0xa7 => Rsi | Rdi | Rcx,
        0xaa or 0xab or 0xae or 0xaf => Rdi | Rcx,
        0xac or 0xad => Rsi | Rax | Rcx,
        0xc8 or 0xc9 => Rsp | Rbp,
        0xd7 => Rax,
        0xe0 or 0xe1 or 0xe2 => Rcx,
        0xe4 or 0xe5 or 0xec or 0xed => Rax,
        0xf6 or 0xf7 when Group >= 4 => Rax | Rdx,
        0xdf => Rax,
        0xff when Group == 6 => Rsp,
        _ => 0,
    };
}
