using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using LayoutCheck.Machine;

namespace LayoutCheck.Fuzz.Decoders;

/// <summary>
/// Compares the arm64 decoder with what llvm-objdump prints of .text: memory operands, branches, constants, addresses, sums, copies, and the register that is
/// written. What objdump does not know (data between functions) is not compared.
/// </summary>
internal static partial class ObjdumpJudge
{
    // Their operands in memory are not ours to name: structures of vectors, tags, loads with authentication.
    private static readonly HashSet<string> s_unnamed = ["ld1", "ld2", "ld3", "ld4", "ld1r", "st1", "st2", "st3", "st4", "stg", "st2g", "stzg", "ldg", "ldraa", "ldrab", "stzgm", "ldgm"];

    // Their first operand is read.
    private static readonly string[] s_readers = ["st", "cmp", "cmn", "tst", "ccm", "msr", "prfm", "dc", "ic", "tlbi", "at", "sys", "hint", "b", "cb", "tb", "ret", "hvc", "smc", "svc", "isb", "dsb", "dmb", "udf", "wf"];

    public static void Compare(string path, Tally tally)
    {
        string[] arguments = ["-d", "--section=.text", path];
        using Process objdump = Process.Start(new ProcessStartInfo("llvm-objdump", arguments) { RedirectStandardOutput = true })!;
        long instructions = 0;
        long operands = 0;
        byte[] code = new byte[4];
        while (objdump.StandardOutput.ReadLine() is { } line)
        {
            // "ffff800080010000: d503233f     \tpaciasp", with or without spaces between the bytes.
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            string[] columns = line.Split('\t', 3);
            if (colon < 8 || columns.Length < 2 || columns[1] == "<unknown>" || columns[1].StartsWith('.') || !ulong.TryParse(line.AsSpan(0, colon).Trim(), NumberStyles.HexNumber, null, out ulong address)
                || Word(columns[0].AsSpan(colon + 1)) is not { } word)
            {
                continue;
            }

            BitConverter.TryWriteBytes(code, word);
            instructions++;
            if (!InstructionDecoder.TryDecode(MachineKind.Arm64, code, address, out Instruction ours) || ours.Length != 4)
            {
                tally.Length(line);
                continue;
            }

            operands += ours.MemoryCount;
            string text = columns.Length > 2 ? columns[2] : "";
            if (OperandDifference(ours, columns[1], text) is { } operand)
            {
                tally.Operand($"{line}: {operand}");
            }

            if (Difference(ours, columns[1], text, address) is { } other)
            {
                tally.Other($"{line}: {other}");
            }
        }

        objdump.WaitForExit();
        tally.Add(instructions, operands);
    }

    private static uint? Word(ReadOnlySpan<char> digits)
    {
        digits = digits.Trim();
        if (digits.Length != 11)
        {
            return digits.Length == 8 && uint.TryParse(digits, NumberStyles.HexNumber, null, out uint whole) ? whole : null;
        }

        // Bytes in memory order.
        uint word = 0;
        for (int i = 3; i >= 0; i--)
        {
            if (!byte.TryParse(digits.Slice(i * 3, 2), NumberStyles.HexNumber, null, out byte value))
            {
                return null;
            }

            word = word << 8 | value;
        }

        return word;
    }

    private static string? OperandDifference(in Instruction ours, string mnemonic, string text)
    {
        bool accesses = text.Contains('[', StringComparison.Ordinal) && (mnemonic.StartsWith("ld", StringComparison.Ordinal) || mnemonic.StartsWith("st", StringComparison.Ordinal)
            || mnemonic.StartsWith("cas", StringComparison.Ordinal) || mnemonic.StartsWith("swp", StringComparison.Ordinal) || mnemonic.StartsWith("prf", StringComparison.Ordinal));
        if (!accesses || s_unnamed.Contains(mnemonic))
        {
            bool isLiteral = ours.MemoryCount == 1 && ours.Memory.Base == Instruction.RipRelative && (mnemonic.StartsWith("ldr", StringComparison.Ordinal) || mnemonic == "prfm");
            return ours.MemoryCount == 0 || (isLiteral && Hexadecimal(text) == (ulong)ours.Memory.Displacement) ? null : $"no operand in memory, ours {ours.Memory}";
        }

        Match match = Operand().Match(text);
        int start = Number(match.Groups["base"].Value);
        int index = match.Groups["index"].Success ? Number(match.Groups["index"].Value) : Instruction.None;
        long displacement = match.Groups["displacement"].Success ? Decimal(match.Groups["displacement"].Value) : 0;
        bool isPair = mnemonic is "ldp" or "stp" or "ldpsw" or "ldnp" or "stnp" or "ldxp" or "stxp" or "ldaxp" or "stlxp" || mnemonic.StartsWith("casp", StringComparison.Ordinal);
        bool isStore = mnemonic.StartsWith("st", StringComparison.Ordinal);
        return ours.MemoryCount == (isPair ? 2 : 1) && ours.Memory.Base == start && ours.Memory.Index == index && ours.Memory.Displacement == displacement
            && (!isPair || ours.SecondMemory == ours.Memory with { Displacement = displacement + ours.Memory.Width }) && (!isStore || ours.WritesMemory) && ours.ReadsMemory | isStore | mnemonic.StartsWith("prf", StringComparison.Ordinal)
            ? null
            : $"base {start} index {index} displacement {displacement}, ours {ours.Memory}";
    }

    private static string? Difference(in Instruction ours, string mnemonic, string text, ulong address)
    {
        string[] parts = text.Split(", ");
        string first = parts[0];
        bool isBranch = mnemonic is "b" or "bl" or "cbz" or "cbnz" or "tbz" or "tbnz" || mnemonic.StartsWith("b.", StringComparison.Ordinal);
        InstructionKind? kind = mnemonic switch
        {
            "bl" or "blr" => InstructionKind.Call,
            "b" or "br" => InstructionKind.Jump,
            "ret" or "eret" => InstructionKind.Return,
            "brk" => InstructionKind.Trap,
            "adr" or "adrp" => InstructionKind.AddressOf,
            "movk" => InstructionKind.InsertImmediate,
            _ => isBranch ? InstructionKind.ConditionalJump : null,
        };
        if (kind is not null ? ours.Kind != kind : ours.Kind is InstructionKind.Call or InstructionKind.Jump or InstructionKind.ConditionalJump or InstructionKind.Return or InstructionKind.AddressOf)
        {
            return $"ours {ours.Kind}";
        }

        ulong? target = mnemonic == "adr" && text.Contains('#', StringComparison.Ordinal) ? address + (ulong)Decimal(parts[1]) : Hexadecimal(text);
        if ((isBranch || kind == InstructionKind.AddressOf) && target != ours.Target)
        {
            return $"ours to {ours.Target:x}";
        }

        if (Arithmetic(ours, mnemonic, parts) is { } difference)
        {
            return difference;
        }

        bool isWritten = first is ['x' or 'w', .. var digits] && digits is not "zr" && int.TryParse(digits, out _) && !Array.Exists(s_readers, reader => mnemonic.StartsWith(reader, StringComparison.Ordinal) && !IsWriterThatLooksSo(mnemonic));
        return isWritten && !ours.MayWrite(Number(first)) ? $"changes {first}, ours {ours.Writes:x}" : null;
    }

    // bic, bfi and others begin as b does.
    private static bool IsWriterThatLooksSo(string mnemonic) => mnemonic is "bic" or "bics" or "bfi" or "bfxil" or "bfc";

    private static string? Arithmetic(in Instruction ours, string mnemonic, string[] parts)
    {
        bool isConstant = parts.Length >= 2 && parts[1].StartsWith('#') && parts[0][0] is 'x' or 'w';
        if (mnemonic is "mov" or "movz" or "movn" && isConstant)
        {
            bool isWide = parts[0][0] == 'x' || parts[0] == "sp";
            long value = Decimal(parts[1]);
            value = mnemonic == "mov" ? value : parts.Length > 2 ? value << (int)Decimal(parts[2]["lsl ".Length..]) : value;
            value = mnemonic == "movn" ? ~value : value;
            value = isWide ? value : (uint)value;
            return ours.Kind == InstructionKind.MoveImmediate && ours.Immediate == value && ours.Destination == Number(parts[0]) ? null : $"constant {value}, ours {ours.Kind} {ours.Immediate}";
        }

        if (mnemonic == "mov" && parts.Length == 2 && parts[1] is ['x' or 'w' or 's', ..] && parts[0] is ['x' or 'w' or 's', ..])
        {
            bool isZero = parts[1] is "xzr" or "wzr";
            return (isZero ? ours.Kind == InstructionKind.MoveImmediate && ours.Immediate == 0 : ours.Kind == InstructionKind.Move && ours.Source == Number(parts[1])) && ours.Destination == Number(parts[0])
                ? null
                : $"ours {ours.Kind} of {ours.Source} to {ours.Destination}";
        }

        if (mnemonic is "add" or "sub" && parts.Length >= 3 && parts[2].StartsWith('#') && parts[0][0] is 'x' or 'w' or 's')
        {
            long value = Decimal(parts[2]) << (parts.Length > 3 ? 12 : 0);
            value = mnemonic == "sub" ? -value : value;
            return ours.Kind is InstructionKind.AddImmediate or InstructionKind.Move && ours.Immediate == value && ours.Source == Number(parts[1]) && ours.Destination == Number(parts[0])
                ? null
                : $"sum of {parts[1]} and {value}, ours {ours.Kind} {ours.Immediate}";
        }

        return null;
    }

    private static int Number(string register) => register is "sp" or "wsp" ? 31 : register is "xzr" or "wzr" ? Instruction.None : int.Parse(register.AsSpan(1), CultureInfo.InvariantCulture);

    private static long Decimal(string immediate)
    {
        ReadOnlySpan<char> digits = immediate.AsSpan().TrimStart('#');
        bool isNegative = digits.StartsWith("-");
        digits = isNegative ? digits[1..] : digits;
        long value = digits.StartsWith("0x") ? (long)ulong.Parse(digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : (long)ulong.Parse(digits, CultureInfo.InvariantCulture);
        return isNegative ? -value : value;
    }

    private static ulong? Hexadecimal(string text)
    {
        Match match = Address().Match(text);
        return match.Success ? ulong.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex(@"\[(?<base>x\d+|sp)(?:, (?:(?<displacement>#-?(?:0x)?[0-9a-f]+)|(?<index>[xw](?:\d+|zr))[^\]]*))?\]")]
    private static partial Regex Operand();

    [GeneratedRegex(@"0x([0-9a-f]+)(?: <[^>]*>)?$")]
    private static partial Regex Address();
}
