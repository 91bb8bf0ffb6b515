using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules.Import;

/// <summary>Puts the tokens of an assertion of C into the words of the rule language, so that both mean the same, or refuses it.</summary>
/// <param name="file">The source, for errors.</param>
/// <param name="text">Its text.</param>
/// <param name="names">The names that it declares.</param>
internal sealed class CSpelling(string file, string text, SourceNames names)
{
    // The functions of the rule language that C or the kernel has, too. In C, the names of the others are names of something else.
    private static readonly HashSet<string> s_shared =
    [
        "offsetof", "offsetofend", "sizeof", "sizeof_field", "FIELD_SIZEOF", "alignof", "_Alignof", "__alignof__", "typeof", "typeof_member", "ARRAY_SIZE",
        "is_power_of_2", "IS_ALIGNED", "ALIGN", "IS_ENABLED",
    ];

    // What is asked of a type, and of a type or an expression.
    private static readonly HashSet<string> s_ofType = ["offsetof", "offsetofend", "sizeof_field", "FIELD_SIZEOF", "typeof_member", "CACHELINE_ASSERT_GROUP_MEMBER", "CACHELINE_ASSERT_GROUP_SIZE"];
    private static readonly HashSet<string> s_ofExpression = ["sizeof", "alignof", "_Alignof", "__alignof__"];

    private static readonly Dictionary<string, string> s_synonyms = new(StringComparer.Ordinal)
    {
        ["__builtin_offsetof"] = "offsetof",
        ["__typeof__"] = "typeof",
        ["__typeof"] = "typeof",
        ["typeof_unqual"] = "typeof",
        ["__alignof"] = "__alignof__",
        // `#define rcu_head callback_head` (include/linux/types.h): debug information has the other name, for the type and for members.
        ["rcu_head"] = "callback_head",
    };

    // The types behind the kernel's own names of integers (include/asm-generic/int-ll64.h).
    private static readonly Dictionary<string, string> s_integers = new(StringComparer.Ordinal)
    {
        ["u8"] = "unsigned char",
        ["s8"] = "signed char",
        ["u16"] = "unsigned short",
        ["s16"] = "short",
        ["u32"] = "unsigned int",
        ["s32"] = "int",
        ["u64"] = "unsigned long long",
        ["s64"] = "long long",
        ["bool"] = "_Bool",
    };

    private static readonly HashSet<string> s_typeWords = ["char", "short", "int", "long", "signed", "unsigned", "_Bool", "void", "const", "volatile", "struct", "union", "enum", "float", "double"];

    /// <summary>The tokens in the words of the rule language.</summary>
    /// <exception cref="RuleException">The language has no words for them, or they mean a variable.</exception>
    public List<Token> InRuleLanguage(List<Token> tokens)
    {
        List<Token> known = new(tokens.Count);
        foreach (Token token in tokens)
        {
            if (token.Kind == TokenKind.Identifier
                && (token.Text is "big_endian" or "little_endian" || (RuleFunctions.Find(token.Text) is not null && !s_shared.Contains(token.Text))))
            {
                throw Error(token, $"unknown name '{Printable.Shorten(token.Text)}'");
            }

            if (!token.IsWord("__extension__"))
            {
                known.Add(token.Kind == TokenKind.Identifier && s_synonyms.TryGetValue(token.Text, out string? word) ? token with { Text = word } : token);
            }
        }

        List<Token> output = new(known.Count);
        for (int at = 0; at < known.Count; at++)
        {
            Add(known, ref at, output);
        }

        return output;
    }

    private void Add(List<Token> tokens, ref int at, List<Token> output)
    {
        Token token = tokens[at];
        bool isCall = token.Kind == TokenKind.Identifier && at + 1 < tokens.Count && tokens[at + 1].Is("(");
        if (isCall && token.Text is "__same_type" or "__builtin_types_compatible_p")
        {
            AddSameType(tokens, ref at, output);
        }
        else if (isCall && (s_ofType.Contains(token.Text) || s_ofExpression.Contains(token.Text) || token.Text == "ARRAY_SIZE"))
        {
            output.Add(token);
            output.Add(tokens[at + 1]);
            int close = Close(tokens, at + 1);
            List<Token> inner = WithoutTypeof(tokens[(at + 2)..close], isExpression: !s_ofType.Contains(token.Text));
            output.AddRange(token.Text == "ARRAY_SIZE" ? Member(inner) ?? throw NoMember(inner, token) : Typed(inner, token));
            output.Add(tokens[close]);
            at = close;
        }
        else
        {
            output.Add(token);
        }
    }

    /// <summary>The arguments of a function with their type told apart from a variable.</summary>
    private List<Token> Typed(List<Token> inner, Token function)
    {
        if (Member(inner) is { } member && s_ofExpression.Contains(function.Text))
        {
            return member;
        }

        if (inner.Count == 0 || inner[0].Kind != TokenKind.Identifier)
        {
            throw NoMember(inner, function);
        }

        if (inner[0].Text is "struct" or "union" or "enum")
        {
            return inner;
        }

        if (s_typeWords.Contains(inner[0].Text) || s_integers.ContainsKey(inner[0].Text) || ScalarReference.ByName(inner[0].Text) is not null)
        {
            return names.VariableAt(inner[0].Text) is { } scalar && !s_typeWords.Contains(inner[0].Text) ? throw Variable(inner[0], scalar) : inner;
        }

        // `sizeof(name)`, `sizeof(name *)`, `offsetof(name, member)`; all else is an expression.
        bool isOfType = s_ofType.Contains(function.Text);
        if (isOfType ? inner.Count < 2 || !inner[1].Is(",") : !inner.Skip(1).All(t => t.Is("*")))
        {
            throw NoMember(inner, function);
        }

        if (!isOfType && names.VariableAt(inner[0].Text) is { } place)
        {
            throw Variable(inner[0], place);
        }

        return inner.Count > 1 && inner[1].Is("*") ? inner : [.. Named(inner[0]), .. inner.Skip(1)];
    }

    // A name alone is a typedef.
    private IEnumerable<Token> Named(Token name) => names.TargetOf(name.Text) is { } target
        ? target.Split(' ').Select(word => name with { Text = word })
        : [name with { Text = "typedef" }, name];

    /// <summary><c>((struct page *)0)->lru</c> as <c>struct page, lru</c>; null when it is something else.</summary>
    private List<Token>? Member(List<Token> tokens)
    {
        if (tokens.Count < 8 || !tokens[0].Is("(") || !tokens[1].Is("("))
        {
            return null;
        }

        int star = tokens.FindIndex(t => t.Is("*"));
        int member = star + 5;
        if (star < 3 || star > 4 || tokens.Count <= member || !tokens[star + 1].Is(")") || tokens[star + 2].Text is not ("0" or "NULL" or "0UL" or "0L")
            || !tokens[star + 3].Is(")") || !tokens[star + 4].Is("->") || !IsPath(tokens, member))
        {
            return null;
        }

        List<Token> type = tokens[2..star];
        return [.. type.Count == 1 ? Named(type[0]) : type, new Token(TokenKind.Punctuation, ",", tokens[star].Position), .. tokens[member..]];
    }

    private static bool IsPath(List<Token> tokens, int from)
    {
        for (int i = from; i < tokens.Count; i++)
        {
            if (tokens[i].Kind is not (TokenKind.Identifier or TokenKind.Number) && !tokens[i].Is(".") && !tokens[i].Is("[") && !tokens[i].Is("]"))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary><c>typeof(struct page)</c> as <c>struct page</c>, and where an expression may stand, that of one too.</summary>
    private List<Token> WithoutTypeof(List<Token> tokens, bool isExpression)
    {
        while (tokens.Count > 3 && tokens[0].Text is "typeof" or "typeof_member" && tokens[1].Is("("))
        {
            int close = Close(tokens, 1);
            List<Token> inner = tokens[2..close];
            bool isMember = tokens[0].Text == "typeof_member";
            if (isMember ? !isExpression || close + 1 < tokens.Count : !isExpression && inner is [{ Kind: not TokenKind.Identifier }, ..])
            {
                throw Error(tokens[0], "the type of an expression is not known here");
            }

            if (isMember)
            {
                return inner is [var name, { Text: "," }, ..] ? [.. Named(name), .. inner.Skip(1)] : inner;
            }

            tokens = [.. inner, .. tokens.Skip(close + 1)];
        }

        return tokens;
    }

    // `__same_type(a, b)`: members become typeof(...), types a text.
    private void AddSameType(List<Token> tokens, ref int at, List<Token> output)
    {
        Token call = tokens[at];
        int close = Close(tokens, at + 1);
        int open = 0;
        int comma = -1;
        for (int i = at + 2; i < close && comma < 0; i++)
        {
            open += tokens[i].Is("(") ? 1 : tokens[i].Is(")") ? -1 : 0;
            comma = open == 0 && tokens[i].Is(",") ? i : -1;
        }

        if (comma < 0)
        {
            throw Error(call, $"{call.Text} compares two types");
        }

        (List<Token> left, bool isLeft) = SameTypeSide(tokens[(at + 2)..comma], call);
        (List<Token> right, bool isRight) = SameTypeSide(tokens[(comma + 1)..close], call);
        if (!isLeft && !isRight)
        {
            throw Error(call, $"{call.Text} names no member of a struct");
        }

        output.Add(new Token(TokenKind.Punctuation, "(", call.Position));
        output.AddRange(left);
        output.Add(new Token(TokenKind.Punctuation, "==", call.Position));
        output.AddRange(right);
        output.Add(new Token(TokenKind.Punctuation, ")", call.Position));
        at = close;
    }

    private (List<Token> Tokens, bool IsMember) SameTypeSide(List<Token> side, Token call)
    {
        while (side is [{ Text: "typeof" }, { Text: "(" }, ..] && Close(side, 1) == side.Count - 1)
        {
            side = side[2..^1];
        }

        List<Token>? member = side is [{ Text: "typeof_member" }, { Text: "(" }, ..] && Close(side, 1) == side.Count - 1 ? Typed(side[2..^1], side[0]) : Member(side);
        if (member is not null)
        {
            return ([call with { Text = "typeof" }, new Token(TokenKind.Punctuation, "(", call.Position), .. member, new Token(TokenKind.Punctuation, ")", call.Position)], true);
        }

        // The outermost qualifiers do not count, and the typedefs of the kernel's integers are known. Of another name it is not known what it stands for.
        int pointer = side.FindLastIndex(t => t.Is("*"));
        bool isArray = side.Exists(t => t.Is("["));
        List<string> words = [];
        for (int i = 0; i < side.Count; i++)
        {
            Token token = side[i];
            bool isTag = i > 0 && side[i - 1].Text is "struct" or "union" or "enum";
            if (token.Kind == TokenKind.Identifier && !isTag && !s_typeWords.Contains(token.Text) && !s_integers.ContainsKey(token.Text.TrimStart('_')))
            {
                throw Error(token, $"the type of '{Printable.Shorten(token.Text)}' is not known here");
            }

            if (token.Kind != TokenKind.Identifier && !token.Is("*") && !token.Is("[") && !token.Is("]") && token.Kind != TokenKind.Number)
            {
                throw Error(token, "the type of an expression is not known here");
            }

            if (i < pointer || (pointer >= 0 && isArray) || token.Text is not ("const" or "volatile"))
            {
                // `char const *` is `const char *`.
                int place = token.Text is "const" && !words.Contains("*") ? 0 : words.Count;
                words.Insert(place, isTag || token.Kind != TokenKind.Identifier ? token.Text : s_integers.GetValueOrDefault(token.Text.TrimStart('_'), token.Text));
            }
        }

        return words.Count > 0 ? ([new Token(TokenKind.Text, string.Join(' ', words), call.Position)], false) : throw Error(call, $"{call.Text} compares two types");
    }

    private int Close(List<Token> tokens, int at)
    {
        int open = 0;
        for (int i = at; i < tokens.Count; i++)
        {
            open += tokens[i].Is("(") ? 1 : tokens[i].Is(")") ? -1 : 0;
            if (open == 0)
            {
                return i;
            }
        }

        throw Error(tokens[at], "this parenthesis is not closed");
    }

    private RuleException Variable(Token name, int place)
        => Error(name, $"'{Printable.Shorten(name.Text)}' is the name of a variable too, in line {text.AsSpan(0, place).Count('\n') + 1}: an image does not tell its type");

    private RuleException NoMember(List<Token> inner, Token function)
    {
        Token at = inner.Count > 0 ? inner[0] : function;
        string name = inner.Find(t => t.Kind == TokenKind.Identifier).Text ?? at.Text;
        return Error(at, $"{function.Text} of an expression with '{Printable.Shorten(name)}', whose type an image does not tell");
    }

    private RuleException Error(Token token, string problem) => new(file, text, token.Position, problem);
}
