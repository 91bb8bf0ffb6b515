namespace LayoutCheck.Types;

/// <summary>
/// Whether the alignment that a struct or union declares (DW_AT_alignment) is what it has. GCC records what the type has, clang what the largest of its
/// attributes demands (CGDebugInfo.cpp, getTypeAlignIfRequired). Where the members may have more, only a packed type has what is declared, and whether it is packed
/// is not recorded: <c>struct { long x; } __attribute__((aligned(2)))</c>, aligned to 8, and the same one packed, aligned to 2, are the same DWARF.
/// </summary>
internal static class DeclaredAlignments
{
    /// <summary>Whether a type, or one that it holds by value, may have more than is declared.</summary>
    /// <param name="graph">The graph that holds it.</param>
    /// <param name="id">The type.</param>
    public static bool MayBeTooSmall(TypeGraph graph, TypeId id) => ElementOf(graph, id) is { } aggregate
        && (aggregate.Alignment is { } declared ? MostOfMembers(graph, aggregate) > declared
            : aggregate.Members.Any(m => !m.IsBitField && MayBeTooSmall(graph, m.Type)));

    private static AggregateType? ElementOf(TypeGraph graph, TypeId id) => graph.AsAggregate(graph.Innermost(id));

    // The most that a type can be aligned to, in bytes.
    private static ulong Most(TypeGraph graph, TypeId id) => ElementOf(graph, id) is { } aggregate
        ? Math.Max(aggregate.Alignment ?? 1, MostOfMembers(graph, aggregate))
        : graph.AlignmentOf(id, out _) ?? 1;

    private static ulong MostOfMembers(TypeGraph graph, AggregateType aggregate)
    {
        ulong most = 1;
        foreach (Member member in aggregate.Members)
        {
            ulong own = Math.Max(Most(graph, member.Type), member.Alignment ?? 1);
            // No member is aligned to more than its place is, nor than the size of the whole. A bit-field has its type's alignment, wherever it lies.
            while (own > 1 && (aggregate.ByteSize % own != 0 || (!member.IsBitField && member.BitOffset % (own * 8) != 0)))
            {
                own /= 2;
            }

            most = Math.Max(most, own);
        }

        return most;
    }
}
