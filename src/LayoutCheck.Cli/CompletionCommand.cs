using System.CommandLine;
using LayoutCheck.Cli.Completion;
using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck completion</c>.</summary>
internal static class CompletionCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> shell = new("SHELL") { Description = $"The shell: {OptionWords.List(CompletionScript.Shells)}" };
        shell.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !CompletionScript.Shells.Contains(result.Tokens[0].Value))
            {
                result.AddError($"{command.Name} knows {OptionWords.List(CompletionScript.Shells)}, not '{result.Tokens[0].Value}'");
            }
        });
        command.Arguments.Add(shell);
        command.SetAction(parsed =>
        {
            Output.WriteText(null, CompletionScript.Of(parsed.GetValue(shell)!));
            return (int)ExitCode.Holds;
        });
    }
}
