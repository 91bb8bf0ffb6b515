using System.Collections.Immutable;

namespace LayoutCheck.History;

/// <summary>
/// The release with which something changed: <c>6.16</c>; one of several where those between were not looked at: <c>6.15..6.17</c>; and, after a comma,
/// that of a stable line which changed on its own: <c>6.15..6.17, 6.12.108..6.12.111</c>. Without a first part the change is in that stable line alone.
/// </summary>
/// <param name="Spans">The releases, each with the first that may have the change and the first that is known to have it. Two numbers: mainline.</param>
internal sealed record ReleaseChange(ImmutableArray<(KernelRelease First, KernelRelease Last)> Spans)
{
    /// <summary>The release of mainline, or null.</summary>
    public (KernelRelease First, KernelRelease Last)? Mainline => Spans.Where(s => s.First.Patch is null).Select(s => ((KernelRelease, KernelRelease)?)s).FirstOrDefault();

    /// <summary>Reads the form above; the problem in a clause when it is none.</summary>
    internal static ReleaseChange? Read(string text, out string? problem)
    {
        ImmutableArray<(KernelRelease First, KernelRelease Last)>.Builder spans = ImmutableArray.CreateBuilder<(KernelRelease First, KernelRelease Last)>();
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Trim().Split("..");
            if (ends.Length > 2 || !ends.All(KernelRelease.IsWhole))
            {
                problem = $"'{part.Trim()}' is no release; write 6.16, 6.15..6.17 or, of a stable line, 6.12.108..6.12.111";
                return null;
            }

            (KernelRelease first, KernelRelease last) = (KernelRelease.Read(ends[0])!.Value, KernelRelease.Read(ends[^1])!.Value);
            problem = first.Patch is null != last.Patch is null || (first.Patch is not null && !first.IsOfLine(last)) ? $"'{part.Trim()}' begins and ends in different lines"
                : first.CompareTo(last) > 0 ? $"'{part.Trim()}' ends before it begins"
                : spans.Any(s => first.Patch is null ? s.First.Patch is null : s.First.Patch is not null && s.First.IsOfLine(first)) ? $"'{part.Trim()}' is a second release of one line"
                : null;
            if (problem is not null)
            {
                return null;
            }

            spans.Add((first, last));
        }

        problem = null;
        return new ReleaseChange(spans.DrainToImmutable());
    }

    /// <summary>Whether a release has the change; null when that is not known.</summary>
    public bool? IsIn(KernelRelease release)
    {
        foreach ((KernelRelease first, KernelRelease last) in Spans.Where(s => s.First.Patch is not null && s.First.IsOfLine(release)))
        {
            return release.Patch is null ? null : Compare(release, first, last);
        }

        return Mainline is { } mainline ? Compare(release with { Patch = null }, mainline.First, mainline.Last) : false;
    }

    /// <summary>In words: <c>6.16</c>, <c>6.10 or 6.11</c>, <c>between 6.15 and 6.17; in 6.12.y between 6.12.108 and 6.12.111</c>.</summary>
    public override string ToString()
        => string.Join("; ", Spans.Select(s => $"{(s.First.Patch is null ? "" : $"in {s.First.Major}.{s.First.Minor}.y ")}{Words(s.First, s.Last)}")) + (Mainline is null ? ", not in mainline" : "");

    private static bool? Compare(KernelRelease release, KernelRelease first, KernelRelease last)
        => release.CompareTo(first) < 0 ? false : release.CompareTo(last) >= 0 ? true : null;

    private static string Words(KernelRelease first, KernelRelease last)
    {
        bool areNeighbours = first.Major == last.Major && (first.Patch is { } patch ? last.Patch == patch + 1 : last.Minor == first.Minor + 1);
        return first == last ? first.ToString() : areNeighbours ? $"{first} or {last}" : $"between {first} and {last}";
    }
}
