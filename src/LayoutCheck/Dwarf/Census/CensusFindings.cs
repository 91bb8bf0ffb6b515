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

    // A kernel has some ten thousand.
    private const int MostAliases = 1 << 17;

    private readonly HashIndex _nameIndex = new();
    private readonly HashIndex _variantIndex = new();
    private HashIndex _aliasIndex = new();
    private readonly List<int> _declaredInUnit = [];
    private readonly List<VariantUse[]> _uses = [];

    // By name, the last unit that defines it, and the last that declares it; by variant, its name.
    private int[] _definedIn = new int[EntriesAtOnce];
    private int[] _declaredIn = new int[EntriesAtOnce];
    private int[] _nameOfVariant = new int[EntriesAtOnce];
    private int[] _variantOfAlias = new int[EntriesAtOnce];
    private VariantUse[] _lastUses = [];
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
    }

    /// <summary>One of the different definitions of a name.</summary>
    /// <param name="Key">The hash of the definition.</param>
    /// <param name="Name">The index of the name.</param>
    /// <param name="Unit">The first unit that has it.</param>
    /// <param name="Die">The offset of its DIE there.</param>
    internal readonly record struct Variant(ulong Key, int Name, int Unit, ulong Die);

    /// <summary>That a unit has a variant.</summary>
    internal readonly record struct VariantUse(int Variant, int Unit);

    /// <summary>The facts about the source.</summary>
    public SourceFacts Facts => facts;

    /// <summary>The names by number.</summary>
    public List<Name> Names { get; } = [];

    /// <summary>The variants by number.</summary>
    public List<Variant> Variants { get; } = [];

    /// <summary>The units by rising index.</summary>
    public List<DefiningUnit> Units { get; } = [];

    /// <summary>Which units have which variants, in parts; those of one variant by rising index.</summary>
    public IEnumerable<ReadOnlyMemory<VariantUse>> UsesInParts()
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
            Names.Add(new Name { Key = key });
            Append(ref _definedIn, number, -1);
            Append(ref _declaredIn, number, -1);
            Charge(Names.Count);
        }

        return number;
    }

    /// <summary>Whether the current unit defines a name.</summary>
    public bool IsDefined(int name) => _definedIn[name] == _unit;

    /// <summary>Notes that the current unit declares a name.</summary>
    public void Declare(int name)
    {
        if (_declaredIn[name] != _unit)
        {
            _declaredIn[name] = _unit;
            _declaredInUnit.Add(name);
        }
    }

    /// <summary>Notes that the current unit has a variant that is known by a hash with offsets in place of names; false if it is not.</summary>
    public bool TryDefine(ulong byOffsets)
    {
        int alias = _aliasIndex.Find(byOffsets);
        if (alias < 0)
        {
            return false;
        }

        Use(_variantOfAlias[alias], _nameOfVariant[_variantOfAlias[alias]]);
        return true;
    }

    /// <summary>Makes a variant known by a hash with offsets in place of names too.</summary>
    public void AddAlias(ulong byOffsets, int variant)
    {
        if (_aliasIndex.Count == MostAliases)
        {
            // Each can be found again.
            _aliasIndex = new HashIndex();
        }

        Append(ref _variantOfAlias, _aliasIndex.Add(byOffsets, out _), variant);
    }

    /// <summary>
    /// Notes that the current unit defines a name that has a text. In C a tag has one definition in a unit; of more, a survey takes the first.
    /// </summary>
    /// <param name="name">The number of the name.</param>
    /// <param name="key">The hash of the definition.</param>
    /// <param name="die">The offset of its DIE.</param>
    /// <returns>The number of the variant; -1 if the unit has a definition of the name.</returns>
    public int Define(int name, ulong key, ulong die)
    {
        if (IsDefined(name))
        {
            return -1;
        }

        int variant = _variantIndex.Add(key, out bool isNew);
        if (isNew)
        {
            Variants.Add(new Variant(key, name, _unit, die));
            Charge(Variants.Count);
            Append(ref _nameOfVariant, variant, name);
        }

        Use(variant, name);
        return variant;
    }

    private void Use(int variant, int name)
    {
        if (IsDefined(name))
        {
            return;
        }

        _definedIn[name] = _unit;
        if (_lastCount == _lastUses.Length)
        {
            info.File.Budget.Take(info, UsesAtOnce * 2 * sizeof(int));
            _lastUses = new VariantUse[UsesAtOnce];
            _lastCount = 0;
            _uses.Add(_lastUses);
        }

        _lastUses[_lastCount++] = new VariantUse(variant, _unit);
    }

    /// <summary>Notes that the current unit defines a name in a way that a survey has to read.</summary>
    public void Leave(int name)
    {
        _definedIn[name] = _unit;
        Entry(name).IsSurveyed = true;
    }

    /// <summary>Gives a name its text.</summary>
    public void SetText(int name, TypeName text) => Entry(name).Text = text;

    /// <summary>Ends the unit.</summary>
    public void End()
    {
        foreach (int name in _declaredInUnit)
        {
            Entry(name).Declarations += IsDefined(name) ? 0 : 1;
        }

        _declaredInUnit.Clear();
    }

    private ref Name Entry(int name) => ref CollectionsMarshal.AsSpan(Names)[name];

    private static void Append(ref int[] list, int index, int value)
    {
        if (index == list.Length)
        {
            Array.Resize(ref list, index * 2);
        }

        list[index] = value;
    }

    private void Charge(int count)
    {
        if (count % EntriesAtOnce == 0)
        {
            info.File.Budget.Take(info, EntriesAtOnce * EntrySize);
        }
    }
}
