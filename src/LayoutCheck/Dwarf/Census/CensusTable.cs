using System.Collections.Immutable;
using System.Runtime.InteropServices;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// The merged findings of a census, as flat lists: the names in order, the variants of each by their first units, and the units of each variant.
/// Immutable but for the list of units, which is made when it is first asked for.
/// </summary>
/// <param name="names">The names in order.</param>
/// <param name="declarations">By name, how many units only declare it.</param>
/// <param name="isSurveyed">By name, whether it is left to a survey.</param>
/// <param name="variants">The variants of all names, those of one together.</param>
/// <param name="firstVariants">By name, the index of its first variant; one more at the end.</param>
/// <param name="units">The units by their indexes; those of other languages are unused.</param>
/// <param name="useCounts">By variant, how many units have it.</param>
/// <param name="uses">Makes the units of all variants: their indexes, and by variant where its own start, with one more at the end.</param>
internal sealed class CensusTable(
    ImmutableArray<TypeName> names,
    int[] declarations,
    bool[] isSurveyed,
    CensusFindings.Variant[] variants,
    int[] firstVariants,
    DefiningUnit[] units,
    int[] useCounts,
    Func<(int[] Units, int[] Starts)> uses)
{
    private readonly Lazy<(int[] Units, int[] Starts)> _uses = new(uses);
    private readonly int[] _indexes = [.. Enumerable.Range(0, variants.Length)];

    /// <summary>The names in order.</summary>
    public ImmutableArray<TypeName> Names => names;

    /// <summary>Whether a name is left to a survey.</summary>
    public bool IsSurveyed(int name) => isSurveyed[name];

    /// <summary>How many units only declare a name.</summary>
    public int DeclarationsOf(int name) => declarations[name];

    /// <summary>The variants of a name, in the order of their first units.</summary>
    public ReadOnlySpan<int> VariantsOf(int name) => _indexes.AsSpan(firstVariants[name]..firstVariants[name + 1]);

    /// <summary>The first definition of a variant: the index of the unit, and the offset of the DIE.</summary>
    public (int Unit, ulong Die) PlaceOf(int variant) => (variants[variant].Unit, variants[variant].Die);

    /// <summary>How many units have a variant.</summary>
    public int UnitCount(int variant) => useCounts[variant];

    /// <summary>The units that have a variant, by rising index.</summary>
    public ImmutableArray<DefiningUnit> UnitsOf(int variant)
    {
        (int[] all, int[] starts) = _uses.Value;
        ReadOnlySpan<int> indexes = all.AsSpan(starts[variant]..starts[variant + 1]);
        DefiningUnit[] found = new DefiningUnit[indexes.Length];
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = units[indexes[i]];
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(found);
    }
}
