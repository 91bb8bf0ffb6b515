namespace LayoutCheck.Elf;

/// <summary>
/// Shows one part of a section after another to one thread, as memory of its own that is filled by reading the file, and only as far as
/// somebody reads. Hot: what a scan looks at of a kernel is a tenth of each unit, and to have mapped pages show up costs more than to copy
/// them (by how much depends on the machine; where mapping is cheap, so is copying so little). What is in memory already, and parts that
/// are too large to copy, are shown where they are.
/// </summary>
internal sealed unsafe class SectionWindow : IDisposable
{
    // The largest section of which parts are copied that end nobody knows where; of the memory, what is read is used.
    private const nuint LargestSection = 64 << 20;

    // The largest part of a known end that is copied: a compile unit of a kernel is some hundred kilobytes.
    private const nuint LargestPart = 4 << 20;

    // What is there from a place on must be so much to be opened without fetching more.
    private const nuint Ahead = 4 << 10;

    private readonly nuint _firstFetch;
    private readonly Section _whole;
    private readonly bool _canCopy;
    private FreshMemory? _memory;
    private nuint _room;
    private byte* _buffer;
    private ulong _from;
    private nuint _size;
    private nuint _filled;
    private int _wholeInTurn;

    /// <param name="whole">The section.</param>
    /// <param name="firstFetch">How many bytes of a part are fetched at first; then as many again each time.</param>
    public SectionWindow(Section whole, int firstFetch)
    {
        _whole = whole;
        _firstFetch = (nuint)firstFetch;
        _canCopy = whole.File.CanRead(whole);
        View = new Section(this, whole);
    }

    /// <summary>The section, of which the part that was opened last can be read; offsets are those of the section.</summary>
    public Section View { get; }

    /// <summary>
    /// Moves to a part that starts at a place and ends nobody knows where. What was shown before may no longer be there; parts that are
    /// opened in the order of the file share what was fetched.
    /// </summary>
    public void OpenFrom(ulong from)
    {
        bool isThere = from >= _from && from + Ahead <= _from + _filled && _filled <= _firstFetch * 2 && _size == _whole.Length - _from;
        if (!isThere)
        {
            Show(from, _whole.Length, _whole.Length - from, LargestSection);
        }
    }

    /// <summary>Moves to a part, in bytes from the start of the section. What was shown before is no longer there, but for the same place.</summary>
    public void Open(ulong from, ulong to) => Show(from, to, to - from, LargestPart);

    /// <summary>Moves to a place of which only the first bytes are read, to learn how long the part is that starts there.</summary>
    public void OpenHead(ulong from) => Show(from, _whole.Length, Math.Min(_whole.Length - from, _firstFetch), LargestPart);

    private void Show(ulong from, ulong to, ulong size, nuint room)
    {
        if (!_canCopy || size > room)
        {
            View.MoveTo(_whole.Start, _whole.Start + _whole.Length, 0, _whole.Length);
            return;
        }

        nuint needed = Math.Min(room, _whole.Length);
        if (_memory is null || _room < needed)
        {
            _memory?.Dispose();
            _memory = new FreshMemory(needed);
            _buffer = _memory.Start;
            _room = needed;
            _filled = 0;
        }

        if (from != _from)
        {
            // Who read the last two to their ends will most likely read this one so.
            _wholeInTurn = _filled == _size && _size > _firstFetch ? _wholeInTurn + 1 : 0;
            _from = from;
            _filled = 0;
        }

        _size = (nuint)size;
        View.MoveTo(_buffer - from, _buffer + _filled, from, to);
    }

    /// <summary>Fills the part at least up to a place, if it reaches so far; tells up to where it is filled.</summary>
    internal byte* Fetch(byte* to)
    {
        nuint ahead = _wholeInTurn > 1 && _filled > 0 ? _size : Math.Max(_firstFetch, _filled * 2);
        nuint wanted = Math.Min(_size, Math.Max((nuint)(to - _buffer), ahead));
        if (wanted > _filled)
        {
            _memory!.Prepare(wanted);
            _whole.File.Read(_whole, _from + _filled, _buffer + _filled, wanted - _filled);
            _filled = wanted;
        }

        return _buffer + _filled;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
