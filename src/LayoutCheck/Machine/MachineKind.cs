namespace LayoutCheck.Machine;

/// <summary>A processor whose instructions are decoded.</summary>
internal enum MachineKind
{
    /// <summary>x86-64 in its 64-bit mode.</summary>
    X64,

    /// <summary>AArch64, instructions little-endian.</summary>
    Arm64,
}
