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
        foreach (IGrouping<string, ImageRecord> input in records.GroupBy(r => r.Path, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            _ = known.Add(input.Key);
            List<ImageRecord> different = Distinct(input);
            images.AddRange(different);
            int count = input.Count();
            if (different.Count > 1)
            {
                problems.Add(new RecordProblem(RecordProblemKind.Contradictory, input.Key, $"{count} records say different things: {string.Join(", ", different.Select(Words))}"));
            }
            else if (count > 1 && expected is not null)
            {
                problems.Add(new RecordProblem(RecordProblemKind.Double, input.Key, $"{count} records say the same"));
            }
        }

        if (expected is not null)
        {
            HashSet<string> full = [.. known.Select(Path.GetFullPath)];
            HashSet<string> wanted = new(StringComparer.Ordinal);
            foreach (string path in expected.Where(wanted.Add).Where(path => !known.Contains(path) && !full.Contains(Path.GetFullPath(path))))
            {
                problems.Add(new RecordProblem(RecordProblemKind.Missing, path, "has no record"));
            }

            HashSet<string> fullWanted = [.. wanted.Select(Path.GetFullPath)];
            notices.AddRange(known.Where(path => !wanted.Contains(path) && !fullWanted.Contains(Path.GetFullPath(path))).Select(path => $"{path} has a record and is not in the list"));
        }

        return new RecordSummary([.. images]) { Problems = [.. problems.OrderBy(p => p.Kind).ThenBy(p => p.Path, StringComparer.Ordinal)], Notices = [.. notices] };
    }

    // With the facts, where one has them and another has none.
    private static List<ImageRecord> Distinct(IEnumerable<ImageRecord> records)
    {
        List<ImageRecord> different = [];
        foreach (ImageRecord record in records)
        {
            int at = different.FindIndex(d => d.SaysTheSameAs(record));
            if (at < 0)
            {
                different.Add(record);
            }
            else if (different[at].Facts.IsEmpty)
            {
                different[at] = record;
            }
        }

        return [.. different.OrderBy(r => r.ExitCode).ThenBy(r => r.Sha256 ?? r.BuildId, StringComparer.Ordinal)];
    }

    private static string Words(ImageRecord record)
    {
        string identity = record.Sha256 is { } hash ? $" of sha256 {hash[..Math.Min(12, hash.Length)]}" : record.BuildId is { } id ? $" of build id {id[..Math.Min(12, id.Length)]}" : "";
        return $"{record.ExitCode.ToString().ToLowerInvariant()}{identity}";
    }
}
