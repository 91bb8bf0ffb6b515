namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>Damages a rule file, token by token: what is left still looks like a rule.</summary>
internal static class RuleMutator
{
    private static readonly string[] s_tokens =
    [
        "(", ")", "((((((((", "!", "~", "-", "&&", "||", "==", "!=", "<<", ">>", "*", "/", "%", "?", ":", ",", ";", "|", "#define X(a) X(a) X(a)\n", "#if 1\n", "#endif\n",
        "offsetof(struct page, lru)", "sizeof(struct page)", "0", "1", "18446744073709551615", "18446744073709551616", "0x", "08", "exists(", "sharers(", "\"", "\"x\"", "/*", "//",
        "when:", "check:", "title:", "---\n", "struct", "union", "page", "folio.pgmap", "a[18446744073709551615]", "pointee(struct folio, pgmap)", "first_of(", "IS_ALIGNED(1, 0)",
        "static_assert(", "BUILD_BUG_ON(", "CONFIG_X", "config(CONFIG_X)", "\\\n", "\n", "\0", "\x1b[31m", "\u202e", "\ud800", "$", "in {", "}", "group", "sizeof_group(",
    ];

    public static string Mutate(string text, IReadOnlyList<string> others, Random random)
    {
        List<string> tokens = Split(text);
        for (int i = random.Next(1, 6); i > 0 && tokens.Count > 0; i--)
        {
            int at = random.Next(tokens.Count);
            switch (random.Next(8))
            {
                case 0:
                    tokens.RemoveAt(at);
                    break;
                case 1:
                    tokens.Insert(at, tokens[random.Next(tokens.Count)]);
                    break;
                case 2:
                    tokens[at] = tokens[random.Next(tokens.Count)];
                    break;
                case 3 or 4:
                    tokens.Insert(at, s_tokens[random.Next(s_tokens.Length)]);
                    break;
                case 5:
                    tokens[at] = s_tokens[random.Next(s_tokens.Length)];
                    break;
                case 6:
                    List<string> other = Split(others[random.Next(others.Count)]);
                    int from = random.Next(other.Count);
                    tokens.InsertRange(at, other.GetRange(from, Math.Min(random.Next(1, 30), other.Count - from)));
                    break;
                default:
                    List<string> part = tokens.GetRange(at, Math.Min(random.Next(1, 12), tokens.Count - at));
                    for (int n = random.Next(1, 200); n > 0; n--)
                    {
                        tokens.InsertRange(at, part);
                    }

                    break;
            }
        }

        return string.Concat(tokens);
    }

    private static List<string> Split(string text)
    {
        List<string> tokens = [];
        for (int at = 0; at < text.Length;)
        {
            int end = at + 1;
            if (char.IsLetterOrDigit(text[at]) || text[at] == '_')
            {
                while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
                {
                    end++;
                }
            }

            tokens.Add(text[at..end]);
            at = end;
        }

        return tokens;
    }
}
