using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Archives;

/// <summary>
/// The unpacked bytes of an archive, counted and bounded: all of them together may be no more than <see cref="MemoryBudget.Limit"/>, so that a small file does
/// not keep a machine busy. Owns the stream.
/// </summary>
internal sealed class ArchiveStream : IDisposable
{
    private const ulong ReportedAtOnce = 4 << 20;

    private readonly Section _packed;
    private readonly UnpackStream _stream;
    private readonly OpeningProgress? _progress;
    private readonly string _words;
    private readonly ulong _limit;
    private ulong _reported;

    /// <param name="packed">The packed bytes.</param>
    /// <param name="codec">Their format; null if they are not compressed.</param>
    /// <param name="request">The number of threads, and the receiver of the progress.</param>
    public ArchiveStream(Section packed, ICodec? codec, ArchiveRequest request)
    {
        _packed = packed;
        _limit = codec is null ? ulong.MaxValue : packed.File.Budget.Limit;
        _progress = request.Progress;
        _words = $"reading {Path.GetFileName(packed.File.Path)}";
        _progress?.Report(_words, 0);
        _stream = UnpackStreams.Open(packed, codec, request.Threads);
    }

    /// <summary>How many unpacked bytes have been read or passed.</summary>
    public ulong Offset { get; private set; }

    /// <summary>The error for a problem of the archive.</summary>
    /// <param name="offset">Where it is, in unpacked bytes.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="remedy">What the user can do.</param>
    public InvalidImageException Invalid(ulong? offset, string problem, string remedy = "fetch or build it again") => _packed.Invalid(offset, problem, remedy);

    /// <summary>Reads bytes until the room is full, or the archive ends; returns how many.</summary>
    public int Read(Span<byte> to)
    {
        int filled = 0;
        while (filled < to.Length && _stream.Read(to[filled..]) is > 0 and int count)
        {
            filled += count;
            Count((ulong)count);
        }

        return filled;
    }

    /// <summary>Reads bytes that have to be there.</summary>
    /// <param name="to">The room for them.</param>
    /// <param name="what">What they are, for the error.</param>
    public void ReadExactly(Span<byte> to, string what)
    {
        ulong start = Offset;
        if (Read(to) < to.Length)
        {
            throw EndsIn(what, start);
        }
    }

    /// <summary>Passes bytes that have to be there.</summary>
    /// <param name="count">How many.</param>
    /// <param name="what">What they are, for the error.</param>
    public void Skip(ulong count, string what)
    {
        ulong start = Offset;
        for (ulong left = count; left > 0;)
        {
            ulong passed = _stream.Skip(left);
            if (passed == 0)
            {
                throw EndsIn(what, start);
            }

            left -= passed;
            Count(passed);
        }
    }

    /// <summary>Passes all that is left, so that damage in it is seen.</summary>
    public void SkipToEnd()
    {
        for (ulong passed; (passed = _stream.Skip(ulong.MaxValue)) > 0;)
        {
            Count(passed);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private InvalidImageException EndsIn(string what, ulong start)
        => Invalid(start, $"the archive ends within {what}", "the file looks truncated: fetch or build it again");

    private void Count(ulong count)
    {
        Offset += count;
        if (Offset > _limit)
        {
            throw Invalid(
                null,
                $"expands to more than the 0x{_limit:x} bytes that a package of its size may",
                "it is damaged or made to exhaust the machine; if it is not, unpack it and name the file in it");
        }

        if (Offset - _reported >= ReportedAtOnce)
        {
            _reported = Offset;
            _progress?.Report(_words, _packed.Length == 0 ? 0 : (double)_stream.PackedPosition / _packed.Length);
        }
    }
}
