namespace LayoutCheck.Bpf;

/// <summary>What libbpf makes of a relocation on a kernel.</summary>
public enum BpfOutcome
{
    /// <summary>It resolves to a value.</summary>
    Resolved,

    /// <summary>It does not resolve: libbpf puts an invalid instruction there, and the kernel refuses a program that reaches it.</summary>
    Missing,

    /// <summary>libbpf refuses the whole object.</summary>
    Refused,

    /// <summary>The debug information of the kernel does not tell.</summary>
    Unknown,
}

/// <summary>The answer to one relocation.</summary>
/// <param name="Outcome">What libbpf makes of it.</param>
/// <param name="LocalValue">The value that the compiler put into the instruction; null where it has none.</param>
/// <param name="KernelValue">The value on the kernel; null where it does not resolve, or is not known.</param>
/// <param name="Reason">Why it does not resolve, in a clause; empty where it does.</param>
public sealed record BpfAnswer(BpfOutcome Outcome, ulong? LocalValue, ulong? KernelValue, string Reason = "")
{
    /// <summary>The access as the kernel has it, where it resolves to something in it; null elsewhere.</summary>
    public string? KernelAccess { get; init; }

    /// <summary>Of the place of a field, the bytes that the object and the kernel have for it; 0 where they are not compared.</summary>
    public (uint Local, uint Kernel) Sizes { get; init; }

    /// <summary>Whether an instruction that loads or stores cannot be given the kernel's size.</summary>
    internal bool CannotResize { get; init; }

    /// <summary>Whether the instruction has to have the local value.</summary>
    internal bool IsValidated { get; init; }
}
