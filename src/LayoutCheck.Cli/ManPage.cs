using System.CommandLine;
using System.CommandLine.Completions;
using LayoutCheck.Core;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary>The manual page, made of the commands and of their help: what the parser knows, and <see cref="HelpText"/>.</summary>
internal static class ManPage
{
    // The day that the page is of: that of the sources, so that equal sources have equal pages.
    private const string Date = "2026-11-28";

    private const string ExamplesLine = "Examples:";

    /// <summary>The environment variables that the program itself reads.</summary>
    public static (string Name, string Effect)[] Variables { get; } =
    [
        ("NO_COLOR", "Set to anything, it keeps colour out of a terminal."),
        ("TERM", "A terminal that is dumb, or not set, gets no colour."),
        ("TMPDIR", "Where temporary files go, which have no names there: what comes through a pipe, out of a package, or unpacked. Default: /var/tmp."),
        ("DEBUGINFOD_URLS", "The servers that --debuginfod asks; debuginfod(8) has the other variables of its client, which are honoured too."),
        ("DEBUGINFOD_CACHE_PATH, XDG_CACHE_HOME, HOME", "Where the client of debuginfod keeps what it fetched."),
        ("LAYOUTCHECK_PLATFORM", "Set to managed, nothing of Linux is called, as where there is none."),
        ("LAYOUTCHECK_DISABLE", "Fast paths to leave out, with commas: the answers are the same. A word that is none is answered with the list."),
        ("LAYOUTCHECK_FORCE_SLOW", "Set to 1, it leaves out the two largest of them."),
        ("LAYOUTCHECK_TRACE", "Set to 1, it adds to the message of a defect where it happened."),
    ];

    private static readonly (string Name, string What)[] s_files =
    [
        (WellKnownPaths.RunningBtf, "The BTF of the running kernel: what check --running reads."),
        ($"{WellKnownPaths.DebugDirectory}/.build-id/", "Debug information that was split off, by build id; a directory of --debug-dir comes first."),
        ("RELEASE", $"A FILE that is the release R of a kernel is the first that is there of {WellKnownPaths.KernelsInShort}."),
        ("/lib/modules/RELEASE/build/vmlinux", "The kernel of a module that has split BTF, where neither --base nor the module's own folder has it."),
    ];

    /// <summary>The page, in the macros of man(7).</summary>
    /// <param name="root">The program, with all commands in full.</param>
    public static string Of(Command root)
    {
        Roff page = new();
        page.Title(root.Name.ToUpperInvariant(), "1", Date, $"{root.Name} {RunInfo.LibraryVersion}", "User Commands");
        page.Section("NAME");
        page.Text($"{root.Name} - checks the struct layouts of a built Linux kernel");
        page.Section("SYNOPSIS");
        page.Synopsis(root.Name, "COMMAND [ARGUMENT...] [OPTION...]");
        page.Synopsis(root.Name, "[COMMAND] --help");
        page.Section("DESCRIPTION");
        page.Paragraphs(root.Description!);
        page.Section("COMMANDS");
        foreach (Command command in root.Subcommands)
        {
            AddCommand(page, root.Name, command);
        }

        page.Section("OPTIONS");
        page.Text("Every command takes these.");
        AddOptions(page, root.Options);
        page.Section("EXIT STATUS");
        foreach (string line in HelpText.ExitCodesOf(root))
        {
            string[] parts = line.Trim().Split("  ", 2);
            page.Term(parts[0], parts[1]);
        }

        page.Section("ENVIRONMENT");
        Array.ForEach(Variables, e => page.Term(e.Name, e.Effect));
        page.Section("FILES");
        Array.ForEach(s_files, f => page.Term(f.Name, f.What));
        page.Section("EXAMPLES");
        AddNotes(page, HelpText.NotesOf(root));
        page.Section("SEE ALSO");
        page.Macro("BR", "pahole", "(1),");
        page.Macro("BR", "bpftool-btf", "(8),");
        page.Macro("BR", "debuginfod", "(8)");
        return page.ToString();
    }

    private static void AddCommand(Roff page, string path, Command command)
    {
        string name = $"{path} {command.Name}";
        page.Subsection(string.Join(' ', command.Arguments.Select(Usage).Prepend(name)));
        page.Paragraphs(command.Description!);
        foreach (Argument argument in command.Arguments)
        {
            page.Term(argument.Name, argument.Description!);
        }

        AddOptions(page, command.Options);
        AddNotes(page, HelpText.NotesOf(command));
        foreach (Command inner in command.Subcommands)
        {
            AddCommand(page, name, inner);
        }
    }

    private static string Usage(Argument argument)
    {
        string name = argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "..." : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static void AddOptions(Roff page, IEnumerable<Option> options)
    {
        foreach (Option option in options.Where(o => !o.Hidden))
        {
            string value = option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0 ? "" : $" {option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant()}";
            page.Option([.. option.Aliases.Order(StringComparer.Ordinal).Prepend(option.Name)], value, option.Description! + DefaultOf(option));
        }
    }

    // Of a word among some; a number of processors is none that a page could tell.
    private static string DefaultOf(Option option)
        => option.HasDefaultValue && option.ValueType == typeof(string) && option.GetCompletions(CompletionContext.Empty).Any() ? $" [default: {option.GetDefaultValue()}]" : "";

    private static void AddNotes(Roff page, string notes)
    {
        int examples = notes.IndexOf(ExamplesLine, StringComparison.Ordinal);
        page.Paragraphs(examples < 0 ? notes : notes[..examples]);
        if (examples >= 0)
        {
            page.Literal(notes[(examples + ExamplesLine.Length)..]);
        }
    }
}
