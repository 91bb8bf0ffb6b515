using System.Runtime.InteropServices;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Census;

/// <summary>The findings of one worker of a census: numbers, since a kernel has a million definitions. Names and variants are known by their hashes.</summary>
/// <param name="info">.debug_info, whose file's budget is charged.</param>
/// <param name="facts">Where the facts about the source are collected.</param>
internal sealed class CensusFindings(Section info, SourceFacts facts)
{
    // The memory of a name with its string, and of a variant, in bytes; they are charged in batches.
    private const int EntriesAtOnce = 1 << 10;
    private const ulong EntrySize = 320;
    private const int UsesAtOnce = 1 << 15;

    private readonly HashIndex _nameIndex = new();
    private readonly HashIndex _variantIndex = new();
    private readonly List<int> _declaredInUnit = [];
    private readonly List<Use[]> _uses = [];
    private Use[] _lastUses = [];
    private int _lastCount;
    private int _unit;

    /// <summary>A name: the tag of a struct or a union.</summary>
    internal record struct Name
    {
        /// <summary>The hash of the text and the kind.</summary>
        public ulong Key;

        /// <summary>The text; null while only declarations were met.</summary>
        public TypeName? Text;

        /// <summary>How many units only declare it.</summary>
        public int Declarations;

        /// <summary>Whether a definition could not be hashed: a survey has the word.</summary>
        public bool IsSurveyed;

        /// <summary>The last unit that defines it, and the last that declares it.</summary>
        public int DefinedIn;
        public int DeclaredIn;
    }

    /// <summary>One of the different definitions of a name.</summary>
    /// <param name="Key">The hash of the definition.</param>
    /// <param name="Name">The index of the name.</param>
    /// <param name="Unit">The first unit that has it.</param>
    /// <param name="Die">The offset of its DIE there.</param>
    internal readonly record struct Variant(ulong Key, int Name, int Unit, ulong Die);

    /// <summary>That a unit has a variant.</summary>
    internal readonly record struct Use(int Variant, int Unit);

    /// <summary>The facts about the source.</summary>
    public SourceFacts Facts => facts;

    /// <summary>The names by number.</summary>
    public List<Name> Names { get; } = [];

    /// <summary>The variants by number.</summary>
    public List<Variant> Variants { get; } = [];

    /// <summary>The units by rising index.</summary>
    public List<DefiningUnit> Units { get; } = [];

    /// <summary>Which units have which variants, in parts; those of one variant by rising index.</summary>
    public IEnumerable<ReadOnlyMemory<Use>> UsesInParts()
    {
        for (int i = 0; i < _uses.Count; i++)
        {
            yield return _uses[i].AsMemory(0, i == _uses.Count - 1 ? _lastCount : UsesAtOnce);
        }
    }

    /// <summary>Moves to another unit.</summary>
    public void Begin(DefiningUnit unit)
    {
        _unit = unit.Index;
        Units.Add(unit);
    }

    /// <summary>The number of a name.</summary>
    public int NameOf(ulong key)
    {
        int number = _nameIndex.Add(key, out bool isNew);
        if (isNew)
        {
            Names.Add(new Name { Key = key, DefinedIn = -1, DeclaredIn = -1 });
            Charge(Names.Count);
        }

        return number;
    }

    /// <summary>The number of the name of a variant that is known, or -1.</summary>
    public int NameOfVariant(ulong key) => _variantIndex.Find(key) is >= 0 and var variant ? Variants[variant].Name : -1;

    /// <summary>Whether the current unit defines a name.</summary>
    public bool IsDefined(int name) => Entry(name).DefinedIn == _unit;

    /// <summary>Notes that the current unit declares a name.</summary>
    public void Declare(int name)
    {
        ref Name entry = ref Entry(name);
        if (entry.DeclaredIn != _unit)
        {
            entry.DeclaredIn = _unit;
            _declaredInUnit.Add(name);
        }
    }

    /// <summary>Notes that the current unit defines a name that has a text.</summary>
    /// <param name="name">The number of the name.</param>
    /// <param name="key">The hash of the definition.</param>
    /// <param name="die">The offset of its DIE.</param>
    public void Define(int name, ulong key, ulong die)
    {
        Entry(name).DefinedIn = _unit;
        int variant = _variantIndex.Add(key, out bool isNew);
        if (isNew)
        {
            Variants.Add(new Variant(key, name, _unit, die));
            Charge(Variants.Count);
        }

        if (_lastCount == _lastUses.Length)
        {
            info.File.Budget.Take(info, UsesAtOnce * 2 * sizeof(int));
            _lastUses = new Use[UsesAtOnce];
            _lastCount = 0;
            _uses.Add(_lastUses);
        }

        _lastUses[_lastCount++] = new Use(variant, _unit);
    }

    /// <summary>Notes that the current unit defines a name in a way that a survey has to read.</summary>
    public void Leave(int name)
    {
        ref Name entry = ref Entry(name);
        entry.DefinedIn = _unit;
        entry.IsSurveyed = true;
    }

    /// <summary>Gives a name its text.</summary>
    public void SetText(int name, TypeName text) => Entry(name).Text = text;

    /// <summary>Ends the unit.</summary>
    public void End()
    {
        foreach (int name in _declaredInUnit)
        {
            ref Name entry = ref Entry(name);
            entry.Declarations += entry.DefinedIn == _unit ? 0 : 1;
        }

        _declaredInUnit.Clear();
    }

    private ref Name Entry(int name) => ref CollectionsMarshal.AsSpan(Names)[name];

    private void Charge(int count)
    {
        if (count % EntriesAtOnce == 0)
        {
            info.File.Budget.Take(info, EntriesAtOnce * EntrySize);
        }
    }
}
