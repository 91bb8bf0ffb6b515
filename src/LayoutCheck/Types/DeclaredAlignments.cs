namespace LayoutCheck.Types;

/// <summary>
/// Whether DW_AT_alignment is the alignment of a struct or union. GCC records the alignment of the type, clang the largest of its attributes (CGDebugInfo.cpp,
/// getTypeAlignIfRequired). Where the members may have more, the record is right only of a packed type, and packing is not
/// recorded: <c>struct { long x; } __attribute__((aligned(2)))</c>, aligned to 8, and the same one packed, aligned to 2, are the same DWARF.
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

    // The largest alignment that a type can have, in bytes.
    private static ulong Most(TypeGraph graph, TypeId id) => ElementOf(graph, id) is { } aggregate
        ? Math.Max(aggregate.Alignment ?? 1, MostOfMembers(graph, aggregate))
        : graph.AlignmentOf(id, out _) ?? 1;

    private static ulong MostOfMembers(TypeGraph graph, AggregateType aggregate)
    {
        ulong most = 1;
        foreach (Member member in aggregate.Members)
        {
            ulong own = Math.Max(Most(graph, member.Type), member.Alignment ?? 1);
            // The alignment of a member divides its place and the size of the whole. A bit-field has its type's alignment, wherever it lies.
            while (own > 1 && (aggregate.ByteSize % own != 0 || (!member.IsBitField && member.BitOffset % (own * 8) != 0)))
            {
                own /= 2;
            }

            most = Math.Max(most, own);
        }

        return most;
    }
}
