using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>The scanners of one thread, one for each file that it reads, all for the same names. Dispose releases their memory.</summary>
/// <param name="image">The image.</param>
/// <param name="wanted">The names, prepared for the image.</param>
/// <param name="otherNames">The names for the other files.</param>
internal sealed class UnitScanners(DwarfImage image, WantedNames wanted, WantedNamesPerFile otherNames) : IDisposable
{
    // A scanner holds the abbreviations of a unit, 40 KB and more. With LTO, many units in sequence are in one file.
    private const int MostSplitScanners = 64;

    private readonly Dictionary<DwarfSections, DieScanner> _splitScanners = [];
    private DieScanner? _supplementScanner;

    /// <summary>The scanner for the image.</summary>
    public DieScanner ForImage { get; } = new(image.Sections, wanted);

    /// <summary>Whether a unit of the image or the supplementary file was walked: its bytes may hold a wanted name.</summary>
    public bool HasWalked => ForImage.HasWalked || _supplementScanner is { HasWalked: true };

    /// <summary>The scanner for a file. One for a split file is valid until the next call.</summary>
    public DieScanner Of(DwarfSections file)
    {
        if (file == image.Sections)
        {
            return ForImage;
        }

        if (file == image.Supplement)
        {
            return _supplementScanner ??= new DieScanner(file, otherNames.In(file));
        }

        if (!_splitScanners.TryGetValue(file, out DieScanner? scanner))
        {
            if (_splitScanners.Count >= MostSplitScanners)
            {
                DisposeSplitScanners();
            }

            scanner = new DieScanner(file, otherNames.In(file));
            _splitScanners.Add(file, scanner);
        }

        return scanner;
    }

    /// <summary>Releases the scanner for a split file that is about to be closed.</summary>
    public void Forget(DwarfSections file)
    {
        if (_splitScanners.Remove(file, out DieScanner? scanner))
        {
            scanner.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForImage.Dispose();
        _supplementScanner?.Dispose();
        DisposeSplitScanners();
    }

    private void DisposeSplitScanners()
    {
        foreach (DieScanner scanner in _splitScanners.Values)
        {
            scanner.Dispose();
        }

        _splitScanners.Clear();
    }
}
