using LayoutCheck.Core;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.IO;

/// <summary>The hash of a file's bytes, as <c>sha256sum</c> prints it.</summary>
internal static class FileHash
{
    private const int PortionByteSize = 1 << 18;

    /// <summary>SHA-256 of a file that was opened before, in hexadecimal; null of bytes in memory. Reads it again in portions, none of which stays in memory.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="inputs">The files that were opened for the same image.</param>
    /// <exception cref="InvalidImageException">It changed meanwhile, or cannot be read.</exception>
    public static string? Of(string path, InputFiles inputs)
    {
        if (!inputs.Has(path))
        {
            return null;
        }

        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            inputs.Add(path, FileState.Of(file));
            Sha256 hash = new();
            byte[] portion = new byte[PortionByteSize];
            long at = 0;
            int count;
            while ((count = RandomAccess.Read(file, portion, at)) > 0)
            {
                hash.Append(portion.AsSpan(0, count));
                at += count;
            }

            return Convert.ToHexStringLower(hash.Finish());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidImageException(path, null, null, $"cannot be read again for its hash ({e.Message})");
        }
    }
}
