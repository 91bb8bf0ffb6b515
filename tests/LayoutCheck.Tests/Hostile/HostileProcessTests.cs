using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Hostile;

/// <summary>The program as a process where the system is against it. What BadInputTests and OutputTests have is not here again.</summary>
public sealed class HostileProcessTests : IDisposable
{
    private const string Good = "page-era6/page-era6.gcc-dwarf5.elf";
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-hostile-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/urandom")]
    [InlineData("/dev/stdin")]
    [InlineData("/proc/self/mem")]
    [InlineData("/proc/self/cmdline")]
    public void Reads_no_verdict_from(string path)
    {
        ProgramResult result = ProgramRun.Run("check", path);

        Assert.Equal(3, result.ExitCode);
        Assert.Empty(result.Out);
        Assert.StartsWith($"layoutcheck: {path}: ", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Eight_processes_on_one_file_say_the_same()
    {
        _ = ProgramRun.Shell($"for i in 1 2 3 4 5 6 7 8; do {ProgramRun.ShellCommand} check --format json '{FixtureFile.PathOf(Good)}' > '{_folder}'/$i & done; wait");

        byte[] first = File.ReadAllBytes(Path.Combine(_folder, "1"));
        Assert.NotEmpty(first);
        Assert.All(Enumerable.Range(2, 7), i => Assert.Equal(first, File.ReadAllBytes(Path.Combine(_folder, $"{i}"))));
    }

    [Fact]
    public void A_small_file_that_shrinks_while_it_is_read_gives_no_verdict()
    {
        string path = Path.Combine(_folder, "vmlinux");
        File.Copy(FixtureFile.PathOf(Good), path);
        using KernelImage image = KernelImage.Open(path);
        using (FileStream file = File.OpenWrite(path))
        {
            file.SetLength(0);
        }

        Assert.Equal("changed while it was read", Assert.Throws<InvalidImageException>(() => CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1)).Problem);
    }

    [Fact]
    public void A_large_file_that_is_written_to_while_it_is_read_gives_no_verdict()
    {
        string path = Path.Combine(_folder, "vmlinux");
        File.Copy(FixtureFile.PathOf(Good), path);
        using (FileStream file = File.OpenWrite(path))
        {
            file.SetLength(8 << 20);
        }

        using KernelImage image = KernelImage.Open(path);
        Assert.Equal(ExitCode.Holds, CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1).ExitCode);
        File.AppendAllText(path, "more");

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1));
        Assert.Equal("changed while it was read", e.Problem);
    }
}
