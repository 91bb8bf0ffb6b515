using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Catalog;

/// <summary>The rules of the catalogue that enumerators decide, each seen failing.</summary>
public sealed class EnumRulesTests
{
    private const string Page = "struct page 64\n  private 40/8 unsigned long\n  page_type 48/4 unsigned int\n  _mapcount 48/4 atomic_t{}\n";

    private const string Types = "enum pagetype 4\n  PGTY_buddy 240\n  PGTY_slab 245\n  PGTY_mapcount_underflow 255\n";

    [Theory]
    [InlineData("hugetlb-flags-fit-private", "enum hugetlb_page_flags 4\n  __NR_HPAGEFLAGS 7\n", Outcome.Holds)]
    [InlineData("hugetlb-flags-fit-private", "enum hugetlb_page_flags 4\n  __NR_HPAGEFLAGS 65\n", Outcome.Violated)]
    [InlineData("hugetlb-flags-fit-private", "", Outcome.NotApplicable)]
    [InlineData("hugetlb-is-no-page-flag", "enum pageflags 4\n  PG_active 5\n", Outcome.Holds)]
    [InlineData("hugetlb-is-no-page-flag", "enum pageflags 4\n  PG_active 5\n  PG_hugetlb 5\n", Outcome.Warning)]
    [InlineData("page-types-off-the-mapcount", Types, Outcome.Holds)]
    [InlineData("page-types-off-the-mapcount", "enum pagetype 4\n  PGTY_buddy 239\n  PGTY_slab 245\n  PGTY_mapcount_underflow 255\n", Outcome.Violated)]
    [InlineData("page-types-off-the-mapcount", "enum pagetype 4\n  PGTY_buddy 240\n  PGTY_slab 255\n  PGTY_mapcount_underflow 255\n", Outcome.Violated)]
    [InlineData("page-types-off-the-mapcount", Types + "  PGTY_netpp 249\n", Outcome.Violated)]
    [InlineData("objexts-flags-have-a-bit", "enum objext_flags 4\n  OBJEXTS_ALLOC_FAIL 1\nenum page_memcg_data_flags 4\n  MEMCG_DATA_OBJEXTS 1\n  MEMCG_DATA_KMEM 2\n  __NR_MEMCG_DATA_FLAGS 4\n", Outcome.Holds)]
    [InlineData("objexts-flags-have-a-bit", "enum objext_flags 4\n  OBJEXTS_ALLOC_FAIL 4\nenum page_memcg_data_flags 4\n  MEMCG_DATA_OBJEXTS 1\n  MEMCG_DATA_KMEM 2\n  __NR_MEMCG_DATA_FLAGS 4\n", Outcome.Holds)]
    [InlineData("objexts-flags-have-a-bit", "enum objext_flags 4\n  OBJEXTS_ALLOC_FAIL 2\nenum page_memcg_data_flags 4\n  MEMCG_DATA_OBJEXTS 1\n  MEMCG_DATA_KMEM 2\n  __NR_MEMCG_DATA_FLAGS 4\n", Outcome.Warning)]
    [InlineData("objexts-flags-have-a-bit", "enum objext_flags 4\n  OBJEXTS_ALLOC_FAIL 1\nenum page_memcg_data_flags 4\n  MEMCG_DATA_OBJEXTS 1\n  MEMCG_DATA_KMEM 1\n  __NR_MEMCG_DATA_FLAGS 4\n", Outcome.Warning)]
    [InlineData("clone-args-versions", "struct clone_args 64\n  tls 56/8 u64\n", Outcome.Holds)]
    [InlineData("clone-args-versions", "struct clone_args 88\n  tls 56/8 u64\n  set_tid_size 72/8 u64\n  cgroup 80/8 u64\n", Outcome.Holds)]
    [InlineData("clone-args-versions", "struct clone_args 72\n  tls 56/8 u64\n  set_tid_size 64/8 u64\n", Outcome.Violated)]
    [InlineData("clone-args-versions", "struct clone_args 88\n  tls 56/8 u64\n  set_tid_size 72/8 u64\n  cgrp 80/8 u64\n", Outcome.Undecided)]
    [InlineData("cast-members-first", "struct fib_nh 16\n  nh_dev 0/8 void *\n", Outcome.NotApplicable)]
    [InlineData("cast-members-first", "struct fib_nh 16\n  nh_dev 0/8 void *\nstruct fib_nh_common 8\n  x 0/8 long\n", Outcome.Undecided)]
    [InlineData("sk-buff-headers-mirror", "struct sk_buff 64\n  headers 8/8 struct sk_buff__headers\n  secmark 8/4 u32\nstruct sk_buff__headers 8\n  mark 0/4 u32\n", Outcome.Undecided)]
    [InlineData("bpf-hashtab-free-list", "struct htab_elem 16\n  fnode 8/8 struct pcpu_freelist_node\n  hash_node 0/16 struct hlist_nulls_node\nstruct pcpu_freelist_node 8\n  next 0/8 void *\n"
        + "struct hlist_nulls_node 16\n  next 0/8 void *\n  pprev 8/8 void **\nstruct htab_elem 24\n  rcu 0/16 struct callback_head\n  hash_node 16/8 void *\n", Outcome.Holds)]
    public void Gives(string rule, string layouts, Outcome outcome)
    {
        RuleSet rules = RuleCatalog.Select(only: [rule]);
        RuleResult result = RuleEvaluator.Evaluate(rules, LayoutText.Parse(Page + layouts, wanted: rules.RequiredTypes), new TargetInfo(8, false))[0];
        Assert.True(outcome == result.Outcome, string.Join('\n', result.Checks.Select(c => $"{c.Outcome}: {c.Reason}")));
    }

    [Theory]
    [InlineData("CONFIG_64BIT", 62, true)]
    [InlineData("CONFIG_X86_64", 62, true)]
    [InlineData("CONFIG_X86", 62, true)]
    [InlineData("CONFIG_X86_32", 62, false)]
    [InlineData("CONFIG_ARM64", 62, false)]
    [InlineData("CONFIG_ARM64", 183, true)]
    [InlineData("CONFIG_S390", 22, true)]
    [InlineData("CONFIG_CPU_BIG_ENDIAN", 62, false)]
    [InlineData("CONFIG_64BIT", null, true)]
    [InlineData("CONFIG_32BIT", null, false)]
    [InlineData("CONFIG_X86_64", null, null)]
    [InlineData("CONFIG_MEMCG", 62, null)]
    [InlineData("CONFIG_X86_64", 9999, null)]
    public void The_target_tells_of_its_options(string option, int? machine, bool? isSet)
    {
        Rule rule = RuleParser.Parse("r.md", $"---\ntitle: t\ncheck: config({option})\n---\n");
        Outcome outcome = RuleEvaluator.Evaluate(new RuleSet([rule]), LayoutText.Parse(Page), new TargetInfo(8, false), machine: machine)[0].Outcome;
        Assert.Equal(isSet switch { true => Outcome.Holds, false => Outcome.Violated, null => Outcome.Undecided }, outcome);
    }

    [Fact]
    public void The_configuration_of_the_image_comes_before_what_the_target_tells()
    {
        Rule rule = RuleParser.Parse("r.md", "---\ntitle: t\ncheck: config(CONFIG_X86)\n---\n");
        Dictionary<string, string> config = new() { ["CONFIG_UML"] = "y" };
        Assert.Equal(Outcome.Violated, RuleEvaluator.Evaluate(new RuleSet([rule]), LayoutText.Parse(Page), new TargetInfo(8, false), config, machine: 62)[0].Outcome);
    }
}
