using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Bpf;

/// <summary>
/// The types of a kernel's DWARF for CO-RE, as pahole would write them into BTF: dimensions of an array are multiplied, and the definitions of a name that differ are types of
/// their own. Ids count the types that were looked at. Not for several threads.
/// </summary>
internal sealed class GraphBpfTypes : IBpfKernel
{
    private static readonly TypeNameKind[] s_kinds = [TypeNameKind.Struct, TypeNameKind.Union, TypeNameKind.Enum, TypeNameKind.Typedef];

    private readonly ITypeSource _source;

    // By name without flavour.
    private readonly ILookup<TypeName, DefinitionSet> _sets;
    private readonly List<Func<BpfType>> _make = [() => BpfType.Void];
    private readonly List<BpfType?> _made = [BpfType.Void];
    private readonly Dictionary<(TypeGraph, TypeId), uint> _ids = new(new ByGraph());

    /// <summary>Finds the definitions of all names at once.</summary>
    /// <param name="source">The source.</param>
    /// <param name="names">The names without flavours that candidates are asked for.</param>
    /// <param name="all">All structs and unions of the kernel: some have flavours there.</param>
    /// <param name="pool">The worker threads.</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    public GraphBpfTypes(ITypeSource source, IReadOnlySet<string> names, IReadOnlyList<TypeName> all, WorkerPool pool)
    {
        _source = source;
        IEnumerable<TypeName> flavoured = all.Where(n => n.Name.Contains("___", StringComparison.Ordinal) && BpfNames.Essential(n.Name) is { } essential && essential != n.Name && names.Contains(essential));
        TypeName[] wanted = [.. names.Order(StringComparer.Ordinal).SelectMany(n => s_kinds.Select(k => new TypeName(k, n))), .. flavoured];
        ImmutableArray<DefinitionSet> sets = wanted.Length == 0 ? [] : source.FindAll(wanted, pool).Sets;
        _sets = sets.ToLookup(s => new TypeName(s.Name.Kind, BpfNames.Essential(s.Name.Name)));
    }

    /// <inheritdoc/>
    public bool HasBtfIds => false;

    /// <inheritdoc/>
    public uint PointerSize => (uint)_source.Target.WordByteSize;

    /// <inheritdoc/>
    public BpfType this[uint id] => _made[(int)id] ??= _make[(int)id]();

    /// <inheritdoc/>
    public IReadOnlyList<uint> Candidates(BpfType local, string essentialName)
    {
        TypeNameKind kind = local.Kind switch
        {
            BpfTypeKind.Struct => TypeNameKind.Struct,
            BpfTypeKind.Union => TypeNameKind.Union,
            BpfTypeKind.Forward => local.IsFlagged ? TypeNameKind.Union : TypeNameKind.Struct,
            BpfTypeKind.Enum => TypeNameKind.Enum,
            BpfTypeKind.Typedef => TypeNameKind.Typedef,
            _ => throw NotSearched(local),
        };
        TypeDefinition[] found = Definitions(new TypeName(kind, essentialName), out int declarationCount);
        if (local.Kind == BpfTypeKind.Forward)
        {
            // Where one is defined, no declaration is left.
            return found.Length == 0 && declarationCount > 0 ? [Add(() => new BpfType(BpfTypeKind.Forward, essentialName) { IsFlagged = local.IsFlagged })] : [];
        }

        return local.Kind != BpfTypeKind.Typedef ? [.. found.Select(d => IdOf(d.Graph, d.Root))]
            : found.Length == 0 ? throw NotSearched(local)
            : [.. found.Select(d => Add(() => new BpfType(BpfTypeKind.Typedef, essentialName) { Target = IdOf(d.Graph, d.Root) }))];
    }

    private TypeDefinition[] Definitions(TypeName name, out int declarationCount)
    {
        DefinitionSet[] sets = [.. _sets[name]];
        if (sets.Select(s => s.Problem).FirstOrDefault(p => p is not null) is { } problem)
        {
            throw new BpfUndecidedException(problem.Problem);
        }

        declarationCount = sets.Sum(s => s.DeclarationCount);
        TypeDefinition[] found = [.. sets.SelectMany(s => s.Distinct)];

        // BTF has the definitions within functions among the others.
        return found.Length > 0 || name.Kind is TypeNameKind.Enum or TypeNameKind.Typedef ? found : [.. _source.FindRemainder(name).Local];
    }

    private static BpfUndecidedException NotSearched(BpfType local)
        => new($"DWARF is not searched for {local.Describe()}: of typedefs, those of structs and unions alone are found in it; --source btf has all, where the kernel has BTF");

    private uint Add(Func<BpfType> make)
    {
        _make.Add(make);
        _made.Add(null);
        return (uint)_make.Count - 1;
    }

    private uint IdOf(TypeGraph graph, TypeId type)
    {
        if (type == TypeId.Void)
        {
            return 0;
        }

        if (!_ids.TryGetValue((graph, type), out uint id))
        {
            id = Add(() => Make(graph, type));
            _ids.Add((graph, type), id);
        }

        return id;
    }

    private BpfType Make(TypeGraph graph, TypeId id)
    {
        switch (graph[id])
        {
            case BaseType type:
                return new BpfType(type.Encoding == BaseEncoding.Float ? BpfTypeKind.Float : BpfTypeKind.Integer, type.Name) { ByteSize = Size(type.ByteSize), Encoding = EncodingOf(type.Encoding) };
            case PointerType type:
                return new BpfType(BpfTypeKind.Pointer, null) { Target = IdOf(graph, type.Target) };
            case QualifiedType type:
                return new BpfType(BpfTypeKind.Modifier, null) { Target = IdOf(graph, type.Target) };
            case TypedefType type:
                return new BpfType(BpfTypeKind.Typedef, type.Name) { Target = IdOf(graph, type.Target) };
            case ArrayType type:
                return MakeArray(graph, type);
            case EnumType type:
                return new BpfType(BpfTypeKind.Enum, type.Name) { ByteSize = Size(type.ByteSize), IsFlagged = type.IsSigned, Enumerators = EnumeratorsOf(type) };
            case AggregateReference type:
                return new BpfType(type.Kind == AggregateKind.Union ? BpfTypeKind.Union : BpfTypeKind.Struct, type.Name);
            case AggregateType type:
                return new BpfType(type.Kind == AggregateKind.Union ? BpfTypeKind.Union : BpfTypeKind.Struct, type.Name)
                {
                    ByteSize = Size(type.ByteSize),
                    Members = [.. type.Members.Select(m => new BpfMember(m.Name, IdOf(graph, m.Type), Size(m.BitOffset), Size(m.BitFieldSize ?? 0)))],
                };
            case FunctionType type:
                // BTF writes `...` as a last parameter of no type.
                uint[] parameters = [.. type.Parameters.Select(p => IdOf(graph, p)), .. type.IsVariadic ? (uint[])[0u] : []];
                return new BpfType(BpfTypeKind.Prototype, null) { Target = IdOf(graph, type.Return), Parameters = [.. parameters] };
            default:
                return new BpfType(BpfTypeKind.Other, null);
        }
    }

    // One DW_TAG_array_type of several dimensions is one array of BTF.
    private BpfType MakeArray(TypeGraph graph, ArrayType type)
    {
        ulong count = type.Count ?? 0;
        TypeId element = type.Element;
        while (element != TypeId.Void && graph[element] is ArrayType inner)
        {
            count = Math.Min(count, uint.MaxValue) * Math.Min(inner.Count ?? 0, uint.MaxValue);
            element = inner.Element;
        }

        return new BpfType(BpfTypeKind.Array, null) { Target = IdOf(graph, element), ElementCount = Size(count) };
    }

    private static uint Size(ulong size) => size <= uint.MaxValue ? (uint)size : throw new BpfRefusedException("a type has more than 4 GiB");

    private static uint EncodingOf(BaseEncoding encoding) => encoding switch
    {
        BaseEncoding.Signed or BaseEncoding.SignedChar => 1,
        BaseEncoding.Boolean => 4,
        _ => 0,
    };

    private static ImmutableArray<BpfEnumerator> EnumeratorsOf(EnumType type) => type.Enumerators is not { } enumerators ? default
        : [.. enumerators.Select(e => new BpfEnumerator(e.Name, type.ByteSize > 4 ? unchecked((ulong)e.Value) : unchecked((ulong)(int)e.Value)))];

    // Graphs are told apart by identity.
    private sealed class ByGraph : IEqualityComparer<(TypeGraph Graph, TypeId Type)>
    {
        public bool Equals((TypeGraph Graph, TypeId Type) x, (TypeGraph Graph, TypeId Type) y) => ReferenceEquals(x.Graph, y.Graph) && x.Type == y.Type;

        public int GetHashCode((TypeGraph Graph, TypeId Type) pair) => HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(pair.Graph), pair.Type.Index);
    }
}
