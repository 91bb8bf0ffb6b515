using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Platform;

namespace LayoutCheck.Cli;

/// <summary>A list of paths: one a line, or, where it contains a zero byte (<c>find -print0</c>), one before each zero byte. Names are taken as they are.</summary>
internal static class FileList
{
    private const string StandardInput = "-";

    /// <summary>The paths of a list.</summary>
    /// <param name="list">A file, or <c>-</c> for standard input.</param>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static string[] Read(string list) => Parse(list == StandardInput ? ReadStandardInput() : RuleChoice.ReadText(list, "list of files"));

    /// <summary>The paths in a text. Empty lines name nothing.</summary>
    public static string[] Parse(string text)
    {
        char separator = text.Contains('\0', StringComparison.Ordinal) ? '\0' : '\n';
        IEnumerable<string> names = text.TrimStart('\ufeff').Split(separator);
        return [.. (separator == '\0' ? names : names.Select(WithoutCarriageReturn)).Where(n => n.Length > 0 && (separator == '\0' || !string.IsNullOrWhiteSpace(n)))];
    }

    private static string WithoutCarriageReturn(string line) => line.EndsWith('\r') ? line[..^1] : line;

    private static string ReadStandardInput()
    {
        if (StandardStreams.IsClosed(StandardStreams.Input))
        {
            throw new UsageException("the list of files cannot be read from standard input: it is closed");
        }

        try
        {
            using Stream input = Console.OpenStandardInput();
            using StreamReader reader = new(input, new UTF8Encoding(false));
            return reader.ReadToEnd();
        }
        catch (IOException e)
        {
            throw new UsageException($"the list of files cannot be read from standard input: {e.Message}");
        }
    }
}
