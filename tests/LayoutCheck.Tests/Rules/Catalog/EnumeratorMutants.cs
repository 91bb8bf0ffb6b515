using System.Globalization;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Catalog;

/// <summary>Layouts with one enumerator that a check names of another value, gone, or added.</summary>
internal static class EnumeratorMutants
{
    private static readonly int[] s_values = [0, 1, 2, 3, 65, 239, 255, 256];

    /// <summary>The mutants of a text (<see cref="LayoutText"/>) for one check.</summary>
    public static IEnumerable<string> Of(string text, RuleCheck check)
    {
        foreach (Subject subject in check.Expression.Subjects.Where(s => s is { Member: not null, Type.BaseName.Kind: TypeNameKind.Enum }))
        {
            string head = $"\n{subject.Type} ";
            int at = ("\n" + text).IndexOf(head, StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            int first = text.IndexOf('\n', at) + 1;
            foreach (string name in subject.Member!.Paths)
            {
                int line = text.IndexOf($"\n  {name} ", at, StringComparison.Ordinal) + 1;
                int next = line == 0 ? first : text.IndexOf('\n', line) + 1;
                line = line == 0 ? first : line;
                yield return text[..line] + text[next..];
                foreach (int value in s_values)
                {
                    yield return string.Create(CultureInfo.InvariantCulture, $"{text[..line]}  {name} {value}\n{text[next..]}");
                }
            }
        }
    }
}
