using System.Collections.Immutable;
using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck overlap</c>.</summary>
internal static class OverlapCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> file = ImageOptionGroup.File();
        Argument<string[]> types = new("TYPE")
        {
            Description = "A type, for a map of all its bytes; several, for a map of them over each other; or a member (page.compound_head), for all that lie on its bits",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> expand = new("--expand", "-E") { Description = "Go into members of named struct types too." };
        ImageOptionGroup how = new();
        OutputOptions output = new("overlap");
        command.Arguments.Add(file);
        command.Arguments.Add(types);
        command.Options.Add(expand);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed => Run(parsed.GetValue(file)!, [.. parsed.GetValue(types)!.Select(TypeQuery.Parse)], how.Of(parsed), parsed.GetValue(expand), output.Form(parsed)));
    }

    private static int Run(string file, ImmutableArray<TypeQuery> queries, ImageOptions how, bool expand, OutputForm form)
    {
        using KernelImage image = InputImage.Open(file, how with { HashesContent = form.ShowsImage });
        Report report = Progress.While<Report>(image.Types, () => queries is [var only]
            ? OverlapAnalysis.Run(image, only, expand, form.ShowsImage, form.Needs.HasFlag(ReportNeeds.Map))
            : OverlapAnalysis.Run(image, queries, expand, form.ShowsImage));
        return OutputOptions.Write(report, form);
    }
}
