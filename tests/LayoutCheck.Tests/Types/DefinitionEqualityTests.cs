using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Types;

/// <summary>Each thing that a layout depends on is compared, and told in words; what moves nothing is not.</summary>
public sealed class DefinitionEqualityTests
{
    /// <summary>What a definition is made of; each test changes one thing of it.</summary>
    private sealed record Shape
    {
        public AggregateKind Kind { get; init; } = AggregateKind.Struct;
        public string? Tag { get; init; } = "s";
        public ulong Size { get; init; } = 64;
        public ulong? Alignment { get; init; } = 16;
        public string? FirstName { get; init; } = "flags";
        public ulong NumberSize { get; init; } = 8;
        public BaseEncoding NumberEncoding { get; init; } = BaseEncoding.Unsigned;
        public string NumberName { get; init; } = "long unsigned int";
        public string TypedefName { get; init; } = "flags_t";
        public bool HasTypedef { get; init; } = true;
        public Qualifier Qualifier { get; init; } = Qualifier.Const;
        public string? Pointee { get; init; } = "dev_pagemap";
        public AggregateKind PointeeKind { get; init; } = AggregateKind.Struct;
        public ulong PointerSize { get; init; } = 8;
        public ulong PointerPlace { get; init; } = 64;
        public ulong? PointerAlignment { get; init; }
        public ulong? Count { get; init; } = 4;
        public ulong FieldWidth { get; init; } = 3;
        public ulong FieldPlace { get; init; } = 256;
        public bool FieldIsBitField { get; init; } = true;
        public string? EnumTag { get; init; } = "kind";
        public ulong EnumSize { get; init; } = 4;
        public string? InnerTag { get; init; } = "inner";
        public string InnerMember { get; init; } = "deep";
        public ulong InnerPlace { get; init; }
        public bool HasLastMember { get; init; } = true;

        public (TypeGraph Graph, TypeId Root) Build()
        {
            TypeGraphBuilder graph = new();
            TypeId number = graph.Add(new BaseType(NumberName, NumberSize, NumberEncoding));
            TypeId first = HasTypedef ? graph.Add(new TypedefType(TypedefName, graph.Add(new QualifiedType(Qualifier, number)))) : number;
            TypeId pointer = graph.Add(new PointerType(Pointee is null ? TypeId.Void : graph.Add(new AggregateReference(PointeeKind, Pointee)), PointerSize));
            TypeId array = graph.Add(new ArrayType(number, Count));
            TypeId kind = graph.Add(new EnumType(EnumTag, EnumSize, false));
            TypeId inner = graph.Add(new AggregateType(AggregateKind.Struct, InnerTag, 16, null, [new Member(InnerMember, number, InnerPlace)]));
            ImmutableArray<Member> members =
            [
                new(FirstName, first, 0),
                new("pgmap", pointer, PointerPlace, null, PointerAlignment),
                new("cells", array, 128),
                new("bits", number, FieldPlace, FieldIsBitField ? FieldWidth : null),
                new("kind", kind, 288),
                new("nest", inner, 320),
                .. HasLastMember ? new[] { new Member("last", number, 448) } : [],
            ];
            TypeId root = graph.Add(new AggregateType(Kind, Tag, Size, Alignment, members));
            return (graph.Build(), root);
        }
    }

    private static string? Difference(Shape left, Shape right)
    {
        (TypeGraph leftGraph, TypeId leftRoot) = left.Build();
        (TypeGraph rightGraph, TypeId rightRoot) = right.Build();
        string? difference = DefinitionEquality.FirstDifference(leftGraph, leftRoot, rightGraph, rightRoot);
        Assert.Equal(difference is null, DefinitionEquality.Same(leftGraph, leftRoot, rightGraph, rightRoot));
        return difference;
    }

    // The same words from both sides: what the first has in one direction, the second has in the other.
    private static void AssertDiffers(Shape changed, string where, string one, string other)
    {
        Shape original = new();
        Assert.Equal($"{where} {one} in one and {other} in the other", Difference(original, changed));
        Assert.Equal($"{where} {other} in one and {one} in the other", Difference(changed, original));
    }

    [Fact]
    public void Equal_definitions_in_different_graphs_are_equal() => Assert.Null(Difference(new Shape(), new Shape()));

    [Fact]
    public void Names_of_typedefs_and_base_types_are_not_compared()
        => Assert.Null(Difference(new Shape(), new Shape { TypedefName = "other_t", NumberName = "unsigned long" }));

    [Fact]
    public void Typedefs_and_qualifiers_themselves_are_not_compared()
    {
        Assert.Null(Difference(new Shape(), new Shape { HasTypedef = false }));
        Assert.Null(Difference(new Shape(), new Shape { Qualifier = Qualifier.Volatile }));
    }

    [Fact]
    public void Finds_a_members_name() => AssertDiffers(new Shape { FirstName = "flag" }, "it", "has flags at byte 0", "has flag at byte 0");

    [Fact]
    public void Finds_a_members_missing_name() => AssertDiffers(new Shape { FirstName = null }, "it", "has flags at byte 0", "has an unnamed member at byte 0");

    [Fact]
    public void Finds_an_offset() => AssertDiffers(new Shape { PointerPlace = 72 }, "pgmap", "is at byte 8", "is at byte 9");

    [Fact]
    public void Finds_a_bit_offset() => AssertDiffers(new Shape { FieldPlace = 261 }, "bits", "is at byte 32", "is at byte 32 bit 5");

    [Fact]
    public void Finds_a_bit_width() => AssertDiffers(new Shape { FieldWidth = 4 }, "bits", "is 3 bits wide", "is 4 bits wide");

    [Fact]
    public void Finds_that_a_bitfield_is_none() => AssertDiffers(new Shape { FieldIsBitField = false }, "bits", "is 3 bits wide", "is no bitfield");

    [Fact]
    public void Finds_a_size() => AssertDiffers(new Shape { Size = 72 }, "it", "has 64 bytes", "has 72 bytes");

    [Fact]
    public void Finds_an_alignment() => AssertDiffers(new Shape { Alignment = 32 }, "it", "is aligned to 16", "is aligned to 32");

    [Fact]
    public void Finds_an_alignment_that_is_not_declared() => AssertDiffers(new Shape { Alignment = null }, "it", "is aligned to 16", "is aligned to nothing declared");

    [Fact]
    public void Finds_a_members_alignment() => AssertDiffers(new Shape { PointerAlignment = 64 }, "pgmap", "is aligned to nothing declared", "is aligned to 64");

    [Fact]
    public void Finds_a_base_types_size() => AssertDiffers(new Shape { NumberSize = 4 }, "flags", "has 8 bytes", "has 4 bytes");

    [Fact]
    public void Finds_a_base_types_encoding()
        => AssertDiffers(new Shape { NumberEncoding = BaseEncoding.Signed, NumberName = "long int" }, "flags", "is long unsigned int", "is long int");

    [Fact]
    public void Finds_a_pointees_tag() => AssertDiffers(new Shape { Pointee = "page" }, "pgmap", "points to struct dev_pagemap", "points to struct page");

    [Fact]
    public void Finds_a_pointees_kind() => AssertDiffers(new Shape { PointeeKind = AggregateKind.Union }, "pgmap", "points to struct dev_pagemap", "points to union dev_pagemap");

    [Fact]
    public void Finds_a_pointer_to_void() => AssertDiffers(new Shape { Pointee = null }, "pgmap", "points to struct dev_pagemap", "points to void");

    [Fact]
    public void Finds_a_pointers_size() => AssertDiffers(new Shape { PointerSize = 4 }, "pgmap", "has 8 bytes", "has 4 bytes");

    [Fact]
    public void Finds_an_array_count()
    {
        AssertDiffers(new Shape { Count = 5 }, "cells", "has 4 elements", "has 5 elements");
        AssertDiffers(new Shape { Count = null }, "cells", "has 4 elements", "has no number of elements");
    }

    [Fact]
    public void Finds_an_enums_tag() => AssertDiffers(new Shape { EnumTag = "sort" }, "kind", "is enum kind", "is enum sort");

    [Fact]
    public void Finds_an_enums_size() => AssertDiffers(new Shape { EnumSize = 8 }, "kind", "has 4 bytes", "has 8 bytes");

    [Fact]
    public void Finds_an_embedded_structs_tag() => AssertDiffers(new Shape { InnerTag = "innards" }, "nest", "is struct inner", "is struct innards");

    [Fact]
    public void Finds_an_embedded_structs_member() => AssertDiffers(new Shape { InnerMember = "deeper" }, "nest", "has deep at byte 40", "has deeper at byte 40");

    [Fact]
    public void Finds_an_embedded_structs_offset() => AssertDiffers(new Shape { InnerPlace = 64 }, "nest.deep", "is at byte 40", "is at byte 48");

    [Fact]
    public void Finds_a_further_member()
    {
        Shape shorter = new() { HasLastMember = false };
        Assert.Equal("it has a member last at byte 56 in one and has not in the other", Difference(new Shape(), shorter));
        Assert.Equal("it has no more members in one and has a member last at byte 56 in the other", Difference(shorter, new Shape()));
    }

    [Fact]
    public void Finds_another_kind_or_tag()
    {
        AssertDiffers(new Shape { Kind = AggregateKind.Union }, "it", "is struct s", "is union s");
        AssertDiffers(new Shape { Tag = "t" }, "it", "is struct s", "is struct t");
        AssertDiffers(new Shape { Tag = null }, "it", "is struct s", "is an unnamed struct");
    }

    [Fact]
    public void Finds_that_a_number_is_a_pointer_or_void()
    {
        TypeGraphBuilder builder = new();
        TypeId number = builder.Add(new BaseType("long", 8, BaseEncoding.Signed));
        TypeId pointer = builder.Add(new PointerType(number, 8));
        TypeGraph graph = builder.Build();

        Assert.Equal("it is a number in one and is a pointer in the other", DefinitionEquality.FirstDifference(graph, number, graph, pointer));
        Assert.Equal("it is void in one and is not void in the other", DefinitionEquality.FirstDifference(graph, TypeId.Void, graph, pointer));
        Assert.Equal("it is not void in one and is void in the other", DefinitionEquality.FirstDifference(graph, pointer, graph, TypeId.Void));
        Assert.Null(DefinitionEquality.FirstDifference(graph, TypeId.Void, graph, TypeId.Void));
    }

    [Fact]
    public void Finds_what_is_only_declared_where_the_other_defines_it()
    {
        TypeGraphBuilder builder = new();
        TypeId declared = builder.Add(new AggregateReference(AggregateKind.Struct, "x"));
        TypeId defined = builder.Add(new AggregateType(AggregateKind.Struct, "x", 0, null, []));
        TypeGraph graph = builder.Build();

        Assert.Equal("it is a struct that is only declared in one and is a struct in the other", DefinitionEquality.FirstDifference(graph, declared, graph, defined));
    }

    [Fact]
    public void Behind_a_pointer_a_definition_is_as_good_as_a_declaration()
    {
        TypeGraphBuilder builder = new();
        TypeId declared = builder.Add(new PointerType(builder.Add(new AggregateReference(AggregateKind.Struct, "x")), 8));
        TypeId defined = builder.Add(new PointerType(builder.Add(new AggregateType(AggregateKind.Struct, "x", 8, null, [])), 8));
        TypeGraph graph = builder.Build();

        Assert.Null(DefinitionEquality.FirstDifference(graph, declared, graph, defined));
    }

    [Fact]
    public void Compares_structs_that_unfold_without_end_in_little_time()
    {
        // Each of 60 structs has the next one twice: 2^60 places, 60 comparisons.
        static (TypeGraph Graph, TypeId Root) Build()
        {
            TypeGraphBuilder builder = new();
            TypeId type = builder.Add(new BaseType("int", 4, BaseEncoding.Signed));
            for (int i = 0; i < 60; i++)
            {
                type = builder.Add(new AggregateType(AggregateKind.Struct, null, 4, null, [new Member(null, type, 0), new Member(null, type, 0)]));
            }

            return (builder.Build(), type);
        }

        (TypeGraph left, TypeId leftRoot) = Build();
        (TypeGraph right, TypeId rightRoot) = Build();

        Assert.Null(DefinitionEquality.FirstDifference(left, leftRoot, right, rightRoot));
    }
}
