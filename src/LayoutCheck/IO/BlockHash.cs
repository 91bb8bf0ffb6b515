using System.Buffers.Binary;

namespace LayoutCheck.IO;

/// <summary>
/// A hash of blocks of 64 bytes whose end is padded with a bit and the length (RFC 1321 §3.1, FIPS 180-4 §5.1.1), in portions. The platform's own ask for
/// OpenSSL, and end the process where there is none.
/// </summary>
/// <param name="state">The words that the first block is mixed into; the hash at the end.</param>
/// <param name="isBigEndian">The byte order of the length and of the hash.</param>
internal abstract class BlockHash(uint[] state, bool isBigEndian)
{
    private const int BlockByteSize = 64;

    private readonly byte[] _block = new byte[BlockByteSize];
    private ulong _byteCount;

    /// <summary>The words that blocks are mixed into.</summary>
    protected uint[] State => state;

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        int held = (int)(_byteCount % BlockByteSize);
        _byteCount += (ulong)bytes.Length;
        if (held > 0)
        {
            int taken = Math.Min(BlockByteSize - held, bytes.Length);
            bytes[..taken].CopyTo(_block.AsSpan(held));
            bytes = bytes[taken..];
            if (held + taken < BlockByteSize)
            {
                return;
            }

            Mix(_block);
        }

        while (bytes.Length >= BlockByteSize)
        {
            Mix(bytes[..BlockByteSize]);
            bytes = bytes[BlockByteSize..];
        }

        bytes.CopyTo(_block);
    }

    /// <summary>The hash of all that was added, four bytes for each word of the state. Nothing can be added afterwards.</summary>
    public byte[] Finish()
    {
        ulong bits = _byteCount * 8;
        int padding = (int)((BlockByteSize + 55 - (_byteCount % BlockByteSize)) % BlockByteSize);
        byte[] end = new byte[1 + padding + sizeof(ulong)];
        end[0] = 0x80;
        BinaryPrimitives.WriteUInt64LittleEndian(end.AsSpan(1 + padding), isBigEndian ? BinaryPrimitives.ReverseEndianness(bits) : bits);
        Append(end);
        byte[] hash = new byte[state.Length * sizeof(uint)];
        for (int i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(hash.AsSpan(i * sizeof(uint)), isBigEndian ? BinaryPrimitives.ReverseEndianness(state[i]) : state[i]);
        }

        return hash;
    }

    /// <summary>Mixes a block of 64 bytes into the state.</summary>
    protected abstract void Mix(ReadOnlySpan<byte> block);
}
