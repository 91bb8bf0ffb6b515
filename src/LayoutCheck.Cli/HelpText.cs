using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using LayoutCheck.Core;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary>The parser's help, and then what it cannot say: how to read the output, examples, the exit codes.</summary>
internal sealed class HelpText(HelpAction usage) : SynchronousCommandLineAction
{
    private static readonly string[] s_exitCodes =
    [
        "  0  all rules hold, or what was asked for was shown",
        "  1  a rule is violated, or a difference was found",
        "  2  the command line is wrong",
        "  3  the input cannot be read or has no debug information",
        "  4  it could not be decided, and the report says why",
    ];

    // The exit codes that a command cannot have.
    private static readonly Dictionary<string, int[]> s_impossible = new(StringComparer.Ordinal)
    {
        ["overlap"] = [1],
        ["vmcoreinfo"] = [1],
        ["baseline"] = [1],
        ["matrix"] = [1],
        ["import"] = [1],
        ["rules"] = [1, 4],
        ["explain"] = [1],
        ["schema"] = [1, 3, 4],
        ["completion"] = [1, 3, 4],
        ["man"] = [1, 3, 4],
    };

    // By the command's name; the program itself is the empty one.
    private static readonly Dictionary<string, string> s_examples = new(StringComparer.Ordinal)
    {
        [""] = """
            Examples:
              layoutcheck check vmlinux                       the verdict
              layoutcheck check --running                     the same for the running kernel
              layoutcheck check vmlinux old-vmlinux           a table of many
              layoutcheck show vmlinux page folio             layouts, as pahole prints them
              layoutcheck show vmlinux page.mapping           one member
              layoutcheck overlap vmlinux page                which members share which bytes, as a map
              layoutcheck overlap vmlinux page.compound_head  the members on the bytes of a member
              layoutcheck audit vmlinux                       whether all units agree
              layoutcheck diff old-vmlinux vmlinux page       what became of each member
              layoutcheck check my.ko --against vmlinux       whether a module sees the kernel's structs
              layoutcheck matrix old-vmlinux vmlinux          offsets of many kernels in one table
              layoutcheck vmcoreinfo vmlinuz                  what the kernel will tell crash and makedumpfile
              layoutcheck rules                               the rules, a line each
              layoutcheck explain pgmap-on-compound-head      what a rule is about, with a drawing
              layoutcheck baseline vmlinux page -o page.md    pin a layout, for the next build's check --rules

            """,
        ["explain"] = """
            Examples:
              layoutcheck explain pgmap-on-compound-head
              layoutcheck explain folio-tail-page-1 vmlinux
              layoutcheck explain _compound_head vmlinux      one of its instructions
              layoutcheck explain --rules page.md page

            """,
        ["baseline"] = """
            Writes a rule file that pins the layout of types as it is in a known-good kernel: which members,
            where, how large, of which type, and none besides; and the same of the types that they hold by value.
            It is meant to be read, and edited. Of several types, the file has all or is not written.
            New members may lie on the bytes of fields that are reserved for later use (kabi_reserved1); the
            check then holds and says so.

            Examples:
              layoutcheck baseline vmlinux page folio -o layouts.md
              layoutcheck check --rules layouts.md next-vmlinux
              layoutcheck baseline vmlinux page folio -o layouts.md --force
              layoutcheck baseline vmlinux folio --places --reserved '*_spare*'

            """,
        ["import"] = """
            Takes static_assert, BUILD_BUG_ON, and tables of macros that make them (FOLIO_MATCH and its
            relatives). What cannot be taken is listed on standard error, with its line and the reason; the last
            line counts the assertions and files. The exit code is 0 when something was taken.
            An assertion does not apply where a type of it is not in the image, and is undecided where a member
            of it is gone; with --guarded it does not apply there either, when none of its members exists.

            Examples:
              layoutcheck rules import include/linux/mm_types.h -o mm_types.md
              layoutcheck rules import include/linux/*.h mm/*.h -o rules/

            """,
        ["check"] = """
            Compares the definitions of every C compilation unit. The first line is the verdict. A violation has
            the members with their places in the source, what breaks, and what to do. The end names every file
            that was read. -v adds each rule, each definition, and all that the image tells of itself.

            Examples:
              layoutcheck check vmlinux
              layoutcheck check --running
              layoutcheck check vmlinux --pack mm,kernel --format json
              layoutcheck check vmlinux -e 'offsetof(struct page, lru) == 8'
              layoutcheck check my.ko --against vmlinux       every struct that both define agrees
              layoutcheck check bpf.o --against vmlinux       the accesses of a BPF program resolve
              layoutcheck check vmlinux --source both         DWARF and BTF agree
              layoutcheck check vmlinux --code                the instructions agree with the types
              layoutcheck check linux-image-6.12-dbg.deb      the kernel in a package
              layoutcheck check modules.deb --member nd_pmem.ko.xz --base vmlinux
              layoutcheck check ~/linux                       the kernel of a build tree, with its .config
              ssh host cat /boot/vmlinuz | layoutcheck check -
              layoutcheck check $(uname -r)                   the installed kernel of a release

            Of several images, the result is a table, and the exit code the worst: 3 over 1 over 4. One that cannot
            be read is a row of it, and ends nothing. Images are worked on side by side.
              layoutcheck check vmlinux old-vmlinux
              find modules -name '*.ko' -print0 | layoutcheck check --files-from - --format jsonl > all.jsonl
              layoutcheck check --files-from kernels.txt --output-dir records --resume
              layoutcheck check --files-from kernels.txt --shard 2/8 --format jsonl --exit-zero

            """,
        ["merge"] = """
            Records that say the same of one image are one; those that contradict each other are told, and the exit
            code is 4 at least. With --expect, so is an image without a record, or with two.

            Examples:
              layoutcheck merge all.jsonl
              layoutcheck merge records host-*.jsonl --expect list
              layoutcheck merge all.jsonl --expect list --missing rest
              layoutcheck merge records --format tsv -o table.tsv

            """,
        ["show"] = """
            Sizes and offsets are in bytes; a bitfield's place is byte:bit, and the size of its type.
            Answers from the first C compilation unit that defines the type, and names it; --all asks every one,
            and exits 1 when they differ. A name that is not there is 4, and the nearest names are on stderr.
            A struct within a function is shown where no unit defines one of that name for itself.
            Of several names, each that can be answered is; each that cannot has its line on stderr, and the exit
            code is the worst, 3 over 4 over 1. JSON is one object with what was answered; where the debug
            information of a name cannot be read and no other name was answered, there is no output.

            Examples:
              layoutcheck show vmlinux page
              layoutcheck show vmlinux 'struct page' list_head page.lru.next
              layoutcheck show vmlinux task_struct --expand --cacheline 128

            """,
        ["overlap"] = """
            The map has a ruler in bytes, and a lane for each union arm; below it, every member by its place.
            With a member, lists every member that lies on any bit of it. A flexible array (x[]) lies on all
            bytes from its place to the end of the type. Of an array of structs, lists the elements there.

            Examples:
              layoutcheck overlap vmlinux page
              layoutcheck overlap vmlinux page.compound_head

            """,
        ["diff"] = """
            Compares the members of structs and unions by their paths. The first column is the byte, old and new
            where it changed; + is new, - is gone. 'gives way to' is a member of the same type, or another
            pointer, on the bits of one that is gone, in the same arm of a union. What is new in a hole, in
            padding or over a reserved field, while nothing moves, is compatible.
            Without a TYPE, all types that both images define are compared; one that changed only because a type
            inside of it did is named under that type. A name with several definitions is 4 when the answer
            depends on which is meant.

            Examples:
              layoutcheck diff old-vmlinux vmlinux
              layoutcheck diff old-vmlinux vmlinux page folio --fail-on any
              layoutcheck diff old-vmlinux vmlinux --write-accept accepted.txt
              layoutcheck diff old-vmlinux vmlinux --accept accepted.txt --symvers Module.symvers
              layoutcheck diff vmlinux vmlinux --old-source dwarf --new-source btf

            """,
        ["schema"] = """
            JSON Schema 2020-12, the same for every report: it knows the report by its name. The texts of rules,
            which no image changes, are in 'rules --format json'.

            Examples:
              layoutcheck schema -o layoutcheck-2.schema.json
              layoutcheck schema | jq '."$defs".fact'

            """,
        ["completion"] = """
            Behind FILE, the names of its types complete, and behind a dot those of their members: out of its BTF,
            or out of its DWARF where the file is small. A file that cannot be read completes nothing.

            Examples:
              eval "$(layoutcheck completion bash)"           in ~/.bashrc
              eval "$(layoutcheck completion zsh)"            in ~/.zshrc, behind compinit
              layoutcheck completion fish > ~/.config/fish/completions/layoutcheck.fish

            """,
        ["man"] = """
            The page is made of this help.

            Examples:
              layoutcheck man | man -l -
              layoutcheck man > ~/.local/share/man/man1/layoutcheck.1

            """,
        ["matrix"] = """
            A row an image: its release (else its file), its machine, and a cell for each
            column. A column is a question:
              page.lru                          the offset of a member, in bytes; of a bit-field byte:bit
              page.compound_head|compound_info  of the first that exists; the cell says which
              sizeof:page  sizeof:page.lru      a size in bytes
              typeof:page.lru                   a type
              exists:page  exists:page.lru      yes or no
              rule:pgmap-on-compound-head       the outcome of a rule of the catalogue
            - is a type without that member, -- an image without that type. What cannot be told is ?, with the
            reason below the table: definitions that differ, BTF that was reduced. An image that cannot be read
            is a row with its reason. The exit code is 3 when a file cannot be read, else 4 when a cell cannot
            be told; a rule that is violated is a cell as others are, and leaves it 0.

            Examples:
              layoutcheck matrix old-vmlinux vmlinux
              layoutcheck matrix --files-from kernels.txt --sort release --format markdown
              layoutcheck matrix vmlinux --show 'sizeof:page,page.compound_head|compound_info,folio.pgmap'

            """,
        ["vmcoreinfo"] = """
            At boot a kernel writes the places and sizes of its structs to a note, VMCOREINFO, by which crash and
            makedumpfile read its memory. The numbers are constants in its code. They are read from there, in code
            order, on x86-64 and arm64: from a vmlinux, a vmlinuz, or a bare arm64 Image, stripped or not.
            A line that only the running kernel knows (an address, a value from memory) is left out; -v has it,
            with the reason, and for each line the addresses of the instruction that sets the number and of the
            text. Addresses in an Image count from its beginning. Where the code says two values of one fact, the
            exit code is 4.
            check compares these facts with the debug information; check --vmcoreinfo does that with the note of a
            dump.

            Examples:
              layoutcheck vmcoreinfo vmlinuz
              layoutcheck vmcoreinfo vmlinux -v
              layoutcheck check vmlinux --vmcoreinfo vmcore
              diff <(layoutcheck vmcoreinfo vmlinuz) <(layoutcheck vmcoreinfo next-vmlinuz)

            """,
        ["audit"] = """
            Compares all definitions of all structs and unions that C units define. A file that units compile in
            two ways, so that they differ about a struct in it, is a violation (exit 1): their code disagrees
            about one object. Private structs of one name, each declared in a file of its own, are listed. So are
            a few differences of the kernel that are known to be right, each with the reason.
            BTF does not record where a type is declared: there, definitions that differ are undecided (exit 4).
            With --rust, the structs that bindgen made for Rust are compared with C's: sizes, and places and sizes
            of members. What bindgen hides or adds is counted by reason. With --source both, DWARF and BTF of the
            image have to agree besides.

            Examples:
              layoutcheck audit vmlinux
              layoutcheck audit vmlinux -v
              layoutcheck audit vmlinux --rust
              layoutcheck audit vmlinux --format json

            """,
    };

    /// <summary>Asking for help is never wrong, whatever else is on the line.</summary>
    public override bool ClearsParseErrors => true;

    /// <summary>What is said of a command behind its options: paragraphs, and examples below the line <c>Examples:</c>, indented. Empty where there is nothing.</summary>
    public static string NotesOf(Command command) => s_examples.GetValueOrDefault(command.Parents.Any() ? command.Name : "", "");

    /// <summary>The exit codes that a command can have, a line each: a number, and what it says.</summary>
    public static IEnumerable<string> ExitCodesOf(Command command)
    {
        int[] impossible = s_impossible.GetValueOrDefault(command.Name, []);
        return s_exitCodes.Where((_, code) => !impossible.Contains(code));
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = usage.Invoke(parseResult);
        Command command = parseResult.CommandResult.Command;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.Write(NotesOf(command));
        output.WriteLine();
        output.WriteLine("Exit codes:");
        foreach (string line in ExitCodesOf(command))
        {
            output.WriteLine(line);
        }

        return exitCode;
    }
}

/// <summary>The version of the program, as a line.</summary>
internal sealed class VersionLine : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"layoutcheck {RunInfo.LibraryVersion}");
        return (int)ExitCode.Holds;
    }
}
