using System.Buffers.Binary;

namespace LayoutCheck.Machine;

/// <summary>
/// x86-64 (Intel SDM volume 2, chapter 2): prefixes, REX, VEX and EVEX, the maps of one, two and three bytes. An instruction with more than 15 bytes is none. XOP,
/// REX2 and the maps 4 to 7 of EVEX are not known: no kernel has them.
/// </summary>
internal ref struct X64Decoder
{
    private const int LongestInstruction = 15;

    private readonly ReadOnlySpan<byte> code;
    private readonly ulong address;
    private int at;
    private bool isCut;

    // The prefixes: 0, or the last of F2 and F3; the 66; REX, or the same bits of VEX and EVEX.
    private byte repeat;
    private bool hasOperandSize;
    private bool isSegmented;
    private int rex;
    private bool isVex;
    private bool isEvex;
    private bool isBroadcast;
    private int vectorBytes = 16;
    private int thirdRegister = Instruction.None;
    private int map;
    private int opcode;

    private bool hasModRm;
    private int mode;
    private int reg;
    private int rm;
    private bool hasMemory;
    private MemoryOperand memory;
    private bool isRipRelative;
    private long immediate;

    private X64Decoder(ReadOnlySpan<byte> code, ulong address)
    {
        this.code = code.Length > LongestInstruction ? code[..LongestInstruction] : code;
        this.address = address;
    }

    // 0 none, 1 for 66, 2 for F3, 3 for F2: as VEX numbers them.
    private readonly int Prefix => repeat == 0xf3 ? 2 : repeat == 0xf2 ? 3 : hasOperandSize ? 1 : 0;

    private readonly bool IsWide => (rex & 8) != 0;

    // Bytes of a general register that an instruction with an operand size works on.
    private readonly int OperandBytes => IsWide ? 8 : hasOperandSize ? 2 : 4;

    public static bool TryDecode(ReadOnlySpan<byte> code, ulong address, out Instruction instruction)
    {
        X64Decoder decoder = new(code, address);
        bool isKnown = decoder.ReadPrefixes() && decoder.ReadOperands() && !decoder.isCut;
        instruction = isKnown ? decoder.Describe() : default;
        return isKnown;
    }

    private byte Next()
    {
        if (at < code.Length)
        {
            return code[at++];
        }

        isCut = true;
        return 0;
    }

    private bool ReadPrefixes()
    {
        while (true)
        {
            byte value = Next();
            switch (value)
            {
                case 0x66:
                    hasOperandSize = true;
                    break;
                case 0xf2 or 0xf3:
                    repeat = value;
                    break;
                case 0x64 or 0x65:
                    isSegmented = true;
                    break;
                case 0x26 or 0x2e or 0x36 or 0x3e or 0x67 or 0xf0:
                    break;
                case >= 0x40 and <= 0x4f:
                    rex = value & 15;
                    continue;
                case 0x62:
                    return ReadEvex();
                case 0xc4 or 0xc5:
                    return ReadVex(value == 0xc4);
                default:
                    return ReadOpcode(value);
            }

            // REX counts only if the opcode follows it.
            rex = 0;
            if (isCut)
            {
                return false;
            }
        }
    }

    private bool ReadOpcode(byte first)
    {
        opcode = first;
        if (first == 0x0f)
        {
            opcode = Next();
            map = 1;
            if (opcode is 0x38 or 0x3a)
            {
                map = opcode == 0x38 ? 2 : 3;
                opcode = Next();
            }
        }

        return !isCut;
    }

    private bool ReadVex(bool isLong)
    {
        isVex = true;
        byte first = Next();
        rex = ~first >> 5 & 4;
        map = 1;
        if (isLong)
        {
            rex = ~first >> 5 & 7;
            map = first & 31;
            first = Next();
            rex |= first >> 4 & 8;
        }

        vectorBytes = (first & 4) != 0 ? 32 : 16;
        ReadVexBits(first);
        opcode = Next();
        return map is >= 1 and <= 3 && !isCut;
    }

    private bool ReadEvex()
    {
        isVex = isEvex = true;
        byte first = Next();
        byte second = Next();
        byte third = Next();
        rex = (~first >> 5 & 7) | (second >> 4 & 8);
        map = first & 7;
        vectorBytes = (third >> 5 & 3) switch { 0 => 16, 1 => 32, _ => 64 };
        isBroadcast = (third & 16) != 0;
        ReadVexBits(second);
        opcode = Next();
        return map is >= 1 and <= 3 && (first & 8) == 0 && (second & 4) != 0 && !isCut;
    }

    // vvvv and pp, which stand in the same places of both.
    private void ReadVexBits(byte bits)
    {
        thirdRegister = X64Tables.DwarfNumber[~bits >> 3 & 15];
        hasOperandSize = (bits & 3) == 1;
        repeat = (bits & 3) switch { 2 => 0xf3, 3 => 0xf2, _ => 0 };
    }

    private bool ReadOperands()
    {
        char form = map switch
        {
            0 => (char)X64Tables.OneByte[opcode],
            1 => (char)X64Tables.TwoByte[opcode],
            2 => 'm',
            _ => 'b',
        };
        if (isVex && map == 1 && form is not ('m' or 'b') && opcode != 0x77)
        {
            return false;
        }

        if (form is 'm' or 'b' or 'z' or 'g' or 'c' && !ReadModRm(form == 'c'))
        {
            return false;
        }

        ReadImmediate(form);
        if (isRipRelative)
        {
            memory = memory with { Displacement = memory.Displacement + (long)address + at };
        }

        // XOP hides in pop; pop itself has no other form. jmpe is not an instruction of x86-64: only popcnt is.
        return form != 'x' && !(map == 0 && opcode == 0x8f && reg != 0) && !(map == 1 && opcode == 0xb8 && Prefix != 2);
    }

    private bool ReadModRm(bool isRegistersOnly)
    {
        hasModRm = true;
        byte bits = Next();
        mode = isRegistersOnly ? 3 : bits >> 6;
        reg = (bits >> 3 & 7) | (rex & 4) << 1;
        rm = (bits & 7) | (rex & 1) << 3;
        if (mode == 3)
        {
            return !isCut;
        }

        int root = rm;
        int index = Instruction.None;
        if ((rm & 7) == 4)
        {
            byte sib = Next();
            root = (sib & 7) | (rex & 1) << 3;
            int number = (sib >> 3 & 7) | (rex & 2) << 2;
            index = IsGather ? Instruction.VectorIndex : number == 4 ? Instruction.None : X64Tables.DwarfNumber[number];
        }

        bool isBare = mode == 0 && (root & 7) == 5;
        isRipRelative = isBare && (rm & 7) == 5;
        long displacement = mode == 1 ? ReadSigned(1) * DisplacementScale : mode == 2 || isBare ? ReadSigned(4) : 0;
        int start = isRipRelative ? Instruction.RipRelative : isBare ? Instruction.None : X64Tables.DwarfNumber[root];
        memory = new MemoryOperand(start, index, displacement, 0);
        hasMemory = true;
        return !isCut;
    }

    private readonly bool IsGather => isVex && map == 2 && opcode is (>= 0x90 and <= 0x93) or (>= 0xa0 and <= 0xa3) or 0xc6 or 0xc7;

    private readonly int DisplacementScale => isEvex ? X64Tables.EvexScale(map, opcode, Prefix, IsWide, vectorBytes, isBroadcast) : 1;

    private void ReadImmediate(char form)
    {
        int words = IsWide || !hasOperandSize ? 4 : 2;
        immediate = form switch
        {
            'b' or '1' or 'r' => ReadSigned(1),
            'z' or '4' => ReadSigned(words),
            'R' => ReadSigned(4),
            '2' => ReadSigned(2),
            '3' => ReadSigned(2) | ReadSigned(1),
            'v' => ReadSigned(IsWide ? 8 : words),
            'o' => ReadSigned(8),
            'g' when (reg & 7) < 2 => ReadSigned(opcode == 0xf6 ? 1 : words),
            _ => 0,
        };

        // extrq and insertq of SSE4a: two immediates of 8 bits.
        if (map == 1 && opcode == 0x78 && !isVex && (Prefix == 1 || Prefix == 3))
        {
            immediate = ReadSigned(2);
        }
    }

    private long ReadSigned(int bytes)
    {
        if (code.Length - at < bytes)
        {
            isCut = true;
            return 0;
        }

        ReadOnlySpan<byte> span = code.Slice(at, bytes);
        at += bytes;
        return bytes switch
        {
            1 => (sbyte)span[0],
            2 => BinaryPrimitives.ReadInt16LittleEndian(span),
            4 => BinaryPrimitives.ReadInt32LittleEndian(span),
            _ => BinaryPrimitives.ReadInt64LittleEndian(span),
        };
    }

    private readonly Instruction Describe()
    {
        X64Effects effects = new()
        {
            Map = map,
            Opcode = opcode,
            Reg = reg,
            IsRegister = mode == 3,
            Prefix = Prefix,
            IsVex = isVex,
            IsWide = IsWide,
            OperandBytes = OperandBytes,
            VectorBytes = isEvex ? X64Tables.EvexScale(map, opcode, Prefix, IsWide, vectorBytes, isBroadcast) : vectorBytes,
            IsEvex = isEvex,
        };
        int destination = Instruction.None;
        int source = Instruction.None;
        long value = immediate;
        InstructionKind kind = Kind(effects, ref destination, ref source, ref value);
        (bool reads, bool writes) = hasMemory ? effects.Access() : (false, false);
        return new Instruction
        {
            Length = at,
            Kind = kind,
            MemoryCount = hasMemory ? 1 : 0,
            Memory = hasMemory ? memory with { Width = effects.MemoryBytes() } : default,
            IsSegmented = isSegmented,
            ReadsMemory = reads,
            WritesMemory = writes,
            Destination = destination,
            Source = source,
            Width = kind is InstructionKind.Load ? OperandBytes : effects.RegisterBytes(),
            Immediate = value,
            Target = kind switch
            {
                InstructionKind.Call or InstructionKind.Jump or InstructionKind.ConditionalJump when !hasModRm => address + (ulong)(at + immediate),
                InstructionKind.AddressOf when isRipRelative => (ulong)memory.Displacement,
                _ => 0,
            },
            Writes = Written(effects),
        };
    }

    private readonly int RegDwarf => X64Tables.DwarfNumber[reg];

    private readonly int RmDwarf => X64Tables.DwarfNumber[rm];

    private readonly InstructionKind Kind(in X64Effects effects, ref int destination, ref int source, ref long value)
    {
        if (isVex)
        {
            return InstructionKind.Other;
        }

        if (effects.Branch() is not InstructionKind.Other and { } branch)
        {
            return branch;
        }

        bool isRegister = hasModRm && mode == 3;
        int bytes = OperandBytes;
        switch (map << 8 | opcode)
        {
            case 0x8d when !isRegister:
                destination = RegDwarf;
                return InstructionKind.AddressOf;
            case 0x8b when !isRegister:
            case 0x63 when !isRegister:
            case 0x1b6 or 0x1b7 or 0x1be or 0x1bf when !isRegister:
                destination = RegDwarf;
                return InstructionKind.Load;
            case 0x89 or 0x88 or 0xc6 or 0xc7 when !isRegister:
                source = opcode is 0x88 or 0x89 ? RegDwarf : Instruction.None;
                return InstructionKind.Store;
            case 0x89 or 0x8b when bytes >= 4:
                destination = opcode == 0x89 ? RmDwarf : RegDwarf;
                source = opcode == 0x89 ? RegDwarf : RmDwarf;
                return InstructionKind.Move;
            case >= 0xb8 and <= 0xbf when bytes >= 4:
                destination = X64Tables.DwarfNumber[(opcode & 7) | (rex & 1) << 3];
                value = bytes == 8 ? value : (uint)value;
                return InstructionKind.MoveImmediate;
            case 0xc7 when bytes >= 4 && (reg & 7) == 0:
                destination = RmDwarf;
                value = bytes == 8 ? value : (uint)value;
                return InstructionKind.MoveImmediate;
            case 0x31 or 0x33 or 0x29 or 0x2b when isRegister && reg == rm && bytes >= 4:
                destination = RmDwarf;
                value = 0;
                return InstructionKind.MoveImmediate;
            case 0x83 or 0x81 when isRegister && bytes >= 4:
                return ImmediateArithmetic(bytes, ref destination, ref source, ref value);
            default:
                return InstructionKind.Other;
        }
    }

    // add and sub; or with all ones, and with nothing, are constants.
    private readonly InstructionKind ImmediateArithmetic(int bytes, ref int destination, ref int source, ref long value)
    {
        switch (reg & 7)
        {
            case 0 or 5:
                destination = source = RmDwarf;
                value = (reg & 7) == 5 ? -value : value;
                return InstructionKind.AddImmediate;
            case 1 when value == -1:
                destination = RmDwarf;
                value = bytes == 8 ? -1 : uint.MaxValue;
                return InstructionKind.MoveImmediate;
            case 4 when value == 0:
                destination = RmDwarf;
                return InstructionKind.MoveImmediate;
            default:
                return InstructionKind.Other;
        }
    }

    // The registers that ModRM names, unless it is known that one is only read; and those that an opcode implies.
    private readonly uint Written(in X64Effects effects)
    {
        uint written = effects.Implied();
        if (map == 0 && opcode is (>= 0xb0 and <= 0xbf) or (>= 0x58 and <= 0x5f) or (>= 0x90 and <= 0x97) || (map == 1 && opcode is >= 0xc8 and <= 0xcf))
        {
            written |= 1u << X64Tables.DwarfNumber[(opcode & 7) | (rex & 1) << 3];
        }

        if (hasModRm)
        {
            (bool regIsWritten, bool rmIsWritten) = effects.RegistersWritten();
            written |= regIsWritten ? PossibleBytes(reg, effects) : 0;
            written |= rmIsWritten && mode == 3 ? PossibleBytes(rm, effects) : 0;
        }

        return isVex ? written | (1u << thirdRegister) : written;
    }

    // Without REX the byte registers 4 to 7 are ah, ch, dh and bh.
    private readonly uint PossibleBytes(int register, in X64Effects effects)
        => 1u << X64Tables.DwarfNumber[register]
            | (rex == 0 && effects.IsByteOperation() && register is >= 4 and <= 7 ? 1u << X64Tables.DwarfNumber[register - 4] : 0);
}
