namespace LayoutCheck.Bpf;

/// <summary>An instruction of BPF (Documentation/bpf/standardization/instruction-set.rst).</summary>
/// <param name="Code">The opcode.</param>
/// <param name="Destination">The register that is written, 0 to 15.</param>
/// <param name="Source">The register that is read.</param>
/// <param name="Offset">Of a jump in instructions, of memory in bytes.</param>
/// <param name="Immediate">The constant.</param>
internal readonly record struct BpfInstruction(byte Code, byte Destination, byte Source, short Offset, int Immediate)
{
    /// <summary>Bytes of an instruction.</summary>
    public const int ByteSize = 8;

    /// <summary>The opcode that loads a constant of 64 bits; its upper half is in the next instruction.</summary>
    public const byte LoadConstant = 0x18;

    /// <summary>The opcode of a call.</summary>
    public const byte CallCode = 0x85;

    /// <summary>The source of a call of a function of the object (BPF_PSEUDO_CALL).</summary>
    public const byte CallOfFunction = 1;

    // The classes.
    public const int LD = 0;
    public const int LDX = 1;
    public const int ST = 2;
    public const int STX = 3;
    public const int ALU = 4;
    public const int JMP = 5;
    public const int JMP32 = 6;
    public const int ALU64 = 7;

    /// <summary>The class.</summary>
    public int Class => Code & 7;

    /// <summary>The operation of arithmetic and jumps.</summary>
    public int Operation => Code & 0xf0;

    /// <summary>Whether the second operand is a register; else the constant.</summary>
    public bool IsOfRegister => (Code & 8) != 0;

    /// <summary>The bytes that a load or store takes.</summary>
    public uint AccessSize => (Code & 0x18) switch
    {
        0x00 => 4,
        0x08 => 2,
        0x10 => 1,
        _ => 8,
    };

    /// <summary>Reads eight bytes: the registers are in one byte, the destination in the lower half on little-endian machines.</summary>
    public static BpfInstruction Read(ref IO.SectionReader reader, bool isBigEndian)
    {
        byte code = reader.ReadU8();
        byte registers = reader.ReadU8();
        (byte low, byte high) = ((byte)(registers & 0xf), (byte)(registers >> 4));
        short offset = (short)reader.ReadU16();
        return new BpfInstruction(code, isBigEndian ? high : low, isBigEndian ? low : high, offset, (int)reader.ReadU32());
    }
}
