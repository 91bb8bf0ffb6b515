using LayoutCheck.Core;
using LayoutCheck.Images;
using LayoutCheck.IO;
using LayoutCheck.Machine;
using LayoutCheck.Tests.Support;
using LayoutCheck.VmCoreInfo;

namespace LayoutCheck.Tests.VmCoreInfo;

/// <summary>What a kernel will export, read from code that was written by hand.</summary>
public sealed class VmCoreInfoReaderTests
{
    private const string Lru = "OFFSET(page.lru)=%lu\n";
    private const string Page = "SIZE(page)=%lu\n";

    public static TheoryData<string> Machines => [nameof(MachineKind.X64), nameof(MachineKind.Arm64)];

    [Theory]
    [MemberData(nameof(Machines))]
    public void Every_line_is_read_with_its_number_and_the_place_of_both(string name)
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(Enum.Parse<MachineKind>(name));
        ulong instruction = kernel.Here;
        _ = kernel.Lines((Lru, 8), (Page, 64), ("LENGTH(zone.free_area)=%ld\n", 11), ("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=%ld\n", -129));
        ExportedNote note = Read(kernel)!;
        Assert.Equal(
            ["OSRELEASE=7.3.0-test", "OFFSET(page.lru)=8", "SIZE(page)=64", "LENGTH(zone.free_area)=11", "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129"], note.Lines.Select(l => l.Text));
        Assert.Equal([null, 8L, 64, 11, -129], note.Lines.Select(l => l.Value));
        Assert.All(note.Lines, line => Assert.Null(line.Unknown));
        Assert.Equal(instruction, note.Lines[1].Instruction);
        Assert.Equal(kernel.Text(Lru), note.Lines[1].TextAddress);
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void Formats_that_take_names_are_filled_in(string name)
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(Enum.Parse<MachineKind>(name));
        _ = kernel.Set(3, 24).SetAddress(2, kernel.Text("mapping")).SetAddress(1, kernel.Text("page")).SetAddress(0, kernel.Text("OFFSET(%s.%s)=%lu\n")).Call(kernel.Append);
        Assert.Equal("OFFSET(page.mapping)=24", Read(kernel)!.Lines[1].Text);
        Assert.Equal(("page.mapping", 24), (Read(kernel)!.Lines[1].Name, Read(kernel)!.Lines[1].Value));
    }

    [Fact]
    public void An_Image_is_read_as_an_ELF_file_is()
    {
        KernelCodeBuilder kernel = new KernelCodeBuilder(MachineKind.Arm64) { IsImage = true }.Begin().Lines((Lru, 8));
        Assert.Equal("OFFSET(page.lru)=8", Read(kernel)!.Lines[1].Text);
        Assert.True(Read(kernel)!.Lines[1].Instruction < 0x10000);
    }

    [Fact]
    public void Code_elsewhere_than_in_init_text_is_found_behind_other_code()
    {
        KernelCodeBuilder kernel = new(MachineKind.X64) { CodeSection = ".text" };
        for (int i = 0; i < 2000; i++)
        {
            // nopl 0(%rax,%rax); mov 8(%rdi), %rax; push %rbx
            _ = kernel.Raw(0x0f, 0x1f, 0x44, 0x00, 0x00, 0x48, 0x8b, 0x47, 0x08, 0x53);
        }

        _ = kernel.Begin().Lines((Lru, 8));
        Assert.Equal("OFFSET(page.lru)=8", Read(kernel)!.Lines[1].Text);
    }

    [Fact]
    public void An_address_that_is_moved_and_a_zero_by_xor_are_followed()
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.X64);
        // xor %esi, %esi; or $-1, %rsi
        _ = kernel.Raw(0x31, 0xf6).SetAddress(0, kernel.Text("OFFSET(page.flags)=%lu\n"), isAbsolute: true).Call(kernel.Append)
            .Raw(0x48, 0x83, 0xce, 0xff).SetAddress(0, kernel.Text("NUMBER(x)=%ld\n")).Call(kernel.Append);
        Assert.Equal(["OFFSET(page.flags)=0", "NUMBER(x)=-1"], Read(kernel)!.Lines.Skip(1).Select(l => l.Text));
    }

    [Fact]
    public void A_register_that_is_kept_for_several_calls_holds()
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.Arm64);
        // x19 holds the text over a branch that both ways leave it alone: mov x0, x19
        _ = kernel.SetAddress(19, kernel.Text(Lru)).Word(0xb4000042).Word(0xd503201f).Set(1, 8).Word(0xaa1303e0).Call(kernel.Append).Set(1, 8).Word(0xaa1303e0).Call(kernel.Append);
        ExportedLine[] lines = [.. Read(kernel)!.Lines.Skip(1)];
        Assert.Equal(["OFFSET(page.lru)=8", "OFFSET(page.lru)=8"], lines.Select(l => l.Text));
        Assert.DoesNotContain(lines, l => l.IsContradicted);
    }

    public static TheoryData<string, byte[], string> Uncertain => new()
    {
        // mov 8(%rax), %rsi
        { "a load", [0x48, 0x8b, 0x70, 0x08], "loaded from memory" },
        // mov $8, %esi; shl %cl, %rsi
        { "a sum", [0xbe, 8, 0, 0, 0, 0x48, 0xd3, 0xe6], "computed" },
        // mov $8, %esi; mov $9, %sil
        { "a part", [0xbe, 8, 0, 0, 0, 0x40, 0xb6, 9], "computed" },
        // mov $8, %esi; test %eax, %eax; je +5; mov $16, %esi
        { "a branch", [0xbe, 8, 0, 0, 0, 0x85, 0xc0, 0x74, 5, 0xbe, 16, 0, 0, 0], "depends on a branch" },
        // mov $8, %esi; jmp +5; mov $16, %esi; and a jump to it from behind would be a table's
        { "nothing", [], "what a call left behind" },
        // mov $8, %esi; call +0
        { "a call between", [0xbe, 8, 0, 0, 0, 0xe8, 0, 0, 0, 0], "what a call left behind" },
        // jmp *%rax: the code behind it is reached from a table, with unknown registers
        { "a way in that is not seen", [0xbe, 8, 0, 0, 0, 0xff, 0xe0], "no instruction before the call sets it" },
    };

    [Theory]
    [MemberData(nameof(Uncertain))]
    public void A_number_that_is_not_certain_is_not_known(string what, byte[] code, string reason)
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.X64);
        _ = kernel.Raw(code).SetAddress(0, kernel.Text(Lru)).Call(kernel.Append);
        ExportedLine line = Read(kernel)!.Lines[1];
        Assert.True(line.Value is null, what);
        Assert.Equal("OFFSET(page.lru)=?", line.Text);
        Assert.Contains(reason, line.Unknown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_way_from_code_out_of_line_counts()
    {
        // The test behind static_cpu_has: jmp out; mov $8, %esi; join: lea; call. Out of line: je join; jmp back to the mov.
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.X64);
        ulong join = kernel.Here + 5 + 5;
        ulong outOfLine = kernel.Here + 5 + 5 + 7 + 5 + 0x1000;
        _ = kernel.Raw(0xe9).Raw(BitConverter.GetBytes((int)(outOfLine - kernel.Here - 4))).Set(1, 8).SetAddress(0, kernel.Text(Lru)).Call(kernel.Append);
        _ = kernel.Raw(0xc3);
        while (kernel.Here < outOfLine)
        {
            _ = kernel.Raw(0xcc);
        }

        _ = kernel.Raw(0x0f, 0x84).Raw(BitConverter.GetBytes((int)(join - kernel.Here - 4)));
        _ = kernel.Raw(0xe9).Raw(BitConverter.GetBytes((int)(join - 5 - kernel.Here - 4)));
        Assert.Contains("depends on a branch", Read(kernel)!.Lines[1].Unknown, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_values_of_one_fact_are_a_contradiction()
    {
        ExportedNote note = Read(KernelCodeBuilder.With(MachineKind.X64, (Lru, 8), (Page, 64), (Lru, 16)))!;
        Assert.Equal([true, false, true], note.Lines.Skip(1).Select(l => l.IsContradicted));
    }

    [Fact]
    public void A_text_without_a_call_is_told_as_not_known()
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.X64, (Lru, 8));
        _ = kernel.Text("OFFSET(page.private)=%lu\n");
        ExportedLine line = Assert.Single(Read(kernel)!.NotKnown);
        Assert.Equal(("OFFSET(page.private)=?", "no call was found that passes this text"), (line.Text, line.Unknown));
    }

    [Fact]
    public void Calls_of_another_function_say_nothing()
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.X64, (Lru, 8), (Page, 64));
        _ = kernel.Set(1, 99).SetAddress(0, kernel.Text("SIZE(folio)=%lu\n")).Call(kernel.Append + 0x40);
        Assert.Equal(["OFFSET(page.lru)=8", "SIZE(page)=64", "SIZE(folio)=?"], Read(kernel)!.Lines.Skip(1).Select(l => l.Text));
    }

    [Fact]
    public void Symbols_and_offsets_of_the_kernel_are_known_when_it_runs()
    {
        ExportedNote note = Read(KernelCodeBuilder.With(MachineKind.X64, (Lru, 8), ("SYMBOL(mem_section)=%lx\n", 1), ("KERNELOFFSET=%lx\n", 0)))!;
        Assert.Equal(["SYMBOL(mem_section)=?", "KERNELOFFSET=?"], note.Lines.Skip(2).Select(l => l.Text));
        Assert.All(note.Lines.Skip(2), l => Assert.NotNull(l.Unknown));
    }

    [Fact]
    public void Bytes_that_are_no_instruction_end_what_is_certain()
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.X64, (Lru, 8));
        // 0x06 is none in 64-bit mode.
        _ = kernel.Raw(0x06).Line(Page, 64);
        Assert.Equal(["OFFSET(page.lru)=8"], Read(kernel)!.Known.Select(l => l.Text));
    }

    [Fact]
    public void A_function_that_is_cut_in_an_instruction_is_read_to_there()
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.X64, (Lru, 8));
        _ = kernel.Set(1, 64).SetAddress(0, kernel.Text(Page)).Raw(0xe8, 0, 0);
        Assert.Equal(["OFFSET(page.lru)=8", "SIZE(page)=?"], Read(kernel)!.Lines.Skip(1).Select(l => l.Text));
    }

    [Fact]
    public void Prefixes_without_end_are_read_in_no_time()
    {
        KernelCodeBuilder kernel = new(MachineKind.X64) { CodeSection = ".text" };
        byte[] prefixes = new byte[8 << 20];
        Array.Fill(prefixes, (byte)0x66);
        _ = kernel.Raw(prefixes).Begin().Lines((Lru, 8));
        Assert.True(Read(kernel) is null or { Lines.Length: > 0 });
    }

    [Fact]
    public void References_by_chance_in_every_word_are_bounded()
    {
        KernelCodeBuilder kernel = new(MachineKind.X64) { CodeSection = ".text" };
        _ = kernel.Begin();
        ulong text = kernel.Text(Lru);
        for (int i = 0; i < 200_000; i++)
        {
            _ = kernel.SetAddress(0, text, isAbsolute: true);
        }

        Assert.True(Read(kernel)?.Lines.Length is null or < 10);
    }

    [Fact]
    public void A_kernel_without_the_first_line_of_a_note_has_none()
    {
        KernelCodeBuilder kernel = new(MachineKind.X64);
        _ = kernel.Raw(0xf3, 0x0f, 0x1e, 0xfa).Line(Lru, 8);
        Assert.Null(Read(kernel));
    }

    private static ExportedNote? Read(KernelCodeBuilder kernel)
    {
        using UnwrappedImage image = UnwrappedImage.Open(MappedFile.FromBytes("kernel", kernel.ToBytes()), keepsBare: true);
        return VmCoreInfoReader.Read(CodeImage.Of(image)!, buildId: null);
    }
}
