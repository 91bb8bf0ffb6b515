using System.CommandLine;
using LayoutCheck.Compare;
using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>The options that name exported symbols.</summary>
internal sealed class SymbolOptions
{
    private readonly Option<string[]> _symvers = new("--symvers") { Description = "Tell which of the symbols of this Module.symvers reach a changed type, through their prototypes.", HelpName = "FILE" };
    private readonly Option<string[]> _symbols = new("--symbols") { Description = "The same for the symbols of this list, one a line, as Android's and Red Hat's stable lists.", HelpName = "FILE" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_symvers);
        command.Options.Add(_symbols);
    }

    /// <summary>The symbols of all files that were named, each once; null when none was.</summary>
    /// <exception cref="UsageException">A file cannot be read, or has a line of another form.</exception>
    public SymbolList? Chosen(ParseResult parsed)
    {
        SymbolList[] lists =
        [
            .. (parsed.GetValue(_symvers) ?? []).Select(path => SymbolList.ParseSymvers(path, Text(path))),
            .. (parsed.GetValue(_symbols) ?? []).Select(path => SymbolList.ParseList(path, Text(path))),
        ];
        return lists.Length > 0 ? SymbolList.Join(lists) : null;
    }

    // Red Hat packs it: /boot/symvers-*.gz, .xz.
    private static string Text(string path)
    {
        string text = RuleChoice.ReadText(path, "list of symbols");
        return text.Contains('\0', StringComparison.Ordinal) ? throw new UsageException($"{path} is no text: it has bytes of zero; if it is packed, unpack it first") : text;
    }
}
