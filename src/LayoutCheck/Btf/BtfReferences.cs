using LayoutCheck.IO;

namespace LayoutCheck.Btf;

/// <summary>The meaning of a 32-bit word behind a struct btf_type.</summary>
internal enum BtfWord
{
    /// <summary>A number: a size, an offset, a value.</summary>
    Number,

    /// <summary>An offset into the strings.</summary>
    Name,

    /// <summary>A type id.</summary>
    Type,
}

/// <summary>Which words of a record are type ids and names (Documentation/bpf/btf.rst, "2.2 Type Encoding").</summary>
internal static class BtfReferences
{
    /// <summary>Whether a kind has a type id in the word that other kinds have their size in.</summary>
    public static bool IsOfType(uint kind)
        => kind is BtfFormat.BTF_KIND_PTR or BtfFormat.BTF_KIND_TYPEDEF or BtfFormat.BTF_KIND_VOLATILE or BtfFormat.BTF_KIND_CONST
        or BtfFormat.BTF_KIND_RESTRICT or BtfFormat.BTF_KIND_FUNC or BtfFormat.BTF_KIND_FUNC_PROTO or BtfFormat.BTF_KIND_VAR
        or BtfFormat.BTF_KIND_DECL_TAG or BtfFormat.BTF_KIND_TYPE_TAG;

    /// <summary>The meaning of a word among those that follow the struct btf_type.</summary>
    /// <param name="kind">The record's kind.</param>
    /// <param name="index">Which word, from 0.</param>
    public static BtfWord Meaning(uint kind, uint index) => (kind, index) switch
    {
        (BtfFormat.BTF_KIND_ARRAY, 0 or 1) => BtfWord.Type,
        (BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION or BtfFormat.BTF_KIND_ENUM64, _) when index % 3 == 0 => BtfWord.Name,
        (BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION, _) when index % 3 == 1 => BtfWord.Type,
        (BtfFormat.BTF_KIND_ENUM or BtfFormat.BTF_KIND_FUNC_PROTO, _) when index % 2 == 0 => BtfWord.Name,
        (BtfFormat.BTF_KIND_FUNC_PROTO, _) => BtfWord.Type,
        (BtfFormat.BTF_KIND_DATASEC, _) when index % 3 == 0 => BtfWord.Type,
        _ => BtfWord.Number,
    };

    /// <summary>
    /// Whether BTF refers to types or names outside of itself, as only the split BTF of a module does: its ids and names count on from those of
    /// a base. Where the records cannot be walked to their end, the records up to there decide.
    /// </summary>
    /// <param name="types">The type section.</param>
    /// <param name="stringsLength">How many bytes of strings there are.</param>
    public static bool LeadOutside(Section types, uint stringsLength)
    {
        SectionReader reader = types.ReadFrom(0);
        uint count = 0;
        uint largestType = 0;
        while (reader.Remaining >= BtfFormat.RecordSize)
        {
            count++;
            uint name = reader.ReadU32();
            uint info = reader.ReadU32();
            uint sizeOrType = reader.ReadU32();
            uint kind = BtfRecord.KindOf(info);
            int infoSize = BtfFormat.InfoSize(kind);
            ulong details = (ulong)Math.Max(infoSize, 0) + ((ulong)BtfFormat.ElementSize(kind) * BtfRecord.ElementCountOf(info));
            if (name >= stringsLength && name != 0)
            {
                return true;
            }

            if (infoSize < 0 || details > reader.Remaining)
            {
                return false;
            }

            largestType = IsOfType(kind) ? Math.Max(largestType, sizeOrType) : largestType;
            for (uint i = 0; i < details / 4; i++)
            {
                uint word = reader.ReadU32();
                switch (Meaning(kind, i))
                {
                    case BtfWord.Name when word >= stringsLength && word != 0:
                        return true;
                    case BtfWord.Type:
                        largestType = Math.Max(largestType, word);
                        break;
                    default:
                        break;
                }
            }
        }

        return largestType > count;
    }
}
