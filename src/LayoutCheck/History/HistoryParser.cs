using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.History;

/// <summary>Reads the Markdown of one struct's history. The form is described in <c>History/README.md</c>.</summary>
internal sealed class HistoryParser
{
    private const string TitleMark = "# struct ";
    private const string SourcesTitle = "Sources";
    private const int LeastCommitDigits = 12;

    private static readonly string[] s_memberFields = ["since", "until", "gives way to", "retyped", "commit", "write", "config", "planned"];
    private static readonly string[] s_structFields = ["since", "commit"];

    private readonly string _file;
    private readonly List<(string Name, int Line, List<Field> Fields)> _sections = [];
    private readonly Dictionary<string, string> _sources = [];
    private string? _name;

    private HistoryParser(string file) => _file = file;

    /// <summary>Parses a file.</summary>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="HistoryFormatException">The text is not of the form.</exception>
    public static StructHistory Parse(string file, string text) => new HistoryParser(file).Read(text.Split('\n'));

    private StructHistory Read(string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            ReadLine(lines[i].TrimEnd('\r'), i + 1);
        }

        if (_name is null)
        {
            throw Error(1, $"there is no line '{TitleMark}NAME'");
        }

        foreach (Field field in _sections.SelectMany(s => s.Fields))
        {
            foreach (string source in field.Sources.Where(s => !_sources.ContainsKey(s)))
            {
                throw Error(field.Line, $"the section '{SourcesTitle}' has no {source}{Suggestions.Clause(source, _sources.Keys)}");
            }
        }

        List<Field> whole = _sections.Count > 0 && _sections[0].Name.Length == 0 ? _sections[0].Fields : [];
        ImmutableArray<MemberHistory> members = [.. _sections.Where(s => s.Name.Length > 0 && s.Name != SourcesTitle).Select(s => Member(s.Name, s.Line, s.Fields))];
        if (members.GroupBy(m => m.Name).FirstOrDefault(g => g.Skip(1).Any())?.Key is { } twice)
        {
            throw Error(_sections.Last(s => s.Name == twice).Line, $"{twice} has a second section");
        }

        HashSet<string> used = [.. _sections.SelectMany(s => s.Fields).SelectMany(f => f.Sources)];
        return _sources.Keys.FirstOrDefault(s => !used.Contains(s)) is { } unused
            ? throw Error(lines.Length, $"the source {unused} is not used")
            : new StructHistory(_name, Change(whole, "since"), Commit(whole), members, _sources.ToImmutableDictionary());
    }

    // Text outside of lists is for readers.
    private void ReadLine(string line, int number)
    {
        if (line.StartsWith(TitleMark, StringComparison.Ordinal))
        {
            _name = _name is null ? line[TitleMark.Length..].Trim() : throw Error(number, "a second struct");
            _sections.Add(("", number, []));
        }
        else if (line.StartsWith("## ", StringComparison.Ordinal))
        {
            string name = line[3..].Trim();
            bool isWord = name == SourcesTitle || (name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'));
            _sections.Add((isWord ? name : throw Error(number, $"'{name}' is no name of a member"), number, []));
        }
        else if (line.StartsWith("- ", StringComparison.Ordinal))
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (_sections.Count == 0 || colon < 0)
            {
                throw Error(number, colon < 0 ? "a line '- FIELD: VALUE [SOURCE]' has a colon and a blank" : $"a field before the line '{TitleMark}NAME'");
            }

            ReadField(line[2..colon].Trim(), line[(colon + 2)..].Trim(), number);
        }
    }

    private void ReadField(string name, string value, int number)
    {
        (string section, _, List<Field> fields) = _sections[^1];
        if (section == SourcesTitle)
        {
            _ = _sources.TryAdd(name, value) ? true : throw Error(number, $"a second source {name}");
            return;
        }

        string[] known = section.Length == 0 ? s_structFields : s_memberFields;
        if (!known.Contains(name))
        {
            throw Error(number, $"'{name}' is no field{Suggestions.Clause(name, known, $"; the fields are {string.Join(", ", known)}")}");
        }

        int open = value.LastIndexOf(" [", StringComparison.Ordinal);
        if (open <= 0 || !value.EndsWith(']'))
        {
            throw Error(number, $"'{name}' has no source; end it with [SOURCE] or [SOURCE, SOURCE]");
        }

        ImmutableArray<string> sources = [.. value[(open + 2)..^1].Split(',').Select(s => s.Trim())];
        if (fields.Any(f => f.Name == name))
        {
            throw Error(number, $"a second '{name}'");
        }

        fields.Add(new Field(name, value[..open].Trim(), sources, number));
    }

    private MemberHistory Member(string name, int line, List<Field> fields)
    {
        Field? successor = Of(fields, "gives way to");
        (string Struct, string Member)? next = successor is null ? null : Successor(successor);
        ReleaseChange? until = Change(fields, "until");
        if (successor is not null && until is null)
        {
            throw Error(successor.Line, "'gives way to' without 'until'");
        }

        return fields.Count == 0 || fields.All(f => f.Name is "commit" or "write")
            ? throw Error(line, $"{name} has neither since, until, retyped, config nor planned")
            : new MemberHistory(_name!, name)
            {
                Since = Change(fields, "since"),
                Until = until,
                SuccessorStruct = next?.Struct,
                Successor = next?.Member,
                Retyped = Of(fields, "retyped") is { } retyped ? Retyped(retyped) : null,
                Commit = Commit(fields),
                Write = Of(fields, "write") is { } write ? Code(write) : null,
                Config = Of(fields, "config")?.Value,
                Plan = Of(fields, "planned")?.Value,
                Sources = fields.ToImmutableDictionary(f => f.Name, f => f.Sources),
            };
    }

    private static Field? Of(List<Field> fields, string name) => fields.Find(f => f.Name == name);

    private ReleaseChange? Change(List<Field> fields, string name) => Of(fields, name) is { } field ? Change(field, field.Value) : null;

    private ReleaseChange Change(Field field, string text) => ReleaseChange.Read(text, out string? problem) ?? throw Error(field.Line, problem!);

    private (string Struct, string Member) Successor(Field field)
    {
        string[] words = field.Value.Split('.');
        return words.Length > 2 || words.Any(w => w.Length == 0 || w.Contains(' ', StringComparison.Ordinal))
            ? throw Error(field.Line, $"'{field.Value}' is no member; write __folio_index or folio.pgmap")
            : (words.Length == 2 ? words[0] : _name!, words[^1]);
    }

    private TypeChange Retyped(Field field)
    {
        int colon = field.Value.IndexOf(": ", StringComparison.Ordinal);
        string[] types = colon < 0 ? [] : field.Value[(colon + 2)..].Split(" -> ");
        return types.Length == 2
            ? new TypeChange(Change(field, field.Value[..colon]), types[0], types[1])
            : throw Error(field.Line, "'retyped' is no change of a type; write 6.18: unsigned long -> memdesc_flags_t");
    }

    private KernelCommit? Commit(List<Field> fields)
    {
        if (Of(fields, "commit") is not { } field)
        {
            return null;
        }

        int blank = field.Value.IndexOf(' ', StringComparison.Ordinal);
        string id = blank < 0 ? field.Value : field.Value[..blank];
        return blank < 0 || id.Length < LeastCommitDigits || !id.All(char.IsAsciiHexDigitLower)
            ? throw Error(field.Line, $"'commit' is {LeastCommitDigits} or more hexadecimal digits and the subject")
            : new KernelCommit(id, field.Value[(blank + 1)..].Trim());
    }

    private string Code(Field field)
    {
        string[] parts = field.Value.Split(" or ");
        return parts.All(p => p.Length > 2 && p[0] == '`' && p[^1] == '`')
            ? string.Join(" or ", parts.Select(p => p[1..^1]))
            : throw Error(field.Line, "'write' is C in backquotes, several joined by 'or'");
    }

    private HistoryFormatException Error(int line, string problem) => new(_file, line, problem);

    private sealed record Field(string Name, string Value, ImmutableArray<string> Sources, int Line);
}
