using System.Collections.Immutable;
using System.Globalization;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// The list of a sharers call: <c>{ lru, _pad_* } or placeholder</c>. An entry stands for all inside it; a <c>*</c> in it for any characters.
/// </summary>
internal sealed class MemberList
{
    private static readonly string[] s_placeholders = ["*pad*", "_unused*", "__filler*", "_head_*", "_compound_*"];

    private readonly HashSet<string> _names;
    private readonly ImmutableArray<string> _patterns;
    private readonly ImmutableArray<string> _entries;

    private MemberList(ImmutableArray<string> entries, ulong lowBits, bool allowsPlaceholders)
    {
        LowBits = lowBits;
        _entries = entries;
        _names = [.. entries.Where(e => !IsPattern(e))];
        _patterns = [.. entries.Where(IsPattern)];
        AllowsPlaceholders = allowsPlaceholders;
    }

    /// <summary>How many of the low bits of the word any member may use, which the owner of the page is free to.</summary>
    public ulong LowBits { get; }

    /// <summary>Whether a placeholder that no entry names is a warning, and no violation.</summary>
    public bool AllowsPlaceholders { get; }

    /// <summary>Reads a list behind a call, from the word <c>in</c> on.</summary>
    /// <exception cref="RuleException">It is none.</exception>
    public static MemberList Read(TokenCursor tokens, string function)
    {
        ImmutableArray<string> entries = tokens.List(function, () => ReadEntry(tokens));
        ulong lowBits = 0;
        bool allowsPlaceholders = false;
        while (tokens.CurrentOrNull is { } next && next.IsWord("or"))
        {
            _ = tokens.Next();
            string what = tokens.Word("the word 'placeholder' or 'low'");
            if (what == "low" && tokens.CurrentOrNull is { Kind: TokenKind.Number } && tokens.Literal(tokens.Next()) is var bits && bits > 0 && bits <= 64)
            {
                lowBits = (ulong)bits;
            }
            else
            {
                allowsPlaceholders = what == "placeholder" ? true : throw tokens.Error("a list ends with: } or placeholder, or with: } or low 16");
            }
        }

        return new MemberList(entries, lowBits, allowsPlaceholders);
    }

    /// <summary>Whether an entry names this member, or one that it lies in.</summary>
    public bool Has(string path)
    {
        for (int dot = path.Length; dot > 0; dot = path.LastIndexOf('.', dot - 1))
        {
            if (_names.Contains(path[..dot]) || NamePattern.Any(_patterns.AsSpan(), path.AsSpan(0, dot)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the name of a member, or of one that it lies in, says that it keeps a word free or is the word itself.</summary>
    public static bool IsPlaceholder(string path)
    {
        foreach (string name in path.Split('.'))
        {
            if (NamePattern.Any(s_placeholders, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{{ {string.Join(", ", _entries)} }}{(LowBits > 0 ? $" or low {LowBits}" : "")}{(AllowsPlaceholders ? " or placeholder" : "")}");

    // Names with dots and indices, in which * stands for any characters: lru.next, _pad_*, words[1].
    private static string ReadEntry(TokenCursor tokens)
    {
        string entry = ReadName(tokens);
        while (true)
        {
            if (tokens.Take("."))
            {
                entry += "." + ReadName(tokens);
            }
            else if (tokens.Take("["))
            {
                entry += tokens.CurrentOrNull is { Kind: TokenKind.Number } ? string.Create(CultureInfo.InvariantCulture, $"[{tokens.Literal(tokens.Next())}]")
                    : throw tokens.Error("an index in numbers should stand here");
                tokens.Expect("]");
            }
            else
            {
                return entry;
            }
        }
    }

    private static string ReadName(TokenCursor tokens)
    {
        string name = "";
        bool isAfterWord = false;
        while (tokens.CurrentOrNull is { } token && (token.Is("*") || (token.Kind == TokenKind.Identifier && !isAfterWord)))
        {
            isAfterWord = token.Kind == TokenKind.Identifier;
            name += tokens.Next().Text;
        }

        return name.Length > 0 ? name : throw tokens.Error("the name of a member should stand here, in which * stands for any characters");
    }

    private static bool IsPattern(string entry) => entry.Contains('*', StringComparison.Ordinal);
}
