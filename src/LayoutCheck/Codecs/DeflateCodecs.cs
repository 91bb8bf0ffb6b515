using System.IO.Compression;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>RFC 1952.</summary>
internal sealed class GzipCodec : ICodec
{
    /// <inheritdoc/>
    public string Name => "gzip";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => [0x1f, 0x8b, 8];

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output) => Inflate.All(source, packed => new GZipStream(packed, CompressionMode.Decompress), output);
}

/// <summary>RFC 1950: compressed sections. It has no magic number, so that no search finds it.</summary>
internal sealed class ZlibCodec : ICodec
{
    /// <inheritdoc/>
    public string Name => "zlib";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => [];

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output) => Inflate.All(source, packed => new ZLibStream(packed, CompressionMode.Decompress), output);
}

/// <summary>The framework's deflate streams.</summary>
file static unsafe class Inflate
{
    public static void All(Section source, Func<Stream, Stream> open, UnpackOutput output)
    {
        using UnmanagedMemoryStream packed = new(source.Start, (long)source.Length);
        using Stream stream = open(packed);
        int count;
        do
        {
            byte* room = output.Room(1, out nuint size);
            count = stream.Read(new Span<byte>(room, (int)Math.Min(size, 1 << 20)));
            output.Consumed(source.Start + packed.Position);
            output.Advance((nuint)count);
        }
        while (count > 0);
    }
}
