using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Census;

/// <summary>Merges the findings of all workers of a census into one table, which does not depend on their number.</summary>
internal sealed class CensusMerge
{
    private readonly CensusFindings[] _findings;
    private readonly HashIndex _nameIndex = new();
    private readonly List<CensusFindings.Name> _names = [];
    private readonly HashIndex _variantIndex = new();
    private readonly List<CensusFindings.Variant> _variants = [];

    // By worker: the numbers here of its variants.
    private readonly int[][] _variantsOf;

    private CensusMerge(CensusFindings[] findings)
    {
        _findings = findings;
        _variantsOf = new int[findings.Length][];
        for (int i = 0; i < findings.Length; i++)
        {
            AddNames(findings[i]);
        }

        for (int i = 0; i < findings.Length; i++)
        {
            _variantsOf[i] = AddVariants(findings[i]);
        }
    }

    /// <summary>Merges the findings.</summary>
    public static CensusTable Merge(CensusFindings[] findings) => new CensusMerge(findings).Table();

    // Names that are declared alone are added too: another worker may have met their definitions.
    private void AddNames(CensusFindings findings)
    {
        foreach (CensusFindings.Name name in findings.Names)
        {
            int number = _nameIndex.Add(name.Key, out bool isNew);
            if (isNew)
            {
                _names.Add(name);
                continue;
            }

            CensusFindings.Name known = _names[number];
            _names[number] = known with
            {
                Text = known.Text ?? name.Text,
                Declarations = known.Declarations + name.Declarations,
                IsSurveyed = known.IsSurveyed || name.IsSurveyed,
            };
        }
    }

    private int[] AddVariants(CensusFindings findings)
    {
        int[] numbers = new int[findings.Variants.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            CensusFindings.Variant variant = findings.Variants[i];
            variant = variant with { Name = _nameIndex.Find(findings.Names[variant.Name].Key) };
            numbers[i] = _variantIndex.Add(variant.Key, out bool isNew);
            if (isNew)
            {
                _variants.Add(variant);
            }
            else if (variant.Unit < _variants[numbers[i]].Unit)
            {
                _variants[numbers[i]] = variant;
            }
        }

        return numbers;
    }

    private CensusTable Table()
    {
        int[] order = [.. Enumerable.Range(0, _names.Count).Where(i => _names[i].Text is not null)];
        TypeName[] texts = [.. order.Select(i => _names[i].Text!.Value)];
        Array.Sort(texts, order, Comparer<TypeName>.Create((x, y)
            => string.CompareOrdinal(x.Name, y.Name) is not 0 and var byName ? byName : x.Kind.CompareTo(y.Kind)));
        int[] ranks = new int[_names.Count];
        for (int i = 0; i < order.Length; i++)
        {
            ranks[order[i]] = i;
        }

        // By number here, the place in the table.
        int[] byRank = [.. Enumerable.Range(0, _variants.Count).OrderBy(v => ranks[_variants[v].Name]).ThenBy(v => _variants[v].Unit)];
        int[] places = new int[byRank.Length];
        int[] firsts = new int[order.Length + 1];
        for (int i = 0; i < byRank.Length; i++)
        {
            places[byRank[i]] = i;
            firsts[ranks[_variants[byRank[i]].Name] + 1]++;
        }

        for (int i = 1; i < firsts.Length; i++)
        {
            firsts[i] += firsts[i - 1];
        }

        int[][] placesOf = Array.ConvertAll(_variantsOf, numbers => Array.ConvertAll(numbers, n => places[n]));
        int[] counts = Counts(placesOf, byRank.Length);
        bool[] isSurveyed = [.. order.Select((n, i) => _names[n].IsSurveyed || firsts[i + 1] - firsts[i] > SurveyPlan.MostLayouts)];
        return new CensusTable(
            [.. texts], [.. order.Select(i => _names[i].Declarations)], isSurveyed, [.. byRank.Select(v => _variants[v])], firsts, Units(), counts,
            () => UnitsByVariant(placesOf, counts));
    }

    private DefiningUnit[] Units()
    {
        DefiningUnit[] units = new DefiningUnit[_findings.Max(f => f.Units.Count == 0 ? 0 : f.Units[^1].Index + 1)];
        foreach (DefiningUnit unit in _findings.SelectMany(f => f.Units))
        {
            units[unit.Index] = unit;
        }

        return units;
    }

    private int[] Counts(int[][] placesOf, int variants)
    {
        int[] counts = new int[variants];
        for (int worker = 0; worker < _findings.Length; worker++)
        {
            foreach (ReadOnlyMemory<CensusFindings.VariantUse> part in _findings[worker].UsesInParts())
            {
                foreach (CensusFindings.VariantUse use in part.Span)
                {
                    counts[placesOf[worker][use.Variant]]++;
                }
            }
        }

        return counts;
    }

    private (int[] Units, int[] Starts) UnitsByVariant(int[][] placesOf, int[] counts)
    {
        int[] starts = new int[counts.Length + 1];
        for (int i = 0; i < counts.Length; i++)
        {
            starts[i + 1] = starts[i] + counts[i];
        }

        int[] units = new int[starts[^1]];
        int[] next = starts[..^1];
        for (int worker = 0; worker < _findings.Length; worker++)
        {
            foreach (ReadOnlyMemory<CensusFindings.VariantUse> part in _findings[worker].UsesInParts())
            {
                foreach (CensusFindings.VariantUse use in part.Span)
                {
                    units[next[placesOf[worker][use.Variant]]++] = use.Unit;
                }
            }
        }

        // The units of one worker are in order.
        for (int i = 0; i < counts.Length && _findings.Length > 1; i++)
        {
            units.AsSpan(starts[i]..starts[i + 1]).Sort();
        }

        return (units, starts);
    }
}
