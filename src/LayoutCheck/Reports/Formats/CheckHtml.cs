using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>Verdicts of <c>check</c> as a page: of one image, or of several with a table before them.</summary>
internal static class CheckHtml
{
    // A page of a fleet has a row for each image, and the whole of so many: those that do not hold first. JSON has all of all.
    private const int MostWhole = 24;

    /// <summary>Writes the page.</summary>
    public static void Write(CheckBatch batch, Stream output)
    {
        if (batch.Images is [var only])
        {
            WriteOne(only, output);
            return;
        }

        using HtmlPage page = new(output, Title(batch));
        page.Verdict(batch.ExitCode, $"the worst of {batch.Images.Length} images (exit code {(int)batch.ExitCode})");
        int[] whole = [.. Enumerable.Range(0, batch.Images.Length).OrderBy(i => batch.Images[i].ExitCode == ExitCode.Holds).Take(MostWhole).Order()];
        HashSet<int> linked = [.. whole];
        page.Table("Images", ["file", "verdict", "release", "machine", "what"], batch.Images.Select((image, i) => Row(image, linked.Contains(i) ? Id(i) : null)));
        if (whole.Length < batch.Images.Length)
        {
            page.Html.Element("p", $"{whole.Length} of them are shown whole, those that do not hold first; a run of one image shows any other.", ("class", "quiet"));
        }

        for (int i = 0; i < whole.Length; i++)
        {
            ImageReport image = batch.Images[whole[i]];
            page.Html.Start("section", ("id", Id(whole[i])), ("class", "image")).Element("h2", image.Run.File);
            if (image is CheckReport check)
            {
                page.Html.Element("p", check.Headline());
                page.Verdict(check.ExitCode, CheckText.Counts(check.CountRules));
                new CheckSection(check, page, i + 1, $"{Label(check, whole[i])}: ").Write(isAlone: false);
            }
            else
            {
                WriteUnreadable((UnreadableReport)image, page);
            }

            page.Html.EndLine();
        }
    }

    private static void WriteOne(ImageReport image, Stream output)
    {
        using HtmlPage page = new(output, image is CheckReport report ? report.Headline() : $"{image.Run.File} cannot be read");
        if (image is CheckReport check)
        {
            page.Html.Start("div", ("class", "front"));
            page.Verdict(check.ExitCode, $"{CheckText.Counts(check.CountRules)} (exit code {(int)check.ExitCode})");
            new CheckSection(check, page, 1, "").Write(isAlone: true);
        }
        else
        {
            WriteUnreadable((UnreadableReport)image, page);
        }
    }

    private static void WriteUnreadable(UnreadableReport report, HtmlPage page)
    {
        page.Verdict(report.ExitCode, report.Problem);
        page.Facts(Facts());

        IEnumerable<(string Label, string Words)> Facts()
        {
            yield return ("File", report.Run.File);
            if (report.Section is { } section)
            {
                yield return ("Section", section);
            }

            if (report.Offset is { } offset)
            {
                yield return ("Offset", string.Create(CultureInfo.InvariantCulture, $"0x{offset:x}"));
            }

            if (report.Remedy is { } remedy)
            {
                yield return ("To do", remedy);
            }
        }
    }

    private static string Title(CheckBatch batch)
    {
        IEnumerable<string> parts = batch.Images.GroupBy(i => i.ExitCode).OrderBy(g => g.Key != batch.ExitCode).ThenBy(g => g.Key)
            .Select(g => $"{g.Count()} {HtmlPage.WordOf(g.Key).ToLowerInvariant()}");
        return $"{Printable.Count((ulong)batch.Images.Length, "image")}: {string.Join(", ", parts)}";
    }

    private static string Id(int index) => string.Create(CultureInfo.InvariantCulture, $"image-{index + 1}");

    // No two captions of a page are alike.
    private static string Label(CheckReport check, int index) => check.Image?.Release is { } release ? $"{release} ({index + 1})" : $"image {index + 1}";

    private static IReadOnlyList<HtmlCell> Row(ImageReport image, string? target)
    {
        HtmlCell verdict = new(HtmlPage.WordOf(image.ExitCode).ToLowerInvariant(), HtmlPage.ClassOf(image.ExitCode));
        return
        [
            new HtmlCell(image.Run.File, "code", target),
            verdict,
            image.Image?.Release ?? "",
            image.Image?.Format ?? "",
            image switch
            {
                CheckReport check => check.Headline(),
                UnreadableReport { Problem: var problem } => problem,
                _ => "",
            },
        ];
    }
}
