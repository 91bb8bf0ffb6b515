using System.CommandLine;
using LayoutCheck.Core;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck schema</c>.</summary>
internal static class SchemaCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Option<string?> path = new("--output", "-o") { Description = "The file to write; without it, standard output.", HelpName = "FILE" };
        command.Options.Add(path);
        command.SetAction(parsed =>
        {
            Output.Write(parsed.GetValue(path) is { } named ? new OutputFile(named, IsForced: true) : null, ReportSchema.WriteTo);
            return (int)ExitCode.Holds;
        });
    }
}
