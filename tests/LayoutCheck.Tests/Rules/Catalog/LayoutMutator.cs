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
        _lines = [.. text.Split('\n').Where(l => l.Trim().Length > 0)];
        _word = word;
        List<Subject> subjects = [.. (check.When?.Subjects ?? []).Concat(check.Expression.Subjects)];
        _types = [.. subjects.Select(s => s.Type.BaseName).OfType<TypeName>()];
        _named = [.. subjects.Where(s => s.Member is not null).SelectMany(s => s.Member!.Paths).SelectMany(p => p.Split('.', '['))];
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
                if (isNamed && Place(words[1]) is { } place)
                {
                    _ = _namedPlaces.Add(place);
                }
            }
        }

        return members.Where(m => m.IsNamed).SelectMany(m => OfMember(m.Line))
            .Concat(headers.SelectMany(OfType))
            .Concat(members.Where(m => !m.IsNamed).SelectMany(m => OfMember(m.Line)));
    }

    /// <summary>Two named members changed at once, for checks that one change cannot make false.</summary>
    public IEnumerable<string> Pairs(string text, RuleCheck check)
        => Mutants().Take(400).SelectMany(first => new LayoutMutator(first, _word, check).Mutants().Take(40));

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static TypeName NameOf(string header)
    {
        string[] words = Words(header);
        return words[0] == "typedef" ? new TypeName(TypeNameKind.Any, words[1]) : TypeName.Parse($"{words[0]} {words[1]}");
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
        for (int round = 0; round < 2; round++)
        {
            TypeName type = default;
            foreach (string line in _lines)
            {
                if (line[0] != ' ')
                {
                    type = NameOf(line);
                }
                else if (_types.Contains(type) && _named.Contains(Words(line)[0]) && Words(line) is [_, _, "struct" or "union", var tag])
                {
                    _ = _types.Add(TypeName.Parse($"{Words(line)[2]} {tag}"));
                }
            }
        }
    }

    private string With(int line, params string[] instead) => string.Join('\n', [.. _lines[..line], .. instead, .. _lines[(line + 1)..]]);

    private IEnumerable<string> OfMember(int line)
    {
        string[] words = Words(_lines[line]);
        string name = words[0], spelling = string.Join(' ', words[2..]);
        yield return With(line);
        yield return With(line, $"  {Intruder} {words[1]} {spelling}");
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
