using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Btf;

/// <summary>
/// Checks split BTF against a base. Nothing in it says which base it was made against. But each of its names is an offset to the start of a string, of the
/// base's
/// or, past their end, of its own: with another base, most of them point into the middle of one.
/// </summary>
/// <param name="split">The split BTF, in its own byte order.</param>
/// <param name="baseFile">The file that the base is from, for errors.</param>
/// <param name="baseStrings">How many bytes of strings the base has.</param>
/// <param name="baseCount">How many types the base has.</param>
/// <param name="count">How many types there are, those of the base counted in.</param>
internal sealed class SplitBtf(Section split, string baseFile, uint baseStrings, uint baseCount, uint count)
{
    /// <summary>What a user can do where a base is missing or is another one.</summary>
    public const string BaseRemedy = "name the vmlinux that it was built with (--base FILE), or use --source dwarf if the module has DWARF";

    /// <summary>Whether a record refers to a type or a name of the split BTF itself by a number that counts on from the base's.</summary>
    public bool ContinuesBase { get; private set; }

    /// <summary>Checks the names and types that a record refers to.</summary>
    /// <param name="record">The record, of the split BTF.</param>
    /// <param name="details">What follows its struct btf_type.</param>
    /// <param name="own">The strings of the split BTF.</param>
    /// <param name="inherited">The strings of the base.</param>
    /// <exception cref="InvalidImageException">They are not those of the base.</exception>
    public void Check(in BtfRecord record, SectionReader details, ReadOnlySpan<byte> own, ReadOnlySpan<byte> inherited)
    {
        CheckName(record, record.NameOffset, own, inherited);
        CheckType(record, BtfReferences.IsOfType(record.Kind) ? record.SizeOrType : 0);
        for (uint word = 0; !details.IsAtEnd; word++)
        {
            uint value = details.ReadU32();
            switch (BtfReferences.Meaning(record.Kind, word))
            {
                case BtfWord.Name:
                    CheckName(record, value, own, inherited);
                    break;
                case BtfWord.Type:
                    CheckType(record, value);
                    break;
                default:
                    break;
            }
        }
    }

    private void CheckType(in BtfRecord record, uint type)
    {
        if (type > count)
        {
            throw split.Invalid(record.Offset, $"is split BTF of another kernel than {baseFile}: {record} refers to type {type} of {count}", BaseRemedy);
        }

        ContinuesBase |= type > baseCount;
    }

    private void CheckName(in BtfRecord record, uint name, ReadOnlySpan<byte> own, ReadOnlySpan<byte> inherited)
    {
        bool isStart = name < baseStrings ? name == 0 || inherited[(int)name - 1] == 0
            : name - baseStrings < own.Length && (name == baseStrings || own[(int)(name - baseStrings) - 1] == 0);
        if (!isStart)
        {
            throw split.Invalid(
                record.Offset, $"is split BTF of another kernel than {baseFile}: {record} has a name at 0x{name:x}, where no string starts", BaseRemedy);
        }

        ContinuesBase |= name >= baseStrings;
    }
}
