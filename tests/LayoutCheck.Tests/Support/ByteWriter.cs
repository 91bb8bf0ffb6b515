using System.Buffers.Binary;
using System.Text;

namespace LayoutCheck.Tests.Support;

/// <summary>Bytes in a target's byte order, written one value after another; what is not known yet is patched later.</summary>
internal sealed class ByteWriter(bool isBigEndian)
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public ByteWriter U8(ulong value) => Raw((byte)value);

    public ByteWriter U16(ulong value) => Unsigned(value, 2);

    public ByteWriter U32(ulong value) => Unsigned(value, 4);

    public ByteWriter U64(ulong value) => Unsigned(value, 8);

    /// <summary>An unsigned integer of 1 to 8 bytes; 3 bytes for DW_FORM_strx3.</summary>
    public ByteWriter Unsigned(ulong value, int size)
    {
        _bytes.AddRange(Encode(value, size));
        return this;
    }

    /// <summary>An unsigned LEB128; padded with zero groups up to <paramref name="length"/> bytes.</summary>
    public ByteWriter Uleb(ulong value, int length = 1)
    {
        do
        {
            byte part = (byte)(value & 0x7f);
            value >>= 7;
            length--;
            Raw((byte)(value != 0 || length > 0 ? part | 0x80 : part));
        }
        while (value != 0 || length > 0);
        return this;
    }

    /// <summary>A signed LEB128.</summary>
    public ByteWriter Sleb(long value)
    {
        while (value is < -64 or > 63)
        {
            Raw((byte)((value & 0x7f) | 0x80));
            value >>= 7;
        }

        return Raw((byte)(value & 0x7f));
    }

    /// <summary>A zero-terminated string.</summary>
    public ByteWriter Text(string text) => Raw([.. Encoding.UTF8.GetBytes(text), 0]);

    public ByteWriter Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public void Patch(int at, ulong value, int size)
    {
        byte[] encoded = Encode(value, size);
        for (int i = 0; i < size; i++)
        {
            _bytes[at + i] = encoded[i];
        }
    }

    private byte[] Encode(ulong value, int size)
    {
        byte[] whole = new byte[8];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt64BigEndian(whole, value);
            return whole[(8 - size)..];
        }

        BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
        return whole[..size];
    }
}
