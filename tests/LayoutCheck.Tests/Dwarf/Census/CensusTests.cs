using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Dwarf.Scan;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Census;

/// <summary>The census of an image says what a survey of all its names says: the same names, definitions, units, declarations, facts.</summary>
public sealed class CensusTests
{
    private const string VmlinuxVariable = "LAYOUTCHECK_VMLINUX";

    // Images in forms that only a survey understands: units that are imported, type units, split units.
    private static readonly string[] s_leftForms = ["dwz", "types", "split", "dwp", "package", "dwo", "fission", "lto", "common"];

    public static TheoryData<string> Fixtures() =>
        [.. FixtureFile.All.Where(name => !name.StartsWith("refused/", StringComparison.Ordinal) && FixtureFile.IsElf(name) && FixtureFile.HasSection(name, ".debug_info"))];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Says_what_the_survey_says_of(string fixture)
    {
        using DwarfUnderTest dwarf = DwarfUnderTest.Of(FixtureFile.PathOf(fixture));
        bool isUnderstood = CensusUnderTest.AssertAsSurveyed(dwarf);
        Assert.True(isUnderstood || s_leftForms.Any(f => fixture.Contains(f, StringComparison.Ordinal)), "a census leaves it to a survey");
    }

    [Fact]
    public void Says_what_the_survey_says_of_a_real_kernel()
    {
        string? path = Environment.GetEnvironmentVariable(VmlinuxVariable);
        Assert.SkipWhen(string.IsNullOrEmpty(path), $"set {VmlinuxVariable} to a vmlinux with DWARF (tests/real-kernels/fetch gets one)");
        using DwarfUnderTest dwarf = DwarfUnderTest.Of(path!);
        Assert.True(CensusUnderTest.AssertAsSurveyed(dwarf, isKernel: true));
    }

    private static readonly Dictionary<string, At[]> s_deviations = new(StringComparer.Ordinal)
    {
        { "size", [At.Size(136)] },
        { "deep place", [At.Data1(DwAt.DW_AT_data_member_location, 8)] },
        { "deep name", [At.Name("deeper")] },
        { "count", [At.Data1(DwAt.DW_AT_upper_bound, 1)] },
        { "bits", [At.Data1(DwAt.DW_AT_bit_size, 4), At.Raw(DwAt.DW_AT_data_bit_offset, DwForm.DW_FORM_udata, 0x88, 0x03)] },
        { "enum size", [At.Size(8)] },
        { "enum name", [At.Name("sort")] },
        { "pointee", [At.Type("unit 3 union pointee")] },
        { "pointee name", [At.Name("other")] },
        { "member alignment", [] },
        { "encoding", [At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed)] },
    };

    public static TheoryData<string> Deviations() => [.. s_deviations.Keys];

    /// <summary>Of many units one deviates, in one thing and at any depth.</summary>
    [Theory]
    [MemberData(nameof(Deviations))]
    public void The_one_unit_that_deviates_is_found(string key)
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 8; i++)
        {
            DefinitionMatcherTests.Parts parts = i == 3 ? new(key, s_deviations[key]) : new();
            DefinitionMatcherTests.WriteUnit(dwarf, parts, i % 2 == 1, $"unit {i} ");
        }

        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        Assert.True(CensusUnderTest.AssertAsSurveyed(test));
        using KernelImage image = dwarf.Open();
        using WorkerPool pool = new(2);
        ITypeCensus census = image.Types.TakeCensus(pool);
        int index = census.Names.IndexOf(TypeName.Parse("struct s"));
        Assert.Null(census.CountOfEqual(index));
        using ICensusReader reader = census.OpenReader();
        DefinitionSet set = reader.Read(index);
        Assert.Equal(2, set.Distinct.Length);
        Assert.Equal([0, 1, 2, 4, 5, 6, 7], set.Distinct[0].Units.Select(u => u.Index));
        Assert.Equal([3], set.Distinct[1].Units.Select(u => u.Index));
    }

    [Fact]
    public void Texts_count_and_not_their_offsets()
    {
        // Each unit has its own strings, as in an object that no linker has merged them of; one has its tag among the values of the DIE.
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 5; i++)
        {
            DefinitionMatcherTests.WriteUnit(dwarf, i == 4 ? new("deep name", [At.Name("deep")]) : new(), i % 2 == 1, $"unit {i} ");
        }

        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        Assert.True(CensusUnderTest.AssertAsSurveyed(test));
        using KernelImage image = dwarf.Open();
        using WorkerPool pool = new(1);
        ITypeCensus census = image.Types.TakeCensus(pool);
        Assert.Equal(5, census.CountOfEqual(census.Names.IndexOf(TypeName.Parse("struct s"))));
    }

    /// <summary>The kernel's __UNIQUE_ID names a member by a number that differs in each unit.</summary>
    [Fact]
    public void The_number_of_a_unique_id_does_not_count()
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 3; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            unit.Mark($"int {i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
            foreach (string tag in (string[])["s", $"__UNIQUE_ID_of{i}"])
            {
                unit.Begin(DwTag.DW_TAG_structure_type, At.Name(tag), At.Size(4));
                unit.Leaf(DwTag.DW_TAG_member, At.Name($"__UNIQUE_ID_hidden{10 + i}"), At.Type($"int {i}"), At.Data1(DwAt.DW_AT_data_member_location, 0));
                unit.End();
            }
        }

        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        Assert.True(CensusUnderTest.AssertAsSurveyed(test));
        using KernelImage image = dwarf.Open();
        using WorkerPool pool = new(1);
        ITypeCensus census = image.Types.TakeCensus(pool);
        Assert.Equal(["__UNIQUE_ID_of0", "__UNIQUE_ID_of1", "__UNIQUE_ID_of2", "s"], census.Names.Select(n => n.Name));
        Assert.Equal([1, 1, 1, 3], Enumerable.Range(0, 4).Select(census.CountOfEqual));
    }

    /// <summary>A struct that C cannot have counts as none, however many units have it in the same way: a survey reads it and refuses it.</summary>
    [Theory]
    [InlineData(8, 4, "ends at bit 96")]
    [InlineData(0, 4, "lie over each other")]
    public void What_no_struct_can_be_is_refused_as_a_survey_refuses_it(int second, int size, string problem)
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 3; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            unit.Mark($"int {i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8 + size - 4));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("first"), At.Type($"int {i}"), At.Data1(DwAt.DW_AT_data_member_location, 0));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("second"), At.Type($"int {i}"), At.Data1(DwAt.DW_AT_data_member_location, second));
            unit.End();
        }

        using WorkerPool pool = new(2);
        string[] messages =
        [
            .. ((FastPaths[])[FastPaths.None, FastPaths.Census]).Select(disabled =>
            {
                using KernelImage image = KernelImage.FromBytes("built", dwarf.ToBytes(), new ImageOptions(SourceChoice.Dwarf, Disable: disabled));
                return Assert.Throws<InvalidImageException>(() => image.Types.TakeCensus(pool)).Message;
            }),
        ];
        Assert.Contains(problem, messages[0], StringComparison.Ordinal);
        Assert.Equal(messages[1], messages[0]);
    }

    [Fact]
    public void Random_types_are_counted_as_a_survey_counts_them()
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            using DwarfUnderTest test = DwarfUnderTest.Of(RandomUnits.Of(seed));
            Assert.True(CensusUnderTest.AssertAsSurveyed(test), $"seed {seed} is left to a survey");
        }
    }
}
