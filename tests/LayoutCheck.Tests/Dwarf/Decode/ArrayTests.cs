using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Decode;

/// <summary>How many elements an array has (DWARF 5 §5.13).</summary>
public sealed class ArrayTests
{
    private static DwarfBuilder StructWithArray(At[] array, params At[][] subranges)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("s");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Udata(DwAt.DW_AT_byte_size, 1 << 20));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("array"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Mark("array");
        unit.Begin(DwTag.DW_TAG_array_type, [At.Type("int"), .. array]);
        foreach (At[] subrange in subranges)
        {
            unit.Leaf(DwTag.DW_TAG_subrange_type, subrange);
        }

        unit.End();
        unit.Int();
        return dwarf;
    }

    private static ulong? CountOf(params At[] subrange)
    {
        TypeDefinition definition = DwarfUnderTest.StructS(StructWithArray([], subrange));
        return ((ArrayType)definition.Graph[definition.Aggregate.Members[0].Type]).Count;
    }

    [Fact]
    public void Without_a_bound_it_is_flexible() => Assert.Null(CountOf());

    [Fact]
    public void Reads_a_count() => Assert.Equal([7UL, 0UL], [CountOf(At.Data1(DwAt.DW_AT_count, 7)), CountOf(At.Data1(DwAt.DW_AT_count, 0))]);

    [Fact]
    public void An_upper_bound_is_included() => Assert.Equal([8UL, 1UL], [CountOf(At.Data1(DwAt.DW_AT_upper_bound, 7)), CountOf(At.Data1(DwAt.DW_AT_upper_bound, 0))]);

    [Fact]
    public void A_count_goes_before_an_upper_bound() => Assert.Equal(3UL, CountOf(At.Data1(DwAt.DW_AT_upper_bound, 7), At.Data1(DwAt.DW_AT_count, 3)));

    [Fact]
    public void An_upper_bound_of_minus_1_is_no_elements()
    {
        Assert.Equal(0UL, CountOf(At.Sdata(DwAt.DW_AT_upper_bound, -1)));
        Assert.Equal(0UL, CountOf(At.Implicit(DwAt.DW_AT_upper_bound, -1)));
        Assert.Equal(0UL, CountOf(At.Raw(DwAt.DW_AT_upper_bound, DwForm.DW_FORM_data4, 0xff, 0xff, 0xff, 0xff)));
        Assert.Equal(0UL, CountOf(At.Raw(DwAt.DW_AT_upper_bound, DwForm.DW_FORM_data8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)));
    }

    [Fact]
    public void Bounds_of_one_and_two_bytes_are_not_negative()
    {
        Assert.Equal(256UL, CountOf(At.Raw(DwAt.DW_AT_upper_bound, DwForm.DW_FORM_data1, 0xff)));
        Assert.Equal(65536UL, CountOf(At.Raw(DwAt.DW_AT_upper_bound, DwForm.DW_FORM_data2, 0xff, 0xff)));
    }

    [Fact]
    public void A_bound_that_is_computed_at_run_time_is_none()
    {
        Assert.Null(CountOf(At.Raw(DwAt.DW_AT_upper_bound, DwForm.DW_FORM_exprloc, 1, 0x30)));
        Assert.Null(CountOf(At.Ref(DwAt.DW_AT_count, "int")));
    }

    [Fact]
    public void A_lower_bound_of_0_says_nothing_new() => Assert.Equal(4UL, CountOf(At.Data1(DwAt.DW_AT_lower_bound, 0), At.Data1(DwAt.DW_AT_upper_bound, 3)));

    [Fact]
    public void Refuses_a_lower_bound_that_C_has_not()
        => DwarfUnderTest.AssertRefused(StructWithArray([], [At.Data1(DwAt.DW_AT_lower_bound, 1), At.Data1(DwAt.DW_AT_upper_bound, 3)]), "an array that does not count from 0");

    [Fact]
    public void Refuses_an_array_without_a_dimension() => AssertRefusedAtArray(StructWithArray([]), "an array of 0 dimensions");

    [Theory]
    [InlineData(DwAtName.ByteStride)]
    [InlineData(DwAtName.BitStride)]
    public void Refuses_a_stride(DwAtName stride) => AssertRefusedAtArray(StructWithArray([At.Data1((DwAt)stride, 8)], [At.Data1(DwAt.DW_AT_count, 3)]), "an array with a stride of its own");

    public enum DwAtName
    {
        BitStride = DwAt.DW_AT_bit_stride,
        ByteStride = DwAt.DW_AT_byte_stride,
    }

    [Fact]
    public void The_first_dimension_is_the_outermost()
    {
        TypeDefinition definition = DwarfUnderTest.StructS(StructWithArray([], [At.Data1(DwAt.DW_AT_count, 2)], [At.Data1(DwAt.DW_AT_count, 3)], []));
        TypeId type = definition.Aggregate.Members[0].Type;

        Assert.Equal("int[2][3][]", definition.Graph.Declare(type));
    }

    [Fact]
    public void A_size_past_64_bits_is_refused()
    {
        At[] huge = [At.Udata(DwAt.DW_AT_count, 1UL << 40)];
        DwarfUnderTest.AssertRefused(StructWithArray([], huge, huge), "its member m has a type without a size");
        DwarfUnderTest.AssertRefused(StructWithArray([], [At.Udata(DwAt.DW_AT_count, 1UL << 60)]), "its member m has a type without a size");
    }

    private static void AssertRefusedAtArray(DwarfBuilder dwarf, string problem) => DwarfUnderTest.AssertRefused(dwarf, problem, offset: dwarf.OffsetOf("array"));
}
