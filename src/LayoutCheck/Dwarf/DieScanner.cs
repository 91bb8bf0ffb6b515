using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using LayoutCheck.Elf;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf;

/// <summary>A definition or declaration that a scan met.</summary>
/// <param name="Request">Which of the wanted names it answers.</param>
/// <param name="DieOffset">Where it is, in bytes from the start of .debug_info.</param>
/// <param name="Tag">DW_TAG_structure_type, DW_TAG_union_type or DW_TAG_typedef.</param>
/// <param name="DeclarationForm">The form of DW_AT_declaration; 0 when it has none.</param>
internal readonly record struct ScanHit(int Request, ulong DieOffset, DwTag Tag, DwForm DeclarationForm)
{
    /// <summary>Whether it is certainly no definition. With DW_FORM_flag it may yet be one: the value is not looked at here.</summary>
    public bool IsDeclaration => DeclarationForm == DwForm.DW_FORM_flag_present;
}

/// <summary>
/// Walks the top-level DIEs of one unit after another and stops at those with a wanted name. Hot: it meets millions of DIEs where the
/// decoder meets hundreds. It is fast because it reads nothing but what leads on: a fixed-size DIE is one addition, a struct's body is one
/// jump along DW_AT_sibling, a name is one integer compared; and because it leaves a unit as soon as all names were found, which C
/// allows, as a tag has one definition a translation unit. <see cref="DieDecoder"/> is its specification. Guarded by ScanBenchmark.
/// One scanner serves one thread.
/// </summary>
internal sealed unsafe class DieScanner
{
    private readonly DwarfSections _sections;
    private readonly WantedNames _wanted;
    private readonly AbbrevTable _abbrevs;
    private readonly bool[] _isFound;
    private readonly Queue<ScanHit> _pending = new();
    private int _missing;
    private UnitHeader _unit;
    private ulong _next;
    private ulong _strOffsetsBase;

    public DieScanner(DwarfSections sections, WantedNames wanted)
    {
        _sections = sections;
        _wanted = wanted;
        _abbrevs = new AbbrevTable(sections.Abbrev);
        _isFound = new bool[wanted.Requests.Length];
    }

    /// <summary>The abbreviations of the unit that is open.</summary>
    public AbbrevTable Abbrevs => _abbrevs;

    /// <summary>Turns to a unit: reads its own DIE, and is ready to walk what is below it.</summary>
    public UnitRoot Open(in UnitHeader unit)
    {
        _unit = unit;
        _abbrevs.Load(unit);
        Array.Clear(_isFound);
        _pending.Clear();
        _missing = _isFound.Length;
        UnitRoot root = UnitRoot.Read(_sections, _abbrevs, unit);
        _next = root.HasChildren ? root.End : unit.End;
        _strOffsetsBase = root.StrOffsetsBase;
        return root;
    }

    /// <summary>A request of this unit needs no further answer.</summary>
    public void MarkFound(int request)
    {
        if (!_isFound[request])
        {
            _isFound[request] = true;
            _missing--;
        }
    }

    /// <summary>Goes on to the next DIE that has a wanted name; false at the end of the unit, or when all requests are found.</summary>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged or uses what is not known.</exception>
    public bool Next(out ScanHit hit)
    {
        if (_pending.Count == 0 && _missing > 0)
        {
            Walk();
        }

        return _pending.TryDequeue(out hit);
    }

    /// <summary>Adds the names of all structs and unions that the unit defines, by tag: walks it to its end.</summary>
    public void CollectNames(HashSet<(DwTag Tag, ulong StringOffset)> inSection, HashSet<(DwTag Tag, string Name)> inPlace)
    {
        Section info = _sections.Info;
        SectionReader reader = info.ReadRange(_next, _unit.End);
        while (!reader.IsAtEnd)
        {
            ulong die = reader.Offset;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                break;
            }

            ref readonly Abbrev abbrev = ref _abbrevs.Get(code, info, die);
            ulong attributes = reader.Offset;
            if (abbrev.NameForm != 0 && abbrev.DeclarationForm == 0 && abbrev.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type)
            {
                SeekName(ref reader, abbrev);
                if (abbrev.NameForm == DwForm.DW_FORM_string)
                {
                    inPlace.Add((abbrev.Tag, Encoding.UTF8.GetString(reader.ReadString())));
                }
                else
                {
                    inSection.Add((abbrev.Tag, StringOffset(ref reader, abbrev.NameForm)));
                }

                reader.Seek(attributes);
            }

            StepOver(ref reader, abbrev, die);
        }
    }

    // Walks until something was found, and leaves the place to go on from in _next. The common DIEs are stepped over here, with one
    // bounds check each; the others go the long way, through StepOver.
    private void Walk()
    {
        Section info = _sections.Info;
        byte* start = info.Start;
        byte* unit = start + _unit.Offset;
        byte* end = start + _unit.End;
        byte* at = start + _next;
        bool swap = info.IsBigEndian == BitConverter.IsLittleEndian;
        while (at < end)
        {
            byte* die = at;
            ulong code = *at;
            if (code < 0x80)
            {
                at++;
            }
            else
            {
                at = LongCode(at, end, out code);
            }

            if (code == 0)
            {
                at = end;
                break;
            }

            ref readonly Abbrev abbrev = ref _abbrevs.Get(code, info, (ulong)(die - start));
            byte* next;
            if (abbrev.FixedSize >= 0 && abbrev.FixedSize <= end - at && (!abbrev.HasChildren || abbrev.SiblingAt >= 0))
            {
                next = at + abbrev.FixedSize;
                if (abbrev.HasChildren)
                {
                    uint sibling = Unsafe.ReadUnaligned<uint>(at + abbrev.SiblingAt);
                    sibling = swap ? BinaryPrimitives.ReverseEndianness(sibling) : sibling;
                    // Backwards would be a circle; forwards only, the walk always ends.
                    if (sibling < next - unit || sibling > end - unit)
                    {
                        throw BadSibling((ulong)(die - start), sibling);
                    }

                    next = unit + sibling;
                }
            }
            else
            {
                SectionReader reader = info.ReadRange((ulong)(at - start), _unit.End);
                StepOver(ref reader, abbrev, (ulong)(die - start));
                next = start + reader.Offset;
            }

            bool isWanted = abbrev.NameForm != 0
                && (abbrev.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type || (_wanted.WantsTypedefs && abbrev.Tag == DwTag.DW_TAG_typedef));
            if (isWanted)
            {
                int name = NameAt(at, end, abbrev);
                if (name >= 0 && Report(new ScanHit(name, (ulong)(die - start), abbrev.Tag, abbrev.DeclarationForm)))
                {
                    at = next;
                    break;
                }
            }

            at = next;
        }

        _next = (ulong)(at - start);
    }

    // The abbreviation may move while a name is read, but never while a common one is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int NameAt(byte* attributes, byte* end, in Abbrev abbrev)
    {
        if (abbrev.NameForm == DwForm.DW_FORM_strp && abbrev.NameAt >= 0 && !_unit.Is64Bit && end - attributes >= abbrev.NameAt + 4)
        {
            uint offset = Unsafe.ReadUnaligned<uint>(attributes + abbrev.NameAt);
            return _wanted.AtStringOffset(_sections.Info.IsBigEndian == BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(offset) : offset);
        }

        SectionReader reader = _sections.Info.ReadRange((ulong)(attributes - _sections.Info.Start), _unit.End);
        return NameOf(ref reader, abbrev);
    }

    private byte* LongCode(byte* at, byte* end, out ulong code)
    {
        SectionReader reader = new(_sections.Info, at, end);
        code = reader.ReadUleb();
        return _sections.Info.Start + reader.Offset;
    }

    private bool Report(ScanHit hit)
    {
        foreach (int request in _wanted.RequestsByName[hit.Request])
        {
            bool answers = _wanted.Requests[request].Kind switch
            {
                TypeNameKind.Struct => hit.Tag == DwTag.DW_TAG_structure_type,
                TypeNameKind.Union => hit.Tag == DwTag.DW_TAG_union_type,
                _ => true,
            };
            if (answers && !_isFound[request])
            {
                _pending.Enqueue(hit with { Request = request });
            }
        }

        return _pending.Count > 0;
    }

    private int NameOf(ref SectionReader reader, in Abbrev abbrev)
    {
        SeekName(ref reader, abbrev);
        return abbrev.NameForm switch
        {
            DwForm.DW_FORM_string => _wanted.AtBytes(reader.ReadString()),
            DwForm.DW_FORM_line_strp => _wanted.AtBytes(_sections.Require(_sections.LineStr, ".debug_line_str").StringAt(reader.ReadUnsigned(_unit.OffsetSize))),
            _ => _wanted.AtStringOffset(StringOffset(ref reader, abbrev.NameForm)),
        };
    }

    private ulong StringOffset(ref SectionReader reader, DwForm form) => form switch
    {
        DwForm.DW_FORM_strp => reader.ReadUnsigned(_unit.OffsetSize),
        DwForm.DW_FORM_strx => AtIndex(reader.ReadUleb()),
        DwForm.DW_FORM_strx1 => AtIndex(reader.ReadU8()),
        DwForm.DW_FORM_strx2 => AtIndex(reader.ReadU16()),
        DwForm.DW_FORM_strx3 => AtIndex(reader.ReadU24()),
        DwForm.DW_FORM_strx4 => AtIndex(reader.ReadU32()),
        _ => throw _sections.Info.Invalid(reader.Offset, $"a name has {form}, which cannot be read yet", "undo dwz, or use the file that it was made from"),
    };

    private ulong AtIndex(ulong index) => _strOffsetsBase == UnitRoot.NoBase
        ? throw _sections.Info.Invalid(_unit.Offset, "a string is given by index, and the unit has no DW_AT_str_offsets_base")
        : _sections.StringOffset(index, _strOffsetsBase, _unit.OffsetSize);

    private void SeekName(ref SectionReader reader, in Abbrev abbrev)
    {
        if (abbrev.NameAt >= 0)
        {
            reader.Skip((ulong)abbrev.NameAt);
            return;
        }

        SectionReader specs = _abbrevs.Specs(abbrev);
        while (AbbrevTable.NextSpec(ref specs, out DwAt attribute, out DwForm form, out _) && attribute != DwAt.DW_AT_name)
        {
            AttributeForms.Skip(ref reader, form, _unit, _sections.Info);
        }
    }

    // From the first attribute to the DIE after this one and all of its children.
    private void StepOver(ref SectionReader reader, in Abbrev abbrev, ulong die)
    {
        if (!abbrev.HasChildren)
        {
            SkipAttributes(ref reader, abbrev);
            return;
        }

        if (abbrev.SiblingAt >= 0)
        {
            reader.Skip((ulong)abbrev.SiblingAt);
            SeekSibling(ref reader, die, _unit.Offset + reader.ReadU32());
            return;
        }

        SkipAttributes(ref reader, abbrev);
        int depth = 1;
        while (depth > 0)
        {
            ulong child = reader.Offset;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                depth--;
                continue;
            }

            ref readonly Abbrev inner = ref _abbrevs.Get(code, _sections.Info, child);
            if (inner.HasChildren && inner.SiblingAt >= 0)
            {
                reader.Skip((ulong)inner.SiblingAt);
                SeekSibling(ref reader, child, _unit.Offset + reader.ReadU32());
                continue;
            }

            SkipAttributes(ref reader, inner);
            depth += inner.HasChildren ? 1 : 0;
        }
    }

    private void SeekSibling(ref SectionReader reader, ulong die, ulong sibling)
    {
        if (sibling < reader.Offset || sibling > _unit.End)
        {
            throw BadSibling(die, sibling - _unit.Offset);
        }

        reader.Seek(sibling);
    }

    private InvalidImageException BadSibling(ulong die, ulong sibling) => _sections.Info.Invalid(
        die, $"DW_AT_sibling points to 0x{_unit.Offset + sibling:x}, which is not after it in its unit (to 0x{_unit.End:x})");

    private void SkipAttributes(ref SectionReader reader, in Abbrev abbrev)
    {
        if (abbrev.FixedSize >= 0)
        {
            reader.Skip((ulong)abbrev.FixedSize);
            return;
        }

        SectionReader specs = _abbrevs.Specs(abbrev);
        while (AbbrevTable.NextSpec(ref specs, out _, out DwForm form, out _))
        {
            AttributeForms.Skip(ref reader, form, _unit, _sections.Info);
        }
    }
}
