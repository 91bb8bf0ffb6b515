using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Tests.Rules;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Types;

/// <summary>All differences between two definitions are listed, each once, and none exactly where <see cref="DefinitionEquality"/> finds none.</summary>
public sealed class StructuralDiffTests
{
    private const string Original = """
        struct page 64 align 16
          flags 0/8 long unsigned int
          lru 8/16 struct list_head
          pgmap 24/8 struct dev_pagemap *
          cells 32/16 struct cell[4]
          low 384b3 unsigned int
          high 387b5 unsigned int
          order 52/4 int
        struct list_head 16
          next 0/8 struct list_head *
          prev 8/8 struct list_head *
        struct cell 4
          key 0/2 short unsigned int
          value 2/2 short unsigned int
        """;

    private static TypeDefinition Page(string layouts) => LayoutText.Parse(layouts).Values.First(set => set.Name.Name is "page" or "u").Distinct[0];

    // One line a difference: what, where, and the values of the two sides that the kind is about.
    private static string Line(StructuralDifference difference)
    {
        return $"{difference.Kind} {(difference.Path.Length == 0 ? "it" : difference.Path)}: {Side(difference.Left)} -> {Side(difference.Right)}";

        string Side(MemberState? state) => state is null ? "nothing" : difference.Kind switch
        {
            DifferenceKind.Size or DifferenceKind.Resized => $"{state.BitSize}",
            DifferenceKind.Alignment => $"{state.BitAlignment?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}",
            DifferenceKind.Moved => $"@{state.BitOffset}",
            DifferenceKind.Recounted => $"{state.ElementCount?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}",
            DifferenceKind.Retyped => $"{state.Type}{(state.BitFieldSize is { } width ? $" : {width}" : "")}",
            DifferenceKind.Regrouped => $"in '{state.Group}'",
            _ => $"{state.Type} {state.Name} @{state.BitOffset}+{state.BitSize}",
        };
    }

    private static void AssertDiffers(string left, string right, params string[] expected)
        => Assert.Equal(expected, StructuralDiff.Of(Page(left), Page(right)).Select(Line));

    private static void AssertChanged(string old, string changed, params string[] expected)
    {
        Assert.Contains(old, Original, StringComparison.Ordinal);
        AssertDiffers(Original, Original.Replace(old, changed, StringComparison.Ordinal), expected);
    }

    [Fact]
    public void Nothing_differs_between_equal_definitions() => AssertDiffers(Original, Original);

    [Fact]
    public void Lists_a_size_and_an_alignment()
    {
        AssertChanged("page 64 align 16", "page 72 align 16", "Size it: 512 -> 576");
        AssertChanged("page 64 align 16", "page 64 align 32", "Alignment it: 128 -> 256");
        AssertChanged("page 64 align 16", "page 64", "Alignment it: 128 -> none");
    }

    [Fact]
    public void Lists_a_place_from_the_start_of_the_whole()
    {
        AssertChanged("order 52/4", "order 56/4", "Moved order: @416 -> @448");
        AssertChanged("high 387b5", "high 388b5", "Moved high: @387 -> @388");
        // What lies in a member that moved did not move in it.
        AssertChanged("lru 8/16", "lru 32/16", "Moved lru: @64 -> @256");
    }

    [Fact]
    public void Lists_what_lies_in_a_member_by_its_path()
        => AssertChanged("prev 8/8", "after 8/8", "Renamed lru.prev: struct list_head * prev @128+64 -> struct list_head * after @128+64");

    [Fact]
    public void Lists_what_lies_in_the_elements_of_an_array()
        => AssertChanged("value 2/2 short", "value 1/1 short", "Moved cells[].value: @272 -> @264", "Resized cells[].value: 16 -> 8");

    [Fact]
    public void Lists_a_width_and_a_type()
    {
        AssertChanged("low 384b3", "low 384b2", "Resized low: 3 -> 2");
        AssertChanged("low 384b3", "low 48/4", "Resized low: 3 -> 32", "Retyped low: unsigned int : 3 -> unsigned int");
        AssertChanged("struct dev_pagemap *", "struct page *", "Retyped pgmap: struct dev_pagemap * -> struct page *");
        AssertChanged("order 52/4 int", "order 52/8 void *", "Resized order: 32 -> 64", "Retyped order: int -> void *");
        AssertChanged("order 52/4 int", "order 52/4 enum order", "Retyped order: int -> enum order");
        AssertChanged("lru 8/16 struct list_head", "lru 8/16 struct hlist_node", "Retyped lru: struct list_head -> struct hlist_node");
    }

    [Fact]
    public void Lists_a_number_of_elements()
    {
        AssertChanged("cells 32/16 struct cell[4]", "cells 32/12 struct cell[3]", "Resized cells: 128 -> 96", "Recounted cells: 4 -> 3");
        AssertChanged("cells 32/16 struct cell[4]", "cells 32/0 struct cell[]", "Resized cells: 128 -> 0", "Recounted cells: 4 -> none");
    }

    [Fact]
    public void Lists_what_was_added_and_removed()
    {
        AssertChanged("  order 52/4 int\n", "", "Removed order: int order @416+32 -> nothing");
        AssertChanged("  order 52/4 int\n", "  order 52/4 int\n  more 56/4 int\n", "Added more: nothing -> int more @448+32");
        AssertChanged("  order 52/4 int\n", "  depth 56/4 int\n", "Removed order: int order @416+32 -> nothing", "Added depth: nothing -> int depth @448+32");
        AssertChanged("  order 52/4 int\n", "  depth 52/4 void *\n", "Removed order: int order @416+32 -> nothing", "Added depth: nothing -> void * depth @416+64");
    }

    [Fact]
    public void Lists_the_alignment_of_a_member_and_the_differences_of_a_type_at_each_place()
    {
        (TypeGraph left, TypeId leftRoot) = Twice(null, 8);
        (TypeGraph right, TypeId rightRoot) = Twice(32, 4);
        Assert.Equal(
            ["Alignment a: none -> 256", "Resized a.x: 64 -> 32", "Resized b.x: 64 -> 32"],
            StructuralDiff.Of(left, leftRoot, right, rightRoot).Select(Line));

        static (TypeGraph Graph, TypeId Root) Twice(ulong? alignment, ulong size)
        {
            TypeGraphBuilder builder = new();
            TypeId inner = builder.Add(new AggregateType(
                AggregateKind.Struct, "inner", 8, null, [new Member("x", builder.Add(new BaseType("number", size, BaseEncoding.Signed)), 0)]));
            TypeId root = builder.Add(new AggregateType(
                AggregateKind.Struct, "s", 16, null, [new Member("a", inner, 0, null, alignment), new Member("b", inner, 64)]));
            return (builder.Build(), root);
        }
    }

    [Fact]
    public void Lists_no_more_than_it_may()
    {
        string left = string.Concat(Enumerable.Range(0, StructuralDiff.Most + 1).Select(i => $"  m{i} {i}/1 char\n"));
        Assert.Equal(StructuralDiff.Most, StructuralDiff.Of(Page("struct page 20000\n" + left), Page("struct page 20000\n")).Length);
    }

    [Fact]
    public void Lists_all_of_several()
        => AssertDiffers(
            Original,
            Original.Replace("page 64", "page 72", StringComparison.Ordinal).Replace("flags 0/8 long", "flags 0/4", StringComparison.Ordinal)
                .Replace("pgmap 24/8", "pgmap 64/8", StringComparison.Ordinal).Replace("next 0/8 struct list_head *", "next 0/8 struct page *", StringComparison.Ordinal),
            "Size it: 512 -> 576",
            "Resized flags: 64 -> 32",
            "Retyped lru.next: struct list_head * -> struct page *",
            "Moved pgmap: @192 -> @512");

    [Fact]
    public void Lists_a_member_that_came_into_a_union_by_its_group()
    {
        (TypeGraph left, TypeId leftRoot) = WithGroup(null);
        (TypeGraph right, TypeId rightRoot) = WithGroup(AggregateKind.Union);
        (TypeGraph other, TypeId otherRoot) = WithGroup(AggregateKind.Struct);
        Assert.Equal(["Regrouped b: in '' -> in 'union'"], StructuralDiff.Of(left, leftRoot, right, rightRoot).Select(Line));
        Assert.Equal(["Regrouped b: in 'union' -> in 'struct'"], StructuralDiff.Of(right, rightRoot, other, otherRoot).Select(Line));
        Assert.Empty(StructuralDiff.Of(right, rightRoot, right, rightRoot));
    }

    private static (TypeGraph Graph, TypeId Root) WithGroup(AggregateKind? kind, ulong size = 8)
    {
        TypeGraphBuilder builder = new();
        TypeId number = builder.Add(new BaseType("long", 8, BaseEncoding.Signed));
        Member b = kind is { } group
            ? new Member(null, builder.Add(new AggregateType(group, null, size, null, [new Member("b", number, 0)])), 64)
            : new Member("b", number, 64);
        TypeId root = builder.Add(new AggregateType(AggregateKind.Struct, "s", 24, null, [new Member("a", number, 0), b]));
        return (builder.Build(), root);
    }

    [Fact]
    public void Lists_an_unnamed_member_that_alone_differs()
    {
        (TypeGraph left, TypeId leftRoot) = WithGroup(AggregateKind.Struct);
        (TypeGraph right, TypeId rightRoot) = WithGroup(AggregateKind.Struct, 16);
        StructuralDifference only = Assert.Single(StructuralDiff.Of(left, leftRoot, right, rightRoot));
        Assert.Equal((DifferenceKind.Regrouped, ""), (only.Kind, only.Path));
    }

    [Fact]
    public void Lists_arms_of_a_union_in_another_order()
        => AssertDiffers(
            "union u 8\n  a 0/8 long\n  b 0/8 long\n  c 0/4 int\n",
            "union u 8\n  b 0/8 long\n  c 0/4 int\n  a 0/8 long\n",
            "Reordered a: long a @0+64 -> long a @0+64");

    [Fact]
    public void Numbered_names_of_the_kernel_are_one()
    {
        AssertDiffers("struct page 8\n  __UNIQUE_ID_pad12 0/8 long\n", "struct page 8\n  __UNIQUE_ID_pad7 0/8 long\n");
        AssertDiffers("struct page 8\n  a 0/8 struct __UNIQUE_ID_t1\n  b 8/4 enum __UNIQUE_ID_e1\n  c 16/8 struct __UNIQUE_ID_p1 *\n",
            "struct page 8\n  a 0/8 struct __UNIQUE_ID_t2\n  b 8/4 enum __UNIQUE_ID_e2\n  c 16/8 struct __UNIQUE_ID_p2 *\n");
    }

    [Fact]
    public void Finds_none_where_generated_definitions_are_equal_and_some_where_they_are_not()
    {
        int equal = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            (TypeGraph Graph, TypeId Root) left = GeneratedGraph.Make(seed);
            for (int changed = -1; changed < 40; changed++)
            {
                equal += AssertAgreement(left, GeneratedGraph.Make(seed, changed < 0 ? null : changed), $"seed {seed}, decision {changed}") ? 1 : 0;
            }
        }

        Assert.InRange(equal, 800, 12_000);
    }

    [Fact]
    public void Finds_none_where_definitions_of_fixtures_are_equal_and_some_where_they_are_not()
    {
        Dictionary<TypeName, List<(string Where, TypeDefinition Definition)>> all = [];
        int refused = 0;
        foreach (string fixture in FixtureFile.All.Where(name => !name.StartsWith("refused/", StringComparison.Ordinal)))
        {
            try
            {
                using KernelImage image = FixtureFile.Open(fixture);
                foreach (DefinitionSet set in image.Types.FindAll([.. image.Types.DefinedNames()], 1).Sets)
                {
                    all.TryAdd(set.Name, []);
                    all[set.Name].AddRange(set.Distinct.Select(definition => (fixture, definition)));
                }
            }
            catch (InvalidImageException)
            {
                // Parts of an image, which are no image alone.
                refused++;
            }
        }

        Assert.InRange(refused, 0, 30);
        int pairs = 0;
        int equal = 0;
        foreach ((TypeName name, List<(string Where, TypeDefinition Definition)> definitions) in all)
        {
            for (int i = 0; i < definitions.Count; i++)
            {
                for (int j = i + 1; j < definitions.Count; j++)
                {
                    (TypeDefinition left, TypeDefinition right) = (definitions[i].Definition, definitions[j].Definition);
                    pairs++;
                    equal += AssertAgreement((left.Graph, left.Root), (right.Graph, right.Root), $"{name} of {definitions[i].Where} and {definitions[j].Where}") ? 1 : 0;
                }
            }
        }

        Assert.True(pairs > 10_000 && equal > 1_000 && pairs - equal > 1_000, $"{pairs} pairs, {equal} equal");
    }

    // Whether the two are equal; the differ must say so too, and the same from both sides.
    private static bool AssertAgreement((TypeGraph Graph, TypeId Root) left, (TypeGraph Graph, TypeId Root) right, string which)
    {
        string? first = DefinitionEquality.FirstDifference(left.Graph, left.Root, right.Graph, right.Root);
        ImmutableArray<StructuralDifference> differences = StructuralDiff.Of(left.Graph, left.Root, right.Graph, right.Root);
        Assert.True(first is null == differences.IsEmpty, $"{which}: first difference: {first ?? "none"}; listed: {string.Join("; ", differences.Select(Line))}");
        ImmutableArray<StructuralDifference> mirrored = StructuralDiff.Of(right.Graph, right.Root, left.Graph, left.Root);
        Assert.Equal(Sorted(differences.Select(d => (d.Kind, d.Left, d.Right))), Sorted(mirrored.Select(d => (Mirror(d.Kind), d.Right, d.Left))));
        return first is null;

        static DifferenceKind Mirror(DifferenceKind kind) => kind switch
        {
            DifferenceKind.Added => DifferenceKind.Removed,
            DifferenceKind.Removed => DifferenceKind.Added,
            _ => kind,
        };

        // Which of two members is the one out of order is a choice.
        static IEnumerable<string> Sorted(IEnumerable<(DifferenceKind Kind, MemberState? Left, MemberState? Right)> all)
            => all.Where(d => d.Kind != DifferenceKind.Reordered).Select(d => d.ToString()).Order(StringComparer.Ordinal);
    }
}
