namespace LayoutCheck.Elf;

/// <summary>
/// How many bytes may be made of one file that the user named, in all: of what it is packed in, of sections unpacked, joined and relocated, of lists of
/// what is in them, and of the files that it refers to, which share the budget. Nothing is given back. Safe to use from several threads.
/// </summary>
internal sealed class MemoryBudget
{
    // Debug information and kernels are compressed 3 to 10 times, and what is read takes less than its size again. What takes more is made to exhaust
    // memory, or is not worth its risk.
    private const ulong AlwaysAllowed = 256UL << 20;
    private const ulong LargestRatio = 256;

    // The rest is for what is made of the unpacked bytes.
    private const ulong ShareOfUnpacked = 8;

    private readonly Lock _lock = new();
    private ulong _limit;
    private ulong _taken;
    private ulong _unpacked;

    /// <param name="fileLength">The length of the file in bytes, less than 2^56.</param>
    public MemoryBudget(ulong fileLength) => _limit = Math.Max(AlwaysAllowed, fileLength * LargestRatio);

    /// <summary>What may be made in all, in bytes: 256 MiB, or 256 times the file where that is more.</summary>
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

    /// <summary>What may come out of compressed ranges in all, in bytes: an eighth of <see cref="Limit"/>.</summary>
    public ulong UnpackLimit => Limit / ShareOfUnpacked;

    /// <summary>What may still come out of compressed ranges, in bytes.</summary>
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

    /// <summary>Adds what may be made of a file that the file refers to. That one has no budget of its own, for there may be thousands of them.</summary>
    public void AddFile(ulong fileLength)
    {
        lock (_lock)
        {
            _limit += fileLength * LargestRatio;
        }
    }

    /// <summary>Takes what came out of a compressed range; false, and takes all that is left, when it is more than may.</summary>
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

    /// <summary>Takes what is about to be made of a section, in bytes.</summary>
    /// <exception cref="InvalidImageException">It is more than may be made of the file.</exception>
    public void Take(Section section, ulong byteSize)
    {
        lock (_lock)
        {
            if (byteSize > _limit - _taken)
            {
                throw section.Invalid(
                    null, $"takes 0x{byteSize:x} bytes more to be read, and with them more than the 0x{_limit:x} that a file of this size may", "it is damaged, or made to exhaust memory");
            }

            _taken += byteSize;
        }
    }
}
