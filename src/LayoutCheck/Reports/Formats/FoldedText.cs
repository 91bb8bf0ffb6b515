namespace LayoutCheck.Reports.Formats;

/// <summary>Writes lines folded to the width of a style; colour is added after folding.</summary>
internal readonly record struct FoldedText(TextWriter Output, TextStyle Style)
{
    /// <summary>An empty line.</summary>
    public void Gap() => Output.WriteLine();

    /// <summary>Writes one text.</summary>
    /// <param name="text">The text, escaped and without colour.</param>
    /// <param name="indent">The number of spaces before the lines after the first.</param>
    /// <param name="paint">The colour of each line, or null.</param>
    public void Line(string text, int indent = 4, Func<string, string>? paint = null) => Row("", text, indent, null, paint);

    /// <summary>Writes a label and a text beside it.</summary>
    /// <param name="label">The label with the spaces around it; not folded.</param>
    /// <param name="text">The text, escaped and without colour.</param>
    /// <param name="indent">The number of spaces before the lines after the first.</param>
    /// <param name="paintLabel">The colour of the label, or null.</param>
    /// <param name="paint">The colour of each line of the text, or null.</param>
    public void Row(string label, string text, int indent, Func<string, string>? paintLabel = null, Func<string, string>? paint = null)
    {
        string head = paintLabel is null ? label : paintLabel(label);
        foreach (string line in Style.Fold(text, indent, label.Length))
        {
            Output.WriteLine(head + (paint is null ? line : paint(line)));
            head = "";
        }
    }
}
