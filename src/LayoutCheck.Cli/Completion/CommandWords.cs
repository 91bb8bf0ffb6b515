using System.CommandLine;

namespace LayoutCheck.Cli.Completion;

/// <summary>An unfinished command line, read from the left as the parser reads it, up to its last word.</summary>
internal sealed class CommandWords
{
    private readonly List<string> _arguments = [];
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private CommandWords(Command root)
    {
        Root = root;
        Command = root;
    }

    /// <summary>The program.</summary>
    public Command Root { get; }

    /// <summary>The innermost command that is named.</summary>
    public Command Command { get; private set; }

    /// <summary>The word to complete, as far as it is typed; of <c>--option=value</c>, the value.</summary>
    public string Current { get; private set; } = "";

    /// <summary>What stands before it in the same word: <c>--option=</c>, or nothing.</summary>
    public string Prefix { get; private set; } = "";

    /// <summary>The option whose value the word is; null for none.</summary>
    public Option? Awaiting { get; private set; }

    /// <summary>Whether the word may be an option: <c>--</c> was not there.</summary>
    public bool MayBeOption { get; private set; } = true;

    /// <summary>How many arguments stand before the word.</summary>
    public int ArgumentCount => _arguments.Count;

    /// <summary>The argument that the word is; null where the command takes no more.</summary>
    public Argument? Argument
    {
        get
        {
            int left = _arguments.Count;
            foreach (Argument argument in Command.Arguments)
            {
                int most = argument.Arity.MaximumNumberOfValues;
                if (left < most)
                {
                    return argument;
                }

                left -= most;
            }

            return null;
        }
    }

    /// <summary>The image that types are of: the first argument that is one; null where there is none yet.</summary>
    public string? Image => Command.Arguments.FirstOrDefault()?.Name is "FILE" or "OLD" && _arguments is [var first, ..] ? first : null;

    /// <summary>The last value of an option; null where it is not given.</summary>
    public string? ValueOf(string option) => _values.GetValueOrDefault(option);

    /// <summary>Reads a command line.</summary>
    /// <param name="root">The program.</param>
    /// <param name="words">The words behind its name, the last one as far as it is typed.</param>
    public static CommandWords Of(Command root, string[] words)
    {
        CommandWords line = new(root);
        foreach (string word in words[..^1])
        {
            line.Take(word);
        }

        line.Current = words[^1];
        int equals = line.Current.IndexOf('=', StringComparison.Ordinal);
        if (line.Awaiting is null && line.MayBeOption && line.Current.StartsWith("--", StringComparison.Ordinal) && equals > 0 && line.Find(line.Current[..equals]) is { } option)
        {
            (line.Awaiting, line.Prefix, line.Current) = (option, line.Current[..(equals + 1)], line.Current[(equals + 1)..]);
        }

        return line;
    }

    private void Take(string word)
    {
        if (Awaiting is { } option)
        {
            _values[option.Name] = word;
            Awaiting = null;
        }
        else if (MayBeOption && word == "--")
        {
            MayBeOption = false;
        }
        else if (MayBeOption && word.Length > 1 && word[0] == '-')
        {
            TakeOption(word);
        }
        else if (_arguments.Count == 0 && Command.Subcommands.FirstOrDefault(c => c.Name == word) is { } command)
        {
            Command = command;
        }
        else if (_arguments.Count > 0 || Command != Root || word != "help")
        {
            _arguments.Add(word);
        }
    }

    private void TakeOption(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        if (Find(equals < 0 ? word : word[..equals]) is not { } option)
        {
            return;
        }

        if (equals >= 0)
        {
            _values[option.Name] = word[(equals + 1)..];
        }
        else if (option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0)
        {
            Awaiting = option;
        }
    }

    private Option? Find(string name) => Command.Options.Concat(Root.Options).FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name));
}
