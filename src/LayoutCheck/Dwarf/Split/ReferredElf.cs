using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Split;

/// <summary>Reads an ELF file that an image refers to, and checks that both are of one byte order.</summary>
internal static class ReferredElf
{
    /// <summary>Reads a file that an image refers to.</summary>
    /// <exception cref="InvalidImageException">It is not an ELF file, or not one for the same machine.</exception>
    public static ElfFile Read(MappedFile file, DwarfSections image)
    {
        if (!ElfFile.HasMagic(file))
        {
            throw new InvalidImageException(file.Path, null, null, $"is not an ELF file, and {image.File} refers to it");
        }

        ElfFile elf = ElfFile.Read(file);
        return elf.Header.IsBigEndian == image.Info.IsBigEndian
            ? elf
            : throw new InvalidImageException(file.Path, null, null, $"has another byte order than {image.File}, which refers to it");
    }
}
