using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// A definition flattened for <see cref="DefinitionMatcher"/>: it has what <see cref="Types.DefinitionEquality"/> compares, and nothing else.
/// </summary>
/// <param name="graph">The graph of the definition.</param>
/// <param name="root">The struct or union.</param>
/// <param name="types">The types of all templates of the thread; null for a set of its own.</param>
internal sealed class DefinitionTemplate(TypeGraph graph, TypeId root, InternedTypes? types = null)
{
    /// <summary>The types that its own are among.</summary>
    public InternedTypes Types { get; } = types ??= new InternedTypes();

    /// <summary>The index of the struct or union.</summary>
    public int Root { get; } = types.Add(graph, root);
}
