using System.Runtime.CompilerServices;
using LayoutCheck.Btf;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Language;

/// <summary>What expressions come to: functions, precedence, three-valued logic, what is undecided.</summary>
public class RuleLanguageTests
{
    private const string Example = """
        struct page 64 align 16
          flags 0/8 long unsigned int
          lru 8/16 struct list_head
          compound_head 8/8 long unsigned int
          pgmap 8/8 struct dev_pagemap *
          mapping 24/8 struct address_space *
          cells 32/16 struct cell[4]
          low 384b3 unsigned int
          high 387b5 unsigned int
          _refcount 52/4 int
        struct list_head 16
          next 0/8 struct list_head *
          prev 8/8 struct list_head *
        struct cell 4
          key 0/2 short unsigned int
          value 2/2 short unsigned int
        struct dev_pagemap 152
          ref 0/8 void *
        struct sock 64
          __cacheline_group_begin__rx 8/0 unsigned char[0]
          head 8/8 void *
          tail 16/8 void *
          __cacheline_group_end__rx 24/0 unsigned char[0]
          other 24/8 void *
        struct turned 64
          __cacheline_group_end__rx 8/0 unsigned char[0]
          head 8/8 void *
          __cacheline_group_begin__rx 24/0 unsigned char[0]
        struct pair 16
          to 0/8 struct dev_pagemap *
          either 8/8 union either *
        union either 8
          a 0/8 void *
          b 0/4 int
        """;

    private static readonly TargetInfo s_target = new(8, false);

    internal static CheckResult Evaluate(string expression, string layouts = Example, TargetInfo? target = null, IReadOnlyDictionary<string, string>? config = null)
    {
        Rule rule = RuleParser.Parse("test.md", $"---\ntitle: test\ncheck: {expression}\n---\n");
        TargetInfo facts = target ?? s_target;
        return RuleEvaluator.Evaluate(new RuleSet([rule]), LayoutText.Parse(layouts, facts.WordByteSize), facts, config)[0].Checks[0];
    }

    [Theory]
    [InlineData("offsetof(struct page, mapping) == 24")]
    [InlineData("offsetof(struct page, lru.prev) == 16")]
    [InlineData("offsetof(struct page, cells[2].value) == 42")]
    [InlineData("offsetof(struct page, nothing|compound_info|compound_head) == 8")]
    [InlineData("offsetof(struct page, first_of(compound_info, compound_head)) == 8")]
    [InlineData("offsetofend(struct page, lru) == 24")]
    [InlineData("bitoffsetof(struct page, high) == 387")]
    [InlineData("bitoffsetof(struct page, mapping) == 192")]
    [InlineData("sizeof(struct page) == 64")]
    [InlineData("sizeof(struct page, cells) == 16")]
    [InlineData("sizeof(struct page, cells[1]) == 4")]
    [InlineData("sizeof_field(struct page, _refcount) == 4")]
    [InlineData("sizeof(((struct page *)0)->_refcount) == 4")]
    [InlineData("sizeof(((struct page *)NULL)->lru.next) == 8")]
    [InlineData("sizeof(long) == 8 && sizeof(unsigned long) == 8 && sizeof(void *) == 8 && sizeof(struct page *) == 8")]
    [InlineData("sizeof(int) == 4 && sizeof(long long) == 8 && sizeof(u16) == 2 && sizeof(char) == 1")]
    [InlineData("alignof(struct page) == 16")]
    [InlineData("alignof(long long) == 8 && alignof(int) == 4")]
    [InlineData("bitsizeof(struct page, low) == 3 && bitsizeof(struct page, lru) == 128")]
    [InlineData("sharers(struct list_head) in { prev, next }")]
    [InlineData("alignof(struct list_head) == 8")]
    [InlineData("alignof(struct page, _refcount) == 4")]
    [InlineData("__alignof__(struct page) == 16 && _Alignof(struct page) == 16")]
    [InlineData("exists(struct page)")]
    [InlineData("exists(long) && exists(void *)")]
    [InlineData("exists(struct page, lru.next)")]
    [InlineData("!exists(struct page, lru.after)")]
    [InlineData("!exists(struct folio) && !exists(struct folio, page)")]
    [InlineData("overlaps(struct page, pgmap, struct page, lru)")]
    [InlineData("overlaps(struct page, pgmap, lru.next)")]
    [InlineData("!overlaps(struct page, pgmap, lru.prev)")]
    [InlineData("!overlaps(struct page, low, high)")]
    [InlineData("contains(struct page, lru, pgmap)")]
    [InlineData("!contains(struct page, pgmap, lru)")]
    [InlineData("contains(struct page, lru, struct page, lru)")]
    [InlineData("typeof(struct page, pgmap) == \"struct dev_pagemap *\"")]
    [InlineData("typeof(struct page, pgmap) == \"struct dev_pagemap*\"")]
    [InlineData("typeof(struct page, flags) == \"unsigned long\"")]
    [InlineData("typeof(struct page, flags) == \"unsigned long int\"")]
    [InlineData("typeof(struct page, flags) != \"long\"")]
    [InlineData("typeof(struct page, flags) == typeof(struct page, compound_head)")]
    [InlineData("typeof(struct page, pgmap) == pointer")]
    [InlineData("typeof(struct page, flags) == integer")]
    [InlineData("typeof(struct page, lru) == struct")]
    [InlineData("typeof(struct page, cells) == array")]
    [InlineData("typeof(struct page, cells) != union")]
    [InlineData("pointee(struct page, pgmap) == \"struct dev_pagemap\"")]
    [InlineData("pointee(struct page, pgmap) == struct")]
    [InlineData("sizeof(pointee(struct page, pgmap)) == sizeof(struct dev_pagemap)")]
    [InlineData("offsetof(pointee(struct page, pgmap), ref) == 0")]
    [InlineData("exists(pointee(struct page, pgmap), ref) && !exists(pointee(struct page, pgmap), wings)")]
    [InlineData("alignof(pointee(struct page, pgmap)) >= 4")]
    [InlineData("ARRAY_SIZE(struct page, cells) == 4")]
    [InlineData("is_power_of_2(sizeof(struct page)) && !is_power_of_2(80) && !is_power_of_2(0)")]
    [InlineData("IS_ALIGNED(sizeof(struct page), 16) && !IS_ALIGNED(72, 16)")]
    [InlineData("ALIGN(offsetofend(struct page, _refcount), 8) == 56 && ALIGN(64, 64) == 64 && ALIGN(1, 3) == 3 && ALIGN(0, 8) == 0")]
    [InlineData("ALIGN(-9, 8) == -8 && ALIGN(-8, 8) == -8")]
    [InlineData("first_of(sizeof(struct folio), sizeof(struct page)) == 64")]
    [InlineData("sharers(struct page, pgmap) in { lru, compound_head, pgmap }")]
    [InlineData("sharers(struct page, pgmap) in { lru.next, compound_head, pgmap, }")]
    [InlineData("!(sharers(struct page, pgmap) in { lru, pgmap })")]
    [InlineData("!(sharers(struct page, pgmap) in { lru.prev, compound_head, pgmap })")]
    [InlineData("sharers(struct sock, struct page, pgmap) in { head }")]
    [InlineData("!(sharers(struct sock, struct page, mapping) in { head })")]
    [InlineData("in_group(struct sock, rx, tail) && !in_group(struct sock, rx, other)")]
    [InlineData("sizeof_group(struct sock, rx) == 16")]
    [InlineData("little_endian && !big_endian && BITS_PER_LONG == 64 && BITS_PER_BYTE == 8")]
    [InlineData("static_assert(offsetof(struct page, pgmap) == offsetof(struct page, compound_head), \"as in a header\");")]
    [InlineData("_Static_assert(sizeof(struct page) == 64);")]
    [InlineData("BUILD_BUG_ON(sizeof(struct page) != 64);")]
    [InlineData("BUILD_BUG_ON(sizeof(struct page) > 96 || sizeof(struct page) & 7);")]
    [InlineData("BUILD_BUG_ON_MSG(sizeof(struct page) < 56, \"too small\")")]
    [InlineData("BUILD_BUG_ON_NOT_POWER_OF_2(sizeof(struct page));")]
    [InlineData("CACHELINE_ASSERT_GROUP_MEMBER(struct sock, rx, head);")]
    [InlineData("CACHELINE_ASSERT_GROUP_SIZE(struct sock, rx, 16);")]
    [InlineData("FIELD_SIZEOF(struct page, _refcount) == 4 && typeof_member(struct page, flags) == integer")]
    [InlineData("integer == typeof(struct page, flags) && \"struct dev_pagemap\" == pointee(struct page, pgmap)")]
    [InlineData("pointee(struct pair, to) == pointee(struct page, pgmap)")]
    [InlineData("pointee(struct pair, either) == union && sizeof(pointee(struct pair, either)) == 8 && exists(union either, b)")]
    [InlineData("overlaps(struct page, flags, pointee(struct pair, to), ref)")]
    [InlineData("overlaps(struct pair, to, union either, a) && !overlaps(struct pair, either, union either, a)")]
    [InlineData("!contains(struct page, pgmap, flags) && !contains(struct page, lru, mapping)")]
    [InlineData("sharers(pointee(struct pair, either)) in { a, b }")]
    [InlineData("sharers(struct list_head, pointee(struct pair, to), ref) in { next }")]
    public void Holds(string expression) => AssertOutcome(Outcome.Holds, Evaluate(expression));

    [Theory]
    [InlineData("1 + 2 * 3 == 7")]
    [InlineData("10 - 4 - 3 == 3")]
    [InlineData("100 / 7 % 5 == 4")]
    [InlineData("1 << 2 + 1 == 8")]
    [InlineData("(7 & 3 == 3) == 1")]
    [InlineData("(1 | 2 ^ 2 & 3) == 1")]
    [InlineData("1 < 2 == 1")]
    [InlineData("5 > 4 > 0")]
    [InlineData("1 || 0 && 0")]
    [InlineData("0 ? 0 : 1 ? 1 : 0")]
    [InlineData("(1 ? 2 : 3) == 2")]
    [InlineData("!0 && !!5 && -1 + 1 == 0 && ~7 == -8 && +3 == 3 && - -3 == 3")]
    [InlineData("(13 & ~7) == 8")]
    [InlineData("0x40 == 64 && 0X40UL == 64ull && 010 == 8")]
    [InlineData("0xffffffffffffffff == 18446744073709551615")]
    [InlineData("2 - 5 < 0")]
    [InlineData("1 != 2 && !(2 != 2) && 3 > 2 && !(2 > 2) && 2 >= 2 && !(1 >= 2) && 1 <= 1 && !(2 <= 1)")]
    [InlineData("5 >> 1 == 2 && -8 >> 1 == -4 && 0 << 63 == 0")]
    [InlineData("(6 ^ 3) == 5 && 0 * 5 == 0 && -3 * 5 == -15")]
    [InlineData("first_of(1, 2) == 1 && IS_ALIGNED(-16, 8)")]
    [InlineData("-7 / 2 == -3 && -7 % 2 == -1")]
    [InlineData("/* C's comments */ true // and these")]
    public void Computes_with_Cs_precedence(string expression) => AssertOutcome(Outcome.Holds, Evaluate(expression));

    [Theory]
    [InlineData("1 / 0 == 1", "divides by zero")]
    [InlineData("1 % 0 == 1", "divides by zero")]
    [InlineData("1 << 64 == 0", "shifts by a count")]
    [InlineData("1 << -1 == 0", "shifts by a count")]
    [InlineData("1 >> 64 == 0", "shifts by a count")]
    [InlineData("1 >> -1 == 0", "shifts by a count")]
    [InlineData("-0xffffffffffffffff * 2 < 0", "beyond 64 bits")]
    [InlineData("sizeof(struct folio) + 1 == 2", "no C definition of struct folio")]
    [InlineData("1 + sizeof(struct folio) == 2", "no C definition of struct folio")]
    [InlineData("-sizeof(struct folio) == 2", "no C definition of struct folio")]
    [InlineData("1 == sizeof(struct folio)", "no C definition of struct folio")]
    [InlineData("sizeof(struct folio) == sizeof(struct folio)", "the image has no C definition of struct folio")]
    [InlineData("sizeof(struct folio) == sizeof(struct slab)", "the image has no C definition of struct folio; the image has no C definition of struct slab")]
    [InlineData("first_of(sizeof(struct folio), sizeof(struct slab)) == 1", "the image has no C definition of struct folio; the image has no C definition of struct slab")]
    [InlineData("is_power_of_2(sizeof(struct folio))", "no C definition of struct folio")]
    [InlineData("IS_ALIGNED(64, 0)", "IS_ALIGNED to 0 has no meaning")]
    [InlineData("IS_ALIGNED(64, -8)", "IS_ALIGNED to -8 has no meaning")]
    [InlineData("ALIGN(64, 0) == 64", "ALIGN(64, 0) has no meaning")]
    [InlineData("ALIGN(sizeof(struct folio), 8) == 64", "no C definition of struct folio")]
    [InlineData("ALIGN(64, sizeof(struct folio)) == 64", "no C definition of struct folio")]
    [InlineData("ALIGN(0xffffffffffffffff, 3 << 62) > 0", "ALIGN(0xffffffffffffffff, 3 << 62 (= 13835058055282163712)) is beyond 64 bits")]
    [InlineData("overlaps(struct page, none, lru)", "struct page has no member none")]
    [InlineData("overlaps(struct page, lru, none)", "struct page has no member none")]
    [InlineData("in_group(struct sock, rx, none)", "struct sock has no member none")]
    [InlineData("sizeof_group(struct sock, tx) == 0", "struct sock has no member __cacheline_group_begin__tx")]
    [InlineData("sizeof_group(struct turned, rx) == 0", "the end marker of group rx lies before its begin marker")]
    [InlineData("sharers(struct page, none) in { lru }", "struct page has no member none")]
    [InlineData("sharers(struct folio, struct page, pgmap) in { lru }", "no C definition of struct folio")]
    [InlineData("sharers(pointee(struct page, lru), struct page, pgmap) in { lru }", "page.lru is struct list_head, no pointer")]
    [InlineData("alignof(pointee(struct page, none)) >= 4", "struct page has no member none")]
    [InlineData("exists(pointee(struct page, none))", "struct page has no member none")]
    [InlineData("0xffffffffffffffff * 0xffffffffffffffff > 0", "beyond 64 bits")]
    [InlineData("0xffffffffffffffff << 63 > 0", "beyond 64 bits")]
    [InlineData("0xffffffffffffffff + 0xffffffffffffffff > 0", "beyond 64 bits")]
    [InlineData("offsetof(struct folio, lru) == 8", "no C definition of struct folio")]
    [InlineData("offsetof(struct page, a|b) == 8", "struct page has no member a or b")]
    [InlineData("offsetof(struct page, low) == 8", "bitfield")]
    [InlineData("sizeof(struct page, low) == 8", "bitfield")]
    [InlineData("ARRAY_SIZE(struct page, lru) == 8", "no array")]
    [InlineData("pointee(struct page, lru) == \"x\"", "no pointer")]
    [InlineData("alignof(pointee(struct page, mapping)) >= 4", "struct address_space, which no rule names")]
    [InlineData("in_group(struct sock, tx, head)", "__cacheline_group_begin__tx")]
    [InlineData("config(CONFIG_MEMCG)", "does not tell whether CONFIG_MEMCG is set")]
    [InlineData("exists(struct page) && exists(pointee(struct folio, x), y)", "no C definition of struct folio")]
    public void Is_undecided_with_the_reason(string expression, string reason)
    {
        CheckResult result = Evaluate(expression);
        AssertOutcome(Outcome.Undecided, result);
        Assert.Contains(reason, result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    // U stands for an undecided operand, T and F for the others.
    [InlineData("F && U", Outcome.Violated)]
    [InlineData("U && F", Outcome.Violated)]
    [InlineData("T && U", Outcome.Undecided)]
    [InlineData("U && T", Outcome.Undecided)]
    [InlineData("T || U", Outcome.Holds)]
    [InlineData("U || T", Outcome.Holds)]
    [InlineData("F || U", Outcome.Undecided)]
    [InlineData("U || F", Outcome.Undecided)]
    [InlineData("U || U", Outcome.Undecided)]
    [InlineData("!U", Outcome.Undecided)]
    [InlineData("U ? U : T", Outcome.Undecided)]
    [InlineData("U ? T : U", Outcome.Undecided)]
    [InlineData("U ? F : F", Outcome.Violated)]
    [InlineData("T ? T : U", Outcome.Holds)]
    [InlineData("F ? U : F", Outcome.Violated)]
    [InlineData("U ? T : T", Outcome.Holds)]
    [InlineData("U ? T : F", Outcome.Undecided)]
    [InlineData("U == T", Outcome.Undecided)]
    [InlineData("BUILD_BUG_ON(U)", Outcome.Undecided)]
    [InlineData("BUILD_BUG_ON(U || T)", Outcome.Violated)]
    [InlineData("BUILD_BUG_ON(U && F)", Outcome.Holds)]
    public void Logic_is_Kleenes(string expression, Outcome expected)
    {
        string call = expression.Replace("BUILD_BUG_ON", "#", StringComparison.Ordinal)
            .Replace("U", "(offsetof(struct page, none) == 0)", StringComparison.Ordinal)
            .Replace("T", "true", StringComparison.Ordinal).Replace("F", "false", StringComparison.Ordinal)
            .Replace("#", "BUILD_BUG_ON", StringComparison.Ordinal);
        AssertOutcome(expected, Evaluate(call));
    }

    [Fact]
    public void Sizes_of_words_follow_the_target()
    {
        CheckResult result = Evaluate("sizeof(long) == 4 && sizeof(void *) == 4 && sizeof(long long) == 8 && BITS_PER_LONG == 32 && big_endian", target: new TargetInfo(4, true));
        AssertOutcome(Outcome.Holds, result);
    }

    [Fact]
    public void Config_is_read_where_the_image_has_it()
    {
        Dictionary<string, string> config = new() { ["CONFIG_MEMCG"] = "y", ["CONFIG_NR_CPUS"] = "64" };
        CheckResult result = Evaluate("config(CONFIG_MEMCG) && !IS_ENABLED(CONFIG_KMSAN)", config: config);
        AssertOutcome(Outcome.Holds, result);
        Assert.Equal(["CONFIG_MEMCG=y", "CONFIG_KMSAN=n"], result.Observed.Select(o => o.ToString()));
    }

    [Theory]
    [InlineData("char", 1)]
    [InlineData("signed char", 1)]
    [InlineData("unsigned char", 1)]
    [InlineData("_Bool", 1)]
    [InlineData("bool", 1)]
    [InlineData("u8", 1)]
    [InlineData("s8", 1)]
    [InlineData("__u8", 1)]
    [InlineData("__s8", 1)]
    [InlineData("uint8_t", 1)]
    [InlineData("int8_t", 1)]
    [InlineData("short", 2)]
    [InlineData("short unsigned int", 2)]
    [InlineData("u16", 2)]
    [InlineData("s16", 2)]
    [InlineData("__u16", 2)]
    [InlineData("__s16", 2)]
    [InlineData("__le16", 2)]
    [InlineData("__be16", 2)]
    [InlineData("uint16_t", 2)]
    [InlineData("int16_t", 2)]
    [InlineData("int", 4)]
    [InlineData("unsigned", 4)]
    [InlineData("u32", 4)]
    [InlineData("s32", 4)]
    [InlineData("__u32", 4)]
    [InlineData("__s32", 4)]
    [InlineData("__le32", 4)]
    [InlineData("__be32", 4)]
    [InlineData("uint32_t", 4)]
    [InlineData("int32_t", 4)]
    [InlineData("long long", 8)]
    [InlineData("unsigned long long", 8)]
    [InlineData("u64", 8)]
    [InlineData("s64", 8)]
    [InlineData("__u64", 8)]
    [InlineData("__s64", 8)]
    [InlineData("__le64", 8)]
    [InlineData("__be64", 8)]
    [InlineData("uint64_t", 8)]
    [InlineData("int64_t", 8)]
    [InlineData("long", 0)]
    [InlineData("unsigned long", 0)]
    [InlineData("size_t", 0)]
    [InlineData("ssize_t", 0)]
    [InlineData("uintptr_t", 0)]
    [InlineData("intptr_t", 0)]
    [InlineData("union any *", 0)]
    public void A_type_of_C_has_its_size_or_that_of_a_word(string type, int bytes)
    {
        foreach (int word in new[] { 4, 8 })
        {
            AssertOutcome(Outcome.Holds, Evaluate($"sizeof({type}) == {(bytes == 0 ? word : bytes)} && exists({type})", target: new TargetInfo(word, false)));
        }

        // On 32-bit machines a long long is aligned to 4 or to 8, an int to 4 or to 2.
        AssertOutcome(Outcome.Holds, Evaluate($"alignof({type}) == {(bytes == 0 ? 8 : bytes)}"));
        CheckResult narrow = Evaluate($"alignof({type}) == 4", target: new TargetInfo(4, false));
        AssertOutcome(Outcome.Undecided, narrow);
        Assert.StartsWith("the image does not tell the alignment of ", narrow.Reason, StringComparison.Ordinal);
    }

    // Names of other types that begin, end, or are as long as theirs.
    [Theory]
    [InlineData("u")]
    [InlineData("u3")]
    [InlineData("u33")]
    [InlineData("v32")]
    [InlineData("_u32")]
    [InlineData("__u33")]
    [InlineData("__x32")]
    [InlineData("__le8")]
    [InlineData("__ce64")]
    [InlineData("boot")]
    [InlineData("chat")]
    [InlineData("int_t")]
    [InlineData("int9_t")]
    [InlineData("int33_t")]
    [InlineData("uint9_t")]
    [InlineData("uint33_t")]
    [InlineData("size_u")]
    [InlineData("ssize_u")]
    [InlineData("intptr_u")]
    [InlineData("uintptr_u")]
    [InlineData("double")]
    [InlineData("_Book")]
    [InlineData("atomic_t")]
    [InlineData("unsigned_long_t")]
    [InlineData("unsigned_char_")]
    [InlineData("pgprotval_of_a_page")]
    public void A_name_that_is_no_type_of_C_is_looked_up(string name)
        => Assert.Equal($"the image has no C definition of {name}", Evaluate($"sizeof({name}) == 4").Reason);

    [Theory]
    [InlineData("char signed", "signed char")]
    [InlineData("char unsigned", "unsigned char")]
    [InlineData("char", "char")]
    [InlineData("signed", "int")]
    [InlineData("signed int", "int")]
    [InlineData("unsigned", "unsigned int")]
    [InlineData("int short unsigned", "unsigned short")]
    [InlineData("signed short int", "short")]
    [InlineData("long int", "long")]
    [InlineData("long unsigned int", "unsigned long")]
    [InlineData("long int long", "long long")]
    [InlineData("long long unsigned int", "unsigned long long")]
    [InlineData("const  unsigned\tlong int*const*", "const unsigned long * const *")]
    [InlineData("struct $a_1 [4]", "struct $a_1 [ 4 ]")]
    public void Spellings_of_one_type_are_one(string spelling, string expected) => Assert.Equal(expected, TypeWords.Normalize(spelling));

    private static BtfTypeReader AllClasses()
    {
        BtfBuilder btf = new();
        uint integer = btf.Int("int", 4, BtfFormat.BTF_INT_SIGNED);
        _ = btf.Int("long", 8);
        uint run = btf.Pointer(btf.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, integer));
        uint fixedInteger = btf.Add(BtfFormat.BTF_KIND_CONST, null, integer);
        uint list = btf.Struct("list", 8, ("first", integer, 0), ("last", integer, 32));
        uint either = btf.Union("either", 4, ("a", integer, 0));
        _ = btf.Struct(
            "all",
            128,
            ("real", btf.Add(BtfFormat.BTF_KIND_FLOAT, "double", 8), 0),
            ("colour", btf.Add(BtfFormat.BTF_KIND_ENUM, "colour", 4), 64),
            ("fixed", fixedInteger, 96),
            ("run", run, 128),
            ("list", list, 192),
            ("either", either, 256),
            ("id", btf.Typedef("id_t", btf.Typedef("base_id_t", fixedInteger)), 288),
            ("row", btf.Array(integer, 2), 320),
            ("any", btf.Pointer(0), 384),
            ("number", btf.Pointer(integer), 448),
            ("other", btf.Pointer(btf.Add(BtfFormat.BTF_KIND_FWD, "other", 0, 0, true)), 512),
            ("hidden", btf.Pointer(btf.Struct(null, 4, ("x", integer, 0))), 576),
            ("hiddenUnion", btf.Pointer(btf.Union(null, 4, ("x", integer, 0))), 640),
            ("rows", btf.Pointer(btf.Array(list, 4)), 704),
            ("deep", btf.Pointer(btf.Pointer(integer)), 768));
        return btf.Reader();
    }

    private static CheckResult EvaluateOnAllClasses(string expression)
    {
        RuleSet rules = new([RuleParser.Parse("test.md", $"---\ntitle: test\ncheck: {expression}\n---\n")]);
        BtfTypeReader types = AllClasses();
        return RuleEvaluator.Evaluate(rules, types.FindAll(rules.RequiredTypes, 1).Sets.ToDictionary(s => s.Name), s_target)[0].Checks[0];
    }

    [Theory]
    [InlineData("typeof(struct all, real) == float && typeof(struct all, real) != integer && typeof(struct all, real) == \"double\"")]
    [InlineData("typeof(struct all, colour) == enum && typeof(struct all, colour) != integer && typeof(struct all, colour) == \"enum colour\"")]
    [InlineData("typeof(struct all, fixed) == integer && typeof(struct all, fixed) == \"const int\" && typeof(struct all, fixed) == \"int\"")]
    [InlineData("typeof(struct all, id) == integer && typeof(struct all, id) == \"id_t\" && typeof(struct all, id) == \"base_id_t\" && typeof(struct all, id) == \"int\"")]
    [InlineData("typeof(struct all, run) == pointer && pointee(struct all, run) == function && pointee(struct all, run) != struct")]
    [InlineData("typeof(struct all, list) == struct && typeof(struct all, either) == union && typeof(struct all, list) != union")]
    [InlineData("typeof(struct all, row) == array && pointee(struct all, rows) == array")]
    [InlineData("pointee(struct all, any) == void && pointee(struct all, any) == \"void\" && pointee(struct all, number) != void")]
    [InlineData("pointee(struct all, other) == union && pointee(struct all, hidden) == struct && pointee(struct all, hiddenUnion) == union")]
    [InlineData("sizeof(pointee(struct all, number)) == 4 && alignof(pointee(struct all, number)) == 4")]
    [InlineData("sizeof(pointee(struct all, deep)) == 8")]
    public void Types_have_their_class_and_all_names_that_they_go_by(string expression) => AssertOutcome(Outcome.Holds, EvaluateOnAllClasses(expression));

    [Theory]
    [InlineData("sizeof(pointee(struct all, run)) == 1", "int (void) has no size")]
    [InlineData("alignof(pointee(struct all, run)) == 1", "int (void) has no alignment")]
    [InlineData("sharers(pointee(struct all, run)) in { a }", "int (void) is no struct or union")]
    [InlineData("sharers(pointee(struct all, number)) in { a }", "int is no struct or union")]
    [InlineData("sharers(pointee(struct all, number), struct all, list) in { a }", "int is no struct or union")]
    [InlineData("sizeof(pointee(struct all, rows)) == 32", "struct list[4] has no size")]
    [InlineData("sizeof(pointee(struct all, any)) == 1", "all.any points to void")]
    [InlineData("sizeof(pointee(struct all, real)) == 1", "all.real is double, no pointer")]
    [InlineData("sizeof(pointee(struct all, hidden)) == 4", "all.hidden points to a struct without a name, which cannot be looked up")]
    [InlineData("exists(pointee(struct all, hiddenUnion), x)", "all.hiddenUnion points to a union without a name, which cannot be looked up")]
    [InlineData("alignof(pointee(struct all, other)) == 4", "all.other points to union other, which no rule names: write alignof(union other) or the like to have it read")]
    [InlineData("alignof(pointee(struct all, other)) == 4 || sizeof(union other) == 4", "the image has no C definition of union other, which 1 units only declare")]
    public void What_a_pointer_leads_to_is_undecided_where_it_is_not_known(string expression, string reason)
    {
        CheckResult result = EvaluateOnAllClasses(expression);
        AssertOutcome(Outcome.Undecided, result);
        Assert.Equal(reason, result.Reason);
    }

    [Fact]
    public void Members_without_end_are_not_gone_through()
    {
        static string Of(int count) => $"struct many {count * 8}\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"  m{i} {i * 8}/8 long\n"));

        CheckResult result = Evaluate("sharers(struct many) in { m0 }", Of(10_001));
        AssertOutcome(Outcome.Undecided, result);
        Assert.Equal("more than 10000 members lie on struct many", result.Reason);
        AssertOutcome(Outcome.Violated, Evaluate("sharers(struct many) in { m0 }", Of(9_999)));
    }

    [Theory]
    [InlineData("offsetof(struct page, pgmap) == offsetof(struct page, compound_info|compound_head)", "page.pgmap @8 == page.compound_head @8")]
    [InlineData("offsetof(struct page, mapping) == offsetof(struct page, compound_head)", "page.mapping @24 differs from page.compound_head @8")]
    [InlineData("sizeof(struct page) <= sizeof(struct list_head)", "sizeof(struct page)=64 is greater than sizeof(struct list_head)=16")]
    [InlineData("offsetof(struct page, lru) + sizeof(struct page) == 71", "page.lru @8 + sizeof(struct page) (= 72) differs from 71")]
    [InlineData("typeof(struct page, flags) == pointer", "page.flags is unsigned long, not pointer")]
    [InlineData("alignof(struct page) < 16", "alignof(struct page)=16 (declared) is not less than 16")]
    [InlineData("alignof(struct list_head) > 8", "alignof(struct list_head)=8 (natural) is not greater than 8")]
    [InlineData("exists(struct page, a|b)", "struct page has no member a or b")]
    [InlineData("!exists(struct page, pgmap)", "page.pgmap exists")]
    [InlineData("overlaps(struct page, pgmap, lru.prev)", "page.pgmap (bytes 8 up to 16) does not overlap page.lru.prev (bytes 16 up to 24)")]
    [InlineData("overlaps(struct page, low, high)", "page.low (bits 384 up to 387) does not overlap page.high (bits 387 up to 392)")]
    [InlineData("sharers(struct page, pgmap) in { pgmap, lru }", "compound_head (unsigned long) of struct page on page.pgmap is not in the list")]
    [InlineData("is_power_of_2(sizeof(struct dev_pagemap))", "sizeof(struct dev_pagemap)=152 is no power of two")]
    [InlineData("exists(struct page) && offsetof(struct page, lru) == 9", "page.lru @8 differs from 9")]
    [InlineData("sizeof(struct page) != 64", "sizeof(struct page)=64 equals 64")]
    [InlineData("sizeof(struct page) != 65", "sizeof(struct page)=64 != 65")]
    [InlineData("sizeof(struct page) >= 65", "sizeof(struct page)=64 is less than 65")]
    [InlineData("sizeof(struct page) > 64", "sizeof(struct page)=64 is not greater than 64")]
    [InlineData("sizeof(struct page) < 64", "sizeof(struct page)=64 is not less than 64")]
    [InlineData("pointer == typeof(struct page, flags)", "page.flags is unsigned long")]
    [InlineData("typeof(struct page, flags) != integer", "page.flags is unsigned long")]
    [InlineData("typeof(struct page, flags) == typeof(struct page, pgmap)", "page.flags is unsigned long, page.pgmap is struct dev_pagemap *")]
    [InlineData("typeof(struct page, flags) != typeof(struct page, compound_head)", "page.flags is unsigned long")]
    [InlineData("contains(struct page, pgmap, flags)", "page.pgmap (bytes 8 up to 16) does not contain page.flags (bytes 0 up to 8)")]
    [InlineData("sizeof(struct page) == 1 || sizeof(struct page) == 2", "sizeof(struct page)=64 differs from 1, sizeof(struct page)=64 differs from 2")]
    public void Reasons_show_the_values(string expression, string reason) => Assert.Equal(reason, Evaluate(expression).Reason);

    [Fact]
    public void Observations_are_what_was_looked_at()
    {
        CheckResult result = Evaluate("offsetof(struct page, pgmap) == offsetof(struct page, compound_info|compound_head) && sizeof(struct page, pgmap) == sizeof(long)");
        Assert.Equal(
            ["page.pgmap @8", "page.compound_head @8", "sizeof(page.pgmap)=8", "sizeof(long)=8"],
            result.Observed.Select(o => o.ToString()));
        Assert.Equal("offsetof(struct page, compound_info|compound_head)", result.Observed[1].Expression);
        Assert.Equal(8ul, result.Observed[1].Number);
        Assert.Equal(ObservedFact.ByteOffset, result.Observed[1].Fact);
    }

    [Theory]
    [InlineData("offsetof( struct   page,lru )==8", "offsetof(struct page, lru) == 8")]
    [InlineData("(1+2)*3==(9)", "(1 + 2) * 3 == 9")]
    [InlineData("1+(2*3)", "1 + 2 * 3")]
    [InlineData("1-(2-3)", "1 - (2 - 3)")]
    [InlineData("!(a_ok)", null)]
    [InlineData("!(true&&false)?1:(0)", "!(true && false) ? 1 : 0")]
    [InlineData("contains(struct page, lru, struct page, pgmap)", "contains(struct page, lru, pgmap)")]
    [InlineData("sharers(struct page,lru) in{a,b.c[1]}", "sharers(struct page, lru) in { a, b.c[1] }")]
    [InlineData("-(-1)", "-(-1)")]
    [InlineData("overlaps(struct a,b,struct c,d)", "overlaps(struct a, b, struct c, d)")]
    [InlineData("contains(struct a,b,union c,d)", "contains(struct a, b, union c, d)")]
    [InlineData("contains(struct a,b,pointee(struct c,d),e)", "contains(struct a, b, pointee(struct c, d), e)")]
    [InlineData("sharers(struct a,struct b,c) in{d}", "sharers(struct a, struct b, c) in { d }")]
    [InlineData("sharers(a_t,b_t,c) in{}", "sharers(a_t, b_t, c) in {  }")]
    [InlineData("exists( enum  e ) && !exists(enum e,A|B)", "exists(enum e) && !exists(enum e, A|B)")]
    [InlineData("valueof(enum e,A)==-1", "valueof(enum e, A) == -1")]
    [InlineData("sizeof(enum e)+alignof(enum e)+sizeof(enum e*)", "sizeof(enum e) + alignof(enum e) + sizeof(enum e *)")]
    [InlineData("true // to the end", "true")]
    public void Text_is_one_spelling(string written, string? expected)
    {
        if (expected is null)
        {
            _ = Assert.Throws<RuleException>(() => RuleExpression.Parse(written));
            return;
        }

        RuleExpression expression = RuleExpression.Parse(written);
        Assert.Equal(expected, expression.Text);
        Assert.Equal(expected, RuleExpression.Parse(expression.Text).Text);
    }

    [Fact]
    public void Every_expression_of_the_catalogue_reads_back_as_it_is_written()
    {
        foreach (RuleCheck check in RuleCatalog.Default.Rules.SelectMany(r => r.Checks))
        {
            Assert.Equal(check.Expression.Text, RuleExpression.Parse(check.Expression.Text).Text);
            Assert.Equal(check.Expression.Types, RuleExpression.Parse(check.Expression.Text).Types);
        }
    }

    [Fact]
    public void The_language_page_is_true()
    {
        string page = LanguagePage();
        string layouts = page.Split("```layout\n")[1].Split("```")[0];
        int run = 0;
        string expressions = page.Split("\n## Expressions\n")[1].Split("\n## ")[0];
        foreach (string row in expressions.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            string[] cells = row.Replace("\\|", "\u0001", StringComparison.Ordinal).Split('|');
            Assert.True(cells.Length == 5, $"not three cells: {row}");
            string expression = cells[3].Replace('\u0001', '|').Trim().Trim('`');
            AssertOutcome(Outcome.Holds, Evaluate(expression, layouts));
            run++;
        }

        Assert.True(run >= 20, $"only {run} examples were found");
    }

    [Fact]
    public void The_language_page_has_the_functions_that_there_are()
    {
        IEnumerable<string> rows = LanguagePage().Split("\n### Functions\n")[1].Split("\n### ")[0].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(RuleFunctions.Documentation, rows);
    }

    [Fact]
    public void Every_function_is_documented_and_called_by_one_name_alone()
    {
        Assert.All(RuleFunctions.All, function => Assert.All(function.Uses, use => Assert.Contains(function.Name + "(", use.Call, StringComparison.Ordinal)));
        Assert.All(RuleFunctions.All, function => Assert.NotEmpty(function.Uses));
        string[] names = [.. RuleFunctions.All.SelectMany(function => function.Aliases.Add(function.Name))];
        Assert.Equal(names.Distinct(), names);
        Assert.All(names, name => Assert.True(RuleFunctions.Find(name)!.IsCalled(name)));
    }

    [Fact]
    public void An_unknown_function_is_told_those_that_there_are()
    {
        RuleException error = Assert.Throws<RuleException>(() => RuleExpression.Parse("sizof(struct page) == 64"));
        Assert.Equal(
            "unknown function 'sizof' (did you mean sizeof?): there are offsetof, offsetofend, bitoffsetof, bitsizeof, sizeof, sizeof_field, alignof, exists, valueof, overlaps, contains, sharers, has_placeholder, has_pointer, pinned, members, "
                + "in_group, sizeof_group, typeof, pointee, ARRAY_SIZE, is_power_of_2, IS_ALIGNED, ALIGN, first_of, config, rust_twins and rust_twins_agree",
            error.Problem);
    }

    [Theory]
    [InlineData("long unsigned int", "unsigned long")]
    [InlineData("long long unsigned int", "unsigned long long")]
    [InlineData("short unsigned int", "short unsigned int")]
    [InlineData("struct long_unsigned *", "struct long_unsigned *")]
    public void A_type_is_told_in_the_words_of_the_kernel(string compilers, string told)
        => Assert.Equal($"page.x is {told}", Evaluate("typeof(struct page, x) != void", $"struct page 8\n  x 0/8 {compilers}\n").Reason.Replace(", not void", "", StringComparison.Ordinal));

    private const string Nested = """
        struct outer 40
          head 0/16 struct inner
          rows 16/16 struct inner[1]
          tag 32/4 cookie_t{}
          bits 288b3 unsigned int
        struct inner 16
          a 0/8 long
          b 8/4 int
        """;

    [Theory]
    [InlineData("sizeof(struct inner in struct outer) == 16", Outcome.Holds, "sizeof(struct inner in struct outer)=16 == 16")]
    [InlineData("offsetof(struct inner in struct outer, b) == 8", Outcome.Holds, "inner.b @8 == 8")]
    [InlineData("exists(cookie_t in struct outer)", Outcome.Holds, "cookie_t in struct outer exists")]
    [InlineData("exists(struct outer in struct inner)", Outcome.Violated, "struct inner holds no struct outer by value")]
    [InlineData("exists(union inner in struct outer)", Outcome.Violated, "struct outer holds no union inner by value")]
    [InlineData("exists(struct inner in struct gone)", Outcome.Violated, "the image has no C definition of struct gone")]
    [InlineData("sizeof(struct gone in struct outer) == 1", Outcome.Undecided, "struct outer holds no struct gone by value")]
    [InlineData("pinned(struct inner in struct outer, a, 0, 8, \"long int\")", Outcome.Holds, "inner.a in struct outer is as it was")]
    [InlineData("pinned(struct inner in struct outer, a, 0, 8, \"unsigned long\")", Outcome.Violated, "inner.a in struct outer is long, and was unsigned long")]
    [InlineData("pinned(struct inner in struct outer, a, 4, 4)", Outcome.Violated, "inner.a in struct outer lies at byte 0, and lay at byte 4, has 8 bytes, and had 4 bytes")]
    [InlineData("pinned(struct outer, bits, 36:0, :3, \"unsigned\")", Outcome.Holds, "outer.bits is as it was")]
    [InlineData("pinned(struct outer, bits, 36:1, :2)", Outcome.Violated, "outer.bits lies at byte 36, and lay at byte 36 bit 1, has 3 bits, and had 2 bits")]
    [InlineData("pinned(struct outer, old, 32, 4, \"int\")", Outcome.Violated,
        "struct outer has no member old: it was int at byte 32, 4 bytes; on its bytes is tag (cookie_t)")]
    [InlineData("pinned(struct gone, a, 0, 8)", Outcome.Undecided, "the image has no C definition of struct gone")]
    [InlineData("members(struct outer) in { head, rows, tag, bits, more }", Outcome.Holds, "struct outer has no member that the list has not")]
    [InlineData("members(struct outer) in { head, rows }", Outcome.Violated,
        "struct outer has 2 members that the list has not: tag (cookie_t) at byte 32, bits (unsigned int) at byte 36")]
    [InlineData("members(struct outer) in { head, rows, reserved(spare, 32, 8) }", Outcome.Holds,
        "compatible: reserved field spare of struct outer is used by tag, bits")]
    [InlineData("members(struct outer) in { head, rows, reserved(one, 32, 4), reserved(two, 36, 4) }", Outcome.Holds,
        "compatible: reserved field one of struct outer is used by tag; reserved field two of struct outer is used by bits")]
    [InlineData("members(struct outer) in { head, rows, reserved(spare, 32, 4) }", Outcome.Violated,
        "struct outer has a member that the list has not: bits (unsigned int) at byte 36")]
    [InlineData("members(struct outer) in { head, rows, tag, reserved(spare, 32, 8) }", Outcome.Violated,
        "reserved field spare of struct outer (byte 32, 8 bytes) is gone, and tag lies on its bytes")]
    [InlineData("members(struct outer) in { head, rows, bits, reserved(tag, 32, 8) }", Outcome.Violated,
        "reserved field tag of struct outer (byte 32, 8 bytes) is there, and bits lies on its bytes")]
    [InlineData("members(struct outer) in { head, rows, bits, reserved(tag, 16, 4) }", Outcome.Violated,
        "reserved field tag of struct outer (byte 16, 4 bytes) is there, and rows lies on its bytes; "
            + "reserved field tag of struct outer lies at byte 32 with 4 bytes, and lay at byte 16 with 4 bytes")]
    [InlineData("members(struct outer) in { head, rows, tag, bits, reserved(spare, 40, 8) }", Outcome.Violated,
        "reserved field spare of struct outer (byte 40, 8 bytes) is gone, and no member uses its bytes")]
    [InlineData("members(struct gone) in { a }", Outcome.Undecided, "the image has no C definition of struct gone")]
    public void A_pinned_layout_is_compared_in_words(string expression, Outcome outcome, string reason)
    {
        CheckResult result = Evaluate(expression, Nested);
        Assert.Equal((outcome, reason), (result.Outcome, result.Reason));
        Assert.Equal(expression, RuleExpression.Parse(expression).Text);
    }

    [Theory]
    [InlineData("pinned(struct page, lru)", "',' should stand here")]
    [InlineData("pinned(struct page, lru, x, 8)", "a place in bytes should stand here")]
    [InlineData("pinned(struct page, lru, 8, y)", "a size in bytes should stand here")]
    [InlineData("pinned(struct page, lru, 8:, 8)", "a bit should stand here")]
    [InlineData("pinned(struct page, lru, 8, :)", "a number of bits should stand here")]
    [InlineData("pinned(struct page, lru, 18446744073709551615, 8)", "18446744073709551615 is too large for a layout")]
    [InlineData("pinned(struct page, lru, 8, 8, long)", "a type in quotes should follow the size")]
    [InlineData("pinned(struct page, lru[0], 8, 8)", "']' should stand here")]
    [InlineData("members(struct page)", "members(...) is followed by: in { member, ... }")]
    [InlineData("members(struct page) in { reserved(a) }", "',' should stand here")]
    [InlineData("exists(struct list_head in)", "')' should stand here")]
    public void A_pinned_layout_that_is_no_one_is_refused(string expression, string problem)
        => Assert.Equal(problem, Assert.Throws<RuleException>(() => RuleExpression.Parse(expression)).Problem);

    [Fact]
    public void A_rounded_number_is_told_with_its_value()
        => Assert.Equal("ALIGN(end of page._refcount @56, 16)=64 differs from 56", Evaluate("ALIGN(offsetofend(struct page, _refcount), 16) == 56").Reason);

    [Fact]
    public void Every_fact_that_is_looked_at_has_its_words()
    {
        string[] expected =
        [
            "page.mapping @24", "end of page.lru @24", "page.high @bit 387", "bitsizeof(page.low)=3", "sizeof(struct page)=64", "alignof(struct page)=16 (declared)",
            "alignof(struct list_head)=8 (natural)", "page.lru exists", "struct page, nothing does not exist", "page.flags is unsigned long",
            "page.pgmap is pointer to struct dev_pagemap", "ARRAY_SIZE(page.cells)=4", "3 members on page.pgmap: compound_head, lru.next, pgmap", "CONFIG_X=m",
        ];
        string[] questions =
        [
            "offsetof(struct page, mapping) == 24", "offsetofend(struct page, lru) == 24", "bitoffsetof(struct page, high) == 387", "bitsizeof(struct page, low) == 3",
            "sizeof(struct page) == 64", "alignof(struct page) == 16", "alignof(struct list_head) == 8", "exists(struct page, lru)", "!exists(struct page, nothing)",
            "typeof(struct page, flags) == integer", "pointee(struct page, pgmap) == struct", "ARRAY_SIZE(struct page, cells) == 4",
            "sharers(struct page, pgmap) in { compound_head, lru, pgmap }", "config(CONFIG_X)",
        ];
        Dictionary<string, string> config = new() { ["CONFIG_X"] = "m" };
        Assert.Equal(expected, questions.Select(question => Evaluate(question, config: config).Observed.Single().ToString()));
    }

    private static string LanguagePage() => File.ReadAllText(Path.Combine(Here(), "../../../../src/LayoutCheck/Rules/LANGUAGE.md"));

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    internal static void AssertOutcome(Outcome expected, CheckResult result)
        => Assert.True(expected == result.Outcome, $"{result.Check.Expression}: expected {expected}, got {result.Outcome}: {result.Reason}");
}
