using System.Text;
using LayoutCheck.Platform;

namespace LayoutCheck.Tests.Platform;

/// <summary>The line that a process ends with whose file became shorter; that it does end so is tried by tests/real-kernels/run (try_hardships).</summary>
public sealed class SigbusHandlerTests
{
    private const string Rest = "became shorter while it was read, or its disk failed; run again when nothing writes to it\n";

    [Theory]
    [InlineData("lc: a file: ")]
    [InlineData("lc: vmlinux: ", "vmlinux")]
    [InlineData("lc: vmlinux: ", "vmlinux", "vmlinux")]
    [InlineData("lc: vmlinux or vmlinux.dwz: ", "vmlinux", "vmlinux.dwz", "vmlinux")]
    [InlineData("lc: /home/jürgen/a b~?[31m?: ", "/home/jürgen/a b~\e[31m\n")]
    [InlineData("lc: ??: ", "\u007f\u202e")]
    public void Names_the_files_that_are_read_and_nothing_that_a_terminal_obeys(string start, params string[] files)
        => Assert.Equal(start + Rest, Encoding.UTF8.GetString(SigbusHandler.Message("lc", files)));

    // It is written from one page of memory, behind its length.
    [Fact]
    public void Names_no_file_where_the_names_are_longer_than_a_page()
    {
        int longest = 4096 - 8 - "lc: : ".Length - Rest.Length;
        Assert.Equal(4096 - 8, SigbusHandler.Message("lc", [new string('a', longest)]).Length);
        Assert.Equal("lc: a file " + Rest, Encoding.UTF8.GetString(SigbusHandler.Message("lc", [new string('a', longest + 1)])));
        Assert.Equal("lc: a file " + Rest, Encoding.UTF8.GetString(SigbusHandler.Message("lc", [new string('ü', (longest / 2) + 1)])));
    }
}
