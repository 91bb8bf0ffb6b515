using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="RecordSummary"/> as tab-separated values: a head line, then a line an image.</summary>
internal static class SummaryTsv
{
    /// <summary>Writes the table.</summary>
    public static void Write(RecordSummary summary, TextWriter output)
    {
        output.WriteLine("path\tverdict\texit_code\trelease\tmachine\tbits\tbyte_order\tpage_size\tbuild_id\tsha256\tera\tviolated\tundecided\terror");
        foreach (ImageRecord record in summary.Images)
        {
            string[] cells =
            [
                record.Path, ImageRecordJson.NameOf(record.ExitCode), Number((int)record.ExitCode), record.Release ?? "", record.Machine ?? "", Number(record.Bits),
                record.IsBigEndian switch { true => "big", false => "little", null => "" }, Number(record.PageByteSize), record.BuildId ?? "", record.Sha256 ?? "", record.Era ?? "",
                string.Join(',', record.IdsOf(Outcome.Violated)), string.Join(',', record.IdsOf(Outcome.Undecided)), record.Error?.Message ?? "",
            ];
            output.WriteLine(string.Join('\t', cells.Select(Printable.Escape)));
        }
    }

    private static string Number(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";
}
