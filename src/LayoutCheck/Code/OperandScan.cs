using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Machine;
using LayoutCheck.Types;

namespace LayoutCheck.Code;

/// <summary>An access to memory through the register of a helper's parameter.</summary>
/// <param name="Address">The instruction.</param>
/// <param name="Call">The inlined call, by its index.</param>
/// <param name="Register">The register, by its DWARF number.</param>
/// <param name="Displacement">Bytes from where the register points to.</param>
/// <param name="Width">Bytes; 0 if that is not known.</param>
/// <param name="Second">The displacement of the other operand, of an instruction with two; else null.</param>
internal readonly record struct OperandHit(ulong Address, int Call, int Register, long Displacement, int Width, long? Second);

/// <summary>
/// Decodes the functions around inlined calls and finds the accesses through the parameter's register. Each function is decoded once, from its start: GCC's location
/// lists begin in the middle of a call instruction, where decoding would make up instructions.
/// </summary>
internal sealed class OperandScan
{
    // A longer function is not decoded; the largest of a kernel has 100 KB.
    private const ulong LongestFunction = 4 << 20;
    private const ulong LongestInstruction = 15;

    // Bounds on instructions, and on comparisons with ranges: functions of a damaged file may overlap. Of a kernel 0.5 and 3 million.
    private const long MostSteps = 1L << 27;
    private const int StepsAtOnce = 1 << 12;

    // Accesses that one thread keeps. A kernel has ten thousand.
    private const int MostHits = 1 << 20;

    private readonly CodeMap _map;
    private readonly List<(RegisterRange Range, int Call)> _ranges = [];
    private readonly List<(int From, int To)> _functions = [];
    private int _next = -1;
    private int _undecoded;
    private int _outside;
    private long _steps;

    private OperandScan(CodeMap map, InlinedCall[] calls)
    {
        _map = map;
        for (int i = 0; i < calls.Length; i++)
        {
            foreach (RegisterRange range in calls[i].Ranges)
            {
                _ranges.Add((range, i));
            }
        }

        _ranges.Sort((a, b) => (a.Range.CodeFrom, a.Range.From, a.Call).CompareTo((b.Range.CodeFrom, b.Range.From, b.Call)));
        for (int i = 0; i < _ranges.Count; i++)
        {
            if (i == 0 || _ranges[i].Range.CodeFrom != _ranges[i - 1].Range.CodeFrom)
            {
                _functions.Add((i, i + 1));
            }
            else
            {
                _functions[^1] = (_functions[^1].From, i + 1);
            }
        }
    }

    /// <summary>The accesses of all calls, by address and call.</summary>
    /// <param name="Hits">The accesses.</param>
    /// <param name="UndecodedCount">How many functions have bytes before their ends that are no known instruction, or are too long.</param>
    /// <param name="OutsideCount">How many functions do not lie in the image's code.</param>
    /// <param name="IsCut">Whether the scan was given up: the functions of the image overlap.</param>
    internal sealed record Result(OperandHit[] Hits, int UndecodedCount, int OutsideCount, bool IsCut);

    /// <summary>Scans.</summary>
    /// <param name="map">The code.</param>
    /// <param name="calls">The calls.</param>
    /// <param name="pool">The worker threads.</param>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public static Result Run(CodeMap map, InlinedCall[] calls, WorkerPool pool)
    {
        OperandScan scan = new(map, calls);
        List<OperandHit>?[] found = new List<OperandHit>?[pool.Size];
        pool.RunOnAll(number =>
        {
            found[number] = [];
            scan.Work(found[number]!);
        });
        return new Result(
            [.. found.OfType<List<OperandHit>>().SelectMany(hits => hits).OrderBy(h => h.Address).ThenBy(h => h.Call).ThenBy(h => h.Displacement)],
            scan._undecoded, scan._outside, scan._steps > MostSteps);
    }

    private void Work(List<OperandHit> hits)
    {
        Dictionary<Section, SectionWindow> windows = [];
        try
        {
            int index;
            while ((index = Interlocked.Increment(ref _next)) < _functions.Count && Volatile.Read(ref _steps) <= MostSteps)
            {
                Scan(_functions[index], windows, hits);
            }
        }
        finally
        {
            foreach (SectionWindow window in windows.Values)
            {
                window.Dispose();
            }
        }
    }

    private void Scan((int From, int To) function, Dictionary<Section, SectionWindow> windows, List<OperandHit> hits)
    {
        ulong start = _ranges[function.From].Range.CodeFrom;
        ulong end = start;
        for (int i = function.From; i < function.To; i++)
        {
            end = Math.Max(end, _ranges[i].Range.To);
        }

        if (_map.Find(start, end, out ulong offset) is not { } section)
        {
            Interlocked.Increment(ref _outside);
            return;
        }

        // A range may end in the middle of the last instruction that begins in it.
        ulong length = end - start;
        ulong shown = Math.Min(Math.Min(length + LongestInstruction, _ranges[function.From].Range.CodeTo - start), section.Length - offset);
        if (length > LongestFunction || !Decode(function, start, (int)length, Show(section, offset, Math.Max(length, shown), windows), hits))
        {
            Interlocked.Increment(ref _undecoded);
        }
    }

    /// <summary>The bytes of a range of code.</summary>
    internal static ReadOnlySpan<byte> Show(Section section, ulong offset, ulong length, Dictionary<Section, SectionWindow> windows)
    {
        const int FirstLoad = 4 << 10;
        if (!section.IsMapped)
        {
            return section.ReadRange(offset, offset + length).ReadBytes(length);
        }

        if (!windows.TryGetValue(section, out SectionWindow? window))
        {
            window = new SectionWindow(section, FirstLoad);
            windows.Add(section, window);
        }

        window.Seek(offset, offset + length);
        return window.View.ReadRange(offset, offset + length).ReadBytes(length);
    }

    // False if some bytes are no instruction: what follows them cannot be told.
    private bool Decode((int From, int To) function, ulong start, int length, ReadOnlySpan<byte> code, List<OperandHit> hits)
    {
        List<(RegisterRange Range, int Call)> open = [];
        int next = function.From;
        int at = 0;
        int steps = 0;
        while (at < length)
        {
            if (!InstructionDecoder.TryDecode(_map.Machine, code[at..], start + (ulong)at, out Instruction instruction))
            {
                break;
            }

            ulong address = start + (ulong)at;
            for (; next < function.To && _ranges[next].Range.From <= address; next++)
            {
                open.Add(_ranges[next]);
            }

            if (open.Count > 0 && instruction.MemoryCount > 0)
            {
                open.RemoveAll(r => r.Range.To <= address);
                steps += open.Count;
                Match(instruction, address, open, hits);
            }

            at += instruction.Length;
            if (++steps >= StepsAtOnce)
            {
                if (Interlocked.Add(ref _steps, hits.Count > MostHits ? MostSteps + 1 : steps) > MostSteps)
                {
                    return false;
                }

                steps = 0;
            }
        }

        Interlocked.Add(ref _steps, steps);
        return at >= length;
    }

    private static void Match(in Instruction instruction, ulong address, List<(RegisterRange Range, int Call)> open, List<OperandHit> hits)
    {
        // An operand relative to fs or gs, or with an index, is not that of a member; lea and nop access nothing.
        if (instruction.IsSegmented || !(instruction.ReadsMemory || instruction.WritesMemory) || instruction.Kind == InstructionKind.AddressOf)
        {
            return;
        }

        MemoryOperand first = instruction.Memory;
        MemoryOperand? second = instruction.MemoryCount > 1 ? instruction.SecondMemory : null;
        foreach ((RegisterRange range, int call) in open)
        {
            if (first.Base == range.Register && first.Index == Instruction.None)
            {
                hits.Add(new OperandHit(address, call, range.Register, first.Displacement, first.Width, second?.Displacement));
            }
        }
    }
}
