namespace LayoutCheck.IO;

/// <summary>Takes bytes in the order in which they come: a producer writes them to the room that it is given.</summary>
internal unsafe interface IByteSink
{
    /// <summary>Where the next bytes go, until <see cref="Advance"/>.</summary>
    /// <param name="atLeast">How much room there must be, in bytes.</param>
    /// <param name="limit">What the sink is to take at most in all, in bytes; it does not make room past that unless <paramref name="atLeast"/> asks for it.</param>
    /// <param name="room">How much room there is.</param>
    byte* Room(nuint atLeast, ulong limit, out nuint room);

    /// <summary>Counts bytes that were written to <see cref="Room"/>.</summary>
    void Advance(nuint count);
}
