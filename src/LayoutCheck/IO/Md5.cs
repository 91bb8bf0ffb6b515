using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace LayoutCheck.IO;

/// <summary>MD5 (RFC 1321): the sums of Debian's packages. It finds damage and no forgery.</summary>
internal sealed class Md5() : BlockHash([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476], isBigEndian: false)
{
    private static uint F(uint x, uint y, uint z) => z ^ (x & (y ^ z));

    private static uint G(uint x, uint y, uint z) => (x & z) + (y & ~z);

    private static uint H(uint x, uint y, uint z) => x ^ y ^ z;

    private static uint I(uint x, uint y, uint z) => y ^ (x | ~z);

    /// <inheritdoc/>
    // One line for each of the 64 steps: a loop with tables takes twice the time.
    protected override void Mix(ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[16];
        MemoryMarshal.Cast<byte, uint>(block)[..16].CopyTo(w);
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(w, w);
        }

        uint[] state = State;
        (uint a, uint b, uint c, uint d) = (state[0], state[1], state[2], state[3]);
        a = b + BitOperations.RotateLeft(a + F(b, c, d) + w[0] + 0xd76aa478, 7);
        d = a + BitOperations.RotateLeft(d + F(a, b, c) + w[1] + 0xe8c7b756, 12);
        c = d + BitOperations.RotateLeft(c + F(d, a, b) + w[2] + 0x242070db, 17);
        b = c + BitOperations.RotateLeft(b + F(c, d, a) + w[3] + 0xc1bdceee, 22);
        a = b + BitOperations.RotateLeft(a + F(b, c, d) + w[4] + 0xf57c0faf, 7);
        d = a + BitOperations.RotateLeft(d + F(a, b, c) + w[5] + 0x4787c62a, 12);
        c = d + BitOperations.RotateLeft(c + F(d, a, b) + w[6] + 0xa8304613, 17);
        b = c + BitOperations.RotateLeft(b + F(c, d, a) + w[7] + 0xfd469501, 22);
        a = b + BitOperations.RotateLeft(a + F(b, c, d) + w[8] + 0x698098d8, 7);
        d = a + BitOperations.RotateLeft(d + F(a, b, c) + w[9] + 0x8b44f7af, 12);
        c = d + BitOperations.RotateLeft(c + F(d, a, b) + w[10] + 0xffff5bb1, 17);
        b = c + BitOperations.RotateLeft(b + F(c, d, a) + w[11] + 0x895cd7be, 22);
        a = b + BitOperations.RotateLeft(a + F(b, c, d) + w[12] + 0x6b901122, 7);
        d = a + BitOperations.RotateLeft(d + F(a, b, c) + w[13] + 0xfd987193, 12);
        c = d + BitOperations.RotateLeft(c + F(d, a, b) + w[14] + 0xa679438e, 17);
        b = c + BitOperations.RotateLeft(b + F(c, d, a) + w[15] + 0x49b40821, 22);
        a = b + BitOperations.RotateLeft(a + G(b, c, d) + w[1] + 0xf61e2562, 5);
        d = a + BitOperations.RotateLeft(d + G(a, b, c) + w[6] + 0xc040b340, 9);
        c = d + BitOperations.RotateLeft(c + G(d, a, b) + w[11] + 0x265e5a51, 14);
        b = c + BitOperations.RotateLeft(b + G(c, d, a) + w[0] + 0xe9b6c7aa, 20);
        a = b + BitOperations.RotateLeft(a + G(b, c, d) + w[5] + 0xd62f105d, 5);
        d = a + BitOperations.RotateLeft(d + G(a, b, c) + w[10] + 0x02441453, 9);
        c = d + BitOperations.RotateLeft(c + G(d, a, b) + w[15] + 0xd8a1e681, 14);
        b = c + BitOperations.RotateLeft(b + G(c, d, a) + w[4] + 0xe7d3fbc8, 20);
        a = b + BitOperations.RotateLeft(a + G(b, c, d) + w[9] + 0x21e1cde6, 5);
        d = a + BitOperations.RotateLeft(d + G(a, b, c) + w[14] + 0xc33707d6, 9);
        c = d + BitOperations.RotateLeft(c + G(d, a, b) + w[3] + 0xf4d50d87, 14);
        b = c + BitOperations.RotateLeft(b + G(c, d, a) + w[8] + 0x455a14ed, 20);
        a = b + BitOperations.RotateLeft(a + G(b, c, d) + w[13] + 0xa9e3e905, 5);
        d = a + BitOperations.RotateLeft(d + G(a, b, c) + w[2] + 0xfcefa3f8, 9);
        c = d + BitOperations.RotateLeft(c + G(d, a, b) + w[7] + 0x676f02d9, 14);
        b = c + BitOperations.RotateLeft(b + G(c, d, a) + w[12] + 0x8d2a4c8a, 20);
        a = b + BitOperations.RotateLeft(a + H(b, c, d) + w[5] + 0xfffa3942, 4);
        d = a + BitOperations.RotateLeft(d + H(a, b, c) + w[8] + 0x8771f681, 11);
        c = d + BitOperations.RotateLeft(c + H(d, a, b) + w[11] + 0x6d9d6122, 16);
        b = c + BitOperations.RotateLeft(b + H(c, d, a) + w[14] + 0xfde5380c, 23);
        a = b + BitOperations.RotateLeft(a + H(b, c, d) + w[1] + 0xa4beea44, 4);
        d = a + BitOperations.RotateLeft(d + H(a, b, c) + w[4] + 0x4bdecfa9, 11);
        c = d + BitOperations.RotateLeft(c + H(d, a, b) + w[7] + 0xf6bb4b60, 16);
        b = c + BitOperations.RotateLeft(b + H(c, d, a) + w[10] + 0xbebfbc70, 23);
        a = b + BitOperations.RotateLeft(a + H(b, c, d) + w[13] + 0x289b7ec6, 4);
        d = a + BitOperations.RotateLeft(d + H(a, b, c) + w[0] + 0xeaa127fa, 11);
        c = d + BitOperations.RotateLeft(c + H(d, a, b) + w[3] + 0xd4ef3085, 16);
        b = c + BitOperations.RotateLeft(b + H(c, d, a) + w[6] + 0x04881d05, 23);
        a = b + BitOperations.RotateLeft(a + H(b, c, d) + w[9] + 0xd9d4d039, 4);
        d = a + BitOperations.RotateLeft(d + H(a, b, c) + w[12] + 0xe6db99e5, 11);
        c = d + BitOperations.RotateLeft(c + H(d, a, b) + w[15] + 0x1fa27cf8, 16);
        b = c + BitOperations.RotateLeft(b + H(c, d, a) + w[2] + 0xc4ac5665, 23);
        a = b + BitOperations.RotateLeft(a + I(b, c, d) + w[0] + 0xf4292244, 6);
        d = a + BitOperations.RotateLeft(d + I(a, b, c) + w[7] + 0x432aff97, 10);
        c = d + BitOperations.RotateLeft(c + I(d, a, b) + w[14] + 0xab9423a7, 15);
        b = c + BitOperations.RotateLeft(b + I(c, d, a) + w[5] + 0xfc93a039, 21);
        a = b + BitOperations.RotateLeft(a + I(b, c, d) + w[12] + 0x655b59c3, 6);
        d = a + BitOperations.RotateLeft(d + I(a, b, c) + w[3] + 0x8f0ccc92, 10);
        c = d + BitOperations.RotateLeft(c + I(d, a, b) + w[10] + 0xffeff47d, 15);
        b = c + BitOperations.RotateLeft(b + I(c, d, a) + w[1] + 0x85845dd1, 21);
        a = b + BitOperations.RotateLeft(a + I(b, c, d) + w[8] + 0x6fa87e4f, 6);
        d = a + BitOperations.RotateLeft(d + I(a, b, c) + w[15] + 0xfe2ce6e0, 10);
        c = d + BitOperations.RotateLeft(c + I(d, a, b) + w[6] + 0xa3014314, 15);
        b = c + BitOperations.RotateLeft(b + I(c, d, a) + w[13] + 0x4e0811a1, 21);
        a = b + BitOperations.RotateLeft(a + I(b, c, d) + w[4] + 0xf7537e82, 6);
        d = a + BitOperations.RotateLeft(d + I(a, b, c) + w[11] + 0xbd3af235, 10);
        c = d + BitOperations.RotateLeft(c + I(d, a, b) + w[2] + 0x2ad7d2bb, 15);
        b = c + BitOperations.RotateLeft(b + I(c, d, a) + w[9] + 0xeb86d391, 21);
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }
}
