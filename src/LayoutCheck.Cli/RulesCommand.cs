using LayoutCheck.Rules;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck rules</c>.</summary>
internal static class RulesCommand
{
    public static int List()
    {
        RuleSet rules = RuleCatalog.Default;
        int width = rules.Rules.Max(r => r.Id.Length);
        Output.WriteText(writer =>
        {
            foreach (IGrouping<string, Rule> pack in rules.Rules.GroupBy(r => r.Pack).OrderBy(p => p.Key != Rule.DefaultPack).ThenBy(p => p.Key, StringComparer.Ordinal))
            {
                writer.WriteLine($"Pack {pack.Key}{(pack.Key == Rule.DefaultPack ? " (the default)" : $" (--pack {pack.Key})")}: {pack.Count()} rules");
                foreach (Rule rule in pack)
                {
                    writer.WriteLine($"  {rule.Id.PadRight(width)}  {(rule.Severity == Severity.Error ? "error  " : "warning")}  {rule.Title}");
                }
            }
        });
        return ExitCode.Holds;
    }
}
