using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>
/// The sections of one file that say where its code is and where values are in it: each found on first use, null if absent. Questions about types read none.
/// </summary>
/// <param name="find">Finds a section by its name, without the suffix of a split file.</param>
internal sealed class DwarfLists(Func<string, Section?> find)
{
    private readonly Lazy<Section?> _addr = new(() => find(".debug_addr"));
    private readonly Lazy<Section?> _ranges = new(() => find(".debug_ranges"));
    private readonly Lazy<Section?> _rngLists = new(() => find(".debug_rnglists"));
    private readonly Lazy<Section?> _loc = new(() => find(".debug_loc"));
    private readonly Lazy<Section?> _locLists = new(() => find(".debug_loclists"));

    /// <summary>.debug_addr: addresses by index (DWARF 5 §7.27). A split file has none: its image does.</summary>
    public Section? Addr => _addr.Value;

    /// <summary>.debug_ranges (DWARF 4 §2.17.3).</summary>
    public Section? Ranges => _ranges.Value;

    /// <summary>.debug_rnglists (DWARF 5 §7.25, §7.28).</summary>
    public Section? RngLists => _rngLists.Value;

    /// <summary>.debug_loc (DWARF 4 §2.6.2).</summary>
    public Section? Loc => _loc.Value;

    /// <summary>.debug_loclists (DWARF 5 §7.7.3, §7.29).</summary>
    public Section? LocLists => _locLists.Value;
}
