namespace LayoutCheck.Core;

/// <summary>The text of a kernel's configuration: <c>.config</c>, <c>auto.conf</c>, or what CONFIG_IKCONFIG keeps in the kernel.</summary>
internal static class ConfigurationText
{
    /// <summary>The options by their <c>CONFIG_</c> names. Those that are not set are <c>n</c>; texts have no quotes.</summary>
    public static IReadOnlyDictionary<string, string> Options(ReadOnlySpan<char> text)
    {
        const string NotSet = " is not set";
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        foreach (ReadOnlySpan<char> untrimmed in text.EnumerateLines())
        {
            ReadOnlySpan<char> line = untrimmed.Trim();
            if (line.StartsWith("CONFIG_", StringComparison.Ordinal) && line.IndexOf('=') is > 0 and int equals)
            {
                options[line[..equals].ToString()] = line[(equals + 1)..].Trim('"').ToString();
            }
            else if (line.StartsWith("# CONFIG_", StringComparison.Ordinal) && line.EndsWith(NotSet, StringComparison.Ordinal))
            {
                options[line[2..^NotSet.Length].ToString()] = "n";
            }
        }

        return options;
    }

    /// <summary>The version in the heading that Kconfig writes (<c># Linux/x86 6.12.57 Kernel Configuration</c>); null without one.</summary>
    public static string? Version(ReadOnlySpan<char> text)
    {
        int lines = 0;
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            const string End = " Kernel Configuration";
            if (line.StartsWith("# Linux/", StringComparison.Ordinal) && line.EndsWith(End, StringComparison.Ordinal))
            {
                string[] words = line[..^End.Length].ToString().Split(' ');
                return words.Length == 3 ? words[2] : null;
            }

            if (++lines == 8)
            {
                break;
            }
        }

        return null;
    }

    /// <summary>How many options two configurations set in different ways; a missing one is off.</summary>
    public static int CountDifferences(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other)
        => one.Keys.Union(other.Keys, StringComparer.Ordinal).Count(name => one.GetValueOrDefault(name, "n") != other.GetValueOrDefault(name, "n"));
}
