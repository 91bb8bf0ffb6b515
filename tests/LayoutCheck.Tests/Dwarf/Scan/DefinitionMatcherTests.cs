using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Scan;

/// <summary>
/// The fast matcher folds what the slow comparison (<see cref="DefinitionEquality"/>) would fold and nothing else: an equal definition in
/// another unit, and for each thing that a layout depends on, one that differs in it alone.
/// </summary>
public sealed class DefinitionMatcherTests
{
    /// <summary>One unit with <c>struct s</c>; each test changes one attribute of it by the key.</summary>
    internal sealed class Parts(string? changed = null, At[]? change = null)
    {
        public bool WasChanged { get; private set; }

        public At[] Of(string key, params At[] usual)
        {
            if (key != changed)
            {
                return usual;
            }

            WasChanged = true;
            return change!;
        }
    }

    internal static void WriteUnit(DwarfBuilder dwarf, Parts parts, bool isShifted, string? id = null)
    {
        id ??= isShifted ? "second " : "first ";
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name(id)]);
        if (isShifted)
        {
            // Other codes and other offsets than in the first unit.
            unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"), At.Data1(DwAt.DW_AT_decl_line, 1));
        }

        At Strp(string name) => At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString(name));
        At Place(int bytes) => At.Data1(DwAt.DW_AT_data_member_location, bytes);
        At Type(string label) => At.Type(id + label);
        unit.Mark(id + "s");
        unit.Begin(DwTag.DW_TAG_structure_type, [Strp("s"), .. parts.Of("size", At.Size(128)), .. parts.Of("alignment", At.Data1(DwAt.DW_AT_alignment, 16))]);
        unit.Leaf(DwTag.DW_TAG_member, [.. parts.Of("name", Strp("flags")), Type("typedef"), Place(0)]);
        unit.Leaf(DwTag.DW_TAG_member, [Strp("pgmap"), Type("pointer"), .. parts.Of("place", Place(16)), .. parts.Of("member alignment", At.Data1(DwAt.DW_AT_alignment, 8))]);
        unit.Leaf(DwTag.DW_TAG_member, Strp("cells"), Type("array"), Place(32));
        unit.Leaf(DwTag.DW_TAG_member, [Strp("bits"), Type("number"), .. parts.Of("bits", At.Data1(DwAt.DW_AT_bit_size, 3), At.Raw(DwAt.DW_AT_data_bit_offset, DwForm.DW_FORM_udata, 0x88, 0x03))]);
        unit.Leaf(DwTag.DW_TAG_member, Strp("kind"), Type("enum"), Place(60));
        unit.Leaf(DwTag.DW_TAG_member, [.. parts.Of("nested name"), Type("nested"), Place(72)]);
        unit.Leaf(DwTag.DW_TAG_member, [Strp("operation"), .. parts.Of("operation type", Type("function pointer")), Place(96)]);
        unit.End();

        unit.Mark(id + "typedef");
        unit.Leaf(DwTag.DW_TAG_typedef, [.. parts.Of("typedef name", Strp("flags_t")), Type("const")]);
        unit.Mark(id + "const");
        unit.Leaf(DwTag.DW_TAG_const_type, Type("number"));
        unit.Mark(id + "number");
        unit.Leaf(
            DwTag.DW_TAG_base_type,
            [.. parts.Of("number name", Strp("long unsigned int")), .. parts.Of("number size", At.Size(8)), .. parts.Of("encoding", At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_unsigned))]);
        unit.Mark(id + "pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type, [.. parts.Of("pointer size", At.Size(8)), .. parts.Of("pointee", Type("pointee"))]);
        unit.Mark(id + "pointee");
        unit.Leaf(DwTag.DW_TAG_structure_type, [.. parts.Of("pointee name", Strp("dev_pagemap")), At.Flag(DwAt.DW_AT_declaration)]);
        unit.Mark(id + "union pointee");
        unit.Leaf(DwTag.DW_TAG_union_type, Strp("dev_pagemap"), At.Flag(DwAt.DW_AT_declaration));
        foreach (string target in new[] { "pointee", "union pointee" })
        {
            for (int i = 70; i > 0; i--)
            {
                unit.Mark($"{id}{i} times const {target}");
                unit.Leaf(DwTag.DW_TAG_const_type, i == 1 ? Type(target) : Type($"{i - 1} times const {target}"));
            }
        }


        unit.Mark(id + "defined pointee");
        unit.Leaf(DwTag.DW_TAG_structure_type, Strp("dev_pagemap"), At.Size(8));
        unit.Mark(id + "array");
        unit.Begin(DwTag.DW_TAG_array_type, Type("number"));
        unit.Leaf(DwTag.DW_TAG_subrange_type, parts.Of("count", At.Data1(DwAt.DW_AT_upper_bound, 0)));
        unit.End();
        unit.Mark(id + "enum");
        unit.Begin(DwTag.DW_TAG_enumeration_type, [.. parts.Of("enum name", Strp("kind")), .. parts.Of("enum size", At.Size(4))]);
        unit.End();
        unit.Mark(id + "nested");
        unit.Begin(DwTag.DW_TAG_structure_type, [.. parts.Of("nested tag", Strp("nested")), At.Size(16)]);
        unit.Leaf(DwTag.DW_TAG_member, [.. parts.Of("deep name", Strp("deep")), .. parts.Of("deep type", Type("number")), .. parts.Of("deep place", Place(0))]);
        if (parts.Of("further member").Length > 0)
        {
            unit.Leaf(DwTag.DW_TAG_member, Strp("further"), Type("number"), Place(8));
        }

        unit.End();
        unit.Mark(id + "function pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type, At.Size(8), Type("function"));
        unit.Mark(id + "function");
        unit.Leaf(DwTag.DW_TAG_subroutine_type);
    }

    // The definitions that a survey finds in a first unit, and a second one with a change.
    private static int Distinct(string? changed, At[]? change, bool isBigEndian)
    {
        DwarfBuilder dwarf = new(isBigEndian: isBigEndian);
        WriteUnit(dwarf, new Parts(), false);
        Parts parts = new(changed, change);
        WriteUnit(dwarf, parts, true);
        Assert.Equal(changed is not null, parts.WasChanged);
        using KernelImage image = dwarf.Open();
        DefinitionSet set = image.Types.FindAll([TypeName.Parse("struct s")], 1).Sets[0];
        Assert.Equal(2, set.DefinitionCount);

        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        DwarfGraphBuilder builder = new(test.Sections);
        (TypeGraph left, TypeId leftRoot) = builder.Build(test.Units[0], dwarf.OffsetOf("first s"))!.Value;
        (TypeGraph right, TypeId rightRoot) = builder.Build(test.Units[1], dwarf.OffsetOf("second s"))!.Value;
        bool isEqual = DefinitionEquality.Same(left, leftRoot, right, rightRoot);
        Assert.Equal(isEqual ? 1 : 2, set.Distinct.Length);

        // The matcher by itself: what it says yes to is equal.
        foreach (int memory in new[] { 1, 4096 })
        {
            AbbrevTable abbrevs = new(test.Sections.Abbrev);
            abbrevs.Load(test.Units[1]);
            DefinitionMatcher matcher = new(test.Sections, test.Sections.Info, abbrevs, memory);
            matcher.Open(test.Units[1]);
            Assert.True(isEqual || !matcher.Matches(dwarf.OffsetOf("second s"), new DefinitionTemplate(left, leftRoot)), $"the matcher says that a struct with another {changed} is equal");
        }

        // A census counts the same definitions.
        Assert.True(CensusUnderTest.AssertAsSurveyed(test));
        return set.Distinct.Length;
    }

    private static At Data8(DwAt attribute, ulong value) => new(attribute, DwForm.DW_FORM_data8, (w, _) => w.U64(value));

    private static void AssertApart(string key, params At[] change)
    {
        Assert.Equal(2, Distinct(key, change, false));
        Assert.Equal(2, Distinct(key, change, true));
    }

    private static void AssertFolded(string? key, params At[] change)
    {
        Assert.Equal(1, Distinct(key, change, false));
        Assert.Equal(1, Distinct(key, change, true));
    }

    [Fact]
    public void Folds_equal_definitions() => AssertFolded(null);

    [Fact]
    public void The_matcher_itself_says_yes_to_an_equal_definition()
    {
        // Else all that the other tests see is the slow path.
        DwarfBuilder dwarf = new();
        WriteUnit(dwarf, new Parts(), false);
        WriteUnit(dwarf, new Parts(), true);
        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        (TypeGraph graph, TypeId root) = new DwarfGraphBuilder(test.Sections).Build(test.Units[0], dwarf.OffsetOf("first s"))!.Value;
        foreach (int memory in new[] { 1, 4096 })
        {
            AbbrevTable abbrevs = new(test.Sections.Abbrev);
            abbrevs.Load(test.Units[1]);
            DefinitionMatcher matcher = new(test.Sections, test.Sections.Info, abbrevs, memory);
            matcher.Open(test.Units[1]);
            DefinitionTemplate template = new(graph, root);
            Assert.True(matcher.Matches(dwarf.OffsetOf("second s"), template));
            Assert.True(matcher.Matches(dwarf.OffsetOf("second s"), template));
        }
    }

    [Fact]
    public void What_is_remembered_of_one_template_is_not_taken_for_what_is_known_of_another()
    {
        DwarfBuilder dwarf = new();
        WriteUnit(dwarf, new Parts(), false);
        WriteUnit(dwarf, new Parts("deep place", [At.Data1(DwAt.DW_AT_data_member_location, 8)]), true);
        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        DefinitionTemplate[] templates =
        [
            .. test.Units.Zip(["first s", "second s"]).Select(pair => new DwarfGraphBuilder(test.Sections).Build(pair.First, dwarf.OffsetOf(pair.Second))!.Value)
                .Select(built => new DefinitionTemplate(built.Graph, built.Root)),
        ];
        AbbrevTable abbrevs = new(test.Sections.Abbrev);
        abbrevs.Load(test.Units[1]);
        DefinitionMatcher matcher = new(test.Sections, test.Sections.Info, abbrevs);
        matcher.Open(test.Units[1]);

        // Each has its own nodes, with the same indexes.
        Assert.Equal(templates[0].Root, templates[1].Root);
        Assert.True(matcher.Matches(dwarf.OffsetOf("second s"), templates[1]));
        Assert.False(matcher.Matches(dwarf.OffsetOf("second s"), templates[0]));
    }

    [Fact]
    public void Folds_what_is_called_or_written_differently_and_means_the_same()
    {
        AssertFolded("typedef name", At.Name("other_t"));
        AssertFolded("number name", At.Name("unsigned long"));
        AssertFolded("name", At.Name("flags"));
        AssertFolded("size", At.Raw(DwAt.DW_AT_byte_size, DwForm.DW_FORM_udata, 0x80, 1));
        AssertFolded("size", At.Implicit(DwAt.DW_AT_byte_size, 128));
        AssertFolded("size", At.Sdata(DwAt.DW_AT_byte_size, 128));
        AssertFolded("place", At.Block1(DwAt.DW_AT_data_member_location, 0x23, 16));
        AssertFolded("place", At.Data1(DwAt.DW_AT_data_member_location, 16).Indirect());
        AssertFolded("count", At.Data1(DwAt.DW_AT_count, 1));
        AssertFolded("count", At.Udata(DwAt.DW_AT_count, 1));
        AssertFolded("size", Data8(DwAt.DW_AT_byte_size, 128));
        AssertFolded("size", Data8(DwAt.DW_AT_byte_size, 128), At.Udata(DwAt.DW_AT_decl_line, 1));
        AssertFolded("pointee", At.Type("second 70 times const pointee"));
        AssertFolded("bits", At.Data1(DwAt.DW_AT_bit_size, 3), At.Data1(DwAt.DW_AT_data_bit_offset, 8), At.Data1(DwAt.DW_AT_data_member_location, 48));
        AssertFolded("pointee", At.Type("second defined pointee"));
        AssertFolded("operation type", At.Type("second function pointer", DwForm.DW_FORM_ref_addr));
    }

    [Fact]
    public void Keeps_apart_what_differs_in_one_thing()
    {
        AssertApart("size", At.Size(136));
        AssertApart("alignment", At.Data1(DwAt.DW_AT_alignment, 32));
        AssertApart("alignment");
        AssertApart("name", At.Name("flag"));
        AssertApart("place", At.Data1(DwAt.DW_AT_data_member_location, 17));
        AssertApart("member alignment", At.Data1(DwAt.DW_AT_alignment, 4));
        AssertApart("member alignment");
        AssertApart("bits", At.Data1(DwAt.DW_AT_bit_size, 4), At.Raw(DwAt.DW_AT_data_bit_offset, DwForm.DW_FORM_udata, 0x88, 0x03));
        AssertApart("bits", At.Data1(DwAt.DW_AT_bit_size, 3), At.Raw(DwAt.DW_AT_data_bit_offset, DwForm.DW_FORM_udata, 0x89, 0x03));
        AssertApart("bits", At.Data1(DwAt.DW_AT_data_member_location, 49));
        AssertApart("nested name", At.Name("no longer unnamed"));
        AssertApart("nested tag", At.Name("other"));
        AssertApart("nested tag");
        AssertApart("deep name", At.Name("deeper"));
        AssertApart("deep place", At.Data1(DwAt.DW_AT_data_member_location, 8));
        AssertApart("further member", At.Size(1));
        AssertApart("number size", At.Size(4));
        AssertApart("encoding", At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        Assert.Throws<InvalidImageException>(() => Distinct("pointer size", [At.Size(4)], false));
        AssertApart("pointee");
        AssertApart("pointee", At.Type("second number"));
        AssertApart("pointee", At.Type("second function"));
        AssertApart("pointee", At.Type("second union pointee"));
        AssertApart("pointee", At.Type("second 70 times const union pointee"));
        AssertApart("pointee name", At.Name("other"));
        AssertApart("count", At.Data1(DwAt.DW_AT_upper_bound, 1));
        AssertApart("count", At.Udata(DwAt.DW_AT_count, 2));
        AssertApart("size", Data8(DwAt.DW_AT_byte_size, 128 + (1UL << 32)));
        AssertApart("size", Data8(DwAt.DW_AT_byte_size, 128 + (1UL << 32)), At.Udata(DwAt.DW_AT_decl_line, 1));
        AssertApart("count", At.Data1(DwAt.DW_AT_count, 0));
        AssertApart("count", At.Sdata(DwAt.DW_AT_upper_bound, -1));
        AssertApart("count");
        AssertApart("enum name", At.Name("sort"));
        AssertApart("enum size", At.Size(8));
        AssertApart("operation type", At.Type("second pointer"));
        AssertApart("operation type", At.Type("second number"));
        AssertApart("operation type", At.Type("second array"));
    }

    // The matcher says that it does not know, and who reads the definition refuses it.
    [Fact]
    public void Says_no_to_what_cannot_be()
    {
        AssertRefused("place", "where none can be", At.Udata(DwAt.DW_AT_data_member_location, 16 + (1UL << 61)));
        AssertRefused("place", "where none can be", Data8(DwAt.DW_AT_data_member_location, 16 + (1UL << 61)));
        AssertRefused(
            "bits", "where none can be", At.Data1(DwAt.DW_AT_bit_size, 3), At.Udata(DwAt.DW_AT_data_bit_offset, ulong.MaxValue - 7), At.Data1(DwAt.DW_AT_data_member_location, 50));
        AssertRefused("deep type", "DW_AT_type has DW_FORM_data4, which is not a reference", At.Raw(DwAt.DW_AT_type, DwForm.DW_FORM_data4, 1, 2, 3, 4));

        static void AssertRefused(string key, string problem, params At[] change)
        {
            DwarfBuilder dwarf = new();
            WriteUnit(dwarf, new Parts(), false);
            WriteUnit(dwarf, new Parts(key, change), true);
            using KernelImage image = dwarf.Open();
            Assert.Contains(problem, Assert.Throws<InvalidImageException>(() => image.Types.FindAll([TypeName.Parse("struct s")], 1)).Problem, StringComparison.Ordinal);
        }
    }

    /// <summary>What is not a definition stands by value in none that can be read; the matcher does not rely on it.</summary>
    [Fact]
    public void Says_no_to_what_is_no_definition()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("declared");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Flag(DwAt.DW_AT_declaration));
        unit.Mark("function");
        unit.Leaf(DwTag.DW_TAG_subroutine_type);
        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        AbbrevTable abbrevs = new(test.Sections.Abbrev);
        abbrevs.Load(test.Units[0]);
        DefinitionMatcher matcher = new(test.Sections, test.Sections.Info, abbrevs);
        matcher.Open(test.Units[0]);
        TypeGraphBuilder graph = new();
        TypeId declared = graph.Add(new AggregateReference(AggregateKind.Struct, "s"));
        TypeId function = graph.Add(new FunctionType(TypeId.Void, [], false));
        TypeGraph built = graph.Build();

        Assert.False(matcher.Matches(dwarf.OffsetOf("declared"), new DefinitionTemplate(built, declared)));
        Assert.False(matcher.Matches(dwarf.OffsetOf("function"), new DefinitionTemplate(built, function)));
        Assert.False(matcher.Matches(dwarf.OffsetOf("declared"), new DefinitionTemplate(built, TypeId.Void)));
    }

    public static TheoryData<string> Fixtures() => ScannerDecoderAgreementTests.Fixtures();

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Never_says_yes_to_a_different_definition_of(string fixture)
    {
        using DwarfUnderTest test = DwarfUnderTest.Of(FixtureFile.PathOf(fixture));
        DwarfGraphBuilder builder = new(test.Sections);
        List<(UnitHeader Unit, ulong Die, TypeGraph Graph, TypeId Root)> all = [];
        AbbrevTable abbrevs = new(test.Sections.Abbrev);
        foreach (UnitHeader unit in test.Units)
        {
            abbrevs.Load(unit);
            if (!DwarfLanguage.IsC(UnitRoot.Read(test.Sections, test.Sections.Info, abbrevs, unit).Language))
            {
                continue;
            }

            test.Decoder.Open(unit);
            foreach (Die die in test.Decoder.Children(test.Decoder.Read(unit.FirstDie, out _)!))
            {
                if (die.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type && builder.Build(unit, die.Offset) is var (graph, root))
                {
                    all.Add((unit, die.Offset, graph, root));
                }
            }
        }

        int matches = 0;
        DefinitionMatcher matcher = new(test.Sections, test.Sections.Info, abbrevs);
        // As a worker has them: equal types of different definitions are one.
        InternedTypes nodes = new();
        DefinitionTemplate[] templates = [.. all.Select(d => new DefinitionTemplate(d.Graph, d.Root, nodes))];
        foreach (var candidate in all)
        {
            abbrevs.Load(candidate.Unit);
            matcher.Open(candidate.Unit);
            for (int i = 0; i < all.Count; i++)
            {
                if (matcher.Matches(candidate.Die, templates[i]))
                {
                    matches++;
                    Assert.Null(DefinitionEquality.FirstDifference(all[i].Graph, all[i].Root, candidate.Graph, candidate.Root));
                }
            }
        }

        for (int i = 0; i < all.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Assert.Equal(DefinitionEquality.Same(all[i].Graph, all[i].Root, all[j].Graph, all[j].Root), templates[i].Root == templates[j].Root);
            }
        }

        // With DWARF 5 in 32 bits each definition matches itself at least; older bitfields and long offsets go the slow way.
        Assert.True(matches >= all.Count / 2 || !fixture.Contains("gcc-dwarf5", StringComparison.Ordinal), $"{matches} matches of {all.Count}");
    }
}
