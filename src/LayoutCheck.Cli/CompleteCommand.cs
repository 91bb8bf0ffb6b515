using System.Text;
using LayoutCheck.Cli.Completion;
using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>
/// <c>layoutcheck complete -- WORDS</c>, which the scripts of <c>layoutcheck completion</c> call: a candidate a line, and a last line that begins with a colon
/// where the shell has something to do: <c>:file,N</c> and <c>:folder,N</c> (complete a path, behind N characters of the word), <c>:open,0</c> (no space behind).
/// It is in no list of commands, since shells alone call it, and does not go through the parser, since its words are no finished command line.
/// </summary>
internal static class CompleteCommand
{
    /// <summary>The words to complete, the last one as far as it is typed; null where the command line is another.</summary>
    public static string[]? WordsOf(string[] args) => args is ["complete", "--", .. string[] words] ? words.Length == 0 ? [""] : words : null;

    /// <summary>Writes the candidates.</summary>
    /// <exception cref="OutputException">They cannot be written.</exception>
    public static int Run(string[] words)
    {
        Output.WriteText(null, Lines(Completer.Complete(words)));
        return (int)ExitCode.Holds;
    }

    private static string Lines(Answer answer)
    {
        StringBuilder lines = new();
        foreach (string word in answer.Words)
        {
            // A name out of a damaged image must not become two lines, or a colour.
            if (word.Length > 0 && word[0] != ':' && !word.Any(char.IsControl))
            {
                _ = lines.Append(word).Append('\n');
            }
        }

        string? mark = answer.Kind switch
        {
            PathKind.File => $":file,{answer.Behind}",
            PathKind.Folder => $":folder,{answer.Behind}",
            _ => answer.EndsWord ? null : ":open,0",
        };
        return mark is null ? lines.ToString() : lines.Append(mark).Append('\n').ToString();
    }
}
