using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>What a kernel exports in VMCOREINFO as checks of a rule over the layouts: a check for each fact that the types of an image can tell.</summary>
internal static class ExportedFacts
{
    // The enumerations that hold the values which kernels export by these names; other NUMBERs are macros.
    private static readonly (string Begin, string Enum)[] s_enums =
        [("PG_", "pageflags"), ("PGTY_", "pagetype"), ("NR_FREE_PAGES", "zone_stat_item"), ("HUGETLB_PAGE_DTOR", "compound_dtor_id")];

    private const string Body = """

        ## What it checks

        The kernel tells makedumpfile and crash where the members of its structs are, in VMCOREINFO. The numbers are constants in its code. Each
        of them is what the debug information says.

        ## Why it matters

        The code is what runs. Where it and the debug information differ, they are of two builds: every other verdict rests on a description of
        another kernel, and a dump of this one cannot be read by it.

        ## How to fix

        Name the debug information of this build; if it is, the compiler or a tool behind it (objcopy, dwz, pahole) wrote a wrong place.

        """;

    /// <summary>The types that the facts of a note are about.</summary>
    public static IEnumerable<TypeName> TypesOf(ExportedNote note) => note.Known.Select(TypeOf).OfType<TypeName>().Distinct();

    /// <summary>Compares what an image exports with its layouts.</summary>
    /// <param name="note">What it exports.</param>
    /// <param name="definitions">The definitions of <see cref="TypesOf"/>.</param>
    /// <param name="flattensArrays">Whether the debug information has an array of arrays as one (BTF).</param>
    /// <param name="evaluate">Evaluates a rule.</param>
    /// <returns>The result, null where nothing can be compared; and the facts.</returns>
    public static (RuleResult? Result, ExportedSummary Summary) Compare(
        ExportedNote note, IReadOnlyDictionary<TypeName, DefinitionSet> definitions, bool flattensArrays, Func<RuleSet, ImmutableArray<RuleResult>> evaluate)
    {
        (RuleResult? result, ImmutableArray<ExportedFact> facts) = Compare(RuleSet.ExportedId, RuleSet.ExportedPack, "what the code exports in VMCOREINFO agrees with the layouts", note.Known, definitions, flattensArrays, evaluate,
            line => string.Create(CultureInfo.InvariantCulture, $"the instruction at 0x{line.Instruction:x} exports {line.Value}: the code and the debug information are of two builds"));
        return (result, new ExportedSummary(note, facts));
    }

    /// <summary>Compares facts with layouts, as the rule of an id.</summary>
    public static (RuleResult? Result, ImmutableArray<ExportedFact> Facts) Compare(
        string id, string pack, string title, IEnumerable<ExportedLine> lines, IReadOnlyDictionary<TypeName, DefinitionSet> definitions, bool flattensArrays,
        Func<RuleSet, ImmutableArray<RuleResult>> evaluate, Func<ExportedLine, string> consequence)
    {
        List<(ExportedLine Line, string? Reason)> facts = [];
        ImmutableArray<RuleCheck>.Builder checks = ImmutableArray.CreateBuilder<RuleCheck>();
        foreach (ExportedLine line in lines)
        {
            string? reason = ReasonAgainst(line, definitions, flattensArrays);
            facts.Add((line, reason));
            if (reason is null)
            {
                checks.Add(new RuleCheck(null, RuleExpression.Parse(ExpressionOf(line)!), consequence(line), Severity.Error, 1));
            }
        }

        if (checks.Count == 0)
        {
            return (null, [.. facts.Select(f => new ExportedFact(f.Line, null, f.Reason))]);
        }

        RuleResult result = evaluate(new RuleSet([Rule(id, pack, title, checks.ToImmutable())]))[0];
        int next = 0;
        return (result, [.. facts.Select(f => new ExportedFact(f.Line, f.Reason is null ? result.Checks[next++].Outcome : null, f.Reason))]);
    }

    /// <summary>A rule that comes from no file.</summary>
    public static Rule Rule(string id, string pack, string title, ImmutableArray<RuleCheck> checks) => new(id)
    {
        Title = title,
        Severity = Severity.Error,
        Pack = pack,
        IsFlagship = false,
        Checks = checks,
        Body = Body,
        SourceName = pack,
        Origin = RuleOrigin.Exported,
    };

    // Why a fact is not compared, in a clause; null when it is.
    private static string? ReasonAgainst(ExportedLine line, IReadOnlyDictionary<TypeName, DefinitionSet> definitions, bool flattensArrays)
    {
        if (TypeOf(line) is not { } type)
        {
            return line.Kind switch
            {
                ExportedKind.Length => "it is the length of a variable, which types do not tell",
                ExportedKind.Number => "it is no enumerator of a known enumeration",
                _ => "its name is none of C",
            };
        }

        if (!definitions.TryGetValue(type, out DefinitionSet? set) || set.Distinct.IsEmpty)
        {
            return $"the debug information does not define {type}";
        }

        if (line.Kind == ExportedKind.Length && flattensArrays)
        {
            return "BTF has arrays of arrays as one array, so that the length is not certain";
        }

        TypeDefinition first = set.Distinct[0];
        bool isLacking = type.Kind == TypeNameKind.Enum && first.Graph[first.Root] is EnumType { Enumerators: { } all } && !all.Any(e => e.Name == line.Name);
        return isLacking ? $"{type} does not have it" : null;
    }

    private static TypeName? TypeOf(ExportedLine line)
    {
        if (!line.Name.Split('.').All(Lexer.IsWord))
        {
            return null;
        }

        int dot = line.Name.IndexOf('.', StringComparison.Ordinal);
        return line.Kind switch
        {
            ExportedKind.Offset or ExportedKind.Length when dot > 0 => Aggregate(line.Name[..dot]),
            ExportedKind.Size when dot < 0 => Aggregate(line.Name),
            ExportedKind.Number when dot < 0 => s_enums.FirstOrDefault(e => line.Name.StartsWith(e.Begin, StringComparison.Ordinal)).Enum is { } name ? new TypeName(TypeNameKind.Enum, name) : null,
            _ => null,
        };
    }

    // A struct by its tag, or a typedef by its name.
    private static TypeName Aggregate(string name) => new(name.EndsWith("_t", StringComparison.Ordinal) ? TypeNameKind.Any : TypeNameKind.Struct, name);

    private static string? ExpressionOf(ExportedLine line)
    {
        if (TypeOf(line) is not { } type)
        {
            return null;
        }

        string member = line.Name[(line.Name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        string call = line.Kind switch
        {
            ExportedKind.Offset => $"offsetof({type}, {member})",
            ExportedKind.Size => $"sizeof({type})",
            ExportedKind.Length => $"ARRAY_SIZE({type}, {member})",
            _ => $"valueof({type}, {member})",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{call} == {line.Value}");
    }
}
