using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary>
/// A folder of records, a file an input. A record is written beside its place and moved there: it is whole or not there, at whatever moment the process ends.
/// Several processes may write to one folder, if no input belongs to two of them.
/// </summary>
internal sealed class RecordFolder
{
    private const string Ending = ".json";
    private const string Unfinished = ".tmp";

    private readonly string _folder;

    private RecordFolder(string folder) => _folder = folder;

    /// <summary>Opens a folder, makes it where there is none, and deletes what a process that was ended left of the records of some inputs.</summary>
    /// <exception cref="OutputException">It cannot be made or read.</exception>
    public static RecordFolder Open(string folder, IEnumerable<string> inputs)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string[] left = Directory.GetFiles(folder, "*" + Unfinished);
            if (left.Length > 0)
            {
                // Those of other inputs may be of another shard, which is at work.
                HashSet<string> own = [.. inputs.Select(RecordKey.NameOf)];
                foreach (string file in left.Where(f => own.Contains(Path.GetFileName(f).Split('.')[0])))
                {
                    File.Delete(file);
                }
            }
        }
        catch (Exception e) when (Output.IsOfFiles(e))
        {
            throw new OutputException($"{folder} cannot be written: {e.Message}");
        }

        return new RecordFolder(folder);
    }

    /// <summary>The record of an input; null if there is none, or it is torn.</summary>
    public ImageRecord? Find(string input) => Read(PlaceOf(input));

    /// <summary>Writes the record of an input. Thread-safe.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public void Write(string input, ImageRecord record)
    {
        using MemoryStream line = new();
        ImageRecordJson.WriteLine(record, line, withFacts: true, withStamp: true);
        string place = PlaceOf(input);
        string unfinished = $"{place[..^Ending.Length]}.{Path.GetRandomFileName()}{Unfinished}";
        try
        {
            using (FileStream file = new(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
            }

            File.Move(unfinished, place, overwrite: true);
        }
        catch (Exception e) when (Output.IsOfFiles(e))
        {
            throw new OutputException($"the record of {input} cannot be written to {_folder}: {e.Message}");
        }
    }

    /// <summary>The records of files and folders.</summary>
    /// <param name="paths">Files of JSON lines, and folders of records.</param>
    /// <param name="torn">Takes the files with something else in them.</param>
    /// <exception cref="InvalidImageException">One cannot be read.</exception>
    public static List<ImageRecord> ReadAll(IEnumerable<string> paths, List<RecordProblem> torn)
    {
        List<ImageRecord> records = [];
        foreach (string path in paths)
        {
            foreach (string file in FilesOf(path))
            {
                ReadLines(file, records, torn);
            }
        }

        return records;
    }

    private string PlaceOf(string input) => Path.Combine(_folder, RecordKey.NameOf(input) + Ending);

    private static ImageRecord? Read(string file)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(file);
            return ImageRecordJson.Read(bytes);
        }
        catch (Exception e) when (Output.IsOfFiles(e))
        {
            return null;
        }
    }

    private static IEnumerable<string> FilesOf(string path) => !Directory.Exists(path) ? [path]
        : Directory.EnumerateFiles(path).Where(f => f.EndsWith(Ending, StringComparison.Ordinal) || f.EndsWith(".jsonl", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static void ReadLines(string file, List<ImageRecord> records, List<RecordProblem> torn)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception e) when (Output.IsOfFiles(e))
        {
            throw new InvalidImageException(file, null, null, e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : $"cannot be read ({e.Message})", "name files of JSON lines, or folders of --output-dir");
        }

        int from = 0;
        for (int number = 1; from < bytes.Length; number++)
        {
            int end = bytes.AsSpan(from).IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = bytes.AsMemory(from, end < 0 ? bytes.Length - from : end);
            from = end < 0 ? bytes.Length : from + end + 1;
            if (line.Span.Trim(" \r\t"u8).IsEmpty)
            {
                continue;
            }

            if (ImageRecordJson.Read(line) is { } record)
            {
                records.Add(record);
            }
            else
            {
                torn.Add(new RecordProblem(RecordProblemKind.Torn, file, $"line {number} is {(end < 0 ? "torn: it has no end" : "no record of check")}"));
            }
        }
    }
}
