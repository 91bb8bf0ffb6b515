using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Decode;

/// <summary>Types that no compiler writes: in a circle, too deep, too large, declared, not C's.</summary>
public sealed class TypeTests
{
    private const string Circle = "types are nested more than 256 deep: they refer to each other in a circle";

    private static DwarfBuilder StructOf(string memberType, Action<DwarfUnit> others)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", memberType, 8);
        others(unit);
        unit.Int();
        return dwarf;
    }

    [Fact]
    public void Refuses_a_typedef_of_itself() => DwarfUnderTest.AssertRefused(
        StructOf("t", unit =>
        {
            unit.Mark("t");
            unit.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), At.Type("t"));
        }),
        Circle);

    [Fact]
    public void Refuses_a_circle_of_typedefs_and_qualifiers() => DwarfUnderTest.AssertRefused(
        StructOf("t", unit =>
        {
            unit.Mark("t");
            unit.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), At.Type("const"));
            unit.Mark("const");
            unit.Leaf(DwTag.DW_TAG_const_type, At.Type("t"));
        }),
        Circle);

    [Fact]
    public void Refuses_a_struct_that_contains_itself() => DwarfUnderTest.AssertRefused(StructOf("s", _ => { }), Circle);

    [Fact]
    public void Refuses_structs_that_contain_each_other_through_arrays() => DwarfUnderTest.AssertRefused(
        StructOf("array", unit =>
        {
            unit.Mark("array");
            unit.Begin(DwTag.DW_TAG_array_type, At.Type("s"));
            unit.Leaf(DwTag.DW_TAG_subrange_type, At.Data1(DwAt.DW_AT_count, 2));
            unit.End();
        }),
        Circle);

    [Fact]
    public void Refuses_a_pointer_to_itself() => DwarfUnderTest.AssertRefused(
        StructOf("p", unit =>
        {
            unit.Mark("p");
            unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("p"));
        }),
        Circle);

    [Fact]
    public void An_unspecified_type_without_a_name_can_be_pointed_to()
    {
        TypeDefinition definition = DwarfUnderTest.StructS(StructOf("p", unit =>
        {
            unit.Mark("p");
            unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("unspecified"));
            unit.Mark("unspecified");
            unit.Leaf(DwTag.DW_TAG_unspecified_type);
        }));

        Assert.Equal("? *", definition.Graph.Declare(definition.Aggregate.Members[0].Type));
    }

    [Fact]
    public void An_enumeration_that_tells_no_size_has_that_of_its_type()
    {
        TypeDefinition definition = DwarfUnderTest.StructS(StructOf("e", unit =>
        {
            unit.Mark("e");
            unit.Leaf(DwTag.DW_TAG_enumeration_type, At.Name("e"), At.Type("short"));
            unit.Mark("short");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("short"), At.Size(2), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        }));

        Assert.Equal(new EnumType("e", 2, true), definition.Graph[definition.Aggregate.Members[0].Type]);
    }

    [Theory]
    [InlineData(0x05, BaseEncoding.Signed)]
    [InlineData(0x105, BaseEncoding.Other)] // a number of 16 bits that ends in that of DW_ATE_signed
    [InlineData(0x7f, BaseEncoding.Other)]
    public void A_number_has_the_encoding(ulong told, BaseEncoding encoding)
    {
        TypeDefinition definition = DwarfUnderTest.StructS(StructOf("number", unit =>
        {
            unit.Mark("number");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("number"), At.Size(8), At.Udata(DwAt.DW_AT_encoding, told));
        }));

        Assert.Equal(new BaseType("number", 8, encoding), definition.Graph[definition.Aggregate.Members[0].Type]);
    }

    [Fact]
    public void A_struct_may_point_to_itself()
    {
        TypeDefinition definition = DwarfUnderTest.StructS(StructOf("p", unit =>
        {
            unit.Mark("p");
            unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("s"));
        }));

        Assert.Equal("struct s *", definition.Graph.Declare(definition.Aggregate.Members[0].Type));
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(100_000, false)]
    public void Follows_typedefs_to_a_depth_that_C_code_has(int depth, bool isRead)
    {
        DwarfBuilder dwarf = StructOf("t0", unit =>
        {
            for (int i = 0; i < depth; i++)
            {
                unit.Mark($"t{i}");
                unit.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), At.Type(i == depth - 1 ? "int" : $"t{i + 1}"));
            }
        });

        if (isRead)
        {
            Assert.Equal(4UL, DwarfUnderTest.StructS(dwarf).Graph.ByteSizeOf(DwarfUnderTest.StructS(dwarf).Aggregate.Members[0].Type));
        }
        else
        {
            DwarfUnderTest.AssertRefused(dwarf, Circle);
        }
    }

    [Fact]
    public void Refuses_arrays_whose_dimensions_add_up_past_any_depth()
    {
        // 200 arrays of arrays with 250 dimensions each: every recursion over types would go 50,000 deep.
        DwarfBuilder dwarf = StructOf("a0", unit =>
        {
            for (int i = 0; i < 200; i++)
            {
                unit.Mark($"a{i}");
                unit.Begin(DwTag.DW_TAG_array_type, At.Type(i == 199 ? "int" : $"a{i + 1}"));
                for (int dimension = 0; dimension < 250; dimension++)
                {
                    unit.Leaf(DwTag.DW_TAG_subrange_type, At.Data1(DwAt.DW_AT_count, 1));
                }

                unit.End();
            }
        });

        DwarfUnderTest.AssertRefused(dwarf, "nested more than 256 deep");
    }

    [Fact]
    public void Refuses_a_struct_that_unfolds_to_more_members_than_can_be_listed()
    {
        // struct s { union a0 {union a1 { ... } x, y; } x, y; }: 40 unions, 2^40 members.
        DwarfBuilder dwarf = StructOf("a0", unit =>
        {
            for (int i = 0; i < 40; i++)
            {
                unit.Mark($"a{i}");
                unit.Begin(DwTag.DW_TAG_union_type, At.Size(4));
                string inner = i == 39 ? "int" : $"a{i + 1}";
                unit.Leaf(DwTag.DW_TAG_member, At.Name("x"), At.Type(inner));
                unit.Leaf(DwTag.DW_TAG_member, At.Name("y"), At.Type(inner));
                unit.End();
            }
        });

        DwarfUnderTest.AssertRefused(dwarf, "the members of a struct or union take more than 4194304 characters to name");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(1L << 61)]
    public void Refuses_a_size_that_no_type_has(long size)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("s");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Sdata(DwAt.DW_AT_byte_size, size));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, "bytes, which no type has", offset: dwarf.OffsetOf("s"));
    }

    [Fact]
    public void Refuses_a_struct_without_a_size()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("s");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, "DW_TAG_structure_type has no DW_AT_byte_size", offset: dwarf.OffsetOf("s"));
    }

    [Fact]
    public void Refuses_a_size_that_is_not_a_constant()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Raw(DwAt.DW_AT_byte_size, DwForm.DW_FORM_exprloc, 1, 0x30));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, "DW_AT_byte_size has DW_FORM_exprloc, which is not a constant");
    }

    [Theory]
    [InlineData(0x4321, "DW_TAG 0x4321 is not a type")]
    [InlineData(0x34, "DW_TAG_variable is not a type")]
    [InlineData(0x02, "DW_TAG_class_type is not a type")]
    public void Refuses_a_member_whose_type_is_no_C_type(int tag, string problem)
    {
        DwarfBuilder dwarf = StructOf("what", unit =>
        {
            unit.Mark("what");
            unit.Leaf((DwTag)tag, At.Name("x"), At.Size(4));
        });

        DwarfUnderTest.AssertRefused(dwarf, problem, offset: dwarf.OffsetOf("what"));
    }

    [Theory]
    [InlineData(0x1c, "DW_TAG_inheritance in a C unit")]
    [InlineData(0x33, "DW_TAG_variant_part in a C unit")]
    public void Refuses_what_C_has_not_inside_of_a_struct(int tag, string problem)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Mark("what");
        unit.Leaf((DwTag)tag, At.Type("int"));
        unit.End();
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, problem, offset: dwarf.OffsetOf("what"));
    }

    [Fact]
    public void Refuses_a_type_that_is_the_null_entry()
    {
        DwarfBuilder dwarf = StructOf("null", unit =>
        {
            unit.Begin(DwTag.DW_TAG_enumeration_type, At.Size(4));
            unit.Mark("null");
            unit.End();
        });

        DwarfUnderTest.AssertRefused(dwarf, "a type is said to be here, and there is none", offset: dwarf.OffsetOf("null"));
    }

    [Fact]
    public void Refuses_a_struct_by_value_of_a_signature_that_no_unit_has()
    {
        DwarfBuilder dwarf = StructOf("elsewhere", unit =>
        {
            unit.Mark("elsewhere");
            unit.Leaf(DwTag.DW_TAG_structure_type, At.Flag(DwAt.DW_AT_declaration), At.Raw(DwAt.DW_AT_signature, DwForm.DW_FORM_ref_sig8, new byte[8]));
        });

        DwarfUnderTest.AssertRefused(dwarf, "the type unit of signature 0x0000000000000000, which is not in this file", offset: dwarf.OffsetOf("elsewhere"));
    }

    [Fact]
    public void A_declaration_is_counted_and_is_no_definition()
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Flag(DwAt.DW_AT_declaration));
        DwarfUnit both = dwarf.Unit();
        both.Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Flag(DwAt.DW_AT_declaration));
        both.StructOf("s", "int");
        both.Int();
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Flag(DwAt.DW_AT_declaration));

        Assert.Equal(1, DwarfUnderTest.StructS(dwarf).Units[0].Index);
        using KernelImage image = dwarf.Open();
        DefinitionSet set = image.Types.FindAll([TypeName.Parse("s")], 2).Sets[0];
        Assert.Equal((1, 2), (set.DefinitionCount, set.DeclarationCount));
    }

    [Fact]
    public void A_declaration_flag_of_0_is_a_definition()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4), At.Raw(DwAt.DW_AT_declaration, DwForm.DW_FORM_flag, 0));
        unit.End();

        Assert.Equal(4UL, DwarfUnderTest.StructS(dwarf).Aggregate.ByteSize);
    }

    [Fact]
    public void A_typedef_answers_for_a_bare_name_only()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), At.Type("untagged"));
        unit.Mark("untagged");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Size(4));
        unit.End();
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("number_t"), At.Type("int"));
        unit.Int();
        using KernelImage image = dwarf.Open();

        Survey survey = image.Types.FindAll([new(TypeNameKind.Any, "t"), new(TypeNameKind.Struct, "t"), new(TypeNameKind.Any, "number_t")], 1);

        Assert.Equal([1, 0, 0], survey.Sets.Select(set => set.DefinitionCount));
        // A typedef of a number declares no struct.
        Assert.Equal([0, 0, 0], survey.Sets.Select(set => set.DeclarationCount));
        Assert.NotNull(image.Types.FindFirst(new(TypeNameKind.Any, "t")));
        Assert.Null(image.Types.FindFirst(new(TypeNameKind.Struct, "t")));
    }

    [Fact]
    public void Struct_and_union_are_asked_apart()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_union_type, At.Name("x"), At.Size(1));
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Name("x"), At.Size(2));
        using KernelImage image = dwarf.Open();

        Assert.Equal(1UL, image.Types.FindFirst(TypeName.Parse("union x"))!.Aggregate.ByteSize);
        Assert.Equal(2UL, image.Types.FindFirst(TypeName.Parse("struct x"))!.Aggregate.ByteSize);
        Assert.Equal(1UL, image.Types.FindFirst(TypeName.Parse("x"))!.Aggregate.ByteSize);
        Assert.Equal([new(TypeNameKind.Struct, "x"), new(TypeNameKind.Union, "x")], image.Types.DefinedNames());
    }

    [Fact]
    public void A_name_is_found_at_every_offset_that_the_linker_left_it_at()
    {
        // ".debug_str" with "subs" and "s" merged at its tail, and "s" once more.
        DwarfBuilder dwarf = new();
        ulong subs = dwarf.AddString("subs");
        ulong again = dwarf.AddString("s");
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, subs), At.Size(1));
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, subs + 3), At.Size(2));
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, again), At.Size(2));
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(2));

        Assert.Equal(2UL, DwarfUnderTest.StructS(dwarf).Aggregate.ByteSize);
        using KernelImage image = dwarf.Open();
        Assert.Equal([1, 2, 3], image.Types.FindAll([TypeName.Parse("s")], 1).Sets[0].Distinct[0].Units.Select(u => u.Index));
    }

    [Fact]
    public void Finds_a_member_through_unnamed_and_tagged_unnamed_members()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(12));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type("int"));
        unit.Leaf(DwTag.DW_TAG_member, At.Type("tagged"), At.Data1(DwAt.DW_AT_data_member_location, 4));
        unit.End();
        unit.Mark("tagged");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("tagged"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("b"), At.Type("int"));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("c"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 4));
        unit.End();
        unit.Int();
        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);

        Assert.Equal(64UL, MemberPath.Resolve(definition.Graph, definition.Root, "c")!.BitOffset);
        Assert.Null(MemberPath.Resolve(definition.Graph, definition.Root, "tagged"));
    }
}
