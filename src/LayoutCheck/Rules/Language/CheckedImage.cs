using System.Collections.Immutable;
using System.Numerics;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>The facts of an image that the checks of one run may use.</summary>
/// <param name="Definitions">The definitions of each name that a rule names.</param>
/// <param name="Target">The machine.</param>
/// <param name="Config">The kernel's configuration, or null when the image does not carry it.</param>
/// <param name="Omission">Why the definitions may lack what the kernel has, or null.</param>
internal sealed record CheckedImage(
    IReadOnlyDictionary<TypeName, DefinitionSet> Definitions, TargetInfo Target, IReadOnlyDictionary<string, string>? Config, SourceOmission? Omission)
{
    /// <summary>Whether its debug information has no declared alignments (BTF), so that a type may have more than its natural one.</summary>
    public bool LacksAlignments { get; init; }

    /// <summary>
    /// What each <c>when:</c> came to, with what it looked at, where nothing is open in it: the checks below one share it. By reference.
    /// </summary>
    public Dictionary<object, (Answer Answer, ImmutableArray<Observation> Observed)> Conditions { get; init; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>The machine of its ELF header (e_machine); null where there is none.</summary>
    public int? Machine { get; init; }

    /// <summary>The comparison of Rust's twins with C, made when a check asks for it; null where none is to be had.</summary>
    public Lazy<RustTwinFacts>? RustTwins { get; init; }

    /// <summary>What the code exports, where the image has no types; else null.</summary>
    public ExportedAnswers? Exported { get; init; }

    private readonly Lazy<Dictionary<(AggregateKind Kind, string Name), Embedding>> _embeddings = new(() => FindEmbeddings(Definitions.Values));

    /// <summary>
    /// The least aligned place of a struct or union in the types that the rules name, or null when it lies in none of them. Other types are not searched.
    /// </summary>
    public Embedding? LeastAlignedPlaceOf(AggregateKind kind, string name) => _embeddings.Value.TryGetValue((kind, name), out Embedding found) ? found : null;

    private static Dictionary<(AggregateKind Kind, string Name), Embedding> FindEmbeddings(IEnumerable<DefinitionSet> sets)
    {
        Dictionary<(AggregateKind Kind, string Name), Embedding> found = [];
        foreach (TypeGraph graph in sets.SelectMany(s => s.Distinct).Select(d => d.Graph).Distinct())
        {
            FindEmbeddings(graph, found);
        }

        return found;
    }

    // A node has a higher id than the nodes that it refers to: from the last to the first, each is met after all its holders.
    private static void FindEmbeddings(TypeGraph graph, Dictionary<(AggregateKind Kind, string Name), Embedding> found)
    {
        ulong[] alignments = new ulong[graph.Count];
        for (int i = graph.Count - 1; i > 0; i--)
        {
            if (graph.NodeOrNull(new TypeId(i)) is not AggregateType holder)
            {
                continue;
            }

            ulong own = alignments[i] == 0 ? ulong.MaxValue : alignments[i];
            foreach (Member member in holder.Members)
            {
                TypeId type = graph.Strip(graph.Innermost(member.Type));
                if (graph.NodeOrNull(type) is not AggregateType held)
                {
                    continue;
                }

                ulong here = member.BitOffset == 0 ? own : Math.Min(own, 1UL << BitOperations.TrailingZeroCount(member.BitOffset));
                ref ulong known = ref alignments[type.Index];
                known = known == 0 ? here : Math.Min(known, here);
                Embedding place = new(here / 8, holder.Name is null ? null : $"{TypeSpelling.Keyword(holder.Kind)} {holder.Name}", member.BitOffset / 8);
                if (held.Name is { } name && (!found.TryGetValue((held.Kind, name), out Embedding least) || place.Alignment < least.Alignment))
                {
                    found[(held.Kind, name)] = place;
                }
            }
        }
    }
}

/// <summary>A place where one type lies within another.</summary>
/// <param name="Alignment">The largest power of two that certainly divides the place, in bytes; nothing is assumed of the outermost holder.</param>
/// <param name="Holder">The struct or union around it, or null when that has no tag.</param>
/// <param name="ByteOffset">The place in the holder, in bytes.</param>
internal readonly record struct Embedding(ulong Alignment, string? Holder, ulong ByteOffset);
