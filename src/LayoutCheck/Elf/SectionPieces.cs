namespace LayoutCheck.Elf;

/// <summary>
/// Goes through a section from its front to its back, a piece at a time. Hot: of a mapped file the pieces are read into memory that stays in the cache,
/// so that no page of the section need show up.
/// </summary>
internal sealed unsafe class SectionPieces : IDisposable
{
    /// <summary>How long a piece is, in bytes.</summary>
    internal const int PieceSize = 128 << 10;

    private readonly Section _section;
    private readonly int _overlap;
    private readonly FreshMemory? _copy;
    private ulong _next;
    private int _length;

    /// <param name="section">The section.</param>
    /// <param name="overlap">How many bytes before a piece are shown with it: of what is looked for, all but the last may lie there.</param>
    public SectionPieces(Section section, int overlap)
    {
        _section = section;
        _overlap = overlap;
        if (section.File.CanRead(section))
        {
            _copy = new FreshMemory((nuint)Math.Min((ulong)(overlap + PieceSize), section.Length));
        }
    }

    /// <summary>Where what is shown starts, in bytes from the start of the section.</summary>
    public ulong Offset { get; private set; }

    /// <summary>How many of the bytes shown are of the piece before.</summary>
    public int Before { get; private set; }

    /// <summary>What is shown; valid until the next piece.</summary>
    public ReadOnlySpan<byte> Bytes => new(_copy is null ? _section.Start + Offset : _copy.Start, _length);

    /// <summary>Where a run of bytes first is, in bytes from the start of the section; or null.</summary>
    /// <exception cref="InvalidImageException">The file cannot be read any more.</exception>
    public static ulong? FirstIndexOf(Section section, ReadOnlySpan<byte> pattern)
    {
        using SectionPieces pieces = new(section, pattern.Length - 1);
        while (pieces.Next())
        {
            if (pieces.Bytes.IndexOf(pattern) is >= 0 and int at)
            {
                return pieces.Offset + (ulong)at;
            }
        }

        return null;
    }

    /// <summary>Moves to the next piece; false when there is none.</summary>
    /// <exception cref="InvalidImageException">The file cannot be read any more.</exception>
    public bool Next()
    {
        if (_next >= _section.Length)
        {
            return false;
        }

        Before = (int)Math.Min(_next, (ulong)_overlap);
        Offset = _next - (ulong)Before;
        _next = Math.Min(_next + PieceSize, _section.Length);
        _length = (int)(_next - Offset);
        if (_copy is not null)
        {
            _copy.Prepare((nuint)_length);
            _section.File.Read(_section, Offset, _copy.Start, (nuint)_length);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _copy?.Dispose();
}
