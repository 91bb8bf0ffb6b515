using System.Collections.Immutable;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>Enumerations. Their enumerators are read where the enumeration itself was asked for.</summary>
internal sealed partial class DwarfGraphBuilder
{
    // The memory of an enumerator while it is built, in bytes: its DIE, its name, and lists that grow.
    private const ulong EnumeratorSize = 256;

    private EnumType Enumeration(Die die, DieDecoder decoder, bool byValue)
    {
        BaseEncoding encoding = DieValues.Encoding(die);
        ulong? size = DieValues.ByteSize(die);
        if (die[DwAt.DW_AT_type].Class != ValueClass.Absent)
        {
            TypeId underlying = _graph.Strip(Target(die, decoder, byValue: true));
            if (underlying == TypeId.Void || _graph[underlying] is not BaseType type)
            {
                throw die.Invalid("an enumeration whose DW_AT_type is no integer");
            }

            encoding = type.Encoding;
            size ??= type.ByteSize;
        }

        if (size is null && die[DwAt.DW_AT_declaration].Class == ValueClass.Absent)
        {
            throw die.Invalid($"{DieValues.TagName(die.Tag)} has no {DwAt.DW_AT_byte_size}, and is no declaration");
        }

        EnumType enumeration = new(Name(die, decoder), size ?? 0, encoding is BaseEncoding.Signed or BaseEncoding.SignedChar);
        return _isEnumWanted && byValue ? enumeration with { Enumerators = Enumerators(die, decoder, enumeration) } : enumeration;
    }

    // Null for a declaration.
    private ImmutableArray<Enumerator>? Enumerators(Die die, DieDecoder decoder, EnumType enumeration)
    {
        ImmutableArray<Enumerator>.Builder enumerators = ImmutableArray.CreateBuilder<Enumerator>();
        foreach (Die child in decoder.Children(die))
        {
            switch (child.Tag)
            {
                case DwTag.DW_TAG_enumerator when enumerators.Count == TypeGraphBuilder.MostMembers:
                    throw die.Invalid($"{DieValues.TagName(die.Tag)}: more than {TypeGraphBuilder.MostMembers} enumerators");
                case DwTag.DW_TAG_enumerator:
                    string name = Name(child, decoder) ?? throw child.Invalid("an enumerator has no DW_AT_name");
                    enumerators.Add(new Enumerator(name, EnumeratorValue(child, enumeration)));
                    break;
                case DwTag.DW_TAG_LLVM_annotation or DwTag.DW_TAG_GNU_annotation:
                    break;
                default:
                    // It may be a damaged enumerator: without it a rule about it would not apply.
                    throw child.Invalid($"{DieValues.TagName(child.Tag)} in an enumeration, which C has not there");
            }
        }

        decoder.Sections.Info.File.Budget.Take(decoder.Sections.Info, (ulong)(enumerators.Count + 1) * EnumeratorSize);
        AttributeValue declaration = die[DwAt.DW_AT_declaration];
        bool isDeclaration = declaration.Class is not (ValueClass.Absent or ValueClass.Flag)
            ? throw die.Invalid($"DW_AT_declaration has {declaration.Form}, which is not a flag")
            : declaration.Value != 0;
        return (isDeclaration, enumerators.Count) switch
        {
            (true, 0) => null,
            (true, _) => throw die.Invalid("a declaration of an enumeration, with enumerators"),
            (false, 0) => throw die.Section.Contradictory(die.Offset, "an enumeration that is no declaration has no enumerators"),
            _ => enumerators.ToImmutable(),
        };
    }

    // Compilers write a value below zero with a sign (DW_FORM_sdata, DW_FORM_implicit_const) and any other without. Of a producer that writes the bits of a
    // negative one into a form without a sign, the type's own sign tells: no signed type of that size has the value.
    private static Int128 EnumeratorValue(Die die, EnumType enumeration)
    {
        AttributeValue value = die[DwAt.DW_AT_const_value];
        bool hasSign = value.Form is DwForm.DW_FORM_sdata or DwForm.DW_FORM_implicit_const;
        Int128 number = value.Class switch
        {
            ValueClass.Constant => hasSign ? (long)value.Value : value.Value,
            ValueClass.Block when value.ByteLength is > 0 and <= 16 => NumberIn(die, value),
            ValueClass.Absent => throw die.Invalid("an enumerator has no DW_AT_const_value"),
            _ => throw die.Invalid($"DW_AT_const_value has {value.Form}, which is not a constant"),
        };
        int bits = (int)Math.Min(enumeration.ByteSize, sizeof(ulong)) * 8;
        bool isWrapped = enumeration.IsSigned && bits > 0 && number >= Int128.One << (bits - 1) && number < Int128.One << bits;
        // A form with a sign has room for 64 bits, and an unsigned value of all 64 looks negative in it.
        bool isUnsigned = hasSign && !enumeration.IsSigned && value.Form == DwForm.DW_FORM_implicit_const && bits == 64 && number < 0;
        return isWrapped ? number - (Int128.One << bits) : isUnsigned ? number + (Int128.One << 64) : number;
    }

    private static Int128 NumberIn(Die die, AttributeValue block)
    {
        SectionReader reader = die.Section.ReadRange(block.Value, block.Value + block.ByteLength);
        UInt128 number = 0;
        for (int i = 0; i < (int)block.ByteLength; i++)
        {
            UInt128 next = reader.ReadU8();
            number = die.Section.IsBigEndian ? (number << 8) | next : number | (next << (i * 8));
        }

        // The sign of a wide number is its highest bit.
        bool isNegative = block.ByteLength == 16 && number >> 127 != 0;
        return isNegative ? (Int128)number : number > ulong.MaxValue
            ? throw die.Invalid("an enumerator has a value of more than 64 bits")
            : (Int128)number;
    }
}
