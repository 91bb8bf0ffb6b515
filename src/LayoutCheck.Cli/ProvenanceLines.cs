using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary>The end of an answer that rests on more files than the one that was named.</summary>
internal static class ProvenanceLines
{
    /// <summary>Writes a line for each other file, below an empty one; nothing when there is none.</summary>
    /// <param name="image">The image, after the last question.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="isComment">Whether the answer is C, in which the lines are comments.</param>
    public static void Write(KernelImage image, TextWriter writer, bool isComment = false)
    {
        string separator = "\n";
        foreach ((string label, string text) in Provenance.Others(image.OtherFiles))
        {
            string line = $"{label,-12} {text}";
            writer.Write(separator + (isComment ? $"/* {line} */\n" : line + "\n"));
            separator = "";
        }
    }
}
