using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>
/// The queue of the units that a survey visits, in file order: those of the image, of the supplementary file, and the type units of the package. Safe to use
/// from several threads.
/// </summary>
/// <param name="image">The image.</param>
/// <param name="units">By index, the units of the image to visit; null for all.</param>
internal sealed class UnitQueue(DwarfImage image, bool[]? units = null)
{
    private const int UnitsPerRelease = 256;
    private const ulong KeptBehind = 16 << 20;

    private int _last = -1;
    private ulong _released;

    /// <summary>Takes the next unit. Reads its header through the window that the caller reads the unit through.</summary>
    /// <param name="scanners">The scanners of the calling thread.</param>
    /// <param name="index">The index of the unit.</param>
    /// <param name="file">Its file.</param>
    /// <returns>The unit, or null at the end.</returns>
    /// <exception cref="InvalidImageException">The header, or one before it, is damaged.</exception>
    public UnitHeader? Dequeue(UnitScanners scanners, out int index, out DwarfSections file)
    {
        do
        {
            index = Interlocked.Increment(ref _last);
        }
        while (units is not null && index < units.Length && !units[index]);
        file = image.Sections;
        if (file.Units.At(index, scanners.ForImage.Window) is { } unit)
        {
            if (index % UnitsPerRelease == 0)
            {
                ReleaseBehind(unit.Offset);
            }

            return unit;
        }

        int further = index - file.Units.Count;
        if (image.Supplement is { } supplement)
        {
            file = supplement;
            if (supplement.Units.At(further, scanners.Of(supplement).Window) is { } supplementary)
            {
                return supplementary;
            }

            further -= supplement.Units.Count;
        }

        if (image.PackagedTypeUnit(further) is var (package, typeUnit))
        {
            file = package;
            return typeUnit;
        }

        return null;
    }

    // A survey reads .debug_info once, from front to back. Pages far behind the units in work are released, so that the memory does not grow with the file;
    // the distance is far more than all workers together have open.
    private void ReleaseBehind(ulong offset)
    {
        ulong to = Math.Max(offset, KeptBehind) - KeptBehind;
        ulong from = Interlocked.Exchange(ref _released, to);
        image.Sections.Info.Release(from, to);
    }
}
