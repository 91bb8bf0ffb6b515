using System.Collections.Concurrent;
using Iced.Intel;
using LayoutCheck.Tests.Machine;

namespace LayoutCheck.Fuzz.Decoders;

/// <summary>
/// Decodes every function of .text of a vmlinux with our decoder and with a judge: Iced for x86-64, objdump for arm64. The last lines count instructions and
/// differences; the exit code is 1 if there is any.
/// </summary>
internal static class DecodeRun
{
    private const int MostShown = 20;

    public static int Run(string path)
    {
        CodeFile file = CodeFile.Read(path, ".text");
        Tally tally = new();
        if (file.IsArm64)
        {
            ObjdumpJudge.Compare(path, tally);
        }
        else
        {
            Parallel.ForEach(Partitioner.Create(0, file.Functions.Count), new ParallelOptions { MaxDegreeOfParallelism = 2 }, range =>
            {
                for (int i = range.Item1; i < range.Item2; i++)
                {
                    Compare(file.Functions[i], file.Bytes, tally);
                }
            });
        }

        foreach (string line in tally.Differences.Take(MostShown))
        {
            Console.WriteLine(line);
        }

        Console.WriteLine($"{file.Functions.Count} functions, {tally.Instructions} instructions, {tally.Operands} memory operands");
        Console.WriteLine($"{tally.Lengths} length differences, {tally.OperandDifferences} operand differences, {tally.Others} other differences");
        return tally.Instructions == 0 || tally.Lengths + tally.OperandDifferences + tally.Others > 0 ? 1 : 0;
    }

    // A function from its start to its end, as Iced divides it.
    private static void Compare(Function function, byte[] bytes, Tally tally)
    {
        InstructionInfoFactory factory = new();
        int at = 0;
        long instructions = 0;
        long operands = 0;
        while (at < function.ByteSize)
        {
            Judgement? judged = IcedJudge.Judge(bytes.AsSpan(function.Offset + at, function.ByteSize - at), function.Address + (ulong)at, factory);
            if (judged is null)
            {
                at++;
                continue;
            }

            instructions++;
            operands += judged.OperandCount;
            string where = $"{function.Name}+0x{at:x}: {judged.Text}: ";
            if (judged.OurLength != judged.Length)
            {
                tally.Length($"{where}{judged.Length} bytes, ours {judged.OurLength}");
            }

            if (judged.Operand is { } operand)
            {
                tally.Operand(where + operand);
            }

            if (judged.Other is { } other)
            {
                tally.Other(where + other);
            }

            at += judged.Length;
        }

        tally.Add(instructions, operands);
    }
}

/// <summary>Counts of a comparison, from several threads.</summary>
internal sealed class Tally
{
    private long _instructions;
    private long _operands;
    private long _lengths;
    private long _operandDifferences;
    private long _others;

    public long Instructions => _instructions;

    public long Operands => _operands;

    /// <summary>Instructions that are not known, or have another length.</summary>
    public long Lengths => _lengths;

    public long OperandDifferences => _operandDifferences;

    /// <summary>Another branch, access, or a register whose change is missed.</summary>
    public long Others => _others;

    public ConcurrentQueue<string> Differences { get; } = [];

    public void Add(long instructions, long operands)
    {
        Interlocked.Add(ref _instructions, instructions);
        Interlocked.Add(ref _operands, operands);
    }

    public void Length(string text) => Note(ref _lengths, text);

    public void Operand(string text) => Note(ref _operandDifferences, text);

    public void Other(string text) => Note(ref _others, text);

    private void Note(ref long count, string text)
    {
        if (Interlocked.Increment(ref count) <= 200)
        {
            Differences.Enqueue(text);
        }
    }
}
