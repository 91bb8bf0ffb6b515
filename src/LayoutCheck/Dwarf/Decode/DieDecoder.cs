using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>What sort of value an attribute has (DWARF 5 §7.5.5).</summary>
internal enum ValueClass
{
    Absent,
    Constant,
    Flag,
    Reference,
    String,
    Block,
    Address,
    SectionOffset,
}

/// <summary>The value of one attribute.</summary>
/// <param name="Attribute">Which attribute.</param>
/// <param name="Form">How it was encoded; never DW_FORM_indirect, which is resolved.</param>
/// <param name="Class">What sort of value it is.</param>
/// <param name="Value">
/// A constant (sign-extended for signed forms), a flag, an address or an offset. References are offsets from the start of .debug_info.
/// For strings and blocks: where the bytes start in their section.
/// </param>
/// <param name="ByteLength">The length of a block in bytes.</param>
internal readonly record struct AttributeValue(DwAt Attribute, DwForm Form, ValueClass Class, ulong Value, ulong ByteLength = 0);

/// <summary>A debugging information entry with all its attributes; offsets from the start of .debug_info.</summary>
internal sealed record Die(Section Section, ulong Offset, DwTag Tag, bool HasChildren, AttributeValue[] Attributes, ulong End)
{
    /// <summary>The error to throw for a problem with it.</summary>
    public InvalidImageException Invalid(string problem, string? remedy = null) => Section.Invalid(Offset, problem, remedy);

    /// <summary>The attribute, with <see cref="ValueClass.Absent"/> when the DIE has none of that kind.</summary>
    public AttributeValue this[DwAt attribute]
    {
        get
        {
            foreach (AttributeValue value in Attributes)
            {
                if (value.Attribute == attribute)
                {
                    return value;
                }
            }

            return default;
        }
    }
}

/// <summary>
/// Reads any attribute of any DIE of a unit, one plain step at a time. This is the specification that the fast scanner is tested against
/// (<c>ScannerDecoderAgreementTests</c>), and what types are built with once the scanner has found them.
/// </summary>
internal sealed class DieDecoder
{
    private readonly DwarfSections _sections;
    private readonly AbbrevTable _abbrevs;
    private ulong? _strOffsetsBase;
    private SourceFiles? _sourceFiles;
    private HashSet<ulong>? _memberless;

    public DieDecoder(DwarfSections sections)
    {
        _sections = sections;
        _abbrevs = new AbbrevTable(sections.Abbrev);
    }

    /// <summary>What is read.</summary>
    public DwarfSections Sections => _sections;

    /// <summary>The unit whose DIEs are read.</summary>
    public UnitHeader Unit { get; private set; }

    /// <summary>The source files of the unit; read when first asked for.</summary>
    public SourceFiles SourceFiles => _sourceFiles ??= ReadSourceFiles();

    /// <summary>Turns to another unit.</summary>
    /// <exception cref="InvalidImageException">Its abbreviations are damaged.</exception>
    public void Open(in UnitHeader unit)
    {
        Unit = unit;
        _strOffsetsBase = null;
        _sourceFiles = null;
        _memberless = null;
        _abbrevs.Load(unit);
        _abbrevs.RequireOneOfEach();
    }

    /// <summary>The DIE at an offset of .debug_info, or null for the null entry that ends a list of children.</summary>
    /// <param name="offset">Bytes from the start of .debug_info.</param>
    /// <param name="end">Where the entry's own bytes end.</param>
    /// <exception cref="InvalidImageException">The DIE is damaged or uses a form that is not known.</exception>
    public Die? Read(ulong offset, out ulong end)
    {
        Section info = _sections.Info;
        if (offset < Unit.FirstDie || offset >= Unit.End)
        {
            throw info.Invalid(offset, $"no DIE of the unit at 0x{Unit.Offset:x} can be here");
        }

        SectionReader reader = info.ReadRange(offset, Unit.End);
        ulong code = reader.ReadUleb();
        end = reader.Offset;
        if (code == 0)
        {
            return null;
        }

        Abbrev abbrev = _abbrevs.Get(code, info, offset);
        AttributeValue[] attributes = new AttributeValue[abbrev.Specs.Length];
        for (int i = 0; i < attributes.Length; i++)
        {
            AttributeSpec spec = abbrev.Specs[i];
            attributes[i] = ReadValue(ref reader, spec.Attribute, spec.Form, spec.ImplicitConst);
        }

        end = reader.Offset;
        return new Die(info, offset, abbrev.Tag, abbrev.HasChildren, attributes, end);
    }

    /// <summary>The DIE that follows one and all of its children.</summary>
    /// <exception cref="InvalidImageException">DW_AT_sibling says otherwise, or a DIE on the way is damaged.</exception>
    public ulong Next(Die die)
    {
        // DW_AT_sibling is a hint that many producers leave out, so that the slow path does not go by it.
        ulong at = die.End;
        for (int depth = die.HasChildren ? 1 : 0; depth > 0;)
        {
            Die? child = Read(at, out at);
            depth += child is null ? -1 : child.HasChildren ? 1 : 0;
        }

        // Another attribute may have become it, a name for one.
        AttributeValue sibling = die[DwAt.DW_AT_sibling];
        return sibling.Class is not (ValueClass.Absent or ValueClass.Reference) ? throw die.Invalid($"DW_AT_sibling has {sibling.Form}, which is not a reference")
            : sibling.Class == ValueClass.Reference && sibling.Value != at
                ? throw die.Invalid($"DW_AT_sibling points to 0x{sibling.Value:x}, and the DIE and what is below it end at 0x{at:x}")
            : at;
    }

    /// <summary>The children of a DIE, in order.</summary>
    /// <exception cref="InvalidImageException">One of them is damaged, or there must be some and are none.</exception>
    public IEnumerable<Die> Children(Die parent)
    {
        if (!parent.HasChildren)
        {
            RefuseIfOrphaning(parent);
            yield break;
        }

        ulong at = parent.End;
        while (Read(at, out _) is { } child)
        {
            yield return child;
            at = Next(child);
        }
    }

    // A damaged abbreviation may say that there are no children. They follow all the same, and DW_AT_sibling steps over them. A struct of unnamed
    // bit-fields has a size and no members, and clang declares it among the members of the struct that it is in.
    private void RefuseIfOrphaning(Die parent)
    {
        ulong next = Next(parent);
        if (parent.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type && parent[DwAt.DW_AT_byte_size] is { Class: ValueClass.Constant, Value: > 0 }
            && next < Unit.End && Read(next, out _) is { Tag: DwTag.DW_TAG_member } member && !(_memberless ??= FindMemberless()).Contains(parent.Offset))
        {
            throw member.Invalid($"a member follows the struct or union at 0x{parent.Offset:x}, which has a size and is said to have no children");
        }
    }

    // The structs and unions without children among the members of others; none when the unit's DIEs do not come out even. Were children missed,
    // the null entry that ends them would end what they are in: members would follow outside of structs, or bytes behind the last null entry.
    private HashSet<ulong> FindMemberless()
    {
        HashSet<ulong> found = [];
        Stack<bool> isInAggregate = new();
        ulong at = Unit.FirstDie;
        do
        {
            ulong offset = at;
            if (Read(offset, out at) is not { } die)
            {
                if (!isInAggregate.TryPop(out _))
                {
                    return [];
                }

                continue;
            }

            bool isAggregate = die.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type;
            bool isAmongMembers = isInAggregate.TryPeek(out bool isIn) && isIn;
            if (die.Tag == DwTag.DW_TAG_member && !isAmongMembers)
            {
                return [];
            }

            if (die.HasChildren)
            {
                isInAggregate.Push(isAggregate);
            }
            else if (isAggregate && isAmongMembers)
            {
                found.Add(offset);
            }
        }
        while (isInAggregate.Count > 0 && at < Unit.End);
        return isInAggregate.Count == 0 && at == Unit.End ? found : [];
    }

    /// <summary>The text of a string attribute, or null when it is absent.</summary>
    /// <exception cref="InvalidImageException">The string is in a file that we do not have, or is not where it is said to be.</exception>
    public string? Text(AttributeValue value)
    {
        if (value.Class == ValueClass.Absent)
        {
            return null;
        }

        if (value.Class != ValueClass.String)
        {
            throw _sections.Info.Invalid(Unit.Offset, $"{value.Attribute} has {value.Form}, which is not a string");
        }

        return Encoding.UTF8.GetString(StringBytes(value));
    }

    private ReadOnlySpan<byte> StringBytes(AttributeValue value)
    {
        switch (value.Form)
        {
            case DwForm.DW_FORM_string:
                return _sections.Info.StringAt(value.Value);
            case DwForm.DW_FORM_strp:
                return _sections.Require(_sections.Str, ".debug_str").StringAt(value.Value);
            case DwForm.DW_FORM_line_strp:
                return _sections.Require(_sections.LineStr, ".debug_line_str").StringAt(value.Value);
            case DwForm.DW_FORM_strx:
            case DwForm.DW_FORM_strx1:
            case DwForm.DW_FORM_strx2:
            case DwForm.DW_FORM_strx3:
            case DwForm.DW_FORM_strx4:
            case DwForm.DW_FORM_GNU_str_index:
                return _sections.Require(_sections.Str, ".debug_str").StringAt(_sections.StringOffset(value.Value, StrOffsetsBase(), Unit.OffsetSize));
            default:
                return _sections.SupplementaryString(value.Value, Unit.Offset, value.Form);
        }
    }

    // A split unit counts its files in the table of its skeleton (DWARF 5 §3.1.3), but for type units, which have one in their own file.
    private SourceFiles ReadSourceFiles()
    {
        UnitRoot root = UnitRoot.Read(_sections, _sections.Info, _abbrevs, Unit);
        if (root.LineOffset is not null || _sections.SkeletonOf(Unit) is not var (image, skeleton))
        {
            return SourceFiles.Of(_sections, Unit, root);
        }

        AbbrevTable abbrevs = new(image.Abbrev);
        abbrevs.Load(skeleton);
        return SourceFiles.Of(image, skeleton, UnitRoot.Read(image, image.Info, abbrevs, skeleton));
    }

    // DW_AT_str_offsets_base is on the unit's own DIE (DWARF 5 §7.26), perhaps after the attributes that use it.
    private ulong StrOffsetsBase()
    {
        if (_strOffsetsBase is not { } known)
        {
            AttributeValue value = Read(Unit.FirstDie, out _) is { } root ? root[DwAt.DW_AT_str_offsets_base] : default;
            known = value.Class == ValueClass.SectionOffset
                ? value.Value
                : _sections.ImpliedStrOffsetsBase(Unit) is not UnitRoot.NoBase and var implied ? implied
                : throw _sections.Info.Invalid(Unit.Offset, "a string is given by index, and the unit has no DW_AT_str_offsets_base");
            _strOffsetsBase = known;
        }

        return known;
    }

    private AttributeValue ReadValue(ref SectionReader reader, DwAt attribute, DwForm form, long implicitConst)
    {
        while (form == DwForm.DW_FORM_indirect)
        {
            form = AttributeForms.ReadIndirect(ref reader, _sections.Info);
        }

        AttributeValue Of(ValueClass valueClass, ulong value) => new(attribute, form, valueClass, value);
        switch (form)
        {
            case DwForm.DW_FORM_implicit_const:
                return Of(ValueClass.Constant, (ulong)implicitConst);
            case DwForm.DW_FORM_data1:
                return Of(ValueClass.Constant, reader.ReadU8());
            case DwForm.DW_FORM_data2:
                return Of(ValueClass.Constant, reader.ReadU16());
            case DwForm.DW_FORM_data4:
                return Of(ValueClass.Constant, reader.ReadU32());
            case DwForm.DW_FORM_data8:
                return Of(ValueClass.Constant, reader.ReadU64());
            case DwForm.DW_FORM_udata:
                return Of(ValueClass.Constant, reader.ReadUleb());
            case DwForm.DW_FORM_sdata:
                return Of(ValueClass.Constant, (ulong)reader.ReadSleb());
            case DwForm.DW_FORM_flag:
                return Of(ValueClass.Flag, reader.ReadU8());
            case DwForm.DW_FORM_flag_present:
                return Of(ValueClass.Flag, 1);
            case DwForm.DW_FORM_addr:
                return Of(ValueClass.Address, reader.ReadUnsigned(Unit.AddressSize));
            case DwForm.DW_FORM_sec_offset:
                return Of(ValueClass.SectionOffset, reader.ReadUnsigned(Unit.OffsetSize));
            case DwForm.DW_FORM_strp:
            case DwForm.DW_FORM_line_strp:
            case DwForm.DW_FORM_strp_sup:
            case DwForm.DW_FORM_GNU_strp_alt:
                return Of(ValueClass.String, reader.ReadUnsigned(Unit.OffsetSize));
            case DwForm.DW_FORM_strx:
            case DwForm.DW_FORM_GNU_str_index:
                return Of(ValueClass.String, reader.ReadUleb());
            case DwForm.DW_FORM_strx1:
                return Of(ValueClass.String, reader.ReadU8());
            case DwForm.DW_FORM_strx2:
                return Of(ValueClass.String, reader.ReadU16());
            case DwForm.DW_FORM_strx3:
                return Of(ValueClass.String, reader.ReadU24());
            case DwForm.DW_FORM_strx4:
                return Of(ValueClass.String, reader.ReadU32());
            case DwForm.DW_FORM_string:
                ulong start = reader.Offset;
                reader.ReadString();
                return Of(ValueClass.String, start);
            case DwForm.DW_FORM_ref1:
                return Of(ValueClass.Reference, Unit.Offset + reader.ReadU8());
            case DwForm.DW_FORM_ref2:
                return Of(ValueClass.Reference, Unit.Offset + reader.ReadU16());
            case DwForm.DW_FORM_ref4:
                return Of(ValueClass.Reference, Unit.Offset + reader.ReadU32());
            case DwForm.DW_FORM_ref8:
                return Of(ValueClass.Reference, Unit.Offset + reader.ReadU64());
            case DwForm.DW_FORM_ref_udata:
                return Of(ValueClass.Reference, Unit.Offset + reader.ReadUleb());
            case DwForm.DW_FORM_ref_addr:
                return Of(ValueClass.Reference, reader.ReadUnsigned(AttributeForms.FixedSize(form, Unit)));
            case DwForm.DW_FORM_ref_sig8:
            case DwForm.DW_FORM_ref_sup8:
                return Of(ValueClass.Reference, reader.ReadU64());
            case DwForm.DW_FORM_ref_sup4:
                return Of(ValueClass.Reference, reader.ReadU32());
            case DwForm.DW_FORM_GNU_ref_alt:
                return Of(ValueClass.Reference, reader.ReadUnsigned(Unit.OffsetSize));
            case DwForm.DW_FORM_block1:
                return Block(ref reader, attribute, form, reader.ReadU8());
            case DwForm.DW_FORM_block2:
                return Block(ref reader, attribute, form, reader.ReadU16());
            case DwForm.DW_FORM_block4:
                return Block(ref reader, attribute, form, reader.ReadU32());
            case DwForm.DW_FORM_block:
            case DwForm.DW_FORM_exprloc:
                return Block(ref reader, attribute, form, reader.ReadUleb());
            case DwForm.DW_FORM_data16:
                return Block(ref reader, attribute, form, 16);
            default:
                // Addresses by index and lists by index: nothing that a layout depends on, but their length must be known.
                ulong at = reader.Offset;
                AttributeForms.Skip(ref reader, form, Unit, _sections.Info);
                return Of(ValueClass.Address, at);
        }
    }

    private static AttributeValue Block(ref SectionReader reader, DwAt attribute, DwForm form, ulong length)
    {
        ulong start = reader.Offset;
        reader.Skip(length);
        return new AttributeValue(attribute, form, ValueClass.Block, start, length);
    }
}
