using LayoutCheck.IO;

namespace LayoutCheck.Archives;

/// <summary>A sum of a file's contents, as a package has it.</summary>
/// <param name="Algorithm">What users call it: MD5, SHA-256.</param>
/// <param name="Hexadecimal">The sum, in small hexadecimal digits.</param>
internal readonly record struct ContentSum(string Algorithm, string Hexadecimal)
{
    private const int Md5Digits = 32;
    private const int Sha256Digits = 64;

    /// <summary>The sum of that many digits; null if that is none that can be computed here.</summary>
    public static ContentSum? Of(string hexadecimal) => hexadecimal.Length switch
    {
        Md5Digits => new ContentSum("MD5", hexadecimal.ToLowerInvariant()),
        Sha256Digits => new ContentSum("SHA-256", hexadecimal.ToLowerInvariant()),
        _ => null,
    };

    /// <summary>A hash of this kind, to add the contents to.</summary>
    public BlockHash NewHash() => Hexadecimal.Length == Md5Digits ? new Md5() : new Sha256();
}

/// <summary>The regular files that a package says it has, before its contents are read.</summary>
/// <param name="Name">What the list is called: <c>md5sums</c>.</param>
internal sealed record PackageList(string Name)
{
    private readonly Dictionary<string, ContentSum?> _sums = new(StringComparer.Ordinal);

    /// <summary>The paths, plain.</summary>
    public IReadOnlyCollection<string> Paths => _sums.Keys;

    /// <summary>Adds a file.</summary>
    public void Add(string path, ContentSum? sum) => _sums[KernelMember.Plain(path)] = sum;

    /// <summary>The sum of a file; null if the list has none that can be computed here.</summary>
    public ContentSum? SumOf(string plainPath) => _sums.GetValueOrDefault(plainPath);
}
