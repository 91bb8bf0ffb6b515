using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Import;

/// <summary>The layouts that imported assertions are tried on, as x86-64 has them.</summary>
internal static class ImportedRules
{
    public const string Layouts = """
        struct page 64
          flags 0/8 unsigned long
          lru 8/16 struct list_head
          mapping 24/8 struct address_space *
          index 32/8 unsigned long
          private 40/8 unsigned long
          count 48/4 unsigned int
          seen 52/1 unsigned char
          words 56/8 unsigned int *
        struct folio 64
          flags 0/8 unsigned long
          lru 8/16 struct list_head
          obj_exts 40/8 unsigned long
        struct list_head 16
          next 0/8 struct list_head *
          prev 8/8 struct list_head *
        struct odd 24
          a 0/8 unsigned long
          b 8/8 const char *
        """;

    /// <summary>What the rule of an import comes to.</summary>
    public static RuleResult Evaluate(RuleImport import, string layouts = Layouts)
        => RuleEvaluator.Evaluate(new RuleSet([RuleParser.Parse("a.md", import.RuleText!)]), LayoutText.Parse(layouts), new TargetInfo(8, false))[0];
}
