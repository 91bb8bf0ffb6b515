using System.Security.Cryptography;

namespace LayoutCheck.Tests.Support;

/// <summary>
/// What the tests build, as images for the fuzzer to start from: each leads to a branch that no compiler's image does. With
/// <c>LAYOUTCHECK_SAVE_IMAGES=FOLDER</c> they are written there, each once.
/// </summary>
internal static class SavedImages
{
    // Larger ones are there for their size.
    private const int LargestSize = 64 << 10;

    private static readonly string? s_folder = Environment.GetEnvironmentVariable("LAYOUTCHECK_SAVE_IMAGES") is { Length: > 0 } folder ? folder : null;

    /// <summary>The image.</summary>
    public static byte[] Keep(byte[] image)
    {
        if (s_folder is not null && image.Length <= LargestSize)
        {
            _ = Directory.CreateDirectory(s_folder);
            File.WriteAllBytes(Path.Combine(s_folder, Convert.ToHexStringLower(SHA256.HashData(image).AsSpan(0, 8)) + ".elf"), image);
        }

        return image;
    }
}
