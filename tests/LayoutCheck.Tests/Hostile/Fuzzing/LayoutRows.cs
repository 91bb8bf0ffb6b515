using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>A member as both programs can tell it; an unnamed one has an empty name.</summary>
internal readonly record struct LayoutRow(string Name, ulong BitOffset, ulong BitSize);

/// <summary>
/// A struct or union as both programs can tell it: its size (pahole does not tell a union's) and, by place, its members and those of the unnamed types in
/// it.
/// </summary>
internal sealed partial record LayoutRows(ulong? ByteSize, ImmutableArray<LayoutRow> Rows)
{
    /// <summary>What we say. As pahole does, goes into unnamed types only: an unnamed member of a tag or typedef (-fms-extensions) is one row.</summary>
    public static LayoutRows Of(TypeDefinition definition)
    {
        TypeLayout layout = TypeLayout.Of(definition);
        List<LayoutRow> rows = [];
        HashSet<int> closed = [];
        for (int i = 0; i < layout.Items.Length; i++)
        {
            LayoutItem item = layout.Items[i];
            if (closed.Contains(item.Parent))
            {
                _ = closed.Add(i);
            }
            else if (item.Kind == LayoutItemKind.Member)
            {
                rows.Add(new LayoutRow(item.Name ?? "", item.BitOffset, item.BitSize));
                if (item.Expanded is not null && layout.Graph[item.Type] is not AggregateType { Name: null })
                {
                    _ = closed.Add(i);
                }
            }
        }

        return Sorted(definition.Aggregate.ByteSize, rows);
    }

    /// <summary>
    /// What pahole says, of each type that it has printed, by its spelling (<c>struct page</c>); the first counts when there are several. As
    /// tests/real-kernels/pahole-rows does.
    /// </summary>
    /// <exception cref="FormatException">The text is not understood.</exception>
    public static Dictionary<string, LayoutRows> Read(string text)
    {
        Dictionary<string, LayoutRows> types = [];
        Stack<Open> open = [];
        foreach (string line in text.Split('\n').Select(l => l.Trim()))
        {
            if (Opening().Match(line) is { Success: true } opening)
            {
                open.Push(new Open(opening.Groups[1].Value));
            }
            else if (open.Count == 0)
            {
                continue;
            }
            else if (open.Count == 1 && SizeLine().Match(line) is { Success: true } size)
            {
                open.Peek().ByteSize = Number(size.Groups[1].Value);
            }
            else if (line.StartsWith("<ERROR(", StringComparison.Ordinal))
            {
                throw new FormatException("a member that pahole could not read: " + line);
            }
            else if (line.StartsWith('}'))
            {
                Open inner = open.Pop();
                if (open.Count == 0)
                {
                    _ = types.TryAdd(inner.Spelling, Sorted(inner.ByteSize, inner.Rows));
                }
                else
                {
                    Close(inner, open.Peek(), line);
                }
            }
            else if (Placed().Match(line) is { Success: true } placed)
            {
                open.Peek().Rows.Add(Row(Attribute().Replace(placed.Groups[1].Value, "").TrimStart(), placed));
            }
            else if (line.EndsWith(';') && !Padding().IsMatch(line))
            {
                throw new FormatException("no place in: " + line);
            }
        }

        return open.Count == 0 ? types : throw new FormatException("the text ends within a type");
    }

    /// <summary>How the first difference is told, or null when there is none.</summary>
    public static string? Difference(LayoutRows ours, LayoutRows theirs)
    {
        // A name that is not C's cannot be told from the type before it in pahole's text; the places still can.
        bool withNames = ours.Rows.All(r => r.Name.Length == 0 || Identifier().IsMatch(r.Name));
        IEnumerable<LayoutRow> left = withNames ? ours.Rows : ours.Rows.Select(r => r with { Name = "?" }).Order(s_byPlace);
        IEnumerable<LayoutRow> right = withNames ? theirs.Rows : theirs.Rows.Select(r => r with { Name = "?" }).Order(s_byPlace);
        if (theirs.ByteSize is { } byteSize && ours.ByteSize != byteSize)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{ours.ByteSize} bytes, pahole: {byteSize}");
        }

        (LayoutRow a, LayoutRow b) = left.Zip(right).FirstOrDefault(p => p.First != p.Second);
        return a != b ? $"{Told(a)}, pahole: {Told(b)}"
            : ours.Rows.Length != theirs.Rows.Length ? string.Create(CultureInfo.InvariantCulture, $"{ours.Rows.Length} members, pahole: {theirs.Rows.Length}")
            : null;
    }

    private static readonly Comparer<LayoutRow> s_byPlace = Comparer<LayoutRow>.Create((x, y) => x.BitOffset != y.BitOffset ? x.BitOffset.CompareTo(y.BitOffset)
        : x.BitSize != y.BitSize ? x.BitSize.CompareTo(y.BitSize)
        : string.CompareOrdinal(x.Name, y.Name));

    private static LayoutRows Sorted(ulong? byteSize, List<LayoutRow> rows) => new(byteSize, [.. rows.Order(s_byPlace)]);

    private static string Told(LayoutRow row) => string.Create(CultureInfo.InvariantCulture, $"{(row.Name.Length == 0 ? "(unnamed)" : row.Name)} at bit {row.BitOffset}, {row.BitSize} bits");

    // "} name[2] __attribute__(...); /* 8 16 */": an enum has no members within, and what is in an array or behind a pointer has no place here.
    private static void Close(Open inner, Open owner, string line)
    {
        Match placed = Placed().Match(line);
        if (!placed.Success)
        {
            // A type that is only declared there (clang's DWARF), not a member.
            return;
        }

        string declaration = Attribute().Replace(placed.Groups[1].Value, "")[1..].Trim();
        owner.Rows.Add(Row(declaration.Length == 0 ? declaration : "x " + declaration, placed));
        if (!declaration.Contains('[', StringComparison.Ordinal) && !declaration.Contains('*', StringComparison.Ordinal))
        {
            owner.Rows.AddRange(inner.Rows);
        }
    }

    private static LayoutRow Row(string declaration, Match placed)
    {
        ulong start = (Number(placed.Groups[2].Value) * 8) + (placed.Groups[3].Success ? Number(placed.Groups[3].Value) : 0);
        Match width = Width().Match(declaration);
        if (width.Success)
        {
            declaration = declaration[..width.Index];
        }

        ulong size = width.Success ? Number(width.Groups[1].Value) : Number(placed.Groups[4].Value) * 8;
        bool isUnnamed = declaration.Length == 0 || char.IsWhiteSpace(declaration[^1]) || TaggedUnnamed().IsMatch(declaration);
        Match pointer = FunctionPointer().Match(declaration);
        return new LayoutRow(isUnnamed ? "" : pointer.Success ? pointer.Groups[1].Value : LastName().Match(declaration).Groups[1].Value, start, size);
    }

    // pahole's numbers are C ints: what is too large for them comes out negative, or cut off.
    private static ulong Number(string digits) => ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : throw new FormatException("no number: " + digits);

    [GeneratedRegex(@"^(?:(?:const|volatile)\s+)*((?:struct|union|enum)(?:\s+\w+)?)\b[^;]*\{$")]
    private static partial Regex Opening();

    [GeneratedRegex(@"^/\* size: (-?\d+),")]
    private static partial Regex SizeLine();

    [GeneratedRegex(@"^(.*);\s*/\*\s*(\d+)(?::\s*(\d+))?\s+(\d+)\s*\*/$")]
    private static partial Regex Placed();

    [GeneratedRegex(@"\s*__attribute__\s*\(\(.*?\)\)(?=\s|$)")]
    private static partial Regex Attribute();

    [GeneratedRegex(@":\d+;$")]
    private static partial Regex Padding();

    [GeneratedRegex(@":(\d+)$")]
    private static partial Regex Width();

    [GeneratedRegex(@"^(?:const |volatile )*(?:struct|union)(?: \w+)?$")]
    private static partial Regex TaggedUnnamed();

    [GeneratedRegex(@"\(\s*\*+\s*(?:const |volatile )*(\w+)")]
    private static partial Regex FunctionPointer();

    [GeneratedRegex(@"(\w+)\s*(?:\[[^\]]*\]\s*)*$")]
    private static partial Regex LastName();

    [GeneratedRegex(@"^[A-Za-z_]\w*$")]
    private static partial Regex Identifier();

    // The inside of one pair of braces.
    private sealed record Open(string Spelling)
    {
        public ulong? ByteSize { get; set; }

        public List<LayoutRow> Rows { get; } = [];
    }
}
