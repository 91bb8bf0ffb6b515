using LayoutCheck.Compare;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>The word for each change of a member, and the weight of all.</summary>
public sealed class TypeDifferTests
{
    private const string Original = """
        struct page 64
          flags 0/8 long unsigned int
          - 8/16 union lru
          mapping 24/8 struct address_space *
          count 32/4 int
          kind 36/2 short
          low 304b3 unsigned int
          kabi_reserved1 40/8 long unsigned int
          last 48/8 long unsigned int
          tail 56/4 int
        union lru 16
          list 0/16 struct list_head
          - 0/16 struct arm
          - 0/8 struct single
        struct arm 16
          pgmap 0/8 struct dev_pagemap *
          data 8/8 void *
        struct single 8
          head 0/8 long unsigned int
        struct list_head 16
          next 0/8 struct list_head *
          prev 8/8 struct list_head *
        """;

    private static void Changed(string old, string now, ChangeClass weight, params string[] lines)
    {
        Assert.Contains(old, Original, StringComparison.Ordinal);
        TypeChanges changes = Compared.Texts(Original, Original.Replace(old, now, StringComparison.Ordinal));
        Assert.Equal(lines, Compared.Lines(changes));
        Assert.Equal(weight, changes.OwnClass);
    }

    [Fact]
    public void Equal_definitions_are_the_same()
    {
        TypeChanges changes = Compared.Texts(Original, Original);
        Assert.Empty(changes.Changes);
        Assert.Empty(changes.Inner);
        Assert.Equal(ChangeClass.None, changes.Class);
    }

    [Fact]
    public void Moved() => Changed("tail 56/4", "tail 60/4", ChangeClass.Layout, "Moved tail 448 to 480");

    [Fact]
    public void Moved_counts_bits() => Changed("low 304b3", "low 305b3", ChangeClass.Layout, "Moved low 304 to 305");

    [Fact]
    public void Resized()
    {
        Changed("kind 36/2 short", "kind 36/1 char", ChangeClass.Layout, "Resized kind 288+16 to 288+8");
        Changed("low 304b3", "low 304b4", ChangeClass.Layout, "Resized low 304+3 to 304+4");
        // Also when it moved: one word, both places.
        Changed("tail 56/4", "tail 60/2", ChangeClass.Layout, "Resized tail 448+32 to 480+16");
    }

    [Fact]
    public void Retyped()
    {
        Changed("struct address_space *", "struct inode *", ChangeClass.Type, "Retyped mapping struct address_space * to struct inode *");
        Changed("tail 56/4 int", "tail 56/4 enum kind", ChangeClass.Type, "Retyped tail int to enum kind");
        Changed("flags 0/8 long unsigned int", "flags 0/8 memdesc_flags_t{}", ChangeClass.Type, "Retyped flags long unsigned int to memdesc_flags_t");
    }

    [Fact]
    public void Gives_way_to_a_member_on_the_same_bits()
    {
        Changed("tail 56/4 int", "tail_new 56/4 int", ChangeClass.Name, "GivesWayTo tail to tail_new");
        // In an arm that shares a member, and of two pointers.
        Changed("pgmap 0/8 struct dev_pagemap *", "_unused 0/8 void *", ChangeClass.Name, "GivesWayTo pgmap to _unused");
        // In an arm of one member.
        Changed("head 0/8", "info 0/8", ChangeClass.Name, "GivesWayTo head to info");
    }

    [Fact]
    public void Does_not_give_way_to_another_type_place_or_arm()
    {
        Changed("tail 56/4 int", "tail_new 56/4 enum kind", ChangeClass.Layout, "Added tail_new", "Removed tail");
        Changed("tail 56/4 int", "tail_new 60/4 int", ChangeClass.Layout, "Removed tail", "Added tail_new");
        // By place and type alone head could be paired with what is new in the other arm.
        Changed("  head 0/8 long unsigned int\n", "  other 0/8 struct list_head *\n", ChangeClass.Layout, "Added other beside list, pgmap", "Removed head");
        Changed("  pgmap 0/8 struct dev_pagemap *\n", "", ChangeClass.Layout, "Removed pgmap");
    }

    [Fact]
    public void Does_not_give_way_between_arms_that_share_nothing()
        => Changed(
            "  pgmap 0/8 struct dev_pagemap *\n  data 8/8 void *\n",
            "  lock 0/8 void *\n  owner 8/8 void *\n",
            ChangeClass.Layout,
            "Added lock beside list, head", "Removed pgmap", "Added owner beside list", "Removed data");

    [Fact]
    public void Filled()
    {
        // Padding at the end, a reserved field in its place, a hole of bits behind a bit-field.
        Changed("tail 56/4 int", "tail 56/4 int\n  fresh 60/4 int", ChangeClass.Compatible, "Filled fresh in padding");
        Changed("kabi_reserved1 40/8 long unsigned int", "user 40/8 struct user *", ChangeClass.Compatible, "Filled user in kabi_reserved1");
        Changed("kabi_reserved1 40/8 long unsigned int", "user 40/4 int\n  group 44/4 int", ChangeClass.Compatible, "Filled user in kabi_reserved1", "Filled group in kabi_reserved1");
        Changed("low 304b3 unsigned int", "low 304b3 unsigned int\n  high 307b5 unsigned int", ChangeClass.Compatible, "Filled high in a hole");
    }

    [Fact]
    public void Does_not_fill_what_is_taken_or_when_another_member_moved()
    {
        Changed("tail 56/4 int", "tail 56/4 int\n  over 56/4 int", ChangeClass.Layout, "Added over beside tail");
        Changed("tail 56/4 int", "tail 60/4 int\n  fresh 56/4 int", ChangeClass.Layout, "Added fresh", "Moved tail 448 to 480");
        Changed("page 64", "page 72", ChangeClass.Layout);
        // More than the reserved field had.
        Changed("kabi_reserved1 40/8 long unsigned int", "user 40/16 char[16]", ChangeClass.Layout, "Added user beside last", "Removed kabi_reserved1");
    }

    [Fact]
    public void A_reserved_field_that_is_gone_takes_nothing_with_it()
        => Changed("  kabi_reserved1 40/8 long unsigned int\n", "", ChangeClass.Compatible, "Removed kabi_reserved1");

    [Fact]
    public void Reordered_are_the_fewest()
    {
        // One member goes behind the four others: it is the one.
        Changed("flags 0/8", "flags 56/8", ChangeClass.Layout, "Reordered flags 0 to 448");
        TypeChanges changes = Compared.Texts(Original, Original.Replace("mapping 24/8", "mapping 48/8", StringComparison.Ordinal).Replace("last 48/8", "last 24/8", StringComparison.Ordinal));
        Assert.Equal(2, changes.Changes.Length);
        Assert.Contains(changes.Changes, c => c.Word == ChangeWord.Reordered);
    }

    [Fact]
    public void Added_and_removed()
    {
        Changed("page 64", "page 80", ChangeClass.Layout);
        Changed("page 64\n", "page 80\n  first 64/8 void *\n", ChangeClass.Layout, "Added first");
        Changed("  tail 56/4 int\n", "", ChangeClass.Layout, "Removed tail");
    }

    [Fact]
    public void The_order_of_the_arms_of_a_union_is_no_difference()
        => Changed("  list 0/16 struct list_head\n  - 0/16 struct arm\n", "  - 0/16 struct arm\n  list 0/16 struct list_head\n", ChangeClass.None);

    [Fact]
    public void What_changed_inside_of_a_named_type_is_told_by_its_name()
    {
        TypeChanges changes = Compared.Texts(Original, Original.Replace("prev 8/8 struct", "pprev 8/8 struct", StringComparison.Ordinal));
        Assert.Empty(changes.Changes);
        InnerChange inner = Assert.Single(changes.Inner);
        Assert.Equal(("list", "struct list_head", ChangeClass.Name), (inner.Path, inner.Type.ToString(), inner.Class));
        Assert.True(changes.IsFollowUp);
        Assert.Equal(ChangeClass.None, changes.OwnClass);
        Assert.Equal(ChangeClass.Name, changes.Class);
    }

    [Fact]
    public void Places_that_follow_a_member_that_grew_are_no_change_of_ones_own()
    {
        const string Old = "struct s 16\n  x 0/8 struct inner\n  y 8/8 long\nstruct inner 8\n  a 0/8 long\n";
        const string New = "struct s 24\n  x 0/16 struct inner\n  y 16/8 long\nstruct inner 16\n  a 0/8 long\n  b 8/8 long\n";
        TypeChanges changes = Compared.Texts(Old, New);
        Assert.Equal(["Resized x 0+64 to 0+128", "Moved y 64 to 128"], Compared.Lines(changes));
        Assert.True(changes.IsFollowUp);
        // With a member of its own that is new, it is not.
        Assert.False(Compared.Texts(Old, New.Replace("  y 16/8 long\n", "  y 16/4 long\n  z 20/4 int\n", StringComparison.Ordinal)).IsFollowUp);
    }

    [Fact]
    public void The_parts_of_a_member_that_moved_follow_it()
    {
        static TypeDefinition With(ulong place) => Compared.Struct(24, b =>
        {
            TypeId number = b.Add(new BaseType("long int", 8, BaseEncoding.Signed));
            TypeId inner = b.Add(new AggregateType(AggregateKind.Struct, null, 16, null, [new Member("a", number, 0), new Member("b", number, 64)]));
            return [new Member("m", inner, place)];
        });
        TypeChanges changes = Compared.Definitions(With(0), With(64));
        Assert.Equal(["Moved m 0 to 64", "Moved m.a 0 to 64 under m", "Moved m.b 64 to 128 under m"], Compared.Lines(changes));
        Assert.All(changes.Changes.Where(c => c.Under is not null), c => Assert.Equal(ChangeClass.None, c.Class));
    }

    [Fact]
    public void Members_of_elements_have_one_path_for_all()
    {
        static TypeDefinition With(ulong place) => Compared.Struct(32, b =>
        {
            TypeId number = b.Add(new BaseType("int", 4, BaseEncoding.Signed));
            TypeId inner = b.Add(new AggregateType(AggregateKind.Struct, null, 16, null, [new Member("a", number, place)]));
            return [new Member("m", b.Add(new ArrayType(inner, 2)), 0)];
        });
        Assert.Equal(["Moved m[].a 0 to 32"], Compared.Lines(Compared.Definitions(With(0), With(32))));
    }

    [Fact]
    public void The_element_of_an_array_without_a_length_is_compared()
    {
        static TypeDefinition With(string name, ulong size) => Compared.Struct(8, b =>
            [new Member("n", b.Add(new BaseType("long int", 8, BaseEncoding.Signed)), 0), new Member("data", b.Add(new ArrayType(b.Add(new BaseType(name, size, BaseEncoding.Unsigned)), null)), 64)]);
        Assert.Empty(Compared.Definitions(With("unsigned int", 4), With("unsigned int", 4)).Changes);
        TypeChanges changes = Compared.Definitions(With("long unsigned int", 8), With("unsigned int", 4));
        Assert.Equal(["Retyped data long unsigned int[] to unsigned int[]"], Compared.Lines(changes));
    }
}
