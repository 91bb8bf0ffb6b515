using System.Diagnostics;
using LayoutCheck.Code;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Hostile;

/// <summary>Code, location lists and ranges that are made to cost more than they are worth, or lead nowhere. Each test is named for what is wrong.</summary>
public sealed class HostileCodeTests
{
    private const int Megabyte = 1 << 20;

    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_location_list_that_never_ends()
    {
        byte[] list = [.. Enumerable.Repeat(new byte[] { 9, 0, 0 }, 2 * Megabyte).SelectMany(b => b)];

        Assert.Contains("the data ends in the middle of a value", Refusal(OfLocations(list)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_ranges_that_never_ends()
    {
        byte[] list = [.. Enumerable.Repeat(new byte[] { 4, 0, 1 }, 2 * Megabyte).SelectMany(b => b)];
        InlineImage image = new()
        {
            Scope = [At.Offset(DwAt.DW_AT_ranges, DwForm.DW_FORM_sec_offset, 0)],
            Sections = [(".debug_rnglists", list)],
        };

        Assert.Contains("the data ends in the middle of a value", Refusal(image), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_calls_with_one_long_location_list()
    {
        byte[] list = [.. Enumerable.Repeat(new byte[] { 4, 0, 1, 1, 0x50 }, 200_000).SelectMany(b => b), 0];

        Assert.Contains("the same ones again and again", Refusal(OfLocations(list, calls: 100)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_location_list_outside_of_its_section()
        => Assert.Contains("outside of the section", Refusal(new InlineImage
        {
            Location = At.Offset(DwAt.DW_AT_location, DwForm.DW_FORM_sec_offset, 0x1000),
            Sections = [(".debug_loclists", [0])],
        }), StringComparison.Ordinal);

    [Fact]
    public void A_location_list_in_a_file_without_its_section()
        => Assert.Contains(".debug_loclists", Refusal(new InlineImage { Location = At.Offset(DwAt.DW_AT_location, DwForm.DW_FORM_sec_offset, 0) }), StringComparison.Ordinal);

    [Fact]
    public void An_address_by_index_without_a_table()
        => Assert.Contains("no DW_AT_addr_base", Refusal(new InlineImage { Root = [At.Udata(DwAt.DW_AT_low_pc, 1) with { Form = DwForm.DW_FORM_addrx }] }), StringComparison.Ordinal);

    [Fact]
    public void A_function_outside_of_the_code()
    {
        At[] far = [InlineImage.Address(DwAt.DW_AT_low_pc, 0x1000), At.Udata(DwAt.DW_AT_high_pc, 0x10)];
        CodeEvidence code = new InlineImage { Root = [], Function = far, Scope = far }.Ask();

        Assert.Equal(ExitCode.Undecided, code.ExitCode);
        Assert.Contains("1 function does not lie in the image's code", code.Notes);
    }

    [Fact]
    public void A_function_that_ends_behind_the_last_address()
    {
        At[] huge = [InlineImage.Address(DwAt.DW_AT_low_pc, 0x10), At.Udata(DwAt.DW_AT_high_pc, ulong.MaxValue - 0x20)];
        CodeEvidence code = new InlineImage { Function = huge, Scope = huge }.Ask();

        Assert.Equal(ExitCode.Undecided, code.ExitCode);
        Assert.Contains("1 function does not lie in the image's code", code.Notes);
    }

    [Theory]
    [InlineData(3 * Megabyte)] // decoded up to the first instruction that is too long
    [InlineData(8 * Megabyte)] // not decoded
    public void A_function_of_prefixes(int size)
    {
        byte[] code = new byte[size];
        Array.Fill(code, (byte)0x66);
        At[] all = [InlineImage.Address(DwAt.DW_AT_low_pc, 0x10), At.Udata(DwAt.DW_AT_high_pc, (ulong)size - 0x10)];
        CodeEvidence evidence = Timed(new InlineImage { Code = code, Function = all, Scope = all });

        Assert.Equal(ExitCode.Undecided, evidence.ExitCode);
        Assert.Contains(evidence.Notes, n => n.StartsWith("1 function is not decoded to the end", StringComparison.Ordinal));
    }

    [Fact]
    public void A_thousand_calls_in_a_long_function_of_accesses()
    {
        byte[] code = [.. Enumerable.Repeat(new byte[] { 0x48, 0x8b, 0x47, 0x08 }, Megabyte / 2).SelectMany(b => b)];
        At[] all = [InlineImage.Address(DwAt.DW_AT_low_pc, 0x10), At.Udata(DwAt.DW_AT_high_pc, (ulong)code.Length - 0x10)];
        CodeEvidence evidence = Timed(new InlineImage { Code = code, Function = all, Scope = all, Calls = 1000 });

        Assert.Contains(evidence.Notes, n => n.StartsWith("the scan was given up", StringComparison.Ordinal));
    }

    [Fact]
    public void Blocks_nested_5000_deep()
        => Assert.Contains("nested more than 4096 deep", Refusal(new InlineImage { Blocks = 5000 }), StringComparison.Ordinal);

    private static InlineImage OfLocations(byte[] list, int calls = 1) => new()
    {
        Calls = calls,
        Location = At.Offset(DwAt.DW_AT_location, DwForm.DW_FORM_sec_offset, 0),
        Sections = [(".debug_loclists", list)],
    };

    private static string Refusal(InlineImage image) => Assert.Throws<InvalidImageException>(() => Timed(image)).Message;

    private static CodeEvidence Timed(InlineImage image)
    {
        Stopwatch time = Stopwatch.StartNew();
        try
        {
            return image.Ask();
        }
        finally
        {
            Assert.True(time.Elapsed < s_mostTime, $"took {time.Elapsed}");
        }
    }
}
