using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>Unpacked bytes, bounded by a limit and by the file's budget; the buffer grows as bytes arrive, never because a header says so.</summary>
/// <param name="source">The compressed bytes.</param>
/// <param name="limit">The most bytes that may be unpacked.</param>
/// <param name="errors">The refusals of the source.</param>
internal sealed unsafe class UnpackOutput(Section source, ulong limit, UnpackErrors errors)
{
    /// <summary>The bytes; the caller of the codec frees them.</summary>
    public NativeBuffer Buffer { get; } = new();

    /// <summary>The refusals of the source.</summary>
    public UnpackErrors Errors => errors;

    /// <summary>How many bytes may still arrive: one more than the limit, so that a stream that exceeds it shows.</summary>
    public nuint Left => (nuint)(limit + 1 - Buffer.Length);

    /// <summary>Room for the next bytes, of at least that size; <paramref name="size"/> is never more than <see cref="Left"/>.</summary>
    public byte* Room(nuint atLeast, out nuint size)
    {
        byte* room = Buffer.Room(atLeast, limit + 1, out size);
        size = Math.Min(size, Left);
        return room;
    }

    /// <summary>Counts bytes that were written to <see cref="Room"/>.</summary>
    /// <exception cref="InvalidImageException">There are more than may be.</exception>
    public void Advance(nuint count)
    {
        Buffer.Advance(count);
        // Other threads may take from the same budget.
        if (!source.File.Budget.TryUnpack(count) || Buffer.Length > limit)
        {
            throw TooLarge();
        }
    }

    /// <summary>The refusal of a stream that exceeds the limit.</summary>
    public InvalidImageException TooLarge() => errors.TooLarge(limit);
}
