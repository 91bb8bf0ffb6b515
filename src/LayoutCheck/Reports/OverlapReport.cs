using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>The members that share the bytes of a type, or of one member of it.</summary>
/// <param name="Definition">The type's first definition; null when the image does not answer.</param>
/// <param name="Layout">Its layout; null likewise.</param>
/// <param name="Member">The member asked for, or null for the whole type.</param>
/// <param name="Source">The debug format that it comes from.</param>
/// <param name="Omission">The reason why members may be missing, or null.</param>
public sealed record OverlapReport(TypeDefinition? Definition, TypeLayout? Layout, ResolvedMember? Member, SourceKind Source, SourceOmission? Omission) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "overlap";

    /// <inheritdoc/>
    [MemberNotNullWhen(true, nameof(Definition), nameof(Layout))]
    public override bool HasAnswer => Layout is not null;

    /// <inheritdoc/>
    public override ExitCode ExitCode => HasAnswer && Omission is null ? ExitCode.Holds : ExitCode.Undecided;

    /// <summary>The type as a map, for formats that draw it; null where none does.</summary>
    public StructMap? Map { get; init; }

    /// <summary>The type as C spells it.</summary>
    public string TypeSpelling => Definition!.Graph.Declare(Definition.Root);

    /// <summary>The members on as many lanes as lie over each other.</summary>
    public ImmutableArray<ImmutableArray<LayoutItem>> Lanes => ByteLanes.Of(Layout!);

    /// <summary>The members that lie on the bits of <see cref="Member"/>, itself included.</summary>
    public ImmutableArray<LayoutItem> Sharers => Member is null ? []
        : ByteLanes.Sharing(Layout!, Member.BitOffset, Member.IsFlexible ? ulong.MaxValue - Member.BitOffset : Member.BitSize ?? 0);
}
