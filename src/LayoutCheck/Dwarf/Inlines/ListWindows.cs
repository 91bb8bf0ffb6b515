using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>
/// Views of the sections with lists and addresses for one thread: the few lists that are read lie all over sections of 100 MB, whose pages need not stay in
/// memory. It counts what is read: lists of many DIEs may be one, so that a small file could cost a lot. Dispose releases the memory.
/// </summary>
/// <param name="image">The file whose sections get a window; others are small.</param>
internal sealed class ListWindows(MappedFile image) : IDisposable
{
    /// <summary>No list is longer, in bytes.</summary>
    public const ulong LongestList = 4 << 20;

    private const int FirstLoad = 4 << 10;

    // A kernel has 30 000 entries of all lists that are wanted.
    private const long MostWork = 1L << 24;

    private readonly Dictionary<Section, SectionWindow> _windows = [];
    private long _work;

    /// <summary>A view that shows the bytes from an offset on. Valid until the next call for the same section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="length">How many bytes are read at most.</param>
    /// <exception cref="InvalidImageException">The offset lies outside of the section.</exception>
    public SectionReader Read(Section section, ulong offset, ulong length = LongestList)
    {
        if (offset >= section.Length)
        {
            throw section.Invalid(offset, $"a list or an address is said to be here, outside of the section (0x{section.Length:x} bytes)");
        }

        ulong end = offset + Math.Min(length, section.Length - offset);
        if (section.File != image || !section.IsMapped)
        {
            return section.ReadRange(offset, end);
        }

        if (!_windows.TryGetValue(section, out SectionWindow? window))
        {
            window = new SectionWindow(section, FirstLoad);
            _windows.Add(section, window);
        }

        window.Seek(offset, end);
        return window.View.ReadRange(offset, end);
    }

    /// <summary>Counts steps of work on a list.</summary>
    /// <exception cref="InvalidImageException">There were too many.</exception>
    public void Spend(Section section, ulong offset, long steps = 1)
    {
        _work += steps;
        if (_work > MostWork)
        {
            throw section.Invalid(
                offset, $"the lists of the inlined calls have more than {MostWork} entries up to here, or are the same ones again and again",
                "the file is damaged, or made to take time: build it again, or check it without --code");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SectionWindow window in _windows.Values)
        {
            window.Dispose();
        }
    }
}
