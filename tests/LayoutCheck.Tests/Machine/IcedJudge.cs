using Iced.Intel;
using Instruction = LayoutCheck.Machine.Instruction;
using InstructionDecoder = LayoutCheck.Machine.InstructionDecoder;
using InstructionKind = LayoutCheck.Machine.InstructionKind;
using MachineKind = LayoutCheck.Machine.MachineKind;

namespace LayoutCheck.Tests.Machine;

/// <summary>What two decoders say of one instruction.</summary>
/// <param name="Text">The instruction, as Iced spells it.</param>
/// <param name="Length">Its bytes by Iced.</param>
/// <param name="OurLength">Its bytes by our decoder; null where that does not know it.</param>
internal sealed record Judgement(string Text, int Length, int? OurLength)
{
    /// <summary>How many operands it has in memory.</summary>
    public int OperandCount { get; init; }

    /// <summary>How these differ, or null.</summary>
    public string? Operand { get; init; }

    /// <summary>How a branch, an access or a changed register differs, or null.</summary>
    public string? Other { get; init; }
}

/// <summary>Compares the x86-64 decoder with Iced, an instruction at a time.</summary>
internal static class IcedJudge
{
    private const int LongestInstruction = 15;

    private static readonly Register[] s_general =
    [
        Register.RAX, Register.RDX, Register.RCX, Register.RBX, Register.RSI, Register.RDI, Register.RBP, Register.RSP,
        Register.R8, Register.R9, Register.R10, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15,
    ];

    /// <summary>
    /// Decodes the instruction that bytes begin with by both. Null where Iced says that they are none.
    /// </summary>
    public static Judgement? Judge(ReadOnlySpan<byte> code, ulong address, InstructionInfoFactory factory)
    {
        byte[] bytes = code[..Math.Min(code.Length, LongestInstruction)].ToArray();
        Decoder.Create(64, new ByteArrayCodeReader(bytes), address).Decode(out Iced.Intel.Instruction judged);
        if (judged.IsInvalid)
        {
            return null;
        }

        bool isKnown = InstructionDecoder.TryDecode(MachineKind.X64, code, address, out Instruction ours);
        Judgement judgement = new($"{judged} [{judged.Code}]", judged.Length, isKnown ? ours.Length : null);
        return isKnown && ours.Length == judged.Length
            ? judgement with { OperandCount = ours.MemoryCount, Operand = OperandDifference(ours, judged), Other = Difference(ours, judged, factory) }
            : judgement;
    }

    /// <summary>How the memory operands differ, or null.</summary>
    private static string? OperandDifference(in Instruction ours, in Iced.Intel.Instruction judged)
    {
        bool hasMemory = HasModRmMemory(judged);
        if (!hasMemory)
        {
            return ours.MemoryCount == 0 ? null : $"no operand in memory, ours {ours.Memory}";
        }

        int start = judged.IsIPRelativeMemoryOperand ? Instruction.RipRelative : Number(judged.MemoryBase);
        int index = judged.MemoryIndex.IsVectorRegister() ? Instruction.VectorIndex : Number(judged.MemoryIndex);
        long displacement = judged.MemoryDisplSize == 0 && !judged.IsIPRelativeMemoryOperand ? 0 : (long)judged.MemoryDisplacement64;
        bool isSegmented = judged.SegmentPrefix is Register.FS or Register.GS;
        bool isShort = judged.MemoryBase.GetSize() == 4 || judged.MemoryIndex.GetSize() == 4 || (judged.MemoryBase == Register.None && judged.MemoryIndex == Register.None && judged.MemoryDisplSize == 4);
        int width = Width(judged);
        bool isWidth = ours.Memory.Width == 0 || width == 0 || ours.Memory.Width == width;
        return ours.MemoryCount == 1 && ours.Memory.Base == start && ours.Memory.Index == index && (ours.Memory.Displacement == displacement || (isShort && (uint)ours.Memory.Displacement == displacement)) && isWidth && ours.IsSegmented == isSegmented
            ? null
            : $"base {start} index {index} displacement {displacement:x} width {width} segment {isSegmented}, ours {ours.Memory} {ours.IsSegmented}";
    }

    // Implicit operands and absolute addresses without ModRM are not ours to name.
    private static bool HasModRmMemory(in Iced.Intel.Instruction judged)
    {
        OpCodeInfo code = judged.Code.ToOpCode();
        for (int i = 0; i < judged.OpCount; i++)
        {
            if (judged.GetOpKind(i) == OpKind.Memory && judged.Mnemonic != Mnemonic.Xlatb && code.GetOpKind(i) is not OpCodeOperandKind.mem_offs)
            {
                return true;
            }
        }

        return false;
    }

    // Iced says what lea, nops and prefetches name as operands of no size.
    private static int Width(in Iced.Intel.Instruction judged)
        => judged.Mnemonic is Mnemonic.Lea ? 0 : judged.MemorySize is MemorySize.Unknown or MemorySize.Fword6 or MemorySize.Fword10 or MemorySize.SegPtr32 or MemorySize.SegPtr64
            ? 0
            : judged.MemorySize.GetSize();

    private static int Number(Register register) => register == Register.None ? Instruction.None : Array.IndexOf(s_general, register.GetFullRegister());

    /// <summary>A branch, an access or a changed register that differs, or null.</summary>
    private static string? Difference(in Instruction ours, in Iced.Intel.Instruction judged, InstructionInfoFactory factory)
    {
        InstructionKind? kind = judged.FlowControl switch
        {
            FlowControl.Call or FlowControl.IndirectCall when judged.Mnemonic == Mnemonic.Call => InstructionKind.Call,
            FlowControl.UnconditionalBranch or FlowControl.IndirectBranch => InstructionKind.Jump,
            FlowControl.ConditionalBranch => InstructionKind.ConditionalJump,
            FlowControl.Return => InstructionKind.Return,
            _ => null,
        };
        if (kind is not null ? ours.Kind != kind : ours.Kind is InstructionKind.Call or InstructionKind.Jump or InstructionKind.ConditionalJump or InstructionKind.Return)
        {
            return $"{judged.FlowControl}, ours {ours.Kind}";
        }

        if (judged.OpCount > 0 && judged.Op0Kind == OpKind.NearBranch64 && ours.Target != judged.NearBranchTarget)
        {
            return $"to {judged.NearBranchTarget:x}, ours {ours.Target:x}";
        }

        InstructionInfo info = factory.GetInfo(judged);
        foreach (UsedRegister used in info.GetUsedRegisters())
        {
            bool isChanged = used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
            if (isChanged && used.Register.IsGPR() && (kind is null or InstructionKind.ConditionalJump) && !ours.MayWrite(Array.IndexOf(s_general, used.Register.GetFullRegister())))
            {
                return $"changes {used.Register}, ours {ours.Writes:x}";
            }
        }

        return ours.MemoryCount > 0 ? AccessDifference(ours, judged, info) : null;
    }

    private static string? AccessDifference(in Instruction ours, in Iced.Intel.Instruction judged, in InstructionInfo info)
    {
        bool reads = false;
        bool writes = false;
        for (int i = 0; i < judged.OpCount; i++)
        {
            if (judged.GetOpKind(i) == OpKind.Memory)
            {
                OpAccess access = info.GetOpAccess(i);
                reads |= access is OpAccess.Read or OpAccess.CondRead or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
                writes |= access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
            }
        }

        // Iced counts a flush as a read.
        reads &= judged.Mnemonic is not (Mnemonic.Ud1 or Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb);
        return reads == ours.ReadsMemory && writes == ours.WritesMemory ? null : $"reads {reads} writes {writes}, ours {ours.ReadsMemory} {ours.WritesMemory}";
    }
}
