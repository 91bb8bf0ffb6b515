using System.Collections.Immutable;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz;

/// <summary>
/// The file in which a child process notes what it does, so that its parent knows after any end of it: the number of cases begun, of those that failed,
/// and for each thread the case that it runs. Beside it lie the outcomes of a differential run and the lineage of a guided run's case.
/// </summary>
internal sealed class SlotFile : IDisposable
{
    private const int HeaderSlots = 2;

    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Opens the file that the parent has made.</summary>
    public SlotFile(string path)
    {
        _path = path;
        _file = MemoryMappedFile.CreateFromFile(path);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>The file's contents, as its parent sees them.</summary>
    /// <param name="Begun">The number of cases begun.</param>
    /// <param name="Failed">The number of cases that failed.</param>
    /// <param name="Running">The cases that no thread has ended, by the numbers that make each.</param>
    public sealed record Contents(long Begun, long Failed, IReadOnlyList<ImmutableArray<long>> Running);

    /// <summary>Makes the file, or empties it.</summary>
    public static void Create(string path, int threads) => File.WriteAllBytes(path, new byte[(HeaderSlots + threads) * sizeof(long)]);

    /// <summary>Reads the file of a child that has ended.</summary>
    public static Contents Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        long[] slots = [.. Enumerable.Range(0, bytes.Length / sizeof(long)).Select(i => BitConverter.ToInt64(bytes, i * sizeof(long)))];
        IEnumerable<ImmutableArray<long>> running = slots.Skip(HeaderSlots).Where(n => n > 0).Select(n => ImmutableArray.Create(n - 1));
        if (slots.Skip(HeaderSlots).Any(n => n < 0))
        {
            running = [[.. File.ReadAllText(LineagePath(path)).Split(',').Select(n => long.Parse(n, CultureInfo.InvariantCulture))]];
        }

        return new Contents(slots[0], slots[1], [.. running]);
    }

    /// <summary>The outcomes that a differential run has noted.</summary>
    public static IEnumerable<string> ReadOutcomes(string path) => File.Exists(OutcomesPath(path)) ? File.ReadLines(OutcomesPath(path)) : [];

    /// <summary>Notes how many cases have begun.</summary>
    public void SetBegun(long count) => _view.Write(0, count);

    /// <summary>Notes how many cases have failed.</summary>
    public void SetFailed(long count) => _view.Write(sizeof(long), count);

    /// <summary>
    /// Notes the case that a thread begins, by the numbers that make it. Only a guided run, which has one thread, has cases of several numbers and undamaged
    /// images.
    /// </summary>
    public void Begin(int thread, ImmutableArray<long> lineage)
    {
        if (lineage is [>= 0 and var number])
        {
            Write(thread, number + 1);
            return;
        }

        File.WriteAllText(LineagePath(_path), FuzzRun.TextOf(lineage));
        Write(thread, -1);
    }

    /// <summary>Notes that a thread runs no case.</summary>
    public void End(int thread) => Write(thread, 0);

    /// <summary>Notes the outcomes of a differential case; one thread at a time.</summary>
    public void AddOutcomes(IEnumerable<string> outcomes) => File.AppendAllLines(OutcomesPath(_path), outcomes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static string OutcomesPath(string path) => path + ".outcomes";

    private static string LineagePath(string path) => path + ".lineage";

    private void Write(int thread, long value) => _view.Write((HeaderSlots + thread) * sizeof(long), value);
}
