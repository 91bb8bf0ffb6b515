using LayoutCheck.Elf;

namespace LayoutCheck.Tests.Elf;

public sealed unsafe class FreshMemoryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(70_001)]
    [InlineData(1 << 20)]
    public void Can_be_written_as_far_as_it_goes_and_keeps_what_was(int byteSize)
    {
        using FreshMemory memory = new((nuint)byteSize);
        for (int at = 0; at < byteSize; at += 999)
        {
            memory.Prepare((nuint)at + 1);
            memory.Start[at] = (byte)(at / 999);
        }

        memory.Prepare((nuint)byteSize);
        FreshMemory.Populate(memory.Start, (nuint)byteSize);
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

        using FreshMemory memory = new(64 << 20);
        long before = ResidentPages();
        memory.Prepare(32 << 20);
        long pages = ResidentPages() - before;

        Assert.InRange(pages * Environment.SystemPageSize, 24 << 20, 48 << 20);
    }

    // The second number of /proc/self/statm (proc_pid_statm(5)).
    private static long ResidentPages() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
