using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Archives;

/// <summary>Packages as inputs: .deb and .ddeb, .rpm, and tar archives, compressed or not. One regular file is taken out; nothing else is written.</summary>
internal static class Archive
{
    // A module is never a package, and thousands of them are opened in one run.
    private static readonly string[] s_moduleEndings = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];

    /// <summary>Whether a file is a package, by its first bytes; of a compressed one, by its first unpacked bytes.</summary>
    public static bool IsOne(MappedFile file)
    {
        Section whole = file.Whole();
        if (DebPackage.IsOne(whole) || RpmPackage.IsOne(whole) || TarHeader.IsFirst(whole.Head(TarHeader.ByteSize)))
        {
            return true;
        }

        return !s_moduleEndings.Any(ending => file.Path.EndsWith(ending, StringComparison.Ordinal))
            && Decompression.Recognise(whole.Head(16)) is { } codec
            && TarHeader.IsFirst(UnpackStreams.Peek(whole, codec, TarHeader.ByteSize));
    }

    /// <summary>Takes a file out of a package, as a file of its own that does not depend on the package's; the caller closes both.</summary>
    /// <param name="package">The package, as <see cref="IsOne"/> tells.</param>
    /// <param name="request">What is asked for.</param>
    /// <exception cref="InvalidImageException">The package is damaged, or has no such file, or several.</exception>
    public static MappedFile Extract(MappedFile package, ArchiveRequest request)
    {
        Section whole = package.Whole();
        Package parts = DebPackage.IsOne(whole) ? DebPackage.Open(whole, request)
            : RpmPackage.IsOne(whole) ? RpmPackage.Open(whole)
            : new Package(whole, Decompression.Recognise(whole.Head(16)), IsCpio: false, List: null);
        using ArchiveStream stream = new(parts.Contents, parts.Codec, request);
        using MemberSearch search = new(package, parts.IsCpio ? new CpioEntries(stream) : new TarEntries(stream), request);
        return search.Run(parts.List);
    }
}
