using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Btf;

/// <summary>Every kind of record, in both byte orders, from bytes built here.</summary>
public sealed class BtfTypeReaderTests
{
    private static BtfTypeReader Build(bool isBigEndian, Action<BtfBuilder> write)
    {
        BtfBuilder builder = new(isBigEndian);
        write(builder);
        return builder.Reader();
    }

    private static TypeDefinition First(BtfTypeReader reader, string name) =>
        reader.FindFirst(TypeName.Parse(name)) ?? throw new InvalidOperationException($"no {name}");

    private static string[] Declarations(TypeDefinition definition) =>
        [.. definition.Aggregate.Members.Select(m => $"{m.BitOffset} {(m.IsBitField ? $"{m.BitFieldSize}b " : "")}{definition.Graph.Declare(m.Type, m.Name ?? "")}")];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_every_kind_that_a_member_can_have(bool isBigEndian)
    {
        BtfTypeReader reader = Build(isBigEndian, b =>
        {
            uint integer = b.Int("int", 4, BtfFormat.BTF_INT_SIGNED);
            uint word = b.Int("long unsigned int", 8);
            uint real = b.Add(BtfFormat.BTF_KIND_FLOAT, "double", 8);
            uint colour = b.Add(BtfFormat.BTF_KIND_ENUM, "colour", 4, 1, false, b.StringOffset("RED"), 0);
            uint large = b.Add(BtfFormat.BTF_KIND_ENUM64, "large", 8, 1, true, b.StringOffset("LARGE"), 0, 1);
            uint forward = b.Add(BtfFormat.BTF_KIND_FWD, "mm_struct", 0);
            uint forwardUnion = b.Add(BtfFormat.BTF_KIND_FWD, "mm_union", 0, 0, true);
            uint constant = b.Add(BtfFormat.BTF_KIND_CONST, null, integer);
            uint shaky = b.Add(BtfFormat.BTF_KIND_VOLATILE, null, constant);
            uint restricted = b.Add(BtfFormat.BTF_KIND_RESTRICT, null, b.Pointer(0));
            uint pair = b.Struct("pair", 16, ("x", word, 0), ("y", word, 64));
            uint pairs = b.Typedef("pair_t", pair);
            uint function = b.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, integer, 3, false, b.StringOffset("p"), b.Pointer(pairs), 0, word, 0, 0);
            uint nothing = b.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, 0);
            uint tagged = b.Add(BtfFormat.BTF_KIND_TYPE_TAG, "user", integer);
            uint index = b.Int("__ARRAY_SIZE_TYPE__", 4);
            uint array = b.Array(b.Array(integer, 3, index), 2, index);
            uint outer = b.Struct(
                "outer", 200, ("i", integer, 0), ("d", real, 64), ("c", colour, 128), ("e", large, 192), ("mm", b.Pointer(forward), 256), ("mu", b.Pointer(forwardUnion), 320), ("v", shaky, 384),
                ("r", restricted, 448), ("by_value", pairs, 512), ("f", b.Pointer(function), 640), ("g", b.Pointer(nothing), 704), ("user", b.Pointer(tagged), 768), ("a", array, 832));

            // Records that no member refers to must be stepped over.
            uint func = b.Add(BtfFormat.BTF_KIND_FUNC, "main", function, 1);
            uint variable = b.Add(BtfFormat.BTF_KIND_VAR, "global", outer, 0, false, 1);
            _ = b.Add(BtfFormat.BTF_KIND_DATASEC, ".data", 200, 1, false, variable, 0, 200);
            _ = b.Add(BtfFormat.BTF_KIND_DECL_TAG, "kfunc", func, 0, false, uint.MaxValue);
            _ = b.Struct("last", 4, ("i", integer, 0));
        });

        TypeDefinition outer = First(reader, "struct outer");
        Assert.Equal(
            [
                "0 int i", "64 double d", "128 enum colour c", "192 enum large e", "256 struct mm_struct *mm", "320 union mm_union *mu", "384 const volatile int v", "448 void *restrict r",
                "512 pair_t by_value", "640 int (*f)(pair_t *, long unsigned int, ...)", "704 void (*g)(void)", "768 int *user", "832 int a[2][3]",
            ],
            Declarations(outer));
        Assert.Equal(200UL, outer.Aggregate.ByteSize);
        Assert.Equal(new BaseType("double", 8, BaseEncoding.Float), outer.Graph[outer.Aggregate.Members[1].Type]);
        Assert.Equal(new EnumType("colour", 4, false), outer.Graph[outer.Aggregate.Members[2].Type]);
        Assert.Equal(new EnumType("large", 8, true), outer.Graph[outer.Aggregate.Members[3].Type]);
        Assert.Equal([0UL, 64UL], outer.Graph.AsAggregate(outer.Aggregate.Members[8].Type)!.Members.Select(m => m.BitOffset));
        Assert.Equal(new DefiningUnit(26, "BTF type 26"), Assert.Single(outer.Units));
        Assert.Equal(4UL, First(reader, "last").Aggregate.ByteSize);
        Assert.Equal(new TargetInfo(8, isBigEndian), reader.Target);
    }

    [Theory]
    [InlineData(0, BaseEncoding.Unsigned)]
    [InlineData(BtfFormat.BTF_INT_SIGNED, BaseEncoding.Signed)]
    [InlineData(BtfFormat.BTF_INT_CHAR, BaseEncoding.UnsignedChar)]
    [InlineData(BtfFormat.BTF_INT_CHAR | BtfFormat.BTF_INT_SIGNED, BaseEncoding.SignedChar)]
    [InlineData(BtfFormat.BTF_INT_BOOL, BaseEncoding.Boolean)]
    public void Reads_integer_encodings(uint encoding, BaseEncoding expected)
    {
        TypeDefinition s = First(Build(false, b => b.Struct("s", 1, ("m", b.Int("number", 1, encoding), 0))), "s");

        Assert.Equal(new BaseType("number", 1, expected), s.Graph[s.Aggregate.Members[0].Type]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_bitfields_of_the_kind_flag(bool isBigEndian)
    {
        BtfTypeReader reader = Build(isBigEndian, b =>
        {
            uint integer = b.Int("unsigned int", 4);
            _ = b.Aggregate(BtfFormat.BTF_KIND_STRUCT, "flags", 12, true, ("a", integer, (3 << 24) | 0), ("b", integer, (12 << 24) | 3), ("plain", integer, 64));
            _ = b.Aggregate(BtfFormat.BTF_KIND_UNION, "arms", 4, true, ("a", b.Typedef("u32", integer), 31 << 24));
        });

        Assert.Equal(["0 3b unsigned int a", "3 12b unsigned int b", "64 unsigned int plain"], Declarations(First(reader, "struct flags")));
        Assert.Equal(["0 31b u32 a"], Declarations(First(reader, "union arms")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_bitfields_of_narrow_integers(bool isBigEndian)
    {
        BtfTypeReader reader = Build(isBigEndian, b =>
        {
            uint three = b.Int("unsigned int", 4, bits: 3);
            uint shifted = b.Int("unsigned int", 4, bits: 5, offset: 3);
            uint whole = b.Int("unsigned int", 4);
            _ = b.Struct("old", 8, ("a", three, 0), ("b", shifted, 0), ("c", b.Typedef("narrow_t", b.Add(BtfFormat.BTF_KIND_CONST, null, three)), 17), ("d", whole, 32));
        });

        Assert.Equal(["0 3b unsigned int a", "3 5b unsigned int b", "17 3b narrow_t c", "32 unsigned int d"], Declarations(First(reader, "old")));
    }

    [Fact]
    public void Keeps_member_offsets_past_24_bits_without_the_kind_flag()
    {
        TypeDefinition s = First(Build(false, b => b.Struct("s", 0x1000_0000, ("m", b.Int("int", 4), 0x4000_0000))), "s");

        Assert.Equal(0x4000_0000UL, s.Aggregate.Members[0].BitOffset);
        Assert.False(s.Aggregate.Members[0].IsBitField);
    }

    [Fact]
    public void Reads_no_elements_at_the_end_of_a_struct_as_a_flexible_array()
    {
        BtfTypeReader reader = Build(false, b =>
        {
            uint array = b.Array(b.Int("char", 1), 0);
            _ = b.Struct("s", 0, ("inside", array, 0), ("end", array, 0));
            _ = b.Union("u", 0, ("end", array, 0));
            _ = b.Struct("t", 0, ("end", b.Typedef("none_t", array), 0));
            _ = b.Struct("v", 0, ("end", b.Add(BtfFormat.BTF_KIND_TYPE_TAG, "tag", array), 0));
        });

        Assert.Equal(["0 char inside[0]", "0 char end[]"], Declarations(First(reader, "s")));
        Assert.Equal(["0 char end[0]"], Declarations(First(reader, "u")));

        Assert.Equal(["0 char end[0]"], Declarations(First(reader, "v")));

        // A typedef has its length for all who use it.
        TypeDefinition named = First(reader, "t");
        Assert.Equal(["0 none_t end"], Declarations(named));
        Assert.Equal(0UL, Assert.IsType<ArrayType>(named.Graph[named.Graph.Strip(named.Aggregate.Members[0].Type)]).Count);
    }

    [Theory]
    [InlineData(BtfFormat.BTF_KIND_INT, BaseEncoding.Unsigned)]
    [InlineData(BtfFormat.BTF_KIND_FLOAT, BaseEncoding.Float)]
    public void Reads_a_number_without_a_name(uint kind, BaseEncoding encoding)
    {
        TypeDefinition s = First(Build(false, b => b.Struct("s", 4, ("m", kind == BtfFormat.BTF_KIND_INT ? b.Add(kind, null, 4, details: [32]) : b.Add(kind, null, 4), 0))), "s");

        Assert.Equal(new BaseType("", 4, encoding), s.Graph[s.Aggregate.Members[0].Type]);
    }

    [Fact]
    public void Is_read_to_its_end_before_the_first_question() => Assert.Equal(1.0, Build(false, b => b.Int("int", 4)).FractionDone);

    [Fact]
    public void Reads_a_list_node_by_value_and_behind_a_pointer()
    {
        BtfTypeReader reader = Build(false, b =>
        {
            uint word = b.Int("long int", 8);
            uint nextId = 3;
            uint pointer = b.Pointer(nextId);
            Assert.Equal(nextId, b.Struct("list_head", 16, ("next", pointer, 0), ("prev", pointer, 64)));
            _ = b.Union("holder", 16, ("list", nextId, 0), ("nr", word, 0), ("head", pointer, 0), ("row", b.Pointer(b.Array(nextId, 4)), 0));
        });

        TypeDefinition holder = First(reader, "holder");
        Assert.Equal(["0 struct list_head list", "0 long int nr", "0 struct list_head *head", "0 struct list_head (*row)[4]"], Declarations(holder));
        PointerType next = Assert.IsType<PointerType>(holder.Graph[holder.Graph.AsAggregate(holder.Aggregate.Members[0].Type)!.Members[0].Type]);
        Assert.Equal(new AggregateReference(AggregateKind.Struct, "list_head"), holder.Graph[next.Target]);
        Assert.Equal(8UL, next.ByteSize);
    }

    [Fact]
    public void Finds_by_tag_and_by_typedef()
    {
        BtfTypeReader reader = Build(false, b =>
        {
            uint integer = b.Int("int", 4);
            uint unnamed = b.Struct(null, 4, ("counter", integer, 0));
            _ = b.Typedef("atomic_t", b.Add(BtfFormat.BTF_KIND_CONST, null, unnamed));
            _ = b.Typedef("int_t", integer);
            _ = b.Union("both", 4, ("i", integer, 0));
            _ = b.Struct("both", 8, ("i", integer, 32));
            _ = b.Struct("page", 4, ("i", integer, 0));
            _ = b.Struct("pages", 4, ("i", integer, 0));
        });

        Assert.Equal("counter", First(reader, "atomic_t").Aggregate.Members[0].Name);
        Assert.Null(reader.FindFirst(TypeName.Parse("struct atomic_t")));
        Assert.Null(reader.FindFirst(TypeName.Parse("int_t")));
        Assert.Null(reader.FindFirst(TypeName.Parse("int")));
        Assert.Null(reader.FindFirst(TypeName.Parse("")));
        Assert.Null(reader.FindFirst(new TypeName(TypeNameKind.Any, "page\0s")));
        Assert.Null(reader.FindFirst(TypeName.Parse("pag")));
        Assert.Null(reader.FindFirst(TypeName.Parse("union page")));
        Assert.Equal(AggregateKind.Struct, First(reader, "struct both").Aggregate.Kind);
        Assert.Equal(AggregateKind.Union, First(reader, "union both").Aggregate.Kind);
        Assert.Equal(["union both", "struct both", "struct page", "struct pages"], reader.DefinedNames().OrderBy(n => n.Name).ThenByDescending(n => n.Kind).Select(n => n.ToString()));
        Assert.Equal(["both", "both", "page", "pages"], reader.DefinedNames().Select(n => n.Name));
    }

    [Fact]
    public void Folds_equal_definitions_and_keeps_different_ones()
    {
        BtfTypeReader reader = Build(false, b =>
        {
            uint integer = b.Int("int", 4);
            uint word = b.Int("long int", 8);
            uint one = b.Struct("s", 8, ("i", integer, 0));
            _ = b.Typedef("s", one);
            _ = b.Struct("s", 8, ("i", b.Typedef("int_t", integer), 0));
            _ = b.Struct("s", 8, ("i", word, 0));
            _ = b.Add(BtfFormat.BTF_KIND_FWD, "s", 0);
            _ = b.Add(BtfFormat.BTF_KIND_FWD, "s", 0, 0, true);
        });

        Survey survey = reader.FindAll([TypeName.Parse("s"), TypeName.Parse("struct s"), TypeName.Parse("union s"), TypeName.Parse("t")], 1);

        Assert.Equal([2, 2, 0, 0], survey.Sets.Select(s => s.Distinct.Length));
        Assert.Equal([2, 1, 1, 0], survey.Sets.Select(s => s.DeclarationCount));
        Assert.Equal(["0 int i"], Declarations(survey.Sets[0].Distinct[0]));
        Assert.Equal(["0 long int i"], Declarations(survey.Sets[0].Distinct[1]));
        Assert.Equal(SourceKind.Btf, survey.Facts.Kind);
        Assert.Equal("BTF", survey.Facts.Format);
        Assert.Empty(survey.Facts.Producers);
    }

    [Fact]
    public void Takes_the_size_of_a_pointer_from_long()
    {
        static uint Holder(BtfBuilder b) => b.Struct("s", 8, ("p", b.Pointer(0), 0));

        Assert.Equal(4, Build(false, b => b.Int("long unsigned int", 4)).Target.WordByteSize);
        Assert.Equal(8, Build(false, b => b.Int("unsigned long", 8)).Target.WordByteSize);
        BtfTypeReader silent = Build(false, b => { _ = b.Int("int", 4); _ = Holder(b); _ = b.Struct("t", 4, ("i", 1, 0)); });
        Assert.Equal(4UL, First(silent, "t").Aggregate.ByteSize);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => First(silent, "s"));
        Assert.Contains("size of a pointer", e.Message, StringComparison.Ordinal);
        _ = Assert.Throws<InvalidImageException>(() => silent.Target);

        BtfBuilder builder = new();
        _ = Holder(builder);
        Assert.Equal(4, BtfBuilder.ReaderOf(builder.Build(), 4).Target.WordByteSize);
    }

    [Fact]
    public void Knows_the_magic_of_both_byte_orders()
    {
        Assert.True(BtfTypeReader.HasMagic(LayoutCheck.IO.MappedFile.FromBytes("x", new BtfBuilder().Build())));
        Assert.True(BtfTypeReader.HasMagic(LayoutCheck.IO.MappedFile.FromBytes("x", new BtfBuilder(true).Build())));
        Assert.False(BtfTypeReader.HasMagic(LayoutCheck.IO.MappedFile.FromBytes("x", "\u007fELF"u8.ToArray())));
        Assert.False(BtfTypeReader.HasMagic(LayoutCheck.IO.MappedFile.FromBytes("x", [0x9f])));
    }

    [Fact]
    public void Steps_over_an_unknown_kind_that_the_header_describes()
    {
        BtfBuilder builder = new() { HeaderLength = 32 };
        for (uint kind = 0; kind <= 20; kind++)
        {
            builder.Layouts.Add(kind == 20 ? ((byte)4, (byte)8, (ushort)0) : ((byte)0, (byte)0, (ushort)0));
        }

        uint integer = builder.Int("int", 4);
        uint unknown = builder.Add(20, "news", 0, 2, false, 1, 2, 3, 4, 5);
        _ = builder.Struct("s", 4, ("i", integer, 0));
        _ = builder.Struct("t", 4, ("i", unknown, 0));

        BtfTypeReader reader = builder.Reader();

        Assert.Equal(4UL, First(reader, "s").Aggregate.ByteSize);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => First(reader, "t"));
        Assert.Contains("type 2 (kind 20)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Accepts_a_longer_header()
    {
        BtfBuilder builder = new() { HeaderLength = 40 };
        _ = builder.Struct("s", 4, ("i", builder.Int("int", 4), 0));

        Assert.Equal(4UL, First(builder.Reader(), "s").Aggregate.ByteSize);
    }

    [Fact]
    public void Looks_through_unnamed_members()
    {
        TypeDefinition page = First(Build(true, b =>
        {
            uint word = b.Int("long unsigned int", 8);
            uint inner = b.Struct(null, 16, ("compound_head", word, 0), ("mapping", word, 64));
            uint union = b.Union(null, 16, ("", inner, 0), ("pgmap", word, 0));
            _ = b.Struct("page", 24, ("flags", word, 0), ("", union, 64));
        }), "page");

        Assert.Equal(128UL, LayoutCheck.Layouts.MemberPath.Resolve(page.Graph, page.Root, "mapping")!.BitOffset);
    }
}
