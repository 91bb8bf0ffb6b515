using System.Runtime.InteropServices;

namespace LayoutCheck.IO;

/// <summary>
/// Native memory that grows as it is filled: unpacked bytes may be more than an array holds, and a size that a header claims is no reason to allocate.
/// The owner frees it; <see cref="MappedFile"/> owns the buffers that it is given.
/// </summary>
internal sealed unsafe class NativeBuffer : IByteSink, IDisposable
{
    private nuint _capacity;

    /// <summary>The first byte; moves when the buffer grows.</summary>
    public byte* Start { get; private set; }

    /// <summary>The number of filled bytes.</summary>
    public nuint Length { get; private set; }

    /// <summary>The filled bytes; at most 2 GiB.</summary>
    public ReadOnlySpan<byte> Filled => new(Start, checked((int)Length));

    /// <summary>Adds bytes at the end.</summary>
    public void Append(byte* from, nuint length)
    {
        NativeMemory.Copy(from, Room(length, length, out _), length);
        Advance(length);
    }

    /// <summary>Where the next bytes go.</summary>
    /// <param name="atLeast">How much room there must be, in bytes.</param>
    /// <param name="limit">What the buffer is to hold at most, in bytes; it does not grow past that unless <paramref name="atLeast"/> asks for it.</param>
    /// <param name="room">How much room there is.</param>
    public byte* Room(nuint atLeast, ulong limit, out nuint room)
    {
        nuint needed = checked(Length + atLeast);
        if (needed > _capacity || Start == null)
        {
            // Doubling bounds the bytes copied by reallocation to the size of the result.
            nuint wanted = (nuint)Math.Min(Math.Max(_capacity * 2, 1 << 16), limit);
            _capacity = Math.Max(Math.Max(wanted, needed), 1);
            Start = (byte*)NativeMemory.Realloc(Start, _capacity);
        }

        room = _capacity - Length;
        return Start + Length;
    }

    /// <summary>Forgets the bytes, and keeps the memory.</summary>
    public void Clear() => Length = 0;

    /// <summary>Counts bytes that were written to <see cref="Room"/>.</summary>
    public void Advance(nuint count) => Length += count;

    /// <summary>Adds bytes at the end.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(new Span<byte>(Room((nuint)bytes.Length, ulong.MaxValue, out _), bytes.Length));
        Advance((nuint)bytes.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(Start);
        Start = null;
        Length = 0;
        _capacity = 0;
    }
}
