using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Btf;

/// <summary>Damage and what cannot be read: always an <see cref="InvalidImageException"/> that says where, never a hang or a crash.</summary>
public sealed class BtfRefusalTests
{
    private static InvalidImageException Refuses(Action<BtfBuilder> write, string? type = null)
    {
        BtfBuilder builder = new();
        write(builder);
        return Refuses(builder.Build(), type);
    }

    private static InvalidImageException Refuses(byte[] bytes, string? type = null)
    {
        if (type is null)
        {
            return Assert.Throws<InvalidImageException>(() => BtfBuilder.ReaderOf(bytes));
        }

        BtfTypeReader reader = BtfBuilder.ReaderOf(bytes);
        return Assert.Throws<InvalidImageException>(() => reader.FindFirst(TypeName.Parse(type)));
    }

    private static byte[] Small(Action<BtfBuilder, byte[]> damage)
    {
        BtfBuilder builder = new();
        _ = builder.Struct("s", 4, ("i", builder.Int("int", 4), 0));
        byte[] bytes = builder.Build();
        damage(builder, bytes);
        return bytes;
    }

    [Theory]
    [InlineData(new byte[0], "magic")]
    [InlineData(new byte[] { 0x9f }, "magic")]
    [InlineData(new byte[] { 0x7f, 0x45, 0x4c, 0x46 }, "magic")]
    [InlineData(new byte[] { 0x9f, 0xeb, 1, 0, 24, 0, 0, 0 }, "header is cut short")]
    public void Refuses_what_is_not_BTF(byte[] bytes, string problem) => Assert.Contains(problem, Refuses(bytes).Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData(4, 23, "header of 23 bytes")]
    [InlineData(4, uint.MaxValue, "header of")]
    [InlineData(8, 2, "whole 32-bit words")]
    [InlineData(8, uint.MaxValue, "types lie at")]
    [InlineData(12, uint.MaxValue, "types lie at")]
    [InlineData(12, 15, "whole 32-bit words")]
    [InlineData(16, uint.MaxValue, "strings lie at")]
    [InlineData(12, 16, "bytes beside the types and the strings")]
    [InlineData(16, 0, "overlap")]
    [InlineData(20, uint.MaxValue, "strings lie at")]
    [InlineData(20, 0, "has no strings")]
    [InlineData(20, 3, "last string has no end")]
    public void Refuses_a_damaged_header(int at, uint value, string problem)
    {
        InvalidImageException e = Refuses(Small((b, bytes) => b.Write32(bytes, at, value)));

        Assert.Contains(problem, e.Problem, StringComparison.Ordinal);
        Assert.Equal(".BTF", e.Section);
    }

    [Fact]
    public void Refuses_another_version()
    {
        InvalidImageException e = Refuses(Small((_, bytes) => bytes[2] = 2));

        Assert.Equal((2UL, true), (e.Offset!.Value, e.Problem.Contains("version 2", StringComparison.Ordinal)));
    }

    [Fact]
    public void Refuses_every_truncation()
    {
        byte[] whole = Small((_, _) => { });
        for (int length = 0; length < whole.Length; length++)
        {
            _ = Refuses(whole[..length]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(31)]
    [InlineData(127)]
    public void Refuses_an_unknown_kind_by_number_id_and_offset(uint kind)
    {
        InvalidImageException e = Refuses(b =>
        {
            _ = b.Int("int", 4);
            _ = b.Add(kind, null, 0);
        });

        Assert.Contains($"type 2 is of kind {kind}", e.Problem, StringComparison.Ordinal);
        Assert.Equal(24UL + 16, e.Offset);
    }

    [Theory]
    [InlineData(BtfFormat.BTF_KIND_INT, "INT")]
    [InlineData(BtfFormat.BTF_KIND_PTR, "PTR")]
    [InlineData(BtfFormat.BTF_KIND_ARRAY, "ARRAY")]
    [InlineData(BtfFormat.BTF_KIND_STRUCT, "STRUCT")]
    [InlineData(BtfFormat.BTF_KIND_UNION, "UNION")]
    [InlineData(BtfFormat.BTF_KIND_ENUM, "ENUM")]
    [InlineData(BtfFormat.BTF_KIND_FWD, "FWD")]
    [InlineData(BtfFormat.BTF_KIND_TYPEDEF, "TYPEDEF")]
    [InlineData(BtfFormat.BTF_KIND_VOLATILE, "VOLATILE")]
    [InlineData(BtfFormat.BTF_KIND_CONST, "CONST")]
    [InlineData(BtfFormat.BTF_KIND_RESTRICT, "RESTRICT")]
    [InlineData(BtfFormat.BTF_KIND_FUNC, "FUNC")]
    [InlineData(BtfFormat.BTF_KIND_FUNC_PROTO, "FUNC_PROTO")]
    [InlineData(BtfFormat.BTF_KIND_VAR, "VAR")]
    [InlineData(BtfFormat.BTF_KIND_DATASEC, "DATASEC")]
    [InlineData(BtfFormat.BTF_KIND_FLOAT, "FLOAT")]
    [InlineData(BtfFormat.BTF_KIND_DECL_TAG, "DECL_TAG")]
    [InlineData(BtfFormat.BTF_KIND_TYPE_TAG, "TYPE_TAG")]
    [InlineData(BtfFormat.BTF_KIND_ENUM64, "ENUM64")]
    [InlineData(20, "kind 20")]
    public void Refuses_a_name_outside_of_the_strings_of_any_kind_and_calls_the_kind_as_bpftool_does(uint kind, string name)
    {
        BtfBuilder builder = new();
        _ = builder.Add(kind, null, 0);
        byte[] bytes = builder.Build();
        builder.Write32(bytes, 24, 7);

        InvalidImageException e = Refuses(bytes);

        Assert.StartsWith($"type 1 ({name}) has its name at 0x7 of 0x1 bytes of strings", e.Problem, StringComparison.Ordinal);
        Assert.Equal((".BTF", 24UL), (e.Section, e.Offset));
    }

    [Fact]
    public void Refuses_BTF_of_more_than_2_GiB()
    {
        string path = Path.Combine(Path.GetTempPath(), $"layoutcheck-large-{Guid.NewGuid():n}.btf");
        try
        {
            // Sparse: it takes no room.
            using (FileStream file = File.Create(path))
            {
                file.Write(new BtfBuilder().Build());
                file.SetLength(1L << 31);
            }

            InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(path));
            Assert.Equal("is 0x80000000 bytes long; no BTF is larger than 2 GiB", e.Problem);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Refuses_more_members_than_there_are_bytes()
    {
        InvalidImageException e = Refuses(b => b.Add(BtfFormat.BTF_KIND_STRUCT, "s", 4, 0xffffff));

        Assert.Contains("type 1 (STRUCT) is 201326592 bytes long, but only 12 are left", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_record_cut_in_its_head()
    {
        InvalidImageException e = Refuses(b =>
        {
            _ = b.Int("int", 4);
            b.AddWord(0);
        });

        Assert.Contains("end in the middle of type 2", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_split_BTF_by_its_names()
    {
        InvalidImageException e = Refuses(b => b.Add(BtfFormat.BTF_KIND_TYPEDEF, "x", 100000), "x");
        Assert.Contains("refers to type 100000 of 1", e.Problem, StringComparison.Ordinal);
        Assert.Contains("split BTF", e.Problem, StringComparison.Ordinal);

        e = Refuses(Small((b, bytes) => b.Write32(bytes, 24, 5000)));
        Assert.Contains("which needs the BTF of its kernel", e.Problem, StringComparison.Ordinal);

        e = Refuses(Small((_, bytes) => bytes[^9] = (byte)'x'));
        Assert.Contains("nothing refers to the BTF of a kernel", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_member_name_outside_of_the_strings()
    {
        InvalidImageException e = Refuses(b => b.Add(BtfFormat.BTF_KIND_STRUCT, "s", 4, 1, false, 9999, b.Int("int", 4), 0), "s");

        Assert.Contains("0x270f", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_types_made_of_themselves()
    {
        string[] problems =
        [
            Refuses(b => b.Struct("s", 4, ("self", 1, 0)), "s").Problem,
            Refuses(b => { _ = b.Struct("s", 4, ("a", 2, 0)); _ = b.Union("t", 4, ("b", 3, 0)); _ = b.Array(1, 2); }, "s").Problem,
            Refuses(b => { _ = b.Struct("s", 4, ("a", 2, 0)); _ = b.Array(2, 2); }, "s").Problem,
            Refuses(b => { _ = b.Struct("s", 4, ("a", 2, 0)); _ = b.Typedef("t", 3); _ = b.Add(BtfFormat.BTF_KIND_CONST, null, 2); }, "s").Problem,
            Refuses(b => { _ = b.Int("long", 8); _ = b.Struct("s", 4, ("a", 3, 0)); _ = b.Pointer(3); }, "s").Problem,
        ];

        Assert.All(problems, p => Assert.EndsWith("is made of itself", p, StringComparison.Ordinal));
        Assert.Contains("more than 256", Refuses(b => b.Typedef("t", 1), "t").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_nesting_past_the_limit_and_reads_what_is_within_it()
    {
        static void Chain(BtfBuilder b, uint length)
        {
            _ = b.Int("int", 4);
            for (uint i = 1; i < length; i++)
            {
                _ = b.Struct(null, 4, ("m", i, 0));
            }

            _ = b.Struct("s", 4, ("m", length, 0));
        }

        Assert.Contains("nested more than 256 deep", Refuses(b => Chain(b, 100_000), "s").Problem, StringComparison.Ordinal);
        BtfBuilder builder = new();
        Chain(builder, 250);
        Assert.NotNull(builder.Reader().FindFirst(TypeName.Parse("s")));
    }

    [Fact]
    public void Refuses_a_struct_that_unfolds_to_too_many_members()
    {
        InvalidImageException e = Refuses(
            b =>
            {
                uint type = b.Int("char", 1);
                for (int i = 0; i < 60; i++)
                {
                    type = b.Union(null, 4, ("x", type, 0), ("y", type, 0));
                }

                _ = b.Struct("s", 4, ("m", type, 0));
            },
            "s");

        Assert.Contains("the members of a struct or union take more than", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_members_without_a_type()
    {
        Assert.Contains("member 0 of", Refuses(b => b.Struct("s", 4, ("v", 0, 0)), "s").Problem, StringComparison.Ordinal);
        Assert.Contains("member 0 of", Refuses(b => { _ = b.Struct("s", 4, ("v", 2, 0)); _ = b.Add(BtfFormat.BTF_KIND_CONST, null, 0); }, "s").Problem, StringComparison.Ordinal);
        Assert.Contains("member 0 of", Refuses(b => { _ = b.Struct("s", 4, ("v", 2, 0)); _ = b.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, 0); }, "s").Problem, StringComparison.Ordinal);
        Assert.Contains("(VAR)", Refuses(b => { _ = b.Struct("s", 4, ("v", 2, 0)); _ = b.Add(BtfFormat.BTF_KIND_VAR, "x", 0, 0, false, 0); }, "s").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Survives_every_single_byte_changed()
    {
        BtfBuilder builder = new();
        uint word = builder.Int("long unsigned int", 8);
        uint union = builder.Union(null, 8, ("a", builder.Pointer(word), 0), ("b", builder.Array(word, 1), 0));
        _ = builder.Aggregate(BtfFormat.BTF_KIND_STRUCT, "s", 16, true, ("", union, 0), ("c", builder.Typedef("t", word), (5 << 24) | 64));
        byte[] whole = builder.Build();
        for (int at = 0; at < whole.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] bytes = [.. whole];
                bytes[at] ^= (byte)(1 << bit);
                try
                {
                    BtfTypeReader reader = BtfBuilder.ReaderOf(bytes);
                    _ = reader.DefinedNames();
                    _ = reader.FindAll([TypeName.Parse("s"), TypeName.Parse("t")], 1);
                }
                catch (InvalidImageException e)
                {
                    Assert.Equal("test.btf", e.File);
                }
            }
        }
    }
}
