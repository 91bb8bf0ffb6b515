using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
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
    public void A_type_that_is_nowhere_is_an_error()
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
        Assert.Equal(8UL, Fit(split.Build(), distilled, kernel).FindFirst(TypeName.Parse("sound"))!.Aggregate.ByteSize);
        _ = split.Add(BtfFormat.BTF_KIND_STRUCT, "needs_it", 8, 1, details: [0, Nowhere, 0]);
        Assert.Contains("refers to type 4294967280 of ", Assert.Throws<InvalidImageException>(() => Fit(split.Build(), distilled, kernel)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_without_a_union_of_the_modules_is_refused()
    {
        BtfBuilder kernel = new();
        uint word = kernel.Int("long unsigned int", 8);
        _ = kernel.Struct("slot", 16, ("flags", word, 0));
        _ = kernel.Union("slot", 8, ("flags", word, 0));
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => FitToSlots(kernel, d => d.Union("slot", 16)));
        Assert.Equal((".BTF.base", "is of a kernel that has a union slot of 16 bytes, which vmlinux has not"), (e.Section, e.Problem));
    }

    // Each has the name of what it stands for, and is passed over by what else has that name.
    [Theory]
    [InlineData(BtfFormat.BTF_KIND_FWD, false, 8UL)]
    [InlineData(BtfFormat.BTF_KIND_FWD, true, 16UL)]
    [InlineData(BtfFormat.BTF_KIND_STRUCT, false, 8UL)]
    [InlineData(BtfFormat.BTF_KIND_UNION, false, 16UL)]
    [InlineData(BtfFormat.BTF_KIND_TYPEDEF, false, 8UL)]
    public void A_struct_and_a_union_of_one_name_are_told_apart(uint kind, bool isUnion, ulong size)
    {
        BtfBuilder kernel = new();
        uint word = kernel.Int("long unsigned int", 8);
        _ = kernel.Struct("slot", 8, ("flags", word, 0));
        _ = kernel.Union("slot", 16, ("flags", word, 0), ("all", kernel.Array(word, 2), 0));
        BtfTypeReader module = FitToSlots(kernel, d => kind == BtfFormat.BTF_KIND_TYPEDEF ? d.Typedef("slot", d.Int("int", 8))
            : d.Add(kind, "slot", kind == BtfFormat.BTF_KIND_FWD ? 0 : (uint)size, 0, isUnion));
        TypeDefinition own = module.FindFirst(TypeName.Parse("driver"))!;
        Assert.Equal(size, own.Graph.ByteSizeOf(own.Aggregate.Members[0].Type));
        Assert.Equal(kind == BtfFormat.BTF_KIND_TYPEDEF, own.Graph.AsAggregate(own.Aggregate.Members[0].Type) is null);
    }

    private static BtfTypeReader FitToSlots(BtfBuilder kernel, Func<BtfBuilder, uint> addSlot)
    {
        BtfBuilder distilled = new();
        uint slot = addSlot(distilled);
        BtfBuilder split = new(false, distilled.Count, distilled.StringsLength);
        _ = split.Struct("driver", 16, ("m", slot, 0));
        return Fit(split.Build(), distilled.Build(), new BtfIndex(MappedFile.FromBytes("vmlinux", kernel.Build()).Whole(), ".BTF"));
    }

    [Fact]
    public void A_struct_of_the_modules_base_whose_name_is_empty_is_refused_where_it_is_needed()
    {
        BtfBuilder distilled = new();
        uint lost = distilled.Struct("", 8);
        BtfBuilder split = new(false, distilled.Count, distilled.StringsLength);
        _ = split.Struct("driver", 8, ("m", lost, 0));
        _ = split.Struct("other", 8);
        BtfTypeReader module = Fit(split.Build(), distilled.Build(), new BtfIndex(MappedFile.FromBytes("vmlinux", DistilledModule.Kernel(false, 16)).Whole(), ".BTF"));

        Assert.Equal(8UL, module.FindFirst(TypeName.Parse("other"))!.Aggregate.ByteSize);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => module.FindFirst(TypeName.Parse("driver")));
        Assert.Contains("has an empty name", e.Problem, StringComparison.Ordinal);
    }

    // What a record says of types and names is moved; the numbers beside them are not.
    [Theory]
    [InlineData(BtfFormat.BTF_KIND_ENUM, "N.N.")]
    [InlineData(BtfFormat.BTF_KIND_ENUM64, "N..N..")]
    [InlineData(BtfFormat.BTF_KIND_STRUCT, "NT.NT.")]
    [InlineData(BtfFormat.BTF_KIND_UNION, "NT.NT.")]
    [InlineData(BtfFormat.BTF_KIND_DATASEC, "T..T..")]
    [InlineData(BtfFormat.BTF_KIND_FUNC_PROTO, "NTNT")]
    [InlineData(BtfFormat.BTF_KIND_ARRAY, "TT.")]
    [InlineData(BtfFormat.BTF_KIND_VAR, ".")]
    [InlineData(BtfFormat.BTF_KIND_DECL_TAG, ".")]
    [InlineData(BtfFormat.BTF_KIND_INT, ".")]
    public void Every_kind_of_record_is_moved_behind_the_kernels(uint kind, string words)
    {
        BtfBuilder kernel = new();
        _ = kernel.Int("long unsigned int", 8);
        uint kernelPage = kernel.Struct("page", 16);
        BtfBuilder distilled = new();
        uint number = distilled.Int("int", 4);
        uint page = distilled.Struct("page", 16);
        BtfBuilder split = new(false, distilled.Count, distilled.StringsLength);
        uint name = split.StringOffset("a");

        // By turns: a type that stays the module's, one that is the kernel's, and none.
        uint[] types = [number, page, 0];
        uint[] movedTypes = [number + kernel.Count, kernelPage, 0];
        uint elements = kind is BtfFormat.BTF_KIND_ARRAY or BtfFormat.BTF_KIND_VAR or BtfFormat.BTF_KIND_DECL_TAG or BtfFormat.BTF_KIND_INT ? 0u : 2;
        for (int turn = 0; turn < 3; turn++)
        {
            int type = turn;
            uint[] written = [.. words.Select(w => w == 'N' ? name : w == 'T' ? types[type++ % 3] : 1u)];
            _ = split.Add(kind, "b", 0, elements, false, written);
        }

        BtfIndex kernelIndex = new(MappedFile.FromBytes("vmlinux", kernel.Build()).Whole(), ".BTF");
        MappedFile file = MappedFile.FromBytes("driver.ko", split.Build());
        NativeBuffer fitted = BtfDistilledBase.Rebase(file.Whole(), MappedFile.FromBytes("driver.ko", distilled.Build()).Whole(), kernelIndex);
        BtfIndex moved = new(file.Own(fitted, ".BTF", false), ".BTF", kernelIndex);
        for (int turn = 0; turn < 3; turn++)
        {
            int type = turn;
            BtfRecord record = moved.Record(kernel.Count + distilled.Count + 1 + (uint)turn);
            Assert.Equal((kind, "b"), (record.Kind, moved.NameAt(record.NameOffset, record)));
            SectionReader details = moved.ReadDetails(record);
            List<uint> read = [];
            while (!details.IsAtEnd)
            {
                read.Add(details.ReadU32());
            }

            Assert.Equal(words.Select(w => w == 'N' ? name + kernel.StringsLength : w == 'T' ? movedTypes[type++ % 3] : 1u), read);
        }
    }

    [Fact]
    public void The_section_is_used_when_a_module_has_it()
    {
        (byte[] split, byte[] distilled) = DistilledModule.Make(false);
        byte[] elf = new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".BTF", split).Add(".BTF.base", distilled).ToBytes();
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
