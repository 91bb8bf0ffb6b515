namespace LayoutCheck.Bpf;

/// <summary>Arithmetic and comparisons of BPF on numbers that may not be known; null is such a one.</summary>
internal static class BpfArithmetic
{
    private const int Move = 0xb0;
    private const int ExclusiveOr = 0xa0;

    /// <summary>The result of an instruction of class ALU or ALU64; null where it is not known.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="left">The destination before.</param>
    /// <param name="right">The second operand.</param>
    public static long? Evaluate(BpfInstruction instruction, long? left, long? right)
    {
        bool isWide = instruction.Class == BpfInstruction.ALU64;
        if (instruction.Operation == Move)
        {
            // With an offset, it widens a narrower number by its sign.
            return instruction.Offset != 0 || right is not { } moved ? null : isWide ? moved : (uint)moved;
        }

        if (instruction is { Operation: ExclusiveOr, IsOfRegister: true } && instruction.Source == instruction.Destination)
        {
            return 0;
        }

        if (left is not { } a || right is not { } b || instruction.Offset != 0)
        {
            return null;
        }

        int shift = (int)(b & (isWide ? 63 : 31));
        long? result = instruction.Operation switch
        {
            0x00 => unchecked(a + b),
            0x10 => unchecked(a - b),
            0x20 => unchecked(a * b),
            0x40 => a | b,
            0x50 => a & b,
            0x60 => a << shift,
            0x70 => isWide ? (long)((ulong)a >> shift) : (uint)a >> shift,
            0x80 => unchecked(-a),
            ExclusiveOr => a ^ b,
            0xc0 => isWide ? a >> shift : (int)a >> shift,
            _ => null,
        };
        return isWide ? result : (uint?)(ulong?)result;
    }

    /// <summary>Whether a conditional jump is taken; null where that is not known.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="left">The destination.</param>
    /// <param name="right">The second operand.</param>
    public static bool? Compare(BpfInstruction instruction, long? left, long? right)
    {
        if (left is not { } a || right is not { } b)
        {
            return null;
        }

        if (instruction.Class == BpfInstruction.JMP32)
        {
            (a, b) = ((int)a, (int)b);
        }

        (ulong ua, ulong ub) = instruction.Class == BpfInstruction.JMP32 ? ((uint)a, (uint)b) : ((ulong)a, (ulong)b);
        return instruction.Operation switch
        {
            0x10 => a == b,
            0x20 => ua > ub,
            0x30 => ua >= ub,
            0x40 => (ua & ub) != 0,
            0x50 => a != b,
            0x60 => a > b,
            0x70 => a >= b,
            0xa0 => ua < ub,
            0xb0 => ua <= ub,
            0xc0 => a < b,
            0xd0 => a <= b,
            _ => null,
        };
    }
}
