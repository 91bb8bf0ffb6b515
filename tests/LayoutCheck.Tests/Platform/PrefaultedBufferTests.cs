using LayoutCheck.Platform;

namespace LayoutCheck.Tests.Platform;

public sealed unsafe class PrefaultedBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(70_001)]
    [InlineData(1 << 20)]
    public void Can_be_written_as_far_as_it_goes_and_keeps_what_was(int byteSize)
    {
        using PrefaultedBuffer memory = new((nuint)byteSize);
        for (int at = 0; at < byteSize; at += 999)
        {
            memory.EnsurePresent((nuint)at + 1);
            memory.Start[at] = (byte)(at / 999);
        }

        memory.EnsurePresent((nuint)byteSize);
        Prefault.Pages(memory.Start, (nuint)byteSize);
        for (int at = 0; at < byteSize; at += 999)
        {
            Assert.Equal((byte)(at / 999), memory.Start[at]);
        }
    }

    [Fact]
    public void Pages_are_there_once_they_were_asked_for()
    {
        // Where the kernel is older than the request (Linux 5.14), nothing is to be seen.
        if (!OperatingSystem.IsLinux() || Environment.OSVersion.Version < new Version(5, 14))
        {
            return;
        }

        using PrefaultedBuffer memory = new(64 << 20);
        long before = ResidentPages();
        memory.EnsurePresent(32 << 20);
        long pages = ResidentPages() - before;

        Assert.InRange(pages * Environment.SystemPageSize, 24 << 20, 48 << 20);
    }

    // The second number of /proc/self/statm (proc_pid_statm(5)).
    private static long ResidentPages() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
