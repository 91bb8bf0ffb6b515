using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Images;

/// <summary>
/// The innermost content of a file, with all compression and boot images around it taken off: an ELF image, BTF, or a bare kernel image with BTF in it. Owns
/// the bytes.
/// </summary>
internal sealed class UnwrappedImage : IDisposable
{
    // A vmlinux.gz in a .zst is odd; more layers are made to exhaust time.
    private const int MostLayers = 4;

    // Bytes of a packed file that are kept in memory: a module, but not a vmlinux with DWARF.
    private const ulong MostOfFile = 24 << 20;

    // Bytes of the kernel in a boot image, which is always small and has its BTF in one place.
    private const ulong MostOfPayload = 128 << 20;

    private UnwrappedImage(MappedFile file, ElfFile? elf, Section? btf, string wrapping, InvalidImageException? refusal = null)
    {
        Refusal = refusal;
        File = file;
        Elf = elf;
        Btf = btf;
        Wrapping = wrapping;
    }

    /// <summary>The innermost bytes: the file itself if nothing is around them.</summary>
    public MappedFile File { get; }

    /// <summary>The bytes as an ELF file; null if they are something else.</summary>
    public ElfFile? Elf { get; }

    /// <summary>The BTF, if the bytes are BTF or a bare kernel image; null for ELF, which has a section for it.</summary>
    public Section? Btf { get; }

    /// <summary>Of a bare kernel image that was kept without BTF, why it has no types; else null.</summary>
    public InvalidImageException? Refusal { get; }

    /// <summary>The formats around it, outermost first: <c>bzImage, zstd</c>; or empty.</summary>
    public string Wrapping { get; }

    /// <summary>Takes off layer after layer until something readable is left. Takes over the file, and closes it when it is unpacked.</summary>
    /// <param name="file">The file.</param>
    /// <param name="keepsBare">Whether a bare kernel image without BTF is kept, with its <see cref="Refusal"/>.</param>
    /// <exception cref="InvalidImageException">It is something else, is damaged, or is packed in a way that cannot be unpacked.</exception>
    public static UnwrappedImage Open(MappedFile file, bool keepsBare = false) => Open(file, [], keepsBare);

    /// <summary>Opens the compressed kernel in an ELF file that boots it (powerpc's zImage, MIPS's vmlinuz).</summary>
    /// <returns>The kernel, which does not depend on this image; null if there is none inside.</returns>
    /// <exception cref="InvalidImageException">There is one, and it cannot be read.</exception>
    public UnwrappedImage? OpenInner()
        => Wrapping.Length == 0 && PackedKernel.Find(File.Whole(), InnerName(File)) is { } inner ? Open(inner.Kernel, ["ELF boot wrapper", inner.Codec.Name], keepsBare: false) : null;

    /// <summary>The kernel release (<c>uname -r</c>): that of the kernel's banner, or the one that a module was built for; null if it contains none.</summary>
    /// <exception cref="InvalidImageException">A section that has it is damaged.</exception>
    public string? Release()
    {
        string? release = Text() is { } text ? KernelText.Release(text) : null;
        return release ?? (Elf?.Contents(".modinfo") is { } modinfo ? KernelText.ModuleRelease(modinfo) : null);
    }

    /// <summary>The bytes with the kernel's texts: .rodata of an ELF image, all of a bare one; null if it has none.</summary>
    /// <exception cref="InvalidImageException">The section is damaged.</exception>
    public Section? Text()
    {
        if (Elf is not { } elf)
        {
            return Btf is { Name: null } ? null : File.Whole();
        }

        return elf.Find(".rodata") is { ByteSize: > 0, Type: not ElfSection.SHT_NOBITS } section ? elf.Contents(section) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    private static UnwrappedImage Open(MappedFile file, List<string> layers, bool keepsBare)
    {
        try
        {
            while (true)
            {
                Section whole = file.Whole();
                if (BtfBlob.StartsAsOne(whole))
                {
                    return new UnwrappedImage(file, null, whole, string.Join(", ", layers));
                }

                if (ElfFile.HasMagic(file))
                {
                    return new UnwrappedImage(file, ElfFile.Read(file), null, string.Join(", ", layers));
                }

                if (layers.Count > MostLayers)
                {
                    throw new InvalidImageException(file.Path, null, null, $"is packed more than {MostLayers} times", "unpack it and name the result");
                }

                Container container = Container.Recognise(whole);
                if (container.Payload is { } payload)
                {
                    layers.AddRange(new[] { container.Name, container.Codec!.Name }.Distinct());
                    Replace(ref file, Decompression.ExpandToFile(payload, container.Codec, InnerName(file), payload.Length == whole.Length ? MostOfFile : MostOfPayload));
                    continue;
                }

                if (container.Refusal is { } refusal)
                {
                    throw new InvalidImageException(file.Path, null, null, refusal, container.Remedy);
                }

                layers.Add(container.Name);
                if (BtfBlob.Find(whole) is { } btf)
                {
                    return new UnwrappedImage(file, null, btf, string.Join(", ", layers));
                }

                if (PackedKernel.Find(whole, InnerName(file)) is not { } inner)
                {
                    InvalidImageException withoutTypes = new(
                        file.Path, null, null, $"is {container.Article} {container.Name} without BTF, and a bare kernel image can have no DWARF", "name the vmlinux it was made from, or build with CONFIG_DEBUG_INFO_BTF");
                    return keepsBare ? new UnwrappedImage(file, null, null, string.Join(", ", layers), withoutTypes) : throw withoutTypes;
                }

                layers.Add(inner.Codec.Name);
                Replace(ref file, inner.Kernel);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void Replace(ref MappedFile file, MappedFile inner)
    {
        file.Dispose();
        file = inner;
    }

    // Errors name the file that the user named, and say that they are about its content.
    private static string InnerName(MappedFile file)
    {
        const string Suffix = " (unpacked)";
        return file.Path.EndsWith(Suffix, StringComparison.Ordinal) ? file.Path : file.Path + Suffix;
    }
}
