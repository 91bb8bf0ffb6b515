using System.Collections.Immutable;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Catalog;

/// <summary>The pack about other programs: what it says of kernels at hand, and that it never counts.</summary>
public sealed class ConsumersPackTests
{
    private const string Always = "slab-members-in-page task-state-name";

    private const string Since612 = Always + " crash-slab-list-on-lru makedumpfile-folio-order slab-is-a-page-flag crash-slab-by-page-type";

    private const string Since618 = Since612 + " page-has-pgmap page-index-name page-flags-is-an-integer";

    private const string Since73 = Since618 + " pagemap-ops-page-free crash-slub-by-cpu-slab page-compound-word-name page-compound-word-is-a-pointer kmem-cache-node swap-map dentry-alias";

    private static readonly RuleSet s_pack = RuleCatalog.Select(["consumers"]);

    private static ImmutableArray<RuleResult> Evaluate(string layouts)
        => RuleEvaluator.Evaluate(s_pack, LayoutText.Parse(layouts, wanted: s_pack.RequiredTypes), new TargetInfo(8, false));

    [Theory]
    [InlineData("amd64-6.1-cloud", Always)]
    [InlineData("amd64-6.12-cloud", Since612)]
    [InlineData("running-6.18", Since618)]
    [InlineData("amd64-7.3-cloud", Since73)]
    public void Warns_of_what_has_changed(string kernel, string warned)
    {
        ImmutableArray<RuleResult> results = Evaluate(RealLayouts.Read(kernel));
        Assert.Equal(warned.Split(' ').Order(StringComparer.Ordinal), results.Where(r => r.Outcome == Outcome.Warning).Select(r => r.Rule.Id));
        Assert.All(results, r => Assert.True(r.Outcome is Outcome.Holds or Outcome.Warning or Outcome.NotApplicable, $"{r.Rule.Id}: {r.Outcome}"));
    }

    [Theory]
    [InlineData("crash-slab-by-page-type", "enum pagetype 4\n  PGTY_buddy 240\n  PGTY_slab 245\nenum pageflags 4\n  PG_locked 0\n  PG_slab 9\n", Outcome.Holds)]
    [InlineData("crash-slab-by-page-type", "enum pagetype 4\n  PGTY_buddy 240\n  PGTY_slab 245\nenum pageflags 4\n  PG_locked 0\n", Outcome.Warning)]
    [InlineData("crash-slab-by-page-type", "enum pagetype 4\n  PG_buddy 64\nenum pageflags 4\n  PG_locked 0\n", Outcome.NotApplicable)]
    [InlineData("page-private-flag", "enum pageflags 4\n  PG_locked 0\n  PG_private 14\n", Outcome.Holds)]
    [InlineData("page-private-flag", "enum pageflags 4\n  PG_locked 0\n  PG_owner_2 11\n", Outcome.Warning)]
    public void Enumerators_decide(string rule, string enums, Outcome outcome)
        => Assert.Equal(outcome, Evaluate("struct page 64\n  flags 0/8 unsigned long\n  page_type 48/4 unsigned int\n" + enums).Single(r => r.Rule.Id == rule).Outcome);

    [Theory]
    [InlineData("page-zone-device-data", "struct dev_pagemap 8\n  ref 0/8 void *\n")]
    [InlineData("page-zone-device-data", "struct dev_pagemap 8\n  ref 0/8 void *\nstruct page 64\n  zone_device_data 16/8 unsigned long\n")]
    [InlineData("crash-folio-order", "struct folio_batch 8\n  nr 0/1 char\nstruct folio 128\n  flags 0/8 long\n")]
    [InlineData("crash-folio-order", "struct folio_batch 8\n  nr 0/1 char\nstruct folio 128\n  _flags_1 64/8 long\nstruct hstate 0\n")]
    [InlineData("vmcoreinfo-memory-model", "struct pglist_data 16\n  node_start_pfn 0/8 long\n  node_spanned_pages 8/8 long\n")]
    [InlineData("vmcoreinfo-memory-model", "struct pglist_data 16\n  node_start_pfn 0/8 long\nstruct mem_section 16\n  section_mem_map 0/8 long\n")]
    [InlineData("vmcoreinfo-memory-model", "struct pglist_data 24\n  node_mem_map 16/8 void *\n  node_start_pfn 0/8 long\n  node_spanned_pages 8/8 long\nstruct zone 8\n  free_area 0/8 void *\n")]
    [InlineData("page-pool-magic", "struct page 64\n  pp 16/8 void *\n  lru 8/16 struct list_head\n")]
    [InlineData("page-pool-magic", "struct page 64\n  pp 16/8 void *\n  lru 8/16 struct list_head\n  pp_magic 16/8 unsigned long\n")]
    [InlineData("crash-slub-by-cpu-slab", "struct kmem_cache 8\n  oo 0/8 long\n")]
    [InlineData("kmem-cache-node", "struct kmem_cache 8\n  per_node 0/8 struct kmem_cache_per_node_ptrs[]\nstruct kmem_cache_per_node_ptrs 8\n  x 0/8 void *\n")]
    [InlineData("page-flags-is-an-integer", "struct page 64\n  flags 0/4 unsigned int\n")]
    [InlineData("makedumpfile-folio-order", "struct page 64\n  flags 0/8 long\n  compound_order 8/4 int\nstruct folio 128\n  _flags_1 72/8 long\n")]
    [InlineData("slab-is-a-page-flag", "struct page 64\n  page_type 48/4 int\n  _mapcount 52/4 atomic_t{}\nstruct slab 64\n  __page_type 48/4 int\n")]
    public void Warns_of_what_no_kernel_here_has(string rule, string layouts)
        => Assert.Equal(Outcome.Warning, Evaluate(layouts).Single(r => r.Rule.Id == rule).Outcome);

    [Fact]
    public void Never_counts()
    {
        Assert.All(RuleCatalog.Default.Rules, rule => Assert.Equal(rule.Pack != "consumers", rule.CountsWhenStrict));
        Assert.All(s_pack.Rules.SelectMany(r => r.Checks), check => Assert.Equal(Severity.Warning, check.Severity));
        Assert.DoesNotContain(RuleCatalog.Select().Rules, rule => rule.Pack == "consumers");
    }
}
