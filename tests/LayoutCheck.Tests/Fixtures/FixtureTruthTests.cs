using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Fixtures;

/// <summary>
/// Every fixture against the compiler's own word inside it (tests/fixtures/README.md, "The truth inside"). A new fixture is tested by
/// being in the folder.
/// </summary>
public sealed class FixtureTruthTests
{
    // An ITypeSource answers for structs and unions. What these are made of is covered by the members that have them as their type.
    private static readonly string[] NotAsked = ["u8", "counter_t", "grid_t", "compare_t"];

    public static TheoryData<string> WithDwarf() => [.. FixtureFile.All.Where(IsForDwarf)];

    internal static bool IsForDwarf(string name) => !name.StartsWith("refused/", StringComparison.Ordinal)
        && FixtureFile.HasSection(name, Truth.Section) && FixtureFile.HasSection(name, ".debug_info");

    /// <summary>Raw BTF has no room for truth rows: they are in the file that it was taken from.</summary>
    private static readonly Dictionary<string, string> TruthElsewhere = new(StringComparer.Ordinal)
    {
        ["shapes/shapes.raw.btf"] = "shapes/shapes.gcc-dwarf5-btf.elf",
        ["shapes/shapes.s390x.raw.btf"] = "shapes/shapes.s390x-dwarf5-btf.elf",
    };

    public static TheoryData<string> WithBtf() => [.. FixtureFile.All.Where(IsForBtf)];

    internal static bool IsForBtf(string name)
        => TruthElsewhere.ContainsKey(name) || (FixtureFile.HasSection(name, Truth.Section) && FixtureFile.HasSection(name, ".BTF"));

    [Theory]
    [MemberData(nameof(WithDwarf))]
    public void Dwarf_lays_types_out_as_the_compiler_did(string fixture) => AssertTruth(fixture, SourceChoice.Dwarf, Truth.Of(fixture));

    // An element of an array of arrays is not asked of BTF: pahole makes one dimension of two, and GCC's -gbtf turns them around.
    [Theory]
    [MemberData(nameof(WithBtf))]
    public void Btf_lays_types_out_as_the_compiler_did(string fixture) => AssertTruth(
        fixture, SourceChoice.Btf, [.. Truth.Of(TruthElsewhere.GetValueOrDefault(fixture, fixture)).Where(row => !row.Path.Contains("][", StringComparison.Ordinal))]);

    [Fact]
    public void The_second_units_word_is_kept_where_units_disagree()
    {
        string[] fixtures = [.. FixtureFile.All.Where(name => FixtureFile.HasSection(name, Truth.SecondUnitSection) && FixtureFile.HasSection(name, ".debug_info"))];
        Assert.NotEmpty(fixtures);
        foreach (string fixture in fixtures)
        {
            using KernelImage image = FixtureFile.Open(fixture, SourceChoice.Dwarf);
            IReadOnlyList<TruthRow> rows = Truth.OfSecondUnit(fixture);
            string[] types = [.. rows.Select(row => row.Type).Distinct()];
            Survey survey = image.Types.FindAll([.. types.Select(TypeName.Parse)], 1);
            foreach (TruthRow row in rows)
            {
                DefinitionSet set = survey.Sets[Array.IndexOf(types, row.Type)];
                TypeDefinition definition = Assert.Single(set.Distinct, d => d.Units.Any(u => u.Name == "page-b.c"));
                Assert.Null(Difference(row, definition));
            }
        }
    }

    private static void AssertTruth(string fixture, SourceChoice choice, IReadOnlyList<TruthRow> rows)
    {
        Assert.True(rows.Count >= 10, $"{fixture}: {rows.Count} truth rows");
        using KernelImage image = FixtureFile.Open(fixture, choice);
        Dictionary<string, TypeDefinition?> definitions = new(StringComparer.Ordinal);
        List<string> differences = [];
        foreach (TruthRow row in rows)
        {
            if (!definitions.TryGetValue(row.Type, out TypeDefinition? definition))
            {
                definition = image.Types.FindFirst(TypeName.Parse(row.Type));
                definitions.Add(row.Type, definition);
            }

            bool isAsked = !NotAsked.Contains(row.Type) && !row.Type.StartsWith("enum ", StringComparison.Ordinal);
            if (isAsked && (definition is null ? $"{row}: not found" : Difference(row, definition)) is { } difference)
            {
                differences.Add(difference);
            }
            else if (!isAsked)
            {
                Assert.Null(definition);
            }
        }

        Assert.True(differences.Count == 0, $"{fixture}:\n{string.Join('\n', differences)}");
    }

    /// <summary>What differs from the compiler's word, or null.</summary>
    private static string? Difference(TruthRow row, TypeDefinition definition)
    {
        TypeGraph graph = definition.Graph;
        if (row.IsOfType)
        {
            // Only an alignment that is recorded is a fact; the inferred one is not the compiler's word.
            ulong alignment = graph.AlignmentOf(definition.Root, out bool isDeclared) * 8 ?? 0;
            return definition.Aggregate.ByteSize * 8 != row.BitSize ? $"{row}: {definition.Aggregate.ByteSize * 8} bits, the compiler says {row.BitSize}"
                : isDeclared && alignment != row.BitOffset ? $"{row}: aligned to {alignment} bits, the compiler says {row.BitOffset}"
                : null;
        }

        if (MemberPath.Resolve(graph, definition.Root, row.Path) is not { } member)
        {
            return $"{row}: not found";
        }

        // clang writes a bitfield as wide as its type as a plain member: the bits are compared, not the flag.
        return member.BitOffset != row.BitOffset || member.BitSize != row.BitSize
            ? $"{row}: bit {member.BitOffset}, {member.BitSize} bits; the compiler says bit {row.BitOffset}, {row.BitSize} bits"
            : null;
    }
}
