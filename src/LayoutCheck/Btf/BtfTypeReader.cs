using System.Collections.Immutable;
using LayoutCheck.Elf;
using LayoutCheck.Types;

namespace LayoutCheck.Btf;

/// <summary>
/// Answers from BTF: the <c>.BTF</c> section of an ELF or a file that is BTF. Reads in two steps: <see cref="BtfIndex"/> finds all
/// records at once, <see cref="BtfNodeReader"/> makes nodes of those that are asked for. Valid while the file is open.
/// </summary>
internal sealed class BtfTypeReader : ITypeSource
{
    // As in DWARF's survey.
    private const int MostVariants = 256;

    private readonly BtfIndex _index;
    private readonly int? _elfWordByteSize;
    private int? _wordByteSize;

    /// <summary>Finds the records.</summary>
    /// <param name="section">The .BTF section, or the whole of a file that is BTF. Its byte order does not matter: BTF has its own.</param>
    /// <param name="name">What errors call it; null for a whole file.</param>
    /// <param name="wordByteSize">The size of a pointer, in bytes, as the ELF around it tells; null when there is none.</param>
    /// <param name="baseIndex">The kernel's BTF when this is the split BTF of one of its modules.</param>
    /// <exception cref="InvalidImageException">
    /// It is not BTF, is damaged, is split BTF without a base or of another base, or has a kind of record that we cannot step over.
    /// </exception>
    public BtfTypeReader(Section section, string? name, int? wordByteSize = null, BtfIndex? baseIndex = null)
    {
        _index = new BtfIndex(section, name, baseIndex);
        _elfWordByteSize = wordByteSize;
    }

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Btf;

    /// <inheritdoc/>
    public TargetFacts Target => new(WordByteSize(), _index.Section.IsBigEndian);

    /// <summary>Whether a file starts as BTF of either byte order does.</summary>
    public static bool HasMagic(MappedFile file) => BtfIndex.HasMagic(file.Whole());

    /// <inheritdoc/>
    public double FractionDone => 1; // Its one pass is over before the first question.

    /// <inheritdoc/>
    public TypeDefinition? FindFirst(TypeName name)
    {
        List<uint> roots = FindRoots(name, out _);
        return roots.Count == 0 ? null : Read(roots[0]);
    }

    /// <inheritdoc/>
    public Survey FindAll(IReadOnlyList<TypeName> names, Team team, bool withPlaces = false)
    {
        ImmutableArray<DefinitionSet>.Builder sets = ImmutableArray.CreateBuilder<DefinitionSet>(names.Count);
        foreach (TypeName name in names)
        {
            List<uint> roots = FindRoots(name, out int declarationCount);
            ImmutableArray<TypeDefinition>.Builder distinct = ImmutableArray.CreateBuilder<TypeDefinition>();
            foreach (uint root in roots)
            {
                TypeDefinition definition = Read(root);
                if (!IsAmong(distinct, definition))
                {
                    // As of DWARF: each is compared with all that differ before it.
                    distinct.Add(distinct.Count < MostVariants ? definition
                        : throw _index.Section.Invalid(null, $"more than {MostVariants} definitions of {name} differ", "name the image of one kernel"));
                }
            }

            sets.Add(new DefinitionSet(name, distinct.ToImmutable(), declarationCount));
        }

        return new Survey(sets.MoveToImmutable(), new SourceFacts(SourceKind.Btf, Target, "BTF", [], []));
    }

    /// <inheritdoc/>
    public IReadOnlyList<TypeName> DefinedNames()
    {
        HashSet<TypeName> names = [];
        foreach (uint id in _index.Taggable)
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

    private static bool IsAmong(ImmutableArray<TypeDefinition>.Builder known, TypeDefinition definition)
    {
        foreach (TypeDefinition one in known)
        {
            if (DefinitionEquality.MayBeSame(one.Aggregate, definition.Aggregate) && DefinitionEquality.Same(one.Graph, one.Root, definition.Graph, definition.Root))
            {
                return true;
            }
        }

        return false;
    }

    private TypeDefinition Read(uint root)
    {
        TypeGraph graph = new BtfNodeReader(_index, WordByteSize).Read(root, out TypeId id);
        return new TypeDefinition(graph, id, [new DefiningUnit(0, "")]);
    }

    // The STRUCT and UNION records that a name stands for, by rising id of what has the name, each once.
    private List<uint> FindRoots(TypeName name, out int declarationCount)
    {
        declarationCount = 0;
        List<uint> roots = [];
        HashSet<uint> known = [];
        foreach (uint id in _index.Find(name.Name))
        {
            BtfRecord record = _index.Record(id);
            BtfRecord? target = record.Kind != BtfFormat.BTF_KIND_TYPEDEF ? record
                : name.Kind == TypeNameKind.Any ? BtfNodeReader.Strip(_index, record.SizeOrType, record)
                : null;
            switch (target)
            {
                case { Kind: BtfFormat.BTF_KIND_STRUCT } when name.Kind != TypeNameKind.Union:
                case { Kind: BtfFormat.BTF_KIND_UNION } when name.Kind != TypeNameKind.Struct:
                    if (known.Add(target.Value.Id))
                    {
                        roots.Add(target.Value.Id);
                    }

                    break;
                case { Kind: BtfFormat.BTF_KIND_FWD } forward when name.Kind == TypeNameKind.Any || forward.KindFlag == (name.Kind == TypeNameKind.Union):
                    declarationCount++;
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
