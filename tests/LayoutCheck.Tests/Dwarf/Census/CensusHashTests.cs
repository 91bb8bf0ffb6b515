using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Census;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Census;

/// <summary>
/// Definitions have one hash exactly if <see cref="DefinitionEquality"/> says that they are the same, and the hash of the DIEs is that of the graph.
/// </summary>
public sealed class CensusHashTests
{
    public static TheoryData<string> Fixtures() => CensusTests.Fixtures();

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Are_equal_for_equal_definitions_of(string fixture)
    {
        LayoutHash hash = LayoutHash.WithRandomKey();
        using DwarfUnderTest test = DwarfUnderTest.Of(FixtureFile.PathOf(fixture));
        DwarfGraphBuilder builder = new(test.Sections);
        using DieScanner scanner = new(test.Sections, new WantedNames([], test.Sections));
        DefinitionHasher[] hashers = [new(test.Sections, scanner, hash), new(test.Sections, scanner, hash, memoSize: 1)];
        List<(TypeGraph Graph, TypeId Root, ulong Hash)> all = [];
        AbbrevTable abbrevs = new(test.Sections.Abbrev);
        foreach (UnitHeader unit in test.Units)
        {
            abbrevs.Load(unit);
            UnitRoot root = UnitRoot.Read(test.Sections, test.Sections.Info, abbrevs, unit);
            if (!DwarfLanguage.IsC(root.Language) || root.IsSkeleton || !root.HasChildren)
            {
                continue;
            }

            scanner.Open(unit);
            Array.ForEach(hashers, h => h.Open(unit));
            test.Decoder.Open(unit);
            foreach (Die die in test.Decoder.Children(test.Decoder.Read(unit.FirstDie, out _)!))
            {
                if (die.Tag is not (DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type) || builder.Build(unit, die.Offset) is not var (graph, type))
                {
                    continue;
                }

                all.Add((graph, type, GraphHash.Of(graph, type, hash)));
                foreach (DefinitionHasher hasher in hashers)
                {
                    if (hasher.TryHead(die.Offset, out AggregateHead head) && hasher.TryHash(die.Offset, head, out ulong own, out ulong end))
                    {
                        Assert.Equal(all[^1].Hash, own);
                        Assert.Equal(test.Decoder.Next(die), end);
                    }
                }
            }
        }

        for (int i = 0; i < all.Count; i++)
        {
            for (int j = i + 1; j < all.Count; j++)
            {
                bool isSame = DefinitionEquality.Same(all[i].Graph, all[i].Root, all[j].Graph, all[j].Root);
                Assert.True(isSame == (all[i].Hash == all[j].Hash), $"{all[i].Graph[all[i].Root]} and {all[j].Graph[all[j].Root]}: the same is {isSame}");
            }
        }
    }
}
