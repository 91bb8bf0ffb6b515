using System.Globalization;

namespace LayoutCheck.History;

/// <summary>A kernel release as far as histories tell them apart: <c>6.12</c>, <c>6.12.118</c>.</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second number.</param>
/// <param name="Patch">
/// The third number, that of a stable release, or null when it is not told. Distributions write 0 in its place (<c>6.1.0-56-cloud-amd64</c> is Debian's
/// 6.1.192): a 0 tells nothing.
/// </param>
internal readonly record struct KernelRelease(int Major, int Minor, int? Patch)
{
    // No release has more digits in one number.
    private const int MostDigits = 6;

    /// <summary>Reads the numbers that a release begins with (<c>uname -r</c>): <c>6.12.118+deb13-cloud-amd64</c>. Null when it begins otherwise.</summary>
    public static KernelRelease? Read(string? release)
    {
        int at = 0;
        return Number(release, ref at) is { } major && Dot(release, ref at) && Number(release, ref at) is { } minor
            ? new KernelRelease(major, minor, Dot(release, ref at) && Number(release, ref at) is > 0 and var patch ? patch : null)
            : null;
    }

    /// <summary>Whether both are releases of one line, as 6.12.107 and 6.12.118 are.</summary>
    internal bool IsOfLine(KernelRelease other) => Major == other.Major && Minor == other.Minor;

    /// <summary>In the order of their numbers; a release without its third number comes first of its line.</summary>
    internal int CompareTo(KernelRelease other) => (Major, Minor, Patch ?? -1).CompareTo((other.Major, other.Minor, other.Patch ?? -1));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}{(Patch is { } patch ? $".{patch}" : "")}");

    /// <summary>Whether the text is a release and nothing else.</summary>
    internal static bool IsWhole(string text) => Read(text) is { } release && release.ToString() == text;

    private static bool Dot(string? text, ref int at)
    {
        bool isDot = text is not null && at < text.Length && text[at] == '.';
        at += isDot ? 1 : 0;
        return isDot;
    }

    private static int? Number(string? text, ref int at)
    {
        int start = at;
        while (text is not null && at < text.Length && char.IsAsciiDigit(text[at]) && at - start < MostDigits)
        {
            at++;
        }

        return at == start ? null : int.Parse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
