namespace LayoutCheck.Cli.Completion;

/// <summary>The scripts that let a shell ask this program for candidates (<c>layoutcheck complete</c>).</summary>
internal static class CompletionScript
{
    /// <summary>The shells that there is a script for.</summary>
    public static string[] Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The script of a shell.</summary>
    public static string Of(string shell)
    {
        using Stream script = typeof(CompletionScript).Assembly.GetManifestResourceStream($"completion.{shell}")!;
        using StreamReader reader = new(script);
        return reader.ReadToEnd();
    }
}
