using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>Where the facts of an answer come from, for a page.</summary>
internal static class FactsHtml
{
    private const int MostCompilers = 12;

    /// <summary>The facts of an image.</summary>
    /// <param name="report">The report.</param>
    /// <param name="source">The debug information, where the report has it.</param>
    /// <param name="hasOtherSource">Whether the image has the other debug format too.</param>
    public static IEnumerable<(string Label, string Words)> Of(ImageReport report, DebugInfoSummary? source = null, bool hasOtherSource = false)
    {
        yield return ("File", report.Run.File);
        if (report.Image is { } image)
        {
            yield return ("Kernel", image.Release ?? "the image does not tell its release");
            yield return ("Build id", image.BuildIdInWords);
            yield return ("Format", image.FullFormat);
        }

        foreach ((string label, string words) in Provenance.Others(report.Files))
        {
            yield return (label, words);
        }

        foreach ((string option, string value) in report.Image?.Config is { } config ? LayoutOptions.Of(config) : [])
        {
            yield return ("Config", $"{option}={value}");
        }

        if (source is null)
        {
            yield break;
        }

        string other = !hasOtherSource ? "" : source.Kind == SourceKind.Dwarf ? "; the image has BTF too" : "; the image has DWARF too";
        yield return ("Debug information", source.Format + other);
        if (source.Omission is { } omission)
        {
            yield return ("Lacks", omission.Clause);
        }

        if (!source.Languages.IsEmpty)
        {
            yield return ("Units", $"{string.Join(", ", source.Languages.Select(l => $"{l.UnitCount} {l.Language}"))}; only those in C answer");
        }

        string[] compilers = [.. source.Producers.Select(CheckDetails.CompilerOf).Distinct(StringComparer.Ordinal)];
        foreach (string compiler in compilers.Take(MostCompilers))
        {
            yield return ("Compiler", Printable.Shorten(compiler, 200));
        }

        if (compilers.Length > MostCompilers)
        {
            yield return ("Compiler", $"and {compilers.Length - MostCompilers} more, which JSON lists");
        }
    }

    /// <summary>Writes the facts with the program that found them.</summary>
    public static void Write(HtmlPage page, IEnumerable<(string Label, string Words)> facts) => page.Facts([.. facts, ("Program", $"layoutcheck {RunInfo.LibraryVersion}")]);
}
