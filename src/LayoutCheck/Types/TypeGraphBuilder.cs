namespace LayoutCheck.Types;

/// <summary>Collects nodes for one <see cref="TypeGraph"/>. An id may be taken first and its node given later.</summary>
internal sealed class TypeGraphBuilder
{
    private readonly List<TypeNode?> _nodes = [null];

    /// <summary>Adds a node and returns its id.</summary>
    public TypeId Add(TypeNode node)
    {
        _nodes.Add(node);
        return new TypeId(_nodes.Count - 1);
    }

    /// <summary>The node given so far, to look at while building.</summary>
    public TypeNode this[TypeId id] => _nodes[id.Index] ?? throw new InvalidOperationException($"type id {id.Index} has no node yet");

    /// <summary>The finished graph; the builder is not used afterwards.</summary>
    public TypeGraph Build() => new([.. _nodes]);
}
