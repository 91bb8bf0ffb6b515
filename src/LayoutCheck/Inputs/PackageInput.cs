using LayoutCheck.Archives;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Inputs;

/// <summary>A file in a package as an image: <c>package!member</c>, or a package by itself, whose kernel is found.</summary>
internal static class PackageInput
{
    /// <summary>The package and the member of the word <c>package!member</c>; null unless the part before a <c>!</c> is a file and the whole is none.</summary>
    public static (string Package, string Member)? Split(string word)
    {
        if (!word.Contains('!', StringComparison.Ordinal) || FileState.Of(word) != default)
        {
            return null;
        }

        for (int at = word.IndexOf('!', StringComparison.Ordinal); at > 0; at = word.IndexOf('!', at + 1))
        {
            if (FileState.Of(word[..at]) != default && at + 1 < word.Length)
            {
                return (word[..at], word[(at + 1)..]);
            }
        }

        return null;
    }

    /// <summary>The file that is asked for, out of a package, which is closed; a file that is no package is given back as it is.</summary>
    /// <param name="file">The file, taken over.</param>
    /// <param name="request">What is asked for.</param>
    /// <exception cref="InvalidImageException">The package is damaged, or has no such file, or several; or a member of what is no package is asked for.</exception>
    public static MappedFile Unpack(MappedFile file, InputRequest request)
    {
        bool isKept = false;
        try
        {
            if (Archive.IsOne(file))
            {
                return Archive.Extract(
                    file, new ArchiveRequest { Member = request.Member, Limits = file.Inputs.Spools, Threads = request.Threads, Progress = request.Progress });
            }

            if (request.Member is not null)
            {
                throw new InvalidImageException(file.Path, null, null, "is neither a package nor a folder, and --member names a file in one", "leave --member out");
            }

            isKept = true;
            return file;
        }
        finally
        {
            if (!isKept)
            {
                file.Dispose();
            }
        }
    }
}
