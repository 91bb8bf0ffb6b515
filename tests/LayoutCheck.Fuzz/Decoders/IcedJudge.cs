using Iced.Intel;
using Instruction = LayoutCheck.Machine.Instruction;
using InstructionDecoder = LayoutCheck.Machine.InstructionDecoder;
using InstructionKind = LayoutCheck.Machine.InstructionKind;
using MachineKind = LayoutCheck.Machine.MachineKind;

namespace LayoutCheck.Fuzz.Decoders;

/// <summary>Compares the x86-64 decoder with Iced, an instruction at a time.</summary>
internal static class IcedJudge
{
    private static readonly Register[] s_general =
    [
        Register.RAX, Register.RDX, Register.RCX, Register.RBX, Register.RSI, Register.RDI, Register.RBP, Register.RSP,
        Register.R8, Register.R9, Register.R10, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15,
    ];

    /// <summary>Decodes a function from its start to its end, as Iced divides it.</summary>
    public static void Compare(Function function, byte[] bytes, Tally tally)
    {
        ByteArrayCodeReader reader = new(bytes, function.Offset, function.ByteSize);
        Decoder decoder = Decoder.Create(64, reader, function.Address);
        InstructionInfoFactory factory = new();
        long instructions = 0;
        long operands = 0;
        while (reader.CanReadByte)
        {
            ulong address = decoder.IP;
            decoder.Decode(out Iced.Intel.Instruction judged);
            if (!judged.IsInvalid)
            {
                int at = (int)(address - function.Address);
                instructions++;
                operands += Compare(judged, bytes.AsSpan(function.Offset + at, function.ByteSize - at), factory, tally, function.Name, at);
            }
        }

        tally.Add(instructions, operands);
    }

    public static void One(string name, byte[] bytes, Tally tally, bool print)
    {
        Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(bytes), 0x1000);
        decoder.Decode(out Iced.Intel.Instruction judged);
        if (!judged.IsInvalid)
        {
            tally.Add(1, 0);
            Compare(judged, bytes, new InstructionInfoFactory(), tally, Convert.ToHexStringLower(bytes), 0, 0x1000);
        }
    }

    private static int Compare(in Iced.Intel.Instruction judged, ReadOnlySpan<byte> code, InstructionInfoFactory factory, Tally tally, string name, int at, ulong _ = 0)
    {
        bool isKnown = InstructionDecoder.TryDecode(MachineKind.X64, code, judged.IP, out Instruction ours);
        Iced.Intel.Instruction shown = judged;
        string Where() => $"{name}+0x{at:x}: {shown} [{shown.Code}]";
        if (!isKnown || ours.Length != judged.Length)
        {
            tally.Length($"{Where()}: {judged.Length} bytes, ours {(isKnown ? ours.Length : "not known")}");
            return 0;
        }

        if (OperandDifference(ours, judged) is { } operand)
        {
            tally.Operand($"{Where()}: {operand}");
        }

        if (Difference(ours, judged, factory) is { } other)
        {
            tally.Other($"{Where()}: {other}");
        }

        return ours.MemoryCount;
    }

    /// <summary>How the memory operands differ, or null.</summary>
    public static string? OperandDifference(in Instruction ours, in Iced.Intel.Instruction judged)
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
        bool isShort = judged.MemoryBase.GetSize() == 4 || judged.MemoryIndex.GetSize() == 4;
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
    public static string? Difference(in Instruction ours, in Iced.Intel.Instruction judged, InstructionInfoFactory factory)
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
