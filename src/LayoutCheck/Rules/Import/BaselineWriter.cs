using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Import;

/// <summary>A baseline, and the members that are not in it.</summary>
/// <param name="RuleText">The rule file; it can be read back, and holds on the definitions that it was made of.</param>
/// <param name="LeftOut">The members that could not be pinned, a sentence for each type, escaped.</param>
public sealed record Baseline(string RuleText, ImmutableArray<string> LeftOut);

/// <summary>Writes a rule file that pins layouts as they are in a known-good image: which members, where, how big, and none besides.</summary>
public static class BaselineWriter
{
    /// <summary>The pack that baselines belong to.</summary>
    public const string Pack = "baseline";

    private const int RowsPerCheck = 4096;

    // A sentence names so many of the members that a rule cannot name.
    private const int NamesTold = 3;

    // Words of the language, which a bare type name cannot be.
    private static readonly string[] s_reserved = ["struct", "union", "pointee"];

    /// <summary>Whether the rule language can spell the name of a type. Other languages than C, and damage, make names that it cannot.</summary>
    public static bool CanPin(TypeName name)
        => IsWord(name.Name) && (name.Kind != TypeNameKind.Any || (!s_reserved.Contains(name.Name) && ScalarReference.ByName(name.Name) is null));

    /// <summary>The rule file; readable, and meant to be edited.</summary>
    /// <param name="title">What it is the baseline of: <c>struct page of 6.12.117-1 amd64</c>.</param>
    /// <param name="definitions">The types; of one that is defined in several ways, the first definition is taken, and the file says so.</param>
    /// <param name="otherFiles">The files besides the image that the definitions rest on, a clause each.</param>
    /// <exception cref="ArgumentException">A type has no definition, or a name that the language cannot spell.</exception>
    public static Baseline Write(string title, IReadOnlyList<DefinitionSet> definitions, IReadOnlyList<string>? otherFiles = null)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(definitions);
        title = Printable.Escape(title);
        StringBuilder rule = new();
        ImmutableArray<string>.Builder leftOut = ImmutableArray.CreateBuilder<string>();
        _ = rule.Append(CultureInfo.InvariantCulture, $"---\ntitle: {title}\nseverity: error\npack: {Pack}\n");
        foreach (DefinitionSet set in definitions)
        {
            if (set.Distinct.IsEmpty || !CanPin(set.Name))
            {
                throw new ArgumentException(set.Distinct.IsEmpty ? $"there is no definition of {set.Name} to pin"
                    : $"a rule cannot spell {Printable.Shorten(set.Name.ToString())}");
            }

            Write(set, rule, leftOut);
        }

        _ = rule.Append(CultureInfo.InvariantCulture, $"---\n\n# {title}\n\n## What it checks\n\n");
        _ = rule.Append("Every member is where it was, as big as it was, and there is no new one. Delete the lines that may change.\n");
        if (otherFiles is { Count: > 0 })
        {
            _ = rule.Append(CultureInfo.InvariantCulture, $"\nThe layouts were read from more files than the image: {string.Join("; ", otherFiles)}.\n");
        }

        return new Baseline(rule.ToString(), leftOut.ToImmutable());
    }

    private static void Write(DefinitionSet set, StringBuilder rule, ImmutableArray<string>.Builder leftOut)
    {
        TypeDefinition definition = set.Distinct[0];
        List<Pinned> all = [];
        Collect(definition.Graph, definition.Aggregate, 0, all);
        // Of two members of one name, which only damage makes, a rule sees the first.
        Dictionary<string, Pinned> seen = new(StringComparer.Ordinal);
        all.ForEach(m => seen.TryAdd(m.Name, m));
        Pinned[] members = [.. all.Where(m => IsWord(m.Name) && seen[m.Name] == m)];
        _ = rule.Append(CultureInfo.InvariantCulture, $"\n// {set.Name}\n");
        if (set.Distinct.Length > 1)
        {
            _ = rule.Append(CultureInfo.InvariantCulture,
                $"// The first of {set.Distinct.Length} definitions that differ, as in {Printable.Escape(definition.Units[0].Name)}.\n");
        }

        if (members.Length < all.Count)
        {
            string sentence = LeftOut(set.Name, [.. all.Except(members).Select(m => m.Name)]);
            _ = rule.Append(CultureInfo.InvariantCulture, $"// {sentence}\n");
            leftOut.Add(sentence);
        }

        _ = rule.Append(CultureInfo.InvariantCulture, $"check: sizeof({set.Name}) == {definition.Aggregate.ByteSize};\n");
        if (definition.Aggregate.Alignment is { } alignment && !DeclaredAlignments.MayBeTooSmall(definition.Graph, definition.Root))
        {
            // BTF records no alignment: an image without DWARF can only be held to the natural one, and not to less than that.
            _ = rule.Append(CultureInfo.InvariantCulture, $"       alignof({set.Name}) <= {alignment};\n");
        }

        WriteMembers(set.Name, members, rule);
        // A list of all members needs a name for each of them.
        if (all.Count > 0 && all.All(m => IsWord(m.Name)))
        {
            _ = rule.Append(CultureInfo.InvariantCulture,
                $"check: sharers({set.Name}) in {{\n           {string.Join(",\n           ", all.Select(m => m.Name).Distinct())}\n       }},\n");
            _ = rule.Append(CultureInfo.InvariantCulture, $"       \"{set.Name} has a member that the baseline does not know\"\n");
        }
    }

    // Two macros with a row for each member: places in bytes, and those of bit-fields in bits.
    private static void WriteMembers(TypeName type, Pinned[] members, StringBuilder rule)
    {
        string macro = Macro(type.Name);
        string member = Parameter("member");
        string offset = Parameter("offset");
        string size = Parameter("size");
        if (members.Any(m => !m.IsBitField))
        {
            _ = rule.Append(CultureInfo.InvariantCulture, $"check: #define {macro}_AT({member}, {offset}, {size}) exists({type}, {member}) \\\n");
            _ = rule.Append(CultureInfo.InvariantCulture, $"           && offsetof({type}, {member}) == {offset} && sizeof({type}, {member}) == {size}\n");
            int rows = 0;
            foreach (Pinned pinned in members.Where(m => !m.IsBitField))
            {
                _ = rule.Append(CultureInfo.InvariantCulture,
                    $"{RowStart(ref rows)}{macro}_AT({pinned.Name}, {pinned.BitOffset / 8}, {pinned.BitSize / 8});\n");
            }
        }

        if (members.Any(m => m.IsBitField))
        {
            string width = Parameter("width");
            _ = rule.Append(CultureInfo.InvariantCulture, $"check: #define {macro}_BITS({member}, {offset}, {width}) exists({type}, {member}) \\\n");
            _ = rule.Append(CultureInfo.InvariantCulture,
                $"           && bitoffsetof({type}, {member}) == {offset} && bitsizeof({type}, {member}) == {width}\n");
            int rows = 0;
            foreach (Pinned pinned in members.Where(m => m.IsBitField))
            {
                _ = rule.Append(CultureInfo.InvariantCulture, $"{RowStart(ref rows)}{macro}_BITS({pinned.Name}, {pinned.BitOffset}, {pinned.BitSize});\n");
            }
        }

        // A parameter of the type's own name would replace the type in the body.
        string Parameter(string name) => name == type.Name ? name + "_" : name;
    }

    // The preprocessor bounds the expansion of one check.
    private static string RowStart(ref int rows) => ++rows % RowsPerCheck == 0 ? "check: " : "       ";

    private static string LeftOut(TypeName type, string[] names)
    {
        string told = string.Join(", ", names.Take(NamesTold).Select(n => $"'{Printable.Escape(Printable.Shorten(n))}'"));
        string more = names.Length > NamesTold ? $" and {names.Length - NamesTold} more" : "";
        (string members, string them) = names.Length == 1 ? ("a member is", "it") : ($"{names.Length} members are", "them");
        return $"{type}: {members} not pinned, for a rule cannot name {them}: {told}{more}";
    }

    private static string Macro(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    // The lexer has the same words.
    private static bool IsWord(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$');

    private static void Collect(TypeGraph graph, AggregateType aggregate, ulong offset, List<Pinned> members)
    {
        foreach (Member member in aggregate.Members)
        {
            if (member.Name is { } name)
            {
                members.Add(new Pinned(name, offset + member.BitOffset, member.BitFieldSize ?? (graph.ByteSizeOf(member.Type)!.Value * 8), member.IsBitField));
            }
            else if (graph.AsAggregate(member.Type) is { } inner)
            {
                Collect(graph, inner, offset + member.BitOffset, members);
            }
        }
    }

    private readonly record struct Pinned(string Name, ulong BitOffset, ulong BitSize, bool IsBitField);
}
