using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>
/// Where the addresses and lists of one unit are: its tables in .debug_addr, .debug_rnglists and .debug_loclists, and its base address (DWARF 5 §3.1.1). The code
/// of a split unit, its addresses and its DWARF 4 ranges are in the image, by its skeleton.
/// </summary>
internal sealed class UnitCode
{
    private readonly ListWindows _windows;
    private readonly Section _info;
    private readonly ulong? _addrBase;
    private readonly ulong _rangesBase;
    private readonly ulong? _locationsBase;

    private UnitCode(ListWindows windows, Section info, DwarfSections file, in UnitHeader unit, DwarfSections home, in CodeAttributes own, in CodeAttributes skeleton)
    {
        _windows = windows;
        _info = info;
        File = file;
        Unit = unit;
        Home = home;
        _addrBase = (own.AddrBase.IsPresent ? own : skeleton).AddrBase is { IsOffset: true } table ? table.Value : null;
        // GNU's base is added to every offset of a split unit in DWARF 4.
        _rangesBase = unit.Version >= 5 ? own.RangesBase is { IsOffset: true } ranges ? ranges.Value : ImpliedBase
            : skeleton.RangesBase is { IsOffset: true } gnu ? gnu.Value : 0;
        _locationsBase = own.LocationsBase is { IsOffset: true } locations ? locations.Value : ImpliedBase;
        RawValue lowPc = own.LowPc.IsPresent ? own.LowPc : skeleton.LowPc;
        Base = lowPc.IsPresent ? Address(lowPc) ?? 0 : 0;
    }

    /// <summary>The file of the unit.</summary>
    public DwarfSections File { get; }

    /// <summary>The unit.</summary>
    public UnitHeader Unit { get; }

    /// <summary>The file with the addresses: the image of a split unit.</summary>
    public DwarfSections Home { get; }

    /// <summary>The base address of the unit's lists.</summary>
    public ulong Base { get; }

    private ListContext Lists => new(_windows, Base, Unit.AddressSize, AddressAt);

    // A split unit has the first table of its file, behind a header of 12 or 20 bytes (DWARF 5 §7.28, §7.29).
    private ulong ImpliedBase => Unit.Is64Bit ? 20u : 12u;

    /// <summary>Opens a unit.</summary>
    /// <param name="unit">The unit, which the scanner is open on.</param>
    /// <param name="windows">The windows of the thread.</param>
    /// <exception cref="InvalidImageException">Its root DIE is damaged, or refers to addresses that are not there.</exception>
    public static UnitCode Of(in CUnit unit, ListWindows windows)
    {
        CodeAttributes own = Root(unit.Scanner.Info, unit.Scanner.Abbrevs, unit.Header);
        if (unit.File.SkeletonOf(unit.Header) is not var (image, skeleton))
        {
            return new UnitCode(windows, unit.Scanner.Info, unit.File, unit.Header, unit.File, own, default);
        }

        AbbrevTable abbrevs = new(image.Abbrev);
        abbrevs.Load(skeleton);
        return new UnitCode(windows, unit.Scanner.Info, unit.File, unit.Header, image, own, Root(image.Info, abbrevs, skeleton));
    }

    private static CodeAttributes Root(Section info, AbbrevTable abbrevs, in UnitHeader unit)
    {
        SectionReader reader = info.ReadRange(unit.FirstDie, unit.End);
        ulong code = reader.ReadUleb();
        return code == 0 ? default : CodeAttributes.Read(ref reader, abbrevs.Get(code, info, unit.FirstDie), unit, info);
    }

    /// <summary>An address; null if the value is none.</summary>
    /// <exception cref="InvalidImageException">It is an index outside of the table.</exception>
    public ulong? Address(RawValue value) => value.Form == DwForm.DW_FORM_addr ? value.Value : value.IsAddressIndex ? AddressAt(value.Value) : null;

    /// <summary>An address by its index (DWARF 5 §7.27).</summary>
    /// <exception cref="InvalidImageException">There is no table, or the index lies outside of it.</exception>
    public ulong AddressAt(ulong index)
    {
        if (_addrBase is not { } start)
        {
            throw _info.Invalid(Unit.Offset, "an address is given by index, and the unit has no DW_AT_addr_base");
        }

        Section table = Home.Require(Home.Lists.Addr, ".debug_addr");
        UInt128 at = start + ((UInt128)index * Unit.AddressSize);
        return at + Unit.AddressSize <= table.Length
            ? _windows.Read(table, (ulong)at, Unit.AddressSize).ReadUnsigned(Unit.AddressSize)
            : throw table.Invalid(start, $"address {index} lies outside of the section (0x{table.Length:x} bytes)");
    }

    /// <summary>Adds the ranges of code of a DIE.</summary>
    /// <exception cref="InvalidImageException">A list is damaged.</exception>
    public void AddRanges(in CodeAttributes die, List<CodeRange> ranges)
    {
        if (die.Ranges.IsPresent)
        {
            AddRangeList(die.Ranges, ranges);
        }
        else if (Address(die.LowPc) is { } low && die.HighPc.IsPresent)
        {
            // As a number, it is the length (DWARF 4 §2.17.2).
            ulong high = Address(die.HighPc) ?? low + (die.HighPc.Constant ?? 0);
            CodeRange.Add(ranges, low, high);
        }
    }

    private void AddRangeList(RawValue value, List<CodeRange> ranges)
    {
        bool isIndex = value.Form == DwForm.DW_FORM_rnglistx;
        if (!isIndex && !value.IsOffset)
        {
            throw _info.Invalid(Unit.Offset, $"DW_AT_ranges has {value.Form}, which is not a list");
        }

        if (Unit.Version < 5)
        {
            RangeLists.ReadPairs(Lists, Home.Require(Home.Lists.Ranges, ".debug_ranges"), value.Value + _rangesBase, ranges);
            return;
        }

        Section lists = File.Require(File.Lists.RngLists, ".debug_rnglists");
        RangeLists.Read(Lists, lists, isIndex ? Entry(lists, _rangesBase, value.Value) : value.Value, ranges);
    }

    /// <summary>Adds where a register holds the value of a DIE, within ranges.</summary>
    /// <param name="location">DW_AT_location.</param>
    /// <param name="within">The ranges of the scope.</param>
    /// <param name="found">The ranges with their registers.</param>
    /// <exception cref="InvalidImageException">A list is damaged.</exception>
    public void AddRegisters(RawValue location, List<CodeRange> within, List<(CodeRange Range, int Register)> found)
    {
        if (location.IsBlock)
        {
            if (LocationLists.RegisterOf(_info.ReadRange(location.Value, location.Value + location.Length)) is { } register)
            {
                found.AddRange(within.Select(range => (range, register)));
            }

            return;
        }

        LocationLists lists = new(Lists, within, found);
        if (location.Form == DwForm.DW_FORM_loclistx)
        {
            Section indexed = File.Require(File.Lists.LocLists, ".debug_loclists");
            lists.Read(indexed, Entry(indexed, _locationsBase ?? 0, location.Value));
        }
        else if (location.IsOffset && Unit.Version >= 5)
        {
            lists.Read(File.Require(File.Lists.LocLists, ".debug_loclists"), location.Value);
        }
        else if (location.IsOffset)
        {
            Section pairs = File.Require(File.Lists.Loc, ".debug_loc");
            if (File.IsSplit)
            {
                lists.Read(pairs, location.Value, isGnuSplit: true);
            }
            else
            {
                lists.ReadPairs(pairs, location.Value);
            }
        }
    }

    // The offset of a list by its index: the table has offsets from its own start (DWARF 5 §7.28).
    private ulong Entry(Section lists, ulong table, ulong index)
    {
        UInt128 at = table + ((UInt128)index * (uint)Unit.OffsetSize);
        return at + (uint)Unit.OffsetSize <= lists.Length
            ? table + _windows.Read(lists, (ulong)at, (ulong)Unit.OffsetSize).ReadUnsigned(Unit.OffsetSize)
            : throw lists.Invalid(table, $"list {index} of the unit at 0x{Unit.Offset:x} of .debug_info lies outside of the section (0x{lists.Length:x} bytes)");
    }
}
