using System.Globalization;
using System.Text;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Import;

/// <summary>The rows of a baseline that pin one struct or union, for each type that it is looked at in.</summary>
internal sealed class BaselineBlock
{
    // Stands in the rows for the type; no name has it.
    private const string Subject = "\0";

    // The preprocessor bounds the expansion of one check: more rows than this are written out for each subject.
    private const int MostRowsOfMacro = 1024;

    private const int Columns = 120;

    private readonly TypeName _name;

    private BaselineBlock(TypeName name) => _name = name;

    /// <summary>The checks, with a placeholder for the type.</summary>
    public List<string> Rows { get; } = [];

    /// <summary>The types that the rows are about: <c>struct page</c>, <c>struct list_head in struct page</c>.</summary>
    public List<string> Subjects { get; } = [];

    /// <summary>Checks of the type by itself, without a placeholder.</summary>
    public List<string> Extra { get; } = [];

    /// <summary>Sentences above it.</summary>
    public List<string> Comments { get; } = [];

    /// <summary>What is not pinned, a sentence each.</summary>
    public List<string> LeftOut { get; } = [];

    /// <summary>The members that a rule cannot name.</summary>
    public List<string> Unnamed { get; } = [];

    /// <summary>The members of types that a rule cannot spell: their places are pinned.</summary>
    public List<string> Untyped { get; } = [];

    /// <summary>The rows for a struct or union of a graph.</summary>
    public static BaselineBlock Of(TypeName name, TypeGraph graph, AggregateType aggregate, BaselineOptions options)
    {
        BaselineBlock block = new(name);
        block.Rows.Add(string.Create(CultureInfo.InvariantCulture, $"sizeof({Subject}) == {aggregate.ByteSize}"));
        PinnedMembers members = PinnedMembers.Of(graph, aggregate);
        if (members.IsCut)
        {
            block.LeftOut.Add($"{name}: its members are not pinned, for there are more than {PinnedMembers.Most}");
            return block;
        }

        HashSet<PinnedMember> reserved = Reserved(graph, members, options);
        List<string> known = [];
        bool isListed = true;
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (PinnedMember member in members.All)
        {
            // Of two members of one name, which only damage makes, a rule sees the first. Names of __UNIQUE_ID are told apart by their places.
            bool isFirst = seen.Add(member.Path);
            isListed &= member.IsNameable;
            if (!member.IsNameable || (!isFirst && !DefinitionEquality.IsUnique(member.Name)))
            {
                block.Unnamed.Add(member.Path);
                continue;
            }

            bool isOfBits = member.IsBitField || member.BitOffset % 8 != 0 || member.BitSize % 8 != 0;
            string place = new PinnedNumber(member.BitOffset, isOfBits).Place;
            string size = new PinnedNumber(member.BitSize, isOfBits).Size;
            if (reserved.Contains(member))
            {
                known.Add($"{MembersFunction.Reserved}({member.Path}, {place}, {size})");
                continue;
            }

            if (isFirst)
            {
                known.Add(member.Path);
            }

            block.Rows.Add($"pinned({Subject}, {member.Path}, {place}, {size}{block.TypeOf(graph, member, options)})");
        }

        // A list of all members needs a name for each of them.
        if (isListed)
        {
            block.Rows.Add(ListOf(known));
        }

        return block;
    }

    /// <summary>Writes the block into the header of a rule file.</summary>
    /// <param name="rule">The file.</param>
    /// <param name="isGuarded">Whether a <c>when:</c> of a block before it is in force.</param>
    public void Write(StringBuilder rule, ref bool isGuarded)
    {
        string held = $"{_name} {HeldReference.In} ";
        string[] holders = [.. Subjects.Where(s => s.StartsWith(held, StringComparison.Ordinal)).Select(s => s[held.Length..])];
        _ = rule.Append(CultureInfo.InvariantCulture, $"\n// {_name}{(holders.Length > 0 ? $", by value in {string.Join(", ", holders)}" : "")}\n");
        foreach (string comment in Comments)
        {
            _ = rule.Append(CultureInfo.InvariantCulture, $"// {comment}\n");
        }

        string? macro = Subjects.Count > 1 && Rows.Count <= MostRowsOfMacro ? $"PINS_{_name.Name}" : null;
        if (macro is not null)
        {
            string parameter = FreshName();
            _ = rule.Append(CultureInfo.InvariantCulture, $"check: #define {macro}({parameter}) \\\n           ");
            _ = rule.AppendJoin("; \\\n           ", Rows.Select(r => r.Replace(Subject, parameter, StringComparison.Ordinal).Replace("\n", " \\\n    ", StringComparison.Ordinal)));
            _ = rule.Append('\n');
        }

        foreach (string subject in Subjects)
        {
            bool isHeld = subject.StartsWith(held, StringComparison.Ordinal);
            if (isHeld || isGuarded)
            {
                _ = rule.Append(isHeld ? $"when:  exists({subject})\n" : "when:\n");
            }

            isGuarded = isHeld;
            IEnumerable<string> rows = macro is not null ? [$"{macro}({subject})"] : Rows.Select(r => r.Replace(Subject, subject, StringComparison.Ordinal));
            _ = rule.Append("check: ").AppendJoin(";\n       ", isHeld ? rows : rows.Concat(Extra)).Append(";\n");
        }
    }

    private static string ListOf(List<string> known)
    {
        string line = $"members({Subject}) in {{ {string.Join(", ", known)} }}";
        return line.Length <= Columns ? line : $"members({Subject}) in {{\n           {string.Join(",\n           ", known)}\n       }}";
    }

    // The last argument of a row. The dimensions of arrays that BTF does not tell are pinned as what they are: a number of all elements.
    private string TypeOf(TypeGraph graph, PinnedMember member, BaselineOptions options)
    {
        if (options.PlacesOnly)
        {
            return "";
        }

        string spelling = TypeWords.SpellPinned(graph, member.Type);
        if (!spelling.All(c => char.IsAsciiLetterOrDigit(c) || " _$*()[]{},.".Contains(c, StringComparison.Ordinal)))
        {
            Untyped.Add(member.Path);
            return "";
        }

        return $", \"{spelling}{(TypeFunctions.HasOpenDimensions(graph, member.Type) ? PinnedFunction.Flattened : "")}\"";
    }

    // A parameter of a name that stands in the rows would replace it.
    private string FreshName()
    {
        string name = "type";
        while (Rows.Exists(r => r.Contains(name, StringComparison.Ordinal)))
        {
            name += "_";
        }

        return name;
    }

    // The members that are kept for later use: by their name, and as no other member lies on their bytes, which would be such a use.
    private static HashSet<PinnedMember> Reserved(TypeGraph graph, PinnedMembers members, BaselineOptions options)
    {
        HashSet<PinnedMember> reserved = new(ReferenceEqualityComparer.Instance);
        PinnedMember[] named = [.. members.All.Where(m => m.BitSize > 0 && !m.IsFlexible && options.IsReserved(m.Name))];
        if (named.Length == 0)
        {
            return reserved;
        }

        // The leaves alone: a member with members of its own in the list is left out.
        PinnedMember[] leaves = [.. members.All.Where((m, i) => m.BitSize > 0 && !(i + 1 < members.All.Count && members.All[i + 1].IsWithin(m.Path)))
            .OrderBy(m => m.BitOffset)];
        ulong end = 0;
        for (int i = 0; i < leaves.Length; i++)
        {
            bool isAlone = end <= leaves[i].BitOffset && (i + 1 == leaves.Length || leaves[i + 1].BitOffset >= leaves[i].EndBit);
            end = Math.Max(end, leaves[i].EndBit);
            if (isAlone && options.IsReserved(leaves[i].Name) && !leaves[i].IsFlexible)
            {
                _ = reserved.Add(leaves[i]);
            }
        }

        return reserved;
    }
}
