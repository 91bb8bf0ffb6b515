using System.CommandLine;
using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck man</c>.</summary>
internal static class ManCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Option<string?> path = new("--output", "-o") { Description = "The file to write; without it, standard output.", HelpName = "FILE" };
        command.Options.Add(path);
        command.SetAction(parsed =>
        {
            // The tree of a command line for help has all commands in full.
            Output.WriteText(parsed.GetValue(path), ManPage.Of(CommandLine.Create(["--help"])));
            return (int)ExitCode.Holds;
        });
    }
}
