using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;
using LayoutCheck.VmCoreInfo;

namespace LayoutCheck.Tests.VmCoreInfo;

/// <summary>Notes of dumps: text, and ELF vmcores, good and damaged.</summary>
public sealed class NoteFileTests
{
    [Fact]
    public void Text_is_read_line_by_line()
    {
        ExportedNote note = Read(Encoding.ASCII.GetBytes(VmCoreBuilder.Text + "\0\0\0"));
        Assert.Equal(("7.3.0", "0123"), (note.Find("OSRELEASE"), note.Find("BUILD-ID")));
        Assert.Equal([("OFFSET(page.lru)", 8), ("NUMBER(y)", -1)], note.Known.Select(l => (l.Key, l.Value!.Value)));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void The_note_of_a_vmcore_is_found_behind_others(bool is64Bit, bool isBigEndian)
        => Assert.Equal("7.3.0", Read(VmCoreBuilder.Build(is64Bit, isBigEndian)).Find("OSRELEASE"));

    public static TheoryData<string, byte[], string> Bad => new()
    {
        { "kdump", "KDUMP   \0\0"u8.ToArray(), "compressed dump" },
        { "flattened", "makedumpfile\0\0\0\0"u8.ToArray(), "flattened dump" },
        { "other text", "#!/bin/sh\necho OFFSET\n"u8.ToArray(), "no line of VMCOREINFO" },
        { "other bytes", [1, 2, 3, 4, 5, 6, 7, 8], "bytes that no VMCOREINFO has" },
        { "empty", [], "no line of VMCOREINFO" },
        { "an executable", new ElfBuilder().Add(".text", [0]).ToBytes(), "no core dump" },
        { "no note", VmCoreBuilder.Build(true, false, "OTHER"), "without a VMCOREINFO note" },
        { "cut", VmCoreBuilder.Build(true, false)[..40], "cut short" },
        { "cut in its headers", VmCoreBuilder.Build(true, false)[..70], "do not fit the dump" },
        { "cut in its notes", VmCoreBuilder.Build(true, false)[..200], "past the end of the dump" },
        { "large", [.. Encoding.ASCII.GetBytes(VmCoreBuilder.Text), .. Enumerable.Repeat((byte)'x', 1 << 20)], "larger than any VMCOREINFO" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_is_none_is_refused_in_a_line(string what, byte[] bytes, string problem)
    {
        InvalidImageException refusal = Assert.Throws<InvalidImageException>(() => Read(bytes));
        Assert.True(refusal.Message.Contains(problem, StringComparison.Ordinal), $"{what}: {refusal.Message}");
    }

    [Fact]
    public void Sizes_that_wrap_are_refused()
    {
        byte[] core = VmCoreBuilder.Build(true, false);
        for (int at = 64; at < 64 + 56; at++)
        {
            byte[] damaged = [.. core];
            damaged[at] = 0xff;
            try
            {
                _ = Read(damaged);
            }
            catch (InvalidImageException)
            {
                // In a line, as all damage.
            }
        }
    }

    private static ExportedNote Read(byte[] bytes)
    {
        using MappedFile file = MappedFile.FromBytes("vmcore", bytes);
        return NoteFile.Read(file);
    }
}
