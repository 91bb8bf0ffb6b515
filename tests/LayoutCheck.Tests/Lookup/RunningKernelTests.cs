using LayoutCheck.Btf;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Lookup;

/// <summary>The BTF of the kernel that runs these tests: real input without a download.</summary>
public sealed class RunningKernelTests
{
    private const string Path = "/sys/kernel/btf/vmlinux";

    [Fact]
    public void Reads_every_struct_of_the_running_kernel()
    {
        Assert.SkipUnless(File.Exists(Path), $"{Path}: this kernel has no BTF");
        using MappedFile file = MappedFile.Open(Path);
        Assert.True(BtfTypeReader.HasMagic(file));
        BtfTypeReader reader = new(file.Whole(), null);

        IReadOnlyList<TypeName> names = reader.DefinedNames();

        Assert.True(names.Count > 1000, $"{names.Count} names");
        Assert.Equal(names.Distinct().Count(), names.Count);
        Assert.Equal(IntPtr.Size, reader.Target.WordByteSize);
        foreach (DefinitionSet set in reader.FindAll([.. names], 1).Sets)
        {
            Assert.True(set.Distinct.Length > 0, $"{set.Name} is listed but not found");
        }

        TypeDefinition page = reader.FindFirst(TypeName.Parse("struct page"))!;
        TypeDefinition folio = reader.FindFirst(TypeName.Parse("struct folio"))!;
        Assert.Equal(0UL, MemberPath.Resolve(page.Graph, page.Root, "flags")!.BitOffset);
        Assert.Equal(MemberPath.Resolve(page.Graph, page.Root, "_refcount")!.BitOffset, MemberPath.Resolve(folio.Graph, folio.Root, "_refcount")!.BitOffset);
        Assert.True(page.Aggregate.ByteSize is >= 32 and <= 128);
    }
}
