namespace LayoutCheck.IO;

/// <summary>
/// The number of bytes that may be made of one file: payloads, unpacked, joined and relocated sections, lists of their records, and the same of the files
/// that it refers to, which share the budget. Bytes are never given back. Thread-safe.
/// </summary>
internal sealed class MemoryBudget
{
    // Debug information and kernels are compressed 3 to 10 times, and reading them takes less than their size again.
    private const ulong AlwaysAllowed = 256UL << 20;
    private const ulong LargestRatio = 256;

    // The rest is for lists and copies that are made of the unpacked bytes.
    private const ulong ShareOfUnpacked = 8;

    private readonly Lock _lock = new();
    private ulong _limit;
    private ulong _taken;
    private ulong _unpacked;

    /// <param name="fileLength">The length of the file in bytes, less than 2^56.</param>
    public MemoryBudget(ulong fileLength) => _limit = Math.Max(AlwaysAllowed, fileLength * LargestRatio);

    /// <summary>The whole budget in bytes: 256 MiB or 256 times the size of the files, whichever is more.</summary>
    public ulong Limit
    {
        get
        {
            lock (_lock)
            {
                return _limit;
            }
        }
    }

    /// <summary>The part of the budget for unpacked bytes: an eighth of <see cref="Limit"/>.</summary>
    public ulong UnpackLimit => Limit / ShareOfUnpacked;

    /// <summary>How many bytes may still be unpacked.</summary>
    public ulong UnpackLeft
    {
        get
        {
            lock (_lock)
            {
                return Math.Min(_limit - _taken, (_limit / ShareOfUnpacked) - _unpacked);
            }
        }
    }

    /// <summary>Enlarges the budget by that of a file that the file refers to: there may be thousands of them, so they share one.</summary>
    public void AddFile(ulong fileLength)
    {
        lock (_lock)
        {
            _limit += fileLength * LargestRatio;
        }
    }

    /// <summary>Takes unpacked bytes; if fewer are left, takes those and returns false.</summary>
    public bool TryUnpack(ulong byteSize)
    {
        lock (_lock)
        {
            ulong left = Math.Min(_limit - _taken, (_limit / ShareOfUnpacked) - _unpacked);
            ulong taken = Math.Min(left, byteSize);
            _taken += taken;
            _unpacked += taken;
            return byteSize <= left;
        }
    }

    /// <summary>Takes bytes; if fewer are left, takes none and returns false.</summary>
    /// <param name="byteSize">How many bytes are taken.</param>
    /// <param name="limit">The whole budget, for the error.</param>
    public bool TryTake(ulong byteSize, out ulong limit)
    {
        lock (_lock)
        {
            limit = _limit;
            if (byteSize > _limit - _taken)
            {
                return false;
            }

            _taken += byteSize;
            return true;
        }
    }
}
