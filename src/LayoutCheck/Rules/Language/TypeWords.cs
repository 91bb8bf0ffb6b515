using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>Spellings of C types, made comparable: compilers write <c>long unsigned int</c>, kernel developers <c>unsigned long</c>.</summary>
internal static partial class TypeWords
{
    /// <summary>One spelling for all ways to write a type: single spaces, integer words in C's usual order, no space around stars.</summary>
    public static string Normalize(string spelling)
    {
        List<string> words = [];
        int at = 0;
        while (at < spelling.Length)
        {
            char c = spelling[at];
            if (char.IsWhiteSpace(c))
            {
                at++;
                continue;
            }

            int start = at++;
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '$')
            {
                while (at < spelling.Length && (char.IsAsciiLetterOrDigit(spelling[at]) || spelling[at] is '_' or '$'))
                {
                    at++;
                }
            }

            words.Add(spelling[start..at]);
        }

        return string.Join(' ', Integers(words));
    }

    /// <summary>The spelling of a type for a report: as the compiler has it, but for <c>long unsigned int</c>.</summary>
    public static string Spell(TypeGraph graph, TypeId type)
    {
        string declared = graph.Declare(type);
        return declared.Contains("long unsigned int", StringComparison.Ordinal) ? CompilersLong().Replace(declared, run => Normalize(run.Value)) : declared;
    }

    /// <summary>
    /// The spelling of a type to pin: what its typedefs stand for, integers in C's usual words. An array of no number of elements is one of none, as BTF has
    /// both alike.
    /// </summary>
    public static string SpellPinned(TypeGraph graph, TypeId type)
        => IntegerWords().Replace(graph.DeclareResolved(type), run => Normalize(run.Value)).Replace("[0]", "[]", StringComparison.Ordinal);

    /// <summary>Normal words with the dimensions of each array of arrays multiplied: of <c>int[4][2]</c>, those of <c>int[8]</c>.</summary>
    public static string Flatten(string normal) => Dimensions().Replace(normal, match =>
    {
        IEnumerable<BigInteger> dimensions = match.Groups["dimension"].Captures.Select(c => BigInteger.Parse(c.Value, CultureInfo.InvariantCulture));
        BigInteger product = dimensions.Aggregate(BigInteger.Multiply);
        return string.Create(CultureInfo.InvariantCulture, $"[{product}]");
    });

    [GeneratedRegex(@"\b(?:long )+unsigned int\b")]
    private static partial Regex CompilersLong();

    [GeneratedRegex(@"\b(?:unsigned|signed|long|short|int|char)(?: (?:unsigned|signed|long|short|int|char))*\b")]
    private static partial Regex IntegerWords();

    [GeneratedRegex(@"(?:\s*\[\s*(?<dimension>[0-9]{1,18})\s*\])+")]
    private static partial Regex Dimensions();

    private static IEnumerable<string> Integers(List<string> words)
    {
        for (int i = 0; i < words.Count;)
        {
            int end = i;
            while (end < words.Count && words[end] is "unsigned" or "signed" or "long" or "short" or "int" or "char")
            {
                end++;
            }

            if (end == i)
            {
                yield return words[i++];
                continue;
            }

            List<string> run = words[i..end];
            i = end;
            bool isChar = run.Contains("char");
            if (run.Contains("unsigned"))
            {
                yield return "unsigned";
            }
            else if (isChar && run.Contains("signed"))
            {
                yield return "signed";
            }

            int longs = run.Count(w => w == "long");
            yield return isChar ? "char" : run.Contains("short") ? "short" : longs == 0 ? "int" : longs == 1 ? "long" : "long long";
        }
    }
}
