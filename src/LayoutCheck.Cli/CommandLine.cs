using System.CommandLine;
using System.CommandLine.Help;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli;

/// <summary>What can be typed: commands, arguments, options, and the help that teaches them.</summary>
internal static class CommandLine
{
    private static readonly string[] s_help = ["--help", "-h", "-?"];

    /// <summary>The program itself, with all that can follow it.</summary>
    /// <param name="args">
    /// What was typed. Unless it asks for help, commands that are not in it have a name and a description, and nothing else: to make the options of all
    /// takes longer than to read what is typed.
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
        Add("check", "Says whether pgmap lines up with compound_head, and whether the kernel's other layout rules hold.", Check);
        Add("show", "Shows where the members of a struct or union lie, with holes, padding, cache lines.", Show);
        Add("overlap", "Shows who shares which bytes of a struct or union, or of one member.", Overlap);
        Add("rules", "Lists the rules: id, severity, pack, and what each demands in one line.", Rules);
        Add("explain", "Teaches a rule: what it checks, drawn on an image, what breaks when it does not hold, how to fix it, and its source.", Explain);
        Add("baseline", "Writes a rule file that pins the layouts of types as they are in a known-good kernel.", Baseline);
        root.SetAction(int (_) => throw new UsageException("no command given; try 'layoutcheck --help'"));
        root.Options.Add(new Option<bool>(s_help[0], s_help[1..]) { Description = "Show help and usage information", Recursive = true, Action = new TeachingHelp(new HelpAction()) });
        root.Options.Add(new Option<bool>("--version") { Description = "Show version information", Action = new VersionLine() });
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

    private static void Check(Command command)
    {
        Argument<string?> file = new("FILE")
        {
            Description = "A vmlinux, vmlinuz or module with DWARF or BTF, packed or not, or raw BTF",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> running = new("--running") { Description = $"Check the running kernel by its BTF, {RunningKernel.BtfPath}, in place of a FILE." };
        Option<bool> sample = new("--sample") { Description = "Check the small image that layoutcheck brings along, in place of a FILE: a first look at a report." };
        CommonOptions common = new();
        Option<int> threads = Threads();
        RuleOptions rules = new();
        command.Arguments.Add(file);
        command.Options.Add(running);
        command.Options.Add(sample);
        command.Options.Add(threads);
        rules.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            CheckInput input = new(parsed.GetValue(file), parsed.GetValue(running), parsed.GetValue(sample));
            input.RequireOne();
            return CheckCommand.Run(input, common.Image(parsed), common.IsJson(parsed), parsed.GetValue(threads), rules.Chosen(parsed), rules.IsStrict(parsed));
        });
    }

    private static void Show(Command command)
    {
        Argument<string> file = File();
        Argument<string[]> types = new("TYPE") { Description = "page, 'struct page', 'union foo', a typedef of one, or a member: page.mapping", Arity = ArgumentArity.OneOrMore };
        Option<bool> all = new("--all") { Description = "Compare the definitions of all compilation units, and show each that differs." };
        Option<bool> expand = new("--expand", "-E") { Description = "Go into members of named struct types too." };
        Option<int> cacheLine = new("--cacheline", "-c") { Description = "The target's cache line in bytes; 0 leaves the boundaries out.", DefaultValueFactory = _ => 64 };
        cacheLine.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out int size) || size is < 0 or > 65536))
            {
                result.AddError($"--cacheline takes a number of bytes from 0 to 65536, not '{result.Tokens[0].Value}'");
            }
        });
        Option<bool> lines = new("--lines") { Description = "End each member's row with the line that declares it." };
        Option<int> threads = Threads();
        CommonOptions common = new();
        command.Arguments.Add(file);
        command.Arguments.Add(types);
        command.Options.Add(all);
        command.Options.Add(expand);
        command.Options.Add(cacheLine);
        command.Options.Add(lines);
        command.Options.Add(threads);
        common.AddTo(command);
        command.SetAction(parsed => ShowCommand.Run(
            parsed.GetValue(file)!,
            parsed.GetValue(types)!,
            common.Image(parsed),
            common.IsJson(parsed),
            new ShowOptions(parsed.GetValue(all), parsed.GetValue(expand), parsed.GetValue(cacheLine), parsed.GetValue(lines), parsed.GetValue(threads))));
    }

    private static void Overlap(Command command)
    {
        Argument<string> file = File();
        Argument<string> type = new("TYPE") { Description = "A type, for a map of all its bytes; or a member (page.compound_head), for all that lie on its bits" };
        Option<bool> expand = new("--expand", "-E") { Description = "Go into members of named struct types too." };
        CommonOptions common = new();
        command.Arguments.Add(file);
        command.Arguments.Add(type);
        command.Options.Add(expand);
        common.AddTo(command);
        command.SetAction(parsed => OverlapCommand.Run(
            parsed.GetValue(file)!, parsed.GetValue(type)!, common.Image(parsed), common.IsJson(parsed), parsed.GetValue(expand)));
    }

    private static void Rules(Command command)
    {
        command.SetAction(_ => RulesCommand.List());
        Argument<string[]> headers = new("HEADER") { Description = "Kernel headers or sources: include/linux/mm_types.h mm/slab.h", Arity = ArgumentArity.OneOrMore };
        Option<string?> output = new("--output", "-o") { Description = "The rule file to write (with several headers: the folder); without it, standard output.", HelpName = "PATH" };
        Command import = new("import", "Takes the layout assertions out of kernel headers into a rule file for check --rules.") { headers, output };
        import.SetAction(parsed => RulesCommand.Import(parsed.GetValue(headers)!, parsed.GetValue(output)));
        command.Subcommands.Add(import);
    }

    private static void Explain(Command command)
    {
        Argument<string> rule = new("RULE") { Description = "The id of a rule, as 'layoutcheck rules' lists it" };
        Argument<string?> file = new("FILE") { Description = "The image to draw the example from; without it, the sample that the program brings along", Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(rule);
        command.Arguments.Add(file);
        command.SetAction(parsed => RulesCommand.Explain(parsed.GetValue(rule)!, parsed.GetValue(file)));
    }

    private static void Baseline(Command command)
    {
        Argument<string> file = File();
        Argument<string[]> types = new("TYPE") { Description = "The structs and unions to pin: page 'struct folio'", Arity = ArgumentArity.OneOrMore };
        Option<string?> output = new("--output", "-o") { Description = "The rule file to write; without it, standard output.", HelpName = "PATH" };
        CommonOptions common = new(hasFormat: false);
        command.Arguments.Add(file);
        command.Arguments.Add(types);
        command.Options.Add(output);
        common.AddTo(command);
        command.SetAction(parsed => RulesCommand.Baseline(parsed.GetValue(file)!, parsed.GetValue(types)!, common.Image(parsed), parsed.GetValue(output)));
    }

    private static Option<int> Threads()
    {
        Option<int> threads = new("--threads") { Description = "How many threads may work; the output does not depend on it.", DefaultValueFactory = _ => Environment.ProcessorCount };
        threads.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out int count) || count is < 1 or > 1024))
            {
                result.AddError($"--threads takes a number from 1 to 1024, not '{result.Tokens[0].Value}'");
            }
        });
        return threads;
    }

    private static Argument<string> File() => new("FILE") { Description = "A vmlinux, vmlinuz or module with DWARF or BTF, packed or not, or raw BTF (/sys/kernel/btf/vmlinux)" };

    /// <summary>The options that choose rules.</summary>
    private sealed class RuleOptions
    {
        private readonly Option<string[]> _only = Names("--only", "RULE", "Check only this rule; may be repeated, or list several with commas.");
        private readonly Option<string[]> _skip = Names("--skip", "RULE", "Leave this rule out.");
        private readonly Option<string[]> _pack = Names("--pack", "PACK", "Check the rules of this pack: mm (struct page and its relatives, the default) or kernel.");
        private readonly Option<string[]> _rules = new("--rules") { Description = "Check the rules of this file, or of all *.md in this folder, too.", HelpName = "FILE|DIR" };
        private readonly Option<bool> _strict = new("--strict") { Description = "Let a rule of severity warning count as a violation." };

        public void AddTo(Command command)
        {
            command.Options.Add(_only);
            command.Options.Add(_skip);
            command.Options.Add(_pack);
            command.Options.Add(_rules);
            command.Options.Add(_strict);
        }

        public bool IsStrict(ParseResult parsed) => parsed.GetValue(_strict);

        public RuleSet Chosen(ParseResult parsed) => RuleChoice.Choose(
            Split(parsed, _pack), Split(parsed, _only), Split(parsed, _skip), parsed.GetValue(_rules) ?? []);

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

    /// <summary>The options that every command has.</summary>
    private sealed class CommonOptions
    {
        private readonly Option<string> _source = new("--source") { Description = "Which debug information to read: dwarf, btf, or auto (DWARF when there is any)", DefaultValueFactory = _ => "auto", HelpName = "auto|dwarf|btf" };

        private readonly Option<string> _format = new("--format") { Description = "How to write the result: text or json", DefaultValueFactory = _ => "text", HelpName = "text|json" };

        private readonly Option<string?> _debugDirectory = new("--debug-dir") { Description = "Where to look first for debug information that was split off (.gnu_debuglink, .build-id)", HelpName = "DIR" };

        private readonly Option<string?> _base = new("--base") { Description = "The kernel of a module that has split BTF; without it: the one beside it, installed, or running", HelpName = "FILE" };

        private readonly bool _hasFormat;

        public CommonOptions(bool hasFormat = true)
        {
            _hasFormat = hasFormat;
            _debugDirectory.Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && !Directory.Exists(result.Tokens[0].Value))
                {
                    result.AddError($"--debug-dir takes a directory, and there is none at '{result.Tokens[0].Value}'");
                }
            });
            TakesOneOf(_source, "auto", "dwarf", "btf");
            TakesOneOf(_format, "text", "json");
        }

        public void AddTo(Command command)
        {
            command.Options.Add(_source);
            command.Options.Add(_debugDirectory);
            command.Options.Add(_base);
            if (_hasFormat)
            {
                command.Options.Add(_format);
            }
        }

        public ImageOptions Image(ParseResult parsed)
        {
            SourceChoice source = parsed.GetValue(_source) switch
            {
                "dwarf" => SourceChoice.Dwarf,
                "btf" => SourceChoice.Btf,
                _ => SourceChoice.Auto,
            };
            return new ImageOptions(source, parsed.GetValue(_debugDirectory), parsed.GetValue(_base));
        }

        public bool IsJson(ParseResult parsed) => parsed.GetValue(_format) == "json";

        // AcceptOnlyFromAmong says it over several lines; here every failure is one.
        private static void TakesOneOf(Option<string> option, params string[] words)
        {
            option.CompletionSources.Add(words);
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && !words.Contains(result.Tokens[0].Value))
                {
                    result.AddError($"{option.Name} takes {string.Join(", ", words[..^1])} or {words[^1]}, not '{result.Tokens[0].Value}'");
                }
            });
        }
    }
}
