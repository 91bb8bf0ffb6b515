using System.Buffers.Binary;
using System.Numerics;

namespace LayoutCheck.Machine;

/// <summary>
/// AArch64 (Arm ARM, C4.1 "A64 instruction set encoding"). Every word is an instruction of four bytes; those without a case here are
/// <see cref="InstructionKind.Other"/>. Their bits 0 to 4 count as written, the place of Rd in all encodings that have one.
/// </summary>
internal static class Arm64Decoder
{
    private const int StackPointer = 31;

    public static bool TryDecode(ReadOnlySpan<byte> code, ulong address, out Instruction instruction)
    {
        instruction = default;
        if (code.Length < 4)
        {
            return false;
        }

        uint word = BinaryPrimitives.ReadUInt32LittleEndian(code);
        instruction = (word >> 25 & 0xf) switch
        {
            8 or 9 => Immediate(word, address),
            10 or 11 => Branch(word, address),
            4 or 6 or 12 or 14 => LoadOrStore(word, address),
            5 or 13 => RegisterOperation(word),
            0 => new Instruction { Length = 4, Kind = word >> 16 == 0 ? InstructionKind.Trap : InstructionKind.Other, Writes = Bit(word & 31) },
            _ => Other(word),
        };
        return true;
    }

    private static Instruction Other(uint word) => new() { Length = 4, Writes = Bit(word & 31) };

    // The zero register is no register.
    private static uint Bit(uint register) => register == 31 ? 0 : 1u << (int)register;

    private static int Register(uint register) => register == 31 ? Instruction.None : (int)register;

    private static long Signed(uint value, int bits) => (long)((ulong)value << (64 - bits)) >> (64 - bits);

    private static Instruction Immediate(uint word, ulong address)
    {
        uint destination = word & 31;
        int width = word >> 31 != 0 ? 8 : 4;
        switch (word >> 23 & 7)
        {
            case 0 or 1:
                long pages = Signed((word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3), 21);
                ulong target = word >> 31 != 0 ? (address & ~0xffful) + (ulong)(pages << 12) : address + (ulong)pages;
                return new Instruction { Length = 4, Kind = InstructionKind.AddressOf, Destination = Register(destination), Target = target, Writes = Bit(destination), Width = 8 };
            case 2:
                return AddOrSubtract(word, destination, width);
            case 4 when (word >> 29 & 3) == 1 && (word >> 5 & 31) == 31 && Bitmask(word, width) is { } mask:
                // orr of the zero register: the destination may be sp.
                return Constant(InstructionKind.MoveImmediate, (int)destination, mask, width, 0);
            case 5:
                int shift = (int)(word >> 21 & 3) * 16;
                long value = (long)((ulong)(word >> 5 & 0xffff) << shift);
                return (word >> 29 & 3) switch
                {
                    0 => Constant(InstructionKind.MoveImmediate, Register(destination), width == 8 ? ~value : (uint)~value, width, 0),
                    2 => Constant(InstructionKind.MoveImmediate, Register(destination), value, width, 0),
                    3 => Constant(InstructionKind.InsertImmediate, Register(destination), (long)(word >> 5 & 0xffff), width, shift),
                    _ => Other(word),
                };
            default:
                return Other(word);
        }
    }

    private static Instruction Constant(InstructionKind kind, int destination, long value, int width, int shift)
        => new()
        {
            Length = 4,
            Kind = kind,
            Destination = destination,
            Immediate = value,
            Width = width,
            Shift = shift,
            Writes = destination < 0 ? 0 : 1u << destination,
        };

    private static Instruction AddOrSubtract(uint word, uint destination, int width)
    {
        long value = (long)(word >> 10 & 0xfff) << ((word >> 22 & 1) != 0 ? 12 : 0);
        bool setsFlags = (word >> 29 & 1) != 0;
        int register = setsFlags ? Register(destination) : (int)destination;
        if (register == Instruction.None)
        {
            return new Instruction { Length = 4 };
        }

        int source = (int)(word >> 5 & 31);
        return new Instruction
        {
            Length = 4,
            Kind = value == 0 ? InstructionKind.Move : InstructionKind.AddImmediate,
            Destination = register,
            Source = source,
            Immediate = (word >> 30 & 1) != 0 ? -value : value,
            Width = width,
            Writes = 1u << register,
        };
    }

    // DecodeBitMasks of the Arm ARM: a run of ones, rotated, in elements of 2 to 64 bits. Null where it is not allocated.
    private static long? Bitmask(uint word, int width)
    {
        int n = (int)(word >> 22 & 1);
        int rotation = (int)(word >> 16 & 63);
        int ones = (int)(word >> 10 & 63);
        int length = 31 - BitOperations.LeadingZeroCount((uint)(n << 6 | (~ones & 63)));
        int size = 1 << Math.Max(length, 0);
        if (length < 1 || (width == 4 && n == 1) || (ones & (size - 1)) == size - 1)
        {
            return null;
        }

        ones = (ones & (size - 1)) + 1;
        rotation &= size - 1;
        ulong all = size == 64 ? ulong.MaxValue : (1ul << size) - 1;
        ulong element = (1ul << ones) - 1;
        element = rotation == 0 ? element : (element >> rotation | element << (size - rotation)) & all;
        for (int filled = size; filled < 64; filled *= 2)
        {
            element |= element << filled;
        }

        return width == 8 ? (long)element : (uint)element;
    }

    private static Instruction RegisterOperation(uint word)
    {
        // mov: orr of the zero register and another one, not shifted.
        if ((word & 0x7fe0ffe0) == 0x2a0003e0)
        {
            int source = Register(word >> 16 & 31);
            int destination = Register(word & 31);
            int width = word >> 31 != 0 ? 8 : 4;
            return source == Instruction.None
                ? Constant(InstructionKind.MoveImmediate, destination, 0, width, 0)
                : new Instruction { Length = 4, Kind = InstructionKind.Move, Destination = destination, Source = source, Width = width, Writes = Bit(word & 31) };
        }

        return Other(word);
    }

    private static Instruction Branch(uint word, ulong address)
    {
        Instruction To(InstructionKind kind, uint field, int bits)
            => new() { Length = 4, Kind = kind, Target = address + (ulong)(Signed(field, bits) << 2) };
        switch (word >> 29)
        {
            case 0 or 4:
                return To(word >> 31 != 0 ? InstructionKind.Call : InstructionKind.Jump, word & 0x3ffffff, 26);
            case 1 or 5:
                return (word >> 25 & 1) == 0
                    ? To(InstructionKind.ConditionalJump, word >> 5 & 0x7ffff, 19)
                    : To(InstructionKind.ConditionalJump, word >> 5 & 0x3fff, 14);
            case 2 when (word >> 25 & 1) == 0:
                return To(InstructionKind.ConditionalJump, word >> 5 & 0x7ffff, 19);
            case 6 when word >> 25 == 0x6b:
                return (word >> 21 & 15) switch
                {
                    0 or 8 => new Instruction { Length = 4, Kind = InstructionKind.Jump },
                    1 or 9 => new Instruction { Length = 4, Kind = InstructionKind.Call },
                    2 or 4 => new Instruction { Length = 4, Kind = InstructionKind.Return },
                    _ => Other(word),
                };
            case 6 when (word & 0xffe0001f) == 0xd4200000:
                return new Instruction { Length = 4, Kind = InstructionKind.Trap };
            default:
                return Other(word);
        }
    }

    private static Instruction LoadOrStore(uint word, ulong address)
        => (word >> 27 & 7, word >> 24 & 3) switch
        {
            (5, _) => Pair(word),
            (3, 0) => Literal(word, address),
            (3, 1) when (word & 0x04200c00) == 0 => Single(word, Signed(word >> 12 & 0x1ff, 9), Instruction.None, false),
            (7, 1) => Single(word, (long)(word >> 10 & 0xfff) << Scale(word), Instruction.None, false),
            (7, 0) => (word >> 21 & 1, word >> 10 & 3) switch
            {
                (0, 0 or 2) => Single(word, Signed(word >> 12 & 0x1ff, 9), Instruction.None, false),
                (0, 1) => Single(word, 0, Instruction.None, true),
                (0, 3) => Single(word, Signed(word >> 12 & 0x1ff, 9), Instruction.None, true),
                (1, 2) => Single(word, 0, Register(word >> 16 & 31), false),
                (1, 0) when (word >> 26 & 1) == 0 => Atomic(word),
                _ => Unnamed(word),
            },
            (1, 0) when (word >> 26 & 1) == 0 => Exclusive(word),
            _ => Unnamed(word),
        };

    // Structures of vectors, tags, authenticated loads: the base may be written back.
    private static Instruction Unnamed(uint word) => new() { Length = 4, Writes = Bit(word & 31) | Bit(word >> 5 & 31) };

    private static bool IsVector(uint word) => (word >> 26 & 1) != 0;

    // Binary logarithm of the bytes that a single load or store accesses.
    private static int Scale(uint word) => (int)(word >> 30 | (IsVector(word) ? word >> 21 & 4 : 0));

    private static MemoryOperand Operand(uint word, long displacement, int width, int index = Instruction.None)
        => new((int)(word >> 5 & 31), index, displacement, width);

    private static Instruction Single(uint word, long displacement, int index, bool writesBase)
    {
        int operation = (int)(word >> 22 & 3);
        bool isLoad = IsVector(word) ? (operation & 1) != 0 : operation != 0;
        bool isPrefetch = !IsVector(word) && operation == 2 && word >> 30 == 3;
        bool isGeneral = isLoad && !IsVector(word) && !isPrefetch;
        return new Instruction
        {
            Length = 4,
            Kind = isGeneral ? InstructionKind.Load : isLoad ? InstructionKind.Other : InstructionKind.Store,
            MemoryCount = 1,
            Memory = Operand(word, displacement, isPrefetch ? 0 : 1 << Scale(word), index),
            ReadsMemory = isLoad && !isPrefetch,
            WritesMemory = !isLoad,
            Destination = isGeneral ? Register(word & 31) : Instruction.None,
            Source = isLoad || IsVector(word) ? Instruction.None : Register(word & 31),
            Writes = (isGeneral ? Bit(word & 31) : 0) | (writesBase ? 1u << (int)(word >> 5 & StackPointer) : 0),
        };
    }

    private static Instruction Pair(uint word)
    {
        uint form = word >> 30;
        bool isLoad = (word >> 22 & 1) != 0;
        bool isTagged = !IsVector(word) && form == 1 && !isLoad;
        int scale = IsVector(word) ? 2 + (int)form : form == 2 ? 3 : 2;
        if (form == 3 || isTagged)
        {
            return Unnamed(word) with { Writes = Bit(word & 31) | Bit(word >> 5 & 31) | Bit(word >> 10 & 31) };
        }

        uint mode = word >> 23 & 3;
        long displacement = mode == 1 ? 0 : Signed(word >> 15 & 0x7f, 7) << scale;
        bool isGeneral = isLoad && !IsVector(word);
        return new Instruction
        {
            Length = 4,
            Kind = isGeneral ? InstructionKind.Load : isLoad ? InstructionKind.Other : InstructionKind.Store,
            MemoryCount = 2,
            Memory = Operand(word, displacement, 1 << scale),
            SecondMemory = Operand(word, displacement + (1 << scale), 1 << scale),
            ReadsMemory = isLoad,
            WritesMemory = !isLoad,
            Destination = isGeneral ? Register(word & 31) : Instruction.None,
            Writes = (isGeneral ? Bit(word & 31) | Bit(word >> 10 & 31) : 0) | ((mode & 1) != 0 ? 1u << (int)(word >> 5 & StackPointer) : 0),
        };
    }

    private static Instruction Literal(uint word, ulong address)
    {
        uint form = word >> 30;
        bool isPrefetch = !IsVector(word) && form == 3;
        bool isGeneral = !IsVector(word) && !isPrefetch;
        int width = isPrefetch ? 0 : IsVector(word) ? 4 << (int)form : form == 1 ? 8 : 4;
        return new Instruction
        {
            Length = 4,
            Kind = isGeneral ? InstructionKind.Load : InstructionKind.Other,
            MemoryCount = 1,
            Memory = new MemoryOperand(Instruction.RipRelative, Instruction.None, (long)address + (Signed(word >> 5 & 0x7ffff, 19) << 2), width),
            ReadsMemory = !isPrefetch,
            Destination = isGeneral ? Register(word & 31) : Instruction.None,
            Writes = isGeneral ? Bit(word & 31) : 0,
        };
    }

    // ldadd, ldclr, ldeor, ldset, ldsmax ..., swp, and ldapr, which only loads: at the base itself.
    private static Instruction Atomic(uint word)
    {
        bool isLoad = (word & 0x0000f000) == 0x0000c000;
        return new Instruction
        {
            Length = 4,
            Kind = isLoad ? InstructionKind.Load : InstructionKind.Other,
            MemoryCount = 1,
            Memory = Operand(word, 0, 1 << Scale(word)),
            ReadsMemory = true,
            WritesMemory = !isLoad,
            Destination = Register(word & 31),
            Writes = Bit(word & 31),
        };
    }

    // ldxr, stxr, ldxp, stxp, ldar, stlr, cas, casp.
    private static Instruction Exclusive(uint word)
    {
        bool isOrdered = (word >> 23 & 1) != 0;
        bool isLoad = (word >> 22 & 1) != 0;
        bool isSpecial = (word >> 21 & 1) != 0;
        bool isCompare = isSpecial && (isOrdered || word >> 31 == 0);
        bool isPair = isSpecial && !isOrdered;
        int width = isPair ? 4 << (int)(word >> 30 & 1) : 1 << (int)(word >> 30);
        uint written = isCompare ? Bit(word >> 16 & 31) : isLoad ? Bit(word & 31) : isOrdered ? 0 : Bit(word >> 16 & 31);
        return new Instruction
        {
            Length = 4,
            Kind = isCompare ? InstructionKind.Other : isLoad ? InstructionKind.Load : InstructionKind.Store,
            MemoryCount = isPair ? 2 : 1,
            Memory = Operand(word, 0, width),
            SecondMemory = isPair ? Operand(word, width, width) : default,
            ReadsMemory = isLoad || isCompare,
            WritesMemory = !isLoad || isCompare,
            Destination = isLoad && !isCompare ? Register(word & 31) : Instruction.None,
            Writes = written | (isPair && isLoad ? Bit(word >> 10 & 31) : 0) | (isPair && isCompare ? Bit((word >> 16 & 31) + 1 & 31) : 0),
        };
    }
}
