using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="VmCoreInfoReport"/> as text: the note as the kernel writes it; in full, each line with where it comes from.</summary>
internal static class VmCoreInfoText
{
    /// <summary>Writes the report. A line that is not known in full is written in full text alone.</summary>
    public static void Write(VmCoreInfoReport report, TextStyle style, TextWriter output)
    {
        bool isFull = style.Verbosity == Verbosity.Full;
        int width = report.Note.Lines.Select(l => Printable.Escape(l.Text).Length).DefaultIfEmpty().Max();
        foreach (ExportedLine line in report.Note.Lines)
        {
            string text = Printable.Escape(line.Text);
            if (!isFull)
            {
                if (line.Unknown is null)
                {
                    output.WriteLine(text);
                }

                continue;
            }

            string place = $"{Address(line.Instruction),-18}  {Address(line.TextAddress),-18}";
            string remark = line.IsContradicted ? "  CONTRADICTION: the code says another value too" : line.Unknown is { } reason ? $"  not known: {reason}" : "";
            output.WriteLine($"{text.PadRight(width)}  {place}{remark}".TrimEnd());
        }
    }

    private static string Address(ulong? address) => address is { } known ? string.Create(CultureInfo.InvariantCulture, $"0x{known:x}") : "";
}
