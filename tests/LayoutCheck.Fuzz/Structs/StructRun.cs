using System.Globalization;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Structs;

/// <summary>
/// Generates structs (<see cref="StructGenerator"/>), has them compiled to every <see cref="StructForm"/>, and compares our answers with those of the
/// compilers (<see cref="StructJudge"/>). Nothing is linked or run, so machines of the other byte order are among the forms.
/// </summary>
internal sealed class StructRun(int seed, int count, int threads, string output)
{
    // Enough for one source that the start of a compiler costs little, and few enough that a source compiles at once.
    private const int BatchSize = 100;

    // Further failures are only counted.
    private const int MostSaved = 25;
    private const int MostShown = 1500;

    private readonly Lock _lock = new();
    private readonly Dictionary<StructForm, StructTotals> _totals = StructForm.All.ToDictionary(f => f, _ => new StructTotals());
    private int _failures;
    private int _saved;

    /// <summary>Runs all cases, each a struct in all forms. Prints the totals of each form and "N cases, N failures", and returns the exit code.</summary>
    public int Run()
    {
        foreach (string tool in StructForm.All.Select(f => f.Tool).Distinct())
        {
            if (CompilerTool.Run(tool, ["--version"], out string version) is { } problem)
            {
                Console.Error.WriteLine($"{tool} cannot be run: {problem}");
                return 2;
            }

            Console.WriteLine($"{tool}: {version.Split('\n')[0]}");
        }

        return CompiledBatches.Run("structs", count, BatchSize, threads, RunBatch, () =>
        {
            Print();
            return _failures;
        });
    }

    private void RunBatch(int number, int size, string folder)
    {
        StructBatch batch = StructGenerator.Make(seed, number, size);
        StructObjects objects = new(batch, batch.Types, folder);
        Dictionary<int, List<(StructForm Form, string What)>> failed = [];
        foreach (StructForm form in StructForm.All)
        {
            if (StructRefusal.OfBatch(form.Source, batch) is { } known)
            {
                lock (_lock)
                {
                    _totals[form].Leave("structs: " + known, batch.Types.Length);
                }

                continue;
            }

            StructOutcome outcome = StructComparison.Run(form, objects);
            lock (_lock)
            {
                _totals[form].Add(outcome, batch.Types.Length);
                if (outcome.Problem is { } problem)
                {
                    // This form loses the whole batch.
                    _failures++;
                    Save(number, null, form, objects, problem);
                }
            }

            foreach ((GeneratedType type, string what) in outcome.Failures)
            {
                if (!failed.TryGetValue(type.Number, out List<(StructForm, string)>? all))
                {
                    failed.Add(type.Number, all = []);
                }

                all.Add((form, what));
            }
        }

        foreach ((int type, List<(StructForm, string)> all) in failed)
        {
            SaveType(number, batch, type, all, objects, folder);
        }
    }

    // Saves the failures of a type: the type alone, with the types that it uses, if that fails too; else the whole batch.
    private void SaveType(int number, StructBatch batch, int type, List<(StructForm Form, string What)> failures, StructObjects objects, string folder)
    {
        lock (_lock)
        {
            _failures++;
            if (_saved >= MostSaved)
            {
                return;
            }
        }

        string alone = Directory.CreateDirectory(Path.Combine(folder, "alone" + type.ToString(CultureInfo.InvariantCulture))).FullName;
        StructObjects small = new(batch, batch.With(batch.Types[type]), alone);
        StructForm form = failures[0].Form;
        bool failsAlone = StructComparison.Run(form, small).Failures.Any(f => f.Type.Number == type);
        lock (_lock)
        {
            Save(number, type, form, failsAlone ? small : objects, string.Join('\n', failures.Select(f => $"{f.Form.Source}: {f.What}")));
        }
    }

    private void Save(int batch, int? type, StructForm form, StructObjects objects, string failure)
    {
        string where = string.Create(CultureInfo.InvariantCulture, $"batch {batch}{(type is null ? "" : $", type {type}")}");
        Console.Error.WriteLine($"{where}: {(failure.Length > MostShown ? failure[..MostShown] + "..." : failure)}");
        if (_saved++ >= MostSaved)
        {
            return;
        }

        _ = Directory.CreateDirectory(output);
        string part = type is { } number ? $"s{number}" : form.Source.ToString().Replace(' ', '-').Replace(",", "", StringComparison.Ordinal);
        string file = Path.Combine(output, string.Create(CultureInfo.InvariantCulture, $"seed{seed}-batch{batch}-{part}.c"));
        string command = objects.Command(form);
        File.WriteAllText(file, $"/* {command}\n{failure.Replace("*/", "* /", StringComparison.Ordinal)}\n*/\n{objects.Source}");
        Console.Error.WriteLine($"  {file}: {command}");
    }

    private void Print()
    {
        Console.WriteLine($"{"",-38} {"structs",8} {"members",9} {"wrong",6} {"refused",8}");
        foreach ((StructForm form, StructTotals totals) in _totals)
        {
            PrintRow(form.Source.ToString(), totals.Structs, totals.Compared, totals.Wrong, totals.Refused.Values.Sum());
            foreach ((string reason, int refused) in totals.Refused.OrderBy(r => r.Key, StringComparer.Ordinal))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{refused,12} {reason}"));
            }
        }

        StructTotals[] all = [.. _totals.Values];
        PrintRow("all", all.Sum(t => t.Structs), all.Sum(t => t.Compared), all.Sum(t => t.Wrong), all.Sum(t => t.Refused.Values.Sum()));
    }

    private static void PrintRow(string form, int structs, long members, int wrong, int refused)
        => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{form,-38} {structs,8} {members,9} {wrong,6} {refused,8}"));
}
