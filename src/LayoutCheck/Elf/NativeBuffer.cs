using System.Runtime.InteropServices;

namespace LayoutCheck.Elf;

/// <summary>
/// Memory outside of the managed heap that grows as it is filled: what is unpacked may be larger than an array can be, and what a header
/// claims is not a reason to take memory. Whoever holds it frees it; <see cref="MappedFile"/> does so with those it is given.
/// </summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private nuint _capacity;

    /// <summary>The first byte; moves when the buffer grows.</summary>
    public byte* Start { get; private set; }

    /// <summary>How many bytes are filled.</summary>
    public nuint Length { get; private set; }

    /// <summary>What is filled; no more than 2 GiB.</summary>
    public ReadOnlySpan<byte> Filled => new(Start, checked((int)Length));

    /// <summary>A copy of a range, to be changed.</summary>
    public static NativeBuffer CopyOf(Section section)
    {
        NativeBuffer copy = new();
        NativeMemory.Copy(section.Start, copy.Room(section.Length, section.Length, out _), section.Length);
        copy.Advance(section.Length);
        return copy;
    }

    /// <summary>Adds the bytes of a range.</summary>
    public void Append(Section section)
    {
        NativeMemory.Copy(section.Start, Room(section.Length, ulong.MaxValue, out _), section.Length);
        Advance(section.Length);
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
            // Doubling: what is copied when the memory moves is at most what was unpacked.
            nuint wanted = (nuint)Math.Min(Math.Max(_capacity * 2, 1 << 16), limit);
            _capacity = Math.Max(Math.Max(wanted, needed), 1);
            Start = (byte*)NativeMemory.Realloc(Start, _capacity);
        }

        room = _capacity - Length;
        return Start + Length;
    }

    /// <summary>Says that bytes were written where <see cref="Room"/> told.</summary>
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
