namespace LayoutCheck.Machine;

/// <summary>Decodes machine code, one instruction at a time: lengths, memory operands, branches, and the few moves that readers of code follow.</summary>
internal static class InstructionDecoder
{
    /// <summary>The processor of a machine by its number in ELF (e_machine); null where its instructions are not decoded. They are of 64-bit little-endian files.</summary>
    public static MachineKind? KindOf(int machine) => machine switch
    {
        62 => MachineKind.X64, // EM_X86_64
        183 => MachineKind.Arm64, // EM_AARCH64
        _ => null,
    };

    /// <summary>
    /// Decodes the instruction at the beginning of some bytes.
    /// </summary>
    /// <param name="kind">The processor.</param>
    /// <param name="code">The bytes from the instruction on; more than it needs is fine.</param>
    /// <param name="address">Its address, for operands and branches that are relative to it.</param>
    /// <param name="instruction">The instruction.</param>
    /// <returns>False where the bytes are no instruction that the decoder knows, or end inside of it: what follows cannot be told then.</returns>
    public static bool TryDecode(MachineKind kind, ReadOnlySpan<byte> code, ulong address, out Instruction instruction)
        => kind == MachineKind.Arm64 ? Arm64Decoder.TryDecode(code, address, out instruction) : X64Decoder.TryDecode(code, address, out instruction);
}
