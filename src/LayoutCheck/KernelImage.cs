using LayoutCheck.Btf;
using LayoutCheck.Dwarf;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.Types;

namespace LayoutCheck;

/// <summary>Which debug information the user wants asked.</summary>
public enum SourceChoice
{
    /// <summary>DWARF when there is any, for it has every unit's word and the alignments; else BTF.</summary>
    Auto,

    /// <summary>DWARF only.</summary>
    Dwarf,

    /// <summary>BTF only.</summary>
    Btf,
}

/// <summary>
/// An image, opened for questions about its types. Owns the mapping; what its <see cref="Types"/> return stays valid after it is
/// closed.
/// </summary>
public sealed class KernelImage : IDisposable
{
    private const string NoDebugInfoRemedy = "name the vmlinux of the kernel's debug package, or build with CONFIG_DEBUG_INFO_DWARF5 or CONFIG_DEBUG_INFO_BTF";

    private readonly UnwrappedImage _content;
    private readonly ElfFile? _elf;

    private KernelImage(string path, UnwrappedImage content, ElfFile? elf, ITypeSource types, bool hasOtherSource)
    {
        Path = path;
        _content = content;
        _elf = elf;
        Types = types;
        HasOtherSource = hasOtherSource;
    }

    /// <summary>The types that it describes.</summary>
    public ITypeSource Types { get; }

    /// <summary>Whether it carries the other debug format too, which was not taken.</summary>
    public bool HasOtherSource { get; }

    /// <summary>The file as the user named it.</summary>
    public string Path { get; }

    /// <summary>Opens a file: an ELF image with DWARF or BTF, a raw BTF blob, or a kernel or module as it is shipped, packed.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or has not the debug information asked for.</exception>
    public static KernelImage Open(string path, SourceChoice choice = SourceChoice.Auto) => Open(MappedFile.Open(path), choice);

    /// <summary>Opens bytes that are in memory already, under the name that errors will use. The array must not change while the image is open.</summary>
    /// <exception cref="InvalidImageException">They cannot be read, or have not the debug information asked for.</exception>
    public static KernelImage FromBytes(string name, byte[] bytes, SourceChoice choice = SourceChoice.Auto) => Open(MappedFile.FromBytes(name, bytes), choice);

    /// <summary>What the image says of itself.</summary>
    /// <exception cref="InvalidImageException">A section that would say it is damaged.</exception>
    public ImageFacts ReadFacts()
    {
        string format = _elf is not null ? _elf.Header.Describe() : _content.Btf!.Name is null ? "raw BTF" : "BTF";
        string? release = Text() is { } text ? KernelText.Release(text) : null;
        release ??= _elf?.Contents(".modinfo") is { } modinfo ? KernelText.ModuleRelease(modinfo) : null;
        return new ImageFacts(_content.Wrapping.Length == 0 ? format : $"{_content.Wrapping}: {format}", _elf?.BuildId(), release);
    }

    /// <summary>The kernel's configuration, by <c>CONFIG_</c> names; null when the image does not carry it (CONFIG_IKCONFIG=y).</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public IReadOnlyDictionary<string, string>? ReadConfig() => Text() is { } text ? KernelText.Config(text) : null;

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();

    private static KernelImage Open(MappedFile file, SourceChoice choice)
    {
        string path = file.Path;
        UnwrappedImage content = UnwrappedImage.Open(file);
        try
        {
            while (true)
            {
                if (Choose(path, content, choice) is { } image)
                {
                    return image;
                }

                content = content.OpenInside() ?? throw NoDebugInformation(content, choice);
            }
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    // Null when it has no debug information of any kind that was asked for.
    private static KernelImage? Choose(string path, UnwrappedImage content, SourceChoice choice)
    {
        if (content.Btf is { } blob)
        {
            string what = blob.Name is null ? "raw BTF" : "a bare kernel image with BTF";
            return choice == SourceChoice.Dwarf
                ? throw new InvalidImageException(content.File.Path, null, null, $"is {what} and has no DWARF", "use --source btf, or name a vmlinux with DWARF")
                : new KernelImage(path, content, null, new BtfTypeReader(blob, blob.Name), false);
        }

        ElfFile elf = ElfFile.Read(content.File);
        bool hasBtf = elf.Find(".BTF") is { ByteSize: > 0 };
        if (choice != SourceChoice.Btf && FindDwarf(elf, hasBtf && choice == SourceChoice.Auto) is { } sections)
        {
            return new KernelImage(path, content, elf, new DwarfTypeReader(sections), hasBtf);
        }

        return choice != SourceChoice.Dwarf && hasBtf
            ? new KernelImage(path, content, elf, OpenBtf(elf), choice == SourceChoice.Btf && elf.Find(".debug_info") is not null)
            : null;
    }

    private static InvalidImageException NoDebugInformation(UnwrappedImage content, SourceChoice choice)
    {
        if (choice == SourceChoice.Btf)
        {
            return new InvalidImageException(content.File.Path, null, null, "has no BTF (no .BTF section)", "use --source dwarf if it has DWARF, or build with CONFIG_DEBUG_INFO_BTF");
        }

        string missing = choice == SourceChoice.Dwarf ? "has no DWARF (no .debug_info section)" : "has no debug information (neither .debug_info nor .BTF)";
        string? link = DebugLink(ElfFile.Read(content.File));
        return new InvalidImageException(content.File.Path, null, null, missing, link is null ? NoDebugInfoRemedy : $"its debug information was split off into {link}: name that file");
    }

    // Where the kernel's texts are: .rodata of an ELF image, anywhere in a bare one.
    private Section? Text()
    {
        if (_elf is null)
        {
            return _content.Btf!.Name is null ? null : _content.File.Whole();
        }

        return _elf.Find(".rodata") is { ByteSize: > 0, Type: not ElfSection.SHT_NOBITS } section ? _elf.Contents(section) : null;
    }

    private static BtfTypeReader OpenBtf(ElfFile elf) => new(elf.Contents(".BTF")!, ".BTF", elf.Header.Is64Bit ? 8 : 4);

    private static DwarfSections? FindDwarf(ElfFile elf, bool hasFallback)
    {
        try
        {
            return DwarfSections.Find(elf);
        }
        catch (InvalidImageException e) when (hasFallback)
        {
            // Taking the BTF in silence would hide that the better source was there and was not asked.
            throw new InvalidImageException(e.File, e.Section, e.Offset, e.Problem, $"use --source btf, which this file has, or {e.Remedy}");
        }
    }

    // .gnu_debuglink: a file name, zero-terminated and padded, then a CRC (gdb manual, "Separate Debug Files").
    private static string? DebugLink(ElfFile elf) => elf.Contents(".gnu_debuglink") is { } link ? link.TextAt(0) : null;
}

/// <summary>What an image says of itself.</summary>
/// <param name="Format">What kind of file it is, after what it is packed in: <c>bzImage, zstd: ELF 64-bit little-endian x86-64 executable</c>.</param>
/// <param name="BuildId">The build id in hexadecimal, or null.</param>
/// <param name="Release">The kernel release (<c>uname -r</c>), or null when the image does not tell.</param>
public sealed record ImageFacts(string Format, string? BuildId, string? Release);
