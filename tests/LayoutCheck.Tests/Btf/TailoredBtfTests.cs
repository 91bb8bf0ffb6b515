using LayoutCheck.Analyses;
using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Btf;

/// <summary>BTF that members were left out of, as <c>bpftool gen min_core_btf</c> makes: what is missing in it need not be missing in the kernel.</summary>
public sealed class TailoredBtfTests
{
    private const string Clause = "members were left out of this BTF (tailored, as bpftool gen min_core_btf makes)";

    // What a program that reads these members needs of struct page.
    private static BtfBuilder Page(params (string Name, uint Byte)[] members)
    {
        BtfBuilder b = new();
        uint word = b.Int("long unsigned int", 8);
        uint integer = b.Int("int", 4, BtfFormat.BTF_INT_SIGNED);
        uint counter = b.Struct("counter", 4, ("counter", integer, 0));
        _ = b.Struct("page", 64, [.. members.Select(m => new BtfMember(m.Name, m.Name[0] == '_' ? counter : word, m.Byte * 8))]);
        return b;
    }

    private static CheckReport Check(BtfBuilder builder)
    {
        using KernelImage image = KernelImage.FromBytes("tailored.btf", builder.Build());
        return CheckAnalysis.Run(image, RuleCatalog.Default.Select(["mm", "kernel"]), 1);
    }

    [Theory]
    [InlineData("flags")]
    [InlineData("flags _refcount")]
    [InlineData("private")]
    [InlineData("flags private")]
    public void Is_named_and_not_dated(string members)
    {
        Dictionary<string, uint> places = new() { ["flags"] = 0, ["mapping"] = 24, ["private"] = 40, ["_refcount"] = 52 };

        CheckReport report = Check(Page([.. members.Split(' ').Select(m => (m, places[m]))]));

        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.Equal($"cannot tell whether pgmap lines up with compound_head: {Clause}", report.Headline());
        Assert.Equal(("", $"not known: {Clause}"), (report.Era.Versions, report.Era.Description));
        Assert.Equal(0, report.CountRules(Outcome.Violated));
        string text = Written.Text(report);
        Assert.DoesNotContain("makedumpfile", text, StringComparison.Ordinal);
        Assert.True(text.Split('\n').Length < 120, "one reason for hundreds of checks is said once");
        string json = Written.Json(report);
        Assert.Contains($"\"omission\": \"{Clause}\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_there_is_answered_and_what_is_not_is_undecided()
    {
        BtfTypeReader reader = Page(("flags", 0), ("_refcount", 52)).Reader();
        Rule rule = RuleParser.Parse("r.md", """
            ---
            title: t
            check: offsetof(struct page, _refcount) == 52
            check: offsetof(struct page, flags) == 8
            check: exists(struct page, lru)
            check: !exists(struct folio)
            check: sharers(struct page, flags) in { flags }
            ---
            """);
        Survey survey = reader.FindAll([TypeName.Parse("struct page"), TypeName.Parse("struct folio")], 1);
        RuleResult result = RuleEvaluator.Evaluate(new RuleSet([rule]), survey.Sets.ToDictionary(s => s.Name), reader.Target, null, survey.Facts.Omission)[0];

        Assert.Equal([Outcome.Holds, Outcome.Violated, Outcome.Undecided, Outcome.Undecided, Outcome.Undecided], result.Checks.Select(c => c.Outcome));
    }

    [Fact]
    public void Show_overlap_and_baseline_say_so()
    {
        string path = Path.Combine(Path.GetTempPath(), $"layoutcheck-{Guid.NewGuid():n}.btf");
        try
        {
            File.WriteAllBytes(path, Page(("flags", 0), ("_refcount", 52)).Build());
            ProgramResult show = ProgramRun.Run("show", path, "page");
            Assert.Equal((0, $"/* from BTF; {Clause} */"), (show.ExitCode, show.FirstLine));
            Assert.Contains("/* XXX 44 bytes hole, or members that were left out */", show.Out, StringComparison.Ordinal);
            ProgramResult member = ProgramRun.Run("show", path, "page.lru");
            Assert.Equal((4, $"layoutcheck: struct page has no member lru: {Clause}"), (member.ExitCode, member.ErrLines[0]));
            Assert.Equal(4, ProgramRun.Run("show", path, "folio").ExitCode);
            Assert.Equal((4, $"layoutcheck: others may lie there too: {Clause}"), Outcome(ProgramRun.Run("overlap", path, "page.flags")));
            Assert.Equal((4, $"layoutcheck: no baseline can be made: {Clause}"), Outcome(ProgramRun.Run("baseline", path, "page")));
        }
        finally
        {
            File.Delete(path);
        }

        static (int, string) Outcome(ProgramResult result) => (result.ExitCode, result.ErrLines[0]);
    }

    [Fact]
    public void What_alignment_or_a_bit_field_accounts_for_is_no_sign()
    {
        // An unnamed bit-field of 3 bytes; a line of a cache; a size that is a multiple of 16.
        BtfBuilder b = new();
        uint word = b.Int("long unsigned int", 8);
        uint octet = b.Int("unsigned char", 1);
        _ = b.Struct("s", 80, ("a", word, 0), ("b", octet, 64), ("c", octet, 64 + 32), ("line", word, 64 * 8));
        Assert.Null(b.Reader().FindOmission());

        // The same hole as that of the tests above.
        _ = b.Struct("t", 64, ("a", word, 0), ("z", octet, 52 * 8));
        Assert.Equal(Clause, b.Reader().FindOmission()!.Clause);

        // A kernel has functions.
        _ = b.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, 0);
        Assert.Null(b.Reader().FindOmission());
    }

    [Fact]
    public void A_damaged_struct_is_no_sign()
    {
        BtfBuilder b = new();
        uint word = b.Int("long unsigned int", 8);
        _ = b.Struct("bad", 8, ("x", 9999, 0));
        _ = b.Struct("page", 64, ("flags", word, 0));
        Assert.Null(b.Reader().FindOmission());
    }
}
