using System.Text;
using LayoutCheck.Btf;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Btf;

/// <summary>BTF as pahole and GCC write it, against the compiler's own offsetof and sizeof inside the fixture (tests/fixtures/README.md).</summary>
public sealed class BtfFixtureTests
{
    private const int TruthRowSize = 104;
    private const int BitsRowSize = 228;

    public static TheoryData<string, string> FilesWithTruth()
    {
        TheoryData<string, string> files = [];
        foreach (string name in FixtureFile.All.Where(n => n.EndsWith(".elf", StringComparison.Ordinal)))
        {
            if (name.Contains("btf", StringComparison.Ordinal))
            {
                files.Add(name, name);
            }
        }

        files.Add("shapes/shapes.raw.btf", "shapes/shapes.gcc-dwarf5-btf.elf");
        files.Add("shapes/shapes.s390x.raw.btf", "shapes/shapes.s390x-dwarf5-btf.elf");
        return files;
    }

    [Theory]
    [MemberData(nameof(FilesWithTruth))]
    public void Agrees_with_the_compiler(string name, string truthName)
    {
        using MappedFile file = MappedFile.Open(FixtureFile.PathOf(name));
        using MappedFile truthFile = MappedFile.Open(FixtureFile.PathOf(truthName));
        ElfFile elf = ElfFile.Read(truthFile);
        BtfTypeReader reader = BtfTypeReader.HasMagic(file) ? new(file.Whole(), null) : new(elf.Contents(".BTF")!, ".BTF");
        Assert.Equal(elf.Header.IsBigEndian, reader.Target.IsBigEndian);

        // Where two units disagree, BTF has both definitions: each word of truth must be that of one of them.
        List<(string Type, string Path, string Expected)> rows = [];
        rows.AddRange(TruthRows(elf, ".layout_truth"));
        rows.AddRange(TruthRows(elf, ".layout_truth_b"));
        rows.AddRange(BitsRows(elf));
        Assert.True(rows.Count > 0 || IsWithoutTruth(name));
        List<string> wrong = [];
        foreach ((string type, string path, string expected) in rows)
        {
            if (!type.StartsWith("struct ", StringComparison.Ordinal) && !type.StartsWith("union ", StringComparison.Ordinal) && path.Length == 0)
            {
                continue; // an enumeration or a typedef of a number: not asked for by name
            }

            string[] found = [.. reader.FindAll([TypeName.Parse(type)], 1).Sets[0].Distinct.Select(d => Describe(d, path))];
            if (!found.Contains(expected) && !IsBeyondBtf(path))
            {
                wrong.Add($"{type} {path}: expected {expected}, found {string.Join(" or ", found)}");
            }
        }

        Assert.Empty(wrong);
    }

    // An element of an array of arrays: pahole makes one dimension of them, and GCC's -gbtf turns them around.
    private static bool IsBeyondBtf(string path) => path.Contains("][", StringComparison.Ordinal);

    // Their tests have the compiler's word in another form.
    private static readonly string[] s_withoutTruth = ["audit/", "kabi/", "pinned/", "reach/"];

    private static bool IsWithoutTruth(string name) => name.StartsWith("no-page", StringComparison.Ordinal) || name.StartsWith("decl-only", StringComparison.Ordinal)
        || Array.Exists(s_withoutTruth, folder => name.StartsWith(folder, StringComparison.Ordinal));

    private static string Describe(TypeDefinition definition, string path)
    {
        if (path.Length == 0)
        {
            return $"{definition.Aggregate.ByteSize} bytes";
        }

        return MemberPath.Resolve(definition.Graph, definition.Root, path) is { } member ? $"{member.BitSize} bits at {member.BitOffset}" : "nothing";
    }

    private static List<(string Type, string Path, string Expected)> TruthRows(ElfFile elf, string section)
    {
        List<(string, string, string)> rows = [];
        if (elf.Contents(section) is not { } truth)
        {
            return rows;
        }

        Assert.Equal(0u, truth.Length % TruthRowSize);
        for (ulong at = 0; at < truth.Length; at += TruthRowSize)
        {
            SectionReader reader = truth.ReadRange(at, at + TruthRowSize);
            string type = Text(reader.ReadBytes(32));
            string path = Text(reader.ReadBytes(64));
            uint offset = reader.ReadU32();
            uint size = reader.ReadU32();
            rows.Add((type, path, path.Length == 0 ? $"{size} bytes" : $"{size * 8UL} bits at {offset * 8UL}"));
        }

        return rows;
    }

    // An object with only that bitfield set: the ones, counted in memory order, are the field.
    private static List<(string Type, string Path, string Expected)> BitsRows(ElfFile elf)
    {
        List<(string, string, string)> rows = [];
        if (elf.Contents(".layout_bits") is not { } truth)
        {
            return rows;
        }

        for (ulong at = 0; at + BitsRowSize <= truth.Length; at += BitsRowSize)
        {
            SectionReader reader = truth.ReadRange(at, at + BitsRowSize);
            string type = Text(reader.ReadBytes(32));
            string path = Text(reader.ReadBytes(64));
            _ = reader.ReadU32();
            ReadOnlySpan<byte> image = reader.ReadBytes(128);
            int first = -1;
            int count = 0;
            for (int bit = 0; bit < 1024; bit++)
            {
                if ((image[bit / 8] & (elf.Header.IsBigEndian ? 0x80 >> (bit % 8) : 1 << (bit % 8))) != 0)
                {
                    first = first < 0 ? bit : first;
                    count++;
                }
            }

            rows.Add((type, path, $"{count} bits at {first}"));
        }

        return rows;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes[..(bytes.IndexOf((byte)0) is >= 0 and var end ? end : bytes.Length)]);
}
