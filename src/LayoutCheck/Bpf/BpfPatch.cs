namespace LayoutCheck.Bpf;

/// <summary>Whether the value of a relocation fits its instruction (bpf_core_patch_insn).</summary>
internal static class BpfPatch
{
    /// <summary>The answer once the instruction is looked at: one that cannot take the value does not resolve, or the object is refused.</summary>
    /// <param name="answer">The answer by the types.</param>
    /// <param name="instruction">The instruction.</param>
    /// <param name="next">The one behind it, which has the other half of a constant of 64 bits; null at the end.</param>
    public static BpfAnswer Apply(BpfAnswer answer, BpfInstruction instruction, BpfInstruction? next)
    {
        if (answer is not { Outcome: BpfOutcome.Resolved, LocalValue: { } local })
        {
            return answer;
        }

        switch (instruction.Class)
        {
            case BpfInstruction.ALU or BpfInstruction.ALU64:
                return instruction.IsOfRegister ? Refuse(answer, "its instruction has no constant")
                    : IsExpected(answer, local, (ulong)instruction.Immediate) ? answer : Refuse(answer, $"its instruction has {instruction.Immediate} in place of {local}");
            case BpfInstruction.LDX or BpfInstruction.ST or BpfInstruction.STX:
                return !IsExpected(answer, local, (ulong)instruction.Offset) ? Refuse(answer, $"its instruction has {instruction.Offset} in place of {local}")
                    : answer.KernelValue > (ulong)short.MaxValue ? Refuse(answer, $"{answer.KernelValue} does not fit the offset of its instruction")
                    : Resize(answer, instruction);
            case BpfInstruction.LD when instruction.Code == BpfInstruction.LoadConstant && instruction is { Source: 0, Offset: 0 } && next is { Code: 0, Destination: 0, Source: 0, Offset: 0 } upper:
                ulong constant = (uint)instruction.Immediate | ((ulong)(uint)upper.Immediate << 32);
                return IsExpected(answer, local, constant) ? answer : Refuse(answer, $"its instruction has {constant} in place of {local}");
            default:
                return Refuse(answer, $"its instruction (code 0x{instruction.Code:x2}) is none that can be relocated");
        }
    }

    private static BpfAnswer Resize(BpfAnswer answer, BpfInstruction instruction)
    {
        (uint mine, uint theirs) = answer.Sizes;
        return answer.CannotResize
                ? answer with { Outcome = BpfOutcome.Missing, KernelValue = null, Reason = $"it has {theirs} bytes in the kernel and {mine} in the object, and is not an unsigned number or a pointer in both" }
            : mine == theirs ? answer
            : instruction.AccessSize != mine ? Refuse(answer, $"its instruction takes {instruction.AccessSize} bytes of {mine}")
            : theirs is not (1 or 2 or 4 or 8) ? Refuse(answer, $"no instruction takes the {theirs} bytes that it has in the kernel")
            : answer;
    }

    private static bool IsExpected(BpfAnswer answer, ulong local, ulong actual) => !answer.IsValidated || local == actual;

    private static BpfAnswer Refuse(BpfAnswer answer, string reason) => answer with { Outcome = BpfOutcome.Refused, KernelValue = null, Reason = reason };
}
