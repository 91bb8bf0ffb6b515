using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.Lookup;

namespace LayoutCheck.Dwarf.Split;

/// <summary>Opens an ELF file that an image refers to, and checks that both are of one byte order.</summary>
internal static class ReferredElf
{
    /// <summary>Opens a file that an image refers to, and closes it again if it cannot be read or is another one.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="image">The DWARF that refers to it.</param>
    /// <param name="read">Reads it and checks its identity.</param>
    /// <exception cref="InvalidImageException">It is not an ELF file, or not one for the same machine.</exception>
    public static T Open<T>(string path, DwarfSections image, Func<ElfFile, T> read) => CompanionFinder.OpenElf(path, image.Info.File, elf => elf.Header.IsBigEndian == image.Info.IsBigEndian
        ? read(elf)
        : throw new InvalidImageException(path, null, null, $"has another byte order than {image.File}, which refers to it"));
}
