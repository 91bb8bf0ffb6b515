using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Catalog;

/// <summary>
/// The catalogue on real layouts, and on the same layouts with one member moved, removed, widened or retyped: each such
/// mutation is found by a rule, or stands in <c>Layouts/unguarded.txt</c>.
/// </summary>
public class RuleMutationTests
{
    private static readonly TargetInfo s_target = new(8, false);

    // What other programs read has tests of its own (ConsumersPackTests).
    private static readonly RuleSet s_kernelRules = RuleCatalog.Default.Select(["mm", "kernel"]);

    public static TheoryData<string> Kernels => [.. RealLayouts.Kernels];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Real_layouts_violate_nothing_and_leave_nothing_undecided(string kernel)
    {
        foreach (CheckResult check in Evaluate(s_kernelRules, RealLayouts.Read(kernel)).SelectMany(r => r.Checks))
        {
            Assert.True(check.Outcome is Outcome.Holds or Outcome.NotApplicable, $"{check.Check.Expression}: {check.Outcome}, {check.Reason}");
        }
    }

    /// <summary>
    /// The pairs that the kernels' own build asserts, counted by hand from their sources (FOLIO, SLAB, TABLE, ZPDESC, IOPTDESC and netmem rows), and
    /// the rows of pgmap that no kernel asserts. 6.12.117 has two rows of a fourth page instead of the two of 2a in 6.12.107.
    /// </summary>
    [Theory]
    [InlineData("amd64-6.1-cloud", 22, 1)]
    [InlineData("amd64-6.12-cloud", 32, 1)]
    [InlineData("running-6.18", 51, 3)]
    [InlineData("amd64-7.3-cloud", 51, 3)]
    public void All_in_kernel_pairs_are_there_and_hold(string kernel, int asserted, int ofPgmap)
    {
        string[] mirrors = ["folio-head-page", "folio-tail-page-1", "folio-tail-page-2", "folio-tail-page-3", "slab-mirrors-page", "ptdesc-mirrors-page",
            "zpdesc-mirrors-page", "ioptdesc-mirrors-page", "netmem-mirrors-page"];
        ImmutableArray<RuleResult> results = Evaluate(RuleCatalog.Default, RealLayouts.Read(kernel));
        int Count(IEnumerable<RuleResult> of, params string[] starts) => of.SelectMany(r => r.Checks)
            .Count(c => c.Outcome == Outcome.Holds && starts.Any(s => c.Check.Expression.Text.StartsWith(s, StringComparison.Ordinal)));
        Assert.Equal(asserted, Count(results.Where(r => mirrors.Contains(r.Rule.Id)), "offsetof("));
        Assert.Equal(ofPgmap, Count(results.Where(r => r.Rule.IsFlagship), "offsetof(", "sizeof(struct page, _unused"));
    }

    /// <summary>What no release has: a memory descriptor beside the compound word.</summary>
    private const string Transition = """
        struct page 64
          compound_info 8/8 unsigned long
          memdesc 8/8 unsigned long
        """;

    [Fact]
    public void Every_rule_holds_somewhere_and_applies_nowhere_without_its_types()
    {
        HashSet<string> held = [.. RealLayouts.Kernels.Select(RealLayouts.Read).Append(Transition).SelectMany(k => Evaluate(s_kernelRules, k))
            .Where(r => r.Outcome is Outcome.Holds or Outcome.Warning).Select(r => r.Rule.Id)];
        // These layouts have no Rust: Analyses/TwinAnalysisTests sees that rule hold.
        Assert.Equal(["rust-twins-agree"], s_kernelRules.Rules.Select(r => r.Id).Except(held));
        Assert.All(Evaluate(RuleCatalog.Default, ""), result => Assert.Equal(Outcome.NotApplicable, result.Outcome));
    }

    [Fact]
    public void Every_mutation_of_a_named_member_is_found_or_listed()
    {
        SortedDictionary<string, SortedSet<string>> unguarded = new(StringComparer.Ordinal);
        foreach (string kernel in RealLayouts.Kernels)
        {
            string text = RealLayouts.Read(kernel);
            foreach ((string member, string change, string mutant, TypeName type) in Mutations(text))
            {
                RuleSet concerned = new(s_kernelRules.Rules.Where(r => Names(r, type)));
                List<RuleResult> found = [.. Evaluate(concerned, mutant).Where(r => r.Outcome is Outcome.Violated or Outcome.Warning or Outcome.Undecided)];
                if (found.Count == 0)
                {
                    string row = $"{kernel} {type} {change}";
                    _ = unguarded.TryAdd(row, new(StringComparer.Ordinal));
                    _ = unguarded[row].Add(member);
                }
            }
        }

        string list = Path.Combine(Path.GetDirectoryName(RealLayouts.PathOf("x"))!, "unguarded.txt");
        string actual = string.Concat(unguarded.Select(u => $"{u.Key}: {string.Join(' ', u.Value)}\n"));
        if (!File.Exists(list) || File.ReadAllText(list) != actual)
        {
            File.WriteAllText(list + ".actual", actual);
            Assert.Fail($"{list} is not the list of mutations that no rule finds; the new list is beside it in .actual");
        }
    }

    /// <summary>The text with each member that a rule names changed in four ways, one at a time.</summary>
    private static IEnumerable<(string Member, string Change, string Mutant, TypeName Type)> Mutations(string text)
    {
        HashSet<(TypeName, string)> named = [.. RuleCatalog.Default.Rules.SelectMany(r => r.Checks)
            .SelectMany(c => (c.When?.Subjects ?? []).Concat(c.Expression.Subjects))
            .Where(s => s.Type.BaseName is not null && s.Member is not null)
            .SelectMany(s => s.Member!.Paths.Select(p => (s.Type.BaseName!.Value, p.Split('.', '[')[0])))];
        string[] lines = text.Split('\n');
        TypeName type = default;
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            if (lines[i][0] != ' ')
            {
                type = words[0] == "typedef" ? new TypeName(TypeNameKind.Any, words[1]) : TypeName.Parse($"{words[0]} {words[1]}");
                continue;
            }

            if (!named.Contains((type, words[0])) || !words[1].Contains('/', StringComparison.Ordinal))
            {
                continue;
            }

            string[] place = words[1].Split('/');
            ulong offset = ulong.Parse(place[0], CultureInfo.InvariantCulture);
            ulong size = ulong.Parse(place[1], CultureInfo.InvariantCulture);
            string spelling = string.Join(' ', words[2..]);
            string[] With(string? line) => [.. lines[..i], .. line is null ? [] : new[] { line }, .. lines[(i + 1)..]];
            yield return (words[0], "moved", string.Join('\n', With($"  {words[0]} {offset + 8}/{size} {spelling}")), type);
            yield return (words[0], "removed", string.Join('\n', With(null)), type);
            yield return (words[0], "widened", string.Join('\n', With($"  {words[0]} {offset}/{size + 8} wide_t{{}}")), type);
            string other = spelling.EndsWith('*') ? "unsigned long" : "void *";
            yield return (words[0], "retyped", string.Join('\n', With($"  {words[0]} {offset}/{size} {other}")), type);
        }
    }

    private static bool Names(Rule rule, TypeName type)
        => rule.Checks.Any(c => c.Expression.Types.Contains(type) || (c.When?.Types.Contains(type) ?? false));

    private static ImmutableArray<RuleResult> Evaluate(RuleSet rules, string layouts) => RuleEvaluator.Evaluate(rules, LayoutText.Parse(layouts, wanted: rules.RequiredTypes), s_target);
}
