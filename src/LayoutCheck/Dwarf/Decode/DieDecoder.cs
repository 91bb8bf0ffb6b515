using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>
/// Reads any attribute of any DIE of a unit. It is the specification that the scanner is tested against (<c>ScannerDecoderAgreementTests</c>), and the
/// graph builder reads the types through it that the scanner has found.
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

    /// <summary>The sections that are read.</summary>
    public DwarfSections Sections => _sections;

    /// <summary>The unit whose DIEs are read.</summary>
    public UnitHeader Unit { get; private set; }

    /// <summary>The source files of the unit, read on first use.</summary>
    public SourceFiles SourceFiles => _sourceFiles ??= ReadSourceFiles();

    /// <summary>Moves to another unit.</summary>
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
    /// <param name="end">The end of the DIE's own bytes.</param>
    /// <exception cref="InvalidImageException">The DIE is damaged or has an unknown form.</exception>
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

    /// <summary>The offset behind a DIE and all of its children.</summary>
    /// <exception cref="InvalidImageException">DW_AT_sibling has another one, or a DIE on the way is damaged.</exception>
    public ulong Next(Die die)
    {
        // DW_AT_sibling is optional, so that the slow path only compares it.
        ulong at = die.End;
        for (int depth = die.HasChildren ? 1 : 0; depth > 0;)
        {
            Die? child = Read(at, out at);
            depth += child is null ? -1 : child.HasChildren ? 1 : 0;
        }

        // Damage may turn another attribute into it.
        AttributeValue sibling = die[DwAt.DW_AT_sibling];
        return sibling.Class is not (ValueClass.Absent or ValueClass.Reference)
                ? throw die.Invalid($"DW_AT_sibling has {sibling.Form}, which is not a reference")
            : sibling.Class == ValueClass.Reference && sibling.Value != at
                ? throw die.Invalid($"DW_AT_sibling points to 0x{sibling.Value:x}, and the DIE and what is below it end at 0x{at:x}")
            : at;
    }

    /// <summary>The children of a DIE, in order.</summary>
    /// <exception cref="InvalidImageException">One of them is damaged, or children are missing.</exception>
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

    // With a damaged DW_CHILDREN the children of a struct follow it as siblings, and DW_AT_sibling steps over them. A struct of unnamed bit-fields is no
    // such damage: it has a size and no members, and clang declares it among the members of the outer struct.
    private void RefuseIfOrphaning(Die parent)
    {
        ulong next = Next(parent);
        if (parent.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type && parent[DwAt.DW_AT_byte_size] is { Class: ValueClass.Constant, Value: > 0 }
            && next < Unit.End && Read(next, out _) is { Tag: DwTag.DW_TAG_member } member && !(_memberless ??= FindMemberless()).Contains(parent.Offset))
        {
            throw member.Invalid($"a member follows the struct or union at 0x{parent.Offset:x}, which has a size and is said to have no children");
        }
    }

    // The structs and unions without children among the members of others; none if the unit's null entries do not balance. If children were missed, their
    // null entry would end the outer DIE: members would follow outside of structs, or bytes behind the last null entry.
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

    /// <summary>The text of a string attribute, or null if it is absent.</summary>
    /// <exception cref="InvalidImageException">The string is in a file that is missing, or lies outside of its section.</exception>
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

        ulong strOffsetsBase = StringForms.HomeOf(value.Form) == StringHome.StrIndex ? StrOffsetsBase() : DwarfSections.NoStrOffsetsBase;
        return Encoding.UTF8.GetString(new UnitStrings(_sections, _sections.Info, Unit, strOffsetsBase).Bytes(value.Form, value.Value, Unit.Offset));
    }

    // The file numbers of a split unit refer to the table of its skeleton (DWARF 5 §3.1.3); a split type unit has a table in its own file.
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

    // DW_AT_str_offsets_base is on the root DIE (DWARF 5 §7.26), perhaps after the attributes that need it.
    private ulong StrOffsetsBase()
    {
        if (_strOffsetsBase is not { } known)
        {
            AttributeValue value = Read(Unit.FirstDie, out _) is { } root ? root[DwAt.DW_AT_str_offsets_base] : default;
            known = value.Class == ValueClass.SectionOffset
                ? value.Value
                : _sections.ImpliedStrOffsetsBase(Unit) is not DwarfSections.NoStrOffsetsBase and var implied ? implied
                : throw UnitStrings.NoTable(_sections.Info, Unit);
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

        if (StringForms.HomeOf(form) != StringHome.None)
        {
            return new AttributeValue(attribute, form, ValueClass.String, StringForms.ReadValue(ref reader, form, Unit));
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
                // Addresses and lists by index: no layout depends on their values, only on their lengths.
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
