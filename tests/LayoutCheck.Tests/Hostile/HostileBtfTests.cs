using LayoutCheck.Btf;
using LayoutCheck.Tests.Btf;

namespace LayoutCheck.Tests.Hostile;

/// <summary>BTF that is made to cost more than it is worth. Each test is named for what is wrong.</summary>
public sealed class HostileBtfTests
{
    [Fact]
    public void A_function_pointer_whose_spelling_doubles_at_each_level()
    {
        BtfBuilder btf = new();
        uint type = btf.Int("long", 8);
        for (int i = 0; i < 60; i++)
        {
            type = btf.Pointer(btf.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, 0, 2, false, 0, type, 0, type));
        }

        btf.Struct("s", 8, ("m", type, 0));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("characters to spell", StringComparison.Ordinal));
    }

    [Fact]
    public void Structs_nested_by_value_100000_deep()
    {
        BtfBuilder btf = new();
        uint type = btf.Int("long", 8);
        for (int i = 0; i < 100_000; i++)
        {
            type = btf.Struct(null, 8, ("m", type, 0));
        }

        btf.Struct("s", 8, ("m", type, 0));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("deep", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(512)]
    public void A_long_name_of(int length)
    {
        BtfBuilder btf = new();
        uint number = btf.Int("long", 8);
        btf.Struct("s", 8, (Bounds.Long(length), number, 0));

        Assert.NotEmpty(Bounds.Try(btf.Build()));
    }

    [Fact]
    public void Thousands_of_structs_named_by_the_tails_of_one_long_string()
    {
        BtfBuilder btf = new();
        btf.Int("long", 8);
        uint text = btf.StringOffset(Bounds.Long(60_000));
        for (uint i = 0; i < 30_000; i++)
        {
            // struct btf_type: name_off, info, size; the builder's own way would add a string each.
            btf.AddWord(text + i);
            btf.AddWord(BtfFormat.BTF_KIND_STRUCT << 24);
            btf.AddWord(4);
        }

        Assert.NotEmpty(Bounds.Try(btf.Build()));
    }

    [Fact]
    public void A_few_structs_that_unfold_to_paths_without_end()
    {
        BtfBuilder btf = new();
        uint type = btf.Int("long", 8);
        for (int i = 0; i < 16; i++)
        {
            type = btf.Union(null, 8, ("a" + Bounds.Long(500), type, 0), ("b" + Bounds.Long(500), type, 0));
        }

        btf.Struct("s", 8, ("m", type, 0));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("characters to name", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_that_a_terminal_would_obey()
    {
        const string Bad = "\u001b[31mx\u202e\u0007\u009b\u2028\u200b\r";
        BtfBuilder btf = new();
        uint number = btf.Int("long", 8);
        uint typedef = btf.Typedef(Bad, number);
        uint function = btf.Pointer(btf.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, typedef, 1, false, 0, typedef));
        uint inner = btf.Struct(Bad, 8, (Bad, function, 0));
        btf.Struct("s", 24, (Bad + "a", function, 0), (Bad + "b", inner, 64), (Bad + "c", btf.Pointer(inner), 128));

        Assert.Empty(Bounds.Try(btf.Build()));
    }
}
