using System.Globalization;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Catalog;

/// <summary>
/// Makes layouts wrong, one change at a time, in the types and members that a check names: a member moves, shrinks, grows, changes its type or its name,
/// goes, or gets company; a type changes its size or alignment. Layouts are the text of <see cref="LayoutText"/>.
/// </summary>
internal sealed class LayoutMutator
{
    private const string Intruder = "layoutcheck_intruder";

    private readonly List<string> _lines;
    private readonly int _word;
    private readonly HashSet<TypeName> _types;
    private readonly HashSet<string> _named;
    private readonly HashSet<(ulong Offset, ulong Size)> _namedPlaces = [];

    /// <summary>Mutants of a text for one check.</summary>
    public LayoutMutator(string text, int word, RuleCheck check)
    {
        _word = word;
        List<Subject> subjects = [.. (check.When?.Subjects ?? []).Concat(check.Expression.Subjects)];
        _types = [.. subjects.Select(s => s.Type.BaseName).OfType<TypeName>()];
        _named = [.. subjects.Where(s => s.Member is not null).SelectMany(s => s.Member!.Paths).SelectMany(p => p.Split('.', '['))];
        _lines = Seen([.. text.Split('\n').Where(l => l.Trim().Length > 0)], _types);
        AddNestedTypes();
    }

    /// <summary>The mutants, those of the named members first.</summary>
    public IEnumerable<string> Mutants()
    {
        List<(int Line, bool IsNamed)> members = [];
        List<int> headers = [];
        TypeName type = default;
        for (int i = 0; i < _lines.Count; i++)
        {
            if (_lines[i][0] != ' ')
            {
                type = NameOf(_lines[i]);
                if (_types.Contains(type))
                {
                    headers.Add(i);
                }
            }
            else if (_types.Contains(type))
            {
                string[] words = Words(_lines[i]);
                bool isNamed = _named.Contains(words[0]);
                members.Add((i, isNamed));
                if (isNamed && words.Length > 2 && Place(words[1]) is { } place)
                {
                    _ = _namedPlaces.Add(place);
                }
            }
        }

        List<int> named = [.. members.Where(m => m.IsNamed).Select(m => m.Line)];
        return named.SelectMany(OfMember)
            .Concat(named.SelectMany(first => named.Where(second => second > first).Select(second => Swapped(first, second))).OfType<string>())
            .Concat(headers.SelectMany(OfType))
            .Concat(members.Where(m => !m.IsNamed).SelectMany(m => OfMember(m.Line)));
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static TypeName NameOf(string header)
    {
        string[] words = Words(header);
        return words[0] switch
        {
            "typedef" => new TypeName(TypeNameKind.Any, words[1]),
            "enum" => new TypeName(TypeNameKind.Enum, words[1]),
            _ => TypeName.Parse($"{words[0]} {words[1]}"),
        };
    }

    private static (ulong Offset, ulong Size)? Place(string word)
    {
        string[] parts = word.Split('/');
        return parts.Length == 2 ? (Number(parts[0]), Number(parts[1])) : null;
    }

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    // Of a path lru.prev, list_head is the type whose members move.
    private void AddNestedTypes()
    {
        TypeName type = default;
        List<TypeName> nested = [];
        foreach (string line in _lines)
        {
            if (line[0] != ' ')
            {
                type = NameOf(line);
            }
            else if (_types.Contains(type) && _named.Contains(Words(line)[0]) && Words(line) is [_, _, "struct" or "union", var tag])
            {
                nested.Add(TypeName.Parse($"{Words(line)[2]} {tag}"));
            }
        }

        _types.UnionWith(nested);
    }

    // What the check cannot see is left out: a text is read again for each mutant.
    private static List<string> Seen(List<string> lines, IEnumerable<TypeName> named)
    {
        Dictionary<TypeName, List<string>> blocks = [];
        List<string> block = [];
        foreach (string line in lines)
        {
            if (line[0] != ' ')
            {
                TypeName name = NameOf(line);
                block = blocks.TryGetValue(name, out List<string>? known) ? known : blocks[name] = [];
            }

            block.Add(line);
        }

        Queue<TypeName> open = new(named);
        HashSet<TypeName> seen = [];
        List<string> kept = [];
        while (open.TryDequeue(out TypeName type))
        {
            if (seen.Add(type) && blocks.TryGetValue(type, out List<string>? own))
            {
                kept.AddRange(own);
                foreach (string[] words in own.Select(Words).Where(w => w.Length > 3 && w[2] is "struct" or "union"))
                {
                    open.Enqueue(TypeName.Parse($"{words[2]} {words[3].Split('[')[0]}"));
                }
            }
        }

        return kept;
    }

    private string With(int line, params string[] instead) => string.Join('\n', [.. _lines[..line], .. instead, .. _lines[(line + 1)..]]);

    private string? Swapped(int first, int second)
    {
        string[] one = Words(_lines[first]), other = Words(_lines[second]);
        if (one.Length < 3 || other.Length < 3)
        {
            return null;
        }

        List<string> lines = [.. _lines];
        lines[first] = $"  {one[0]} {other[1]} {string.Join(' ', one[2..])}";
        lines[second] = $"  {other[0]} {one[1]} {string.Join(' ', other[2..])}";
        return string.Join('\n', lines);
    }

    private IEnumerable<string> OfMember(int line)
    {
        string[] words = Words(_lines[line]);
        if (words.Length == 2)
        {
            foreach (string value in new[] { "0", "1", "2", "3", "63", "255", "1000" })
            {
                yield return With(line, $"  {words[0]} {value}");
            }

            yield return With(line);
            yield break;
        }

        string name = words[0], spelling = string.Join(' ', words[2..]);
        yield return With(line);
        foreach (string other in _named.Where(n => n != name).Prepend(Intruder))
        {
            yield return With(line, $"  {other} {words[1]} {spelling}");
        }

        if (Place(words[1]) is not { } place)
        {
            string[] bits = words[1].Split('b');
            ulong at = Number(bits[0]), width = Number(bits[1]);
            yield return With(line, $"  {name} {at + 1}b{width} {spelling}");
            yield return With(line, $"  {name} {at + 64}b{width} {spelling}");
            yield return With(line, $"  {name} {at}b{width + 1} {spelling}");
            yield return With(line, _lines[line], $"  {Intruder} {at}b{width} unsigned int");
            yield break;
        }

        (ulong offset, ulong size) = place;
        string At(ulong from, ulong bytes, string type) => string.Create(CultureInfo.InvariantCulture, $"  {name} {from}/{bytes} {type}");
        foreach (long shift in new long[] { 1, 2, 4, _word, -_word, 2 * _word, -2 * _word, 64, -64 })
        {
            if ((long)offset + shift >= 0)
            {
                yield return With(line, At((ulong)((long)offset + shift), size, spelling));
            }
        }

        foreach ((ulong other, _) in _namedPlaces)
        {
            yield return With(line, At(other, size, spelling));
        }

        yield return With(line, _lines[line], string.Create(CultureInfo.InvariantCulture, $"  {Intruder} {offset}/{Math.Max(size, 1)} unsigned char[{Math.Max(size, 1)}]"));
        foreach (string type in new[] { "void *", "struct layoutcheck_other *", "unsigned long", "unsigned int", "wide_t{}" })
        {
            yield return With(line, At(offset, size, type));
        }

        yield return With(line, At(offset, size / 2, "unsigned int"));
        yield return With(line, At(offset, size + (ulong)_word, "wide_t{}"));
        yield return With(line, At(offset, 4096, "wide_t{}"));
        if (spelling.EndsWith(']') && spelling.LastIndexOf('[') is var open && Number("0" + spelling[(open + 1)..^1]) is > 0 and var count)
        {
            yield return With(line, At(offset, size / count, $"{spelling[..open]}[1]"));
            yield return With(line, At(offset, size / count * (count + 1), string.Create(CultureInfo.InvariantCulture, $"{spelling[..open]}[{count + 1}]")));
        }
    }

    private IEnumerable<string> OfType(int header)
    {
        string[] words = Words(_lines[header]);
        ulong size = Number(words[2]);
        if (words[0] == "enum")
        {
            foreach (string enumerator in _named)
            {
                yield return With(header, _lines[header], $"  {enumerator} 7");
            }

            yield break;
        }

        string Sized(ulong bytes, string rest) => string.Create(CultureInfo.InvariantCulture, $"{words[0]} {words[1]} {bytes}{rest}");
        string alignment = words.Length == 5 ? $" align {words[4]}" : "";
        foreach (ulong bytes in new[] { size + (ulong)_word, size + 1, size * 2, size + 4096, size / 2, 1UL })
        {
            yield return With(header, Sized(bytes, alignment));
        }

        foreach (int align in new[] { 1, 2, 4096 })
        {
            yield return With(header, Sized(size, string.Create(CultureInfo.InvariantCulture, $" align {align}")));
        }

        // Over all of the type, and over each place that the check names, of whatever type: those words have other views.
        yield return With(header, _lines[header], string.Create(CultureInfo.InvariantCulture, $"  {Intruder} 0/{size} unsigned char[{size}]"));
        foreach ((ulong offset, ulong bytes) in _namedPlaces)
        {
            yield return With(header, _lines[header], string.Create(CultureInfo.InvariantCulture, $"  {Intruder} {offset}/{bytes} wide_t{{}}"));
        }

        // Without a declared alignment, with a member where its own alignment does not let it.
        if (header + 1 < _lines.Count && _lines[header + 1][0] == ' ')
        {
            yield return With(header, Sized(size, ""), string.Create(CultureInfo.InvariantCulture, $"  {Intruder} 1/{_word} void *"));
        }

        foreach (string member in _named)
        {
            yield return With(header, _lines[header], string.Create(CultureInfo.InvariantCulture, $"  {member} {_word + 1}/{_word} unsigned long"));
        }
    }
}
