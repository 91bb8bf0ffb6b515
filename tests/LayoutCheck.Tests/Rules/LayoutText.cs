using System.Globalization;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules;

/// <summary>
/// Layouts written down for tests, facts only. A type is a line <c>struct page 64 align 16</c>; its members follow, indented:
/// <c>name offset/size type</c> in bytes, or <c>name offset b width type</c> in bits (<c>dirty 17b1 unsigned int</c>) for a bitfield.
/// <c>typedef kuid_t 4</c> is a type without a tag. A struct that the text describes too is embedded with its members, any other is opaque: only its size is known.
/// A name that stands twice has two definitions. The lines below <c>enum pagetype 4</c> are enumerators with their values: <c>PGTY_slab 0xf5</c>.
/// </summary>
internal sealed class LayoutText
{
    private readonly List<Definition> _definitions = [];

    private readonly int _word;

    private LayoutText(int word) => _word = word;

    /// <summary>The types of the text, ready to be checked; all of them, or only those of <paramref name="wanted"/>.</summary>
    public static IReadOnlyDictionary<TypeName, DefinitionSet> Parse(string text, int word = 8, IReadOnlyCollection<TypeName>? wanted = null)
    {
        LayoutText layouts = new(word);
        foreach (string line in text.Split('\n').Where(l => !string.IsNullOrWhiteSpace(l)))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (line[0] != ' ')
            {
                ulong? alignment = words.Length == 5 ? Number(words[4]) : null;
                layouts._definitions.Add(new Definition($"{words[0]} {words[1]}", Number(words[2]), alignment, []));
                continue;
            }

            if (layouts._definitions[^1].Name.StartsWith("enum ", StringComparison.Ordinal))
            {
                bool isHex = words[1].StartsWith("0x", StringComparison.Ordinal);
                Int128 value = isHex ? ulong.Parse(words[1][2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                    : Int128.Parse(words[1], CultureInfo.InvariantCulture);
                layouts._definitions[^1].Enumerators.Add(new Enumerator(words[0], value));
                continue;
            }

            string[] place = words[1].Split('/', 'b');
            bool isBitField = words[1].Contains('b', StringComparison.Ordinal);
            ulong scale = isBitField ? 1u : 8u;
            layouts._definitions[^1].Members.Add(new TextMember(
                words[0] == "-" ? null : words[0], Number(place[0]) * scale, Number(place[1]) * scale, isBitField, string.Join(' ', words[2..])));
        }

        return layouts._definitions.Select(d => d.Name).Distinct().Where(n => wanted?.Contains(NameOf(n)) ?? true).ToDictionary(NameOf, layouts.SetOf);
    }

    private static TypeName NameOf(string name)
        => name.StartsWith("typedef ", StringComparison.Ordinal) ? new TypeName(TypeNameKind.Any, name[8..])
            : name.StartsWith("enum ", StringComparison.Ordinal) ? new TypeName(TypeNameKind.Enum, name[5..])
            : TypeName.Parse(name);

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    private DefinitionSet SetOf(string name)
    {
        int unit = 0;
        return new DefinitionSet(
            NameOf(name),
            [.. _definitions.Where(d => d.Name == name).Select(definition =>
            {
                TypeGraphBuilder builder = new();
                TypeId root = definition.Name.StartsWith("enum ", StringComparison.Ordinal)
                    ? builder.Add(new EnumType(definition.Name[5..], definition.Size, definition.Enumerators.Any(e => e.Value < 0)) { Enumerators = [.. definition.Enumerators] })
                    : Aggregate(builder, definition);
                return new TypeDefinition(builder.Build(), root, [new DefiningUnit(unit, $"unit{unit++}.c")]);
            })],
            0);
    }

    private TypeId Aggregate(TypeGraphBuilder builder, Definition definition) => builder.Add(new AggregateType(
        definition.Name.StartsWith("union ", StringComparison.Ordinal) ? AggregateKind.Union : AggregateKind.Struct,
        definition.Name.Split(' ')[1],
        definition.Size,
        definition.Alignment,
        [.. definition.Members.Select(m => new Member(m.Name, Type(builder, m.Type, m.BitSize / 8), m.BitOffset, m.IsBitField ? m.BitSize : null))]));

    private TypeId Type(TypeGraphBuilder builder, string spelling, ulong size)
    {
        if (spelling.EndsWith(']'))
        {
            int open = spelling.LastIndexOf('[');
            string length = spelling[(open + 1)..^1];
            ulong? count = length.Length == 0 ? null : Number(length);
            return builder.Add(new ArrayType(Type(builder, spelling[..open].TrimEnd(), count is > 0 ? size / count.Value : 1), count));
        }

        if (spelling.Contains("(*)", StringComparison.Ordinal))
        {
            return builder.Add(new PointerType(builder.Add(new FunctionType(TypeId.Void, [], false)), (ulong)_word));
        }

        if (spelling.EndsWith('*'))
        {
            string target = spelling[..^1].TrimEnd();
            return builder.Add(new PointerType(target == "void" ? TypeId.Void : Target(builder, target), (ulong)_word));
        }

        if (spelling.EndsWith("{}", StringComparison.Ordinal))
        {
            return builder.Add(new TypedefType(spelling[..^2], builder.Add(new AggregateType(AggregateKind.Struct, null, size, null, []))));
        }

        if (spelling.StartsWith("struct ", StringComparison.Ordinal) || spelling.StartsWith("union ", StringComparison.Ordinal))
        {
            return Aggregate(builder, _definitions.Find(d => d.Name == spelling) ?? new Definition(spelling, size, null, []));
        }

        return spelling.StartsWith("enum ", StringComparison.Ordinal)
            ? builder.Add(new EnumType(spelling[5..], size, false))
            : builder.Add(new BaseType(spelling, size == 0 ? 1 : size, BaseEncoding.Unsigned));
    }

    private TypeId Target(TypeGraphBuilder builder, string spelling) => spelling.Split(' ') switch
    {
        ["struct", var name] => builder.Add(new AggregateReference(AggregateKind.Struct, name)),
        ["union", var name] => builder.Add(new AggregateReference(AggregateKind.Union, name)),
        _ => Type(builder, spelling, 8),
    };

    private sealed record Definition(string Name, ulong Size, ulong? Alignment, List<TextMember> Members)
    {
        public List<Enumerator> Enumerators { get; } = [];
    }

    private sealed record TextMember(string? Name, ulong BitOffset, ulong BitSize, bool IsBitField, string Type);
}
