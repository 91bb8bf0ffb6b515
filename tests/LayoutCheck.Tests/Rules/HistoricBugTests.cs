using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules;

/// <summary>Layout bugs that kernels really had, found by the catalogue in the words that tell what happens.</summary>
public class HistoricBugTests
{
    /// <summary>About 5.1 to 5.12, mips and arm with LPAE: a 64-bit dma_addr_t pads the union from 4 to 8 (fixed by 9ddb3c14afba).</summary>
    [Fact]
    public void A_64_bit_dma_address_pads_the_union_of_a_32_bit_struct_page()
    {
        CheckResult found = Violation("compound-word-is-second-word", new TargetInfo(4, true), """
            struct page 40
              flags 0/4 unsigned long
              lru 8/8 struct list_head
              mapping 16/4 struct address_space *
              dma_addr 8/8 dma_addr_t
              compound_head 8/4 unsigned long
              pgmap 8/4 struct dev_pagemap *
              zone_device_data 12/4 void *
            struct list_head 8
              next 0/4 struct list_head *
              prev 4/4 struct list_head *
            """);
        Assert.Equal("page.compound_head @8 differs from sizeof(long)=4", found.Reason);
        Assert.Contains("padding between flags and the union", found.Check.Message, StringComparison.Ordinal);
    }

    /// <summary>linux-next of September 2022: rcu_head.func of struct slab on page.mapping (fixed by 8b8817630ae8 and 130d4df57390).</summary>
    [Fact]
    public void A_function_pointer_of_a_slab_on_page_mapping()
    {
        CheckResult found = Violation("slab-words-over-mapping", new TargetInfo(8, false), """
            struct page 64 align 16
              flags 0/8 unsigned long
              compound_head 8/8 unsigned long
              mapping 24/8 struct address_space *
              _refcount 52/4 int
            struct slab 64 align 16
              __page_refcount 52/4 int
              __page_flags 0/8 unsigned long
              slab_cache 8/8 struct kmem_cache *
              slab_list 16/16 struct list_head
              callback_head 16/16 struct callback_head
            struct list_head 16
              next 0/8 struct list_head *
              prev 8/8 struct list_head *
            struct callback_head 16 align 8
              next 0/8 struct callback_head *
              func 8/8 void (*)(struct callback_head *)
            struct folio 128
              page 0/64 struct page
              flags 0/8 unsigned long
              __head 72/8 unsigned long
            """);
        Assert.Equal("slab.callback_head.func (bytes 24 up to 32) overlaps page.mapping (bytes 24 up to 32)", found.Reason);
        Assert.Contains("__PageMovable() is true of a slab page", found.Check.Message, StringComparison.Ordinal);
    }

    /// <summary>A vendor's extra pointer behind memcg_data: 72 bytes, rounded up to 80 by the 16-byte alignment. Every FOLIO_MATCH row still holds.</summary>
    [Fact]
    public void A_vendors_extra_pointer_makes_struct_page_80_bytes()
    {
        CheckResult found = Violation("struct-page-power-of-two", new TargetInfo(8, false), """
            struct page 80 align 16
              flags 0/8 unsigned long
              memcg_data 56/8 unsigned long
              ptcache_mm 64/8 struct mm_struct *
            """);
        Assert.Equal("sizeof(struct page)=80 is no power of two", found.Reason);
        Assert.Equal(Severity.Warning, RuleCatalog.Default.Find("struct-page-power-of-two")!.Severity);
        foreach (string lost in new[] { "HVO", "DAX", "mask" })
        {
            Assert.Contains(lost, found.Check.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// No bug: 32-bit arm in 7.2 has struct freelist_counters, and 36 bytes of struct page, but no instruction that exchanges two words, so that
    /// nothing is to be aligned. Where it has one, a third member is over the two words.
    /// </summary>
    [Theory]
    [InlineData("", Outcome.Holds)]
    [InlineData("  freelist_counters 16/8 freelist_full_t", Outcome.Violated)]
    public void A_slab_need_not_be_aligned_where_two_words_are_not_exchanged_at_once(string member, Outcome outcome)
    {
        string layouts = $"""
            struct page 36 align 4
              flags 0/4 unsigned long
              compound_head 4/4 unsigned long
            struct slab 36 align 4
              freelist 16/4 void *
              counters 20/4 unsigned long
              __page_refcount 28/4 int
            {member}
            struct freelist_counters 8
              freelist 0/4 void *
              counters 4/4 unsigned long
            """;
        TargetInfo target = new(4, false);
        RuleSet rules = new([RuleCatalog.Default.Find("slab-freelist-aligned")!]);
        Assert.Equal(outcome, RuleEvaluator.Evaluate(rules, LayoutText.Parse(layouts, target.WordByteSize), target)[0].Outcome);
    }

    private static CheckResult Violation(string rule, TargetInfo target, string layouts)
    {
        RuleSet rules = new([RuleCatalog.Default.Find(rule)!]);
        return RuleEvaluator.Evaluate(rules, LayoutText.Parse(layouts, target.WordByteSize), target)[0].Checks.First(c => c.Outcome is Outcome.Violated or Outcome.Warning);
    }
}
