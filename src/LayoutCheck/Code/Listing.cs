using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Machine;
using LayoutCheck.Types;

namespace LayoutCheck.Code;

/// <summary>One instruction in a listing.</summary>
/// <param name="Where">Its address in words.</param>
/// <param name="Bytes">Its bytes in hexadecimal.</param>
/// <param name="Words">What it does, as far as it is decoded: <c>load rax = [rdi + 8]</c>.</param>
/// <param name="IsSite">Whether it is the one that the listing is about.</param>
internal sealed record ListedInstruction(string Where, string Bytes, string Words, bool IsSite);

/// <summary>Lists the instructions around an address in plain words: lengths, operands and branches are decoded, not every operation has a name.</summary>
internal static class Listing
{
    private const int Before = 4;
    private const int After = 4;

    /// <summary>The instructions around one of a range, decoded from the start of their function on.</summary>
    /// <param name="map">The code.</param>
    /// <param name="range">A range that holds the address.</param>
    /// <param name="address">The instruction in the middle.</param>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public static ImmutableArray<ListedInstruction> Around(CodeMap map, RegisterRange range, ulong address)
    {
        if (map.Find(range.CodeFrom, range.CodeTo, out ulong offset) is not { } section)
        {
            return [];
        }

        ReadOnlySpan<byte> code = section.ReadRange(offset, offset + (range.CodeTo - range.CodeFrom)).ReadBytes(range.CodeTo - range.CodeFrom);
        List<ListedInstruction> listed = [];
        int at = 0;
        int rest = After;
        while (at < code.Length && rest > 0 && InstructionDecoder.TryDecode(map.Machine, code[at..], range.CodeFrom + (ulong)at, out Instruction instruction))
        {
            ulong here = range.CodeFrom + (ulong)at;
            listed.Add(new ListedInstruction(map.Describe(here), Convert.ToHexStringLower(code.Slice(at, instruction.Length)), Words(map, instruction), here == address));
            if (here < address && listed.Count > Before)
            {
                listed.RemoveAt(0);
            }

            rest -= here > address ? 1 : 0;
            at += instruction.Length;
        }

        return [.. listed];
    }

    private static string Words(CodeMap map, in Instruction instruction)
    {
        MachineKind machine = map.Machine;
        string operand = Operands(machine, instruction);
        string target = instruction.Target != 0 ? map.Describe(instruction.Target) : operand.Length > 0 ? operand : "a register";
        string destination = instruction.Destination >= 0 ? $"{OperandText.Register(machine, instruction.Destination)} = " : "";
        return instruction.Kind switch
        {
            InstructionKind.Call => $"call {target}",
            InstructionKind.Jump => $"jump {target}",
            InstructionKind.ConditionalJump => $"jump if {target}",
            InstructionKind.Return => "return",
            InstructionKind.Trap => "trap",
            InstructionKind.AddressOf => $"address {destination}{(instruction.Target != 0 ? map.Describe(instruction.Target) : operand)}",
            InstructionKind.MoveImmediate => $"move {destination}0x{instruction.Immediate:x}",
            InstructionKind.AddImmediate => $"add {destination}{OperandText.Register(machine, instruction.Source)} + {instruction.Immediate}",
            InstructionKind.Move => $"move {destination}{OperandText.Register(machine, instruction.Source)}",
            InstructionKind.Load => $"load {destination}{operand}",
            InstructionKind.Store => $"store {operand}",
            _ => operand.Length == 0 ? "other" : instruction.WritesMemory ? $"change {operand}" : instruction.ReadsMemory ? $"read {operand}" : $"other {operand}",
        };
    }

    private static string Operands(MachineKind machine, in Instruction instruction)
    {
        if (instruction.MemoryCount == 0)
        {
            return "";
        }

        string segment = instruction.IsSegmented ? "per-CPU " : "";
        string second = instruction.MemoryCount > 1 ? $", {OperandText.Of(machine, instruction.SecondMemory)}" : "";
        string width = instruction.Memory.Width > 0 && (instruction.ReadsMemory || instruction.WritesMemory) ? $" ({Printable.Count((ulong)instruction.Memory.Width, "byte")})" : "";
        return $"{segment}{OperandText.Of(machine, instruction.Memory)}{second}{width}";
    }
}
