using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Code;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck explain</c>.</summary>
internal static class ExplainCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> rule = new("RULE") { Description = "The id of a rule, as 'layoutcheck rules' lists it; or an inline function that check --code knows (_compound_head, page_pgmap): one of its instructions in FILE" };
        Argument<string?> file = new("FILE") { Description = "The image to draw the example from; without it, the sample that the program brings along", Arity = ArgumentArity.ZeroOrOne };
        Option<string[]> rules = new("--rules") { Description = "Explain a rule of this file, or of this folder.", HelpName = "FILE|DIR" };
        OutputOptions output = new("explain");
        command.Arguments.Add(rule);
        command.Arguments.Add(file);
        command.Options.Add(rules);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            if (HelperCatalog.Find(parsed.GetValue(rule)!) is { } helper)
            {
                return Run(helper, parsed.GetValue(file) ?? throw new UsageException($"explain {helper.Name} needs to know whose instructions: name a FILE"), output.Form(parsed));
            }

            Rule chosen = ExplainAnalysis.Find(parsed.GetValue(rule)!, RuleChoice.OwnRules(parsed.GetValue(rules) ?? []));
            return Run(chosen, parsed.GetValue(file), output.Form(parsed));
        });
    }

    private static int Run(Helper helper, string file, OutputForm form)
    {
        using KernelImage image = InputImage.OpenQuietly(file, new ImageOptions { HashesContent = form.ShowsImage });
        return OutputOptions.Write(Progress.While(image.Types, () => CodeAnalysis.Explain(helper, image, Environment.ProcessorCount)), form);
    }

    private static int Run(Rule rule, string? file, OutputForm form)
    {
        using KernelImage image = file is null ? CheckInput.OpenSample(SourceChoice.Auto) : InputImage.OpenQuietly(file, new ImageOptions { HashesContent = form.ShowsImage });
        ExplainReport report = Progress.While(image.Types, () => ExplainAnalysis.Run(rule, image, Environment.ProcessorCount) with { IsOfNamedImage = file is not null });
        return OutputOptions.Write(report, form);
    }
}
