using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Machine;

namespace LayoutCheck.VmCoreInfo;

/// <summary>
/// The VMCOREINFO that a kernel will write when it starts, read from its image. The texts are found by their bytes, the instructions that take their addresses by
/// theirs, and what is passed with them by following constants to the call. No symbols are needed, and no debug information.
/// </summary>
internal static class VmCoreInfoReader
{
    // A function that writes lines is as long as its lines are many; it may set registers once at its beginning.
    private const ulong Before = 4096;
    private const ulong Behind = 1024;

    // Chance references are as dense as hostile bytes make them.
    private const ulong MostDecoded = 32 << 20;

    /// <summary>The note of an image; null where the image has no code that writes one, or is of another machine.</summary>
    /// <param name="image">The code and the data.</param>
    /// <param name="buildId">The build id of the image, or null.</param>
    public static ExportedNote? Read(CodeImage image, string? buildId)
    {
        if (!FormatStrings.HasRelease(image) || FormatStrings.Find(image) is not { Count: > 0 } texts)
        {
            return null;
        }

        List<CallSite> calls = [];
        ulong decoded = 0;
        foreach (CodeRange range in image.Code)
        {
            AddCalls(image, range, texts.Keys, calls, ref decoded);
        }

        return AppendFunction(calls, texts) is { } target ? Note(image, calls, target, texts, buildId) : null;
    }

    private static void AddCalls(CodeImage image, CodeRange range, IReadOnlyCollection<ulong> texts, List<CallSite> calls, ref ulong decoded)
    {
        List<int> references = TextReferences.Find(image, range, texts);
        int next = 0;
        ulong reached = 0;
        while (next < references.Count && decoded < MostDecoded)
        {
            ulong first = (ulong)references[next];
            int last = next;
            while (last + 1 < references.Count && (ulong)references[last + 1] - (ulong)references[last] < Behind)
            {
                last++;
            }

            ulong start = Math.Max(reached, first - Math.Min(first, Before));
            ulong end = Math.Min((ulong)references[last] + Behind, range.Bytes.Length);
            calls.AddRange(CodeWindow.Calls(image, range, start, first, end, out ulong decodedEnd));
            decoded += end - start;
            reached = Math.Max(first + 1, decodedEnd);
            while (next < references.Count && (ulong)references[next] < reached)
            {
                next++;
            }
        }
    }

    // vmcoreinfo_append_str: most of the texts go to it.
    private static ulong? AppendFunction(List<CallSite> calls, Dictionary<ulong, string> texts)
    {
        Dictionary<ulong, int> counts = [];
        foreach (CallSite call in calls)
        {
            if (call.Arguments[0].Doubt == Doubt.None && texts.ContainsKey((ulong)call.Arguments[0].Value))
            {
                counts[call.Target] = counts.GetValueOrDefault(call.Target) + 1;
            }
        }

        return counts.Count == 0 ? null : counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).First().Key;
    }

    private static ExportedNote Note(CodeImage image, List<CallSite> calls, ulong target, Dictionary<ulong, string> texts, string? buildId)
    {
        List<ExportedLine> lines = [];
        HashSet<ulong> seen = [];
        HashSet<ulong> passed = [];
        foreach (CallSite call in calls)
        {
            if (call.Target == target && seen.Add(call.Address) && call.Arguments[0].Doubt == Doubt.None && image.TextAt((ulong)call.Arguments[0].Value) is { } format)
            {
                _ = passed.Add((ulong)call.Arguments[0].Value);
                lines.Add(CallLine.Of(image, call, format, buildId));
            }
        }

        HashSet<string> told = [.. lines.Select(l => l.Key)];
        foreach ((ulong address, string text) in texts)
        {
            ExportedLine line = ExportedLine.Parse(text[..^1]);
            if (!passed.Contains(address) && !line.Name.Contains('%', StringComparison.Ordinal) && told.Add(line.Key))
            {
                lines.Add(line with { Text = $"{line.Key}=?", Value = null, TextAddress = address, Unknown = "no call was found that passes this text" });
            }
        }

        return new ExportedNote(ExportedNote.MarkContradictions(lines)) { Machine = image.Machine == MachineKind.Arm64 ? "arm64" : "x86-64" };
    }
}
