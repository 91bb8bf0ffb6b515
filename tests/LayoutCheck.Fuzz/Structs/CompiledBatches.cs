using System.Diagnostics;
using System.Globalization;

namespace LayoutCheck.Fuzz.Structs;

/// <summary>Runs cases that are compiled many at a time: a batch is one source, in a folder of its own that goes when it is over.</summary>
internal static class CompiledBatches
{
    /// <summary>Runs all batches. Prints the totals, the time, and "N cases, N failures", and returns the exit code.</summary>
    /// <param name="name">The name of the kind of cases, for the folder.</param>
    /// <param name="count">The number of cases.</param>
    /// <param name="batchSize">The most cases of a batch.</param>
    /// <param name="threads">The number of batches at once.</param>
    /// <param name="run">Runs a batch, by its number, its size and its folder.</param>
    /// <param name="print">Prints the totals and returns the number of failures.</param>
    public static int Run(string name, int count, int batchSize, int threads, Action<int, int, string> run, Func<int> print)
    {
        Stopwatch time = Stopwatch.StartNew();
        DirectoryInfo folder = Directory.CreateTempSubdirectory($"layoutcheck-{name}-");
        try
        {
            int batches = (count + batchSize - 1) / batchSize;
            _ = Parallel.For(0, batches, new ParallelOptions { MaxDegreeOfParallelism = threads }, number =>
            {
                string own = folder.CreateSubdirectory(number.ToString(CultureInfo.InvariantCulture)).FullName;
                run(number, Math.Min(batchSize, count - (number * batchSize)), own);
                Directory.Delete(own, true);
            });
        }
        finally
        {
            folder.Delete(true);
        }

        int failures = print();
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.Elapsed.TotalSeconds:f0} s"));
        Console.WriteLine($"{count} cases, {failures} failures");
        return failures == 0 ? 0 : 1;
    }
}
