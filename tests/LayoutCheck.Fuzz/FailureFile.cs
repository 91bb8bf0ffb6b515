using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Types;

namespace LayoutCheck.Fuzz;

/// <summary>Writes failing cases to files, and runs such a file again.</summary>
internal static class FailureFile
{
    private const string NamesExtension = ".names";
    private const string RuleExtension = ".md";

    // A file name has 255 bytes at most; a guided case can be of many numbers.
    private const int LongestName = 200;

    /// <summary>Writes a case to a file, and its failure to standard error with the command that repeats it.</summary>
    public static void Save(Options options, FuzzRun run, ImmutableArray<long> lineage, string failure)
    {
        string told = string.Create(CultureInfo.InvariantCulture, $"case {FuzzRun.TextOf(lineage)} of seed {options.Seed}");
        string how;
        try
        {
            (string extension, byte[] bytes, string from, IReadOnlyList<TypeName> names) = ContentsOf(options, run, lineage);
            told = run.Describe(lineage, from, names);
            _ = Directory.CreateDirectory(options.Out);
            string name = string.Create(CultureInfo.InvariantCulture, $"seed{options.Seed}-case{FuzzRun.TextOf(lineage).Replace(',', '_')}");
            string file = Path.Combine(options.Out, (name.Length <= LongestName ? name : name[..LongestName]) + extension);
            File.WriteAllBytes(file, bytes);
            File.WriteAllLines(file + NamesExtension, names.Select(n => n.ToString()));
            how = options.Mode == RunMode.Differential
                ? string.Create(CultureInfo.InvariantCulture, $"--differential 1 --seed {options.Seed} --start {lineage[0]}; the image is {file}")
                : string.Create(CultureInfo.InvariantCulture, $"--reproduce {file}, or --seed {options.Seed} --lineage {FuzzRun.TextOf(lineage)}");
        }
        catch (Exception e)
        {
            // The case cannot be made, or the disk is full: the seed and the numbers are enough to make it again.
            how = $"not saved: {e.GetType().Name}: {e.Message}";
        }

        Console.Error.WriteLine($"{told}\n  {failure.TrimEnd().Replace("\n", "\n  ", StringComparison.Ordinal)}\n  {how}");
    }

    /// <summary>Runs a case again, from its file or its numbers, and prints its failure. Returns the exit code.</summary>
    public static int Reproduce(Options options)
    {
        string? failure = null;
        FuzzRun.OnSmallStack(() =>
        {
            if (options.Reproduce is { } file)
            {
                failure = ReproduceFile(file);
                return;
            }

            FuzzRun run = new(options.Seed, options.Corpus);
            failure = run.Run(run.Of(options.Lineage));
        });
        Console.WriteLine(failure ?? "no failure");
        return failure is null ? 0 : 1;
    }

    private static string? ReproduceFile(string file)
    {
        TypeName[] names = File.Exists(file + NamesExtension)
            ? [.. File.ReadAllLines(file + NamesExtension).Select(TypeName.Parse)]
            : [new TypeName(TypeNameKind.Struct, "page")];
        return file.EndsWith(RuleExtension, StringComparison.Ordinal)
            ? new FuzzRun(1).Run(new FuzzRun.Case(file, null, File.ReadAllText(file), names))
            : HostileCase.Run(File.ReadAllBytes(file), names);
    }

    private static (string Extension, byte[] Bytes, string From, IReadOnlyList<TypeName> Names) ContentsOf(
        Options options, FuzzRun run, ImmutableArray<long> lineage)
    {
        if (options.Mode == RunMode.Differential)
        {
            FuzzRun.Comparable image = run.ComparableAt(lineage[0]);
            return (".bin", image.Image, image.From, image.Names);
        }

        FuzzRun.Case one = run.Of(lineage);
        return (one.Image is null ? RuleExtension : ".bin", one.Image ?? Encoding.UTF8.GetBytes(one.Rule!), one.From, one.Names);
    }
}
