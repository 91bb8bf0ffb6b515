using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Fuzz.Structs;
using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Types;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>
/// Generates structs before and after an edit, has both compiled to every <see cref="PairForm"/>, compares them with each other, and has the differences judged by
/// the places that the compilers gave.
/// </summary>
internal sealed class PairRun(int seed, int count, int threads, string output)
{
    private const int BatchSize = 200;
    private const int MostSaved = 25;
    private const int MostShown = 2500;

    private readonly Lock _lock = new();
    private readonly Dictionary<PairForm, PairTotals> _totals = PairForm.All.ToDictionary(f => f, _ => new PairTotals());
    private readonly SortedDictionary<string, int> _words = new(StringComparer.Ordinal);
    private int _failures;
    private int _saved;

    /// <summary>Runs all cases, each a pair in all forms. Prints the totals of each form and "N cases, N failures", and returns the exit code.</summary>
    public int Run()
    {
        return CompiledBatches.Run("pairs", count, BatchSize, threads, RunBatch, () =>
        {
            Print();
            return _failures;
        });
    }

    private void RunBatch(int number, int size, string folder)
    {
        PairBatch batch = PairBatch.Make(seed, number, size);
        StructObjects old = new(batch.Old, batch.Old.Types, Directory.CreateDirectory(Path.Combine(folder, "old")).FullName);
        StructObjects now = new(batch.New, batch.New.Types, Directory.CreateDirectory(Path.Combine(folder, "new")).FullName);
        Dictionary<int, List<string>> failed = [];
        foreach (PairForm form in PairForm.All)
        {
            try
            {
                using PairSide before = PairSide.Read(form.Old, old);
                using PairSide after = PairSide.Read(form.New, now);
                Compare(form, batch, before, after, failed);
            }
            catch (Exception e) when (e is InvalidDataException or InvalidImageException or IOException or ArgumentException or OverflowException)
            {
                lock (_lock)
                {
                    _failures++;
                    Save(number, null, form.ToString(), old.Source, now.Source, e is InvalidDataException or InvalidImageException ? e.Message : e.ToString());
                }
            }
        }

        foreach ((int type, List<string> all) in failed)
        {
            lock (_lock)
            {
                _failures++;
                Save(number, type, batch.Edits[type], Source(batch.Old, type), Source(batch.New, type), string.Join('\n', all));
            }
        }
    }

    private void Compare(PairForm form, PairBatch batch, PairSide before, PairSide after, Dictionary<int, List<string>> failed)
    {
        PairTotals totals = _totals[form];
        for (int i = 0; i < batch.Old.Types.Length; i++)
        {
            if ((before.Definitions[i] is null ? before.Left(i) : after.Definitions[i] is null ? after.Left(i) : null) is { } left)
            {
                totals.Leave(left);
                continue;
            }

            TypeChanges got = TypeDiffer.Compare(TypeName.Parse(batch.Old.Types[i].Name), before.Compared(i), after.Compared(i));
            if (PairOracle.Judge((batch.Old.Types[i], before.Judges[i]), (batch.New.Types[i], after.Judges[i]), got, form.IsMixed, batch.HasUntoldAlignments(i, form), out int claims) is not { } wrong)
            {
                totals.Leave("members deeper than the compilers were asked for");
                continue;
            }

            totals.Add(claims, got.Class != ChangeClass.None, wrong.Count);
            lock (_lock)
            {
                foreach (MemberChange change in got.Changes)
                {
                    _words[change.Word.ToString()] = _words.GetValueOrDefault(change.Word.ToString()) + 1;
                }
            }

            if (wrong.Count > 0)
            {
                if (!failed.TryGetValue(i, out List<string>? all))
                {
                    failed.Add(i, all = []);
                }

                all.AddRange(wrong.Select(w => $"{form}: {w}"));
            }
        }
    }

    // The type with those that it uses.
    private static string Source(StructBatch batch, int type)
    {
        StringBuilder text = new();
        foreach (GeneratedType used in batch.With(batch.Types[type]))
        {
            _ = text.Append(used.Definition).Append('\n');
        }

        return text.ToString();
    }

    private void Save(int batch, int? type, string what, string old, string now, string failure)
    {
        string where = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, batch {batch}{(type is null ? "" : $", type {type}")}: {what}");
        if (_saved++ >= MostSaved)
        {
            return;
        }

        Console.Error.WriteLine($"{where}\n{(failure.Length > MostShown ? failure[..MostShown] + "..." : failure)}");
        _ = Directory.CreateDirectory(output);
        string file = Path.Combine(output, string.Create(CultureInfo.InvariantCulture, $"pairs-seed{seed}-batch{batch}-{(type is { } number ? $"s{number}" : "all")}.c"));
        string told = failure.Replace("*/", "* /", StringComparison.Ordinal);
        File.WriteAllText(file, $"/* {where}\n{told}\n*/\n{StructGenerator.Prelude}\n#ifndef AFTER\n{old}\n#else\n{now}\n#endif\n");
        Console.Error.WriteLine($"  {file}: compiled without and with -DAFTER");
    }

    private void Print()
    {
        Console.WriteLine($"{"",-44} {"pairs",7} {"differ",7} {"changes",8} {"wrong",6}");
        foreach ((PairForm form, PairTotals totals) in _totals)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{form,-44} {totals.Pairs,7} {totals.Different,7} {totals.Claims,8} {totals.Wrong,6}"));
            foreach ((string reason, int number) in totals.LeftOut)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number,12} left out: {reason}"));
            }
        }

        Console.WriteLine(string.Join(", ", _words.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Value} {w.Key}"))));
        PairTotals[] all = [.. _totals.Values];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Sum(t => t.Pairs)} comparisons, {all.Sum(t => t.Claims)} changes found, {all.Sum(t => t.Wrong)} wrong"));
    }
}
