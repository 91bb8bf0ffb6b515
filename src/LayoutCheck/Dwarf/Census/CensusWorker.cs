using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Census;

/// <summary>A census to take: shared by all workers.</summary>
/// <param name="image">The image.</param>
/// <param name="hash">The hash, with one key for all.</param>
/// <param name="memoSize">The size of the memos of each worker; null for the usual one.</param>
internal sealed class CensusPlan(DwarfImage image, LayoutHash hash, int? memoSize)
{
    private volatile bool _isLeft;

    /// <summary>The image.</summary>
    public DwarfImage Image => image;

    /// <summary>The hash.</summary>
    public LayoutHash Hash => hash;

    /// <summary>The size of the memos of each worker; null for the usual one.</summary>
    public int? MemoSize => memoSize;

    /// <summary>The units.</summary>
    public UnitQueue Queue { get; } = new(image);

    /// <summary>Whether the image has something that a census does not understand: a survey has the word.</summary>
    public bool IsLeft => _isLeft;

    /// <summary>Leaves all of the image to a survey.</summary>
    public void Leave() => _isLeft = true;
}

/// <summary>
/// One thread's part of a census: takes units from the queue until it is empty, and hashes the definitions at their top level. Hot: it steps over the DIEs of a
/// unit as <see cref="DieScanner"/> does, along DW_AT_sibling, and only reads what stands in structs. It understands C compile units that are whole in one
/// file; at anything else, and at damage, it leaves the image to a survey, which knows all forms and has the words for all errors.
/// </summary>
internal sealed unsafe class CensusWorker
{
    // The first units of a kernel have most names.
    private const long FewLookups = 1 << 14;

    private readonly CensusPlan _plan;
    private readonly UnitScanners _scanners;
    private readonly CUnitWalk _walk;
    private readonly DieScanner _scanner;
    private readonly DefinitionHasher _byOffsets;
    private readonly DefinitionHasher _hasher;
    private readonly DwarfGraphBuilder _builder;
    private readonly CensusFindings _findings;
    private readonly Section _info;
    private readonly bool _swap;
    private UnitHeader _unit;
    private bool _usesOffsets;
    private bool _isHasherOpen;

    // How many definitions were looked up by the offsets of their names, and how many of them were not known.
    private long _lookups;
    private long _misses;

    private CensusWorker(CensusPlan plan, UnitScanners scanners)
    {
        DwarfSections sections = plan.Image.Sections;
        _plan = plan;
        _scanners = scanners;
        _scanner = scanners.ForImage;
        _walk = new CUnitWalk(plan.Image, scanners) { FollowsSkeletons = false };
        _byOffsets = new DefinitionHasher(sections, _scanner, plan.Hash, byOffsets: true, plan.MemoSize);
        _hasher = new DefinitionHasher(sections, _scanner, plan.Hash, byOffsets: false, plan.MemoSize);
        _builder = new DwarfGraphBuilder(sections);
        _findings = new CensusFindings(sections.Info, new SourceFacts(sections));
        _info = _scanner.Info;
        _swap = sections.Info.IsBigEndian == BitConverter.IsLittleEndian;
    }

    /// <summary>Runs a worker on each thread to the end.</summary>
    /// <returns>The findings of each worker that took part.</returns>
    public static CensusFindings[] RunAll(CensusPlan plan, WorkerPool pool)
    {
        CensusFindings?[] findings = new CensusFindings?[pool.Size];
        pool.RunOnAll(number =>
        {
            using UnitScanners scanners = new(plan.Image, new WantedNames([], plan.Image.Sections), new WantedNamesPerFile([]));
            CensusWorker worker = new(plan, scanners);
            findings[number] = worker._findings;
            worker.Run();
        });
        return [.. findings.OfType<CensusFindings>()];
    }

    private void Run()
    {
        UnitVisitor visitor = Visit;
        try
        {
            while (!_plan.IsLeft && _plan.Queue.Dequeue(_scanners, out int index, out DwarfSections file) is { } unit)
            {
                if (file != _plan.Image.Sections || _walk.Visit(index, file, unit, visitor) || _walk.HasSkeletons)
                {
                    _plan.Leave();
                }
            }
        }
        catch (InvalidImageException)
        {
            _plan.Leave();
        }
    }

    // Whether the unit is one to leave.
    private bool Visit(in CUnit unit)
    {
        _findings.Facts.Count(unit.Root);
        if (unit.Role == UnitRole.OtherLanguage)
        {
            return false;
        }

        if (unit.Role != UnitRole.C || !unit.Root.IsCompileUnit)
        {
            return true;
        }

        string producer = _findings.Facts.Note(unit);
        _findings.Begin(new DefiningUnit(unit.Index, unit.Root.DisplayName, producer));
        _unit = unit.Header;
        if (!unit.Root.HasChildren)
        {
            return false;
        }

        // An object file has a copy of each name for each unit: offsets tell little there.
        _usesOffsets = _lookups < FewLookups || _misses < _lookups / 2;
        _byOffsets.Open(unit.Header);
        _isHasherOpen = false;
        bool isUnderstood = TryWalk(unit.Root.End);
        _findings.End();
        return !isUnderstood;
    }

    // Steps over the DIEs at the top level.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryWalk(ulong from)
    {
        byte* start = _info.Start;
        byte* end = start + _unit.End;
        byte* at = start + from;
        nuint unitStart = (nuint)(start + _unit.Offset);
        ref SkipPlan plans = ref MemoryMarshal.GetReference(_scanner.Abbrevs.SkipPlans);
        while (at < end)
        {
            SkipPlan plan = *at < 0x80 ? Unsafe.Add(ref plans, *at) : default;
            byte* behind = at + 1 + plan.Size;
            byte* next = null;
            if ((plan.Bits & SkipPlan.IsFixedSize) != 0 && end - behind >= sizeof(uint))
            {
                next = (plan.Bits & SkipPlan.HasSibling) == 0 ? behind : (byte*)(unitStart + LoadU32(at + 1 + plan.SiblingOffset));
                // The byte before a sibling is the null entry that ends the children.
                bool isSound = (plan.Bits & SkipPlan.HasSibling) == 0 || (next > behind && next <= end && next[-1] == 0);
                next = isSound ? next : null;
            }

            if (next == null)
            {
                if (*at == 0)
                {
                    _unit.RequireZeros(_info, (ulong)(at + 1 - start));
                    return true;
                }

                ulong die = (ulong)(at - start);
                next = start + _scanner.StepFrom(die).Next;
                plans = ref MemoryMarshal.GetReference(_scanner.Abbrevs.SkipPlans);
                if (!TryUnusual(die, next))
                {
                    return false;
                }
            }
            else if ((plan.Bits & SkipPlan.NamesAggregate) != 0 && !TryAggregate((ulong)(at - start), next))
            {
                return false;
            }

            at = next;
        }

        // The null entry that ends the unit is missing.
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint LoadU32(byte* at)
    {
        uint value = Unsafe.ReadUnaligned<uint>(at);
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    // A DIE that the plans do not step over.
    private bool TryUnusual(ulong die, byte* next)
    {
        Abbrev abbrev = AbbrevAt(die);
        return abbrev.Tag switch
        {
            DwTag.DW_TAG_imported_unit => false,
            DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type when abbrev.NameForm != 0 => TryAggregate(die, next),
            _ => true,
        };
    }

    // A struct or union with a name: a definition or a declaration. Definitions that are known by the offsets of their names need no look at the names.
    private bool TryAggregate(ulong die, byte* next)
    {
        ulong end = 0;
        if (!_usesOffsets || (!_byOffsets.TryKnown(die, out ulong hash) && !TryHash(_byOffsets, die, out hash, out end)))
        {
            return TryNamed(die, next, out _);
        }

        _lookups++;
        if (_findings.TryDefine(hash))
        {
            return end == 0 || (ulong)(next - _info.Start) == end;
        }

        _misses++;
        bool isUnderstood = TryNamed(die, next, out int variant);
        if (variant >= 0)
        {
            _findings.AddAlias(hash, variant);
        }

        return isUnderstood;
    }

    // The same by the texts of names; the number of the variant is -1 if the DIE adds none.
    private bool TryNamed(ulong die, byte* next, out int variant)
    {
        variant = -1;
        if (!_isHasherOpen)
        {
            _hasher.Open(_unit);
            _isHasherOpen = true;
        }

        if (!_hasher.TryHead(die, out AggregateHead head) || LayoutHash.IsOfPart(head.Name))
        {
            return TryBuild(die);
        }

        if (head.IsDeclaration)
        {
            if (head.HasChildren || AbbrevAt(die).DeclarationForm != DwForm.DW_FORM_flag_present)
            {
                return TryBuild(die);
            }

            _findings.Declare(_findings.NameOf(KeyOf(head.Name, head.IsUnion)));
            return true;
        }

        ulong end = 0;
        if (!_hasher.TryKnown(die, out ulong hash) && !TryHash(_hasher, die, head, out hash, out end))
        {
            return TryBuild(die);
        }

        if (end != 0 && (ulong)(next - _info.Start) != end)
        {
            return false;
        }

        int number = _findings.NameOf(KeyOf(head.Name, head.IsUnion));
        variant = _findings.Define(number, hash, die);
        return TrySetText(number, die, head.IsUnion);
    }

    private static bool TryHash(DefinitionHasher hasher, ulong die, out ulong hash, out ulong end)
    {
        (hash, end) = (0, 0);
        return hasher.TryHead(die, out AggregateHead head) && !head.IsDeclaration && TryHash(hasher, die, head, out hash, out end);
    }

    private static bool TryHash(DefinitionHasher hasher, ulong die, in AggregateHead head, out ulong hash, out ulong end)
    {
        try
        {
            return hasher.TryHash(die, head, out hash, out end);
        }
        catch (InvalidImageException)
        {
            // The builder has the word for it.
            (hash, end) = (0, 0);
            return false;
        }
    }

    // A struct or union that the hasher does not understand.
    private bool TryBuild(ulong die)
    {
        ReadOnlySpan<byte> text = _scanner.NameOf(die);
        if (text.Length > TypeGraphBuilder.LongestName)
        {
            // It is in no list of names.
            return true;
        }

        bool isUnion = AbbrevAt(die).Tag == DwTag.DW_TAG_union_type;
        ulong whole = _plan.Hash.OfText(text);
        ulong name = _plan.Hash.OfName(text);
        bool isOfPart = LayoutHash.IsOfPart(name);
        int number = _findings.NameOf(KeyOf(isOfPart ? whole | 1 : name, isUnion));
        if (_findings.IsDefined(number))
        {
            return true;
        }

        try
        {
            if (_builder.Build(_unit, die) is not var (graph, root))
            {
                _findings.Declare(number);
                return true;
            }

            ulong hash = GraphHash.Of(graph, root, _plan.Hash);
            _findings.Define(number, isOfPart ? _plan.Hash.Mix(hash, whole) : hash, die);
        }
        catch (InvalidImageException)
        {
            _findings.Leave(number);
        }

        return TrySetText(number, die, isUnion);
    }

    // A text that is not ASCII may not be the only one of its spelling.
    private bool TrySetText(int number, ulong die, bool isUnion)
    {
        if (_findings.Names[number].Text is null)
        {
            ReadOnlySpan<byte> text = _scanner.NameOf(die);
            if (text.IsEmpty || !Ascii.IsValid(text))
            {
                return false;
            }

            _findings.SetText(number, new TypeName(isUnion ? TypeNameKind.Union : TypeNameKind.Struct, Encoding.ASCII.GetString(text)));
        }

        return true;
    }

    private Abbrev AbbrevAt(ulong die)
    {
        SectionReader reader = _info.ReadRange(die, _unit.End);
        return _scanner.Abbrevs.Get(reader.ReadUleb(), _info, die);
    }

    // Names of structs and of unions are two.
    private static ulong KeyOf(ulong name, bool isUnion) => isUnion ? ~name : name;
}
