using System.IO.Compression;
using System.Text;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Btf;

namespace LayoutCheck.Tests.Support;

/// <summary>Inputs of about a megabyte, or much less, that once took ten seconds or a gigabyte to read, or did not end. Each has or asks for <c>struct s</c>.</summary>
internal static class CostlyInput
{
    private const ulong SHF_COMPRESSED = 0x800;

    /// <summary>Several sections of zeros, each of which alone is allowed.</summary>
    public static byte[] SectionsOfZeros(int count, int megabytesEach)
    {
        ElfBuilder elf = new ElfBuilder().Add(".debug_info", Unit(0, StructOfInt())).Add(".debug_abbrev", DeclarationsOfStruct());
        byte[] zeros = Compressed(new byte[megabytesEach << 20]);
        for (int i = 0; i < count; i++)
        {
            elf.Add(".debug_types", zeros, flags: SHF_COMPRESSED);
        }

        return elf.ToBytes();
    }

    /// <summary>A compressed section of the smallest units that there are, each with a DIE.</summary>
    public static byte[] UnitsInCompressedSection(int count) => CompressedInfo(SmallestUnits(count), DeclarationsOfStruct());

    /// <summary>A compressed section with one struct of so many members.</summary>
    public static byte[] MembersInCompressedSection(int count)
    {
        ByteWriter dies = new ByteWriter(false).U8(1).U8(0x0c).U8(4).Text("int").U8(4).U8(5).U8(2).Text("s").U8(4);
        for (int i = 0; i < count; i++)
        {
            dies.U8(3).Text("m").U32(13).U8(0);
        }

        return CompressedInfo(Unit(0, dies.U8(0).U8(0).ToArray()), DeclarationsOfStruct());
    }

    /// <summary>Units whose tables of abbreviations begin one declaration behind each other, and have one end.</summary>
    public static byte[] OverlappingTables(int count)
    {
        ByteWriter abbrev = new(false);
        ByteWriter info = new(false);
        for (int i = 0; i < count; i++)
        {
            info.Raw(Unit((uint)abbrev.Length, StructOfInt()));
            abbrev.Uleb(1000 + (ulong)i).U8((ulong)DwTag.DW_TAG_base_type).U8(0).U8((ulong)DwAt.DW_AT_name).U8((ulong)DwForm.DW_FORM_string).U8(0).U8(0);
        }

        return new ElfBuilder().Add(".debug_info", info.ToArray()).Add(".debug_abbrev", abbrev.Raw(DeclarationsOfStruct()).ToArray()).ToBytes();
    }

    /// <summary>Units of which one has one large table of abbreviations, the next another.</summary>
    public static byte[] TablesInTurn(int units, int declarations)
    {
        ByteWriter table = new(false);
        for (int i = 0; i < declarations; i++)
        {
            table.Uleb(1000 + (ulong)i).U8((ulong)DwTag.DW_TAG_base_type).U8(0).U8((ulong)DwAt.DW_AT_name).U8((ulong)DwForm.DW_FORM_string).U8(0).U8(0);
        }

        byte[] one = table.Raw(DeclarationsOfStruct()).ToArray();
        ByteWriter info = new(false);
        for (int i = 0; i < units; i++)
        {
            info.Raw(Unit(i % 2 == 0 ? 0 : (uint)one.Length, StructOfInt()));
        }

        return new ElfBuilder().Add(".debug_info", info.ToArray()).Add(".debug_abbrev", [.. one, .. one]).ToBytes();
    }

    /// <summary>A struct or union of so many members, each of its own name.</summary>
    public static byte[] Members(int count, bool isUnion = false)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(isUnion ? DwTag.DW_TAG_union_type : DwTag.DW_TAG_structure_type, At.Name("s"), At.Udata(DwAt.DW_AT_byte_size, isUnion ? 4 : 4 * (ulong)count));
        for (int i = 0; i < count; i++)
        {
            unit.Leaf(DwTag.DW_TAG_member, At.Name($"m{i}"), At.Type("int"), At.Udata(DwAt.DW_AT_data_member_location, isUnion ? 0 : 4 * (ulong)i));
        }

        unit.End();
        unit.Int();
        return dwarf.ToBytes();
    }

    /// <summary>So many structs, each of its own name.</summary>
    public static byte[] Structs(int count)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        for (int i = 0; i < count; i++)
        {
            unit.Leaf(DwTag.DW_TAG_structure_type, At.Name($"s{i}"), At.Udata(DwAt.DW_AT_byte_size, 0));
        }

        return dwarf.ToBytes();
    }

    /// <summary>A small .debug_info, and .debug_types of so many bytes.</summary>
    public static byte[] TypesBesideInfo(int byteSize)
        => new ElfBuilder()
            .Add(".debug_info", Unit(0, StructOfInt()))
            .Add(".debug_abbrev", DeclarationsOfStruct())
            .Add(".debug_types", new byte[byteSize])
            .ToBytes();

    /// <summary>BTF of so many structs of one name, all of other sizes.</summary>
    public static byte[] BtfOfOneName(int count)
    {
        BtfBuilder btf = new();
        uint number = btf.Int("long", 8);
        for (int i = 0; i < count; i++)
        {
            btf.Struct("s", 8 + (uint)i, ("m", number, 0));
        }

        return btf.Build();
    }

    /// <summary>A rule file of so many checks.</summary>
    public static string Checks(int count) => Rule(Enumerable.Range(0, count).Select(i => $"check: sizeof(struct s) >= {i % 4}"));

    /// <summary>A rule file that names so many types.</summary>
    public static string Types(int count) => Rule(Enumerable.Range(0, count).Select(i => $"when: exists(struct t{i})\ncheck: sizeof(struct t{i}) >= 0"));

    /// <summary>A rule file with one message of so many strings.</summary>
    public static string Strings(int count) => Rule([$"check: sizeof(struct s) == 4, {string.Concat(Enumerable.Repeat("\"ab\" ", count))}"]);

    /// <summary>A header of so many assertions, of which every second one cannot be taken.</summary>
    public static string Assertions(int count)
        => string.Concat(Enumerable.Range(0, count).Select(i => i % 2 == 0 ? $"static_assert(sizeof(struct s) >= {i % 4});\n" : $"static_assert(FOO{i} >= {i % 4});\n"));

    private static string Rule(IEnumerable<string> lines) => new StringBuilder("---\ntitle: costly\n").AppendJoin('\n', lines).Append("\n---\n\n# costly\n").ToString();

    private static byte[] SmallestUnits(int count)
    {
        byte[] unit = Unit(0, [1, 0x0c, 0]);
        ByteWriter units = new(false);
        for (int i = 0; i < count; i++)
        {
            units.Raw(unit);
        }

        return units.ToArray();
    }

    // DWARF 4: length, version, abbreviations, size of an address.
    private static byte[] Unit(uint abbrevOffset, byte[] dies)
        => new ByteWriter(false).U32(7 + (ulong)dies.Length).U16(4).U32(abbrevOffset).U8(8).Raw(dies).ToArray();

    private static byte[] StructOfInt()
        => new ByteWriter(false).U8(1).U8(0x0c).U8(4).Text("int").U8(4).U8(5).U8(2).Text("s").U8(4).U8(3).Text("m").U32(13).U8(0).U8(0).U8(0).ToArray();

    private static byte[] DeclarationsOfStruct()
    {
        ByteWriter table = new(false);
        Declare(1, DwTag.DW_TAG_compile_unit, true, (DwAt.DW_AT_language, DwForm.DW_FORM_data1));
        Declare(2, DwTag.DW_TAG_structure_type, true, (DwAt.DW_AT_name, DwForm.DW_FORM_string), (DwAt.DW_AT_byte_size, DwForm.DW_FORM_udata));
        Declare(
            3, DwTag.DW_TAG_member, false, (DwAt.DW_AT_name, DwForm.DW_FORM_string), (DwAt.DW_AT_type, DwForm.DW_FORM_ref4), (DwAt.DW_AT_data_member_location, DwForm.DW_FORM_udata));
        Declare(4, DwTag.DW_TAG_base_type, false, (DwAt.DW_AT_name, DwForm.DW_FORM_string), (DwAt.DW_AT_byte_size, DwForm.DW_FORM_data1), (DwAt.DW_AT_encoding, DwForm.DW_FORM_data1));
        return table.U8(0).ToArray();

        void Declare(ulong code, DwTag tag, bool hasChildren, params (DwAt Attribute, DwForm Form)[] attributes)
        {
            table.Uleb(code).Uleb((ulong)tag).U8(hasChildren ? 1u : 0u);
            foreach ((DwAt attribute, DwForm form) in attributes)
            {
                table.Uleb((ulong)attribute).Uleb((ulong)form);
            }

            table.U8(0).U8(0);
        }
    }

    private static byte[] CompressedInfo(byte[] info, byte[] abbrev)
        => new ElfBuilder().Add(".debug_info", Compressed(info), flags: SHF_COMPRESSED).Add(".debug_abbrev", abbrev).ToBytes();

    // Elf64_Chdr of zlib, then the stream.
    private static byte[] Compressed(byte[] bytes)
    {
        using MemoryStream packed = new();
        packed.Write(new ByteWriter(false).U32(1).U32(0).U64((ulong)bytes.Length).U64(1).ToArray());
        using (ZLibStream stream = new(packed, CompressionLevel.SmallestSize))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }
}
