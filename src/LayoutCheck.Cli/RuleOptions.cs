using System.CommandLine;
using LayoutCheck.Core;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli;

/// <summary>The options that choose rules.</summary>
internal sealed class RuleOptions
{
    private readonly Option<string[]> _only = Names("--only", "RULE", "Check only this rule; may be repeated, or list several with commas.");
    private readonly Option<string[]> _skip = Names("--skip", "RULE", "Leave this rule out.");
    private readonly Option<string[]> _pack = Names("--pack", "PACK", "Check the rules of this pack: mm (struct page and its relatives, the default), kernel (other structs), consumers (what crash, makedumpfile, drgn and drivers read; warnings that never count), or exported (what the code exports in VMCOREINFO; always with mm).");
    private readonly Option<string[]> _rules = new("--rules") { Description = "Check the rules of this file, or of all *.md in this folder, too.", HelpName = "FILE|DIR" };
    private readonly Option<string[]> _expressions = new("--expression", "-e")
    {
        Description = "Check this assertion, as a rule has it; may be repeated. Without --pack, --only, --skip or --rules, nothing else is checked.",
        HelpName = "EXPR",
    };

    private readonly Option<bool> _strict = new("--strict") { Description = "Let a rule of severity warning count as a violation." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_only);
        command.Options.Add(_skip);
        command.Options.Add(_pack);
        command.Options.Add(_rules);
        command.Options.Add(_expressions);
        command.Options.Add(_strict);
    }

    /// <summary>Whether a rule of severity warning counts.</summary>
    public bool IsStrict(ParseResult parsed) => parsed.GetValue(_strict);

    /// <summary>The rules that were chosen.</summary>
    /// <exception cref="UsageException">A name is no rule or pack, or a file cannot be read.</exception>
    public RuleSet Chosen(ParseResult parsed) => RuleChoice.Choose(Split(parsed, _pack), Split(parsed, _only), Split(parsed, _skip), parsed.GetValue(_rules) ?? [], parsed.GetValue(_expressions) ?? []);

    private static Option<string[]> Names(string name, string what, string description) => new(name) { Description = description, HelpName = what };

    private static string[]? Split(ParseResult parsed, Option<string[]> option)
    {
        if (parsed.GetValue(option) is not { Length: > 0 } values)
        {
            return null;
        }

        string[] names = [.. values.SelectMany(v => v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        return names.Length > 0 ? names : throw new UsageException($"{option.Name} names nothing");
    }
}
