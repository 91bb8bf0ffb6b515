using LayoutCheck.Btf;
using LayoutCheck.Elf;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Btf;

/// <summary>
/// A module with .BTF.base (which the pahole of these machines does not write yet) fitted to a kernel whose ids and strings are others: struct page
/// is 16 bytes with two members there, and 16 bytes without members in the module's distilled base.
/// </summary>
public sealed class BtfDistilledBaseTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_module_is_fitted_to_a_kernel(bool isBigEndian)
    {
        using MappedFile file = MappedFile.FromBytes("vmlinux", DistilledModule.Kernel(isBigEndian, 16));
        BtfIndex kernel = new(file.Whole(), ".BTF");
        (byte[] split, byte[] distilled) = DistilledModule.Make(isBigEndian);
        BtfTypeReader module = Fit(split, distilled, kernel);

        TypeDefinition own = module.FindFirst(TypeName.Parse("driver"))!;
        Assert.Equal(
            [("state", 0UL, 32UL), ("spare", 64, 128), ("spare.compound_head", 128, 64), ("first", 192, 64), ("table", 256, 128), ("run", 384, 64), ("hidden", 448, 64)],
            new[] { "state", "spare", "spare.compound_head", "first", "table", "run", "hidden" }.Select(p => (p, MemberPath.Resolve(own.Graph, own.Root, p)!)).Select(m => (m.p, m.Item2.BitOffset, m.Item2.BitSize)));

        // The kernel's page alone answers to the name, and the forward declaration does not count beside the definition.
        DefinitionSet pages = module.FindAll([TypeName.Parse("struct page")], 1).Sets[0];
        Assert.Equal((1, 0), (pages.DefinitionCount, pages.DeclarationCount));
        Assert.Equal(2, pages.Distinct[0].Aggregate.Members.Length);
        Assert.Equal(["struct driver", "struct folio", "struct page"], module.DefinedNames().Select(n => n.ToString()));
    }

    [Fact]
    public void A_kernel_whose_struct_has_another_size_is_refused()
    {
        using MappedFile file = MappedFile.FromBytes("vmlinux", DistilledModule.Kernel(false, 24));
        BtfIndex kernel = new(file.Whole(), ".BTF");
        (byte[] split, byte[] distilled) = DistilledModule.Make(false);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => Fit(split, distilled, kernel));
        Assert.Equal((".BTF.base", "is of a kernel that has a struct page of 16 bytes, which vmlinux has not"), (e.Section, e.Problem));
    }

    [Fact]
    public void A_type_that_is_nowhere_is_an_error_when_it_is_needed()
    {
        using MappedFile file = MappedFile.FromBytes("vmlinux", DistilledModule.Kernel(false, 16));
        BtfIndex kernel = new(file.Whole(), ".BTF");
        (_, byte[] distilled) = DistilledModule.Make(false);
        using MappedFile baseFile = MappedFile.FromBytes("base", distilled);
        BtfIndex baseIndex = new(baseFile.Whole(), ".BTF.base");
        BtfBuilder split = new(false, baseIndex.Count, (uint)baseIndex.Strings.Length);
        // So far out that no sum with what the kernel has is within 32 bits.
        const uint Nowhere = 0xffff_fff0;
        uint pointer = split.Pointer(0);
        _ = split.Struct("sound", 8, ("m", pointer, 0));
        _ = split.Add(BtfFormat.BTF_KIND_STRUCT, "needs_it", 8, 1, details: [0, Nowhere, 0]);
        BtfTypeReader module = Fit(split.Build(), distilled, kernel);

        Assert.Equal(8UL, module.FindFirst(TypeName.Parse("sound"))!.Aggregate.ByteSize);
        Assert.Throws<InvalidImageException>(() => module.FindFirst(TypeName.Parse("needs_it")));
    }

    [Fact]
    public void The_section_is_used_when_a_module_has_it()
    {
        (byte[] split, byte[] distilled) = DistilledModule.Make(false);
        byte[] elf = new ElfBuilder { Type = ElfFile.ET_REL }.Add(".BTF", split).Add(".BTF.base", distilled).ToBytes();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("layoutcheck-");
        try
        {
            string module = Path.Combine(directory.FullName, "driver.ko");
            File.WriteAllBytes(module, elf);
            File.WriteAllBytes(Path.Combine(directory.FullName, "vmlinux"), DistilledModule.Kernel(false, 16));
            using KernelImage image = KernelImage.Open(module);
            Assert.Equal(64UL, image.Types.FindFirst(TypeName.Parse("driver"))!.Aggregate.ByteSize);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static BtfTypeReader Fit(byte[] split, byte[] distilled, BtfIndex kernel)
    {
        // Both live as long as the process, as in BtfBuilder.ReaderOf.
        MappedFile module = MappedFile.FromBytes("driver.ko", split);
        NativeBuffer fitted = BtfDistilledBase.Rebase(module.Whole(), MappedFile.FromBytes("driver.ko", distilled).Whole(), kernel);
        return new BtfTypeReader(module.Own(fitted, ".BTF", false), ".BTF", 8, kernel);
    }
}
