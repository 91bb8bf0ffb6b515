namespace LayoutCheck.Reports;

/// <summary>Colour for people; nothing at all when it is off (a pipe, NO_COLOR).</summary>
public readonly record struct Ink(bool IsOn)
{
    /// <summary>Good news.</summary>
    public string Good(string text) => Paint(text, "32");

    /// <summary>Bad news.</summary>
    public string Bad(string text) => Paint(text, "1;31");

    /// <summary>News that need a second look.</summary>
    public string Doubtful(string text) => Paint(text, "33");

    /// <summary>What stands back.</summary>
    public string Faint(string text) => Paint(text, "2");

    /// <summary>What stands out.</summary>
    public string Strong(string text) => Paint(text, "1");

    private string Paint(string text, string code) => IsOn ? $"\e[{code}m{text}\e[0m" : text;
}
