using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Images;

/// <summary>
/// A compressed kernel inside a program that unpacks itself, where no header says where: found as the kernel's own
/// scripts/extract-vmlinux does, by trying whatever starts like a compressed stream.
/// </summary>
internal static class PackedKernel
{
    // A magic number of three bytes turns up by chance once in 16 MB.
    private const int MostAttempts = 64;

    /// <summary>The first stream that unpacks to a kernel, as a file of its own which the caller closes; null when there is none.</summary>
    /// <param name="whole">Where to look.</param>
    /// <param name="name">What errors about the kernel call it.</param>
    /// <exception cref="InvalidImageException">What starts like the kernel needs a library that is not installed, or more memory than there is.</exception>
    public static (MappedFile Kernel, ICodec Codec)? Find(Section whole, string name)
    {
        InvalidImageException? missing = null;
        // All attempts together may unpack no more than one might: they share the file's budget.
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
