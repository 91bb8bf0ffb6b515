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
    public static (MappedFile Kernel, CompressionFormat Format)? Find(Section whole, string name)
    {
        InvalidImageException? missing = null;
        // All attempts together may unpack no more than one might: they share the file's budget.
        foreach ((ulong at, CompressionFormat format) in Candidates(whole).OrderBy(c => c.Offset).Take(MostAttempts))
        {
            Section stream = whole.Part(at, whole.Length - at);
            MappedFile unpacked;
            try
            {
                unpacked = MappedFile.FromUnpacked(name, Decompression.Expand(stream, format), whole.File);
            }
            catch (InvalidImageException e)
            {
                bool isOfStream = e.Message != Decompression.MissingLibrary(stream, format).Message && e.Message != Decompression.NoMemory(stream, format).Message;
                missing ??= isOfStream ? null : e;
                continue;
            }

            if (IsKernel(unpacked))
            {
                return (unpacked, format);
            }

            unpacked.Dispose();
        }

        return missing is null ? null : throw missing;
    }

    private static List<(ulong Offset, CompressionFormat Format)> Candidates(Section whole)
    {
        List<(ulong, CompressionFormat)> found = [];
        foreach (byte[] magic in (byte[][])[[0x1f, 0x8b, 8], [0x28, 0xb5, 0x2f, 0xfd], [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], [0x5d, 0, 0], [(byte)'B', (byte)'Z', (byte)'h'], [0x02, 0x21, 0x4c, 0x18], [0x89, (byte)'L', (byte)'Z', (byte)'O']])
        {
            for (ulong from = 1; whole.IndexOf(magic, from) is { } at && found.Count < MostAttempts * 8; from = at + 1)
            {
                if (Decompression.Recognise(whole.Part(at, Math.Min(16, whole.Length - at)).Head(16)) is { } format)
                {
                    found.Add((at, format));
                }
            }
        }

        return found;
    }

    private static bool IsKernel(MappedFile unpacked) => unpacked.Length >= 64 && (ElfFile.HasMagic(unpacked) || KernelText.Release(unpacked.Whole()) is not null);
}
