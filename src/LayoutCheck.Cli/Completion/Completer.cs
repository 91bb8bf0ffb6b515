using System.CommandLine;
using System.CommandLine.Completions;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli.Completion;

/// <summary>What may stand in the place of the last word of an unfinished command line.</summary>
internal static class Completer
{
    private const char ListMark = ',';

    // What a value's name in the help stands for. A value whose words are known (--format) needs no entry.
    private static readonly Dictionary<string, Func<CommandWords, Answer>> s_values = new(StringComparer.Ordinal)
    {
        ["FILE"] = _ => Answer.Files,
        ["FILE|DIR"] = _ => Answer.Files,
        ["LIST|-"] = _ => Answer.Files,
        ["OLD"] = _ => Answer.Files,
        ["NEW"] = _ => Answer.Files,
        ["VMLINUX"] = _ => Answer.Files,
        ["HEADER"] = _ => Answer.Files,
        ["PATH"] = _ => Answer.Files,
        ["DIR"] = _ => Answer.Folders,
        ["RULE"] = words => new Answer(ListOf(words, RuleCatalog.Ids())),
        ["PACK"] = words => new Answer(ListOf(words, RuleCatalog.Packs())),
        ["TYPE"] = words => new Answer(TypesOf(words, words.Current)),
        ["COLUMN,..."] = Columns,
        ["FORMAT=FILE"] = Reports,
        ["SHELL"] = _ => new Answer(CompletionScript.Shells),
    };

    // What nothing can be said about: numbers, sizes, texts.
    private static readonly string[] s_free = ["N", "I/N", "SIZE", "BYTES", "COLUMNS", "EXPR", "TEXT", "PATTERN"];

    /// <summary>The candidates for the last of the words.</summary>
    /// <param name="words">The words behind the program's name, the last one as far as it is typed; at least one.</param>
    public static Answer Complete(string[] words)
    {
        Command root = CommandLine.Create(words is ["help", ..] ? [.. words, "--help"] : words);
        CommandWords line = CommandWords.Of(root, words);
        Answer answer = line.Awaiting is { } option ? ValueOf(option, line)
            : line.MayBeOption && line.Current.StartsWith('-') ? new Answer(Options(line))
            : line.Command.Subcommands.Count > 0 && line.ArgumentCount == 0 ? new Answer([.. line.Command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)])
            : line.Argument is { } argument ? s_values.GetValueOrDefault(argument.Name, _ => Answer.None)(line)
            : Answer.None;
        return answer with { Words = [.. answer.Words.Where(w => w.StartsWith(line.Current, StringComparison.Ordinal)).Distinct().Select(w => line.Prefix + w)], Behind = answer.Behind + line.Prefix.Length };
    }

    /// <summary>Whether it is known what a value of this name can be, or that nothing can be known.</summary>
    public static bool Knows(string valueName) => s_values.ContainsKey(valueName) || s_free.Contains(valueName);

    private static IEnumerable<string> Options(CommandWords line)
    {
        // Short names are for those who know them.
        IEnumerable<string> all = line.Command.Options.Concat(line.Root.Options.Where(o => o.Recursive || line.Command == line.Root)).Where(o => !o.Hidden).SelectMany(o => o.Aliases.Prepend(o.Name));
        return all.Where(name => name.StartsWith("--", StringComparison.Ordinal) || line.Current.Length == 2).Order(StringComparer.Ordinal);
    }

    private static Answer ValueOf(Option option, CommandWords line)
    {
        string[] known = [.. option.GetCompletions(CompletionContext.Empty).Select(c => c.Label)];
        return known.Length > 0 ? new Answer(known) : s_values.GetValueOrDefault(option.HelpName ?? option.Name, _ => Answer.None)(line);
    }

    // Several with commas: those that are there stay.
    private static IEnumerable<string> ListOf(CommandWords line, IEnumerable<string> known)
    {
        string before = line.Current[..(line.Current.LastIndexOf(ListMark) + 1)];
        string[] given = before.Split(ListMark);
        return known.Where(k => !given.Contains(k)).Select(k => before + k);
    }

    private static IEnumerable<string> TypesOf(CommandWords line, string typed)
        => line.Image is { } file ? TypeNames.Of(file, typed, line.ValueOf("--base")) : [];

    // sizeof:page,page.lru: a question, a colon, a type or a member.
    private static Answer Columns(CommandWords line)
    {
        int start = line.Current.LastIndexOfAny([ListMark, ':', '|']) + 1;
        string before = line.Current[..start];
        IEnumerable<string> questions = before.EndsWith(':') || before.EndsWith('|') ? [] : ["sizeof:", "typeof:", "exists:", "rule:"];
        IEnumerable<string> names = before.EndsWith("rule:", StringComparison.Ordinal) ? RuleCatalog.Ids() : TypesOf(line, line.Current[start..]);
        return new Answer(questions.Concat(names).Select(n => before + n)) { EndsWord = false };
    }

    private static Answer Reports(CommandWords line)
        => line.Current.Contains('=', StringComparison.Ordinal) ? Answer.Files with { Behind = line.Current.IndexOf('=', StringComparison.Ordinal) + 1 }
            : new Answer(ReportFormats.NamesFor(line.Command.Name).Select(name => name + "=")) { EndsWord = false };
}

/// <summary>Candidates for a word.</summary>
/// <param name="Words">The candidates, whole words.</param>
internal sealed record Answer(IEnumerable<string> Words)
{
    /// <summary>Nothing is known.</summary>
    public static Answer None { get; } = new([]);

    /// <summary>The shell's own names of files.</summary>
    public static Answer Files { get; } = new([]) { Kind = PathKind.File };

    /// <summary>The shell's own names of folders.</summary>
    public static Answer Folders { get; } = new([]) { Kind = PathKind.Folder };

    /// <summary>The paths that the shell completes, beside the words.</summary>
    public PathKind Kind { get; init; }

    /// <summary>Whether a candidate is a whole word, so that the shell ends it with a space.</summary>
    public bool EndsWord { get; init; } = true;

    /// <summary>The characters of the word before the path that the shell completes: <c>--output=</c>.</summary>
    public int Behind { get; init; }
}

/// <summary>The paths that a shell completes.</summary>
internal enum PathKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>Files and folders.</summary>
    File,

    /// <summary>Folders.</summary>
    Folder,
}
