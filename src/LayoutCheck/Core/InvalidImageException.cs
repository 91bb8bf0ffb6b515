using System.Globalization;

namespace LayoutCheck.Core;

/// <summary>
/// The one way in which decoding fails: the input is damaged, is not what it claims to be, or uses a feature that cannot be read. It has the file, the section,
/// the offset, the problem, and what the user can do.
/// </summary>
public sealed class InvalidImageException : Exception
{
    /// <summary>Makes the error; <paramref name="offset"/> is in bytes from the start of the section (or of the file when no section is named).</summary>
    public InvalidImageException(string file, string? section, ulong? offset, string problem, string? remedy = null)
        : base(Describe(file, section, offset, problem, remedy))
    {
        File = file;
        Section = section;
        Offset = offset;
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>The input as the user named it.</summary>
    public string File { get; }

    /// <summary>The section, or null if the problem concerns the whole file.</summary>
    public string? Section { get; }

    /// <summary>Bytes from the start of <see cref="Section"/>, or of the file.</summary>
    public ulong? Offset { get; }

    /// <summary>The problem, in one clause.</summary>
    public string Problem { get; }

    /// <summary>What the user can do about it, or null.</summary>
    public string? Remedy { get; }

    /// <summary>Whether a compiler recorded one type in a way that contradicts itself: questions about types that do not contain it by value can still be answered.</summary>
    public bool IsOfOneType { get; internal init; }

    // The parts contain names from the file, of any length.
    private const int LongestPart = 500;

    private static string Describe(string file, string? section, ulong? offset, string problem, string? remedy)
    {
        section = section is null ? null : Printable.Shorten(section, LongestPart);
        problem = Printable.Shorten(problem, LongestPart);
        string place = (section, offset) switch
        {
            (null, null) => file,
            (null, { } at) => string.Create(CultureInfo.InvariantCulture, $"{file}+0x{at:x}"),
            ({ } name, null) => $"{file}: {name}",
            ({ } name, { } at) => string.Create(CultureInfo.InvariantCulture, $"{file}: {name}+0x{at:x}"),
        };
        remedy = remedy is null ? null : Printable.Shorten(remedy, LongestPart);
        return remedy is null ? $"{place}: {problem}" : $"{place}: {problem}; {remedy}";
    }
}
