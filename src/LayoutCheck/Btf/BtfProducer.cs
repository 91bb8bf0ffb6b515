using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Btf;

/// <summary>How the producer of BTF records <c>int a[4][2]</c>.</summary>
internal enum ArrayNesting
{
    /// <summary>One array of 8, as pahole does; or nothing shows that it does not.</summary>
    Flattened,

    /// <summary>Arrays of arrays, as clang does.</summary>
    Kept,

    /// <summary>Arrays of arrays from the wrong end (2 of 4), as gcc 12's -gbtf does; other arrays are right.</summary>
    Reversed,
}

/// <summary>Facts of BTF that it does not record and its records show: its producer, and whether members were left out of it afterwards.</summary>
internal static class BtfProducer
{
    // A kernel has more types; the part of it that a program needs has a few hundred.
    private const uint MostTailoredTypes = 20_000;

    // More would overflow a size of 64 bits; no struct is that large.
    private const ulong MostElements = 1 << 28;

    // Only an alignment to cache lines is larger.
    private const ulong LargestCommonAlignment = 16;

    private static readonly SourceOmission s_tailored = new("members were left out of this BTF (tailored, as bpftool gen min_core_btf makes)", true);

    /// <summary>How it records arrays of arrays. Damaged records show nothing: they may not matter for the query.</summary>
    public static ArrayNesting NestingOf(BtfIndex index)
    {
        try
        {
            return ReadNesting(index);
        }
        catch (InvalidImageException)
        {
            return ArrayNesting.Flattened;
        }
    }

    /// <summary>
    /// Whether members were left out: it is small, has no function, not even the type of one, and no variable, and a struct has room that neither members nor
    /// alignment account for. An unnamed bit-field makes such room too, of up to a word.
    /// </summary>
    public static SourceOmission? OmissionOf(BtfIndex index, Func<ulong> wordByteSize)
    {
        try
        {
            return FindOmission(index, wordByteSize);
        }
        catch (InvalidImageException)
        {
            return null;
        }
    }

    private static ArrayNesting ReadNesting(BtfIndex index)
    {
        // pahole never marks a char as one, gcc always does.
        bool hasRust = false;
        foreach (uint id in index.Integers)
        {
            BtfRecord integer = index.Record(id);
            if (((index.ReadDetails(integer).ReadU32() >> 24) & BtfFormat.BTF_INT_CHAR) != 0)
            {
                return ArrayNesting.Reversed;
            }

            hasRust |= index.NameAt(integer.NameOffset, integer) == "usize";
        }

        // Rust keeps arrays of arrays in DWARF too, and so pahole does in BTF made of that.
        foreach (uint id in hasRust ? [] : index.Arrays)
        {
            BtfRecord outer = index.Record(id);
            SectionReader reader = index.ReadDetails(outer);
            BtfRecord? element = Record(index, reader.ReadU32(), outer);
            BtfRecord? indexType = Record(index, reader.ReadU32(), outer);
            if (element is { Kind: BtfFormat.BTF_KIND_ARRAY } inner && !MayBeVector(index, inner)
                && indexType is { Kind: BtfFormat.BTF_KIND_INT } type && index.NameAt(type.NameOffset, type) == "__ARRAY_SIZE_TYPE__")
            {
                return ArrayNesting.Kept;
            }
        }

        return ArrayNesting.Flattened;
    }

    private static SourceOmission? FindOmission(BtfIndex index, Func<ulong> wordByteSize)
    {
        if (index.IsOfModule || index.Count > MostTailoredTypes)
        {
            return null;
        }

        bool hasRoom = false;
        for (uint id = 1; id <= index.Count; id++)
        {
            BtfRecord record = index.Record(id);
            if (record.Kind is BtfFormat.BTF_KIND_FUNC or BtfFormat.BTF_KIND_FUNC_PROTO or BtfFormat.BTF_KIND_VAR or BtfFormat.BTF_KIND_DATASEC)
            {
                return null;
            }

            hasRoom = hasRoom || (record.Kind == BtfFormat.BTF_KIND_STRUCT && HasUnexplainedRoom(index, record, wordByteSize));
        }

        return hasRoom ? s_tailored : null;
    }

    // A vector of GNU C is an array in BTF too: a power of two of numbers.
    private static bool MayBeVector(BtfIndex index, in BtfRecord array)
    {
        SectionReader reader = index.ReadDetails(array);
        BtfRecord? element = index.Strip(reader.ReadU32(), array);
        _ = reader.ReadU32();
        return element is { Kind: BtfFormat.BTF_KIND_INT or BtfFormat.BTF_KIND_FLOAT } && uint.IsPow2(reader.ReadU32());
    }

    private static BtfRecord? Record(BtfIndex index, uint id, in BtfRecord referrer) => id == 0 ? null : index.Record(id, referrer);

    private static bool HasUnexplainedRoom(BtfIndex index, in BtfRecord record, Func<ulong> wordByteSize)
    {
        SectionReader reader = index.ReadDetails(record);
        ulong end = 0;
        for (uint i = 0; i < record.ElementCount; i++)
        {
            _ = reader.ReadU32();
            uint type = reader.ReadU32();
            uint offset = reader.ReadU32();
            uint width = record.KindFlag ? offset >> 24 : 0;
            ulong start = record.KindFlag ? offset & 0xffffff : offset;
            if (start > end && IsRoom(end / 8, start / 8, ulong.MaxValue, wordByteSize))
            {
                return true;
            }

            end = Math.Max(end, start + (width != 0 ? width : BitSizeOf(index, type, record, wordByteSize)));
        }

        return record.SizeOrType > end / 8 && IsRoom(end / 8, record.SizeOrType, LargestCommonAlignment, wordByteSize);
    }

    // Room may be due to an alignment when it ends at a multiple of a power of two larger than itself.
    private static bool IsRoom(ulong start, ulong end, ulong largestAlignment, Func<ulong> wordByteSize)
        => end - start >= wordByteSize() && (end - start >= Math.Min(end & (~end + 1), largestAlignment));

    private static ulong BitSizeOf(BtfIndex index, uint id, in BtfRecord referrer, Func<ulong> wordByteSize)
    {
        ulong count = 1;
        BtfRecord from = referrer;
        for (int depth = 0; depth <= BtfIndex.DeepestNesting; depth++)
        {
            if (index.Strip(id, from) is not { } record)
            {
                return 0;
            }

            if (record.Kind != BtfFormat.BTF_KIND_ARRAY)
            {
                return record.Kind == BtfFormat.BTF_KIND_PTR ? count * wordByteSize() * 8
                    : record.Kind is BtfFormat.BTF_KIND_FUNC_PROTO or BtfFormat.BTF_KIND_FWD ? 0
                    : Math.Min(count, MostElements) * record.SizeOrType * 8;
            }

            SectionReader reader = index.ReadDetails(record);
            id = reader.ReadU32();
            _ = reader.ReadU32();
            count = Math.Min(count * reader.ReadU32(), MostElements);
            from = record;
        }

        return 0;
    }
}
