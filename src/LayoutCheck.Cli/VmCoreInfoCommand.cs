using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck vmcoreinfo</c>.</summary>
internal static class VmCoreInfoCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> file = ImageOptionGroup.File();
        Option<bool> verbose = new("--verbose", "-v") { Description = "Write where each line comes from (the instruction, the text), and the lines that are not known." };
        ImageOptionGroup how = new();
        OutputOptions output = new("vmcoreinfo");
        command.Arguments.Add(file);
        command.Options.Add(verbose);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            OutputForm form = output.Form(parsed, parsed.GetValue(verbose) ? Verbosity.Full : Verbosity.Normal);
            using KernelImage image = InputImage.Open(parsed.GetValue(file)!, how.Of(parsed) with { TakesExported = true, HashesContent = form.ShowsImage });
            return OutputOptions.Write(VmCoreInfoAnalysis.Run(image), form);
        });
    }
}
