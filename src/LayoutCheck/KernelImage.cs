using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Btf;
using LayoutCheck.Dwarf;
using LayoutCheck.Elf;
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
/// An image on disk, opened for questions about its types. Owns the mapping; what its <see cref="Types"/> return stays valid after it is
/// closed.
/// </summary>
public sealed class KernelImage : IDisposable
{
    private const string NoDebugInfoRemedy = "name the vmlinux of the kernel's debug package, or build with CONFIG_DEBUG_INFO_DWARF5 or CONFIG_DEBUG_INFO_BTF";

    private readonly MappedFile _file;
    private readonly ElfFile? _elf;

    private KernelImage(MappedFile file, ElfFile? elf, ITypeSource types, bool hasOtherSource)
    {
        _file = file;
        _elf = elf;
        Types = types;
        HasOtherSource = hasOtherSource;
    }

    /// <summary>The types that it describes.</summary>
    public ITypeSource Types { get; }

    /// <summary>Whether it carries the other debug format too, which was not taken.</summary>
    public bool HasOtherSource { get; }

    /// <summary>The file as the user named it.</summary>
    public string Path => _file.Path;

    /// <summary>Opens a file: an ELF image with DWARF or BTF, or a raw BTF blob.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or has not the debug information asked for.</exception>
    public static KernelImage Open(string path, SourceChoice choice = SourceChoice.Auto) => Open(MappedFile.Open(path), choice);

    /// <summary>Opens bytes that are in memory already, under the name that errors will use. The array must not change while the image is open.</summary>
    /// <exception cref="InvalidImageException">They cannot be read, or have not the debug information asked for.</exception>
    public static KernelImage FromBytes(string name, byte[] bytes, SourceChoice choice = SourceChoice.Auto) => Open(MappedFile.FromBytes(name, bytes), choice);

    /// <summary>What the image says of itself.</summary>
    /// <exception cref="InvalidImageException">A section that would say it is damaged.</exception>
    public ImageFacts ReadFacts() => _elf is null
        ? new ImageFacts("raw BTF", null, null)
        : new ImageFacts(_elf.Header.Describe(), _elf.BuildId(), Release(_elf));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static KernelImage Open(MappedFile file, SourceChoice choice)
    {
        try
        {
            return Choose(file, choice);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static KernelImage Choose(MappedFile file, SourceChoice choice)
    {
        if (BtfTypeReader.HasMagic(file))
        {
            return choice == SourceChoice.Dwarf
                ? throw new InvalidImageException(file.Path, null, null, "is raw BTF and has no DWARF", "use --source btf, or name a vmlinux with DWARF")
                : new KernelImage(file, null, new BtfTypeReader(file.Whole(), null), false);
        }

        if (!ElfFile.HasMagic(file))
        {
            (string what, string remedy) = Foreign.Recognise(file);
            throw new InvalidImageException(file.Path, null, null, what, remedy);
        }

        ElfFile elf = ElfFile.Read(file);
        bool hasBtf = elf.Find(".BTF") is { ByteSize: > 0 };
        if (choice == SourceChoice.Btf)
        {
            return hasBtf
                ? new KernelImage(file, elf, OpenBtf(elf), elf.Find(".debug_info") is not null)
                : throw new InvalidImageException(file.Path, null, null, "has no BTF (no .BTF section)", "use --source dwarf if it has DWARF, or build with CONFIG_DEBUG_INFO_BTF");
        }

        if (FindDwarf(elf, hasBtf && choice == SourceChoice.Auto) is { } sections)
        {
            return new KernelImage(file, elf, new DwarfTypeReader(sections), hasBtf);
        }

        if (choice == SourceChoice.Auto && hasBtf)
        {
            return new KernelImage(file, elf, OpenBtf(elf), false);
        }

        string missing = choice == SourceChoice.Dwarf ? "has no DWARF (no .debug_info section)" : "has no debug information (neither .debug_info nor .BTF)";
        throw new InvalidImageException(file.Path, null, null, missing, DebugLink(elf) is { } link ? $"its debug information was split off into {link}: name that file" : NoDebugInfoRemedy);
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

    // linux_banner in .rodata: "Linux version 6.1.0-56-cloud-amd64 (...) ..."; its format string begins alike, with a % instead of a digit.
    private static unsafe string? Release(ElfFile elf)
    {
        if (elf.Find(".rodata") is not { Type: not ElfSection.SHT_NOBITS } section || (section.Flags & ElfSection.SHF_COMPRESSED) != 0)
        {
            return null;
        }

        Section data = elf.Contents(section);
        ReadOnlySpan<byte> start = "Linux version "u8;
        nuint at = 0;
        while (at < data.Length)
        {
            int window = (int)Math.Min(data.Length - at, 1 << 30);
            int found = MemoryMarshal.CreateReadOnlySpan(ref *(data.Start + at), window).IndexOf(start);
            if (found < 0)
            {
                return null;
            }

            at += (nuint)(found + start.Length);
            ReadOnlySpan<byte> rest = MemoryMarshal.CreateReadOnlySpan(ref *(data.Start + at), (int)Math.Min(data.Length - at, 256));
            int length = rest.IndexOfAny((byte)' ', (byte)0);
            if (length > 0 && char.IsAsciiDigit((char)rest[0]))
            {
                return Encoding.UTF8.GetString(rest[..length]);
            }
        }

        return null;
    }
}

/// <summary>What an image says of itself.</summary>
/// <param name="Format">What kind of file it is: <c>ELF 64-bit little-endian x86-64 executable</c>.</param>
/// <param name="BuildId">The build id in hexadecimal, or null.</param>
/// <param name="Release">The kernel release (<c>uname -r</c>), or null when the image does not tell.</param>
public sealed record ImageFacts(string Format, string? BuildId, string? Release);
