using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Dwarf.Inlines;

/// <summary>Each kind of entry of range lists and location lists: all lists are of the middle one of three instructions.</summary>
public sealed class InlineListTests
{
    private static readonly byte[] s_register = [1, DwOp.DW_OP_reg0 + 5];
    private static readonly byte[] s_addresses = [.. Word(0x14), .. Word(0x10), .. Word(0x18)];

    // .debug_addr: a header, then the addresses 0x14, 0x10, 0x18.
    private static readonly (string, byte[]) s_addr = (".debug_addr", [28, 0, 0, 0, 5, 0, 8, 0, .. s_addresses]);
    private static readonly At s_addrBase = At.Offset(DwAt.DW_AT_addr_base, DwForm.DW_FORM_sec_offset, 8);
    private static readonly At s_lowPc = InlineImage.Address(DwAt.DW_AT_low_pc, InlineImage.Start);

    private static byte[] Word(ulong value) => BitConverter.GetBytes(value);

    // The kind and its operands.
    public static TheoryData<string, byte[]> Entries() => new()
    {
        { "offset_pair", [4, 4, 8] },
        { "base_address, offset_pair", [5, .. Word(0x8), 4, 0xc, 0x10] },
        { "base_addressx, offset_pair", [1, 1, 4, 4, 8] },
        { "startx_endx", [2, 0, 2] },
        { "startx_length", [3, 0, 4] },
    };

    [Theory]
    [MemberData(nameof(Entries))]
    public void Range_lists(string kind, byte[] entry)
    {
        Assert.NotEmpty(kind);
        Assert.Equal([0x14UL], OfRanges(entry).Addresses());
        // By index: the table has one offset, that of the list from the start of the table.
        Assert.Equal([0x14UL], OfRanges(entry, isIndexed: true).Addresses());
    }

    [Theory]
    [InlineData(6, 0x18)] // start_end
    [InlineData(7, 4)] // start_length
    public void Range_lists_with_addresses_in_place(byte kind, ulong second)
        => Assert.Equal([0x14UL], OfRanges([kind, .. Word(0x14), .. kind == 6 ? Word(second) : [(byte)second]]).Addresses());

    [Theory]
    [MemberData(nameof(Entries))]
    public void Location_lists(string kind, byte[] entry)
    {
        Assert.NotEmpty(kind);
        // base_address has another number here.
        byte[] located = entry[0] == 5 ? [6, .. entry[1..]] : entry;
        Assert.Equal([0x14UL], OfLocations([.. located, .. s_register]).Addresses());
        Assert.Equal([0x14UL], OfLocations([.. located, .. s_register], isIndexed: true).Addresses());
    }

    [Theory]
    [InlineData(7, 0x18)] // start_end
    [InlineData(8, 4)] // start_length
    public void Location_lists_with_addresses_in_place(byte kind, ulong second)
        => Assert.Equal([0x14UL], OfLocations([9, 0, 0, kind, .. Word(0x14), .. kind == 7 ? Word(second) : [(byte)second], .. s_register]).Addresses());

    [Fact]
    public void A_default_location_is_that_of_the_whole_scope()
        => Assert.Equal([0x10UL, 0x14UL, 0x18UL], OfLocations([5, .. s_register]).Addresses());

    [Theory]
    [InlineData(new byte[] { 2, DwOp.DW_OP_regx, 5 }, true)]
    [InlineData(new byte[] { 1, DwOp.DW_OP_reg0 + 4 }, false)] // another register
    [InlineData(new byte[] { 2, 0x75, 0 }, false)] // DW_OP_breg5 0: in memory
    [InlineData(new byte[] { 3, 0x75, 0, 0x9f }, false)] // computed: DW_OP_stack_value
    [InlineData(new byte[] { 3, 0x55, 0x93, 8 }, false)] // a piece of it
    [InlineData(new byte[] { 0 }, false)] // optimised away
    [InlineData(new byte[] { 4, DwOp.DW_OP_regx, 0x85, 0x80, 0 }, true)] // a padded number
    [InlineData(new byte[] { 4, DwOp.DW_OP_regx, 0x85, 0x80, 0x7f }, false)] // no such register
    public void Only_a_register_by_itself_counts(byte[] expression, bool counts)
    {
        Assert.Equal(counts ? [0x14UL] : [], OfLocations([4, 4, 8, .. expression]).Addresses());
        Assert.Equal(counts ? [0x10UL, 0x14UL, 0x18UL] : [], new InlineImage { Location = At.Raw(DwAt.DW_AT_location, DwForm.DW_FORM_exprloc, expression) }.Addresses());
    }

    [Theory]
    [InlineData(0x4UL, 0x8UL, false)]
    [InlineData(0xcUL, 0x10UL, true)] // from a new base, 8
    public void Lists_of_version_4(ulong from, ulong to, bool hasBase)
    {
        byte[] start = hasBase ? [.. Word(ulong.MaxValue), .. Word(8)] : [];
        byte[] ranges = [.. start, .. Word(from), .. Word(to), .. new byte[16]];
        byte[] locations = [.. start, .. Word(from), .. Word(to), 1, 0, DwOp.DW_OP_reg0 + 5, .. new byte[16]];
        Assert.Equal([0x14UL], new InlineImage
        {
            Version = 4,
            Scope = [At.Offset(DwAt.DW_AT_ranges, DwForm.DW_FORM_sec_offset, 0)],
            Sections = [(".debug_ranges", ranges)],
        }.Addresses());
        Assert.Equal([0x14UL], new InlineImage
        {
            Version = 4,
            Location = At.Offset(DwAt.DW_AT_location, DwForm.DW_FORM_sec_offset, 0),
            Sections = [(".debug_loc", locations)],
        }.Addresses());
    }

    [Fact]
    public void A_function_by_index_of_its_address_and_with_an_end_as_address()
        => Assert.Equal([0x10UL, 0x14UL, 0x18UL], new InlineImage
        {
            Root = [s_lowPc, s_addrBase],
            Function = [At.Udata(DwAt.DW_AT_low_pc, 1) with { Form = DwForm.DW_FORM_addrx }, InlineImage.Address(DwAt.DW_AT_high_pc, InlineImage.End)],
            Sections = [s_addr],
        }.Addresses());

    [Theory]
    [InlineData("rnglists")]
    [InlineData("loclists")]
    public void An_entry_of_an_unknown_kind_is_refused(string lists)
    {
        InlineImage image = lists == "rnglists" ? OfRanges([0x20]) : OfLocations([0x20]);
        Assert.Contains("unknown kind 0x20", Assert.Throws<InvalidImageException>(image.Ask).Message, StringComparison.Ordinal);
    }

    private static InlineImage OfRanges(byte[] entry, bool isIndexed = false) => new()
    {
        Root = [s_lowPc, s_addrBase, At.Offset(DwAt.DW_AT_rnglists_base, DwForm.DW_FORM_sec_offset, 12)],
        Scope = [isIndexed ? At.Udata(DwAt.DW_AT_ranges, 0) with { Form = DwForm.DW_FORM_rnglistx } : At.Offset(DwAt.DW_AT_ranges, DwForm.DW_FORM_sec_offset, 16)],
        Sections = [s_addr, (".debug_rnglists", Table(entry))],
    };

    private static InlineImage OfLocations(byte[] entry, bool isIndexed = false) => new()
    {
        Root = [s_lowPc, s_addrBase, At.Offset(DwAt.DW_AT_loclists_base, DwForm.DW_FORM_sec_offset, 12)],
        Location = isIndexed ? At.Udata(DwAt.DW_AT_location, 0) with { Form = DwForm.DW_FORM_loclistx } : At.Offset(DwAt.DW_AT_location, DwForm.DW_FORM_sec_offset, 16),
        Sections = [s_addr, (".debug_loclists", Table(entry))],
    };

    // The header of a table of one offset, the offset, the list, and its end.
    private static byte[] Table(byte[] entry) => [(byte)(13 + entry.Length), 0, 0, 0, 5, 0, 8, 0, 1, 0, 0, 0, 4, 0, 0, 0, .. entry, 0];
}
