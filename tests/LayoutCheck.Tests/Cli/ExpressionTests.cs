namespace LayoutCheck.Tests.Cli;

/// <summary><c>check -e</c>, and <c>explain</c> of the user's own rules and of an image.</summary>
public sealed class ExpressionTests : IDisposable
{
    private const string Image = "tests/fixtures/page-era5/page-era5.gcc-dwarf5.elf";

    private const string Bad = "tests/fixtures/bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf";

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData(0, "the assertion holds: page.lru @8 == 8", "-e", "offsetof(struct page, lru) == 8")]
    [InlineData(1, "the assertion does NOT hold: page.lru @8 differs from 9", "-e", "offsetof(struct page, lru) == 9")]
    [InlineData(4, "cannot tell whether the assertion holds: struct page has no member lr; did you mean lru?", "-e", "offsetof(struct page, lr) == 9")]
    [InlineData(0, "all 2 assertions hold", "-e", "static_assert(sizeof(struct page) == 64, \"size\")", "--expression", "BUILD_BUG_ON(sizeof(struct page) > 64)")]
    [InlineData(1, "1 of 2 assertions does NOT hold", "-e", "true", "-e", "false")]
    public void Stands_for_a_rule(int exitCode, string headline, params string[] words)
    {
        ProgramResult run = ProgramRun.Run(["check", Image, "--width", "0", .. words]);
        Assert.Equal((exitCode, headline, ""), (run.ExitCode, run.FirstLine, run.Err));
        Assert.DoesNotContain("More:", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offsetof(struct page, lru) = 8", "-e:1:28: '=' is no operator here: write ==", 27)]
    [InlineData("true and false", "-e:1:6: 'and' is no operator here: write &&", 5)]
    [InlineData("true or false", "-e:1:6: 'or' is no operator here: write ||", 5)]
    [InlineData("not true", "-e:1:1: 'not' is no operator here: write !", 0)]
    [InlineData("offsetof(struct page, lru->next) == 8", "-e:1:26: '->' goes through a pointer: what lies behind lru is another type, which has no offset in this one", 25)]
    [InlineData("8 == BITS_PER_LNG", "-e:1:6: unknown name 'BITS_PER_LNG' (did you mean BITS_PER_LONG?): the language has no constants of its own but true, false, BITS_PER_LONG, BITS_PER_BYTE, big_endian "
        + "and little_endian", 5)]
    [InlineData(" ", "-e:1:1: an assertion should stand here, as in offsetof(struct page, lru) == 8", 0)]
    public void An_error_points_into_it(string expression, string error, int caret)
    {
        ProgramResult run = ProgramRun.Run("check", Image, "-e", expression);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Equal("layoutcheck: " + error, run.ErrLines[0]);
        Assert.Equal($"    {new string(' ', caret)}^", run.ErrLines[2]);
    }

    [Fact]
    public void With_a_pack_both_are_checked_and_alone_nothing_else_is()
    {
        Assert.Contains("1 hold, 0 violated", ProgramRun.Run("check", Bad, "-e", "true").Out, StringComparison.Ordinal);
        ProgramResult both = ProgramRun.Run("check", Bad, "-e", "true", "--pack", "mm", "-v");
        Assert.Equal(1, both.ExitCode);
        Assert.Contains("pgmap-on-compound-head", both.Out, StringComparison.Ordinal);
        Assert.Contains("  expression ", both.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mine.md")]
    [InlineData("of mine's.md")]
    public void The_command_that_tells_more_of_an_own_rule_works(string name)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, "---\ntitle: Pages are small\ncheck: sizeof(struct page) == 32\n---\n## Why it matters\n\nMemory is dear.\n");
        ProgramResult check = ProgramRun.Run("check", Image, "--rules", file, "--only", Path.GetFileNameWithoutExtension(name));
        string more = Assert.Single(check.Out.Split('\n'), l => l.Contains(" more ", StringComparison.Ordinal)).Split("more", 2)[1].Trim();
        Assert.StartsWith("layoutcheck explain --rules ", more, StringComparison.Ordinal);
        ProgramResult explained = ProgramRun.Shell($"{ProgramRun.ShellCommand} {more["layoutcheck ".Length..]}");
        Assert.Equal((0, "Pages are small", ""), (explained.ExitCode, explained.FirstLine, explained.Err));
        Assert.Contains("Memory is dear.", explained.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Bad, "pgmap-on-compound-head", "it is VIOLATED")]
    [InlineData(Image, "pgmap-on-compound-head", "it holds")]
    [InlineData(Image, "tcp-sock-groups", "it does not apply")]
    public void Explain_tells_the_verdict_on_an_image(string image, string rule, string verdict)
    {
        ProgramResult run = ProgramRun.Run("explain", rule, image, "--width", "0");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"In this image\n  {image}: {verdict}\n", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("In this image", ProgramRun.Run("explain", rule).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pack_that_never_counts_does_not_under_strict()
    {
        string file = Path.Combine(_folder, "loud.md");
        string quiet = Path.Combine(_folder, "quiet.md");
        File.WriteAllText(file, "---\ntitle: loud\nseverity: warning\ncheck: false\n---\n");
        File.WriteAllText(quiet, "---\ntitle: quiet\nseverity: warning\nstrict: no\ncheck: false\n---\n");
        Assert.Equal(0, ProgramRun.Run("check", Image, "--rules", quiet, "--only", "quiet", "--strict").ExitCode);
        Assert.Equal(1, ProgramRun.Run("check", Image, "--rules", file, "--only", "loud", "--strict").ExitCode);
        Assert.Equal(0, ProgramRun.Run("check", Image, "--rules", file, "--only", "loud").ExitCode);
        ProgramResult both = ProgramRun.Run("check", Image, "--rules", _folder, "--only", "loud,quiet", "--strict", "--width", "0");
        Assert.EndsWith("2 warnings (--strict: 1 of them counted as violated)", both.FirstLine, StringComparison.Ordinal);
    }
}
