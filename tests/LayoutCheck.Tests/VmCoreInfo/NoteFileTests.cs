using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;
using LayoutCheck.VmCoreInfo;

namespace LayoutCheck.Tests.VmCoreInfo;

/// <summary>Notes of dumps: text, and ELF vmcores, good and damaged.</summary>
public sealed class NoteFileTests
{
    private const string Text = "OSRELEASE=7.3.0\nBUILD-ID=0123\nPAGESIZE=4096\nSYMBOL(x)=ffffffff82000000\nOFFSET(page.lru)=8\nNUMBER(y)=-1\n";

    [Fact]
    public void Text_is_read_line_by_line()
    {
        ExportedNote note = Read(Encoding.ASCII.GetBytes(Text + "\0\0\0"));
        Assert.Equal(("7.3.0", "0123"), (note.Find("OSRELEASE"), note.Find("BUILD-ID")));
        Assert.Equal([("OFFSET(page.lru)", 8), ("NUMBER(y)", -1)], note.Known.Select(l => (l.Key, l.Value!.Value)));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void The_note_of_a_vmcore_is_found_behind_others(bool is64Bit, bool isBigEndian)
        => Assert.Equal("7.3.0", Read(Core(is64Bit, isBigEndian)).Find("OSRELEASE"));

    public static TheoryData<string, byte[], string> Bad => new()
    {
        { "kdump", "KDUMP   \0\0"u8.ToArray(), "compressed dump" },
        { "flattened", "makedumpfile\0\0\0\0"u8.ToArray(), "flattened dump" },
        { "other text", "#!/bin/sh\necho OFFSET\n"u8.ToArray(), "no line of VMCOREINFO" },
        { "other bytes", [1, 2, 3, 4, 5, 6, 7, 8], "bytes that no VMCOREINFO has" },
        { "empty", [], "no line of VMCOREINFO" },
        { "an executable", new ElfBuilder().Add(".text", [0]).ToBytes(), "no core dump" },
        { "no note", Core(true, false, "OTHER"), "without a VMCOREINFO note" },
        { "cut", Core(true, false)[..40], "cut short" },
        { "cut in its headers", Core(true, false)[..70], "do not fit the dump" },
        { "cut in its notes", Core(true, false)[..200], "past the end of the dump" },
        { "large", [.. Encoding.ASCII.GetBytes(Text), .. Enumerable.Repeat((byte)'x', 1 << 20)], "larger than any VMCOREINFO" },
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
        byte[] core = Core(true, false);
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

    /// <summary>A vmcore with one note of CORE and one of a name.</summary>
    internal static byte[] Core(bool is64Bit, bool isBigEndian, string name = "VMCOREINFO", string text = Text)
    {
        int word = is64Bit ? 8 : 4;
        ulong header = is64Bit ? 64u : 52u;
        ulong entry = is64Bit ? 56u : 32u;
        ByteWriter notes = new(isBigEndian);
        notes.U32(5).U32(4).U32(1).Text("CORE").Raw(0, 0, 0).U32(7);
        byte[] contents = Encoding.ASCII.GetBytes(text);
        notes.U32((ulong)name.Length + 1).U32((ulong)contents.Length).U32(0).Text(name).Raw(new byte[3 - (name.Length & 3)]).Raw(contents).Raw(new byte[(4 - (contents.Length & 3)) & 3]);
        ByteWriter file = new(isBigEndian);
        file.Raw(0x7f, (byte)'E', (byte)'L', (byte)'F', (byte)(is64Bit ? 2 : 1), (byte)(isBigEndian ? 2 : 1), 1, 0).U64(0);
        file.U16(4).U16(62).U32(1).Unsigned(0, word).Unsigned(header, word).Unsigned(0, word).U32(0).U16(header).U16(entry).U16(1).U16(0).U16(0).U16(0);
        file.U32(4);
        if (is64Bit)
        {
            file.U32(0);
        }

        file.Unsigned(header + entry, word).Unsigned(0, word).Unsigned(0, word).Unsigned((ulong)notes.Length, word).Unsigned((ulong)notes.Length, word);
        if (!is64Bit)
        {
            file.U32(0);
        }

        file.Unsigned(4, word);
        return file.Raw(notes.ToArray()).ToArray();
    }

    private static ExportedNote Read(byte[] bytes)
    {
        using MappedFile file = MappedFile.FromBytes("vmcore", bytes);
        return NoteFile.Read(file);
    }
}
