using LayoutCheck.Code;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="HelperReport"/> as text: the helper, one of its inlined calls, and the instructions there.</summary>
internal static class HelperText
{
    /// <summary>Writes the report.</summary>
    public static void Write(HelperReport report, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        Helper helper = report.Helper;
        text.Line($"{helper.Name}({helper.Of} *{string.Join('|', helper.Parameters)}) uses {string.Join(" or ", helper.Reads)}", 4, style.Bold);
        if (report.Evidence.NotAsked is { } reason)
        {
            text.Line($"The instructions were not asked: {Printable.Escape(reason)}", 4, style.Warning);
            return;
        }

        if (report.Evidence.Helpers is [var asked])
        {
            text.Line($"Inlined {asked.CallCount} times, its register known in {asked.KnownCount}, with an access in {asked.SeenCount}");
        }
        else
        {
            text.Line("Not inlined anywhere in this image");
        }

        if (report is not { Site: { } site, Member: { } member })
        {
            text.Line("No instruction tells anything (no evidence)", 4, style.Warning);
            return;
        }

        text.Line(Printable.Escape(member.Wrong.IsEmpty
            ? $"{member.Member.Name} is @{member.Member.Place.Offset} by the types: {Printable.Count((ulong)member.Sites.Length, "instruction")} {(member.Sites.Length == 1 ? "uses" : "use")} it there"
            : CodeText.Sentence(member)));
        text.Gap();
        text.Line(Printable.Escape(CodeText.Describe(site)));
        int width = report.Lines.Select(l => l.Where.Length).DefaultIfEmpty().Max();
        int bytes = report.Lines.Select(l => l.Bytes.Length).DefaultIfEmpty().Max();
        foreach (ListedInstruction line in report.Lines)
        {
            text.Row($"{(line.IsSite ? "> " : "  ")}{Printable.Escape(line.Where).PadRight(width)}  {line.Bytes.PadRight(bytes)}  ", Printable.Escape(line.Words), width + bytes + 6, line.IsSite ? style.Bold : null);
        }
    }
}
