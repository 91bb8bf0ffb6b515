using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>Unpacked bytes on their way to a sink, bounded by a limit and by the file's budget: bytes are taken as they arrive, never because a header says so.</summary>
/// <param name="source">The compressed bytes.</param>
/// <param name="limit">The most bytes that may be unpacked.</param>
/// <param name="errors">The refusals of the source.</param>
/// <param name="sink">Takes the bytes; the caller of the codec frees it.</param>
internal sealed unsafe class UnpackOutput(Section source, ulong limit, UnpackErrors errors, IByteSink sink)
{
    private const int ReleasedAtOnce = 4 << 20;

    private ulong _length;
    private ulong _position;
    private byte* _released = source.Start;

    /// <summary>Whether the bytes are kept, so that they are taken from the file's budget; those of a stream pass by.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>How many of the compressed bytes the codec has read; thread-safe.</summary>
    public ulong Position => Volatile.Read(ref _position);

    /// <summary>The refusals of the source.</summary>
    public UnpackErrors Errors => errors;

    /// <summary>How many bytes may still arrive: one more than the limit, so that a stream that exceeds it shows.</summary>
    public nuint Left => (nuint)(limit + 1 - _length);

    /// <summary>Room for the next bytes, of at least that size; <paramref name="size"/> is never more than <see cref="Left"/>.</summary>
    public byte* Room(nuint atLeast, out nuint size)
    {
        byte* room = sink.Room(atLeast, limit + 1, out size);
        size = Math.Min(size, Left);
        return room;
    }

    /// <summary>Counts bytes that were written to <see cref="Room"/>.</summary>
    /// <exception cref="InvalidImageException">There are more than may be.</exception>
    public void Advance(nuint count)
    {
        sink.Advance(count);
        _length += count;
        // Other threads may take from the same budget.
        if ((IsCounted && !source.File.Budget.TryUnpack(count)) || _length > limit)
        {
            throw TooLarge();
        }
    }

    /// <summary>Says that the codec has read the compressed bytes up to an address: their pages no longer count as memory of the process.</summary>
    public void Consumed(byte* upTo)
    {
        Volatile.Write(ref _position, (ulong)(upTo - source.Start));
        if (upTo - _released >= ReleasedAtOnce)
        {
            source.Release(_released, upTo);
            _released = upTo;
        }
    }

    /// <summary>The refusal of a stream that exceeds the limit.</summary>
    public InvalidImageException TooLarge() => errors.TooLarge(limit);
}
