using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Split;

/// <summary>The split unit of a skeleton. Dispose closes its file, unless other units share it or <see cref="Keep"/> was called.</summary>
internal sealed class SplitUnit : IDisposable
{
    private readonly DwarfSections _image;
    private MappedFile? _file;

    /// <param name="file">The DWARF that has the unit.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="typeUnits">The type units to read along with it.</param>
    /// <param name="mapped">The file to close; null if it stays open as long as the image.</param>
    /// <param name="image">The image.</param>
    public SplitUnit(DwarfSections file, in UnitHeader unit, UnitHeader[] typeUnits, MappedFile? mapped, DwarfSections image)
    {
        File = file;
        Unit = unit;
        TypeUnits = typeUnits;
        _file = mapped;
        _image = image;
    }

    /// <summary>The .dwo file, or its part of a package.</summary>
    public DwarfSections File { get; }

    /// <summary>The compile unit.</summary>
    public UnitHeader Unit { get; }

    /// <summary>The type units to read along with it: those of the file, with the first of its compile units that the image refers to.</summary>
    public UnitHeader[] TypeUnits { get; }

    /// <summary>The unit and its type units, in reading order.</summary>
    public IEnumerable<UnitHeader> Units => TypeUnits.Prepend(Unit);

    /// <summary>Keeps the file open as long as the image, for a definition that refers to it.</summary>
    public void Keep()
    {
        if (_file is not null)
        {
            _image.Info.File.Own(_file);
            _file = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}
