using System.Text;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Reports;

/// <summary>Joins records of many runs: each input once, in the order of their paths.</summary>
internal static class RecordMerge
{
    /// <summary>Joins records.</summary>
    /// <param name="records">The records, in any order.</param>
    /// <param name="torn">Records that could not be read.</param>
    /// <param name="expected">The inputs that must each have one; null where that is not known.</param>
    /// <remarks>
    /// Several records of one input that say the same are one, and a problem only where the inputs are known: an engine that tries again makes them. Of records that
    /// contradict each other all stay.
    /// </remarks>
    public static RecordSummary Join(IEnumerable<ImageRecord> records, IEnumerable<RecordProblem> torn, IReadOnlyCollection<string>? expected)
    {
        ArgumentNullException.ThrowIfNull(records);
        List<ImageRecord> images = [];
        List<RecordProblem> problems = [.. torn];
        List<string> notices = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        // One input has several names: ./a and a.
        foreach ((string path, ImageRecord[] input) in records.GroupBy(r => FullPathOf(r.Path), StringComparer.Ordinal)
            .Select(g => (Path: g.Select(r => r.Path).Min(StringComparer.Ordinal)!, Records: g.ToArray())).OrderBy(g => g.Path, StringComparer.Ordinal))
        {
            known.UnionWith(input.Select(r => r.Path));
            List<ImageRecord> different = input.Length == 1 ? [.. input] : Distinct(input.Select(r => r with { Path = path }));
            images.AddRange(different);
            int count = input.Length;
            if (different.Count > 1)
            {
                problems.Add(new RecordProblem(RecordProblemKind.Contradictory, path, $"{count} records say different things: {string.Join(", ", different.Select(Words))}"));
            }
            else if (count > 1 && expected is not null)
            {
                problems.Add(new RecordProblem(RecordProblemKind.Double, path, $"{count} records say the same"));
            }
        }

        if (expected is not null)
        {
            HashSet<string> full = [.. known.Select(FullPathOf)];
            HashSet<string> wanted = new(StringComparer.Ordinal);
            foreach (string path in expected.Where(wanted.Add).Where(path => !known.Contains(path) && !full.Contains(FullPathOf(path))))
            {
                problems.Add(new RecordProblem(RecordProblemKind.Missing, path, "has no record"));
            }

            HashSet<string> fullWanted = [.. wanted.Select(FullPathOf)];
            notices.AddRange(known.Where(path => !wanted.Contains(path) && !fullWanted.Contains(FullPathOf(path))).Select(path => $"{path} has a record and is not in the list"));
        }

        return new RecordSummary([.. images]) { Problems = [.. problems.OrderBy(p => p.Kind).ThenBy(p => p.Path, StringComparer.Ordinal)], Notices = [.. notices] };
    }

    // A record may have any text for its path.
    private static string FullPathOf(string path) => path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? path : Path.GetFullPath(path);

    // With the facts and the hash, where one has them and another has none. The order of the records does not matter: those that tell more come first.
    private static List<ImageRecord> Distinct(IEnumerable<ImageRecord> records)
    {
        List<ImageRecord> different = [];
        foreach (ImageRecord record in records.OrderBy(r => r.Sha256 is null).ThenBy(r => r.Facts.IsEmpty).ThenBy(Line, StringComparer.Ordinal))
        {
            int at = different.FindIndex(d => d.SaysTheSameAs(record));
            if (at < 0)
            {
                different.Add(record);
            }
            else
            {
                ImageRecord same = different[at];
                different[at] = same with { Facts = same.Facts.IsEmpty ? record.Facts : same.Facts, Sha256 = same.Sha256 ?? record.Sha256 };
            }
        }

        return [.. different.OrderBy(r => r.ExitCode).ThenBy(r => r.Sha256 ?? r.BuildId, StringComparer.Ordinal)];
    }

    private static string Line(ImageRecord record)
    {
        using MemoryStream line = new();
        ImageRecordJson.WriteLine(record, line, withFacts: true);
        return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
    }

    private static string Words(ImageRecord record)
    {
        string identity = record.Sha256 is { } hash ? $" of sha256 {hash[..Math.Min(12, hash.Length)]}" : record.BuildId is { } id ? $" of build id {id[..Math.Min(12, id.Length)]}" : "";
        return $"{record.ExitCode.ToString().ToLowerInvariant()}{identity}";
    }
}
