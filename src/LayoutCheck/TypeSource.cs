using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Dwarf;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.IO;
using LayoutCheck.Lookup;
using LayoutCheck.Types;

namespace LayoutCheck;

/// <summary>Which debug information of an image is read, and the other file that it may need: the one that it was split off into, or the kernel of a module.</summary>
/// <param name="Types">The types in it.</param>
/// <param name="HasOther">Whether the image has the other debug format too.</param>
/// <param name="Companion">The other file, closed with this; or null.</param>
internal sealed record TypeSource(ITypeSource Types, bool HasOther = false, IDisposable? Companion = null) : IDisposable
{
    /// <summary>The file that the debug information was split off into; null if it is in the image itself.</summary>
    public ElfFile? DebugFile { get; init; }

    /// <summary>Opens the debug information of an image; null if it has none of the kinds that were asked for.</summary>
    /// <param name="path">The image's path.</param>
    /// <param name="content">The image, unwrapped; not closed.</param>
    /// <param name="options">The kinds that are asked for, and where other files are.</param>
    /// <exception cref="InvalidImageException">It is damaged or not understood, or a file that it needs is missing.</exception>
    public static TypeSource? Open(string path, UnwrappedImage content, ImageOptions options)
    {
        if (content.Btf is { } blob)
        {
            string what = blob.Name is null ? "raw BTF" : "a bare kernel image with BTF";
            return options.Source == SourceChoice.Dwarf
                ? throw new InvalidImageException(content.File.Path, null, null, $"is {what} and has no DWARF", "use --source btf, or name a vmlinux with DWARF")
                : OpenBtf(path, content, blob, blob.Name, null, false, options);
        }

        if (content.Elf is not { } elf)
        {
            return null;
        }

        if (elf.Header.Type == ElfHeader.ET_CORE)
        {
            // Its memory may contain a packed kernel, which need not be the one that was running.
            throw new InvalidImageException(content.File.Path, null, null, "is a core dump, which has memory and no types", "name the vmlinux of the kernel that it was taken of");
        }

        bool hasBtf = elf.Find(".BTF") is { ByteSize: > 0 };
        if (options.ReadsBpfByBtf && elf.Header.Machine == ElfHeader.EM_BPF)
        {
            options = options with { Source = SourceChoice.Btf };
        }

        if (options.Source != SourceChoice.Btf && OpenDwarf(path, elf, hasBtf, options) is { } dwarf)
        {
            return dwarf;
        }

        bool hasDwarf = options.Source == SourceChoice.Btf && elf.Find(".debug_info") is not null;
        return options.Source != SourceChoice.Dwarf && hasBtf ? OpenBtf(path, content, elf.Contents(".BTF")!, ".BTF", elf.Header.WordByteSize, hasDwarf, options) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => Companion?.Dispose();

    private static TypeSource? OpenDwarf(string path, ElfFile elf, bool hasBtf, ImageOptions options)
    {
        ElfFile? debug = null;
        try
        {
            if (DwarfImage.Find(elf, options.DebugDirectory) is { } dwarf)
            {
                return new TypeSource(new DwarfTypeReader(dwarf), hasBtf);
            }

            // An image with BTF that does not mention a debug file answers by itself, whatever is installed on this machine.
            bool mayBeElsewhere = options.Source == SourceChoice.Dwarf || !hasBtf || options.DebugDirectory is not null || SeparateDebugFile.LinkName(elf) is not null;
            debug = mayBeElsewhere ? SeparateDebugFile.Find(elf, path, options.DebugDirectory) : null;
            return debug is null ? null
                : DwarfImage.Find(debug, options.DebugDirectory, path) is { } separate ? new TypeSource(new DwarfTypeReader(separate), hasBtf, debug.File) { DebugFile = debug }
                : throw DebugInformation.MissingIn(debug);
        }
        catch (InvalidImageException e)
        {
            debug?.File.Dispose();

            // A silent fallback to BTF would hide that the better source is there and was not read.
            throw hasBtf && options.Source == SourceChoice.Auto
                ? new InvalidImageException(e.File, e.Section, e.Offset, e.Problem, $"use --source btf, which this file has, or {e.Remedy}")
                : e;
        }
    }

    /// <summary>Opens BTF, with its kernel where it is a module's.</summary>
    /// <param name="path">The image's path.</param>
    /// <param name="content">The image, unwrapped; not closed.</param>
    /// <param name="btf">The BTF.</param>
    /// <param name="name">The section's name; null for raw BTF.</param>
    /// <param name="wordByteSize">The bytes of an address; null where there is no ELF.</param>
    /// <param name="hasDwarf">Whether the image has DWARF too.</param>
    /// <param name="options">Where other files are.</param>
    /// <exception cref="InvalidImageException">It is damaged or not understood, or its kernel is missing.</exception>
    public static TypeSource OpenBtf(string path, UnwrappedImage content, Section btf, string? name, int? wordByteSize, bool hasDwarf, ImageOptions options)
    {
        ulong? scalarAlignment = content.Elf?.Header.LargestScalarAlignment;
        if (!BtfHeader.IsSplit(btf))
        {
            return new TypeSource(new BtfTypeReader(btf, name, wordByteSize) { MachineScalarAlignment = scalarAlignment }, hasDwarf);
        }

        InputFiles inputs = content.File.Inputs;
        Func<string, InputFiles, BaseKernel>? open = options.Kernels is { } kernels ? kernels.Take : null;
        (BaseKernel kernel, BtfTypeReader types) = options.BasePath is { } basePath
            ? BaseKernel.OpenFor(basePath, inputs, Read, open)
            : BaseKernel.Find(path, content.Release() ?? RunningKernel.ReleaseOf(path), inputs, Read, options.LikelyBasePath, open);
        inputs.Use(kernel.ToInput());
        return new TypeSource(types, hasDwarf, kernel);

        BtfTypeReader Read(BtfIndex index)
        {
            // A module that was built outside of the kernel's tree is fitted to the kernel; one that was built in it continues its BTF as it is.
            Section fitted = content.Elf?.Contents(".BTF.base") is { } distilled
                ? content.File.Own(BtfDistilledBase.Rebase(btf, distilled, index), name, index.Section.IsBigEndian)
                : btf;
            return new BtfTypeReader(fitted, name, wordByteSize, index) { MachineScalarAlignment = scalarAlignment };
        }
    }
}
