using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The end of an answer that rests on more files than the one that was named.</summary>
internal static class ProvenanceText
{
    /// <summary>Writes a line for each file besides the image, below an empty line; nothing when there is none.</summary>
    /// <param name="files">The files.</param>
    /// <param name="output">The result.</param>
    /// <param name="isComment">Whether the answer is C, in which the lines are comments.</param>
    public static void Write(ImmutableArray<InputFile> files, TextWriter output, bool isComment = false)
    {
        string separator = "\n";
        foreach ((string label, string text) in Provenance.Others(files))
        {
            string line = $"{label,-12} {text}";
            output.Write(separator + (isComment ? $"/* {line} */\n" : line + "\n"));
            separator = "";
        }
    }
}
