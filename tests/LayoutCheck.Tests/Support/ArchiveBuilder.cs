using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace LayoutCheck.Tests.Support;

/// <summary>Archives and packages, byte by byte: ar, tar, cpio, .deb, .rpm, and streams of gzip, zstd and xz.</summary>
internal static class ArchiveBuilder
{
    /// <summary>A tar archive of its entries, with the two blocks of zeros at the end.</summary>
    public static byte[] Tar(params byte[][] entries) => [.. entries.SelectMany(e => e), .. new byte[1024]];

    /// <summary>An entry of tar: header, contents, padding.</summary>
    public static byte[] TarFile(string name, ReadOnlySpan<byte> contents, char type = '0', string target = "", string? size = null, string magic = "ustar\000", string prefix = "")
    {
        byte[] header = new byte[512];
        Put(header, 0, Encoding.UTF8.GetBytes(name));
        Put(header, 100, "0000644\0"u8);
        Put(header, 108, "0000000\0"u8);
        Put(header, 116, "0000000\0"u8);
        Put(header, 124, Encoding.Latin1.GetBytes(size ?? Convert.ToString(contents.Length, 8).PadLeft(11, '0') + "\0"));
        Put(header, 136, "00000000000\0"u8);
        header[156] = type == '\0' ? (byte)0 : (byte)type;
        Put(header, 157, Encoding.UTF8.GetBytes(target));
        Put(header, 257, Encoding.Latin1.GetBytes(magic));
        Put(header, 345, Encoding.UTF8.GetBytes(prefix));
        return [.. WithSum(header), .. contents, .. new byte[(512 - (contents.Length % 512)) % 512]];
    }

    /// <summary>Writes the sum of a header of tar; of its bytes as signed ones, as old programs do, if asked.</summary>
    public static byte[] WithSum(byte[] header, bool isSigned = false)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = header.Sum(b => isSigned ? (sbyte)b : b);
        Put(header, 148, Encoding.Latin1.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 "));
        return header;
    }

    /// <summary>An extended header of pax.</summary>
    public static byte[] Pax(char type, params (string Key, string Value)[] records)
    {
        StringBuilder text = new();
        foreach ((string key, string value) in records)
        {
            int rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
            int length = rest + 1;
            while (length.ToString(CultureInfo.InvariantCulture).Length + rest != length)
            {
                length++;
            }

            _ = text.Append(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
        }

        return TarFile("pax", Encoding.UTF8.GetBytes(text.ToString()), type);
    }

    /// <summary>An ar archive: deb(5).</summary>
    public static byte[] Ar(params (string Name, byte[] Contents)[] members)
    {
        List<byte> bytes = [.. "!<arch>\n"u8];
        foreach ((string name, byte[] contents) in members)
        {
            bytes.AddRange(Encoding.Latin1.GetBytes($"{name,-16}{"1700000000",-12}{"0",-6}{"0",-6}{"100644",-8}{contents.Length,-10}`\n"));
            bytes.AddRange(contents);
            bytes.AddRange(new byte[contents.Length % 2]);
        }

        return [.. bytes];
    }

    /// <summary>Debian's package.</summary>
    /// <param name="data">data.tar, compressed as the ending says.</param>
    /// <param name="ending">The ending of its name: <c>.zst</c>.</param>
    /// <param name="sums">The file md5sums in control.tar; null for none.</param>
    public static byte[] Deb(byte[] data, string ending = "", string? sums = null)
    {
        byte[] control = sums is null ? Tar(TarFile("./control", "Package: x\n"u8)) : Tar(TarFile("./control", "Package: x\n"u8), TarFile("./md5sums", Encoding.UTF8.GetBytes(sums)));
        return Ar(("debian-binary", "2.0\n"u8.ToArray()), ("control.tar.gz", Gzip(control)), ("data.tar" + ending, data));
    }

    /// <summary>An entry of cpio.</summary>
    public static byte[] CpioFile(string name, ReadOnlySpan<byte> contents, uint mode = 0x81a4, uint links = 1, string magic = "070701", uint? size = null)
    {
        byte[] text = [.. Encoding.UTF8.GetBytes(name), 0];
        string header = string.Create(
            CultureInfo.InvariantCulture,
            $"{magic}{1:x8}{mode:x8}{0:x8}{0:x8}{links:x8}{0:x8}{size ?? (uint)contents.Length:X8}{0:x8}{0:x8}{0:x8}{0:x8}{text.Length:x8}{0:x8}");
        byte[] head = Padded([.. Encoding.Latin1.GetBytes(header), .. text], 4);
        return [.. head, .. Padded(contents.ToArray(), 4)];
    }

    /// <summary>A cpio archive of its entries, with its trailer.</summary>
    public static byte[] Cpio(params byte[][] entries) => [.. entries.SelectMany(e => e), .. CpioFile("TRAILER!!!", [])];

    /// <summary>RPM's package.</summary>
    /// <param name="payload">The cpio archive, compressed.</param>
    /// <param name="files">Directory, name, mode and sum of each listed file.</param>
    /// <param name="format">The format of the payload.</param>
    public static byte[] Rpm(byte[] payload, (string Directory, string Name, ushort Mode, string Sum)[] files, string format = "cpio")
    {
        byte[] lead = new byte[96];
        Put(lead, 0, [0xed, 0xab, 0xee, 0xdb, 3]);
        List<(uint Tag, uint Type, uint Count, byte[] Data)> entries = [(1124, 6, 1, Strings(format))];
        if (files.Length > 0)
        {
            string[] directories = [.. files.Select(f => f.Directory).Distinct()];
            entries.Add((1030, 3, (uint)files.Length, [.. files.SelectMany(f => new[] { (byte)(f.Mode >> 8), (byte)f.Mode })]));
            entries.Add((1035, 8, (uint)files.Length, Strings([.. files.Select(f => f.Sum)])));
            entries.Add((1116, 4, (uint)files.Length, [.. files.SelectMany(f => Big((uint)Array.IndexOf(directories, f.Directory)))]));
            entries.Add((1117, 8, (uint)files.Length, Strings([.. files.Select(f => f.Name)])));
            entries.Add((1118, 8, (uint)directories.Length, Strings(directories)));
        }

        byte[] signatures = RpmHeader([(1000, 4, 1, Big(0))]);
        return [.. lead, .. Padded(signatures, 8), .. RpmHeader(entries), .. payload];
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    public static byte[] Zstd(byte[] bytes)
    {
        using ZstdSharp.Compressor compressor = new(1);
        return compressor.Wrap(bytes).ToArray();
    }

    /// <summary>A frame of zstd that begins with bytes and goes on with zeros: four bytes for each 128 KiB of them (RFC 8878 s3.1.1.2).</summary>
    public static byte[] ZstdBomb(byte[] start, ulong zeros)
    {
        const uint BlockSize = 128 << 10;
        List<byte> bytes = [0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3, .. Little((uint)start.Length << 3)[..3], .. start];
        for (ulong left = zeros / BlockSize; left > 0; left--)
        {
            bytes.AddRange([.. Little((BlockSize << 3) | (1 << 1) | (left == 1 ? 1u : 0u))[..3], 0]);
        }

        return [.. bytes];
    }

    /// <summary>A stream of xz (xz-file-format.txt) of blocks of stored bytes, each with CRC-32.</summary>
    /// <param name="bytes">What is packed.</param>
    /// <param name="blockSize">The most bytes of a block.</param>
    /// <param name="indexError">How many bytes too many the index claims of each block.</param>
    public static byte[] Xz(byte[] bytes, int blockSize = int.MaxValue, int indexError = 0)
    {
        byte[] flags = [0, 1];
        List<byte> stream = [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, .. flags, .. Little(Crc32.HashToUInt32(flags))];
        ByteWriter index = new(isBigEndian: false);
        byte[][] blocks = [.. bytes.Chunk(Math.Min(blockSize, Math.Max(bytes.Length, 1)))];
        _ = index.U8(0).Uleb((ulong)blocks.Length);
        foreach (byte[] block in blocks)
        {
            // Size in words less one; one filter, LZMA2, one byte of properties: a dictionary of 64 KiB.
            byte[] header = [2, 0, 0x21, 1, 8, 0, 0, 0];
            List<byte> data = [.. header, .. Little(Crc32.HashToUInt32(header))];
            foreach (byte[] chunk in block.Chunk(1 << 16))
            {
                data.AddRange([chunk.Length == 0 || data.Count == 12 ? (byte)1 : (byte)2, (byte)((chunk.Length - 1) >> 8), (byte)(chunk.Length - 1), .. chunk]);
            }

            data.Add(0);
            int unpadded = data.Count + 4;
            stream.AddRange([.. Padded([.. data], 4), .. Little(Crc32.HashToUInt32(block))]);
            _ = index.Uleb((ulong)unpadded).Uleb((ulong)(block.Length + indexError));
        }

        byte[] records = Padded(index.ToArray(), 4);
        byte[] footer = [.. Little((uint)(records.Length / 4)), .. flags];
        return [.. stream, .. records, .. Little(Crc32.HashToUInt32(records)), .. Little(Crc32.HashToUInt32(footer)), .. footer, (byte)'Y', (byte)'Z'];
    }

    /// <summary>The sum of contents as md5sums has it, and its line.</summary>
    public static string SumLine(string path, byte[] contents)
    {
        LayoutCheck.IO.Md5 md5 = new();
        md5.Append(contents);
        return $"{Convert.ToHexStringLower(md5.Finish())}  {path}\n";
    }

    private static byte[] RpmHeader(List<(uint Tag, uint Type, uint Count, byte[] Data)> entries)
    {
        List<byte> index = [];
        List<byte> data = [];
        foreach ((uint tag, uint type, uint count, byte[] bytes) in entries)
        {
            data.AddRange(new byte[(4 - (data.Count % 4)) % 4]);
            index.AddRange([.. Big(tag), .. Big(type), .. Big((uint)data.Count), .. Big(count)]);
            data.AddRange(bytes);
        }

        return [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0, .. Big((uint)entries.Count), .. Big((uint)data.Count), .. index, .. data];
    }

    private static byte[] Strings(params string[] texts) => [.. texts.SelectMany(t => (byte[])[.. Encoding.UTF8.GetBytes(t), 0])];

    private static byte[] Padded(byte[] bytes, int multiple) => [.. bytes, .. new byte[(multiple - (bytes.Length % multiple)) % multiple]];

    private static byte[] Little(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Big(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static void Put(byte[] to, int at, ReadOnlySpan<byte> bytes) => bytes.CopyTo(to.AsSpan(at));
}
