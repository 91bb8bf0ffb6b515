using LayoutCheck.Cli;
using LayoutCheck.Reports;
using LayoutCheck.Rules;

namespace LayoutCheck.Tests.Cli;

/// <summary>What is checked when no file is named.</summary>
public sealed class DefaultImageTests
{
    [Fact]
    public void Where_the_kernel_shows_no_BTF_the_sample_answers_and_is_called_so()
    {
        TextWriter before = Console.Error;
        using StringWriter error = new();
        Console.SetError(error);
        try
        {
            using KernelImage image = DefaultImage.Open(SourceChoice.Auto, "/does/not/exist");
            CheckReport report = LayoutChecker.Check(image, RuleCatalog.Default.Select(), 1);
            Assert.Equal(Verdict.Holds, report.Verdict);
            Assert.Contains("sample image", image.Path, StringComparison.Ordinal);
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.Contains("which says nothing about any kernel of yours", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_file_the_running_kernel_answers()
    {
        Assert.SkipUnless(File.Exists(DefaultImage.RunningKernel), "the running kernel shows no BTF");
        ProgramResult result = ProgramRun.Run("check");
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        Assert.Contains($"checking the running kernel by its BTF, {DefaultImage.RunningKernel}", Assert.Single(result.ErrLines), StringComparison.Ordinal);
        Assert.Contains($"\nFile         {DefaultImage.RunningKernel} (raw BTF; the running kernel, {release})\n", result.Out, StringComparison.Ordinal);
        // The report is the image's; the release is this machine's.
        Assert.Equal(2, result.Out.Split(release).Length);
        Assert.DoesNotContain(release, ProgramRun.Run("check", "--format", "json").Out, StringComparison.Ordinal);
    }
}
