using System.Buffers.Binary;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>A good image to start from, mapped once.</summary>
internal sealed record Seed(string Name, byte[] Bytes, ImageMap Map)
{
    /// <summary>Of what is packed: the image inside, and how it was packed.</summary>
    public (Seed Seed, Func<byte[], byte[]> Wrap)? Inside { get; init; }
}

/// <summary>
/// Damages an image in ways that its readers have to think about: one to a few fields, most often with a value that means something else of the
/// same kind. The same random numbers give the same image.
/// </summary>
internal static class ImageMutator
{
    private static readonly byte[] s_forms = [.. Enum.GetValues<DwForm>().Where(f => (int)f < 0x80).Select(f => (byte)f), 0, 0x02, 0x2d, 0x7f];
    private static readonly byte[] s_tags = [.. Enum.GetValues<DwTag>().Where(t => (int)t < 0x80).Select(t => (byte)t), 0, 0x7f];
    private static readonly byte[] s_attributes = [.. Enum.GetValues<DwAt>().Where(a => (int)a < 0x80).Select(a => (byte)a), 0, 0x7f];
    private static readonly string[] s_texts =
    [
        "page", "folio", "\x1b[31m", "\u202e", "%s%n", "../../etc/passwd", "\xff\xfe", "a.b[3]", "<script>", "pgmap", "compound_head", "\r\n", "{{", "\ud83d", "_unused",
    ];

    /// <summary>An image, damaged.</summary>
    /// <param name="seed">What it was before any damage: where its fields are.</param>
    /// <param name="start">What it is; it stays so.</param>
    /// <param name="others">What it may be spliced with.</param>
    /// <param name="random">What decides.</param>
    public static byte[] Mutate(Seed seed, byte[] start, IReadOnlyList<Seed> others, Random random)
    {
        byte[] bytes = (byte[])start.Clone();
        int count = 1;
        while (count < 8 && random.Next(3) == 0)
        {
            count++;
        }

        for (int i = 0; i < count; i++)
        {
            bytes = One(bytes, seed, others, random);
        }

        return bytes;
    }

    private static byte[] One(byte[] bytes, Seed seed, IReadOnlyList<Seed> others, Random random)
    {
        if (bytes.Length == 0)
        {
            return bytes;
        }

        // Of an image that was not mapped, only its bytes can be changed.
        switch (random.Next(seed.Map.ByKind.Length == 0 ? 78 : 0, 100))
        {
            case < 72:
                Field[] group = seed.Map.ByKind[random.Next(seed.Map.ByKind.Length)];
                Change(bytes, seed.Map, group[random.Next(group.Length)], random);
                return bytes;
            case < 78:
                // Two fields of one kind change places: crossed section offsets, members' places, names.
                Field[] kind = seed.Map.ByKind[random.Next(seed.Map.ByKind.Length)];
                Swap(bytes, kind[random.Next(kind.Length)], kind[random.Next(kind.Length)]);
                return bytes;
            case < 84:
                for (int i = random.Next(1, 5); i > 0; i--)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }

                return bytes;
            case < 87:
                int from = random.Next(bytes.Length);
                int to = random.Next(bytes.Length);
                int length = Math.Min(random.Next(1, 200), bytes.Length - Math.Max(from, to));
                Array.Copy(bytes, from, bytes, to, length);
                return bytes;
            case < 89:
                return bytes[..random.Next(bytes.Length + 1)];
            case < 97:
                return Resize(bytes, seed.Map, random);
            default:
                return Splice(bytes, others[random.Next(others.Count)].Bytes, random);
        }
    }

    private static void Change(byte[] bytes, ImageMap map, Field field, Random random)
    {
        if (field.Offset + field.Length > bytes.Length)
        {
            return;
        }

        Span<byte> at = bytes.AsSpan(field.Offset, field.Length);
        switch (field.Kind)
        {
            case FieldKind.Text or FieldKind.DieInlineText:
                ChangeText(at, random);
                break;
            case FieldKind.DieBlock:
                at[random.Next(Math.Min(at.Length, 3))] = (byte)random.Next(256);
                break;
            case FieldKind.UnitLength when field.Length == 12:
                Store(at[(random.Next(2) * 4)..], Interesting(map, field, bytes, random), map.IsBigEndian, false);
                break;
            default:
                Store(at, Interesting(map, field, bytes, random), map.IsBigEndian, field.IsLeb);
                break;
        }
    }

    private static ulong Interesting(ImageMap map, Field field, byte[] bytes, Random random)
    {
        if (random.Next(5) > 0)
        {
            switch (field.Kind)
            {
                case FieldKind.AbbrevForm:
                    return s_forms[random.Next(s_forms.Length)];
                case FieldKind.AbbrevTag:
                    return s_tags[random.Next(s_tags.Length)];
                case FieldKind.AbbrevAttribute:
                    return s_attributes[random.Next(s_attributes.Length)];
                case FieldKind.AbbrevChildren:
                    return (ulong)random.Next(3);
                case FieldKind.AbbrevCode or FieldKind.DieCode when map.Units[field.Unit].Codes is { Count: > 0 } codes:
                    return random.Next(6) == 0 ? 0 : codes[random.Next(codes.Count)];
                case FieldKind.DieReference or FieldKind.DieSibling:
                    return Reference(map, field, random);
                case FieldKind.DieString or FieldKind.BtfName or FieldKind.StringOffset when map.Strings.Count > 0:
                    return (ulong)(map.Strings[random.Next(map.Strings.Count)] + (random.Next(4) == 0 ? random.Next(6) : 0));
                case FieldKind.DieStringIndex:
                    return (ulong)random.Next(map.Strings.Count + 4);
                case FieldKind.UnitVersion:
                    return (ulong)random.Next(1, 7);
                case FieldKind.UnitType:
                    return (ulong)random.Next(8);
                case FieldKind.AddressSize:
                    return 1UL << random.Next(5);
                case FieldKind.AbbrevOffset when map.Units.Count > 1:
                    return map.Load(map.ByKind.First(k => k[0].Kind == FieldKind.AbbrevOffset)[random.Next(map.Units.Count)]);
                case FieldKind.BtfTypeId or FieldKind.BtfSizeOrType:
                    return (ulong)random.Next(map.BtfTypeCount + 2);
                case FieldKind.BtfInfo:
                    uint info = (uint)map.Load(field);
                    return random.Next(3) switch
                    {
                        0 => (info & 0x80ffffff) | ((uint)random.Next(24) << 24),
                        1 => info ^ 0x80000000,
                        _ => (info & 0xff000000) | (uint)random.Next(1 << random.Next(25)),
                    };
                case FieldKind.BtfExtension when random.Next(3) == 0:
                    // A record has places of instructions, type ids, places of strings and kinds: the value of another field of it, or one near.
                    Field[] words = map.ByKind.First(k => k[0].Kind == FieldKind.BtfExtension);
                    return map.Load(words[random.Next(words.Length)]) + (ulong)random.Next(2);
                case FieldKind.DieConstant or FieldKind.BtfOffset or FieldKind.BtfNumber or FieldKind.BtfExtension when random.Next(2) == 0:
                    return (ulong)random.Next(140);
                case FieldKind.SectionHeader or FieldKind.ElfHeader when random.Next(2) == 0:
                    // The value of another such field: one section's place or size for another's.
                    Field[] same = map.ByKind.First(k => k[0].Kind == field.Kind);
                    return map.Load(same[random.Next(same.Length)]);
            }
        }

        ulong old = map.Load(field);
        int bits = 8 * Math.Min(field.Length, 8);
        return random.Next(16) switch
        {
            0 => 0,
            1 => 1,
            2 => ulong.MaxValue,
            3 => ulong.MaxValue - 1,
            4 => 1UL << (bits - 1),
            5 => (1UL << (bits - 1)) - 1,
            6 => old + 1,
            7 => old - 1,
            8 => old + (ulong)random.Next(64),
            9 => old * 2,
            10 => old / 2,
            11 => old ^ (1UL << random.Next(bits)),
            12 => (ulong)bytes.Length,
            13 => (ulong)bytes.Length - old,
            14 => 1UL << random.Next(bits),
            _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
        };
    }

    private static ulong Reference(ImageMap map, Field field, Random random)
    {
        MappedUnit unit = map.Units[field.Unit];
        return random.Next(12) switch
        {
            0 => (ulong)(field.Die - unit.Start), // itself
            1 => (ulong)(unit.End - unit.Start),
            2 => (ulong)(unit.End - unit.Start - 1),
            3 => 0,
            4 => (ulong)(field.Die - unit.Start + random.Next(64)),
            5 => (ulong)random.Next(unit.End - unit.Start),
            6 when map.Units.Count > 1 => (ulong)map.Units[random.Next(map.Units.Count)].Dies[0],
            // Near before it: often the struct that it is a member of.
            7 or 8 => (ulong)(unit.Dies[Math.Max(0, unit.Dies.IndexOf(field.Die) - random.Next(1, 8))] - unit.Start),
            _ => (ulong)(unit.Dies[random.Next(unit.Dies.Count)] - unit.Start),
        };
    }

    private static void ChangeText(Span<byte> at, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                at[random.Next(at.Length)] = (byte)random.Next(256);
                break;
            case 1:
                at.Fill((byte)random.Next(256));
                break;
            default:
                byte[] text = System.Text.Encoding.UTF8.GetBytes(s_texts[random.Next(s_texts.Length)]);
                text.AsSpan(0, Math.Min(text.Length, at.Length)).CopyTo(at);
                break;
        }
    }

    private static void Swap(byte[] bytes, Field a, Field b)
    {
        int length = Math.Min(a.Length, b.Length);
        if (Math.Max(a.Offset, b.Offset) + length > bytes.Length || a.IsLeb != b.IsLeb || (a.IsLeb && a.Length != b.Length))
        {
            return;
        }

        for (int i = 0; i < length; i++)
        {
            (bytes[a.Offset + i], bytes[b.Offset + i]) = (bytes[b.Offset + i], bytes[a.Offset + i]);
        }
    }

    // A section with bytes put in, left out or repeated, at the end of the file; its header points there, and a unit that grew says so.
    private static byte[] Resize(byte[] bytes, ImageMap map, Random random)
    {
        if (map.Sections.Count == 0)
        {
            return bytes;
        }

        MappedSection section = map.Sections[random.Next(map.Sections.Count)];
        if (section.Start + section.Length > bytes.Length || section.SizeField + section.WordSize > bytes.Length || bytes.Length > 4 << 20)
        {
            return bytes;
        }

        List<byte> contents = [.. bytes.AsSpan(section.Start, section.Length)];
        int at = random.Next(contents.Count);
        int length = random.Next(1, Math.Min(contents.Count - at, 1 << random.Next(12)) + 1);
        switch (random.Next(4))
        {
            case 0:
                contents.RemoveRange(at, length);
                break;
            case 1:
                byte[] noise = new byte[random.Next(1, 32)];
                random.NextBytes(noise);
                contents.InsertRange(at, noise);
                break;
            case 2:
                List<byte> part = contents.GetRange(at, length);
                for (int i = random.Next(1, 40); i > 0; i--)
                {
                    contents.InsertRange(at, part);
                }

                break;
            default:
                contents.InsertRange(at, new byte[random.Next(1, 16)]);
                break;
        }

        if (section.Name == ".debug_info" && random.Next(4) > 0)
        {
            MappedUnit? unit = map.Units.Find(u => u.Start <= at && at < u.End);
            if (unit is not null && contents.Count > unit.Start + 4)
            {
                byte[] whole = [.. contents];
                Store(whole.AsSpan(unit.Start, 4), (ulong)(unit.End - unit.Start - 4 + contents.Count - section.Length), map.IsBigEndian, false);
                contents = [.. whole];
            }
        }

        int start = (bytes.Length + 15) & ~15;
        byte[] result = new byte[start + contents.Count];
        bytes.CopyTo(result, 0);
        contents.CopyTo(result, start);
        Store(result.AsSpan(section.OffsetField, section.WordSize), (ulong)start, map.IsBigEndian, false);
        Store(result.AsSpan(section.SizeField, section.WordSize), (ulong)contents.Count, map.IsBigEndian, false);
        return result;
    }

    private static byte[] Splice(byte[] bytes, byte[] other, Random random)
    {
        int from = random.Next(other.Length);
        int to = random.Next(bytes.Length + 1);
        int length = Math.Min(random.Next(1, 2048), other.Length - from);
        return random.Next(2) == 0
            ? [.. bytes.AsSpan(0, to), .. other.AsSpan(from)]
            : [.. bytes.AsSpan(0, to), .. other.AsSpan(from, length), .. bytes.AsSpan(Math.Min(to + length, bytes.Length))];
    }

    // A LEB128 keeps its length, so that nothing after it moves.
    private static void Store(Span<byte> at, ulong value, bool isBigEndian, bool isLeb)
    {
        if (isLeb)
        {
            for (int i = 0; i < at.Length; i++, value >>= 7)
            {
                at[i] = (byte)((value & 0x7f) | (i < at.Length - 1 ? 0x80u : 0));
            }

            return;
        }

        Span<byte> whole = stackalloc byte[8];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt64BigEndian(whole, value);
            whole[(8 - Math.Min(at.Length, 8))..].CopyTo(at);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
            whole[..Math.Min(at.Length, 8)].CopyTo(at);
        }
    }
}
