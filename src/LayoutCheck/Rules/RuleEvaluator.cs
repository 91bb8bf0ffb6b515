using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Layouts;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Rules;

/// <summary>Evaluates rules over the layouts that an image holds.</summary>
internal static class RuleEvaluator
{
    /// <summary>
    /// How many combinations of differing definitions are tried for one check. Past it the check is undecided: an image whose units
    /// disagree that much has a bigger problem.
    /// </summary>
    public const int MostCombinations = 256;

    /// <summary>The result of each rule, in their order.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="definitions">
    /// All definitions of every type in <see cref="RuleSet.RequiredTypes"/>; a name that is missing counts as one without definitions.
    /// </param>
    /// <param name="target">The machine that the image was built for.</param>
    /// <param name="config">The kernel's configuration (<c>CONFIG_X</c> to <c>y</c>, <c>m</c> or a value), or null when the image does not carry it.</param>
    /// <param name="omission">Why the definitions may lack what the kernel has, or null.</param>
    /// <param name="machine">The machine of the image's ELF header (e_machine), or null.</param>
    /// <param name="lacksAlignments">Whether the debug information has no declared alignments (BTF).</param>
    /// <param name="rustTwins">The comparison of Rust's twins with C, or null.</param>
    /// <param name="exported">What the code exports, of an image without types; else null.</param>
    public static ImmutableArray<RuleResult> Evaluate(
        RuleSet rules,
        IReadOnlyDictionary<TypeName, DefinitionSet> definitions,
        TargetInfo target,
        IReadOnlyDictionary<string, string>? config = null,
        SourceOmission? omission = null,
        int? machine = null,
        bool lacksAlignments = false,
        Lazy<RustTwinFacts>? rustTwins = null,
        ExportedAnswers? exported = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(definitions);
        CheckedImage image = new(definitions, target, config, omission) { Machine = machine, LacksAlignments = lacksAlignments, RustTwins = rustTwins, Exported = exported };
        return [.. rules.Rules.Select(rule =>
        {
            CheckedImage seen = rule.Selections.IsEmpty ? image : image with
            {
                Definitions = Select(rule.Selections, definitions, omission),
                Conditions = new(ReferenceEqualityComparer.Instance),
            };
            ImmutableArray<CheckResult> checks = [.. rule.Checks.Select(check => Evaluate(check, seen))];
            return new RuleResult(rule, Sum(checks), checks);
        })];
    }

    // Of the names that a rule chooses among, the definitions that have its members. Where members may have been left out, no choice can be made.
    private static Dictionary<TypeName, DefinitionSet> Select(
        ImmutableArray<RuleSelection> selections, IReadOnlyDictionary<TypeName, DefinitionSet> definitions, SourceOmission? omission)
    {
        Dictionary<TypeName, DefinitionSet> selected = new(definitions);
        foreach (RuleSelection selection in selections)
        {
            if (omission is not { IsOfMembers: true } && selected.TryGetValue(selection.Type, out DefinitionSet? set) && set.Distinct.Length > 0)
            {
                ImmutableArray<TypeDefinition> having = [.. set.Distinct.Where(d => selection.Members.All(m => MemberPath.Resolve(d.Graph, d.Root, m) is not null))];
                selected[selection.Type] = set with
                {
                    Distinct = having,
                    DeclarationCount = having.IsEmpty ? 0 : set.DeclarationCount,
                    Unselected = having.IsEmpty ? $"no definition of {selection.Type} has {string.Join(" and ", selection.Members)}" : null,
                };
            }
        }

        return selected;
    }

    private static Outcome Sum(ImmutableArray<CheckResult> checks)
    {
        bool Any(Outcome outcome) => checks.Any(c => c.Outcome == outcome);
        return Any(Outcome.Violated) ? Outcome.Violated
            : Any(Outcome.Undecided) ? Outcome.Undecided
            : Any(Outcome.Warning) ? Outcome.Warning
            : Any(Outcome.Holds) ? Outcome.Holds : Outcome.NotApplicable;
    }

    private static CheckResult Evaluate(RuleCheck check, CheckedImage image)
    {
        // Only the types that this check names can make it differ from one combination to the next.
        List<DefinitionSet> sets = [.. (check.When?.Types ?? []).Union(check.Expression.Types)
            .Select(name => image.Definitions.TryGetValue(name, out DefinitionSet? set) ? set : null)
            .OfType<DefinitionSet>().Where(set => set.Distinct.Length > 0)];
        List<DefinitionSet> differing = [.. sets.Where(set => set.Distinct.Length > 1)];
        long combinations = 1;
        foreach (DefinitionSet set in differing)
        {
            combinations *= set.Distinct.Length;
            if (combinations > MostCombinations)
            {
                string names = string.Join(", ", differing.Select(s => Format($"{s.Name} ({s.Distinct.Length})")));
                return new CheckResult(check, Outcome.Undecided, $"too many definitions differ to try them all: {names}", []);
            }
        }

        CheckResult? first = null;
        foreach (Dictionary<TypeName, TypeDefinition> chosen in Combinations(sets))
        {
            CheckResult result = EvaluateAllCases(check, chosen, image);
            if (first is null)
            {
                first = result;
            }
            else if (first.Outcome != result.Outcome)
            {
                return new CheckResult(check, Outcome.Undecided, Disagreement(differing, first, result, chosen), [.. first.Observed.Union(result.Observed)]);
            }
        }

        return differing.Count == 0 ? first! : first! with { Reason = $"{first!.Reason} ({Agreement(differing)})" };
    }

    /// <summary>The outcome when all that the debug information leaves open comes to the same, else undecided.</summary>
    private static CheckResult EvaluateAllCases(RuleCheck check, Dictionary<TypeName, TypeDefinition> chosen, CheckedImage image)
    {
        CheckResult natural = EvaluateAllCases(check, chosen, image, new OpenFacts());
        bool isViolated = natural.Outcome is Outcome.Violated || (natural.Outcome is Outcome.Warning && natural.Caution is null);
        // A type has its natural alignment or more. Less shows in places, and more is nowhere in BTF: what holds of the natural one is taken as it is, and what
        // does not may hold all the same.
        return isViolated && image.LacksAlignments && natural.Observed.Any(o => o.Fact == ObservedFact.NaturalAlignment)
            ? EvaluateAllCases(check, chosen, image, new OpenFacts { TriesDeclaredAlignments = true })
            : natural;
    }

    private static CheckResult EvaluateAllCases(RuleCheck check, Dictionary<TypeName, TypeDefinition> chosen, CheckedImage image, OpenFacts open)
    {
        CheckResult first = EvaluateOne(check, chosen, image, open);
        while (open.Next(out bool isTooMany) || isTooMany)
        {
            if (isTooMany || EvaluateOne(check, chosen, image, open).Outcome != first.Outcome)
            {
                string what = check.When is null ? "this" : "whether this applies, or holds,";
                return first with { Outcome = Outcome.Undecided, Reason = $"{what} depends on what the debug information leaves open: {open.Doubts}" };
            }
        }

        return open.Any && first.Outcome != Outcome.Undecided ? first with { Reason = $"{first.Reason} (whatever is open: {open.Doubts})" } : first;
    }

    private static CheckResult EvaluateOne(RuleCheck check, Dictionary<TypeName, TypeDefinition> chosen, CheckedImage image, OpenFacts open)
    {
        if (check.When is not null)
        {
            (Answer when, ImmutableArray<Observation> observed) = EvaluateWhen(check.When, chosen, image, open);
            if (!when.IsTrue)
            {
                return when.IsUnknown
                    ? new CheckResult(check, Outcome.Undecided, $"whether this applies is not known: {when.Words}", observed)
                    : new CheckResult(check, Outcome.NotApplicable, when.Shown, observed);
            }
        }

        ExpressionEvaluator evaluator = new(chosen, image, open);
        Answer answer = evaluator.Evaluate(check.Expression.Root);
        string? caution = answer.IsTrue ? evaluator.Caution : null;
        Outcome outcome = answer.IsUnknown ? Outcome.Undecided
            : answer.IsTrue ? (caution is null ? Outcome.Holds : Outcome.Warning)
            : check.Severity == Severity.Warning ? Outcome.Warning : Outcome.Violated;
        return new CheckResult(check, outcome, answer.Shown, evaluator.Observed) { Caution = caution, IsNotable = answer.IsNotable };
    }

    // One answer serves all checks below a condition, unless the choice of definitions or something open can change it.
    private static (Answer Answer, ImmutableArray<Observation> Observed) EvaluateWhen(
        RuleExpression condition, Dictionary<TypeName, TypeDefinition> chosen, CheckedImage image, OpenFacts open)
    {
        if (image.Conditions.TryGetValue(condition, out (Answer Answer, ImmutableArray<Observation> Observed) known))
        {
            return known;
        }

        bool wasOpen = open.Any;
        ExpressionEvaluator guard = new(chosen, image, open);
        Answer answer = guard.Evaluate(condition.Root);
        bool isShared = !wasOpen && !open.Any && !open.TriesDeclaredAlignments
            && condition.Types.All(type => !image.Definitions.TryGetValue(type, out DefinitionSet? set) || set.Distinct.Length <= 1);
        if (isShared)
        {
            image.Conditions.Add(condition, (answer, guard.Observed));
        }

        return (answer, guard.Observed);
    }

    /// <summary>Every choice of one definition per type, the last type varying fastest.</summary>
    private static IEnumerable<Dictionary<TypeName, TypeDefinition>> Combinations(List<DefinitionSet> sets)
    {
        int[] index = new int[sets.Count];
        while (true)
        {
            Dictionary<TypeName, TypeDefinition> chosen = [];
            for (int i = 0; i < sets.Count; i++)
            {
                chosen[sets[i].Name] = sets[i].Distinct[index[i]];
            }

            yield return chosen;
            int at = sets.Count - 1;
            while (at >= 0 && ++index[at] == sets[at].Distinct.Length)
            {
                index[at--] = 0;
            }

            if (at < 0)
            {
                yield break;
            }
        }
    }

    private static string Agreement(List<DefinitionSet> differing)
        => string.Join(", ", differing.Select(s => Format($"{s.Distinct.Length} definitions of {s.Name} differ"))) + ", but agree on this";

    private static string Disagreement(List<DefinitionSet> differing, CheckResult first, CheckResult other, Dictionary<TypeName, TypeDefinition> chosen)
    {
        string types = string.Join(" and ", differing.Select(s => Format($"{s.Distinct.Length} definitions of {s.Name}")));
        string here = Places(differing, name => differing.Find(s => s.Name == name)!.Distinct[0]);
        string there = Places(differing, name => chosen[name]);
        return $"{types} disagree: {Verb(first)} {here} ({first.Reason}), {Verb(other)} {there} ({other.Reason})";
    }

    /// <summary>Which units' word a combination is: <c>in a.c</c>, or <c>with struct page of a.c and struct folio of b.c</c>.</summary>
    private static string Places(List<DefinitionSet> differing, Func<TypeName, TypeDefinition> definition)
    {
        List<string> units = [.. differing.Select(s => UnitOf(definition(s.Name)))];
        return units.Distinct().Count() == 1
            ? "in " + units[0]
            : "with " + string.Join(" and ", differing.Zip(units, (set, unit) => $"{set.Name} of {unit}"));
    }

    private static string UnitOf(TypeDefinition definition) => definition.Units is [var unit, ..] && unit.Name.Length > 0 ? unit.Name : "an unnamed unit";

    private static string Verb(CheckResult result) => result.Outcome switch
    {
        Outcome.Holds => "holds",
        Outcome.Warning => "a warning",
        Outcome.Violated => "violated",
        Outcome.NotApplicable => "does not apply",
        _ => "undecided",
    };

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
