using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.Lookup;

namespace LayoutCheck.Dwarf.Split;

/// <summary>The DWARF of an image with the files that it refers to: the supplementary file, and the .dwo files or the package of its split units.</summary>
internal sealed class DwarfImage
{
    private readonly SplitUnits? _splits;

    private DwarfImage(DwarfSections sections, SplitUnits? splits)
    {
        Sections = sections;
        _splits = splits;
    }

    /// <summary>The sections of the image itself.</summary>
    public DwarfSections Sections { get; }

    /// <summary>The supplementary file; null if there is none.</summary>
    public DwarfSections? Supplement => Sections.Supplement;

    /// <summary>The DWARF of a file, or null if it has none. A .dwo file is read by itself: its types are complete.</summary>
    /// <param name="elf">The file.</param>
    /// <param name="debugDirectory">A directory to search for the files that it refers to, or null.</param>
    /// <param name="imagePath">The stripped image, if <paramref name="elf"/> is its separate debug file.</param>
    /// <exception cref="InvalidImageException">It has DWARF in a form that cannot be read, or a file is missing.</exception>
    public static DwarfImage? Find(ElfFile elf, string? debugDirectory = null, string? imagePath = null)
    {
        if (DwarfSections.Find(elf, () => SupplementaryFile.Open(elf, debugDirectory, ReadSupplement)) is { } sections)
        {
            return new DwarfImage(sections, new SplitUnits(sections, debugDirectory, imagePath));
        }

        if (DwarfPackage.Is(elf))
        {
            throw new InvalidImageException(
                elf.File.Path, ".debug_cu_index", null, "is a package of split DWARF (.dwp), which has types for an image and is read with it",
                "name the image, with this file beside it under the image's name with .dwp behind");
        }

        return DwarfSections.FindSplit(elf, isKept: true) is { } split ? new DwarfImage(split, null) : null;
    }

    /// <summary>Opens the split unit of a skeleton.</summary>
    /// <param name="file">The file of the skeleton.</param>
    /// <param name="skeleton">Its header.</param>
    /// <param name="root">Its root DIE.</param>
    /// <exception cref="InvalidImageException">It is missing, or its id differs.</exception>
    public SplitUnit OpenSplit(DwarfSections file, in UnitHeader skeleton, in UnitRoot root) => file == Sections && _splits is { } splits
        ? splits.Open(skeleton, root)
        : throw file.Info.Invalid(skeleton.Offset, "split DWARF in a file that others refer to, which cannot be read");

    /// <summary>A type unit of the package by its number; null past the last one, or if the package has no unit of the image.</summary>
    public (DwarfSections File, UnitHeader Unit)? PackagedTypeUnit(int number) => _splits?.PackagedTypeUnit(number);

    private static DwarfSections ReadSupplement(ElfFile elf)
        => DwarfSections.Find(elf) ?? throw new InvalidImageException(elf.File.Path, null, null, "has no DWARF (no .debug_info section), and another file refers to it");
}
