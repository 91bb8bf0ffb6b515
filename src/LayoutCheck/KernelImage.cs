using LayoutCheck.Dwarf;
using LayoutCheck.Elf;
using LayoutCheck.Types;

namespace LayoutCheck;

/// <summary>Which debug information the user wants asked.</summary>
public enum SourceChoice
{
    /// <summary>DWARF when there is any, for it has every unit's word, alignment and lines; else BTF.</summary>
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

    /// <summary>Whether it carries both DWARF and BTF.</summary>
    public bool HasOtherSource { get; }

    /// <summary>The file as the user named it.</summary>
    public string Path => _file.Path;

    /// <summary>Opens a file: an ELF image with DWARF or BTF, or a raw BTF blob.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or has not the debug information asked for.</exception>
    public static KernelImage Open(string path, SourceChoice choice = SourceChoice.Auto) => Open(MappedFile.Open(path), choice);

    /// <summary>Opens bytes that are in memory already, under the name that errors will use.</summary>
    /// <exception cref="InvalidImageException">They cannot be read, or have not the debug information asked for.</exception>
    public static KernelImage FromBytes(string name, byte[] bytes, SourceChoice choice = SourceChoice.Auto) => Open(MappedFile.FromBytes(name, bytes), choice);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static KernelImage Open(MappedFile file, SourceChoice choice)
    {
        try
        {
            ElfFile elf = ElfFile.Read(file);
            return new KernelImage(file, elf, new DwarfTypeReader(DwarfSections.Find(elf)!), false);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
