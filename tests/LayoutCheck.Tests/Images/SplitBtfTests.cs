using System.Buffers.Binary;
using System.Text;
using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Images;

/// <summary>The split BTF of a module (page-era5-module, from other/module.c) with its kernel's.</summary>
public sealed class SplitBtfTests : IDisposable
{
    private const string Module = "page-era5-module/page-era5-module.split-btf.ko";
    private const string Kernel = "page-era5/page-era5.btf.elf";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("layoutcheck-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_module_has_its_own_types_and_those_of_its_kernel()
    {
        using KernelImage module = Open(FixtureFile.PathOf(Kernel));
        TypeDefinition own = module.Types.FindFirst(TypeName.Parse("driver_state"))!;
        Assert.Equal(112UL, own.Aggregate.ByteSize);
        Assert.Equal(
            [(0UL, 128UL), (128, 64), (192, 64), (256, 1), (257, 5), (384, 512)],
            new[] { "node", "first", "whole", "ready", "level", "spare" }.Select(path => MemberPath.Resolve(own.Graph, own.Root, path)!).Select(m => (m.BitOffset, m.BitSize)));

        TypeDefinition page = module.Types.FindFirst(TypeName.Parse("struct page"))!;
        TypeDefinition kernels = FixtureFile.Definition(Kernel, "struct page", SourceChoice.Btf);
        Assert.Null(DefinitionEquality.FirstDifference(kernels.Graph, kernels.Root, page.Graph, page.Root));

        using KernelImage kernel = FixtureFile.Open(Kernel);
        Assert.Equal(kernel.Types.Target, module.Types.Target);
        Assert.Equal(
            kernel.Types.DefinedNames().Append(TypeName.Parse("struct driver_state")).Order(Comparer<TypeName>.Create((x, y) => string.CompareOrdinal(x.Name, y.Name))).Select(n => n.ToString()),
            module.Types.DefinedNames().Select(n => n.ToString()));
    }

    [Fact]
    public void Every_unit_of_a_module_is_the_kernels_too()
    {
        using KernelImage module = Open(FixtureFile.PathOf(Kernel));
        Survey survey = module.Types.FindAll([TypeName.Parse("struct driver_state"), TypeName.Parse("struct folio"), TypeName.Parse("struct none")], 2);
        Assert.Equal([1, 1, 0], survey.Sets.Select(s => s.DefinitionCount));
    }

    [Fact]
    public void The_kernel_beside_a_module_is_its_base()
    {
        string module = Path.Combine(_directory.FullName, "driver.ko");
        File.Copy(FixtureFile.PathOf(Module), module);
        File.Copy(FixtureFile.PathOf(Kernel), Path.Combine(_directory.FullName, "vmlinux"));
        using KernelImage image = KernelImage.Open(module);
        Assert.NotNull(image.Types.FindFirst(TypeName.Parse("struct page")));
    }

    [Fact]
    public void The_kernel_of_the_release_that_a_module_is_installed_for_is_its_base()
    {
        CodecLibrary.SkipUnlessThereFor("xz");
        string root = Path.Combine(_directory.FullName, "lib", "modules", "6.15.0");
        Directory.CreateDirectory(Path.Combine(root, "kernel", "drivers"));
        string module = Path.Combine(root, "kernel", "drivers", "driver.ko");
        File.Copy(FixtureFile.PathOf(Module), module);
        File.Copy(FixtureFile.PathOf("page-era5-packed/page-era5-packed.xz"), Path.Combine(root, "vmlinuz"));
        using KernelImage image = KernelImage.Open(module);
        Assert.NotNull(image.Types.FindFirst(TypeName.Parse("struct page")));
    }

    // As Debian's packages up to 6.12 have them, unpacked somewhere.
    [Theory]
    [InlineData("usr/lib/modules/6.15.0", "boot/vmlinuz-6.15.0")]
    [InlineData("lib/modules/6.15.0", "boot/vmlinuz-6.15.0")]
    [InlineData("usr/lib/debug/lib/modules/6.15.0", "usr/lib/debug/boot/vmlinux-6.15.0")]
    public void The_kernel_in_the_boot_directory_of_the_same_tree_is_its_base(string modules, string kernel)
    {
        string module = Path.Combine(_directory.FullName, modules, "kernel", "driver.ko");
        string vmlinuz = Path.Combine(_directory.FullName, kernel);
        Directory.CreateDirectory(Path.GetDirectoryName(module)!);
        Directory.CreateDirectory(Path.GetDirectoryName(vmlinuz)!);
        File.Copy(FixtureFile.PathOf(Module), module);
        Assert.Throws<InvalidImageException>(() => KernelImage.Open(module));
        File.Copy(FixtureFile.PathOf("page-era5-packed/page-era5-packed.gz"), vmlinuz);
        using KernelImage image = KernelImage.Open(module);
        Assert.NotNull(image.Types.FindFirst(TypeName.Parse("struct page")));
    }

    [Fact]
    public void A_kernel_that_is_not_the_base_is_refused()
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => Open(FixtureFile.PathOf("page-era6/page-era6.btf.elf")));
        Assert.StartsWith($"is split BTF of another kernel than {FixtureFile.PathOf("page-era6/page-era6.btf.elf")}: type ", e.Problem, StringComparison.Ordinal);
        Assert.Contains("--base FILE", e.Remedy, StringComparison.Ordinal);

        e = Assert.Throws<InvalidImageException>(() => Open(FixtureFile.PathOf("shapes/shapes.s390x.raw.btf")));
        Assert.Contains("of the other byte order", e.Problem, StringComparison.Ordinal);
        e = Assert.Throws<InvalidImageException>(() => Open(FixtureFile.PathOf("page-era5/page-era5.gcc-dwarf5.elf")));
        Assert.Equal("has no BTF for a module's to go on from", e.Problem);
        e = Assert.Throws<InvalidImageException>(() => Open(FixtureFile.PathOf(Module)));
        Assert.Equal("is split BTF, as modules carry, and no kernel's for a module to go on from", e.Problem);
    }

    [Fact]
    public void A_kernel_beside_a_module_that_is_not_its_base_is_passed_over_and_named()
    {
        string module = Path.Combine(_directory.FullName, "driver.ko");
        string other = Path.Combine(_directory.FullName, "vmlinux");
        File.Copy(FixtureFile.PathOf(Module), module);
        File.Copy(FixtureFile.PathOf("page-era6/page-era6.btf.elf"), other);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(module));
        Assert.StartsWith($"is split BTF, as modules carry, which needs the BTF of its kernel, and it is not {other} (another kernel: its BTF lacks what the module refers to)", e.Problem, StringComparison.Ordinal);
        Assert.Contains("--base FILE", e.Remedy, StringComparison.Ordinal);
    }

    // A kernel of another release is not the module's, however well its BTF fits; one that the user names is taken, and the report has both releases.
    [Theory]
    [InlineData("6.15.0-test", true)]
    [InlineData("6.15.0-other", false)]
    [InlineData(null, true)]
    public void The_release_of_a_kernel_beside_a_module_must_be_the_modules(string? release, bool isTaken)
    {
        byte[] split = FixtureFile.Section(Module, ".BTF");
        string module = Path.Combine(_directory.FullName, "driver.ko");
        string vmlinux = Path.Combine(_directory.FullName, "vmlinux");
        File.WriteAllBytes(module, new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".modinfo", [.. "vermagic=6.15.0-test SMP \0"u8]).Add(".BTF", split).ToBytes());
        File.WriteAllBytes(vmlinux, new ElfBuilder().Add(".rodata", Encoding.UTF8.GetBytes(release is null ? "\0" : $"Linux version {release} (me)\0")).Add(".BTF", FixtureFile.Section(Kernel, ".BTF")).ToBytes());
        if (isTaken)
        {
            using KernelImage image = KernelImage.Open(module);
            Assert.Equal([new InputFile(FileRole.BaseKernel, vmlinux, null, release)], image.OtherFiles);
        }
        else
        {
            InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(module));
            Assert.Contains($"{vmlinux} (release {release}, and the module is for 6.15.0-test)", e.Problem, StringComparison.Ordinal);
            using KernelImage named = KernelImage.Open(module, new ImageOptions(BasePath: vmlinux));
            Assert.Equal(release, Assert.Single(named.OtherFiles).Release);
        }
    }

    // A BTF header alone, a kernel's BTF whose header lost its lengths: none is a module's.
    [Theory]
    [InlineData(8, 16, "has neither types nor strings")]
    [InlineData(12, 12, "has neither types nor strings")]
    public void A_damaged_header_makes_no_module(int from, int count, string problem)
    {
        byte[] btf = FixtureFile.Section(Kernel, ".BTF");
        btf.AsSpan(from, count).Clear();
        File.WriteAllBytes(Path.Combine(_directory.FullName, "vmlinux"), FixtureFile.Bytes(Kernel));
        foreach (byte[] bytes in (byte[][])[btf, new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".modinfo", [.. "vermagic=6.15.0 \0"u8]).Add(".BTF", btf).ToBytes()])
        {
            string path = Path.Combine(_directory.FullName, "driver.ko");
            File.WriteAllBytes(path, bytes);
            Assert.StartsWith(problem, Assert.Throws<InvalidImageException>(() => KernelImage.Open(path)).Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_kernels_BTF_without_its_strings_does_not_continue_itself()
    {
        byte[] btf = FixtureFile.Section(Kernel, ".BTF");
        btf.AsSpan(20, 4).Clear();
        string path = Path.Combine(_directory.FullName, "damaged.btf");
        File.WriteAllBytes(path, btf);
        File.WriteAllBytes(Path.Combine(_directory.FullName, "vmlinux"), FixtureFile.Bytes(Kernel));
        Assert.Contains("nothing in the module's BTF continues its types or names", Assert.Throws<InvalidImageException>(() => KernelImage.Open(path)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_first_string_makes_no_module()
    {
        byte[] btf = FixtureFile.Section(Kernel, ".BTF");
        btf[24 + BinaryPrimitives.ReadInt32LittleEndian(btf.AsSpan(16))] = (byte)'x';
        Assert.StartsWith(
            "the first string is not empty, as in a module's split BTF, and nothing refers to the BTF of a kernel",
            Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("damaged.btf", btf)).Problem,
            StringComparison.Ordinal);
    }

    // gcc 12 -gbtf writes a length of the types that is too large for some files, and the strings then start in the middle of a name.
    [Fact]
    public void Damaged_BTF_is_not_taken_for_a_modules()
    {
        byte[] btf = FixtureFile.Bytes("shapes/shapes.raw.btf");
        BinaryPrimitives.WriteUInt32LittleEndian(btf.AsSpan(16), BinaryPrimitives.ReadUInt32LittleEndian(btf.AsSpan(16)) + 12);
        byte[] elf = new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".BTF", btf).ToBytes();
        Assert.StartsWith("the strings lie at 0x", Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("driver.ko", elf)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_with_no_debug_information_is_told_apart_from_a_kernel()
    {
        byte[] elf = new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".modinfo", [.. "license=GPL\0"u8]).ToBytes();
        Assert.StartsWith("name the module of this name, or the vmlinux, of the kernel's debug package", Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("driver.ko", elf)).Remedy, StringComparison.Ordinal);
    }

    // struct page of 8 bytes; among the strings "long" is at 1, "flags" at 6, "page" at 12.
    private static (BtfIndex Kernel, uint Count, uint Strings) Small(uint memberType = 1)
    {
        BtfBuilder kernel = new();
        uint word = kernel.Int("long", 8);
        _ = kernel.Struct("page", 8, ("flags", memberType == 1 ? word : memberType, 0));
        return (new BtfIndex(MappedFile.FromBytes("vmlinux", kernel.Build()).Whole(), ".BTF"), kernel.Count, kernel.StringsLength);
    }

    private static BtfTypeReader Read(BtfIndex kernel, byte[] split) => new(MappedFile.FromBytes("driver.ko", split).Whole(), ".BTF", 8, kernel);

    [Fact]
    public void A_module_that_has_no_string_of_its_own_uses_its_kernels()
    {
        (BtfIndex kernel, uint count, uint strings) = Small();
        BtfBuilder split = new(false, count, strings);
        foreach (uint word in new uint[] { 12, (BtfFormat.BTF_KIND_STRUCT << 24) | 1, 16, 6, 1, 64 })
        {
            split.AddWord(word);
        }

        BtfTypeReader module = Read(kernel, split.Build());

        Assert.Equal(0u, split.StringsLength);
        Assert.True(BtfHeader.IsSplit(MappedFile.FromBytes("driver.ko", split.Build()).Whole()));
        DefinitionSet pages = module.FindAll([TypeName.Parse("struct page")], 1).Sets[0];
        Assert.Equal([8UL, 16], pages.Distinct.Select(d => d.Aggregate.ByteSize));
        Assert.Equal(("flags", 64UL), (pages.Distinct[1].Aggregate.Members[0].Name, pages.Distinct[1].Aggregate.Members[0].BitOffset));
    }

    [Theory]
    // The kernel has 17 bytes of strings, and the module 2 ("x"); that after the last is no start of one.
    [InlineData(19, 0, "has its name at 0x13 of 0x13 bytes of strings")]
    [InlineData(uint.MaxValue, 0, "has its name at 0xffffffff of 0x13 bytes of strings")]
    [InlineData(0, 19, "has a name at 0x13, where no string starts")]
    [InlineData(0, uint.MaxValue, "has a name at 0xffffffff, where no string starts")]
    [InlineData(0, 18, "has a name at 0x12, where no string starts")]
    [InlineData(0, 13, "has a name at 0xd, where no string starts")]
    [InlineData(13, 0, "has a name at 0xd, where no string starts")]
    public void A_name_that_is_at_the_start_of_no_string_is_of_another_kernels_module(uint name, uint memberName, string problem)
    {
        (BtfIndex kernel, uint count, uint strings) = Small();
        BtfBuilder split = new(false, count, strings);
        _ = split.StringOffset("x");
        foreach (uint word in new uint[] { name, (BtfFormat.BTF_KIND_STRUCT << 24) | 1, 8, memberName, 1, 0 })
        {
            split.AddWord(word);
        }

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => Read(kernel, split.Build()));
        Assert.Equal($"is split BTF of another kernel than vmlinux: type 3 (STRUCT) {problem}", e.Problem);
        Assert.Equal(("driver.ko", ".BTF", 24UL), (e.File, e.Section, e.Offset));
        Assert.Contains("--base FILE", e.Remedy, StringComparison.Ordinal);
    }

    // Type 3 is the module's: a kernel has no way to know of it.
    [Theory]
    [InlineData(77, "type 2 (STRUCT) refers to type 77 of 2; if this is a module's split BTF, it needs its kernel's (--base)")]
    [InlineData(3, "type 2 (STRUCT) refers to type 3 of 2; if this is a module's split BTF, it needs its kernel's (--base)")]
    [InlineData(0, "member 0 of type 2 (STRUCT) has no type that a member can have")]
    public void Damage_in_the_kernel_is_told_of_the_kernel(uint type, string problem)
    {
        (BtfIndex kernel, uint count, uint strings) = Small(memberType: type);
        BtfBuilder split = new(false, count, strings);
        _ = split.Int("int", 8);
        _ = split.Struct("driver", 8, ("spare", 2, 0));
        BtfTypeReader module = Read(kernel, split.Build());

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => module.FindFirst(TypeName.Parse("driver")));
        Assert.Equal(("vmlinux", 40UL), (e.File, e.Offset));
        Assert.Equal(problem, e.Problem);

        _ = split.Struct("broken", 8, ("spare", 88, 0));
        e = Assert.Throws<InvalidImageException>(() => Read(kernel, split.Build()));
        Assert.Equal(("driver.ko", "is split BTF of another kernel than vmlinux: type 5 (STRUCT) refers to type 88 of 5"), (e.File, e.Problem));
    }

    [Theory]
    [InlineData(16, 0x1000u)]
    [InlineData(16, uint.MaxValue)]
    [InlineData(20, 0x1000u)]
    [InlineData(20, uint.MaxValue)]
    public void Split_BTF_whose_strings_lie_outside_of_it_is_damaged(int at, uint value)
    {
        BtfBuilder split = new(false, 2, 17);
        _ = split.Struct("driver", 8);
        byte[] bytes = split.Build();
        Assert.True(BtfHeader.IsSplit(MappedFile.FromBytes("driver.ko", bytes).Whole()));
        split.Write32(bytes, at, value);
        Assert.False(BtfHeader.IsSplit(MappedFile.FromBytes("driver.ko", bytes).Whole()));
        byte[] elf = new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".BTF", bytes).ToBytes();
        Assert.StartsWith("the strings lie at 0x", Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("driver.ko", elf)).Problem, StringComparison.Ordinal);
    }

    private static KernelImage Open(string kernel) => KernelImage.Open(FixtureFile.PathOf(Module), new ImageOptions(BasePath: kernel));
}
