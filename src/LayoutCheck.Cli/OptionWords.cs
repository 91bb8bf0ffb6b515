using System.CommandLine;
using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>Options that take one of a few words, or a number in a range; each error is one line.</summary>
internal static class OptionWords
{
    /// <summary>Lets an option take one of some words. (AcceptOnlyFromAmong spreads its error over several lines.)</summary>
    public static void TakesOneOf<T>(Option<T> option, params string[] words)
    {
        option.CompletionSources.Add(words);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !words.Contains(result.Tokens[0].Value))
            {
                result.AddError($"{option.Name} takes {List(words)}, not '{result.Tokens[0].Value}'");
            }
        });
    }

    /// <summary>Lets an option take a number of a range.</summary>
    /// <param name="option">The option.</param>
    /// <param name="least">The least.</param>
    /// <param name="most">The most.</param>
    /// <param name="what">What it is a number of, with a space before it; or nothing.</param>
    public static void TakesNumber<T>(Option<T> option, int least, int most, string what = "")
        => option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out int number) || number < least || number > most))
            {
                result.AddError($"{option.Name} takes a number{what} from {least} to {most}, not '{result.Tokens[0].Value}'");
            }
        });

    /// <summary>The option for the number of types whose members are shown where a comparison is a part of the answer.</summary>
    /// <param name="of">The options that ask for the comparison.</param>
    public static Option<int> LimitOfDifferent(string of)
    {
        Option<int> limit = new("--limit") { HelpName = "N", Description = $"Of types that differ ({of}), show the members of so many; 0 for all.", DefaultValueFactory = _ => 20 };
        TakesNumber(limit, 0, int.MaxValue, " of types");
        return limit;
    }

    /// <summary>Words as a list: <c>a, b or c</c>.</summary>
    public static string List(string[] words) => words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1])} or {words[^1]}";

    /// <summary>The option for the number of threads.</summary>
    public static Option<int> Threads()
    {
        Option<int> threads = new("--threads") { HelpName = "N", Description = "How many threads may work; the output does not depend on it.", DefaultValueFactory = _ => Environment.ProcessorCount };
        TakesNumber(threads, 1, 1024);
        return threads;
    }

    /// <summary>A number of bytes, or of K, M, G or T.</summary>
    /// <param name="option">The option's name.</param>
    /// <param name="text">What it was given.</param>
    /// <exception cref="UsageException">It is no such number.</exception>
    public static ulong SizeOf(string option, string text)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        string number = shift == 0 ? text : text[..^1];
        return ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong size) && size > 0 && size <= ulong.MaxValue >> shift >> 1
            ? size << shift
            : throw new UsageException($"{option} takes a number of bytes, or of K, M, G or T (2G), not '{Printable.Shorten(text)}'");
    }
}
