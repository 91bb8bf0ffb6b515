using System.Text;

namespace LayoutCheck.Tests.Support;

/// <summary>ELF core dumps with a note VMCOREINFO, of either class and byte order.</summary>
internal static class VmCoreBuilder
{
    public const string Text = "OSRELEASE=7.3.0\nBUILD-ID=0123\nPAGESIZE=4096\nSYMBOL(x)=ffffffff82000000\nOFFSET(page.lru)=8\nNUMBER(y)=-1\n";

    /// <summary>A vmcore with one note of CORE and one of a name.</summary>
    public static byte[] Build(bool is64Bit, bool isBigEndian, string name = "VMCOREINFO", string text = Text)
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
}
