using System.Buffers.Binary;
using LayoutCheck.Elf;
using LayoutCheck.Layouts;
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
    }

    [Fact]
    public void A_kernel_beside_a_module_that_is_not_its_base_is_passed_over_and_named()
    {
        string module = Path.Combine(_directory.FullName, "driver.ko");
        string other = Path.Combine(_directory.FullName, "vmlinux");
        File.Copy(FixtureFile.PathOf(Module), module);
        File.Copy(FixtureFile.PathOf("page-era6/page-era6.btf.elf"), other);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(module));
        Assert.StartsWith($"is split BTF, as modules carry, which needs the BTF of its kernel, and it is not {other} (another kernel)", e.Problem, StringComparison.Ordinal);
        Assert.Contains("--base FILE", e.Remedy, StringComparison.Ordinal);
    }

    // gcc 12 -gbtf writes a length of the types that is too large for some files, and the strings then start in the middle of a name.
    [Fact]
    public void Damaged_BTF_is_not_taken_for_a_modules()
    {
        byte[] btf = FixtureFile.Bytes("shapes/shapes.raw.btf");
        BinaryPrimitives.WriteUInt32LittleEndian(btf.AsSpan(16), BinaryPrimitives.ReadUInt32LittleEndian(btf.AsSpan(16)) + 12);
        byte[] elf = new ElfBuilder { Type = ElfFile.ET_REL }.Add(".BTF", btf).ToBytes();
        Assert.StartsWith("the strings lie at 0x", Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("driver.ko", elf)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_with_no_debug_information_is_told_apart_from_a_kernel()
    {
        byte[] elf = new ElfBuilder { Type = ElfFile.ET_REL }.Add(".modinfo", [.. "license=GPL\0"u8]).ToBytes();
        Assert.StartsWith("name the module of this name, or the vmlinux, of the kernel's debug package", Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("driver.ko", elf)).Remedy, StringComparison.Ordinal);
    }

    private static KernelImage Open(string kernel) => KernelImage.Open(FixtureFile.PathOf(Module), new ImageOptions(BasePath: kernel));
}
