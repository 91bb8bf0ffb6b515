using System.Text;
using System.Text.Json;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Machine;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Cli;

/// <summary>VMCOREINFO at the command line: the note, its comparison with the layouts, with a dump, and what it answers without debug information.</summary>
public sealed class VmCoreInfoCommandTests : IDisposable
{
    private const string Fixture = "page-era6/page-era6.btf.elf";
    private const string Lru = "OFFSET(page.lru)=%lu\n";
    private const string Page = "SIZE(page)=%lu\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_note_is_printed_as_the_kernel_writes_it()
    {
        string kernel = Write("vmlinux", KernelCodeBuilder.With(MachineKind.X64, (Lru, 8), ("SYMBOL(mem_section)=%lx\n", 1)));
        ProgramResult run = ProgramRun.Run("vmcoreinfo", kernel);
        Assert.Equal((0, "OSRELEASE=7.3.0-test\nOFFSET(page.lru)=8\n"), (run.ExitCode, run.Out));
        Assert.Contains("1 line is not known before the kernel runs", run.Err, StringComparison.Ordinal);
        string full = ProgramRun.Run("vmcoreinfo", kernel, "-v").Out;
        Assert.Contains("SYMBOL(mem_section)=?", full, StringComparison.Ordinal);
        Assert.Contains("0xffffffff81000", full, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_has_every_line_with_its_places()
    {
        string kernel = Write("Image", new KernelCodeBuilder(MachineKind.Arm64) { IsImage = true }.Begin().Lines((Lru, 8)));
        using JsonDocument json = JsonDocument.Parse(ProgramRun.Run("vmcoreinfo", kernel, "--format", "json").Out);
        JsonElement line = json.RootElement.GetProperty("lines")[1];
        Assert.Equal(("OFFSET(page.lru)=8", 8), (line.GetProperty("line").GetString(), line.GetProperty("value").GetInt32()));
        Assert.Equal("arm64", json.RootElement.GetProperty("machine").GetString());
    }

    [Fact]
    public void An_image_without_such_code_is_refused()
    {
        ProgramResult run = ProgramRun.Run("vmcoreinfo", FixtureFile.PathOf(Fixture));
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("has no code that writes VMCOREINFO", run.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_that_agree_are_counted_and_hold()
    {
        string kernel = Write("vmlinux", Typed((Lru, OffsetOf("lru")), (Page, 64), ("LENGTH(mem_section)=%lu\n", 3)));
        ProgramResult run = ProgramRun.Run("check", kernel, "-v");
        Assert.Contains("holds exported-facts", run.Unfolded, StringComparison.Ordinal);
        Assert.Contains("2 exported facts agree; 1 not compared", run.Unfolded, StringComparison.Ordinal);
        Assert.Contains("LENGTH(mem_section): it is the length of a variable", run.Unfolded, StringComparison.Ordinal);
        Assert.DoesNotContain("exported-facts", ProgramRun.Run("check", kernel, "-v", "--only", "pgmap-on-compound-head").Out, StringComparison.Ordinal);
        Assert.DoesNotContain("exported-facts", ProgramRun.Run("check", kernel, "-v", "--skip", "exported-facts").Out, StringComparison.Ordinal);
        Assert.Equal(0, ProgramRun.Run("check", kernel, "--only", "exported-facts").ExitCode);
        Assert.Equal(0, ProgramRun.Run("check", kernel, "--pack", "exported").ExitCode);
    }

    [Fact]
    public void One_number_that_differs_is_one_violation_with_its_address()
    {
        KernelCodeBuilder built = Typed((Page, 64));
        ulong instruction = built.Here;
        string kernel = Write("vmlinux", built.Lines((Lru, OffsetOf("lru") + 8)));
        ProgramResult run = ProgramRun.Run("check", kernel, "--format", "json");
        Assert.Equal(1, run.ExitCode);
        using JsonDocument json = JsonDocument.Parse(run.Out);
        JsonElement violated = Assert.Single(json.RootElement.GetProperty("rules").EnumerateArray().SelectMany(r => r.GetProperty("checks").EnumerateArray()), c => c.GetProperty("outcome").GetString() == "violated");
        Assert.Equal($"offsetof(struct page, lru) == {OffsetOf("lru") + 8}", violated.GetProperty("check").GetString());
        Assert.Contains($"0x{instruction:x} exports {OffsetOf("lru") + 8}", violated.GetProperty("consequence").GetString(), StringComparison.Ordinal);
        Assert.Equal((2, 1), (json.RootElement.GetProperty("exported").GetProperty("compared").GetInt32(), json.RootElement.GetProperty("exported").GetProperty("agreeing").GetInt32()));
    }

    [Fact]
    public void An_image_without_debug_information_is_undecided_and_its_facts_decide_rules()
    {
        string kernel = Write("Image", new KernelCodeBuilder(MachineKind.Arm64) { IsImage = true }.Begin().Lines((Lru, 8), (Page, 64), ("OFFSET(page.compound_head)=%lu\n", 8)));
        ProgramResult run = ProgramRun.Run("check", kernel, "-v");
        Assert.Equal(4, run.ExitCode);
        Assert.Contains("cannot tell whether pgmap lines up with compound_head: the image has no debug information, and VMCOREINFO does not export pgmap", run.FirstLine + run.Unfolded, StringComparison.Ordinal);
        Assert.Contains("holds struct-page-power-of-two", run.Unfolded, StringComparison.Ordinal);
        Assert.Contains("without BTF", run.Err, StringComparison.Ordinal);
        Assert.Equal(3, ProgramRun.Run("check", kernel, "--source", "btf").ExitCode);
        Assert.Equal(3, ProgramRun.Run("show", kernel, "page").ExitCode);
    }

    [Fact]
    public void A_size_without_debug_information_that_breaks_a_rule_is_violated()
    {
        string kernel = Write("vmlinux", KernelCodeBuilder.With(MachineKind.X64, (Page, 60), ("OFFSET(page.compound_head)=%lu\n", 8)));
        ProgramResult run = ProgramRun.Run("check", kernel);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("VIOLATED struct page has a size that the memory map is cleared in", run.Unfolded, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OSRELEASE=7.3.0-test\nOFFSET(page.lru)={0}\n", 0, "the VMCOREINFO is of this kernel: 1 fact agrees")]
    [InlineData("OSRELEASE=7.3.1\nOFFSET(page.lru)={0}\n", 1, "but the VMCOREINFO is of another kernel: its OSRELEASE is 7.3.1")]
    [InlineData("OSRELEASE=7.3.0-test\nOFFSET(page.lru)=99\n", 1, "but the VMCOREINFO differs from the layouts")]
    [InlineData("PAGESIZE=4096\n", 4, "nothing in the VMCOREINFO can be compared")]
    public void A_dump_is_compared(string text, int code, string words)
    {
        KernelCodeBuilder built = Typed((Lru, OffsetOf("lru")));
        _ = built.Text("Linux version 7.3.0-test (me)");
        string kernel = Write("vmlinux", built);
        byte[] note = Encoding.ASCII.GetBytes(text.Replace("{0}", $"{OffsetOf("lru")}", StringComparison.Ordinal));
        foreach ((string name, byte[] bytes) in ((string, byte[])[])[("note", note), ("vmcore", VmCoreBuilder.Build(true, false, text: Encoding.ASCII.GetString(note)))])
        {
            string file = Path.Combine(_folder, name);
            File.WriteAllBytes(file, bytes);
            ProgramResult run = ProgramRun.Run("check", kernel, "--only", "exported-facts", "--vmcoreinfo", file);
            Assert.True(run.ExitCode == code, $"{run.ExitCode}\n{run.Out}{run.Err}");
            Assert.Contains(words, run.Unfolded, StringComparison.Ordinal);
            Assert.Equal(code, ProgramRun.Run("check", kernel, "--only", "exported-facts", "--vmcoreinfo", file, "--format", "json").ExitCode);
        }
    }

    [Fact]
    public void A_dump_is_compared_with_the_code_where_there_are_no_types()
    {
        string kernel = Write("vmlinux", KernelCodeBuilder.With(MachineKind.X64, (Lru, 8), (Page, 64)));
        string note = Path.Combine(_folder, "note");
        File.WriteAllText(note, "OFFSET(page.lru)=16\nSIZE(page)=64\n");
        ProgramResult run = ProgramRun.Run("check", kernel, "--vmcoreinfo", note);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("the VMCOREINFO says OFFSET(page.lru)=16, and the code exports 8", run.Unfolded, StringComparison.Ordinal);
    }

    private static KernelCodeBuilder Typed(params (string Format, long Value)[] lines)
    {
        using MappedFile file = MappedFile.Open(FixtureFile.PathOf(Fixture));
        Section btf = ElfFile.Read(file).Contents(".BTF")!;
        KernelCodeBuilder kernel = KernelCodeBuilder.With(MachineKind.X64, lines);
        kernel.Others.Add((".BTF", btf.Head((int)btf.Length).ToArray()));
        return kernel;
    }

    private static long OffsetOf(string member)
    {
        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(Fixture));
        TypeDefinition page = image.FindFirst(TypeName.Parse("struct page"))!;
        return (long)MemberPath.Resolve(page.Graph, page.Root, member)!.BitOffset / 8;
    }

    private string Write(string name, KernelCodeBuilder kernel)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, kernel.ToBytes());
        return path;
    }
}
