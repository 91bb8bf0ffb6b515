using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>A compression format: its name, how its streams begin, and how they are unpacked.</summary>
internal interface ICodec
{
    /// <summary>What users call it: <c>zstd</c>.</summary>
    string Name { get; }

    /// <summary>The first bytes of every stream: a search for streams looks for them, and <see cref="IsStart"/> decides.</summary>
    ReadOnlySpan<byte> Magic { get; }

    /// <summary>The library of the system that unpacks it; null if none is needed.</summary>
    SystemLibrary? Library => null;

    /// <summary>Whether a stream begins with these bytes; 16 are enough.</summary>
    bool IsStart(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    /// <summary>Unpacks a stream, and those of the same format that follow it; ignores what else follows, as padding and trailers do.</summary>
    /// <exception cref="Core.InvalidImageException">The stream is damaged, or too large.</exception>
    void Expand(Section source, UnpackOutput output);
}
