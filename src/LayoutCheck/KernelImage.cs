using System.Collections.Immutable;
using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Dwarf;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Images;
using LayoutCheck.Lookup;
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
    private const string BuildRemedy = "build with CONFIG_DEBUG_INFO_DWARF5 or CONFIG_DEBUG_INFO_BTF";
    private const string NoDebugInfoRemedy = $"name the vmlinux of the kernel's debug package, or {BuildRemedy}";
    private const string BareModuleRemedy = $"name the module of this name, or the vmlinux, of the kernel's debug package, or {BuildRemedy}";

    // Debug information that is neither DWARF 2 to 5 nor BTF, by the section that it is in.
    private static readonly (string Section, string What, string Remedy)[] s_otherDebugInformation =
    [
        (".ctf", "CTF", NoDebugInfoRemedy), (".SUNW_ctf", "CTF", NoDebugInfoRemedy), (".stab", "stabs", NoDebugInfoRemedy), (".debug", "DWARF 1", NoDebugInfoRemedy),
        (".gnu.debuglto_.debug_info", "the early debug information of gcc's LTO", "link it, and name the vmlinux or .ko that it becomes"),
    ];

    private readonly UnwrappedImage _content;
    private readonly IDisposable? _companion;
    private readonly InputFiles _inputs;
    private IReadOnlyList<TypeName>? _suggestedNames;

    // The companion has what this file lacks: the debug information that was split off, or the kernel of a module.
    private KernelImage(string path, UnwrappedImage content, ITypeSource types, bool hasOtherSource = false, IDisposable? companion = null)
    {
        Path = path;
        _content = content;
        _companion = companion;
        _inputs = content.File.Inputs;
        Types = types;
        HasOtherSource = hasOtherSource;
    }

    /// <summary>The types that it describes.</summary>
    public ITypeSource Types { get; }

    /// <summary>Whether it carries the other debug format too, which was not taken.</summary>
    public bool HasOtherSource { get; }

    /// <summary>The file as the user named it.</summary>
    public string Path { get; }

    /// <summary>
    /// The names of structs and unions that it defines, each once, in ordinal order: for suggestions. Of an image with BTF, those of its BTF, which
    /// has them all in one place, whichever is asked for the layouts.
    /// </summary>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    public IReadOnlyList<TypeName> SuggestedNames() => _suggestedNames ??= FindNames();

    private IReadOnlyList<TypeName> FindNames()
    {
        if (HasOtherSource && Types.Kind == SourceKind.Dwarf && _content.Elf?.Contents(".BTF") is { } btf && !BtfHeader.IsSplit(btf))
        {
            try
            {
                return new BtfTypeReader(btf, ".BTF", null).DefinedNames();
            }
            catch (InvalidImageException)
            {
                // It was not asked for; the other knows as much.
            }
        }

        return Types.DefinedNames();
    }

    /// <summary>
    /// Asserts that no file that was opened for this image has been written to or replaced since: an answer must not rest on two versions of one. To be
    /// called when the answer is complete, before it is told.
    /// </summary>
    /// <exception cref="InvalidImageException">A file is not what it was.</exception>
    public void RequireUnchanged() => _inputs.RequireUnchanged();

    /// <summary>The files besides the image that the answers so far rest on; complete after the last question.</summary>
    public ImmutableArray<InputFile> OtherFiles => _inputs.Used();

    /// <summary>The files that the answers so far rest on, the image first; complete after the last question.</summary>
    /// <param name="facts">What <see cref="ReadFacts"/> returned.</param>
    public ImmutableArray<InputFile> FilesUsed(ImageFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return [new InputFile(FileRole.Image, Path, facts.BuildId, facts.Release), .. OtherFiles];
    }

    /// <summary>Opens a file: an ELF image with DWARF or BTF, a raw BTF blob, or a kernel or module as it is shipped, packed.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or has not the debug information asked for.</exception>
    public static KernelImage Open(string path, SourceChoice choice = SourceChoice.Auto) => Open(path, new ImageOptions(choice));

    /// <summary>Opens a file, with more to say on where the rest of it is.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or has not the debug information asked for.</exception>
    public static KernelImage Open(string path, ImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Open(MappedFile.Open(path, new InputFiles(options.Disable)), options);
    }

    /// <summary>Opens bytes that are in memory already, under the name that errors will use. The array must not change while the image is open.</summary>
    /// <exception cref="InvalidImageException">They cannot be read, or have not the debug information asked for.</exception>
    public static KernelImage FromBytes(string name, byte[] bytes, SourceChoice choice = SourceChoice.Auto) => Open(MappedFile.FromBytes(name, bytes), new ImageOptions(choice));

    /// <summary>The same, with more to say on where the rest of it is.</summary>
    internal static KernelImage FromBytes(string name, byte[] bytes, ImageOptions options) => Open(MappedFile.FromBytes(name, bytes, new InputFiles(options.Disable)), options);

    /// <summary>What the image says of itself.</summary>
    /// <exception cref="InvalidImageException">A section that would say it is damaged.</exception>
    public ImageFacts ReadFacts()
    {
        string format = _content.Elf is { } elf ? elf.Header.Describe() : _content.Btf!.Name is null ? "raw BTF" : "BTF";
        return new ImageFacts(format, _content.Elf?.BuildId(), _content.Release() ?? RunningKernel.ReleaseOf(Path), ReadConfig(), _content.Wrapping);
    }

    /// <summary>The kernel's configuration, by <c>CONFIG_</c> names; null when the image does not carry it (CONFIG_IKCONFIG=y).</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public IReadOnlyDictionary<string, string>? ReadConfig() => _content.Text() is { } text ? KernelText.Config(text) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _content.Dispose();
        _companion?.Dispose();
    }

    private static KernelImage Open(MappedFile file, ImageOptions options)
    {
        string path = file.Path;
        UnwrappedImage content = UnwrappedImage.Open(file);
        try
        {
            while (true)
            {
                if (content.Elf?.Header.Type == ElfFile.ET_CORE)
                {
                    // It may have a packed kernel somewhere in its memory, which need not be the one that was running.
                    throw new InvalidImageException(content.File.Path, null, null, "is a core dump, which has memory and no types", "name the vmlinux of the kernel that it was taken of");
                }

                if (Choose(path, content, options) is { } image)
                {
                    return image;
                }

                UnwrappedImage inner = content.OpenInner() ?? throw NoDebugInformation(content, options.Source);
                content.Dispose();
                content = inner;
            }
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    // Null when it has no debug information of any kind that was asked for.
    private static KernelImage? Choose(string path, UnwrappedImage content, ImageOptions options)
    {
        if (content.Btf is { } blob)
        {
            string what = blob.Name is null ? "raw BTF" : "a bare kernel image with BTF";
            return options.Source == SourceChoice.Dwarf
                ? throw new InvalidImageException(content.File.Path, null, null, $"is {what} and has no DWARF", "use --source btf, or name a vmlinux with DWARF")
                : OpenBtf(path, content, blob, blob.Name, null, false, options);
        }

        ElfFile elf = content.Elf!;
        bool hasBtf = elf.Find(".BTF") is { ByteSize: > 0 };
        if (options.Source != SourceChoice.Btf && OpenDwarf(path, content, elf, hasBtf, options) is { } image)
        {
            return image;
        }

        return options.Source != SourceChoice.Dwarf && hasBtf
            ? OpenBtf(path, content, elf.Contents(".BTF")!, ".BTF", elf.Header.WordByteSize, options.Source == SourceChoice.Btf && elf.Find(".debug_info") is not null, options)
            : null;
    }

    private static KernelImage? OpenDwarf(string path, UnwrappedImage content, ElfFile elf, bool hasBtf, ImageOptions options)
    {
        ElfFile? debug = null;
        try
        {
            if (DwarfImage.Find(elf, options.DebugDirectory) is { } dwarf)
            {
                return new KernelImage(path, content, new DwarfTypeReader(dwarf), hasBtf);
            }

            // An image with BTF that does not speak of a debug file answers by itself, whatever is installed on this machine.
            bool isToBeLookedFor = options.Source == SourceChoice.Dwarf || !hasBtf || options.DebugDirectory is not null || SeparateDebugFile.LinkName(elf) is not null;
            debug = isToBeLookedFor ? SeparateDebugFile.Find(elf, path, options.DebugDirectory) : null;
            return debug is null ? null
                : DwarfImage.Find(debug, options.DebugDirectory, path) is { } separate ? new KernelImage(path, content, new DwarfTypeReader(separate), hasBtf, debug.File)
                : throw new InvalidImageException(debug.File.Path, null, null, "has no DWARF (no .debug_info section), and is the file that it was split off into", NoDebugInfoRemedy);
        }
        catch (InvalidImageException e)
        {
            debug?.File.Dispose();

            // Taking the BTF in silence would hide that the better source was there and was not asked.
            throw hasBtf && options.Source == SourceChoice.Auto
                ? new InvalidImageException(e.File, e.Section, e.Offset, e.Problem, $"use --source btf, which this file has, or {e.Remedy}")
                : e;
        }
    }

    private static KernelImage OpenBtf(string path, UnwrappedImage content, Section btf, string? name, int? wordByteSize, bool hasDwarf, ImageOptions options)
    {
        if (!BtfHeader.IsSplit(btf))
        {
            return new KernelImage(path, content, new BtfTypeReader(btf, name, wordByteSize) { MachineScalarAlignment = content.Elf?.Header.LargestScalarAlignment }, hasDwarf);
        }

        BaseKernel? kernel = options.BasePath is { } basePath ? BaseKernel.Open(basePath, content.File.Inputs) : null;
        try
        {
            BtfTypeReader types = kernel is null
                ? BaseKernel.ReadWithFirst(path, content.Release() ?? RunningKernel.ReleaseOf(path), content.File.Inputs, Read, out kernel)
                : Read(kernel.Index);
            content.File.Inputs.Use(kernel.ToInput());
            return new KernelImage(path, content, types, hasDwarf, kernel);
        }
        catch
        {
            kernel?.Dispose();
            throw;
        }

        BtfTypeReader Read(BtfIndex index)
        {
            // A module built out of the kernel's tree is fitted to the kernel; one built in it was made against it.
            Section fitted = content.Elf?.Contents(".BTF.base") is { } distilled
                ? content.File.Own(BtfDistilledBase.Rebase(btf, distilled, index), name, index.Section.IsBigEndian)
                : btf;
            return new BtfTypeReader(fitted, name, wordByteSize, index) { MachineScalarAlignment = content.Elf?.Header.LargestScalarAlignment };
        }
    }

    private static InvalidImageException NoDebugInformation(UnwrappedImage content, SourceChoice choice)
    {
        if (choice == SourceChoice.Btf)
        {
            return new InvalidImageException(content.File.Path, null, null, "has no BTF (no .BTF section)", "use --source dwarf if it has DWARF, or build with CONFIG_DEBUG_INFO_BTF");
        }

        foreach ((string section, string what, string remedy) in s_otherDebugInformation)
        {
            if (content.Elf?.Find(section) is not null)
            {
                return new InvalidImageException(content.File.Path, section, null, $"has its types as {what}, which cannot be read", remedy);
            }
        }

        string missing = choice == SourceChoice.Dwarf ? "has no DWARF (no .debug_info section)" : "has no debug information (neither .debug_info nor .BTF)";
        return new InvalidImageException(
            content.File.Path,
            null,
            null,
            missing,
            SeparateDebugFile.LinkName(content.Elf!) is not { } link ? content.Elf!.Find(".modinfo") is not null && content.Elf.Header.Type == ElfFile.ET_REL ? BareModuleRemedy : NoDebugInfoRemedy
                : link == System.IO.Path.GetFileName(content.File.Path) ? "its debug information was split off into another file of its name, which is not found: name that file, or its directory (--debug-dir DIR)"
                : $"its debug information was split off into {link}, which is not beside it: name that file, or its directory (--debug-dir DIR)");
    }
}

/// <summary>What an image says of itself.</summary>
/// <param name="Format">What it is when it is unpacked: <c>ELF 64-bit little-endian x86-64 executable</c>.</param>
/// <param name="BuildId">The build id in hexadecimal, or null.</param>
/// <param name="Release">The kernel release (<c>uname -r</c>), or null when the image does not tell.</param>
/// <param name="Config">The configuration that it carries (CONFIG_IKCONFIG), by <c>CONFIG_</c> names; or null.</param>
/// <param name="Wrapping">What the file has it packed in, outermost first: <c>bzImage, zstd</c>; empty when in nothing.</param>
public sealed record ImageFacts(string Format, string? BuildId, string? Release, IReadOnlyDictionary<string, string>? Config, string Wrapping)
{
    /// <summary>The format after what it is packed in: <c>bzImage, zstd: ELF 64-bit little-endian x86-64 executable</c>.</summary>
    public string FullFormat => Wrapping.Length == 0 ? Format : $"{Wrapping}: {Format}";
}
