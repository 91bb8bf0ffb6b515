using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Reads the cells of a matrix from the definitions of an image. A cell has a value if all definitions agree on it.</summary>
/// <param name="definitions">All definitions of the types that the columns name.</param>
/// <param name="omission">Why the source lacks types or members, or null.</param>
/// <param name="types">The source, for the traces of a type without a definition.</param>
internal sealed class CellReader(IReadOnlyDictionary<TypeName, DefinitionSet> definitions, SourceOmission? omission, ITypeSource types)
{
    // Of definitions that differ, so many are told.
    private const int MostTold = 4;

    private readonly Dictionary<TypeName, string?> _traces = [];

    /// <summary>The cell of a column that asks for a type or a member.</summary>
    public MatrixCell Read(MatrixColumn column)
    {
        DefinitionSet set = definitions[column.Type];
        if (set.Problem is { } problem)
        {
            return MatrixCell.Unknown($"{column.Type} cannot be read: {problem.Message}");
        }

        if (set.Distinct.IsEmpty)
        {
            return WhyNoType(set) is { } why ? MatrixCell.Unknown(why)
                : column.Fact == MatrixFact.Exists ? new MatrixCell(CellState.Told) { Value = 0 }
                : new MatrixCell(CellState.NoType);
        }

        MatrixCell[] cells = [.. set.Distinct.Select(d => Read(column, d))];
        return Array.TrueForAll(cells, c => c == cells[0]) ? cells[0]
            : MatrixCell.Unknown($"{set.Distinct.Length} definitions of {column.Type} differ: {Differing(column.Fact, set, cells)}");
    }

    /// <summary>The cell of a rule. A note says what violates it, or why it is not decided.</summary>
    public static MatrixCell Read(RuleResult result)
    {
        CheckResult? decisive = result.Checks.FirstOrDefault(c => c.Outcome == result.Outcome);
        return result.Outcome == Outcome.Undecided
            ? MatrixCell.Unknown($"{result.Rule.Id} is undecided: {decisive?.Reason}")
            : new MatrixCell(CellState.Told) { Outcome = result.Outcome, Note = result.Outcome is Outcome.Violated or Outcome.Warning ? $"{result.Rule.Id}: {decisive?.Reason}" : null };
    }

    private MatrixCell Read(MatrixColumn column, TypeDefinition definition)
    {
        TypeGraph graph = definition.Graph;
        if (column.Members.IsEmpty)
        {
            return column.Fact == MatrixFact.Exists ? new MatrixCell(CellState.Told) { Value = 1 }
                : graph.ByteSizeOf(definition.Root) is { } size ? Number(size * 8, null, false)
                : MatrixCell.Unknown($"{column.Type} has no size");
        }

        foreach (string path in column.Members)
        {
            if (MemberPath.Resolve(graph, definition.Root, path) is { } member)
            {
                return Read(column, graph, member);
            }

            if (MemberPath.PointerOn(graph, definition.Root, path) is { } pointer)
            {
                return MatrixCell.Unknown($"{column.Type}.{path} goes through a pointer: {pointer} is one, and what lies behind it has no place in {column.Type}");
            }
        }

        return omission is { IsOfMembers: true } ? MatrixCell.Unknown($"{column.Text} may be there in the kernel: {omission.Clause}")
            : column.Fact == MatrixFact.Exists ? new MatrixCell(CellState.Told) { Value = 0 }
            : new MatrixCell(CellState.Absent);
    }

    private static MatrixCell Read(MatrixColumn column, TypeGraph graph, ResolvedMember member)
        => column.Fact == MatrixFact.Exists && member.Doubt is null ? new MatrixCell(CellState.Told) { Member = member.Path, Value = 1 }
            : member.Doubt is { } doubt ? MatrixCell.Unknown(doubt)
            : column.Fact == MatrixFact.Type ? new MatrixCell(CellState.Told) { Member = member.Path, Type = graph.Declare(member.Type) }
            : column.Fact == MatrixFact.Offset ? Number(member.BitOffset, member.Path, member.IsBitField)
            : member.BitSize is { } size ? Number(size, member.Path, member.IsBitField)
            : MatrixCell.Unknown($"{member.Path} of {column.Type} has no size");

    private static MatrixCell Number(ulong bits, string? member, bool isBitField)
        => new(CellState.Told) { Member = member, Value = (long)(bits / 8), Bits = bits, IsBitField = isBitField };

    // Null where nothing hints at a type of that name.
    private string? WhyNoType(DefinitionSet set)
    {
        if (omission is not null)
        {
            return $"{set.Name} may be there in the kernel: {omission.Clause}";
        }

        if (set.DeclarationCount > 0)
        {
            return $"{set.Name} is declared and not defined here";
        }

        if (!_traces.TryGetValue(set.Name, out string? trace))
        {
            trace = Trace(set.Name);
            _traces.Add(set.Name, trace);
        }

        return trace;
    }

    // Damage that is met on the way does not concern the question.
    private string? Trace(TypeName name)
    {
        try
        {
            Remainder remainder = types.FindRemainder(name);
            return remainder.Place is { } place ? $"{name} is defined for no whole unit: it is {place}"
                : remainder.TypedefOf is { } tag ? $"{name} is a typedef of {tag}, which is only declared"
                : null;
        }
        catch (InvalidImageException)
        {
            return null;
        }
    }

    private static string Differing(MatrixFact fact, DefinitionSet set, MatrixCell[] cells)
    {
        IEnumerable<string> told = set.Distinct.Zip(cells).GroupBy(d => Words(fact, d.Second), d => d.First.Units[0].Name, StringComparer.Ordinal).Select(g => $"{g.Key} in {g.First()}");
        string rest = told.Skip(MostTold).Any() ? ", and others" : "";
        return string.Join(", ", told.Take(MostTold)) + rest;
    }

    private static string Words(MatrixFact fact, MatrixCell cell) => cell.State switch
    {
        CellState.Absent => "no such member",
        CellState.Unknown => "not told",
        _ when cell.Type is { } type => type,
        _ => MatrixNumbers.Of(fact, cell) + (cell.Member is { } member ? $" ({member})" : ""),
    };
}
