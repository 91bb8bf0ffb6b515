using LayoutCheck.Analyses;
using LayoutCheck.Cli;
using LayoutCheck.Core;
using LayoutCheck.Lookup;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Tests.Cli;

/// <summary>The image that <c>check</c> is told to check, and no other.</summary>
public sealed class CheckInputTests
{
    private const string Three = "name a FILE (a vmlinux, vmlinuz or module), --running (the running kernel) or --sample (the image that layoutcheck brings along)";

    [Theory]
    [InlineData("check needs to know what to check: " + Three)]
    [InlineData("check takes one image: " + Three, "--running", "--sample")]
    [InlineData("check takes one image: " + Three, "vmlinux", "--sample")]
    [InlineData("check takes one image: " + Three, "--running", "vmlinux")]
    public void One_image_must_be_named(string problem, params string[] words)
    {
        ProgramResult result = ProgramRun.Run(["check", .. words]);
        Assert.Equal((2, "", $"layoutcheck: {problem}\n"), (result.ExitCode, result.Out, result.Err));
    }

    [Fact]
    public void The_sample_is_called_so()
    {
        ProgramResult result = ProgramRun.Run("check", "--sample", "-v");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("layoutcheck: checking the sample image that layoutcheck brings along, which says nothing about any kernel of yours\n", result.Err);
        Assert.Contains("\nFile         the sample image that layoutcheck brings along (ELF ", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_running_kernel_answers_with_its_release()
    {
        Assert.SkipUnless(File.Exists(RunningKernel.BtfPath), "the running kernel shows no BTF");
        ProgramResult result = ProgramRun.Run("check", "--running", "-v");
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        Assert.Empty(result.ErrLines);
        Assert.Contains($"\nFile         {RunningKernel.BtfPath} (raw BTF)\n", result.Out, StringComparison.Ordinal);
        Assert.Contains($"\nKernel       {release}\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_kernel_without_BTF_is_refused()
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => new CheckInput(null, true, false).Open(new ImageOptions(), "/does/not/exist"));
        Assert.Equal("no such file: the running kernel shows no BTF", e.Problem);
    }

    [Fact]
    public void The_sample_holds()
    {
        using KernelImage image = CheckInput.OpenSample(SourceChoice.Auto);
        Assert.Equal(ExitCode.Holds, CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1).ExitCode);
    }

    // A variable of a script that is not set.
    [Theory]
    [InlineData("FILE is empty", "check", "")]
    [InlineData("FILE is empty", "check", "", "--sample")]
    [InlineData("FILE is empty", "show", "", "page")]
    [InlineData("TYPE is empty", "show", Image, "")]
    [InlineData("TYPE is empty", "show", Image, "page", "")]
    [InlineData("FILE is empty", "overlap", "", "page")]
    [InlineData("TYPE is empty", "overlap", Image, "")]
    [InlineData("FILE is empty", "baseline", "", "page")]
    [InlineData("TYPE is empty", "baseline", Image, "")]
    [InlineData("RULE is empty", "explain", "")]
    [InlineData("FILE is empty", "explain", "pgmap-on-compound-head", "")]
    [InlineData("HEADER is empty", "rules", "import", "")]
    [InlineData("the value of --output is empty", "rules", "import", Image, "-o", "")]
    [InlineData("the value of --output is empty", "baseline", Image, "page", "--output", "")]
    [InlineData("the value of --rules is empty", "check", Image, "--rules", "")]
    [InlineData("the value of --only is empty", "check", Image, "--only", "")]
    [InlineData("the value of --skip is empty", "check", Image, "--skip", "")]
    [InlineData("the value of --pack is empty", "check", Image, "--pack", "")]
    [InlineData("the value of --base is empty", "check", Image, "--base", "")]
    [InlineData("the value of --debug-dir is empty", "show", Image, "page", "--debug-dir", "")]
    [InlineData("the value of --source is empty", "overlap", Image, "page", "--source", "")]
    [InlineData("the value of --format is empty", "check", Image, "--format", "")]
    [InlineData("the value of --threads is empty", "check", Image, "--threads", "")]
    [InlineData("the value of --running is empty", "check", "--running=")]
    [InlineData("the value of --sample is empty", "check", "--sample=")]
    [InlineData("the value of --strict is empty", "check", Image, "--strict=")]
    [InlineData("the value of --only is empty", "check", "--only=", Image)]
    [InlineData("the value of --source is empty", "show", "--source=", Image, "page")]
    public void An_empty_word_is_wrong_usage(string problem, params string[] words)
    {
        ProgramResult result = ProgramRun.Run(words);
        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        Assert.Equal($"layoutcheck: {problem} (a variable that is not set?)", result.ErrLines[0]);
        Assert.Equal(2, result.ErrLines.Length);
    }

    [Theory]
    [InlineData("--only")]
    [InlineData("--skip")]
    [InlineData("--pack")]
    public void A_list_that_names_nothing_is_wrong_usage(string option)
    {
        ProgramResult result = ProgramRun.Run("check", Image, option, " , ");
        Assert.Equal((2, "", $"layoutcheck: {option} names nothing\n"), (result.ExitCode, result.Out, result.Err));
    }

    private const string Image = "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf";
}
