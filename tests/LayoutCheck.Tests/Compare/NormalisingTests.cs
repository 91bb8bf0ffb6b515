using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>What is no difference of a type: each rule makes two descriptions one, and without it they differ.</summary>
public sealed class NormalisingTests
{
    private const SourceKind Dwarf = SourceKind.Dwarf;
    private const SourceKind Btf = SourceKind.Btf;

    private static TypeId Int(TypeGraphBuilder builder) => builder.Add(new BaseType("int", 4, BaseEncoding.Signed));

    private static TypeId Long(TypeGraphBuilder builder) => builder.Add(new BaseType("long int", 8, BaseEncoding.Signed));

    // Not between any two sides: it holds for the rule alone, and what it does not cover differs with it too.
    private static void Same(Normalising rule, TypeDefinition old, TypeDefinition now, SourceKind oldSource = Dwarf, SourceKind newSource = Dwarf)
    {
        Assert.Equal(ChangeClass.None, Compared.Definitions(old, now, Normalising.All, oldSource, newSource).Class);
        Assert.Equal(ChangeClass.None, Compared.Definitions(now, old, Normalising.All, newSource, oldSource).Class);
        Assert.NotEqual(ChangeClass.None, Compared.Definitions(old, now, Normalising.All & ~rule, oldSource, newSource).Class);
    }

    private static void Differs(TypeDefinition old, TypeDefinition now, SourceKind oldSource = Dwarf, SourceKind newSource = Dwarf)
    {
        Assert.NotEqual(ChangeClass.None, Compared.Definitions(old, now, Normalising.All, oldSource, newSource).Class);
        Assert.NotEqual(ChangeClass.None, Compared.Definitions(now, old, Normalising.All, newSource, oldSource).Class);
    }

    [Fact]
    public void Every_rule_is_described_once()
    {
        Assert.Equal(Enum.GetValues<Normalising>().Where(r => r is not (Normalising.None or Normalising.All)), NormalisingRule.All.Select(r => r.Rule).Order());
        Assert.Equal(Normalising.All, NormalisingRule.All.Aggregate(Normalising.None, (all, r) => all | r.Rule));
    }

    [Fact]
    public void An_alignment_that_one_side_does_not_tell_equals_any()
    {
        TypeDefinition aligned = Compared.Struct(64, b => [new Member("m", Long(b), 0)], alignment: 64);
        TypeDefinition plain = Compared.Struct(64, b => [new Member("m", Long(b), 0)]);
        Same(Normalising.Alignments, aligned, plain, Dwarf, Btf);
        Differs(aligned, plain);
    }

    [Fact]
    public void A_natural_alignment_equals_one_that_is_declared()
    {
        TypeDefinition declared = Compared.Struct(16, b => [new Member("m", Long(b), 0)], alignment: 8);
        TypeDefinition natural = Compared.Struct(16, b => [new Member("m", Long(b), 0)]);
        Assert.Equal(ChangeClass.None, Compared.Definitions(declared, natural).Class);
        Differs(Compared.Struct(16, b => [new Member("m", Long(b), 0)], alignment: 16), natural);
    }

    [Fact]
    public void A_compiler_that_records_no_alignment_tells_none()
    {
        TypeDefinition aligned = Compared.Struct(64, b => [new Member("m", Long(b), 0)], alignment: 64);
        foreach (string silent in (string[])["GNU C89 6.3.0 20170516 -g", "GNU C 4.8.5", "GNU C11 12.2.0 -gdwarf-2 -gstrict-dwarf"])
        {
            Same(Normalising.Alignments, aligned, Compared.Struct(64, b => [new Member("m", Long(b), 0)], null, silent));
        }

        foreach (string telling in (string[])["GNU C11 12.2.0 -gdwarf-4", "GNU C11 12.2.0 -gdwarf-5 -gstrict-dwarf", "GNU C89 7.5.0", "clang version 14.0.6", ""])
        {
            Differs(aligned, Compared.Struct(64, b => [new Member("m", Long(b), 0)], null, telling));
        }
    }

    [Fact]
    public void The_alignment_of_bit_fields_and_of_attributes_below_it_is_not_told()
    {
        // Of `long a : 1; int b;` gcc makes a struct with the alignment of long.
        static TypeDefinition Flags(bool hasPointer) => Compared.Struct(16, b =>
            [new Member("a", Long(b), 0, 1), new Member("b", Int(b), 32), .. hasPointer ? (Member[])[new Member("c", b.Add(new PointerType(TypeId.Void, 8)), 64)] : []]);
        Assert.False(Compared.Definitions(Flags(false), Flags(true)).IsRealigned);
        Assert.True(Compared.Definitions(
            Compared.Struct(16, b => [new Member("b", Int(b), 32)]), Compared.Struct(16, b => [new Member("b", Int(b), 32), new Member("c", b.Add(new PointerType(TypeId.Void, 8)), 64)])).IsRealigned);
        // clang declares the attribute alone.
        const string Clang = "clang version 14.0.6";
        TypeDefinition small = Compared.Struct(16, b => [new Member("a", Long(b), 0, 1), new Member("b", Int(b), 32)], alignment: 4, Clang);
        Assert.False(Compared.Definitions(small, Compared.Struct(16, b => [new Member("a", Long(b), 0, 1), new Member("b", Int(b), 32)], alignment: 8)).IsRealigned);
        TypeDefinition two = Compared.Struct(16, b => [new Member("m", Long(b), 0)], alignment: 2, Clang);
        Assert.Equal(8u, Compared.Definitions(two, two).Old.Alignment);
    }

    [Fact]
    public void Encodings_of_one_byte_are_not_compared_between_the_formats()
    {
        TypeDefinition dwarf = Compared.Struct(4, b =>
            [new Member("c", b.Add(new BaseType("char", 1, BaseEncoding.UnsignedChar)), 0), new Member("u", b.Add(new BaseType("unsigned char", 1, BaseEncoding.UnsignedChar)), 8),
                new Member("b", b.Add(new BaseType("_Bool", 1, BaseEncoding.Boolean)), 16)]);
        TypeDefinition btf = Compared.Struct(4, b =>
            [new Member("c", b.Add(new BaseType("char", 1, BaseEncoding.Signed)), 0), new Member("u", b.Add(new BaseType("unsigned char", 1, BaseEncoding.Unsigned)), 8),
                new Member("b", b.Add(new BaseType("_Bool", 1, BaseEncoding.Boolean)), 16)]);
        Same(Normalising.ByteEncodings | Normalising.PlainChar, dwarf, btf, Dwarf, Btf);
        Differs(dwarf, btf);
        // Not of wider numbers.
        Differs(Compared.Holding(Int), Compared.Holding(b => b.Add(new BaseType("unsigned int", 4, BaseEncoding.Unsigned))), Dwarf, Btf);
    }

    [Fact]
    public void Plain_char_may_have_either_sign()
    {
        TypeDefinition signed = Compared.Holding(b => b.Add(new BaseType("char", 1, BaseEncoding.SignedChar)));
        TypeDefinition unsigned = Compared.Holding(b => b.Add(new BaseType("char", 1, BaseEncoding.UnsignedChar)));
        Same(Normalising.PlainChar, signed, unsigned);
        Assert.Equal(1, Compared.Definitions(signed, unsigned).CharMembers);
        Differs(signed, Compared.Holding(b => b.Add(new BaseType("unsigned char", 1, BaseEncoding.UnsignedChar))));
    }

    [Fact]
    public void Dimensions_of_an_array_are_one_number()
    {
        TypeDefinition nested = Compared.Holding(b => b.Add(new ArrayType(b.Add(new ArrayType(Int(b), 32)), 4)), 512);
        TypeDefinition flat = Compared.Holding(b => b.Add(new ArrayType(Int(b), 128)), 512);
        Same(Normalising.Arrays, nested, flat, Dwarf, Btf);
        Differs(nested, Compared.Holding(b => b.Add(new ArrayType(b.Add(new BaseType("short int", 2, BaseEncoding.Signed)), 256)), 512));
    }

    [Fact]
    public void An_array_of_no_elements_is_one_of_no_length()
    {
        static TypeDefinition Ending(ulong? count) => Compared.Struct(8, b => [new Member("n", Long(b), 0), new Member("m", b.Add(new ArrayType(Int(b), count)), 64)]);
        Same(Normalising.Arrays, Ending(null), Ending(0), Dwarf, Btf);
        Differs(Ending(null), Compared.Struct(12, b => [new Member("n", Long(b), 0), new Member("m", b.Add(new ArrayType(Int(b), 1)), 64)]));
    }

    [Fact]
    public void Typedefs_and_qualifiers_move_nothing()
    {
        TypeDefinition plain = Compared.Holding(b => b.Add(new PointerType(Int(b), 8)));
        foreach (Qualifier qualifier in Enum.GetValues<Qualifier>())
        {
            Same(Normalising.Typedefs, plain, Compared.Holding(b => b.Add(new QualifiedType(qualifier, b.Add(new PointerType(Int(b), 8))))));
        }

        Same(Normalising.Typedefs, plain, Compared.Holding(b => b.Add(new PointerType(b.Add(new QualifiedType(Qualifier.Const, Int(b))), 8))));
        Same(Normalising.Typedefs, Compared.Holding(b => b.Add(new TypedefType("gfp_t", Int(b)))), Compared.Holding(b => b.Add(new TypedefType("flags_t", Int(b)))));
    }

    [Fact]
    public void A_base_type_has_several_spellings()
    {
        TypeDefinition gcc = Compared.Holding(b => b.Add(new BaseType("long unsigned int", 8, BaseEncoding.Unsigned)));
        Same(Normalising.BaseNames, gcc, Compared.Holding(b => b.Add(new BaseType("unsigned long", 8, BaseEncoding.Unsigned))));
        Differs(gcc, Compared.Holding(Long));
        Differs(gcc, Compared.Holding(b => b.Add(new BaseType("double", 8, BaseEncoding.Float))));
    }

    [Fact]
    public void A_tag_that_one_side_lacks_equals_any_if_the_members_are_the_same()
    {
        static TypeDefinition With(string? tag, string? typedef, string member = "raw") => Compared.Holding(b =>
        {
            TypeId lockType = b.Add(new AggregateType(AggregateKind.Struct, tag, 8, null, [new Member(member, Long(b), 0)]));
            return typedef is null ? lockType : b.Add(new TypedefType(typedef, lockType));
        });
        Same(Normalising.Tags, With("rwlock", "rwlock_t"), With(null, "rwlock_t"));
        Same(Normalising.Tags, With("rwlock", null), With(null, null));
        Same(Normalising.Tags, With("rwlock", null), With(null, "rwlock_t"));
        Differs(With("rwlock", "rwlock_t"), With(null, "rwlock_t", "cooked"));
        Differs(With("rwlock", null), With("spinlock", null));
        Differs(With(null, "rwlock_t"), With(null, "spinlock_t"));
        static TypeDefinition Phase(string? tag) => Compared.Holding(b => b.Add(new EnumType(tag, 4, false)));
        Same(Normalising.Tags, Phase(null), Phase("phase"));
        Differs(Phase("phase"), Phase("state"));
    }

    [Fact]
    public void Unnamed_levels_are_no_part_of_a_path_whether_tagged_or_not()
    {
        static TypeDefinition With(string? tag) => Compared.Struct(16, b =>
            [new Member("a", Long(b), 0), new Member(null, b.Add(new AggregateType(AggregateKind.Struct, tag, 8, null, [new Member("b", Long(b), 0)])), 64)]);
        TypeDefinition flat = Compared.Struct(16, b => [new Member("a", Long(b), 0), new Member("b", Long(b), 64)]);
        Same(Normalising.UnnamedLevels, With(null), flat);
        Same(Normalising.UnnamedLevels, With(null), With("counters"));
    }

    [Fact]
    public void A_bit_field_is_known_by_its_bits()
    {
        // By DW_AT_data_bit_offset, by DW_AT_bit_offset and DW_AT_byte_size, or by no width: the graph has one place for all.
        static TypeDefinition With(ulong? width, ulong size = 4) => Compared.Struct(8, b => [new Member("m", b.Add(new BaseType("unsigned int", size, BaseEncoding.Unsigned)), 32, width)]);
        Assert.Equal(ChangeClass.None, Compared.Definitions(With(32), With(null)).Class);
        Assert.Equal(ChangeClass.None, Compared.Definitions(With(3), With(3), Normalising.All, Dwarf, Btf).Class);
        Differs(With(31), With(null));
    }

    [Fact]
    public void An_enumeration_may_be_larger_than_an_int_or_only_declared_behind_a_pointer()
    {
        static TypeDefinition Pointing(ulong size) => Compared.Holding(b => b.Add(new PointerType(b.Add(new EnumType("phase", size, false)), 8)));
        Assert.Equal(ChangeClass.None, Compared.Definitions(Pointing(0), Pointing(8)).Class);
        static TypeDefinition Having(ulong size) => Compared.Holding(b => b.Add(new EnumType("phase", size, false)));
        Assert.Equal(ChangeClass.None, Compared.Definitions(Having(8), Having(8), Normalising.All, Dwarf, Btf).Class);
        Differs(Having(4), Having(8));
    }

    [Fact]
    public void A_type_behind_a_pointer_is_known_by_its_tag_defined_or_not()
    {
        TypeDefinition declared = Compared.Holding(b => b.Add(new PointerType(b.Add(new AggregateReference(AggregateKind.Struct, "inode")), 8)));
        TypeDefinition defined = Compared.Holding(b => b.Add(new PointerType(b.Add(new AggregateType(AggregateKind.Struct, "inode", 8, null, [new Member("i", Long(b), 0)])), 8)));
        Assert.Equal(ChangeClass.None, Compared.Definitions(declared, defined).Class);
        Differs(declared, Compared.Holding(b => b.Add(new PointerType(b.Add(new AggregateReference(AggregateKind.Union, "inode")), 8))));
        Differs(declared, Compared.Holding(b => b.Add(new PointerType(TypeId.Void, 8))));
    }

    [Fact]
    public void Unique_names_end_in_a_number_that_says_nothing()
    {
        static TypeDefinition With(string name) => Compared.Struct(8, b => [new Member(name, Long(b), 0)]);
        Same(Normalising.UniqueNames, With("__UNIQUE_ID_pad12"), With("__UNIQUE_ID_pad345"));
        Differs(With("__UNIQUE_ID_pad12"), With("__UNIQUE_ID_room12"));
        Differs(With("pad12"), With("pad345"));
    }

    [Fact]
    public void A_function_without_a_prototype_may_be_written_with_an_ellipsis()
    {
        static TypeDefinition Calling(bool isVariadic, params TypeId[] parameters) => Compared.Holding(b => b.Add(new PointerType(b.Add(new FunctionType(TypeId.Void, [.. parameters], isVariadic)), 8)));
        Same(Normalising.Prototypes, Calling(true), Calling(false), Dwarf, Btf);
        TypeDefinition taking = Compared.Holding(b => b.Add(new PointerType(b.Add(new FunctionType(TypeId.Void, [Int(b)], false)), 8)));
        TypeDefinition more = Compared.Holding(b => b.Add(new PointerType(b.Add(new FunctionType(TypeId.Void, [Int(b), Long(b)], false)), 8)));
        Differs(taking, more);
        Differs(taking, Compared.Holding(b => b.Add(new PointerType(b.Add(new FunctionType(TypeId.Void, [Long(b)], false)), 8))));
        Differs(taking, Compared.Holding(b => b.Add(new PointerType(b.Add(new FunctionType(Int(b), [Int(b)], false)), 8))));
    }

    [Theory]
    [InlineData("shapes/shapes.gcc-dwarf2.elf")]
    [InlineData("shapes/shapes.gcc-dwarf3.elf")]
    [InlineData("shapes/shapes.gcc-dwarf4.elf")]
    [InlineData("shapes/shapes.gcc-dwarf64.elf")]
    [InlineData("shapes/shapes.clang-dwarf4.elf")]
    public void One_source_described_by_several_versions_is_the_same(string file)
    {
        using KernelImage old = FixtureFile.Open(file, SourceChoice.Dwarf);
        using KernelImage now = FixtureFile.Open("shapes/shapes.gcc-dwarf5.elf", SourceChoice.Dwarf);
        AssertSame(old, now);
    }

    [Theory]
    [InlineData("shapes/shapes.gcc-dwarf5-btf.elf")]
    [InlineData("shapes/shapes.s390x-dwarf5-btf.elf")]
    [InlineData("shapes/shapes.clang-dwarf5-btf.elf")]
    [InlineData("page-era6/page-era6.gcc-dwarf5-btf.elf")]
    public void Both_formats_of_one_image_are_the_same(string file)
    {
        using KernelImage old = FixtureFile.Open(file, SourceChoice.Dwarf);
        using KernelImage now = FixtureFile.Open(file, SourceChoice.Btf);
        AssertSame(old, now);
    }

    private static void AssertSame(KernelImage old, KernelImage now)
    {
        using WorkerPool pool = new(1);
        Comparison comparison = Comparison.OfAll(old.Types, now.Types, pool);
        Assert.True(comparison.ComparedCount > 3, $"{comparison.ComparedCount} types");
        Assert.Equal([], comparison.Different.Select(d => $"{d.Name}: {d.Problem}{string.Join("; ", d.Pairs.SelectMany(p => Compared.Lines(p.Changes)))}"));
    }
}
