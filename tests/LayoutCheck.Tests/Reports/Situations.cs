using System.Globalization;
using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>The reports of <c>check</c> that every format has to write: what can become of an image, and of a name in it.</summary>
internal static class Situations
{
    /// <summary>What each format has a meaning for: of a terminal, of XML, of Markdown, of KTAP, of a workflow command, of a table; and half of a surrogate pair.</summary>
    public const string HostileName = "a|b`c``d#e<i>&f;\"g'h]]>%0A::error::i%j\\k[l](https://m)\u202en\u001bo\tp\nq: r,s*t*_u_~~v~~{0} # SKIP @1 ok 1\ud800";

    private const int Many = 10_000;

    public static TheoryData<string> Names => ["holds", "violated", "undecided", "nothing applies", "warning", "strict", "unreadable", "hostile", "many", "batch", "empty"];

    /// <summary>The report of a situation, with the exit code of its verdict.</summary>
    public static (Report Report, int ExitCode) Of(string name) => name switch
    {
        "holds" => (Check("page-era5/page-era5.gcc-dwarf5.elf"), 0),
        "violated" => (Check("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf"), 1),
        "undecided" => (Check("page-era5/page-era5.gcc-dwarf5.elf", new RuleSet([RuleParser.Parse("open.md", "---\ntitle: open\ncheck: sizeof(struct page, nosuch) == 8\ncheck: sizeof(struct page) == 64\n---\n")])), 4),
        "nothing applies" => (Check("page-era1/page-era1.gcc-dwarf5.elf"), 4),
        "warning" => (Check("seed-after/seed-after.gcc-dwarf5.elf"), 0),
        "strict" => (Check("seed-after/seed-after.gcc-dwarf5.elf") with { IsStrict = true }, 1),
        "unreadable" => (Unreadable("vmlinux"), 3),
        "hostile" => (HostileReport(), 1),
        "many" => (ManyReport(), 1),
        "batch" => (new CheckBatch([Check("page-era5/page-era5.gcc-dwarf5.elf"), Check("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf"), Unreadable(HostileName), HostileReport(), Check("page-era1/page-era1.gcc-dwarf5.elf")]), 3),
        _ => (new CheckBatch([]), 0),
    };

    /// <summary>The verdict on a fixture.</summary>
    public static CheckReport Check(string fixture, RuleSet? rules = null)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        CheckReport report = CheckAnalysis.Run(image, rules ?? RuleCatalog.Default.Select(), 1);
        return report with { Run = report.Run with { File = $"build dir/{Path.GetFileName(fixture)}" } };
    }

    private static UnreadableReport Unreadable(string file) => new($"{file}: .debug_info+0x10: is cut short; copy the file again") { Run = RunInfo.Of(file) };

    private static CheckReport HostileReport()
    {
        BtfBuilder b = new();
        uint word = b.Int("long unsigned int", 8);
        uint evil = b.Struct(HostileName.Replace("\ud800", "", StringComparison.Ordinal), 8, ("x", word, 0));
        b.Struct("page", 64, ("flags", word, 0), ("lru", evil, 64));
        using KernelImage image = KernelImage.FromBytes(HostileName, b.Build());
        string text = HostileName.Replace("\n", " ", StringComparison.Ordinal).Replace("\"", "'", StringComparison.Ordinal).Replace("\\", "/", StringComparison.Ordinal);
        Rule rule = RuleParser.Parse($"{HostileName}.md",
            $"---\ntitle: {text}\ncheck: typeof(struct page, lru) == \"{text}\", \"{text}\"\ncheck: typeof(struct page, lru) == \"{text}\"\nwarn: sizeof(struct page) == 65, \"{text}\"\ncheck: exists(struct page, nosuch) == 1\n---\n## What it checks\n{text}\n\n<script>alert(1)</script>\n## How to fix\n{text}\n");
        return CheckAnalysis.Run(image, new RuleSet([rule]), 1);
    }

    private static CheckReport ManyReport()
    {
        IEnumerable<string> checks = Enumerable.Range(0, Many).Select(i => string.Create(CultureInfo.InvariantCulture, $"check: offsetof(struct page, lru) == {10_000 + i}, \"place {i}\""));
        return Check("page-era5/page-era5.gcc-dwarf5.elf", new RuleSet([RuleParser.Parse("many.md", $"---\ntitle: many\n{string.Join('\n', checks)}\n---\n"), RuleCatalog.Default.Find("pgmap-on-compound-head")!]));
    }
}
