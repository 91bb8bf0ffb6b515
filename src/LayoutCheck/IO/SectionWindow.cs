using LayoutCheck.Core;

namespace LayoutCheck.IO;

/// <summary>
/// A movable view of a section for one thread: it copies a part of the file into a buffer, on demand. Hot: a scan reads a tenth of a kernel's units, and
/// page faults of a mapping cost more than the copy (how much more depends on the machine; where they are cheap, so is a copy of so little). Sections that
/// are in memory already, and parts that are too large to copy, are shown in place.
/// </summary>
internal sealed unsafe class SectionWindow : ISectionLoader, IDisposable
{
    // The size of the buffer for parts of unknown length; pages of it are touched as they are filled.
    private const nuint LargestSection = 64 << 20;

    // The largest part of known length that is copied: a compile unit of a kernel has some hundred kilobytes.
    private const nuint LargestPart = 4 << 20;

    // A seek within the loaded bytes needs so many behind it to load nothing.
    private const nuint Ahead = 4 << 10;

    private readonly nuint _firstLoad;
    private readonly Section _whole;
    private readonly bool _canCopy;
    private ScratchBuffer? _memory;
    private nuint _room;
    private byte* _buffer;
    private ulong _from;
    private nuint _size;
    private nuint _filled;
    private int _completePartsInTurn;

    /// <param name="whole">The section.</param>
    /// <param name="firstLoad">How many bytes of a part the first load reads; each further load doubles what is there.</param>
    public SectionWindow(Section whole, int firstLoad)
    {
        _whole = whole;
        _firstLoad = (nuint)firstLoad;
        _canCopy = whole.IsMapped && (whole.File.Inputs.Disabled & FastPaths.Window) == 0;
        View = new Section(this, whole);
    }

    /// <summary>The section, readable in the part of the last seek; offsets are those of the section.</summary>
    public Section View { get; }

    /// <summary>
    /// Moves to a part of unknown length. The part before may be gone; parts in the order of the file share what was loaded.
    /// </summary>
    public void SeekUnbounded(ulong from)
    {
        bool isLoaded = from >= _from && from + Ahead <= _from + _filled && _filled <= _firstLoad * 2 && _size == _whole.Length - _from;
        if (!isLoaded)
        {
            Show(from, _whole.Length, _whole.Length - from, LargestSection);
        }
    }

    /// <summary>Moves to a part, in bytes from the start of the section. The part before is gone, unless it starts at the same offset.</summary>
    public void Seek(ulong from, ulong to) => Show(from, to, to - from, LargestPart);

    /// <summary>Moves to a part of which the first bytes alone are read, to learn its length.</summary>
    public void SeekHead(ulong from) => Show(from, _whole.Length, Math.Min(_whole.Length - from, _firstLoad), LargestPart);

    private void Show(ulong from, ulong to, ulong size, nuint room)
    {
        if (!_canCopy || size > room)
        {
            View.Rebase(_whole.Start, _whole.Start + _whole.Length, 0, _whole.Length);
            return;
        }

        nuint needed = Math.Min(room, _whole.Length);
        if (_memory is null || _room < needed)
        {
            _memory?.Dispose();
            _memory = new ScratchBuffer(needed);
            _buffer = _memory.Start;
            _room = needed;
            _filled = 0;
        }

        if (from != _from)
        {
            // After two parts that were read to their ends, the next is loaded at once.
            _completePartsInTurn = _filled == _size && _size > _firstLoad ? _completePartsInTurn + 1 : 0;
            _from = from;
            _filled = 0;
        }

        _size = (nuint)size;
        View.Rebase(_buffer - from, _buffer + _filled, from, to);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public byte* Load(byte* to)
    {
        nuint ahead = _completePartsInTurn > 1 && _filled > 0 ? _size : Math.Max(_firstLoad, _filled * 2);
        nuint wanted = Math.Min(_size, Math.Max((nuint)(to - _buffer), ahead));
        if (wanted > _filled)
        {
            _whole.Read(_from + _filled, _buffer + _filled, wanted - _filled);
            _filled = wanted;
        }

        return _buffer + _filled;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
