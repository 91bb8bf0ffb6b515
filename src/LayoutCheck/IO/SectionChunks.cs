using LayoutCheck.Core;

namespace LayoutCheck.IO;

/// <summary>
/// A section in chunks, from front to back. Hot: chunks of a mapped file are read into one buffer, so that a search neither faults in the pages of the
/// section nor counts them as memory of the process (5 to 12 MB for a kernel).
/// </summary>
internal sealed unsafe class SectionChunks : IDisposable
{
    /// <summary>The size of a chunk in bytes, without the overlap.</summary>
    internal const int ChunkSize = 128 << 10;

    private readonly Section _section;
    private readonly int _overlap;
    private readonly ScratchBuffer? _copy;
    private ulong _next;
    private int _length;

    /// <param name="section">The section.</param>
    /// <param name="overlap">How many bytes of the chunk before are shown with each chunk, so that a match across the border is seen.</param>
    public SectionChunks(Section section, int overlap)
    {
        _section = section;
        _overlap = overlap;
        if (section.IsMapped)
        {
            _copy = new ScratchBuffer((nuint)Math.Min((ulong)(overlap + ChunkSize), section.Length));
        }
    }

    /// <summary>The offset of the first of <see cref="Bytes"/>, in bytes from the start of the section.</summary>
    public ulong Offset { get; private set; }

    /// <summary>How many of <see cref="Bytes"/> belong to the chunk before.</summary>
    public int Overlap { get; private set; }

    /// <summary>The chunk, behind its overlap; valid until the next chunk.</summary>
    public ReadOnlySpan<byte> Bytes => new(_copy is null ? _section.Start + Offset : _copy.Start, _length);

    /// <summary>The offset of the first occurrence of a byte sequence, in bytes from the start of the section; or null.</summary>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public static ulong? FirstIndexOf(Section section, ReadOnlySpan<byte> pattern)
    {
        using SectionChunks chunks = new(section, pattern.Length - 1);
        while (chunks.Next())
        {
            if (chunks.Bytes.IndexOf(pattern) is >= 0 and int at)
            {
                return chunks.Offset + (ulong)at;
            }
        }

        return null;
    }

    /// <summary>Moves to the next chunk; false at the end.</summary>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public bool Next()
    {
        if (_next >= _section.Length)
        {
            return false;
        }

        Overlap = (int)Math.Min(_next, (ulong)_overlap);
        Offset = _next - (ulong)Overlap;
        _next = Math.Min(_next + ChunkSize, _section.Length);
        _length = (int)(_next - Offset);
        if (_copy is not null)
        {
            _section.Read(Offset, _copy.Start, (nuint)_length);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _copy?.Dispose();
}
