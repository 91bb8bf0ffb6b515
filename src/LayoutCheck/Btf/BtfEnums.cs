using System.Collections.Immutable;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Btf;

/// <summary>
/// The enumerations of BTF, found by a pass of their own over its records: most questions are about structs, and cost nothing for them.
/// </summary>
internal sealed class BtfEnums
{
    private const string NoSign = "BTF of before Linux 6.0 does not tell whether the value is signed";
    private const string Cut = "BTF of before Linux 6.0 keeps 32 bits of a value of 64";

    private readonly BtfIndex _index;
    private readonly List<(uint Id, uint Name)> _named = [];

    // pahole 1.24 marks signed enumerations, of which a kernel has some hundred, and writes ENUM64 for wide ones.
    private readonly bool _hasSigns;

    /// <summary>Finds the records of an index, those of its base included.</summary>
    public BtfEnums(BtfIndex index)
    {
        _index = index;
        for (uint id = 1; id <= index.Count; id++)
        {
            BtfRecord record = index.Record(id);
            if (record.Kind is BtfFormat.BTF_KIND_ENUM or BtfFormat.BTF_KIND_ENUM64)
            {
                _hasSigns |= record.KindFlag || record.Kind == BtfFormat.BTF_KIND_ENUM64;
                if (record.NameOffset != 0)
                {
                    _named.Add((id, record.NameOffset));
                }
            }
        }
    }

    /// <summary>The ENUM and ENUM64 records with a tag, by rising id.</summary>
    public List<BtfRecord> Find(string tag)
    {
        List<BtfRecord> found = [];
        foreach ((uint id, uint name) in _named)
        {
            BtfRecord record = _index.Record(id);
            if (_index.NameAt(name, record) == tag)
            {
                found.Add(record);
            }
        }

        return found;
    }

    /// <summary>The enumerators of a record: struct btf_enum (name_off, val) or btf_enum64 (name_off, val_lo32, val_hi32).</summary>
    /// <param name="record">An ENUM or ENUM64 record.</param>
    /// <param name="nameAt">Reads a name, and refuses one that is empty.</param>
    public ImmutableArray<Enumerator> Enumerators(in BtfRecord record, Func<uint, string> nameAt)
    {
        ImmutableArray<Enumerator>.Builder enumerators = ImmutableArray.CreateBuilder<Enumerator>((int)record.ElementCount);
        SectionReader reader = _index.ReadDetails(record);
        for (uint i = 0; i < record.ElementCount; i++)
        {
            string name = nameAt(reader.ReadU32());
            ulong value = reader.ReadU32();
            if (record.Kind == BtfFormat.BTF_KIND_ENUM64)
            {
                value |= (ulong)reader.ReadU32() << 32;
                enumerators.Add(new Enumerator(name, record.KindFlag ? (long)value : value));
            }
            else
            {
                enumerators.Add(Narrow(record, name, (uint)value));
            }
        }

        return enumerators.MoveToImmutable();
    }

    private Enumerator Narrow(in BtfRecord record, string name, uint value)
    {
        if (record.SizeOrType > sizeof(uint))
        {
            return new Enumerator(name, value, Cut);
        }

        // A value that an unsigned type of this size cannot have has a sign, whether it is marked or not.
        bool isSigned = record.KindFlag || (record.SizeOrType < sizeof(uint) && value >> (int)(record.SizeOrType * 8) != 0);
        return isSigned ? new Enumerator(name, (int)value)
            : value <= int.MaxValue || _hasSigns ? new Enumerator(name, value)
            : new Enumerator(name, (int)value, NoSign, value);
    }
}
