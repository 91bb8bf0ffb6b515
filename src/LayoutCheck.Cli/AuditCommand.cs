using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck audit</c>.</summary>
internal static class AuditCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> file = ImageOptionGroup.File();
        Option<bool> verbose = new("--verbose", "-v") { Description = "List every definition of the names without a common one, and all its units." };
        Option<bool> rust = new("--rust") { Description = "Compare the structs that bindgen made for Rust with C's too." };
        Option<int> threads = OptionWords.Threads();
        ImageOptionGroup how = new();
        OutputOptions output = new("audit");
        command.Arguments.Add(file);
        command.Options.Add(verbose);
        command.Options.Add(rust);
        command.Options.Add(threads);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed => Run(
            parsed.GetValue(file)!, how.Of(parsed), parsed.GetValue(rust), parsed.GetValue(threads), output.Form(parsed, parsed.GetValue(verbose) ? Verbosity.Full : Verbosity.Normal)));
    }

    private static int Run(string file, ImageOptions how, bool withTwins, int threads, OutputForm form)
    {
        using KernelImage image = InputImage.Open(file, how);
        AuditReport report = Progress.While(image.Types, () => AuditAnalysis.Run(image, threads, AcceptedVariants.Known, withTwins, form.Format.ShowsImage));
        return OutputOptions.Write(report, form);
    }
}
