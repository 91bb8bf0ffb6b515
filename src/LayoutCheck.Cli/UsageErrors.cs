using System.CommandLine;
using System.CommandLine.Parsing;
using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>Describes the errors of a command line, each once, with suggestions.</summary>
internal static class UsageErrors
{
    // Options of pahole and of other programs.
    private static readonly Dictionary<string, string> s_equivalents = new(StringComparer.Ordinal)
    {
        ["--json"] = "--format json",
        ["-C"] = "the type's name behind FILE",
        ["--class_name"] = "the type's name behind FILE",
        ["--expand_types"] = "--expand",
        ["-F"] = "--source",
        ["--format_path"] = "--source",
        ["--no-color"] = "--color never",
        ["--colour"] = "--color",
    };

    /// <summary>What is wrong, one clause each; empty when nothing is.</summary>
    /// <param name="parsed">The command line as it was understood.</param>
    /// <param name="args">Its words.</param>
    public static IReadOnlyList<string> Of(ParseResult parsed, string[] args)
    {
        // The parser takes a first word in brackets for a directive, and passes over it.
        if (args is [['[', .., ']'] directive, ..])
        {
            return [$"there is no command '{directive}'"];
        }

        // "--running=" would count as --running, and "--only=" would take the next word for its value.
        if (args.TakeWhile(a => a != "--").FirstOrDefault(a => a.StartsWith("--", StringComparison.Ordinal) && a.EndsWith('=')) is { } cut)
        {
            return [$"the value of {cut[..^1]} is empty (a variable that is not set?)"];
        }

        // An argument swallows an option that does not exist; said first, for the other errors follow from it.
        if (UnknownOption(parsed) is { } unknown)
        {
            return [unknown];
        }

        List<string> errors = [.. Empty(parsed.CommandResult)];
        if (parsed.Errors.Count == 0 || errors.Count > 0)
        {
            return errors;
        }

        string[] missing = [.. parsed.Errors.Select(e => e.SymbolResult).OfType<ArgumentResult>().Where(IsMissing).Select(a => a.Argument.Name).Distinct()];
        if (missing.Length > 0)
        {
            errors.Add($"{parsed.CommandResult.Command.Name} needs {string.Join(" and ", missing)}");
        }

        bool areUnmatchedSaid = false;
        foreach (ParseError error in parsed.Errors)
        {
            switch (error.SymbolResult)
            {
                case ArgumentResult argument when IsMissing(argument):
                    break;
                case OptionResult { Tokens.Count: 0 } option:
                    errors.Add($"{option.Option.Name} needs a value");
                    break;
                case CommandResult when parsed.UnmatchedTokens.Count > 0:
                    if (!areUnmatchedSaid)
                    {
                        errors.Add(Unmatched(parsed));
                    }

                    areUnmatchedSaid = true;
                    break;
                default:
                    errors.Add(error.Message);
                    break;
            }
        }

        return errors;
    }

    // A variable of a script that is not set: the program must not take another file for it, nor none.
    private static IEnumerable<string> Empty(CommandResult command) => command.Children.Where(child => child.Tokens.Any(t => t.Value.Length == 0)).Select(child => child switch
    {
        OptionResult option => $"the value of {option.Option.Name} is empty (a variable that is not set?)",
        ArgumentResult argument => $"{argument.Argument.Name} is empty (a variable that is not set?)",
        _ => "a word of the command line is empty (a variable that is not set?)",
    });

    private static bool IsMissing(ArgumentResult argument) => argument.Tokens.Count == 0 && argument.Parent is CommandResult;

    private static string Unmatched(ParseResult parsed)
    {
        string token = parsed.UnmatchedTokens[0];
        Command command = parsed.CommandResult.Command;
        return command.Subcommands.Count > 0 && File.Exists(token) ? $"there is no command '{token}', but a file: layoutcheck check {token}"
            : command.Subcommands.Count > 0
            ? $"there is no command '{token}'{Suggest(token, command.Subcommands.Select(c => c.Name))}"
            : $"{command.Name} takes no more than {string.Join(" and ", command.Arguments.Select(a => a.Name))}; '{token}' is one too many";
    }

    private static string? UnknownOption(ParseResult parsed)
    {
        foreach (Token token in parsed.Tokens)
        {
            if (token.Type == TokenType.DoubleDash)
            {
                return null;
            }

            if (token.Type == TokenType.Argument && token.Value.Length > 1 && token.Value[0] == '-' && !IsOptionValue(parsed.CommandResult, token))
            {
                string name = token.Value.Split('=', ':')[0];
                return s_equivalents.TryGetValue(name, out string? equivalent) ? $"there is no option '{name}'; here it is {equivalent}"
                    : $"there is no option '{name}'{Suggest(name, parsed.CommandResult.Command.Options.Select(o => o.Name))}";
            }
        }

        return null;
    }

    private static bool IsOptionValue(CommandResult command, Token token)
        => command.Children.OfType<OptionResult>().Any(option => option.Tokens.Contains(token));

    private static string Suggest(string wanted, IEnumerable<string> known)
        => Suggestions.Clause(wanted, known, otherwise: $"; there are {string.Join(", ", known)}");
}
