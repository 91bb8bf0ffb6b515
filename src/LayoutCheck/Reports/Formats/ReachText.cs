using System.Globalization;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>The symbols that reach a changed type, as text.</summary>
internal static class ReachText
{
    private const int MostDirect = 6;
    private const int MostMissing = 10;

    // Further away, everything reaches everything.
    private const int MostDistances = 3;

    /// <summary>Writes the line below a changed type.</summary>
    public static void Write(Reach reach, TypeName type, FoldedText text)
    {
        if (!reach.Types.TryGetValue(type, out ReachedType? reached))
        {
            text.Row("  ", $"reached by none of {Printable.Count((ulong)reach.Answered, "symbol")}", 4);
            return;
        }

        string nearest = reached.Direct.IsEmpty ? $"; the nearest: {Printable.Escape(reached.Example)}" : "";
        text.Row("  ", $"reached by {reached.Count} of {Printable.Count((ulong)reach.Answered, "symbol")}: {string.Join(", ", Steps(reached))}{nearest}", 4);
    }

    /// <summary>Writes the symbols without an answer.</summary>
    public static void WriteSummary(Reach reach, FoldedText text)
    {
        text.Gap();
        text.Line($"symbols: {reach.Asked} listed, {reach.Answered} with a prototype{(reach.OnlyNew.IsEmpty ? "" : $", {reach.OnlyNew.Length} of these only in the new image")}");
        if (reach.OfModules > 0)
        {
            text.Row("  ", $"no prototype for {Printable.Count((ulong)reach.OfModules, "symbol")} that modules export, and the image may not have", 4);
        }

        if (!reach.Missing.IsEmpty)
        {
            text.Row("  ", $"no prototype for {Printable.Count((ulong)reach.Missing.Length, "symbol")}: {Names(reach.Missing, MostMissing)}", 4, null, text.Style.Warning);
        }

        foreach (string problem in reach.Unread)
        {
            text.Row("  ", $"the prototype cannot be read: {Printable.Escape(problem)}", 4, null, text.Style.Warning);
        }
    }

    // 211 directly (a, b, ...), 778 through 1 pointer, 2957 through 2, 40 through more
    private static IEnumerable<string> Steps(ReachedType reached)
    {
        if (!reached.Direct.IsEmpty)
        {
            yield return $"{reached.Direct.Length} directly ({Names(reached.Direct, MostDirect)})";
        }

        bool isFirst = true;
        for (int distance = 1; distance < reached.ByDistance.Length && distance <= MostDistances; distance++)
        {
            if (reached.ByDistance[distance] > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{reached.ByDistance[distance]} through {distance}{(isFirst ? distance == 1 ? " pointer" : " pointers" : "")}");
                isFirst = false;
            }
        }

        int rest = reached.ByDistance.Skip(1 + MostDistances).Sum();
        if (rest > 0)
        {
            yield return $"{rest} through more";
        }
    }

    private static string Names(IReadOnlyCollection<string> names, int most)
        => string.Join(", ", names.Take(most).Select(Printable.Escape)) + (names.Count > most ? ", ..." : "");
}
