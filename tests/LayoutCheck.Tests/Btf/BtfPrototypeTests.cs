using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Btf;

/// <summary>Prototypes of functions and variables in BTF, which calls all functions static.</summary>
public sealed class BtfPrototypeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Equal_ones_of_one_name_are_one_and_different_ones_are_told_apart_by_nothing(bool isBigEndian)
    {
        BtfBuilder builder = new(isBigEndian);
        uint integer = builder.Int("int", 4, BtfFormat.BTF_INT_SIGNED);
        _ = builder.Int("long unsigned int", 8);
        uint page = builder.Pointer(builder.Struct("page", 4, ("flags", integer, 0)));
        uint folio = builder.Pointer(builder.Struct("folio", 4, ("flags", integer, 0)));
        uint takesPage = Prototype("page", page);
        uint takesPageToo = Prototype("p", page);
        uint takesFolio = Prototype("folio", folio);
        _ = builder.Add(BtfFormat.BTF_KIND_FUNC, "same", takesPage);
        _ = builder.Add(BtfFormat.BTF_KIND_FUNC, "same", takesPageToo);
        _ = builder.Add(BtfFormat.BTF_KIND_FUNC, "either", takesPage);
        _ = builder.Add(BtfFormat.BTF_KIND_FUNC, "either", takesFolio);
        _ = builder.Add(BtfFormat.BTF_KIND_VAR, "current_folio", folio, 0, false, 1);
        using WorkerPool pool = new(1);
        PrototypeSet found = builder.Reader().FindPrototypes(["either", "current_folio", "same", "page"], pool);
        Assert.Equal(["current_folio: struct folio *", "same: int (struct page *)"], found.Found.Select(p => $"{p.Symbol}: {p.Graph.Declare(p.Type)}"));
        Assert.Equal(["struct page"], found.Found[1].Uses().Select(u => u.Type.ToString()));
        (string symbol, InvalidImageException problem) = Assert.Single(found.Unread);
        Assert.Equal("either", symbol);
        Assert.Contains("2 functions or variables are named either, their types differ, and BTF does not tell which of them is exported; use DWARF", problem.Message, StringComparison.Ordinal);
        // A type is no symbol.
        Assert.Equal(["page"], found.Missing);

        uint Prototype(string parameter, uint type) => builder.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, integer, 1, false, builder.StringOffset(parameter), type);
    }

    [Fact]
    public void A_function_whose_type_is_none_is_refused()
    {
        BtfBuilder builder = new(false);
        uint integer = builder.Int("long unsigned int", 8);
        _ = builder.Add(BtfFormat.BTF_KIND_FUNC, "f", integer);
        using WorkerPool pool = new(1);
        Assert.Contains("is no function: its type is INT", Assert.Throws<InvalidImageException>(() => builder.Reader().FindPrototypes(["f"], pool)).Message, StringComparison.Ordinal);
    }
}
