using LayoutCheck.Core;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="RulesReport"/> as text: the packs, a line for each rule.</summary>
internal static class RulesText
{
    /// <summary>Writes the report.</summary>
    public static void Write(RulesReport report, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        int width = report.Rules.Max(r => Printable.Escape(r.Id).Length);
        foreach (IGrouping<string, Rule> pack in report.Rules.GroupBy(r => r.Pack))
        {
            string name = Printable.Escape(pack.Key);
            text.Line($"Pack {name}{(pack.Key == Rule.DefaultPack ? " (the default)" : $" (--pack {name})")}: {pack.Count()} rules", 4, style.Bold);
            foreach (Rule rule in pack)
            {
                bool isError = rule.Severity == Severity.Error;
                text.Row($"  {Printable.Escape(rule.Id).PadRight(width)}  {(isError ? "error  " : "warning")}", $"  {Printable.Escape(rule.Title)}", 6, isError ? null : style.Warning);
            }
        }
    }
}
