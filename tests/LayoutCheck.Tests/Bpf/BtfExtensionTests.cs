using System.Buffers.Binary;
using LayoutCheck.Core;
using LayoutCheck.Tests.Btf;

namespace LayoutCheck.Tests.Bpf;

/// <summary>A damaged .BTF.ext is refused with the place of the damage, and no count or offset of it is believed.</summary>
public sealed class BtfExtensionTests
{
    // Words of the section that BpfBuilder makes: eight of the header, five of functions, seven of lines, then the relocations.
    private const int Functions = 32;
    private const int Relocations = Functions + 20 + 28;

    [Theory]
    [InlineData(0, 0xeb9eu, "magic number")]
    [InlineData(2, 2u, "version 2 is not the one that we know")]
    [InlineData(4, 8u, "a header of 8 bytes")]
    [InlineData(4, 0xffffffffu, "a header of 4294967295 bytes")]
    [InlineData(8, 0xfffffff0u, "the functions lie at")]
    [InlineData(12, 0x1000u, "the functions lie at")]
    [InlineData(24, 2u, "the CO-RE relocations lie at")]
    [InlineData(28, 0xffffffffu, "the CO-RE relocations lie at")]
    [InlineData(28, 5u, "end in the middle")]
    [InlineData(Relocations, 0u, "have records of 0 bytes")]
    [InlineData(Relocations, 12u, "have records of 12 bytes")]
    [InlineData(Relocations, 18u, "have records of 18 bytes")]
    [InlineData(Relocations + 4, 0xffffffu, "a section whose name")]
    [InlineData(Relocations + 4, 0u, "a section whose name")]
    [InlineData(Relocations + 8, 0u, "0 records")]
    [InlineData(Relocations + 8, 0xffffffffu, "4294967295 records")]
    [InlineData(Relocations + 12, 4u, "an instruction at 0x4")]
    [InlineData(Relocations + 12, 0xfffffff8u, "an instruction at 0xfffffff8")]
    [InlineData(Relocations + 16, 0u, "of type 0 of")]
    [InlineData(Relocations + 16, 0xffffffffu, "of type 4294967295")]
    [InlineData(Relocations + 16, 1u, "leads into")]
    [InlineData(Relocations + 20, 0xffffffu, "is not among the strings")]
    [InlineData(Relocations + 20, 0u, "is not numbers")]
    [InlineData(Relocations + 24, 13u, "of kind 13")]
    [InlineData(Relocations + 24, 0x80000000u, "of kind 2147483648")]
    public void Each_field_is_checked(int at, uint value, string problem)
    {
        BpfBuilder target = Sound();
        target.Damage = bytes =>
        {
            if (at == 0)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
            }
            else if (at == 2)
            {
                bytes[at] = (byte)value;
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
            }

            return bytes;
        };
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => BpfBuilder.Run(target.ToBytes(), Kernel()));
        Assert.Equal(".BTF.ext", e.Section);
        Assert.Contains(problem, e.Problem, StringComparison.Ordinal);
        Assert.NotNull(e.Offset);
    }

    [Theory]
    [InlineData("0:1")]
    [InlineData("0:0:0")]
    [InlineData("-1:0")]
    [InlineData("0:99999999999")]
    [InlineData(":0")]
    [InlineData("0:")]
    [InlineData("x")]
    public void An_access_that_is_none_of_its_type_is_refused(string access)
    {
        BpfBuilder target = new();
        uint item = target.Types.Struct("item", 8, ("only", target.Types.Int("unsigned long", 8), 0));
        target.Ask(item, access, 0, 0);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => BpfBuilder.Run(target.ToBytes(), Kernel()));
        Assert.Equal(".BTF.ext", e.Section);
    }

    [Fact]
    public void It_may_be_cut_anywhere()
    {
        byte[] whole = [];
        BpfBuilder target = Sound();
        target.Damage = bytes => whole = bytes;
        _ = target.ToBytes();
        for (int length = 1; length < whole.Length; length++)
        {
            target = Sound();
            int cut = length;
            target.Damage = bytes => bytes[..cut];
            Assert.Throws<InvalidImageException>(() => BpfBuilder.Run(target.ToBytes(), Kernel()));
        }
    }

    [Fact]
    public void A_sound_one_has_the_function_and_the_line()
    {
        LayoutCheck.Bpf.BpfResult result = Assert.Single(BpfBuilder.Run(Sound().ToBytes(), Kernel()).Relocations);
        Assert.Equal(("prog", "x.c", 7u, BpfBuilder.Section, 0), (result.Function, result.File, result.Line, result.Section, result.Instruction));
        Assert.Equal(8ul, result.Answer.KernelValue);
    }

    private static BpfBuilder Sound()
    {
        BpfBuilder target = new();
        uint word = target.Types.Int("unsigned long", 8);
        target.Ask(target.Types.Struct("item", 8, ("only", word, 0)), "0:0", 0, 0);
        return target;
    }

    private static byte[] Kernel()
    {
        BtfBuilder kernel = new();
        uint word = kernel.Int("long unsigned int", 8);
        kernel.Struct("item", 16, ("before", word, 0), ("only", word, 64));
        return kernel.Build();
    }
}
