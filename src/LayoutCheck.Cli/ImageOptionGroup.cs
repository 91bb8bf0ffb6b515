using System.CommandLine;

namespace LayoutCheck.Cli;

/// <summary>The argument and the options that say which image is read, and how.</summary>
internal sealed class ImageOptionGroup
{
    private readonly Option<string> _source = new("--source") { Description = "Which debug information to read: dwarf, btf, or auto (DWARF when there is any)", DefaultValueFactory = _ => "auto", HelpName = "auto|dwarf|btf" };

    private readonly Option<string?> _debugDirectory = new("--debug-dir") { Description = "Where to look first for debug information that was split off (.gnu_debuglink, .build-id)", HelpName = "DIR" };

    private readonly Option<string?> _base = new("--base") { Description = "The kernel of a module that has split BTF; without it: the one beside it, installed, or running", HelpName = "FILE" };

    private readonly Option<string?> _member = new("--member") { Description = "Of a package or folder, the file to read: its path there, or the end of it (nd_pmem.ko.xz)", HelpName = "PATH" };

    private readonly Option<string?> _maxSize = new("--max-size") { Description = "The most bytes of a pipe, of a member of a package, or of what is unpacked (2G, 500M). Default: 8G", HelpName = "SIZE" };

    private readonly Option<bool> _debuginfod = new("--debuginfod") { Description = "Fetch debug information by its build id from the servers of $DEBUGINFOD_URLS; without it nothing is fetched" };

    /// <summary>Makes the options.</summary>
    /// <param name="takesBoth">Whether the two debug formats may be compared.</param>
    public ImageOptionGroup(bool takesBoth = false)
    {
        if (takesBoth)
        {
            _source.Description = "Which debug information to read: dwarf, btf, auto (DWARF when there is any), or both, which must agree";
            _source.HelpName = "auto|dwarf|btf|both";
        }

        _debugDirectory.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !Directory.Exists(result.Tokens[0].Value))
            {
                result.AddError($"--debug-dir takes a directory, and there is none at '{result.Tokens[0].Value}'");
            }
        });
        OptionWords.TakesOneOf(_source, takesBoth ? ["auto", "dwarf", "btf", "both"] : ["auto", "dwarf", "btf"]);
    }

    /// <summary>The argument FILE.</summary>
    public static Argument<string> File() => new("FILE") { Description = "A vmlinux, vmlinuz or module with DWARF or BTF, packed or not; a package or folder with one; - (standard input); a release; a build id" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_source);
        command.Options.Add(_debugDirectory);
        command.Options.Add(_base);
        command.Options.Add(_member);
        command.Options.Add(_maxSize);
        command.Options.Add(_debuginfod);
    }

    /// <summary>Whether the two debug formats are to be compared; <see cref="Of"/> then asks for DWARF.</summary>
    public bool IsBoth(ParseResult parsed) => parsed.GetValue(_source) == "both";

    /// <summary>The options as they were given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="sourceOfSide">Of two images, the source that was chosen for this one alone; null for that of both.</param>
    public ImageOptions Of(ParseResult parsed, string? sourceOfSide = null)
    {
        SourceChoice source = (sourceOfSide ?? parsed.GetValue(_source)) switch
        {
            "dwarf" or "both" => SourceChoice.Dwarf,
            "btf" => SourceChoice.Btf,
            _ => SourceChoice.Auto,
        };
        ImageOptions options = new(source, parsed.GetValue(_debugDirectory), parsed.GetValue(_base), FastPathSwitches.Disabled())
        {
            Member = parsed.GetValue(_member),
            Debuginfod = parsed.GetValue(_debuginfod),
            SpoolDirectory = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } directory ? directory : null,
        };
        return parsed.GetValue(_maxSize) is { } size ? options with { MaxSize = OptionWords.SizeOf(_maxSize.Name, size) } : options;
    }
}
