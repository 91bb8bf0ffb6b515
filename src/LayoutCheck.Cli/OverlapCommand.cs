using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck overlap</c>.</summary>
internal static class OverlapCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> file = ImageOptionGroup.File();
        Argument<string> type = new("TYPE") { Description = "A type, for a map of all its bytes; or a member (page.compound_head), for all that lie on its bits" };
        Option<bool> expand = new("--expand", "-E") { Description = "Go into members of named struct types too." };
        ImageOptionGroup how = new();
        OutputOptions output = new("overlap");
        command.Arguments.Add(file);
        command.Arguments.Add(type);
        command.Options.Add(expand);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed => Run(parsed.GetValue(file)!, TypeQuery.Parse(parsed.GetValue(type)!), how.Of(parsed), parsed.GetValue(expand), output.Form(parsed)));
    }

    private static int Run(string file, TypeQuery query, ImageOptions how, bool expand, OutputForm form)
    {
        using KernelImage image = InputImage.Open(file, how with { HashesContent = form.ShowsImage });
        OverlapReport report = Progress.While(image.Types, () => OverlapAnalysis.Run(image, query, expand, form.ShowsImage));
        return OutputOptions.Write(report, form);
    }
}
