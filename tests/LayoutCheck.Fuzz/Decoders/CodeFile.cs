using System.Buffers.Binary;
using System.Text;

namespace LayoutCheck.Fuzz.Decoders;

/// <summary>A function of an ELF file: its name, its address, and where its bytes are.</summary>
internal sealed record Function(string Name, ulong Address, int Offset, int ByteSize);

/// <summary>The functions of a 64-bit little-endian vmlinux, read without the library: a judge shares nothing with the accused.</summary>
internal sealed class CodeFile
{
    private const int EM_AARCH64 = 183;
    private const int SHF_EXECINSTR = 4;

    private CodeFile(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    public bool IsArm64 => U16(18) == EM_AARCH64;

    /// <summary>The functions of executable sections whose name begins so, by address, each place once.</summary>
    public List<Function> Functions { get; } = [];

    public static CodeFile Read(string path, string section)
    {
        CodeFile file = new(File.ReadAllBytes(path));
        int table = (int)file.U64(0x28);
        List<(string Name, int At)> sections = [];
        int names = table + (file.U16(0x3e) * 64);
        for (int i = 0; i < file.U16(0x3c); i++)
        {
            int at = table + (i * 64);
            sections.Add((file.Text((int)file.U64(names + 24) + (int)file.U32(at)), at));
        }

        int symbols = sections.Find(s => s.Name == ".symtab").At;
        int strings = (int)file.U64(sections.Find(s => s.Name == ".strtab").At + 24);
        HashSet<ulong> seen = [];
        for (int i = 0; i < (int)file.U64(symbols + 32) / 24; i++)
        {
            int at = (int)file.U64(symbols + 24) + (i * 24);
            ulong address = file.U64(at + 8);
            int size = (int)file.U64(at + 16);
            int index = file.U16(at + 6);
            if ((file.Bytes[at + 4] & 15) == 2 && size > 0 && index < sections.Count && sections[index].Name.StartsWith(section, StringComparison.Ordinal)
                && (file.U64(sections[index].At + 8) & SHF_EXECINSTR) != 0 && seen.Add(address))
            {
                int offset = (int)(file.U64(sections[index].At + 24) + address - file.U64(sections[index].At + 16));
                file.Functions.Add(new Function(file.Text(strings + (int)file.U32(at)), address, offset, size));
            }
        }

        file.Functions.Sort((a, b) => a.Address.CompareTo(b.Address));
        return file;
    }

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(at));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(at));

    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(at));

    private string Text(int at) => Encoding.ASCII.GetString(Bytes, at, Array.IndexOf(Bytes, (byte)0, at) - at);
}
