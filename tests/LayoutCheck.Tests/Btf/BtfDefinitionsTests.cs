using System.Diagnostics;
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

/// <summary>Several definitions of one name, of which a kernel's BTF can have hundreds.</summary>
public sealed class BtfDefinitionsTests
{
    private static readonly TypeName s_page = TypeName.Parse("struct page");

    // Copies of struct page with a member from __UNIQUE_ID, as the kABI macros of CentOS make them.
    private static BtfBuilder Copies(int count, Func<int, string> name, Func<int, uint> offset)
    {
        BtfBuilder b = new();
        uint word = b.Int("long unsigned int", 8);
        _ = b.Add(BtfFormat.BTF_KIND_FUNC_PROTO, null, 0);
        for (int i = 0; i < count; i++)
        {
            _ = b.Struct("page", 64, ("flags", word, 0), (name(i), word, 64), ("private", word, offset(i)));
        }

        return b;
    }

    [Fact]
    public void Copies_that_differ_in_the_number_of_a_unique_name_are_one()
    {
        DefinitionSet set = Copies(475, i => $"__UNIQUE_ID_rh_kabi_hide{i}", _ => 128).Reader().FindAll([s_page], 1).Sets[0];

        TypeDefinition one = Assert.Single(set.Distinct);
        Assert.Equal(475, one.Units.Length);
        Assert.Equal(["BTF type 3", "BTF type 4"], one.Units.Take(2).Select(u => u.Name));
        Assert.Equal(475, Copies(475, _ => "x", _ => 128).Reader().FindFirst(s_page)!.OutOf);
    }

    [Theory]
    [InlineData("__UNIQUE_ID_a1", "__UNIQUE_ID_b1")]
    [InlineData("unique_1", "unique_2")]
    public void Other_names_differ(string one, string other)
        => Assert.Equal(2, Copies(2, i => i == 0 ? one : other, _ => 128).Reader().FindAll([s_page], 1).Sets[0].Distinct.Length);

    [Fact]
    public void Those_that_differ_are_named_by_their_ids()
    {
        BtfBuilder b = Copies(5, _ => "word", i => i == 3 ? 256u : 128u);
        using KernelImage image = KernelImage.FromBytes("copies.btf", b.Build());
        CheckReport report = CheckAnalysis.Run(image, new RuleSet([RuleParser.Parse("r.md", "---\ntitle: t\ncheck: offsetof(struct page, private) == 16\n---\n")]), 1);

        CheckResult result = report.Results[0].Checks[0];
        Assert.Equal(Outcome.Undecided, result.Outcome);
        Assert.Equal(
            "2 definitions of struct page disagree: holds in BTF type 3 (page.private @16 == 16), violated in BTF type 6 (page.private @32 differs from 16)", result.Reason);
        string text = Written.Text(report);
        Assert.Contains("struct page  64 bytes; 5 definitions, in 2 different ways\n      BTF type 3, BTF type 4, BTF type 5 and 1 more: the first definition\n"
            + "      BTF type 6: private is at byte 16 in one and is at byte 32 in the other\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_compares_all_of_them()
    {
        string path = Path.Combine(Path.GetTempPath(), $"layoutcheck-{Guid.NewGuid():n}.btf");
        try
        {
            File.WriteAllBytes(path, Copies(5, _ => "word", i => i == 3 ? 256u : 128u).Build());
            ProgramResult all = ProgramRun.Run("show", path, "page", "--all");
            Assert.Equal(1, all.ExitCode);
            Assert.StartsWith("/* from BTF: 4 definitions agree, the first is BTF type 3 */", all.Out, StringComparison.Ordinal);
            Assert.Contains("/* from BTF type 6 alone */\n/* differs: private is at byte 16 in one and is at byte 32 in the other */", all.Out, StringComparison.Ordinal);
            Assert.Equal("/* from BTF type 3, the first of 5 definitions; --all compares all */", ProgramRun.Run("show", path, "page").FirstLine);
            string json = ProgramRun.Run("show", path, "page", "--all", "--format", "json").Out;
            Assert.Contains("\"first_unit\": \"BTF type 6\"", json, StringComparison.Ordinal);
            Assert.Contains("\"definitions\": 4", json, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Ten_thousand_copies_take_time_in_proportion()
    {
        BtfTypeReader equal = Copies(10_000, i => $"__UNIQUE_ID_x{i}", _ => 128).Reader();
        BtfTypeReader different = Copies(10_000, i => $"name{i}", _ => 128).Reader();
        long start = Stopwatch.GetTimestamp();

        Assert.Equal(10_000, Assert.Single(equal.FindAll([s_page], 1).Sets[0].Distinct).Units.Length);
        InvalidImageException refused = Assert.Throws<InvalidImageException>(() => different.FindAll([s_page], 1));

        Assert.Equal("more than 256 definitions of struct page differ", refused.Problem);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10), "10,000 copies took more than 10 s");
    }

    [Fact]
    public void What_many_definitions_share_is_read_once()
    {
        BtfBuilder b = new();
        uint word = b.Int("long unsigned int", 8);
        uint large = b.Struct("large", 8 * 50_000, [.. Enumerable.Range(0, 50_000).Select(i => new BtfMember($"m{i}", word, (uint)i * 64))]);
        for (uint i = 0; i < 4_000; i++)
        {
            _ = b.Struct("page", 8 * 50_001, ("large", large, 0), ($"__UNIQUE_ID_x{i}", word, 64 * 50_000));
        }

        BtfTypeReader reader = b.Reader();
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(4_000, reader.FindAll([s_page], 1).Sets[0].DefinitionCount);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10), "4,000 definitions with one large member took more than 10 s");
    }
}
