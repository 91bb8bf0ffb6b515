using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Images;

/// <summary>
/// A compressed kernel in a program that unpacks itself, without a header that says where: every place that looks like the start of a compressed stream is
/// tried, as the kernel's scripts/extract-vmlinux does.
/// </summary>
internal static class PackedKernel
{
    // A magic number of three bytes occurs by chance once in 16 MB.
    private const int MostAttempts = 64;

    /// <summary>The first stream that unpacks to a kernel, as a file that the caller closes; null if there is none.</summary>
    /// <param name="whole">The bytes to search.</param>
    /// <param name="name">The kernel's name in errors.</param>
    /// <exception cref="InvalidImageException">A stream that may be the kernel needs a library that is not installed, or more memory than there is.</exception>
    public static (MappedFile Kernel, ICodec Codec)? Find(Section whole, string name)
    {
        InvalidImageException? missing = null;
        // The attempts share the file's budget: together they unpack no more than one may.
        foreach ((ulong at, ICodec codec) in Candidates(whole).OrderBy(c => c.Offset).Take(MostAttempts))
        {
            Section stream = whole.Part(at, whole.Length - at);
            MappedFile unpacked;
            try
            {
                unpacked = MappedFile.FromUnpacked(name, Decompression.Expand(stream, codec), whole.File);
            }
            catch (InvalidImageException e)
            {
                UnpackErrors errors = Decompression.ErrorsOf(stream, codec);
                bool isOfStream = e.Message != errors.MissingLibrary().Message && e.Message != errors.NoMemory().Message;
                missing ??= isOfStream ? null : e;
                continue;
            }

            if (IsKernel(unpacked))
            {
                return (unpacked, codec);
            }

            unpacked.Dispose();
        }

        return missing is null ? null : throw missing;
    }

    private static List<(ulong Offset, ICodec Codec)> Candidates(Section whole)
    {
        List<(ulong, ICodec)> found = [];
        foreach (ICodec codec in Decompression.Codecs)
        {
            for (ulong from = 1; whole.IndexOf(codec.Magic, from) is { } at && found.Count < MostAttempts * 8; from = at + 1)
            {
                if (codec.IsStart(whole.Part(at, Math.Min(16, whole.Length - at)).Head(16)))
                {
                    found.Add((at, codec));
                }
            }
        }

        return found;
    }

    private static bool IsKernel(MappedFile unpacked) => unpacked.Length >= 64 && (ElfFile.HasMagic(unpacked) || KernelText.Release(unpacked.Whole()) is not null);
}
