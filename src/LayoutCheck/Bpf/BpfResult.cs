using System.Collections.Immutable;

namespace LayoutCheck.Bpf;

/// <summary>Whether an access that does not resolve does harm.</summary>
public enum BpfGuard
{
    /// <summary>It resolves, so that no guard is needed.</summary>
    NotNeeded,

    /// <summary>No way leads to it on the kernel.</summary>
    Guarded,

    /// <summary>A way leads to it, and no existence check asks for it.</summary>
    None,

    /// <summary>An existence check asks for it, and whether a way leads past the check to the access cannot be told.</summary>
    Unclear,
}

/// <summary>The answer to one relocation of an object on a kernel.</summary>
/// <param name="Kind">What is asked for.</param>
/// <param name="Access">The access as C writes it, by the object's types: <c>page___new.compound_info</c>.</param>
/// <param name="Root">The name of the type that it starts at, without its flavour; null for one without a name.</param>
/// <param name="Member">The members from there on, without elements; empty for the type itself.</param>
/// <param name="Answer">What libbpf makes of it.</param>
public sealed record BpfResult(BpfRelocationKind Kind, string Access, string? Root, string Member, BpfAnswer Answer)
{
    /// <summary>Whether the root type is a struct.</summary>
    public bool IsOfStruct { get; init; }

    /// <summary>The access as it is stored: <c>0:1:2</c>.</summary>
    public string AccessText { get; init; } = "";

    /// <summary>The section of the instruction: <c>kprobe/foo</c>.</summary>
    public string Section { get; init; } = "";

    /// <summary>The number of the instruction in the section, from 0.</summary>
    public int Instruction { get; init; }

    /// <summary>The function; null where the object does not tell.</summary>
    public string? Function { get; init; }

    /// <summary>The source file; null where the object does not tell.</summary>
    public string? File { get; init; }

    /// <summary>The line, from 1.</summary>
    public uint Line { get; init; }

    /// <summary>Whether it does harm.</summary>
    public BpfGuard Guard { get; init; }

    /// <summary>The existence checks that guard it, as C writes them.</summary>
    public ImmutableArray<string> Guards { get; init; } = [];

    /// <summary>Whether the object cannot be loaded, or its program, because of it.</summary>
    public bool IsViolated => Answer.Outcome == BpfOutcome.Refused || (Answer.Outcome == BpfOutcome.Missing && Guard == BpfGuard.None);

    /// <summary>Whether that cannot be told.</summary>
    public bool IsUndecided => Answer.Outcome == BpfOutcome.Unknown || (Answer.Outcome == BpfOutcome.Missing && Guard == BpfGuard.Unclear);
}
