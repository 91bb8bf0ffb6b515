using System.Buffers.Binary;
using System.Runtime.ExceptionServices;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>
/// Finds the inlined calls of wanted functions in all C units, on several threads. A unit whose bytes cannot name a wanted function is not walked: of a kernel, nine
/// of ten. Calls may refer to functions of other units (link-time optimisation, dwz): only then all functions are found first, and all units are walked.
/// </summary>
internal sealed class InlineSurvey
{
    private readonly DwarfImage _image;
    private readonly byte[][][] _parameters;
    private readonly WantedNames _wanted;
    private readonly WantedNamesPerFile _otherNames;
    private readonly WordFilter? _words;

    // The functions by the file and the offset of their DIEs, where calls refer to other units; null where they do not.
    private readonly Dictionary<(DwarfSections File, ulong Offset), InlineOrigin>? _shared;
    private readonly byte[][] _names;

    private InlineSurvey(DwarfImage image, IReadOnlyList<InlinedFunction> functions)
    {
        _image = image;
        _names = [.. functions.Select(f => Encoding.UTF8.GetBytes(f.Name))];
        _parameters = [.. functions.Select(f => f.Parameters.Select(Encoding.UTF8.GetBytes).ToArray())];
        TypeName[] requests = [.. functions.Select(f => new TypeName(TypeNameKind.Any, f.Name))];
        _wanted = new WantedNames(requests, image.Sections);
        _otherNames = new WantedNamesPerFile(requests);
        _words = image.Supplement is null && !image.Sections.Info.IsBigEndian ? Words(_wanted) : null;
        _shared = RefersToOtherUnits(image.Sections.Abbrev) ? [] : null;
    }

    /// <summary>Finds the calls, in file order.</summary>
    /// <param name="image">The image.</param>
    /// <param name="functions">The functions, each name once.</param>
    /// <param name="pool">The worker threads.</param>
    /// <exception cref="InvalidImageException">A unit is damaged.</exception>
    public static InlinedCall[] Find(DwarfImage image, IReadOnlyList<InlinedFunction> functions, WorkerPool pool)
    {
        InlineSurvey survey = new(image, functions);
        if (survey._shared is not null)
        {
            _ = survey.RunAll(pool, isCollecting: true);
        }

        List<InlinedCall>[] found = survey.RunAll(pool, isCollecting: false);
        return [.. found.SelectMany(calls => calls).OrderBy(call => call.Unit.Index).ThenBy(call => call.Offset)];
    }

    // One pass over all units. Of several damaged units, the error is that of the first, for any number of threads.
    private List<InlinedCall>[] RunAll(WorkerPool pool, bool isCollecting)
    {
        UnitQueue queue = new(_image);
        List<InlinedCall>?[] found = new List<InlinedCall>?[pool.Size];
        (int Unit, ExceptionDispatchInfo Problem)?[] failures = new (int, ExceptionDispatchInfo)?[pool.Size];
        pool.RunOnAll(number =>
        {
            using UnitScanners scanners = new(_image, _wanted, _otherNames);
            using ListWindows windows = new(_image.Sections.Info.File);
            List<InlinedCall> calls = [];
            found[number] = calls;
            CUnitWalk walk = new(_image, scanners);
            int index = 0;
            try
            {
                while (queue.Dequeue(scanners, out index, out DwarfSections file) is { } unit)
                {
                    _ = walk.Visit(index, file, unit, (in CUnit visited) =>
                    {
                        Visit(visited, windows, calls, isCollecting);
                        return false;
                    });
                }
            }
            catch (Exception e)
            {
                failures[number] = (index, ExceptionDispatchInfo.Capture(e));
            }
        });
        if (failures.Where(f => f is not null).MinBy(f => f!.Value.Unit) is { } first)
        {
            first.Problem.Throw();
        }

        return [.. found.OfType<List<InlinedCall>>()];
    }

    private void Visit(in CUnit unit, ListWindows windows, List<InlinedCall> calls, bool isCollecting)
    {
        // A split unit refers to none but itself.
        bool isShared = _shared is not null && !unit.File.IsSplit;
        if (unit.Role is not (UnitRole.C or UnitRole.Part) || unit.Header.IsTypeUnit || (isCollecting && !isShared)
            || (!(isShared && !isCollecting) && !MayName(unit)) || unit.Scanner.Children is not var (stepper, from))
        {
            return;
        }

        if (isShared)
        {
            VisitShared(unit, stepper, from, windows, calls, isCollecting);
            return;
        }

        Dictionary<ulong, InlineOrigin> own = [];
        InlineOrigins.Collect(stepper, from, WantedIn(unit), _parameters, own);
        if (own.Count > 0)
        {
            Walk(unit, stepper, from, windows, (_, offset) => own.TryGetValue(offset, out InlineOrigin origin) ? origin : null, calls);
        }
    }

    private void VisitShared(in CUnit unit, DieStepper stepper, ulong from, ListWindows windows, List<InlinedCall> calls, bool isCollecting)
    {
        if (!isCollecting)
        {
            // The functions are complete, and no longer change.
            Walk(unit, stepper, from, windows, (file, offset) => _shared!.TryGetValue((file, offset), out InlineOrigin origin) ? origin : null, calls);
            return;
        }

        Dictionary<ulong, InlineOrigin> own = [];
        InlineOrigins.Collect(stepper, from, WantedIn(unit), _parameters, own);
        lock (_shared!)
        {
            foreach ((ulong offset, InlineOrigin origin) in own)
            {
                _shared[(unit.File, offset)] = origin;
            }
        }
    }

    private static void Walk(in CUnit unit, DieStepper stepper, ulong from, ListWindows windows, Func<DwarfSections, ulong, InlineOrigin?> origins, List<InlinedCall> calls)
        => new InlineWalk(UnitCode.Of(unit, windows), windows, origins, new DwarfInlinedUnit(unit), calls).Run(stepper, from);

    private WantedNames WantedIn(in CUnit unit) => unit.File == _image.Sections ? _wanted : _otherNames.In(unit.File);

    // Whether the bytes of a unit may name a wanted function: by its offset in .debug_str, by the index of that offset, or by the text itself.
    private bool MayName(in CUnit unit)
    {
        if (_words is null || unit.File != _image.Sections)
        {
            return true;
        }

        return unit.Root.StrOffsetsBase == DwarfSections.NoStrOffsetsBase ? unit.Scanner.MayHold(_words) : MayNameByIndex(unit);
    }

    // The table of the unit ends where its header says, which lies before the base (DWARF 5 §7.26); without a header that fits, it may name any.
    private bool MayNameByIndex(in CUnit unit)
    {
        uint headerSize = unit.Header.Is64Bit ? 16u : 8u;
        ulong start = unit.Root.StrOffsetsBase;
        if (unit.Header.Is64Bit || start < headerSize || _image.Sections.StrOffsets is not { } table || start > table.Length)
        {
            return true;
        }

        uint length = table.ReadFrom(start - headerSize).ReadU32();
        if (length < 4 || length - 4 > table.Length - start)
        {
            return true;
        }

        SectionReader reader = table.ReadRange(start, start + length - 4);
        while (reader.Remaining >= 4)
        {
            if (_words!.Contains(reader.ReadU32()))
            {
                return true;
            }
        }

        return false;
    }

    // The low four bytes of an offset are the same in 64-bit DWARF. A name in place begins with its text.
    private WordFilter Words(WantedNames wanted)
        => new(wanted.Offsets.Select(offset => (uint)offset).Concat(_names.Where(n => n.Length >= 4).Select(n => BinaryPrimitives.ReadUInt32LittleEndian(n))));

    // Whether any DIE may be an instance of one in another unit: a declaration has DW_AT_abstract_origin with a form that leads there.
    private static bool RefersToOtherUnits(Section abbrevs)
    {
        byte[][] pairs =
        [
            Pair(DwForm.DW_FORM_ref_addr), Pair(DwForm.DW_FORM_ref_sup4), Pair(DwForm.DW_FORM_ref_sup8), Pair(DwForm.DW_FORM_GNU_ref_alt),
        ];
        using SectionChunks chunks = new(abbrevs, 4);
        while (chunks.Next())
        {
            ReadOnlySpan<byte> bytes = chunks.Bytes;
            foreach (byte[] pair in pairs)
            {
                if (bytes.IndexOf(pair) >= 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static byte[] Pair(DwForm form) => (int)form < 0x80
        ? [(byte)DwAt.DW_AT_abstract_origin, (byte)form]
        : [(byte)DwAt.DW_AT_abstract_origin, (byte)((int)form | 0x80), (byte)((int)form >> 7)];
}
