using System.Collections.Immutable;
using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck show</c>.</summary>
internal static class ShowCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> file = ImageOptionGroup.File();
        Argument<string[]> types = new("TYPE") { Description = "page, 'struct page', 'union foo', a typedef of one, or a member: page.mapping", Arity = ArgumentArity.OneOrMore };
        Option<bool> all = new("--all") { Description = "Compare the definitions of all compilation units, and show each that differs." };
        Option<bool> expand = new("--expand", "-E") { Description = "Go into members of named struct types too." };
        Option<int> cacheLine = new("--cacheline", "-c") { HelpName = "BYTES", Description = "The target's cache line in bytes; 0 leaves the boundaries out.", DefaultValueFactory = _ => 64 };
        OptionWords.TakesNumber(cacheLine, 0, 65536, " of bytes");
        Option<bool> lines = new("--lines") { Description = "End each member's row with the line that declares it." };
        Option<int> threads = OptionWords.Threads();
        ImageOptionGroup how = new();
        OutputOptions output = new("show");
        command.Arguments.Add(file);
        command.Arguments.Add(types);
        command.Options.Add(all);
        command.Options.Add(expand);
        command.Options.Add(cacheLine);
        command.Options.Add(lines);
        command.Options.Add(threads);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            ShowOptions options = new(parsed.GetValue(all), parsed.GetValue(expand), parsed.GetValue(cacheLine), parsed.GetValue(lines));
            string path = parsed.GetValue(file)!;
            string[] names = parsed.GetValue(types)!;
            if (!System.IO.File.Exists(path) && Array.Find(names, System.IO.File.Exists) is { } swapped)
            {
                throw new UsageException($"{path}: no such file; FILE comes first: layoutcheck show {swapped} {path}");
            }

            return Run(path, [.. names.Select(TypeQuery.Parse)], how.Of(parsed), options, parsed.GetValue(threads), output.Form(parsed));
        });
    }

    private static int Run(string file, ImmutableArray<TypeQuery> queries, ImageOptions how, ShowOptions options, int threads, OutputForm form)
    {
        using KernelImage image = InputImage.Open(file, how with { HashesContent = form.ShowsImage });
        ShowReport report = Progress.While(image.Types, () => ShowAnalysis.Run(image, queries, options, threads, form.ShowsImage));
        return OutputOptions.Write(report, form);
    }
}
