using LayoutCheck.Core;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="RulesReport"/> as text: the packs, a line for each rule.</summary>
internal static class RulesText
{
    /// <summary>Writes the report.</summary>
    public static void Write(RulesReport report, TextWriter output)
    {
        int width = report.Rules.Max(r => Printable.Escape(r.Id).Length);
        foreach (IGrouping<string, Rule> pack in report.Rules.GroupBy(r => r.Pack))
        {
            string name = Printable.Escape(pack.Key);
            output.WriteLine($"Pack {name}{(pack.Key == Rule.DefaultPack ? " (the default)" : $" (--pack {name})")}: {pack.Count()} rules");
            foreach (Rule rule in pack)
            {
                output.WriteLine($"  {Printable.Escape(rule.Id).PadRight(width)}  {(rule.Severity == Severity.Error ? "error  " : "warning")}  {Printable.Escape(rule.Title)}");
            }
        }
    }
}
