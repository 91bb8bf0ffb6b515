using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using LayoutCheck.Core;
using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Types;

namespace LayoutCheck.Fuzz;

/// <summary>
/// Generated structs (<see cref="StructGenerator"/>) in every form of debug information that the compilers of this machine write, each compared with what its
/// own compiler says of it (<see cref="StructJudge"/>). Nothing is linked or run, so that machines of the other byte order are among them.
/// </summary>
internal sealed class StructRun(int seed, int count, int threads, string output)
{
    // So many in a source that starting compilers costs little, and so few that a source compiles at once.
    private const int BatchSize = 100;

    // Of more that fail, only how many they are is of interest.
    private const int MostSaved = 25;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    // The machine of gcc is that of this one.
    private static readonly ImmutableArray<Row> s_rows = [.. ((Row[])
    [
        Gcc("gcc", "DWARF 2", "-gdwarf-2"), Gcc("gcc", "DWARF 3", "-gdwarf-3"), Gcc("gcc", "DWARF 4", "-gdwarf-4"), Gcc("gcc", "DWARF 5", "-gdwarf-5"),
        Gcc("gcc", "DWARF 2, strict", "-gdwarf-2", "-gstrict-dwarf"), Gcc("gcc", "DWARF 4, strict", "-gdwarf-4", "-gstrict-dwarf"),
        Gcc("gcc", "DWARF 4, type units", "-gdwarf-4", "-fdebug-types-section"), Gcc("gcc", "DWARF 5, type units", "-gdwarf-5", "-fdebug-types-section"),
        Gcc("gcc i386", "DWARF 3", "-m32", "-gdwarf-3"), Gcc("gcc i386", "DWARF 5", "-m32", "-gdwarf-5"),
        Clang("clang", "DWARF 2", "-gdwarf-2"), Clang("clang", "DWARF 3", "-gdwarf-3"), Clang("clang", "DWARF 4", "-gdwarf-4"), Clang("clang", "DWARF 5", "-gdwarf-5"),
        Clang("clang i386", "DWARF 5", "--target=i386-linux-gnu", "-gdwarf-5"), Clang("clang armv7", "DWARF 4", "--target=armv7-linux-gnueabi", "-gdwarf-4"),
        Clang("clang s390x", "DWARF 2", "--target=s390x-linux-gnu", "-gdwarf-2"), Clang("clang s390x", "DWARF 5", "--target=s390x-linux-gnu", "-gdwarf-5"),
        Clang("clang mips", "DWARF 3", "--target=mips-linux-gnu", "-gdwarf-3"), Clang("clang powerpc64", "DWARF 4", "--target=powerpc64-linux-gnu", "-gdwarf-4"),
        Pahole("gcc", "DWARF 5"), Pahole("gcc i386", "DWARF 5"), Pahole("clang", "DWARF 5"), Pahole("clang s390x", "DWARF 5"),
        // Not gcc's own: gcc 12 writes the dimensions of arrays in reverse, void for vectors, and 0 for the place of what follows an unnamed bit-field in a packed struct.
        Clang("clang bpf", "BTF (clang)", "--target=bpf", "-g"), Clang("clang bpfeb", "BTF (clang)", "--target=bpfeb", "-g"),
        new Row(new StructSource("gcc and clang", "DWARF 2 to 5 in one file"), "ld", ["-r"], ["gcc, DWARF 2", "gcc, DWARF 3", "gcc, DWARF 4", "gcc, DWARF 5", "clang, DWARF 2", "clang, DWARF 3", "clang, DWARF 4", "clang, DWARF 5"]),
    ]).Where(r => RuntimeInformation.OSArchitecture == Architecture.X64 || !r.Source.Compiler.StartsWith("gcc i386", StringComparison.Ordinal))];

    private readonly Lock _gate = new();
    private readonly Dictionary<Row, Totals> _totals = s_rows.ToDictionary(r => r, _ => new Totals());
    private int _failures;
    private int _saved;

    /// <summary>Runs them all and prints what came of each form, then "N cases, N failures": a case is a struct in all forms. The result is the exit code.</summary>
    public int Run()
    {
        Stopwatch time = Stopwatch.StartNew();
        foreach (string tool in s_rows.Select(r => r.Tool).Distinct())
        {
            if (Start(tool, ["--version"], out string said) is { } problem)
            {
                Console.Error.WriteLine($"{tool} cannot be run: {problem}");
                return 2;
            }

            Console.WriteLine($"{tool}: {said.Split('\n')[0]}");
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-structs-");
        try
        {
            int batches = (count + BatchSize - 1) / BatchSize;
            _ = Parallel.For(0, batches, new ParallelOptions { MaxDegreeOfParallelism = threads }, number =>
            {
                string own = folder.CreateSubdirectory(number.ToString(CultureInfo.InvariantCulture)).FullName;
                RunBatch(number, Math.Min(BatchSize, count - (number * BatchSize)), own);
                Directory.Delete(own, true);
            });
        }
        finally
        {
            folder.Delete(true);
        }

        Print();
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.Elapsed.TotalSeconds:f0} s"));
        Console.WriteLine($"{count} cases, {_failures} failures");
        return _failures == 0 ? 0 : 1;
    }

    private void RunBatch(int number, int size, string folder)
    {
        StructBatch batch = StructGenerator.Make(seed, number, size);
        Dictionary<int, List<(Row Row, string What)>> failed = [];
        Objects objects = new(batch, batch.Types, folder);
        foreach (Row row in s_rows)
        {
            if (StructRefusal.OfBatch(row.Source, batch) is { } known)
            {
                lock (_gate)
                {
                    _totals[row].Leave("structs: " + known, batch.Types.Length);
                }

                continue;
            }

            Outcome outcome = Ask(row, objects);
            lock (_gate)
            {
                _totals[row].Add(outcome, batch.Types.Length);
                if (outcome.Problem is { } problem)
                {
                    // All of the batch is lost to this form.
                    _failures++;
                    Save(number, null, row, objects.Source, objects.Command(row), problem);
                }
            }

            foreach ((GeneratedType type, string what) in outcome.Failures)
            {
                if (!failed.TryGetValue(type.Number, out List<(Row, string)>? of))
                {
                    failed.Add(type.Number, of = []);
                }

                of.Add((row, what));
            }
        }

        foreach ((int type, List<(Row Row, string What)> of) in failed)
        {
            lock (_gate)
            {
                _failures++;
                if (_saved >= MostSaved)
                {
                    continue;
                }
            }

            // The one type with what it uses, if that fails too.
            string alone = Directory.CreateDirectory(Path.Combine(folder, "alone" + type.ToString(CultureInfo.InvariantCulture))).FullName;
            Objects small = new(batch, batch.With(batch.Types[type]), alone);
            bool isSmall = Ask(of[0].Row, small).Failures.Any(f => f.Type.Number == type);
            string told = string.Join('\n', of.Select(f => $"{f.Row.Source}: {f.What}"));
            lock (_gate)
            {
                Save(number, type, of[0].Row, isSmall ? small.Source : objects.Source, (isSmall ? small : objects).Command(of[0].Row), told);
            }
        }
    }

    // What one form says of all types of a source.
    private static Outcome Ask(Row row, Objects objects)
    {
        Outcome outcome = new();
        try
        {
            byte[] bytes = File.ReadAllBytes(objects.Make(row));
            // Where several compilers made it, each is a judge: they do not agree on all (ms_struct, packed enumerations).
            ImmutableArray<ImmutableArray<StructJudge>> judges = row.Inputs.Length < 2 ? [StructJudge.Read(bytes, objects.Types)]
                : [.. row.Inputs.Select(i => StructJudge.Read(File.ReadAllBytes(objects.Make(Named(i))), objects.Types))];
            KernelImage image;
            try
            {
                image = KernelImage.FromBytes(row.Source.ToString(), bytes, row.Source.IsBtf ? SourceChoice.Btf : SourceChoice.Dwarf);
            }
            catch (InvalidImageException e)
            {
                foreach (GeneratedType type in objects.Types)
                {
                    outcome.Refuse(row.Source, type, e.Problem);
                }

                return outcome;
            }

            using (image)
            {
                AskImage(row, objects.Types, judges, image.Types, outcome);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or OverflowException)
        {
            outcome.Problem = e is InvalidDataException ? e.Message : e.ToString();
        }

        return outcome;
    }

    private static void AskImage(Row row, ImmutableArray<GeneratedType> types, ImmutableArray<ImmutableArray<StructJudge>> judges, ITypeSource source, Outcome outcome)
    {
        List<(int Index, TypeName Name, TypeDefinition First)> found = [];
        for (int i = 0; i < types.Length; i++)
        {
            TypeName name = TypeName.Parse(types[i].Name);
            if (StructRefusal.OfType(row.Source, types[i]) is { } reason)
            {
                outcome.Leave(reason);
                continue;
            }

            try
            {
                if (source.FindFirst(name) is { } first)
                {
                    found.Add((i, name, first));
                }
                else
                {
                    outcome.Refuse(row.Source, types[i], StructRefusal.NoDefinition);
                }
            }
            catch (InvalidImageException e)
            {
                outcome.Refuse(row.Source, types[i], e.Problem);
            }
        }

        // All at once, by the way that compares definitions without building them. What one refuses the other does, so each is asked alone when they all fail.
        Dictionary<int, ImmutableArray<TypeDefinition>> distinct = [];
        try
        {
            ImmutableArray<DefinitionSet> sets = source.FindAll([.. found.Select(f => f.Name)], 1).Sets;
            for (int i = 0; i < found.Count; i++)
            {
                Take(found[i].Index, sets[i]);
            }
        }
        catch (InvalidImageException)
        {
            foreach ((int index, TypeName name, _) in found)
            {
                try
                {
                    Take(index, source.FindAll([name], 1).Sets[0]);
                }
                catch (InvalidImageException e)
                {
                    outcome.Refuse(row.Source, types[index], e.Problem);
                }
            }
        }

        // One unit whose record contradicts itself takes the answer from all.
        void Take(int index, DefinitionSet set)
        {
            if (set.Problem is { } problem)
            {
                outcome.Refuse(row.Source, types[index], problem.Problem);
                return;
            }

            distinct.Add(index, set.Distinct);
        }

        foreach ((int index, _, TypeDefinition first) in found)
        {
            if (!distinct.TryGetValue(index, out ImmutableArray<TypeDefinition> definitions))
            {
                continue;
            }

            if (definitions.Length == 0 || (row.Inputs.Length < 2 && definitions.Length > 1) || !DefinitionEquality.Same(first.Graph, first.Root, definitions[0].Graph, definitions[0].Root))
            {
                outcome.Fail(types[index], $"the first definition is not that of {definitions.Length} of all");
            }

            HashSet<int> unheard = [.. Enumerable.Range(0, judges.Length)];
            foreach (TypeDefinition definition in definitions)
            {
                List<StructJudge.Comparison> all = [.. judges.Select(j => j[index].Compare(types[index], definition, row.Source))];
                outcome.Add(types[index], all.MinBy(c => c.Wrong.Count)!);
                _ = unheard.RemoveWhere(j => all[j].Wrong.Count == 0);
            }

            if (judges.Length > 1 && unheard.Count > 0)
            {
                outcome.Fail(types[index], $"{unheard.Count} of {judges.Length} compilers are right by none of {definitions.Length} definitions of {types[index].Name}");
            }
        }
    }

    private void Save(int batch, int? type, Row row, string source, string command, string told)
    {
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"batch {batch}{(type is null ? "" : ", type " + type)}: {(told.Length > 1500 ? told[..1500] + "..." : told)}"));
        if (_saved++ >= MostSaved)
        {
            return;
        }

        _ = Directory.CreateDirectory(output);
        string file = Path.Combine(output, string.Create(CultureInfo.InvariantCulture, $"seed{seed}-batch{batch}-{(type is { } t ? "s" + t : row.Source.ToString().Replace(' ', '-').Replace(",", "", StringComparison.Ordinal))}.c"));
        File.WriteAllText(file, $"/* {command}\n{told.Replace("*/", "* /", StringComparison.Ordinal)}\n*/\n{source}");
        Console.Error.WriteLine($"  {file}: {command}");
    }

    private void Print()
    {
        Console.WriteLine($"{"",-38} {"structs",8} {"members",9} {"wrong",6} {"refused",8}");
        foreach ((Row row, Totals totals) in _totals)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Source,-38} {totals.Structs,8} {totals.Compared,9} {totals.Wrong,6} {totals.Refused.Values.Sum(),8}"));
            foreach ((string reason, int refused) in totals.Refused.OrderBy(r => r.Key, StringComparer.Ordinal))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{refused,12} {reason}"));
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{"all",-38} {_totals.Values.Sum(t => t.Structs),8} {_totals.Values.Sum(t => t.Compared),9} {_totals.Values.Sum(t => t.Wrong),6} {_totals.Values.Sum(t => t.Refused.Values.Sum()),8}"));
    }

    private static Row Named(string name) => s_rows.First(r => r.Source.ToString() == name);

    private static Row Gcc(string compiler, string format, params string[] options) => new(new StructSource(compiler, format), "gcc", [.. options, "-w", "-c"], []);

    private static Row Clang(string compiler, string format, params string[] options) => new(new StructSource(compiler, format), "clang", [.. options, "-w", "-Wno-incompatible-ms-struct", "-c"], []);

    private static Row Pahole(string compiler, string format) => new(new StructSource(compiler, "BTF (pahole)"), "pahole", ["-J", "--btf_gen_floats"], [$"{compiler}, {format}"]);

    // The problem, or null when it succeeded.
    private static string? Start(string tool, IEnumerable<string> arguments, out string said)
    {
        said = "";
        ProcessStartInfo start = new(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(s_longest))
            {
                process.Kill(entireProcessTree: true);
                return "out of time";
            }

            said = output.Result;
            return process.ExitCode == 0 ? null : $"exit code {process.ExitCode}: {errors.Result}{said}";
        }
        catch (Win32Exception e)
        {
            return e.Message;
        }
    }

    // A form of debug information and how it is made: of the source, or of the files that other rows make.
    private sealed record Row(StructSource Source, string Tool, ImmutableArray<string> Options, ImmutableArray<string> Inputs);

    // The object files of one source, each made once.
    private sealed class Objects
    {
        private readonly string _folder;
        private readonly string _sourceFile;
        private readonly bool _hasMicrosoftExtensions;
        private readonly Dictionary<Row, string> _made = [];

        public Objects(StructBatch batch, ImmutableArray<GeneratedType> types, string folder)
        {
            Types = types;
            Source = StructBatch.Source(types);
            _folder = folder;
            _sourceFile = Path.Combine(folder, "structs.c");
            _hasMicrosoftExtensions = batch.HasMicrosoftExtensions;
            File.WriteAllText(_sourceFile, Source);
        }

        public ImmutableArray<GeneratedType> Types { get; }

        public string Source { get; }

        // For the reader of a failure.
        public string Command(Row row) => row.Inputs.Length == 0 ? string.Join(' ', [row.Tool, .. CompilerOptions(row), "structs.c"])
            : $"{row.Tool} {string.Join(' ', row.Options)} of {string.Join("; ", row.Inputs.Select(i => Command(Named(i))))}";

        // The path of a row's file.
        public string Make(Row row)
        {
            if (_made.TryGetValue(row, out string? made))
            {
                return made;
            }

            string[] inputs = [.. row.Inputs.Select(i => Make(Named(i)))];
            string file = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"object{s_rows.IndexOf(row)}.o"));
            if (row.Tool == "pahole")
            {
                // It writes into its input.
                File.Copy(inputs[0], file, overwrite: true);
            }

            string[] arguments = inputs.Length == 0 ? [.. CompilerOptions(row), _sourceFile, "-o", file]
                : row.Tool == "pahole" ? [.. row.Options, file]
                : [.. row.Options, .. inputs, "-o", file];
            if (Start(row.Tool, arguments, out _) is { } problem)
            {
                throw new InvalidDataException(Shortened($"{row.Tool} fails: {problem}"));
            }

            _made.Add(row, file);
            return file;
        }

        private string[] CompilerOptions(Row row) => [.. row.Options, .. _hasMicrosoftExtensions ? (string[])["-fms-extensions"] : []];

        private static string Shortened(string text) => text.Length <= 2000 ? text : text[..2000] + "...";
    }

    // What came of one form of one source.
    private sealed class Outcome
    {
        public List<(GeneratedType Type, string What)> Failures { get; } = [];

        public Dictionary<string, int> Refused { get; } = [];

        public int Compared { get; private set; }

        public int Structs { get; private set; }

        public int Wrong { get; private set; }

        // Why nothing could be compared, or null.
        public string? Problem { get; set; }

        public void Refuse(StructSource source, GeneratedType type, string problem)
        {
            string? reason = StructRefusal.Of(source, type, problem);
            if (reason is null)
            {
                Failures.Add((type, $"refused, and nothing explains it: {type.Name}: {problem}"));
            }

            Count("structs: " + (reason ?? "unexplained: " + Regex.Replace(problem, "0x[0-9a-f]+|[0-9]+", "N")));
        }

        public void Leave(string reason) => Count("structs: " + reason);

        public void Fail(GeneratedType type, string what)
        {
            Failures.Add((type, what));
            Wrong++;
        }

        public void Add(GeneratedType type, StructJudge.Comparison comparison)
        {
            Structs++;
            Compared += comparison.Compared;
            Wrong += comparison.Wrong.Count;
            Failures.AddRange(comparison.Wrong.Select(w => (type, w)));
            foreach (string reason in comparison.Excused)
            {
                Count("members: " + reason);
            }
        }

        private void Count(string reason) => Refused[reason] = Refused.GetValueOrDefault(reason) + 1;
    }

    private sealed class Totals
    {
        public int Structs { get; private set; }

        public long Compared { get; private set; }

        public int Wrong { get; private set; }

        public SortedDictionary<string, int> Refused { get; } = new(StringComparer.Ordinal);

        public void Add(Outcome outcome, int types)
        {
            Structs += outcome.Structs;
            Compared += outcome.Compared;
            Wrong += outcome.Wrong;
            foreach ((string reason, int number) in outcome.Refused)
            {
                Refused[reason] = Refused.GetValueOrDefault(reason) + number;
            }

            if (outcome.Problem is not null)
            {
                Leave("structs: unexplained: the form could not be made", types);
            }
        }

        public void Leave(string reason, int types) => Refused[reason] = Refused.GetValueOrDefault(reason) + types;
    }
}
