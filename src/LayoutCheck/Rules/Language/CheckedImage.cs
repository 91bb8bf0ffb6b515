using System.Numerics;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>All that the checks of one run may know of an image.</summary>
/// <param name="Definitions">The definitions of each name that a rule names.</param>
/// <param name="Target">The machine.</param>
/// <param name="Config">The kernel's configuration, or null when the image does not carry it.</param>
/// <param name="Omission">Why the definitions may lack what the kernel has, or null.</param>
internal sealed record CheckedImage(
    IReadOnlyDictionary<TypeName, DefinitionSet> Definitions, TargetFacts Target, IReadOnlyDictionary<string, string>? Config, SourceOmission? Omission)
{
    private readonly Lazy<Dictionary<(AggregateKind Kind, string Name), Embedding>> _embeddings = new(() => FindEmbeddings(Definitions.Values));

    /// <summary>
    /// Where a struct or union lies in one of the types that the rules name, at the place that is least aligned. Null when it lies in none. What lies in a type
    /// that no rule names is not looked for.
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

    // A node comes after those that it refers to, so that from the last one to the first one each is met after all that hold it.
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
/// <param name="Alignment">The largest power of two that the place is surely a multiple of, in bytes, where what holds it begins at any alignment.</param>
/// <param name="Holder">What holds it, or null when that has no tag.</param>
/// <param name="ByteOffset">Where in what holds it, in bytes.</param>
internal readonly record struct Embedding(ulong Alignment, string? Holder, ulong ByteOffset);
