using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Code;

/// <summary>An inline function of the kernel, and the members that its body uses through a parameter.</summary>
/// <param name="Name">The function.</param>
/// <param name="Parameters">The names that the parameter has had.</param>
/// <param name="Of">The struct that it points to.</param>
/// <param name="Reads">The member that the body uses: the first of these that the struct has.</param>
/// <param name="Also">Other members that it may use.</param>
internal sealed record Helper(string Name, ImmutableArray<string> Parameters, TypeName Of, ImmutableArray<string> Reads, ImmutableArray<AlsoUsed> Also);

/// <summary>Members that a body may use beside the one that counts.</summary>
/// <param name="Where">The member that the struct must have for that; null for none.</param>
/// <param name="Members">The members; <c>[1].m</c> is that of the next element.</param>
internal readonly record struct AlsoUsed(string? Where, ImmutableArray<string> Members);
