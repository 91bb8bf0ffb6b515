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
    public void Expand(Section source, UnpackOutput output) => Inflate.All(new GZipStream(Inflate.Open(source), CompressionMode.Decompress), output);
}

/// <summary>RFC 1950: compressed sections. It has no magic number, so that no search finds it.</summary>
internal sealed class ZlibCodec : ICodec
{
    /// <inheritdoc/>
    public string Name => "zlib";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => [];

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output) => Inflate.All(new ZLibStream(Inflate.Open(source), CompressionMode.Decompress), output);
}

/// <summary>The framework's deflate streams.</summary>
file static unsafe class Inflate
{
    public static UnmanagedMemoryStream Open(Section source) => new(source.Start, (long)source.Length);

    public static void All(Stream stream, UnpackOutput output)
    {
        using (stream)
        {
            int count;
            do
            {
                byte* room = output.Room(1, out nuint size);
                count = stream.Read(new Span<byte>(room, (int)Math.Min(size, 1 << 20)));
                output.Advance((nuint)count);
            }
            while (count > 0);
        }
    }
}
