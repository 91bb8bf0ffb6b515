using System.Text;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Support;

/// <summary>One thing that the compiler said of a layout (tests/fixtures/truth.h). Positions and sizes in bits.</summary>
/// <param name="Type">The type as C spells it: <c>struct page</c>, <c>counter_t</c>.</param>
/// <param name="Path">The member, or empty when the row speaks of the type itself.</param>
/// <param name="BitOffset">Where the member starts; for a type, its alignment.</param>
/// <param name="BitSize">The member's or type's size; the width of a bitfield.</param>
/// <param name="IsBitField">Whether it is from a bit image: C has no offsetof for a bitfield.</param>
internal sealed record TruthRow(string Type, string Path, ulong BitOffset, ulong BitSize, bool IsBitField)
{
    /// <summary>Whether it speaks of the type itself.</summary>
    public bool IsOfType => Path.Length == 0;

    public override string ToString() => IsOfType ? Type : $"{Type} {Path}";
}

/// <summary>Reads what the compiler wrote into a fixture.</summary>
internal static class Truth
{
    public const string Section = ".layout_truth";
    public const string SecondUnitSection = ".layout_truth_b";
    public const string BitsSection = ".layout_bits";

    /// <summary>All that the first CU of a fixture says: offsets, sizes and bitfields.</summary>
    public static IReadOnlyList<TruthRow> Of(string fixture) => [.. Read(fixture, Section, 104, ReadOffset), .. Read(fixture, BitsSection, 228, ReadImage)];

    /// <summary>What the second CU of a fixture says, where the two disagree.</summary>
    public static IReadOnlyList<TruthRow> OfSecondUnit(string fixture) => [.. Read(fixture, SecondUnitSection, 104, ReadOffset)];

    private delegate TruthRow RowReader(string type, string path, ref SectionReader reader, bool isBigEndian);

    private static List<TruthRow> Read(string fixture, string sectionName, ulong rowSize, RowReader read)
    {
        using MappedFile file = MappedFile.Open(FixtureFile.PathOf(fixture));
        List<TruthRow> rows = [];
        if (!ElfFile.HasMagic(file) || ElfFile.Read(file) is not { } elf || elf.Find(sectionName) is not { ByteSize: > 0, Type: not ElfSection.SHT_NOBITS })
        {
            return rows;
        }

        Section section = elf.Contents(sectionName)!;
        Assert.Equal(0UL, section.Length % rowSize);
        for (ulong at = 0; at < section.Length; at += rowSize)
        {
            SectionReader reader = section.ReadRange(at, at + rowSize);
            string type = Text(reader.ReadBytes(32));
            string path = Text(reader.ReadBytes(64));
            rows.Add(read(type, path, ref reader, section.IsBigEndian));
        }

        return rows;
    }

    private static string Text(ReadOnlySpan<byte> field) => Encoding.ASCII.GetString(field[..field.IndexOf((byte)0)]);

    private static TruthRow ReadOffset(string type, string path, ref SectionReader reader, bool isBigEndian)
        => new(type, path, reader.ReadU32() * 8UL, reader.ReadU32() * 8UL, false);

    // An object with only this bitfield set to ones, counted as the target counts bits: the ones are its place.
    private static TruthRow ReadImage(string type, string path, ref SectionReader reader, bool isBigEndian)
    {
        int size = (int)reader.ReadU32();
        ReadOnlySpan<byte> image = reader.ReadBytes(128)[..size];
        int first = -1;
        int last = -1;
        int ones = 0;
        for (int bit = 0; bit < size * 8; bit++)
        {
            int inByte = isBigEndian ? 7 - (bit % 8) : bit % 8;
            if ((image[bit / 8] >> inByte & 1) != 0)
            {
                first = first < 0 ? bit : first;
                last = bit;
                ones++;
            }
        }

        Assert.True(ones > 0 && last - first + 1 == ones, $"the ones of {type} {path} are not one run: {Convert.ToHexString(image)}");
        return new TruthRow(type, path, (ulong)first, (ulong)ones, true);
    }
}
