using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Reports.Formats;

/// <summary>Two members under one ruler of bytes, a row each, in as many columns as a quoted mail has.</summary>
internal static class OverlayMap
{
    private const int MostColumns = 75;
    private const int Word = 8;
    private const string Indent = "  ";

    /// <summary>Draws the map; false where the members lie too far apart for it, and nothing is written.</summary>
    /// <param name="first">A place, with the size of the member.</param>
    /// <param name="second">Another.</param>
    /// <param name="text">The lines.</param>
    public static bool Write(Observation first, Observation second, FoldedText text)
    {
        Observation[] members = [.. ((Observation[])[first, second]).OrderBy(m => m.Number)];
        if (members.Any(m => m.SubjectByteSize is null or 0 or > MostColumns || m.Number is null))
        {
            return false;
        }

        ulong start = members[0].Number!.Value / Word * Word;
        ulong end = (members.Max(m => m.Number!.Value + m.SubjectByteSize!.Value) + Word - 1) / Word * Word;
        int room = Math.Min(MostColumns, text.Style.Width == 0 ? MostColumns : text.Style.Width);
        int scale = Array.Find([4, 2, 1], s => end - start <= MostColumns && members.All(m => EndOf(m, start, s) + Indent.Length + 2 + TypeOf(m).Length <= room)
            && ((int)(end - start) * s) + Indent.Length < room);
        if (scale == 0)
        {
            return false;
        }

        WriteRuler(start, end, scale, text);
        foreach (Observation member in members)
        {
            int from = (int)(member.Number!.Value - start) * scale;
            text.Output.WriteLine($"{Indent}{new string(' ', from)}{Box(member, EndOf(member, start, scale) - from)}  {TypeOf(member)}");
        }

        return true;
    }

    private static int EndOf(Observation member, ulong start, int scale) => (int)(member.Number!.Value + member.SubjectByteSize!.Value - start) * scale;

    private static void WriteRuler(ulong start, ulong end, int scale, FoldedText text)
    {
        int columns = (int)(end - start) * scale;
        ulong step = scale == 1 ? 8u : 4u;
        char[] numbers = [.. Enumerable.Repeat(' ', columns + 8)];
        char[] marks = [.. Enumerable.Repeat('-', columns + 1)];
        for (ulong at = start; at <= end; at += step)
        {
            int column = (int)(at - start) * scale;
            at.ToString(CultureInfo.InvariantCulture).CopyTo(0, numbers, column, Math.Min(8, at.ToString(CultureInfo.InvariantCulture).Length));
            marks[column] = '|';
        }

        text.Output.WriteLine(Indent + new string(numbers).TrimEnd());
        text.Output.WriteLine(Indent + new string(marks));
    }

    // A member of one column, as a byte of a wide map is, has no room for both ends.
    private static string Box(Observation member, int columns)
    {
        if (columns < 2)
        {
            return "|";
        }

        string name = NameOf(member);
        int room = columns - 2;
        string label = name.Length <= room ? name : room > 1 ? name[..(room - 1)] + "~" : "";
        int before = (room - label.Length) / 2;
        return $"[{new string(' ', before)}{label}{new string(' ', room - label.Length - before)}]";
    }

    private static string NameOf(Observation member) => Printable.Escape(member.Subject[(member.Subject.IndexOf('.', StringComparison.Ordinal) + 1)..]);

    private static string TypeOf(Observation member) => Printable.Escape(member.Subject[..Math.Max(0, member.Subject.IndexOf('.', StringComparison.Ordinal))]);
}
