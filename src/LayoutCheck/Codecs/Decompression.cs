using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>The formats that can be unpacked, and the unpacking of a range into memory of its own.</summary>
internal static class Decompression
{
    /// <summary>Compressed sections; a kernel's configuration.</summary>
    public static readonly ICodec Zlib = new ZlibCodec(), Gzip = new GzipCodec(), Zstd = new ZstdCodec();

    /// <summary>The formats of files and payloads, in the order that a search takes them.</summary>
    public static readonly ICodec[] Codecs = [Gzip, Zstd, new XzCodec(), new LzmaCodec(), new Bzip2Codec(), new Lz4Codec(), new LzoCodec()];

    /// <summary>The format of a stream by its first bytes, or null.</summary>
    public static ICodec? Recognise(ReadOnlySpan<byte> head)
    {
        foreach (ICodec codec in Codecs)
        {
            if (codec.IsStart(head))
            {
                return codec;
            }
        }

        return null;
    }

    /// <summary>Unpacks a range. Unpacked bytes are taken from the file's budget, also those of a range that is refused.</summary>
    /// <param name="source">The compressed bytes.</param>
    /// <param name="codec">Their format.</param>
    /// <param name="limit">The most bytes that may be unpacked, if the file's budget has more.</param>
    /// <returns>The unpacked bytes; the caller frees them.</returns>
    /// <exception cref="InvalidImageException">The bytes are damaged or exceed the limit, there is no memory, or the library for them is not installed.</exception>
    public static NativeBuffer Expand(Section source, ICodec codec, ulong limit = ulong.MaxValue)
    {
        NativeBuffer buffer = new();
        try
        {
            Expand(source, codec, buffer, limit);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Unpacks a range into a sink. Unpacked bytes are taken from the file's budget, also those of a range that is refused.</summary>
    /// <param name="source">The compressed bytes.</param>
    /// <param name="codec">Their format.</param>
    /// <param name="sink">Takes the bytes; not closed.</param>
    /// <param name="limit">The most bytes that may be unpacked, if the file's budget has more.</param>
    /// <exception cref="InvalidImageException">The bytes are damaged or exceed the limit, there is no memory, or the library for them is not installed.</exception>
    public static void Expand(Section source, ICodec codec, IByteSink sink, ulong limit = ulong.MaxValue)
    {
        UnpackErrors errors = ErrorsOf(source, codec);
        UnpackOutput output = new(source, Math.Min(limit, source.File.Budget.UnpackLeft), errors, sink);
        try
        {
            if (!CanUse(codec))
            {
                throw errors.MissingLibrary();
            }

            codec.Expand(source, output);
        }
        catch (Exception e)
        {
            throw errors.Of(e) ?? e;
        }
    }

    /// <summary>Unpacks a range to a file of its own: in memory if it is small, else in a spool.</summary>
    /// <param name="source">The compressed bytes.</param>
    /// <param name="codec">Their format.</param>
    /// <param name="name">What errors call the result.</param>
    /// <param name="mostInMemory">The most bytes that are kept in memory.</param>
    /// <returns>The result, which does not depend on the source's file; the caller closes it.</returns>
    /// <exception cref="InvalidImageException">The bytes are damaged or exceed the limits, there is no memory or no room, or the library for them is not installed.</exception>
    public static MappedFile ExpandToFile(Section source, ICodec codec, string name, ulong mostInMemory)
    {
        using SpillingBuffer buffer = new(name, source.File.Inputs.Spools, mostInMemory);
        Expand(source, codec, buffer);
        return buffer.ToFile(source.File);
    }

    /// <summary>Whether a format may be tried: the system's libraries are called on Linux alone.</summary>
    public static bool CanUse(ICodec codec) => codec.Library is null || HostSystem.IsLinux;

    /// <summary>The refusals of a range in a format.</summary>
    public static UnpackErrors ErrorsOf(Section source, ICodec codec) => new(source, codec.Name, codec.Library);
}
