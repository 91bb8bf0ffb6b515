using System.Globalization;
using LayoutCheck.Machine;

namespace LayoutCheck.Code;

/// <summary>The plain form of operands: <c>[rdi + 8]</c>, registers by the names of their processor.</summary>
internal static class OperandText
{
    private static readonly string[] s_x64 = ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    /// <summary>A register by its number in DWARF.</summary>
    public static string Register(MachineKind machine, int number) => machine == MachineKind.X64
        ? number >= 0 && number < s_x64.Length ? s_x64[number] : $"r#{number}"
        : number switch
        {
            31 => "sp",
            >= 0 and < 31 => $"x{number}",
            _ => $"r#{number}",
        };

    /// <summary>A register and a displacement in bytes.</summary>
    public static string Of(MachineKind machine, int register, long displacement) => displacement == 0
        ? $"[{Register(machine, register)}]"
        : $"[{Register(machine, register)} {(displacement < 0 ? "-" : "+")} {Number((UInt128)Int128.Abs(displacement))}]";

    /// <summary>An operand in memory as it stands in an instruction.</summary>
    public static string Of(MachineKind machine, in MemoryOperand operand)
    {
        if (operand.Base == Instruction.RipRelative)
        {
            return $"[0x{operand.Displacement:x}]";
        }

        string index = operand.Index == Instruction.None ? "" : operand.Index == Instruction.VectorIndex ? "vector" : $"{Register(machine, operand.Index)}*n";
        string start = operand.Base == Instruction.None ? index : Register(machine, operand.Base) + (index.Length > 0 ? $" + {index}" : "");
        string rest = operand.Displacement == 0 && start.Length > 0 ? ""
            : start.Length == 0 ? $"0x{operand.Displacement:x}"
            : $" {(operand.Displacement < 0 ? "-" : "+")} {Number((UInt128)Int128.Abs(operand.Displacement))}";
        return $"[{start}{rest}]";
    }

    private static string Number(UInt128 value) => value.ToString(CultureInfo.InvariantCulture);
}
