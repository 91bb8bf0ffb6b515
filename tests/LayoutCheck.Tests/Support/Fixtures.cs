using System.Runtime.CompilerServices;

namespace LayoutCheck.Tests.Support;

/// <summary>The files of tests/fixtures, beside these sources wherever the build puts its output.</summary>
internal static class Fixtures
{
    /// <summary>The folder.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "fixtures"));

    /// <summary>The path of a fixture named from the folder: <c>shapes/shapes.raw.btf</c>.</summary>
    public static string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>The names of all fixtures with one of the extensions (with their dot), in ordinal order.</summary>
    public static IEnumerable<string> Names(params string[] extensions) =>
        Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(p => extensions.Contains(Path.GetExtension(p))).Select(p => Path.GetRelativePath(Folder, p)).Order(StringComparer.Ordinal);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
