using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Lookup;

/// <summary>
/// Finds a file that an image refers to. The candidates of all sources, in the order of preference, are one sequence of paths; a source that fetches files
/// (debuginfod) adds the paths of what it fetched. The candidates are tried until one is the file that is meant.
/// </summary>
internal static class CompanionFinder
{
    /// <summary>Opens a candidate and checks its identity.</summary>
    /// <returns>The file; null if it is another one, for the next candidate to be tried.</returns>
    /// <exception cref="InvalidImageException">It is another one, and no further candidate is to be tried.</exception>
    public delegate T? Attempt<T>(string path)
        where T : class;

    /// <summary>Whether a candidate is there.</summary>
    public static bool Exists(string path) => File.Exists(path);

    /// <summary>The first candidate that is there and is the file that is meant; null if none is.</summary>
    /// <param name="candidates">The paths, best first.</param>
    /// <param name="attempt">Opens a candidate.</param>
    /// <exception cref="InvalidImageException">A candidate is another file, and that is an error.</exception>
    public static T? First<T>(IEnumerable<string> candidates, Attempt<T> attempt)
        where T : class
        => candidates.Distinct(StringComparer.Ordinal).Where(Exists).Select(path => attempt(path)).FirstOrDefault(found => found is not null);

    /// <summary>Opens a file for another file that refers to it, and closes it again if it cannot be read or is not the one that is meant.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="referrer">The file that refers to it.</param>
    /// <param name="read">Reads it and checks its identity.</param>
    /// <exception cref="InvalidImageException">It cannot be opened or read, or is another one.</exception>
    public static T Open<T>(string path, MappedFile referrer, Func<MappedFile, T> read)
    {
        MappedFile file = MappedFile.OpenReferred(path, referrer);
        try
        {
            return read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens an ELF file for another file that refers to it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="referrer">The file that refers to it.</param>
    /// <param name="read">Reads it and checks its identity.</param>
    /// <param name="notElf">The error for a file that is not ELF; null for one that names both files.</param>
    /// <param name="isBigEndian">The byte order that it must have; null for any.</param>
    /// <exception cref="InvalidImageException">It cannot be opened or read, or is another one.</exception>
    public static T OpenElf<T>(string path, MappedFile referrer, Func<ElfFile, T> read, Func<InvalidImageException>? notElf = null, bool? isBigEndian = null)
        => Open(path, referrer, file =>
        {
            if (!ElfFile.HasMagic(file))
            {
                throw notElf?.Invoke() ?? new InvalidImageException(path, null, null, $"is not an ELF file, and {referrer.Path} refers to it");
            }

            ElfFile elf = ElfFile.Read(file);
            return isBigEndian is null || elf.Header.IsBigEndian == isBigEndian
                ? read(elf)
                : throw new InvalidImageException(path, null, null, $"has another byte order than {referrer.Path}, which refers to it");
        });
}
