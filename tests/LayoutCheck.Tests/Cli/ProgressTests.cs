using LayoutCheck.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

public sealed class ProgressTests
{
    [Fact]
    public void Draws_a_bar_on_a_terminal_and_takes_it_away_again()
    {
        using KernelImage image = FixtureFile.Open("page-era5/page-era5.gcc-dwarf5.elf");
        using StringWriter screen = new();
        using (new Progress(image.Types, isTerminal: true, TextWriter.Synchronized(screen), patience: 0))
        {
            SpinWait.SpinUntil(() => screen.ToString().Contains('%', StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        }

        Assert.Matches(@"^\r\[\.{40}\]   0%", screen.ToString());
        Assert.EndsWith("\r" + new string(' ', 47) + "\r", screen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Draws_nothing_in_a_second_nor_into_a_pipe()
    {
        using KernelImage image = FixtureFile.Open("page-era5/page-era5.gcc-dwarf5.elf");
        using StringWriter screen = new();
        new Progress(image.Types, isTerminal: true, screen).Dispose();
        new Progress(image.Types, isTerminal: false, screen, patience: 0).Dispose();
        Assert.Equal("", screen.ToString());
    }
}
