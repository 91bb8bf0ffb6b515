using LayoutCheck.Compare;
using LayoutCheck.Core;

namespace LayoutCheck.Tests.Compare;

/// <summary>Lists of exported symbols, in the forms of Kbuild, Android and Red Hat.</summary>
public sealed class SymbolListTests
{
    [Fact]
    public void A_Module_symvers_has_one_symbol_a_line_and_who_exports_it()
    {
        SymbolList list = SymbolList.ParseSymvers("s", "# made by hand\n0x12345678\tvfs_read\tvmlinux\tEXPORT_SYMBOL_GPL\t\r\n\n0x00000000\tnd_thing\tdrivers/nvdimm/libnvdimm\tEXPORT_SYMBOL\tNS\n0x1\tvfs_read\tvmlinux\tEXPORT_SYMBOL\n");
        Assert.Equal([new ExportedSymbol("vfs_read", null), new ExportedSymbol("nd_thing", "drivers/nvdimm/libnvdimm")], list.Symbols);
    }

    [Theory]
    [InlineData("[abi_symbol_list]\n  vfs_read\n  kmalloc # often\n\n# required by a driver\n  vfs_read\n", "vfs_read, kmalloc")]
    [InlineData("[rhel9_x86_64_stablelist]\n\t__kmalloc\n\t_printk", "__kmalloc, _printk")]
    [InlineData("a\r\nb.constprop.0\r\n", "a, b.constprop.0")]
    public void A_list_has_one_symbol_a_line_between_headers_blanks_and_comments(string text, string expected)
        => Assert.Equal(expected, string.Join(", ", SymbolList.ParseList("l", text).Symbols.Select(s => s.Name)));

    [Theory]
    [InlineData("vfs_read\n", "f:1: it is no line of Module.symvers: a checksum, a symbol, a module and EXPORT_SYMBOL, with tabs between; a list of symbols alone is for --symbols")]
    [InlineData("0x1\ta\tvmlinux\tEXPORT_SYMBOL\n\n12\tb\tvmlinux\tEXPORT_SYMBOL", "f:3: it is no line of Module.symvers: a checksum, a symbol, a module and EXPORT_SYMBOL, with tabs between")]
    [InlineData("0x1\ta b\tvmlinux\tEXPORT_SYMBOL", "f:1: 'a b' is no name of a symbol")]
    [InlineData("0x1\t\tvmlinux\tEXPORT_SYMBOL", "f:1: '' is no name of a symbol")]
    [InlineData("0x\ta\tvmlinux\tEXPORT_SYMBOL", "f:1: it is no line of Module.symvers: a checksum, a symbol, a module and EXPORT_SYMBOL, with tabs between")]
    [InlineData("\n", "f lists no symbol")]
    public void A_wrong_line_of_a_Module_symvers_is_named(string text, string expected)
        => Assert.Equal(expected, Assert.Throws<UsageException>(() => SymbolList.ParseSymvers("f", text)).Message);

    [Theory]
    [InlineData("a\nb c\n", "f:2: one symbol is expected, and there are several words")]
    [InlineData("0x1\ta\tvmlinux\tEXPORT_SYMBOL", "f:1: one symbol is expected, and there are several words; a Module.symvers is for --symvers")]
    [InlineData("a\n\u001b[31m", "f:2: '\\u{1b}[31m' is no name of a symbol")]
    [InlineData("# nothing\n[header]\n", "f lists no symbol")]
    public void A_wrong_line_of_a_list_is_named(string text, string expected)
        => Assert.Equal(expected, Assert.Throws<UsageException>(() => SymbolList.ParseList("f", text)).Message);

    [Fact]
    public void A_name_or_a_list_without_end_is_refused()
    {
        Assert.Contains("is no name of a symbol", Assert.Throws<UsageException>(() => SymbolList.ParseList("f", new string('a', 513))).Message, StringComparison.Ordinal);
        string many = string.Join('\n', Enumerable.Range(0, (1 << 18) + 1).Select(i => $"s{i}"));
        Assert.Equal("f:262145: more than 262144 symbols, which no kernel exports", Assert.Throws<UsageException>(() => SymbolList.ParseList("f", many)).Message);
    }

    [Fact]
    public void Several_lists_are_one_with_each_symbol_once()
        => Assert.Equal(["a", "b", "c"], SymbolList.Join([SymbolList.ParseList("f", "a\nb"), SymbolList.ParseList("g", "b\nc")]).Symbols.Select(s => s.Name));
}
