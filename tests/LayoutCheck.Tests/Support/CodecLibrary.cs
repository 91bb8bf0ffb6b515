using System.Runtime.InteropServices;
using LayoutCheck.Core;

namespace LayoutCheck.Tests.Support;

/// <summary>The system's decompressors, which a machine with just the .NET SDK need not have, and which the managed way refuses: a test that needs one is skipped, and says so.</summary>
internal static class CodecLibrary
{
    // By the ending of the fixtures; gzip, zstd and lz4 need none.
    private static readonly Dictionary<string, string> s_libraries = new(StringComparer.Ordinal)
    {
        ["xz"] = "liblzma.so.5",
        ["lzma"] = "liblzma.so.5",
        ["bz2"] = "libbz2.so.1.0",
        ["lzo"] = "liblzo2.so.2",
    };

    /// <summary>The library that unpacks files of this ending and is not here; null when nothing is missing.</summary>
    public static string? Missing(string ending)
        => s_libraries.TryGetValue(ending, out string? library) && !(HostSystem.IsLinux && NativeLibrary.TryLoad(library, out _)) ? library : null;

    /// <summary>Skips the test when the library for an ending is not here.</summary>
    public static void SkipUnlessThereFor(string ending) => Assert.SkipWhen(Missing(ending) is not null, $"{Missing(ending)} is not here");
}
