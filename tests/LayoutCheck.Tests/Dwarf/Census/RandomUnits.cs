using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Dwarf.Census;

/// <summary>
/// Units with random structs of random members: numbers, bit-fields, pointers, arrays, structs by value, unnamed and flexible ones. All units have the same
/// structs, in any order and with any of them left out or only declared; in few units one member differs.
/// </summary>
internal static class RandomUnits
{
    private const int Structs = 9;
    private const int Units = 6;

    /// <summary>The units of a seed.</summary>
    public static DwarfBuilder Of(int seed)
    {
        DwarfBuilder dwarf = new(is64Bit: seed % 3 != 0, isBigEndian: seed % 2 == 0);
        Random random = new(seed);
        for (int i = 0; i < Units; i++)
        {
            Write(dwarf, $"unit {i} ", new Random(seed), random);
        }

        return dwarf;
    }

    // What the structs are comes from the first source, alike in all units; what is special about a unit from the second.
    private static void Write(DwarfBuilder dwarf, string id, Random shape, Random special)
    {
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name(id)]);
        At Strp(string name) => special.Next(8) == 0 ? At.Name(name) : At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString(name));
        for (int i = special.Next(3); i > 0; i--)
        {
            unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"), At.Udata(DwAt.DW_AT_decl_line, 300));
        }

        foreach (int size in (int[])[1, 2, 4, 8])
        {
            unit.Mark($"{id}u{size}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Size(size), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_unsigned), Strp($"u{size}"));
        }

        int deviant = special.Next(3) == 0 ? special.Next(Structs) : -1;
        for (int number = 0; number < Structs; number++)
        {
            bool isUnion = shape.Next(5) == 0;
            DwTag tag = isUnion ? DwTag.DW_TAG_union_type : DwTag.DW_TAG_structure_type;
            List<(string Label, int Size, At[] Others)> members = [];
            int end = 0;
            for (int i = shape.Next(1, 8); i > 0; i--)
            {
                (string label, int size) = Type(unit, id, number, shape, Strp);
                int width = size is 4 && label.EndsWith("u4", StringComparison.Ordinal) && shape.Next(4) == 0 ? shape.Next(1, 32) : 0;
                int place = isUnion ? 0 : end;
                At[] rest = width == 0 ? [At.Data1(DwAt.DW_AT_data_member_location, place)]
                    : [At.Data1(DwAt.DW_AT_bit_size, width), At.Udata(DwAt.DW_AT_data_bit_offset, (ulong)place * 8)];
                rest = shape.Next(6) == 0 ? [At.Data1(DwAt.DW_AT_alignment, size), .. rest] : rest;
                members.Add((label, size, rest));
                end = isUnion ? Math.Max(end, size) : end + size;
            }

            if (special.Next(7) == 0)
            {
                // The structs behind it that hold it by value are not affected: they were given one of a fixed size.
                unit.Leaf(tag, Strp($"s{number}"), At.Flag(DwAt.DW_AT_declaration));
                continue;
            }

            unit.Begin(tag, [Strp($"s{number}"), end < 256 ? At.Size(end) : At.Udata(DwAt.DW_AT_byte_size, (ulong)end), .. number % 4 == 1 ? (At[])[At.Data1(DwAt.DW_AT_alignment, 8)] : []]);
            for (int i = 0; i < members.Count; i++)
            {
                string name = number == deviant && i == members.Count - 1 ? "deviant" : i == 0 ? "id" : $"member{i}";
                unit.Leaf(DwTag.DW_TAG_member, [Strp(name), At.Type(members[i].Label), .. members[i].Others]);
            }

            unit.End();
        }
    }

    // A type, which may be new, and its size.
    private static (string Label, int Size) Type(DwarfUnit unit, string id, int number, Random shape, Func<string, At> strp)
    {
        int kind = shape.Next(7);
        string label = $"{id}t{shape.Next()}";
        switch (kind)
        {
            case 0:
                unit.Mark(label);
                unit.Leaf(DwTag.DW_TAG_pointer_type, At.Size(unit.AddressSize), At.Type(id + "u1"));
                return (label, unit.AddressSize);
            case 1:
                int count = shape.Next(0, 4);
                unit.Mark(label);
                unit.Begin(DwTag.DW_TAG_array_type, At.Type(id + "u2"));
                unit.Leaf(DwTag.DW_TAG_subrange_type, At.Type(id + "u8"), At.Data1(DwAt.DW_AT_upper_bound, count));
                unit.End();
                return (label, 2 * (count + 1));
            case 2:
                unit.Mark(label);
                unit.Leaf(DwTag.DW_TAG_typedef, strp($"t{number}_t"), At.Type(id + "u4"));
                return (label, 4);
            case 3:
                unit.Mark(label);
                unit.Begin(DwTag.DW_TAG_structure_type, strp($"inner{shape.Next(3)}"), At.Size(8));
                unit.Leaf(DwTag.DW_TAG_member, strp("low"), At.Type(id + "u4"), At.Data1(DwAt.DW_AT_data_member_location, 0));
                unit.Leaf(DwTag.DW_TAG_member, strp("high"), At.Type(id + "u4"), At.Data1(DwAt.DW_AT_data_member_location, 4));
                unit.End();
                return (label, 8);
            default:
                int size = 1 << shape.Next(4);
                return ($"{id}u{size}", size);
        }
    }
}
