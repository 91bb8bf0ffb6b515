using System.Text;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Images;

/// <summary>Texts in the read-only data of a kernel: its release, and its configuration if it was built with CONFIG_IKCONFIG.</summary>
internal static class KernelText
{
    // 13 000 options are 300 KB.
    private const ulong LargestConfig = 4 << 20;
    private const int LongestRelease = 256;

    /// <summary>
    /// The release (<c>uname -r</c>) in linux_banner (init/version-timestamp.c): <c>Linux version 6.1.0-56-cloud-amd64 (...) ...</c>. A format string
    /// begins the same way, with a % in place of the digit.
    /// </summary>
    public static string? Release(Section data)
    {
        ReadOnlySpan<byte> start = "Linux version "u8;
        for (ulong from = 0; data.IndexOf(start, from) is { } at; from = at + 1)
        {
            if (Word(data, at + (ulong)start.Length) is { } release && char.IsAsciiDigit(release[0]))
            {
                return release;
            }
        }

        return null;
    }

    /// <summary>The release that a module was built for, from .modinfo (include/linux/module.h): <c>vermagic=6.1.0-56-cloud-amd64 SMP ...</c>.</summary>
    public static string? ModuleRelease(Section modinfo)
    {
        ReadOnlySpan<byte> start = "vermagic="u8;
        return modinfo.IndexOf(start) is { } at ? Word(modinfo, at + (ulong)start.Length) : null;
    }

    /// <summary>
    /// The configuration (kernel/configs.c): a gzip stream of the .config behind <c>IKCFG_ST</c>. Options that are not set are <c>n</c>; texts have no quotes.
    /// Null if the kernel does not contain it.
    /// </summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public static IReadOnlyDictionary<string, string>? Config(Section data)
    {
        ReadOnlySpan<byte> start = "IKCFG_ST\u001f"u8;
        if (SectionChunks.FirstIndexOf(data, start) is not { } at)
        {
            return null;
        }

        Section stream = data.Part(at + 8, data.Length - at - 8).As("IKCONFIG", isBigEndian: false);
        if (stream.IndexOf("IKCFG_ED"u8) is not { } end)
        {
            throw stream.Invalid(null, "the configuration that the kernel carries has no end (IKCFG_ED)");
        }

        stream = stream.Part(0, end);
        using MappedFile unpacked = MappedFile.FromUnpacked(data.File.Path, Decompression.Expand(stream, Decompression.Gzip, LargestConfig), data.File);

        // The last four bytes are the size (RFC 1952 §2.3.1). A missing option counts as off, so that none may be lost to damage.
        if (end < 18 || stream.ReadFrom(end - 4).ReadU32() != unpacked.Length)
        {
            throw stream.Invalid(null, "the configuration that the kernel carries is damaged");
        }

        return ConfigurationText.Options(Encoding.UTF8.GetString(unpacked.Whole().Head((int)LargestConfig)));
    }

    private static string? Word(Section data, ulong at)
    {
        ReadOnlySpan<byte> rest = data.Part(at, Math.Min(LongestRelease, data.Length - at)).Head(LongestRelease);
        int length = rest.IndexOfAny((byte)' ', (byte)0);
        return length > 0 ? Encoding.UTF8.GetString(rest[..length]) : null;
    }
}
