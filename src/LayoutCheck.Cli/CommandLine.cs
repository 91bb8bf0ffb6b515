using System.CommandLine;
using System.CommandLine.Help;
using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>The commands. Each one's file has its arguments and options.</summary>
internal static class CommandLine
{
    private static readonly string[] s_help = ["--help", "-h", "-?"];

    /// <summary>The same command line with <c>help [COMMAND]</c> as <c>[COMMAND] --help</c>.</summary>
    public static string[] Canonical(string[] args) => args is ["help", .. string[] rest] ? [.. rest, s_help[0]] : args;

    /// <summary>The program as a command, with its subcommands.</summary>
    /// <param name="args">
    /// The words of the command line. Unless they ask for help, only the named command is filled in: building every command's options costs more than
    /// parsing.
    /// </param>
    public static Command Create(string[] args)
    {
        // Help lists what follows each command.
        bool isHelp = args.Any(arg => Array.Exists(s_help, help => arg.StartsWith(help, StringComparison.Ordinal)));
        // A RootCommand would bring these options with texts out of resources, which takes a tenth of the time of a short run.
        Command root = new("layoutcheck", """
            Checks the struct layouts of a built kernel: does pgmap line up with compound_head?
            Reads the debug information (DWARF or BTF) of a vmlinux. Never runs or changes it.
            """);
        Add("check", "Says whether pgmap lines up with compound_head, and whether the kernel's other layout rules hold.", CheckCommand.Fill);
        Add("merge", "Joins the records of many runs of check into one table, and says what is missing.", MergeCommand.Fill);
        Add("show", "Shows where the members of a struct or union lie, with holes, padding, cache lines.", ShowCommand.Fill);
        Add("overlap", "Shows which members share which bytes of a struct or union, or lie on one member.", OverlapCommand.Fill);
        Add("audit", "Says whether all C units agree about every struct and union.", AuditCommand.Fill);
        Add("diff", "Says how the structs and unions of one kernel differ from those of another: moved, resized, retyped, filled.", DiffCommand.Fill);
        Add("matrix", "Shows offsets, sizes and verdicts of many images in one table.", MatrixCommand.Fill);
        Add("vmcoreinfo", "Shows what a kernel will tell makedumpfile and crash (VMCOREINFO), read from its code: no debug information is needed.", VmCoreInfoCommand.Fill);
        Add("rules", "Lists the rules: id, severity, pack, and what each demands in one line.", RulesCommand.Fill);
        Add("explain", "Teaches a rule: what it checks, drawn on an image, what breaks when it does not hold, how to fix it, and its source.", ExplainCommand.Fill);
        Add("baseline", "Writes a rule file that pins the layouts of types as they are in a known-good kernel.", BaselineCommand.Fill);
        Add("schema", "Writes the JSON Schema of all that --format json writes.", SchemaCommand.Fill);
        Add("completion", "Writes the script with which a shell completes commands, options, rules, and the types of an image.", CompletionCommand.Fill);
        Add("man", "Writes the manual page.", ManCommand.Fill);
        root.SetAction(int (_) => throw new UsageException("no command given; try 'layoutcheck --help'"));
        root.Options.Add(new Option<bool>(s_help[0], s_help[1..]) { Description = "Show help and usage information", Recursive = true, Action = new HelpText(new HelpAction()) });
        root.Options.Add(new Option<bool>("--version", "-V") { Description = "Show version information", Action = new VersionLine() });
        return root;

        void Add(string name, string description, Action<Command> fill)
        {
            Command command = new(name, description);
            root.Subcommands.Add(command);
            if (args.Contains(name) || isHelp)
            {
                fill(command);
            }
        }
    }
}
