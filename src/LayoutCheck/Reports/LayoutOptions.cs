namespace LayoutCheck.Reports;

/// <summary>Of a kernel's ten thousand options, the ones that decide the layout of struct page and struct folio and the use of their words.</summary>
internal static class LayoutOptions
{
    // The options around members of struct page in include/linux/mm_types.h, and the ones that decide whether device pages exist.
    private static readonly string[] s_names =
    [
        "CONFIG_64BIT", "CONFIG_DEV_DAX", "CONFIG_DEVICE_PRIVATE", "CONFIG_FLATMEM", "CONFIG_FS_DAX", "CONFIG_HAVE_ALIGNED_STRUCT_PAGE", "CONFIG_HIGHMEM",
        "CONFIG_HUGETLB_PAGE", "CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP", "CONFIG_KMSAN", "CONFIG_LRU_GEN", "CONFIG_MEMCG", "CONFIG_NO_PAGE_MAPCOUNT", "CONFIG_NUMA_BALANCING",
        "CONFIG_PAGE_MAPCOUNT", "CONFIG_PAGE_POOL", "CONFIG_PCI_P2PDMA", "CONFIG_RANDSTRUCT", "CONFIG_SLAB_OBJ_EXT", "CONFIG_SPARSEMEM_VMEMMAP", "CONFIG_TRANSPARENT_HUGEPAGE",
        "CONFIG_WANT_PAGE_VIRTUAL", "CONFIG_ZONE_DEVICE",
    ];

    /// <summary>The options of these that the configuration has, set or not, in the order of their names.</summary>
    public static IEnumerable<(string Option, string Value)> Of(IReadOnlyDictionary<string, string> config)
        => from name in s_names where config.ContainsKey(name) select (name, config[name]);
}
