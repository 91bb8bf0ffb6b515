using System.Globalization;
using System.Text;
using LayoutCheck.Types;

namespace LayoutCheck.Rules;

/// <summary>Writes a rule file that pins layouts as they are in a known-good image: which members, where, how big, and none besides.</summary>
public static class BaselineWriter
{
    /// <summary>The pack that baselines belong to.</summary>
    public const string Pack = "baseline";

    /// <summary>The rule file; readable, and meant to be edited.</summary>
    /// <param name="title">What it is the baseline of: <c>struct page of 6.12.117-1 amd64</c>.</param>
    /// <param name="definitions">The types; of one that is defined in several ways, the first definition is taken, and the file says so.</param>
    /// <exception cref="ArgumentException">A type has no definition.</exception>
    public static string Write(string title, IReadOnlyList<DefinitionSet> definitions)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(definitions);
        StringBuilder rule = new();
        _ = rule.Append(CultureInfo.InvariantCulture, $"---\ntitle: {title}\nseverity: error\npack: {Pack}\n");
        foreach (DefinitionSet set in definitions)
        {
            if (set.Distinct.IsEmpty)
            {
                throw new ArgumentException($"there is no definition of {set.Name} to pin");
            }

            TypeDefinition definition = set.Distinct[0];
            List<Pinned> members = [];
            Collect(definition.Graph, definition.Aggregate, 0, members);
            string macro = Macro(set.Name.Name);
            bool hasBytes = members.Any(m => !m.IsBitField);
            bool hasBits = members.Any(m => m.IsBitField);
            _ = rule.Append(CultureInfo.InvariantCulture, $"\n// {set.Name}\n");
            if (set.Distinct.Length > 1)
            {
                _ = rule.Append(CultureInfo.InvariantCulture, $"// The first of {set.Distinct.Length} definitions that differ, as in {definition.Units[0].Name}.\n");
            }

            _ = rule.Append(CultureInfo.InvariantCulture, $"check: sizeof({set.Name}) == {definition.Aggregate.ByteSize};\n");
            if (definition.Aggregate.Alignment is { } alignment)
            {
                // BTF records no alignment: an image without DWARF can only be held to the natural one.
                _ = rule.Append(CultureInfo.InvariantCulture, $"       alignof({set.Name}) <= {alignment};\n");
            }

            if (hasBytes)
            {
                _ = rule.Append(CultureInfo.InvariantCulture, $"check: #define {macro}_AT(member, offset, size) exists({set.Name}, member) \\\n");
                _ = rule.Append(CultureInfo.InvariantCulture, $"           && offsetof({set.Name}, member) == offset && sizeof({set.Name}, member) == size\n");
                foreach (Pinned member in members.Where(m => !m.IsBitField))
                {
                    _ = rule.Append(CultureInfo.InvariantCulture, $"       {macro}_AT({member.Name}, {member.BitOffset / 8}, {member.BitSize / 8});\n");
                }
            }

            if (hasBits)
            {
                _ = rule.Append(CultureInfo.InvariantCulture, $"check: #define {macro}_BITS(member, offset, width) exists({set.Name}, member) \\\n");
                _ = rule.Append(CultureInfo.InvariantCulture, $"           && bitoffsetof({set.Name}, member) == offset && bitsizeof({set.Name}, member) == width\n");
                foreach (Pinned member in members.Where(m => m.IsBitField))
                {
                    _ = rule.Append(CultureInfo.InvariantCulture, $"       {macro}_BITS({member.Name}, {member.BitOffset}, {member.BitSize});\n");
                }
            }

            if (members.Count > 0)
            {
                _ = rule.Append(CultureInfo.InvariantCulture, $"check: sharers({set.Name}) in {{\n           {string.Join(",\n           ", members.Select(m => m.Name).Distinct())}\n       }},\n");
                _ = rule.Append(CultureInfo.InvariantCulture, $"       \"{set.Name} has a member that the baseline does not know\"\n");
            }
        }

        _ = rule.Append(CultureInfo.InvariantCulture, $"---\n\n# {title}\n\n## What it checks\n\n");
        _ = rule.Append("Every member is where it was, as big as it was, and there is no new one. Delete the lines that may change.\n");
        return rule.ToString();
    }

    private static string Macro(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    private static void Collect(TypeGraph graph, AggregateType aggregate, ulong offset, List<Pinned> members)
    {
        foreach (Member member in aggregate.Members)
        {
            if (member.Name is { } name)
            {
                members.Add(new Pinned(name, offset + member.BitOffset, member.BitFieldSize ?? (graph.ByteSizeOf(member.Type) * 8) ?? 0, member.IsBitField));
            }
            else if (graph.AsAggregate(member.Type) is { } inner)
            {
                Collect(graph, inner, offset + member.BitOffset, members);
            }
        }
    }

    private readonly record struct Pinned(string Name, ulong BitOffset, ulong BitSize, bool IsBitField);
}
