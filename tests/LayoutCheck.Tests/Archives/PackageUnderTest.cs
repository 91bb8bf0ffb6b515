using System.Text;
using LayoutCheck.Archives;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Archives;

/// <summary>A package in memory, and what is taken out of it.</summary>
internal static class PackageUnderTest
{
    public const string Name = "p.deb";

    /// <summary>The name of the file that is taken out, without the package's, and its contents as text.</summary>
    public static (string Name, string Contents) Taken(byte[] package, string? member = null, ulong maxSize = SpoolLimits.DefaultMaxSize)
    {
        using MappedFile file = MappedFile.FromBytes(Name, package);
        Assert.True(Archive.IsOne(file));
        using MappedFile taken = Archive.Extract(file, new ArchiveRequest { Member = member, Limits = new SpoolLimits(null, maxSize), Threads = 3 });
        Assert.StartsWith(Name + "!", taken.Path, StringComparison.Ordinal);
        return (taken.Path[(Name.Length + 1)..], Encoding.Latin1.GetString(taken.Whole().Head(int.MaxValue)));
    }

    /// <summary>The refusal of a package.</summary>
    public static InvalidImageException Refused(byte[] package, string? member = null, ulong maxSize = SpoolLimits.DefaultMaxSize)
        => Assert.Throws<InvalidImageException>(() => Taken(package, member, maxSize));

    /// <summary>What happens to bytes that may be damaged: contents, or a refusal; a file that is no package any more is null.</summary>
    public static (string? Contents, InvalidImageException? Refusal)? Outcome(byte[] package, string? member = null)
    {
        using MappedFile file = MappedFile.FromBytes(Name, package);
        if (!Archive.IsOne(file))
        {
            return null;
        }

        try
        {
            using MappedFile taken = Archive.Extract(file, new ArchiveRequest { Member = member, Threads = 2 });
            return (Encoding.Latin1.GetString(taken.Whole().Head(int.MaxValue)), null);
        }
        catch (InvalidImageException e)
        {
            Assert.NotNull(e.Remedy);
            return (null, e);
        }
    }
}
