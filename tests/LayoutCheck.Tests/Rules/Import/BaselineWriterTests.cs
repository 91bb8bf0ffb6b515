using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Import;

/// <summary>What is written as a baseline can be read back and holds on the image it came from, whatever things are called in it.</summary>
public sealed class BaselineWriterTests
{
    [Theory]
    [InlineData("shapes/")]
    [InlineData("page-era")]
    public void Holds_on_every_type_of_the_image_it_came_from(string fixtures)
    {
        int count = 0;
        foreach (string fixture in FixtureFile.All.Where(name => name.StartsWith(fixtures, StringComparison.Ordinal) && name.EndsWith("btf.elf", StringComparison.Ordinal)))
        {
            foreach (SourceChoice source in new[] { SourceChoice.Dwarf, SourceChoice.Btf }.Where(s => FixtureFile.HasSection(fixture, s == SourceChoice.Dwarf ? ".debug_info" : ".BTF")))
            {
                using KernelImage image = FixtureFile.Open(fixture, source);
                DefinitionSet[] sets = [.. image.Types.FindAll(image.Types.DefinedNames(), 1).Sets.Where(s => s.Distinct.Length == 1)];
                AssertHolds(image, sets, isWhole: true);
                count += sets.Length;
            }
        }

        Assert.True(count > 20, $"{count} types");
    }

    // Words of the language, of the macros that are written, and of C.
    [Theory]
    [InlineData("page")]
    [InlineData("member")]
    [InlineData("offset")]
    [InlineData("size")]
    [InlineData("width")]
    [InlineData("struct")]
    [InlineData("pointee")]
    [InlineData("u32")]
    [InlineData("long")]
    [InlineData("PAGE_AT")]
    [InlineData("_")]
    [InlineData("$")]
    public void Holds_on_types_and_members_that_are_called_as_words_of_the_language(string type)
    {
        string[] members = ["member", "offset", "size", "width", "struct", "union", "pointee", "first_of", "exists", "sharers", "in", "check", "title", "PAGE_AT", "true", "u32", "static_assert", "__VA_ARGS__"];
        using KernelImage image = Image(type, members).Open();

        AssertHolds(image, [.. image.Types.FindAll([new TypeName(TypeNameKind.Struct, type)], 1).Sets], isWhole: true);
    }

    [Fact]
    public void Other_files_that_it_rests_on_stand_in_its_text()
    {
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        DefinitionSet page = image.Types.FindAll([TypeName.Parse("struct page")], 1).Sets[0];
        Assert.EndsWith("\nThe layouts were read from more files than the image: base kernel a; .dwo file b.\n", BaselineWriter.Write("page", [page], ["base kernel a", ".dwo file b"]).RuleText, StringComparison.Ordinal);
        Assert.DoesNotContain("more files", BaselineWriter.Write("page", [page], []).RuleText, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_rule_cannot_spell_is_left_out_and_told()
    {
        using KernelImage image = Image("page", "flags", "a b", "<T>::x", "0th", "lru", "x\n       PAGE_AT(y, 0, 4);", "x\n---\n", "größe", "a.b", "a-b").Open();
        DefinitionSet[] sets = [.. image.Types.FindAll([new TypeName(TypeNameKind.Struct, "page")], 1).Sets];

        (Rule rule, Baseline baseline) = AssertHolds(image, sets, isWhole: false);

        string told = Assert.Single(baseline.LeftOut);
        Assert.Equal("struct page: 8 members are not pinned, for a rule cannot name them: 'a b', '<T>::x', '0th' and 5 more", told);
        Assert.Contains($"\n// {told}\n", baseline.RuleText, StringComparison.Ordinal);
        Assert.Equal(3, rule.Checks.Length);
        Assert.DoesNotContain("members(", baseline.RuleText, StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_of_two_members_of_one_name_is_left_out_and_told()
    {
        using KernelImage image = Image("page", "flags", "lru", "lru").Open();
        DefinitionSet[] sets = [.. image.Types.FindAll([new TypeName(TypeNameKind.Struct, "page")], 1).Sets];

        (Rule rule, Baseline baseline) = AssertHolds(image, sets, isWhole: false);

        Assert.Equal("struct page: a member is not pinned, for a rule cannot name it: 'lru'", Assert.Single(baseline.LeftOut));
        Assert.Equal(4, rule.Checks.Length);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("0th")]
    [InlineData("page;\n---")]
    [InlineData("")]
    public void A_type_that_a_rule_cannot_spell_is_refused(string type)
    {
        using KernelImage image = Image("page", "flags").Open();
        DefinitionSet set = image.Types.FindAll([new TypeName(TypeNameKind.Struct, "page")], 1).Sets[0] with { Name = new TypeName(TypeNameKind.Struct, type) };

        Assert.False(BaselineWriter.CanPin(set.Name));
        Assert.Equal($"a rule cannot spell struct {type}", Assert.Throws<ArgumentException>(() => BaselineWriter.Write("title", [set])).Message);
        Assert.Equal($"there is no definition of struct {type} to pin", Assert.Throws<ArgumentException>(() => BaselineWriter.Write("title", [set with { Distinct = [] }])).Message);
    }

    [Theory]
    [InlineData("u32", false)]
    [InlineData("long", false)]
    [InlineData("struct", false)]
    [InlineData("pointee", false)]
    [InlineData("atomic_t", true)]
    public void A_typedef_that_a_rule_reads_as_another_type_is_refused(string name, bool canPin) => Assert.Equal(canPin, BaselineWriter.CanPin(new TypeName(TypeNameKind.Any, name)));

    [Fact]
    public void Titles_and_units_stay_on_their_lines()
    {
        DwarfBuilder dwarf = new();
        foreach (int size in new[] { 4, 8 })
        {
            DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name("a.c\ncheck: 0\e")]);
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("page"), At.Size(size));
            unit.End();
        }

        using KernelImage image = dwarf.Open();
        DefinitionSet[] sets = [.. image.Types.FindAll([new TypeName(TypeNameKind.Struct, "page")], 1).Sets];
        Baseline baseline = BaselineWriter.Write("struct page of 6.1\ncheck: 0\n---\n", sets);

        Rule rule = RuleParser.Parse("b.md", baseline.RuleText);
        Assert.Equal(["sizeof(struct page) == 4", "members(struct page) in {  }"], rule.Checks.Select(c => c.Expression.Text));
        Assert.Contains("as in a.c\\u{a}check: 0\\u{1b}.\n", baseline.RuleText, StringComparison.Ordinal);
    }

    private static DwarfBuilder Image(string type, params string[] members)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name(type), At.Size(members.Length * 4));
        for (int i = 0; i < members.Length; i++)
        {
            unit.Leaf(DwTag.DW_TAG_member, At.Name(members[i]), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, i * 4));
        }

        unit.End();
        return dwarf;
    }

    private static (Rule Rule, Baseline Baseline) AssertHolds(KernelImage image, DefinitionSet[] sets, bool isWhole)
    {
        Baseline baseline = BaselineWriter.Write("as it is", sets);
        Assert.Equal(isWhole, baseline.LeftOut.IsEmpty);
        Rule rule = RuleParser.Parse("baseline.md", baseline.RuleText);
        RuleSet rules = new([rule]);
        RuleResult result = RuleEvaluator.Evaluate(rules, image.Types.FindAll(rules.RequiredTypes, 1).Sets.ToDictionary(s => s.Name), image.Types.Target)[0];
        Assert.All(result.Checks, c => Assert.True(c.Outcome == Outcome.Holds, $"{c.Check.Expression}: {c.Reason}"));
        return (rule, baseline);
    }
}
