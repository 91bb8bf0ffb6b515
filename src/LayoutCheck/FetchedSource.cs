using LayoutCheck.Core;
using LayoutCheck.Dwarf;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.Inputs;
using LayoutCheck.IO;
using LayoutCheck.Lookup;

namespace LayoutCheck;

/// <summary>The debug information of an image without any, fetched by its build id where the user allows it.</summary>
internal static class FetchedSource
{
    /// <summary>Fetches and opens it; null where nothing may be fetched, or the image has no build id.</summary>
    /// <param name="path">The image's path.</param>
    /// <param name="content">The image, unwrapped; not closed.</param>
    /// <param name="options">What may answer, and whether it may be fetched.</param>
    /// <exception cref="InvalidImageException">It cannot be fetched or read, or is of another build.</exception>
    public static TypeSource? Open(string path, UnwrappedImage content, ImageOptions options)
    {
        if (!options.Debuginfod || content.Elf?.BuildId() is not { } id)
        {
            return null;
        }

        MappedFile image = content.File;
        InputRequest request = options.ToRequest();
        FetchedFile? btf = request.WantsBtf ? Debuginfod.FindBtf(path, id, request.LimitsOf(image.Inputs)) : null;
        if (btf is not null)
        {
            return CompanionFinder.Open(btf.Path, image, file => OpenBtf(file, btf));
        }

        FetchedFile? dwarf = request.WantsDwarf ? Debuginfod.FindDebugInfo(path, id, request.LimitsOf(image.Inputs)) : null;
        return dwarf is null ? throw Debuginfod.NotThere(path, id, FetchedInput.What(request.WantsDwarf, request.WantsBtf))
            : CompanionFinder.Open(dwarf.Path, image, file => OpenDwarf(file, dwarf) ?? throw DebugInformation.MissingIn(ElfFile.Read(file)));

        TypeSource OpenBtf(MappedFile file, FetchedFile fetched)
        {
            Use(file, fetched);
            Section section = fetched.IsSection ? file.Whole(content.Elf.Header.IsBigEndian)
                : ElfFile.Read(file).Contents(".BTF") ?? throw new InvalidImageException(file.Path, null, null, "has no BTF (no .BTF section), and is the debug information that was fetched", "use --source dwarf");
            TypeSource source = TypeSource.OpenBtf(path, content, section, ".BTF", content.Elf.Header.WordByteSize, false, options);
            image.Own(file);
            return source;
        }

        TypeSource? OpenDwarf(MappedFile file, FetchedFile fetched)
        {
            Use(file, fetched);
            ElfFile debug = ElfFile.Read(file);
            return DwarfImage.Find(debug, options.DebugDirectory, path) is { } found
                ? new TypeSource(new DwarfTypeReader(found), content.Elf.Find(".BTF") is { ByteSize: > 0 }, file) { DebugFile = debug }
                : null;
        }

        void Use(MappedFile file, FetchedFile fetched)
        {
            string origin = FetchedInput.Check(file, id, fetched);
            image.Inputs.Note($"{path}: {origin}");
            image.Inputs.Use(new InputFile(FileRole.DebugFile, fetched.Path, fetched.IsSection ? null : id, null) { Origin = origin });
        }
    }
}
