namespace LayoutCheck.Reports.Formats;

/// <summary>The form of text for people.</summary>
/// <param name="IsColoured">Whether colour is written; without it, nothing but the text is (a pipe, NO_COLOR).</param>
public readonly record struct TextStyle(bool IsColoured = false)
{
    /// <summary>Good news.</summary>
    public string Good(string text) => Paint(text, "32");

    /// <summary>Bad news.</summary>
    public string Bad(string text) => Paint(text, "1;31");

    /// <summary>News that need a second look.</summary>
    public string Warning(string text) => Paint(text, "33");

    /// <summary>Background.</summary>
    public string Dim(string text) => Paint(text, "2");

    /// <summary>Headings.</summary>
    public string Bold(string text) => Paint(text, "1");

    private string Paint(string text, string code) => IsColoured ? $"\e[{code}m{text}\e[0m" : text;
}
