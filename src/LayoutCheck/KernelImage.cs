using System.Collections.Immutable;
using LayoutCheck.Bpf;
using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.Inputs;
using LayoutCheck.IO;
using LayoutCheck.Lookup;
using LayoutCheck.Types;
using LayoutCheck.VmCoreInfo;

namespace LayoutCheck;

/// <summary>An image, opened for questions about its types. It owns its files; answers of <see cref="Types"/> stay valid after it is closed.</summary>
public sealed class KernelImage : IDisposable
{
    private readonly UnwrappedImage _content;
    private readonly TypeSource _source;
    private IReadOnlyList<TypeName>? _suggestedNames;

    private readonly ImageOptions _options;
    private readonly OpenedInput _input;
    private readonly Lazy<ExportedNote?> _exported;
    private bool _ownsContent;

    private KernelImage(OpenedInput input, string path, UnwrappedImage content, TypeSource source, ImageOptions options, bool ownsContent)
    {
        _input = input;
        Path = path;
        _options = options;
        _ownsContent = ownsContent;
        _content = content;
        _source = source;
        _exported = new(() => ReadExported(content));
    }

    /// <summary>The types in its debug information.</summary>
    internal ITypeSource Types => _source.Types;

    /// <summary>The VMCOREINFO that the kernel will write, read from its code; null where there is none, or the machine is another than x86-64 and arm64.</summary>
    internal ExportedNote? Exported => _exported.Value;

    /// <summary>Reads a file with the VMCOREINFO of a dump; the answer then rests on it too.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or has none.</exception>
    internal ExportedNote ReadNote(string path)
    {
        InputFiles inputs = _content.File.Inputs;
        using MappedFile file = MappedFile.Open(path, inputs);
        ExportedNote note = NoteFile.Read(file);
        inputs.Use(new InputFile(FileRole.VmCoreInfo, path, note.Find("BUILD-ID"), note.Find("OSRELEASE")));
        return note;
    }

    /// <summary>The debug information that is read.</summary>
    public SourceKind Source => Types.Kind;

    /// <summary>The machine that it was built for.</summary>
    /// <exception cref="InvalidImageException">The debug information does not tell.</exception>
    public TargetInfo Target => Types.Target;

    /// <summary>Whether it has the other debug format too.</summary>
    public bool HasOtherSource => _source.HasOther;

    /// <summary>The image as an ELF file, and the file that its debug information is in, which is mostly the same; null if it is no ELF file.</summary>
    internal (ElfFile Contents, ElfFile Debug)? Files => _content.Elf is { } elf ? (elf, _source.DebugFile ?? elf) : null;

    /// <summary>The fast paths that are left out.</summary>
    internal FastPaths Disabled => _content.File.Inputs.Disabled;

    /// <summary>The file as the user named it.</summary>
    public string Path { get; }

    /// <summary>The first C definition of a type, reading no further than it must; null when no C unit defines it.</summary>
    /// <param name="name">The type.</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    public TypeDefinition? FindFirst(TypeName name) => Types.FindFirst(name);

    /// <summary>Every C definition of each of the names, in the order asked. Equal definitions are one.</summary>
    /// <param name="names">The types asked for.</param>
    /// <param name="threads">How many threads may work; the answer does not depend on it.</param>
    /// <param name="withPlaces">Whether to read where the types and their members are declared, where that is recorded (not in BTF).</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    public Survey FindAll(IReadOnlyList<TypeName> names, int threads = 1, bool withPlaces = false) => Types.FindAll(names, threads, withPlaces);

    /// <summary>
    /// The names of all structs and unions, each once, in ordinal order, for suggestions. An image with both formats takes them from BTF, which has them in
    /// one place.
    /// </summary>
    /// <exception cref="InvalidImageException">The debug information is damaged or not understood.</exception>
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
                // BTF was not asked for; DWARF has the same names.
            }
        }

        return Types.DefinedNames();
    }

    /// <summary>
    /// Asserts that no file of this image was written to or replaced since it was opened: an answer must not rest on two versions of a file. Called when the
    /// answer is complete, before it is written.
    /// </summary>
    /// <exception cref="InvalidImageException">A file changed.</exception>
    public void RequireUnchanged() => _content.File.Inputs.RequireUnchanged();

    /// <summary>The other files that the answers so far rest on; complete after the last question.</summary>
    public ImmutableArray<InputFile> OtherFiles => _content.File.Inputs.Used();

    /// <summary>The files that the answers so far rest on, the image first; complete after the last question.</summary>
    /// <param name="facts">The result of <see cref="ReadFacts"/>.</param>
    public ImmutableArray<InputFile> FilesUsed(ImageFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return [new InputFile(FileRole.Image, Path, facts.BuildId, facts.Release) { Origin = _input.Origin }, .. OtherFiles];
    }

    /// <summary>Remarks on the files for a person, a line each; complete after the last question.</summary>
    public ImmutableArray<string> Notices => _content.File.Inputs.Notices();

    /// <summary>Opens a file: an ELF image with DWARF or BTF, raw BTF, or a packed kernel or module.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or does not have the debug information that was asked for.</exception>
    public static KernelImage Open(string path, SourceChoice choice = SourceChoice.Auto) => Open(path, new ImageOptions(choice));

    /// <summary>Opens a file, with options.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or does not have the debug information that was asked for.</exception>
    public static KernelImage Open(string path, ImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Open(InputResolver.Open(path, options.ToRequest(), options.CreateInputs()), options);
    }

    /// <summary>Opens bytes in memory, under the name that errors use. The array must not change while the image is open.</summary>
    /// <exception cref="InvalidImageException">They cannot be read, or do not have the debug information that was asked for.</exception>
    public static KernelImage FromBytes(string name, byte[] bytes, SourceChoice choice = SourceChoice.Auto) => FromBytes(name, bytes, new ImageOptions(choice));

    /// <summary>Opens bytes in memory, with options.</summary>
    internal static KernelImage FromBytes(string name, byte[] bytes, ImageOptions options)
        => Open(new OpenedInput(PackageInput.Unpack(MappedFile.FromBytes(name, bytes, options.CreateInputs()), options.ToRequest())), options);

    /// <summary>Whether it is a BPF object: code for a kernel, with the types that it was compiled with.</summary>
    public bool IsBpfObject => _content.Elf is { Header.Machine: ElfHeader.EM_BPF };

    /// <summary>The relocations of a BPF object.</summary>
    /// <exception cref="InvalidImageException">They are damaged, or the object is not read by its BTF.</exception>
    internal BpfObject ReadBpfObject() => _content.Elf is { } elf && Types is BtfTypeReader btf ? BpfObject.Read(elf, btf.Index)
        : throw new InvalidImageException(Path, null, null, "is a BPF object, and its BTF is not read", "use --source btf");

    /// <summary>The image's description of itself.</summary>
    /// <exception cref="InvalidImageException">A section that has it is damaged.</exception>
    public ImageFacts ReadFacts()
    {
        string format = _content.Elf is { } elf ? elf.Header.Describe() : _content.Btf is { } btf ? btf.Name is null ? "raw BTF" : "BTF" : "kernel image";
        string? buildId = _content.Elf?.BuildId() ?? _input.AskedBuildId;
        return new ImageFacts(format, buildId, ReadRelease(), ReadConfig(), _content.Wrapping)
        {
            IsBuildIdAsked = _input.AskedBuildId is not null,
            Machine = _content.Elf?.Header.Machine,
            MachineName = _content.Elf?.Header.MachineName,
            Bits = _content.Elf?.Header.WordByteSize * 8,
            IsBigEndian = _content.Elf?.Header.IsBigEndian ?? _content.Btf is { IsBigEndian: true },
            ContentHash = _options.HashesContent && buildId is null ? FileHash.Of(Path, _content.File.Inputs) : null,
        };
    }

    /// <summary>The kernel release (<c>uname -r</c>), or null if the image does not contain it.</summary>
    /// <exception cref="InvalidImageException">The section that has it is damaged.</exception>
    public string? ReadRelease() => _content.Release() ?? RunningKernel.ReleaseOf(Path);

    /// <summary>
    /// The kernel's configuration, by <c>CONFIG_</c> names: the one in the image (CONFIG_IKCONFIG), else that of its build tree or package, where a folder or a release
    /// was named; null if there is none.
    /// </summary>
    /// <exception cref="InvalidImageException">That in the image is damaged.</exception>
    public IReadOnlyDictionary<string, string>? ReadConfig()
    {
        IReadOnlyDictionary<string, string>? own = _content.Text() is { } text ? KernelText.Config(text) : null;
        return _input.Found?.Configuration is { } beside ? ReadConfigBeside(beside, own) : own;
    }

    private IReadOnlyDictionary<string, string>? ReadConfigBeside(ConfigurationFile beside, IReadOnlyDictionary<string, string>? own)
    {
        InputFiles inputs = _content.File.Inputs;
        ReadConfiguration read = beside.Read(ReadRelease(), own is null ? inputs : new InputFiles());
        if (own is not null)
        {
            if (read.Options is not null && ConfigurationText.CountDifferences(own, read.Options) is > 0 and int count)
            {
                inputs.Note($"the configuration {read.Path} is not used: {Printable.Count((ulong)count, "option")} of it differ from the one in the kernel (IKCONFIG)");
            }

            return own;
        }

        foreach (string notice in read.Notices)
        {
            inputs.Note(notice);
        }

        if (read.Path is { } path)
        {
            inputs.Use(new InputFile(FileRole.Configuration, path, null, null));
        }

        return read.Options;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsContent)
        {
            _content.Dispose();
        }

        _source.Dispose();
    }

    /// <summary>Opens the same content by one of its debug formats, without reading a pipe or a package again.</summary>
    /// <param name="source">The format.</param>
    /// <returns>An image that is closed before this one.</returns>
    /// <exception cref="InvalidImageException">It does not have that format, or is damaged.</exception>
    public KernelImage OpenAs(SourceChoice source)
    {
        ImageOptions options = _options with { Source = source };
        TypeSource opened = TypeSource.Open(Path, _content, options) ?? FetchedSource.Open(Path, _content, options) ?? throw DebugInformation.Missing(_content, options);
        return new KernelImage(_input, Path, _content, opened, options, ownsContent: false);
    }

    /// <summary>The same by its other debug format, in place of this image, which is closed.</summary>
    /// <param name="source">The format.</param>
    /// <exception cref="InvalidImageException">It does not have that format, or is damaged.</exception>
    internal KernelImage ChangeTo(SourceChoice source)
    {
        KernelImage changed = OpenAs(source);
        (changed._ownsContent, _ownsContent) = (_ownsContent, false);
        Dispose();
        return changed;
    }

    private static KernelImage Open(OpenedInput input, ImageOptions options)
    {
        string path = input.File.Path;
        UnwrappedImage content = UnwrappedImage.Open(input.File, options.TakesExported && options.Source == SourceChoice.Auto);
        try
        {
            while (true)
            {
                RequireRelease(input.Found?.Release, content);
                if (TypeSource.Open(path, content, options) is { } source)
                {
                    return new KernelImage(input, path, content, source, options, ownsContent: true);
                }

                if (content.OpenInner() is not { } inner)
                {
                    TypeSource fetched = FetchedSource.Open(path, content, options) ?? WithoutTypes(content, options);
                    return new KernelImage(input, path, content, fetched, options, ownsContent: true);
                }

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

    // What the code exports is little beside debug information, and more than nothing.
    private static TypeSource WithoutTypes(UnwrappedImage content, ImageOptions options)
    {
        InvalidImageException missing = DebugInformation.Missing(content, options);
        if (!options.TakesExported || options.Source != SourceChoice.Auto || ReadExported(content) is not { } note)
        {
            throw missing;
        }

        content.File.Inputs.Note($"{missing.File}: {missing.Problem}: only what its code exports in VMCOREINFO is checked, which is not where pgmap lies; to check all, {missing.Remedy}");
        return new TypeSource(new UntypedSource(note));
    }

    private static ExportedNote? ReadExported(UnwrappedImage content)
        => CodeImage.Of(content) is { } code ? VmCoreInfoReader.Read(code, content.Elf?.BuildId()) : null;

    // A file with the name of a release may have been put there by hand.
    private static void RequireRelease(string? release, UnwrappedImage content)
    {
        if (release is not null && content.Release() is { } theirs && theirs != release)
        {
            throw new InvalidImageException(content.File.Path, null, null, $"is of release {theirs}, and lies where a kernel of release {release} is installed", "name the vmlinux of that release, or install its package again");
        }
    }
}
