using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Btf;

/// <summary>
/// The types of BTF: of the <c>.BTF</c> section of an ELF, or of a file that is BTF. <see cref="BtfIndex"/> finds all records at once,
/// <see cref="BtfNodeReader"/> makes nodes of the wanted ones. Valid while the file is open.
/// </summary>
internal sealed class BtfTypeReader : ITypeSource
{
    // As many as of DWARF: no kernel has more definitions of one name that differ.
    private const int MostVariants = 256;

    private readonly BtfIndex _index;
    private readonly int? _elfWordByteSize;
    private int? _wordByteSize;

    // Lazy, made for the first question about an enumeration.
    private BtfEnums? _enums;

    // Lazy, made for the first array: it takes a look at all of them.
    private ArrayNesting? _nesting;

    /// <summary>Finds the records.</summary>
    /// <param name="section">The .BTF section, or the whole of a file that is BTF. Its byte order does not matter: BTF has its own.</param>
    /// <param name="name">What errors call it; null for a whole file.</param>
    /// <param name="wordByteSize">The size of a pointer, in bytes, as the ELF around it tells; null when there is none.</param>
    /// <param name="baseIndex">The kernel's BTF when this is the split BTF of one of its modules.</param>
    /// <exception cref="InvalidImageException">
    /// It is not BTF, is damaged, is split BTF without a base or of another base, or has a kind of record of unknown length.
    /// </exception>
    public BtfTypeReader(Section section, string? name, int? wordByteSize = null, BtfIndex? baseIndex = null)
    {
        _index = new BtfIndex(section, name, baseIndex);
        _elfWordByteSize = wordByteSize;
    }

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Btf;

    /// <summary>The records.</summary>
    public BtfIndex Index => _index;

    /// <inheritdoc/>
    public TargetInfo Target => new(WordByteSize(), _index.Section.IsBigEndian) { LargestScalarAlignment = MachineScalarAlignment };

    /// <inheritdoc/>
    public ScalarAlignment Scalars
        => new TargetInfo(FindLong() ?? _elfWordByteSize ?? 4, _index.Section.IsBigEndian) { LargestScalarAlignment = MachineScalarAlignment }.Scalars;

    /// <summary>The same as the ELF around it tells; null when there is none, or where the size of a word tells it.</summary>
    public ulong? MachineScalarAlignment { get; init; }

    /// <inheritdoc cref="BtfIndex.ContinuesBase"/>
    public bool ContinuesBase => _index.ContinuesBase;

    /// <summary>Whether a file starts as BTF of either byte order does.</summary>
    public static bool HasMagic(MappedFile file) => BtfHeader.HasMagic(file.Whole());

    /// <inheritdoc/>
    public double FractionDone => 1; // Its one pass is over before the first question.

    /// <inheritdoc/>
    public TypeDefinition? FindFirst(TypeName name)
    {
        List<uint> roots = FindRoots(name, out _);
        return roots.Count == 0 ? null : Read(roots[..1], out _)[0] with { OutOf = roots.Count };
    }

    /// <inheritdoc/>
    public Survey FindAll(IReadOnlyList<TypeName> names, WorkerPool pool, bool withPlaces = false)
    {
        ImmutableArray<DefinitionSet>.Builder sets = ImmutableArray.CreateBuilder<DefinitionSet>(names.Count);
        bool flattensArrays = false;
        foreach (TypeName name in names)
        {
            sets.Add(FindAll(name, ref flattensArrays));
        }

        DebugInfoSummary facts = new(SourceKind.Btf, Target, "BTF", [], []) { Omission = FindOmission(), FlattensArrays = flattensArrays };
        return new Survey(sets.MoveToImmutable(), facts);
    }

    /// <inheritdoc/>
    public Survey FindAllByPlace(IReadOnlyList<TypeName> names, WorkerPool pool) => FindAll(names, pool);

    private DefinitionSet FindAll(TypeName name, ref bool flattensArrays)
    {
        List<uint> roots = FindRoots(name, out int declarationCount);
        return Define(name, roots, declarationCount, ref flattensArrays);
    }

    private DefinitionSet Define(TypeName name, List<uint> roots, int declarationCount, ref bool flattensArrays)
    {
        try
        {
            ImmutableArray<TypeDefinition> definitions = Read(roots, out bool hasFlattened);
            flattensArrays |= hasFlattened;
            return new DefinitionSet(name, Fold(name, definitions), declarationCount);
        }
        catch (InvalidImageException e) when (e.IsOfOneType)
        {
            return new DefinitionSet(name, [], declarationCount) { Problem = e };
        }
    }

    /// <inheritdoc/>
    public Remainder FindRemainder(TypeName name)
    {
        // BTF does not mark definitions within functions: they were found with the others.
        foreach (uint id in _index.Find(name.Name))
        {
            BtfRecord record = _index.Record(id);
            if (record.Kind == BtfFormat.BTF_KIND_TYPEDEF && MayBeTypedef(name) && TypedefOf(record) is { } target)
            {
                return new Remainder([], target);
            }
        }

        return Remainder.None;
    }

    /// <inheritdoc/>
    public SourceOmission? FindOmission() => BtfProducer.OmissionOf(_index, () => (ulong)WordByteSize());

    /// <inheritdoc/>
    public RustTypes? FindRustTypes(IReadOnlySet<string>? names = null) => null;

    /// <inheritdoc/>
    public IReadOnlyList<TypeName> DefinedNames()
    {
        HashSet<TypeName> names = [];
        foreach (uint id in _index.NamedTypes)
        {
            BtfRecord record = _index.Record(id);
            if (record.Kind is BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION && _index.NameAt(record.NameOffset, record) is { } name)
            {
                _ = names.Add(new TypeName(record.Kind == BtfFormat.BTF_KIND_STRUCT ? TypeNameKind.Struct : TypeNameKind.Union, name));
            }
        }

        List<TypeName> sorted = [.. names];
        sorted.Sort((x, y) => string.CompareOrdinal(x.Name, y.Name) is not 0 and var order ? order : x.Kind.CompareTo(y.Kind));
        return sorted;
    }

    /// <inheritdoc/>
    public InlinedCall[]? FindInlinedCalls(IReadOnlyList<InlinedFunction> functions, WorkerPool pool) => null;

    /// <inheritdoc/>
    public PrototypeSet FindPrototypes(IReadOnlyList<string> names, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(names);
        Dictionary<string, int> wanted = [];
        for (int i = 0; i < names.Count; i++)
        {
            _ = wanted.TryAdd(names[i], i);
        }

        List<uint>[] ids = [.. names.Select(_ => new List<uint>())];
        for (uint id = 1; id <= _index.Count; id++)
        {
            BtfRecord record = _index.Record(id);
            if (record.Kind is not (BtfFormat.BTF_KIND_FUNC or BtfFormat.BTF_KIND_VAR) || _index.NameAt(record.NameOffset, record) is not { } name
                || !wanted.TryGetValue(name, out int at))
            {
                continue;
            }

            // What a module has itself counts before what its kernel has.
            if (ids[at].Count > 0 && _index.IsInherited(ids[at][0]) && !_index.IsInherited(id))
            {
                ids[at].Clear();
            }

            ids[at].Add(id);
        }

        return PrototypeSet.Of(names, i => ids[i].Count == 0 ? (null, null) : ReadPrototype(names[i], ids[i]));
    }

    // A static function of the same name may be among them: BTF calls all functions static.
    private (Prototype? Found, InvalidImageException? Problem) ReadPrototype(string name, List<uint> ids)
    {
        try
        {
            Prototype[] all = [.. ids.Select(id => ReadPrototype(name, _index.Record(id))).DistinctBy(p => p.Graph.Declare(p.Type))];
            return all.Length == 1 ? (all[0], null) : (null, _index.Invalid(
                $"{all.Length} functions or variables are named {Printable.Shorten(name)}, their types differ, and BTF does not tell which of them is exported", "use DWARF"));
        }
        catch (InvalidImageException e) when (e.IsOfOneType)
        {
            return (null, e);
        }
    }

    private Prototype ReadPrototype(string name, BtfRecord record)
    {
        BtfNodeReader reader = new(_index, WordByteSize, () => _nesting ??= BtfProducer.NestingOf(_index));
        TypeId type = reader.ReadPrototype(record);
        return new Prototype(name, reader.Build(), type);
    }

    /// <inheritdoc/>
    public ITypeCensus TakeCensus(WorkerPool pool, bool withPlaces = false) => new Census(this);

    /// <summary>The structs and unions by name: one pass finds the records of all names. Of split BTF they are a module's own: the rest is the kernel's.</summary>
    private sealed class Census : ITypeCensus, ICensusReader
    {
        private readonly BtfTypeReader _source;
        private readonly Dictionary<TypeName, List<uint>> _roots = [];
        private readonly Dictionary<TypeName, int> _declarations = [];

        public Census(BtfTypeReader source)
        {
            _source = source;
            // Lazy fields of the source are filled here, before threads share it.
            _ = source.WordByteSize();
            source._nesting ??= BtfProducer.NestingOf(source._index);
            foreach (uint id in source._index.OwnNamedTypes)
            {
                Add(source._index.Record(id));
            }

            Names = [.. _roots.Keys.OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Kind)];

            Facts = new(SourceKind.Btf, source.Target, "BTF", [], []) { Omission = source.FindOmission(), FlattensArrays = source._nesting == ArrayNesting.Flattened };
        }

        public ImmutableArray<TypeName> Names { get; }

        public DebugInfoSummary Facts { get; }

        // Whether a record is sound is known when it was read.
        public int? CountOfEqual(int index) => null;

        public ICensusReader OpenReader() => this;

        public DefinitionSet Read(int index)
        {
            bool flattensArrays = false;
            return _source.Define(Names[index], _roots[Names[index]], _declarations.GetValueOrDefault(Names[index]), ref flattensArrays);
        }

        public void Dispose()
        {
        }

        private void Add(in BtfRecord record)
        {
            bool isUnion = record.Kind == BtfFormat.BTF_KIND_UNION || (record.Kind == BtfFormat.BTF_KIND_FWD && record.KindFlag);
            if (record.Kind is BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION or BtfFormat.BTF_KIND_FWD
                && _source._index.NameAt(record.NameOffset, record) is { } text)
            {
                TypeName name = new(isUnion ? TypeNameKind.Union : TypeNameKind.Struct, text);
                if (record.Kind == BtfFormat.BTF_KIND_FWD)
                {
                    _declarations[name] = _declarations.GetValueOrDefault(name) + 1;
                }
                else if (_roots.TryGetValue(name, out List<uint>? known))
                {
                    known.Add(record.Id);
                }
                else
                {
                    _roots.Add(name, [record.Id]);
                }
            }
        }
    }

    // Definitions that lay out the same become one, with the records of all. Most names have one definition, and one kernel had 475 of one name.
    private ImmutableArray<TypeDefinition> Fold(TypeName name, ImmutableArray<TypeDefinition> definitions)
    {
        if (definitions.Length < 2)
        {
            return definitions;
        }

        int[] hashes = DefinitionEquality.HashesOf(definitions[0].Graph);
        List<(TypeDefinition Definition, List<DefiningUnit> Units)> distinct = [];
        foreach (TypeDefinition definition in definitions)
        {
            int known = distinct.FindIndex(d => hashes[d.Definition.Root.Index] == hashes[definition.Root.Index]
                && DefinitionEquality.Same(d.Definition.Graph, d.Definition.Root, definition.Graph, definition.Root));
            if (known >= 0)
            {
                distinct[known].Units.Add(definition.Units[0]);
            }
            else if (distinct.Count == MostVariants)
            {
                throw _index.Invalid($"more than {MostVariants} definitions of {name} differ", "name the image of one kernel");
            }
            else
            {
                distinct.Add((definition, [definition.Units[0]]));
            }
        }

        return [.. distinct.Select(d => d.Definition with { Units = [.. d.Units] })];
    }

    // All in one graph, so that shared types are read once.
    private ImmutableArray<TypeDefinition> Read(List<uint> roots, out bool hasFlattenedArrays)
    {
        BtfNodeReader reader = new(_index, WordByteSize, () => _nesting ??= BtfProducer.NestingOf(_index));
        TypeId[] ids = [.. roots.Select(id => _index.Record(id) is { Kind: BtfFormat.BTF_KIND_ENUM or BtfFormat.BTF_KIND_ENUM64 } record
            ? reader.ReadEnum(record, _enums!) : reader.Read(id))];
        TypeGraph graph = reader.Build();
        hasFlattenedArrays = reader.HasFlattenedArrays;
        return [.. ids.Select((id, i) => new TypeDefinition(graph, id, [new DefiningUnit((int)roots[i], $"BTF type {roots[i]}")]))];
    }

    private static bool MayBeTypedef(TypeName name) => name.Kind is TypeNameKind.Any or TypeNameKind.Typedef;

    // The struct or union behind a typedef when it is only declared there.
    private TypeName? TypedefOf(in BtfRecord typedef)
        => _index.Strip(typedef.SizeOrType, typedef) is { Kind: BtfFormat.BTF_KIND_FWD } forward && _index.NameAt(forward.NameOffset, forward) is { } tag
            ? new TypeName(forward.KindFlag ? TypeNameKind.Union : TypeNameKind.Struct, tag)
            : null;

    // An ENUM without enumerators is a declaration (libbpf's btf_is_fwd).
    private List<uint> FindEnums(string tag, out int declarationCount)
    {
        List<BtfRecord> found = (_enums ??= new BtfEnums(_index)).Find(tag);
        declarationCount = found.Count(r => r.ElementCount == 0);
        return [.. found.Where(r => r.ElementCount > 0).Select(r => r.Id)];
    }

    // The STRUCT and UNION records that a name stands for, each once, by rising id of the record with the name.
    private List<uint> FindRoots(TypeName name, out int declarationCount)
    {
        if (name.Kind == TypeNameKind.Enum)
        {
            return FindEnums(name.Name, out declarationCount);
        }

        declarationCount = 0;
        List<uint> roots = [];
        HashSet<uint> known = [];
        foreach (uint id in _index.Find(name.Name))
        {
            BtfRecord record = _index.Record(id);
            BtfRecord? target = record.Kind == BtfFormat.BTF_KIND_TYPEDEF
                ? MayBeTypedef(name) ? _index.Strip(record.SizeOrType, record) : null
                : name.Kind == TypeNameKind.Typedef ? null : record;
            switch (target)
            {
                case { Kind: BtfFormat.BTF_KIND_STRUCT } when name.Kind != TypeNameKind.Union:
                case { Kind: BtfFormat.BTF_KIND_UNION } when name.Kind != TypeNameKind.Struct:
                    if (known.Add(target.Value.Id))
                    {
                        roots.Add(target.Value.Id);
                    }

                    break;
                case { Kind: BtfFormat.BTF_KIND_FWD } forward when MayBeTypedef(name) || forward.KindFlag == (name.Kind == TypeNameKind.Union):
                    declarationCount++;
                    if (record.Kind == BtfFormat.BTF_KIND_TYPEDEF && TypedefOf(record) is { } tag)
                    {
                        // A tag leads no further.
                        roots.AddRange(FindRoots(tag, out _).Except(roots));
                    }

                    break;
                default:
                    break;
            }
        }

        return roots;
    }

    // BTF does not record the size of a pointer. On every ABI of Linux it is that of long, so any long tells; libbpf does the same.
    private int WordByteSize() => _wordByteSize ??= FindLong() ?? _elfWordByteSize ?? throw _index.Section.Invalid(
        null, "does not tell the size of a pointer: it has no type long to take it from", "use an image with DWARF");

    private int? FindLong()
    {
        foreach (uint id in _index.Integers)
        {
            BtfRecord record = _index.Record(id);
            if (record.SizeOrType is 4 or 8 && _index.NameAt(record.NameOffset, record) is "long unsigned int" or "unsigned long" or "long int" or "long")
            {
                return (int)record.SizeOrType;
            }
        }

        return null;
    }
}
