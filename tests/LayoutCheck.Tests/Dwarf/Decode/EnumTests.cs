using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Decode;

/// <summary>Enumerators in DWARF: every form of a value, many units on the fast path and on the slow one, declarations, damage.</summary>
public sealed class EnumTests
{
    private static readonly TypeName s_e = new(TypeNameKind.Enum, "e");

    private static void Enumeration(DwarfUnit unit, DwarfBuilder dwarf, At[] attributes, params (string Name, At Value)[] enumerators)
    {
        unit.Begin(DwTag.DW_TAG_enumeration_type, [Named(dwarf, "e"), .. attributes]);
        foreach ((string name, At value) in enumerators)
        {
            unit.Leaf(DwTag.DW_TAG_enumerator, Named(dwarf, name), value);
        }

        unit.End();
    }

    private static At Named(DwarfBuilder dwarf, string name) => At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString(name));

    private static At Value(byte value) => At.Data1(DwAt.DW_AT_const_value, value);

    private static DefinitionSet Find(DwarfBuilder dwarf, FastPaths disabled = FastPaths.None)
    {
        using KernelImage image = KernelImage.FromBytes("built", dwarf.ToBytes(), new ImageOptions(SourceChoice.Dwarf) { Disable = disabled });
        return image.Types.FindAll([s_e], 2).Sets[0];
    }

    private static string Told(DwarfBuilder dwarf)
    {
        TypeDefinition found = Assert.Single(Find(dwarf).Distinct);
        return string.Join(", ", ((EnumType)found.Graph[found.Root]).Enumerators!.Value.Select(e => $"{e.Name}={e.Value}"));
    }

    private static DwarfBuilder One(At[] attributes, params (string Name, At Value)[] enumerators)
    {
        DwarfBuilder dwarf = new();
        Enumeration(dwarf.Unit(), dwarf, attributes, enumerators);
        return dwarf;
    }

    [Fact]
    public void Every_form_of_a_value_is_read()
    {
        DwarfBuilder dwarf = One([At.Size(8)],
            ("data1", Value(0xf5)),
            ("data2", At.Raw(DwAt.DW_AT_const_value, DwForm.DW_FORM_data2, 0xff, 0xff)),
            ("data4", At.Raw(DwAt.DW_AT_const_value, DwForm.DW_FORM_data4, 0xff, 0xff, 0xff, 0xff)),
            ("data8", At.Raw(DwAt.DW_AT_const_value, DwForm.DW_FORM_data8, 0, 0, 0, 0, 0, 0, 0, 0x80)),
            ("udata", At.Udata(DwAt.DW_AT_const_value, ulong.MaxValue)),
            ("sdata", At.Sdata(DwAt.DW_AT_const_value, 12)),
            ("implicit", At.Implicit(DwAt.DW_AT_const_value, 13)),
            ("block", At.Block1(DwAt.DW_AT_const_value, 1, 2)),
            ("data16", At.Raw(DwAt.DW_AT_const_value, DwForm.DW_FORM_data16, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
        Assert.Equal("data1=245, data2=65535, data4=4294967295, data8=9223372036854775808, udata=18446744073709551615, sdata=12, implicit=13, block=513, data16=5", Told(dwarf));
    }

    [Fact]
    public void Negative_values_are_read_by_their_form_or_by_the_sign_of_the_type()
    {
        At[] signed = [At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed)];
        At allOnes = At.Raw(DwAt.DW_AT_const_value, DwForm.DW_FORM_data4, 0xff, 0xff, 0xff, 0xff);
        Assert.Equal("A=-1, B=-2, C=-1, D=255", Told(One(signed,
            ("A", At.Sdata(DwAt.DW_AT_const_value, -1)), ("B", At.Implicit(DwAt.DW_AT_const_value, -2)), ("C", allOnes), ("D", Value(0xff)))));
        Assert.Equal("A=4294967295", Told(One([At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_unsigned)], ("A", allOnes))));
        Assert.Equal("A=-1", Told(One([At.Size(1), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed)], ("A", Value(0xff)))));
    }

    [Theory]
    [InlineData(FastPaths.None)]
    [InlineData(FastPaths.Matcher)]
    [InlineData(FastPaths.SkipPlan)]
    [InlineData(FastPaths.FieldPlan)]
    [InlineData(FastPaths.ByteSearch)]
    [InlineData(FastPaths.AbbrevCache)]
    public void Units_that_agree_are_folded_and_others_are_told(FastPaths disabled)
    {
        DwarfBuilder dwarf = new();
        At[] size = [At.Size(4)];
        for (int i = 0; i < 40; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            if (i % 3 == 1)
            {
                unit.Leaf(DwTag.DW_TAG_enumeration_type, Named(dwarf, "e"), At.Flag(DwAt.DW_AT_declaration));
            }

            Enumeration(unit, dwarf, size, ("A", Value(1)), ("B", Value((byte)(i == 17 ? 3 : 2))));
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4));
        }

        DwarfUnit declares = dwarf.Unit();
        declares.Leaf(DwTag.DW_TAG_enumeration_type, Named(dwarf, "e"), At.Flag(DwAt.DW_AT_declaration));
        DwarfUnit rust = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_Rust), At.Name("unit.rs")]);
        Enumeration(rust, dwarf, size, ("A", Value(9)));

        DefinitionSet set = Find(dwarf, disabled);
        Assert.Equal([39, 1], set.Distinct.Select(d => d.Units.Length));
        Assert.Equal(1, set.DeclarationCount);
        Assert.Equal(17, set.Distinct[1].Units[0].Index);
    }

    [Fact]
    public void A_struct_or_a_typedef_of_the_name_is_another_type()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.StructOf("e", "int");
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("e"), At.Type("int"));
        Enumeration(unit, dwarf, [At.Size(4)], ("A", Value(1)));
        using KernelImage image = dwarf.Open();
        TypeName[] names = [s_e, TypeName.Parse("struct e"), TypeName.Parse("e")];
        Survey survey = image.Types.FindAll(names, 1);
        Assert.Equal(["A"], ((EnumType)survey.Sets[0].Distinct[0].Graph[survey.Sets[0].Distinct[0].Root]).Enumerators!.Value.Select(e => e.Name));
        Assert.All(survey.Sets.Skip(1), set => Assert.Equal("m", Assert.Single(set.Distinct).Aggregate.Members[0].Name));
        Assert.NotNull(image.Types.FindFirst(TypeName.Parse("e")));
    }

    [Fact]
    public void A_type_unit_and_a_function_can_have_it()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_enumeration_type, Named(dwarf, "e"), At.Flag(DwAt.DW_AT_declaration), At.Raw(DwAt.DW_AT_signature, DwForm.DW_FORM_ref_sig8, 1, 2, 3, 4, 5, 6, 7, 8));
        DwarfUnit type = dwarf.Unit(type: DwUnitType.DW_UT_type, root: [At.Language(DwLang.DW_LANG_C11)], described: (0x0807060504030201, "the type"));
        type.Mark("the type");
        Enumeration(type, dwarf, [At.Size(4)], ("A", Value(4)));
        Assert.Equal("A=4", Told(dwarf));

        DwarfBuilder local = new();
        DwarfUnit around = local.Unit();
        around.Begin(DwTag.DW_TAG_subprogram, At.Name("f"));
        Enumeration(around, local, [At.Size(4)], ("A", Value(4)));
        around.End();
        using KernelImage image = local.Open();
        Assert.Equal("local to function f in unit.c", image.Types.FindRemainder(s_e).Place);
    }

    [Theory]
    [InlineData("no value", "an enumerator has no DW_AT_const_value")]
    [InlineData("no name", "an enumerator has no DW_AT_name")]
    [InlineData("string", "which is not a constant")]
    [InlineData("wide", "a value of more than 64 bits")]
    [InlineData("member", "DW_TAG_member in an enumeration")]
    [InlineData("twice", "it has two enumerators A")]
    [InlineData("too large", "its enumerator A is 256, and it has 1 byte")]
    [InlineData("declared", "a declaration of an enumeration, with enumerators")]
    public void Damage_is_one_line(string damage, string problem)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_enumeration_type, [Named(dwarf, "e"), At.Size(1), .. damage == "declared" ? new[] { At.Flag(DwAt.DW_AT_declaration) } : []]);
        DwTag tag = damage == "member" ? DwTag.DW_TAG_member : DwTag.DW_TAG_enumerator;
        At value = damage switch
        {
            "string" => At.Raw(DwAt.DW_AT_const_value, DwForm.DW_FORM_string, 0),
            "wide" => At.Block1(DwAt.DW_AT_const_value, 1, 1, 1, 1, 1, 1, 1, 1, 1),
            "too large" => At.Raw(DwAt.DW_AT_const_value, DwForm.DW_FORM_data2, 0, 1),
            _ => Value(1),
        };
        unit.Leaf(tag, [.. damage == "no name" ? Array.Empty<At>() : [Named(dwarf, "A")], .. damage == "no value" ? Array.Empty<At>() : [value]]);
        if (damage == "twice")
        {
            unit.Leaf(tag, Named(dwarf, "A"), value);
        }

        unit.End();
        InvalidImageException refused = Assert.Throws<InvalidImageException>(() => Find(dwarf));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("built: .debug_info+0x", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_without_enumerators_spoils_questions_about_it_alone()
    {
        DwarfBuilder dwarf = One([At.Size(4)]);
        Assert.Contains("has no enumerators", Find(dwarf).Problem?.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_reads_them()
    {
        DwarfBuilder dwarf = One([At.Size(4)], ("A", Value(1)), ("B", At.Sdata(DwAt.DW_AT_const_value, -3)));
        using KernelImage image = dwarf.Open();
        RuleSet rules = new([RuleParser.Parse("r.md", "---\ntitle: t\ncheck: valueof(enum e, B) == -3 && exists(enum e, A) && !exists(enum e, C)\n---\n")]);
        Survey survey = image.Types.FindAll(rules.RequiredTypes, 1);
        Assert.Equal(Outcome.Holds, RuleEvaluator.Evaluate(rules, survey.Sets.ToDictionary(s => s.Name), survey.Facts.Target)[0].Outcome);
    }
}
