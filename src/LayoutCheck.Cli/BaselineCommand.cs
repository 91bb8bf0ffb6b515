using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Import;

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
        Option<bool> places = new("--places") { Description = "Pin places and sizes alone: no types, and nothing of the types that are held by value." };
        Option<string[]> reserved = new("--reserved") { Description = "A field kept for later use, whose bytes may be put to use; * is any text. May be repeated; the usual names (kabi_reserved1) are known.", HelpName = "PATTERN" };
        Option<bool> force = new("--force") { Description = "Overwrite the rule file, and make its folder." };
        ImageOptionGroup how = new();
        OutputOptions output = new("baseline");
        command.Arguments.Add(file);
        command.Arguments.Add(types);
        command.Options.Add(path);
        command.Options.Add(force);
        command.Options.Add(places);
        command.Options.Add(reserved);
        how.AddTo(command);
        output.AddTo(command, hasFile: true);
        command.SetAction(parsed =>
        {
            BaselineOptions what = new()
            {
                PlacesOnly = parsed.GetValue(places),
                Reserved = [.. BaselineOptions.UsualReserved, .. parsed.GetValue(reserved) ?? []],
            };
            OutputFile? written = parsed.GetValue(path) is { } named ? new OutputFile(named, parsed.GetValue(force)) : null;
            return Run(parsed.GetValue(file)!, parsed.GetValue(types)!, how.Of(parsed), what, written, output.Form(parsed));
        });
    }

    private static int Run(string file, string[] types, ImageOptions how, BaselineOptions what, OutputFile? written, OutputForm form)
    {
        // Before anything is read: that takes a while.
        written?.RequirePlace();
        using KernelImage image = InputImage.Open(file, how with { HashesContent = form.ShowsImage });
        BaselineReport report = Progress.While(image.Types, () => BaselineAnalysis.Run(image, types, Environment.ProcessorCount, what));
        return OutputOptions.Write(report, form, written);
    }
}
