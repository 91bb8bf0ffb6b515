using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck baseline</c>.</summary>
internal static class BaselineCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> file = ImageOptionGroup.File();
        Argument<string[]> types = new("TYPE") { Description = "The structs and unions to pin: page 'struct folio'", Arity = ArgumentArity.OneOrMore };
        Option<string?> path = new("--output", "-o") { Description = "The rule file to write; without it, standard output.", HelpName = "PATH" };
        ImageOptionGroup how = new();
        OutputOptions output = new("baseline");
        command.Arguments.Add(file);
        command.Arguments.Add(types);
        command.Options.Add(path);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(types)!, how.Of(parsed), parsed.GetValue(path), output.Form(parsed)));
    }

    private static int Run(string file, string[] types, ImageOptions how, string? path, OutputForm form)
    {
        using KernelImage image = InputImage.Open(file, how);
        BaselineReport report = Progress.While(image.Types, () => BaselineAnalysis.Run(image, types, Environment.ProcessorCount));
        return OutputOptions.Write(report, form, path);
    }
}
