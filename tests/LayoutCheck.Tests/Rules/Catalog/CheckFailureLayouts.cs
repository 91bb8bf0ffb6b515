using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Catalog;

/// <summary>
/// Small layouts of eras, configurations and structs that none of the stored kernels has, so that every check applies and holds somewhere. A new rule that no
/// layout here or in <c>Layouts/</c> fits needs one.
/// </summary>
internal static class CheckFailureLayouts
{
    private static readonly TargetInfo s_target = new(8, false);

    public static IReadOnlyList<Layouts> All { get; } =
    [
        new("4.14", s_target, """
            struct page 64 align 16
              flags 0/8 unsigned long
              mapping 8/8 struct address_space *
              index 16/8 unsigned long
              counters 24/8 unsigned long
              _mapcount 24/4 int
              _refcount 28/4 int
              lru 32/16 struct list_head
              pgmap 32/8 struct dev_pagemap *
              compound_head 32/8 unsigned long
              private 48/8 unsigned long
              mem_cgroup 56/8 struct mem_cgroup *
            struct list_head 16
              next 0/8 struct list_head *
              prev 8/8 struct list_head *
            """),
        new("three pages, with virtual and the last CPU", s_target, """
            struct page 80 align 16
              flags 0/8 unsigned long
              lru 8/16 struct list_head
              compound_head 8/8 unsigned long
              pgmap 8/8 struct dev_pagemap *
              zone_device_data 16/8 void *
              mapping 24/8 struct address_space *
              index 32/8 unsigned long
              private 40/8 unsigned long
              _mapcount 48/4 int
              _refcount 52/4 int
              memcg_data 56/8 unsigned long
              virtual 64/8 void *
              _last_cpupid 72/4 int
            struct folio 240 align 16
              flags 0/8 unsigned long
              lru 8/16 struct list_head
              mapping 24/8 struct address_space *
              index 32/8 unsigned long
              private 40/8 unsigned long
              _mapcount 48/4 int
              _refcount 52/4 int
              memcg_data 56/8 unsigned long
              virtual 64/8 void *
              _last_cpupid 72/4 int
              page 0/80 struct page
              _flags_1 80/8 unsigned long
              _head_1 88/8 unsigned long
              __page_1 80/80 struct page
              _flags_2 160/8 unsigned long
              _head_2 168/8 unsigned long
              _flags_2a 160/8 unsigned long
              _head_2a 168/8 unsigned long
              __page_2 160/80 struct page
            struct list_head 16
              next 0/8 struct list_head *
              prev 8/8 struct list_head *
            """),
        new("object extensions without memory cgroups", s_target, """
            struct page 64 align 16
              flags 0/8 unsigned long
              compound_head 8/8 unsigned long
              _unused 16/8 void *
              _refcount 52/4 int
              _unused_slab_obj_exts 56/8 unsigned long
            struct slab 64 align 16
              __page_flags 0/8 unsigned long
              slab_cache 8/8 struct kmem_cache *
              __page_refcount 52/4 int
              obj_exts 56/8 unsigned long
            """),
        new("memdesc beside the tag word", s_target, """
            struct page 64 align 16
              flags 0/8 unsigned long
              lru 8/16 struct list_head
              buddy_list 8/16 struct list_head
              compound_info 8/8 unsigned long
              memdesc 8/8 unsigned long
            struct list_head 16
              next 0/8 struct list_head *
              prev 8/8 struct list_head *
            """),
        new("a page of memdesc, its folio an object of its own", s_target, """
            struct page 32 align 16
              flags 0/8 unsigned long
              memdesc 8/8 unsigned long
              buddy_list 8/16 struct list_head
              _refcount 28/4 int
            struct folio 64 align 16
              flags 0/8 unsigned long
              lru 8/16 struct list_head
              mapping 24/8 struct address_space *
            struct list_head 16
              next 0/8 struct list_head *
              prev 8/8 struct list_head *
            """),
        new("sections that are found by a division", s_target, """
            struct mem_section 32
              section_mem_map 0/8 unsigned long
              usage 8/8 struct mem_section_usage *
              order 16/4 unsigned int
              page_ext 24/8 struct page_ext *
            """),
        new("structs of drivers", s_target, """
            struct sk_buff 232 align 8
              cb 40/48 char[48]
            struct ieee80211_rx_status 48
              mactime 0/8 unsigned long
            struct mctp_skb_cb 16
              magic 0/4 unsigned int
            struct lowpan_addr_info 32
              daddr 0/8 unsigned long
            struct bsg_uring_cmd 80
              request 0/8 unsigned long
            """),
    ];
}
