namespace LayoutCheck.Elf;

/// <summary>
/// Shows one part of a section after another to one thread, as memory of its own that is filled by reading the file, and only as far as
/// somebody reads. Hot: what a scan looks at of a kernel is a tenth of each unit, and to have mapped pages show up costs more than to copy
/// them (by how much depends on the machine; where mapping is cheap, so is copying so little). What is in memory already, and parts that
/// are too large to copy, are shown where they are.
/// </summary>
internal sealed unsafe class SectionWindow : IDisposable
{
    /// <summary>The largest part that is copied, in bytes.</summary>
    public const nuint LargestPart = 4 << 20;

    // A unit's header and its first types; then as much again each time.
    private const nuint FirstFetch = 16 << 10;

    private readonly Section _whole;
    private readonly bool _canCopy;
    private LargePages? _memory;
    private byte* _buffer;
    private ulong _from;
    private nuint _size;
    private nuint _filled;

    public SectionWindow(Section whole)
    {
        _whole = whole;
        _canCopy = whole.File.CanRead(whole);
        View = new Section(this, whole);
    }

    /// <summary>The section, of which the part that was opened last can be read; offsets are those of the section.</summary>
    public Section View { get; }

    /// <summary>Moves to a place of which only the first bytes are read, to learn how much belongs to it.</summary>
    public void OpenAt(ulong from) => Show(from, _whole.Length, Math.Min(_whole.Length - from, FirstFetch));

    /// <summary>Moves to a part, in bytes from the start of the section. What was shown before is no longer there.</summary>
    public void Open(ulong from, ulong to) => Show(from, to, to - from);

    private void Show(ulong from, ulong to, ulong size)
    {
        if (!_canCopy || size > LargestPart)
        {
            View.MoveTo(_whole.Start, _whole.Start + _whole.Length, 0, _whole.Length);
            return;
        }

        if (_memory is null)
        {
            _memory = new LargePages(LargestPart);
            _buffer = _memory.Start;
        }

        if (from != _from)
        {
            _from = from;
            _filled = 0;
        }

        _size = (nuint)size;
        View.MoveTo(_buffer - from, _buffer + _filled, from, to);
    }

    /// <summary>Fills the part at least up to a place, if it reaches so far; tells up to where it is filled.</summary>
    internal byte* Fetch(byte* to)
    {
        nuint wanted = Math.Min(_size, Math.Max((nuint)(to - _buffer), Math.Max(FirstFetch, _filled * 2)));
        if (wanted > _filled)
        {
            _whole.File.Read(_whole, _from + _filled, _buffer + _filled, wanted - _filled);
            _filled = wanted;
        }

        return _buffer + _filled;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
