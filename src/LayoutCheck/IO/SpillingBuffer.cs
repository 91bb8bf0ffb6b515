namespace LayoutCheck.IO;

/// <summary>Bytes in memory, which move to a spool when there are many.</summary>
/// <param name="name">What errors call the bytes.</param>
/// <param name="limits">The limits of the spool.</param>
/// <param name="mostInMemory">The most bytes that are kept in memory.</param>
internal sealed unsafe class SpillingBuffer(string name, SpoolLimits limits, ulong mostInMemory) : IByteSink, IDisposable
{
    private const int ChunkSize = 1 << 20;

    // Owned until ToFile. Once there is a spool: the bytes that are not yet written to it.
    private NativeBuffer? _memory = new();
    private Spool? _spool;

    /// <inheritdoc/>
    public byte* Room(nuint atLeast, ulong limit, out nuint room)
    {
        if (_spool is null && _memory!.Length + atLeast > mostInMemory)
        {
            _spool = Spool.Create(name, limits);
            Flush();
            _memory.Dispose();
        }

        if (_spool is null)
        {
            return _memory!.Room(atLeast, Math.Min(limit, mostInMemory), out room);
        }

        Flush();
        return _memory!.Room(Math.Max(atLeast, ChunkSize), 0, out room);
    }

    /// <inheritdoc/>
    public void Advance(nuint count) => _memory!.Advance(count);

    /// <summary>The bytes as a file, which takes them over.</summary>
    /// <param name="source">The file that they come from, whose inputs and budget it shares.</param>
    /// <exception cref="Core.InvalidImageException">They cannot be mapped.</exception>
    public MappedFile ToFile(MappedFile source)
    {
        if (_spool is { } spool)
        {
            Flush();
            return spool.ToFile(name, source.Inputs, source.Budget);
        }

        NativeBuffer memory = _memory!;
        _ = memory.Room(1, ulong.MaxValue, out _); // a file of no bytes has an address too
        _memory = null;
        return MappedFile.FromUnpacked(name, memory, source);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory?.Dispose();
        _spool?.Dispose();
    }

    private void Flush()
    {
        for (nuint at = 0; at < _memory!.Length;)
        {
            int count = (int)Math.Min(_memory.Length - at, ChunkSize);
            _spool!.Write(new ReadOnlySpan<byte>(_memory.Start + at, count));
            at += (nuint)count;
        }

        _memory.Clear();
    }
}
