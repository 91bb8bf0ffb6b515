using System.IO.Compression;
using System.Text;
using LayoutCheck.Tests.Cli;

namespace LayoutCheck.Tests.Support;

/// <summary>Command lines whose JSON has every field that there is, by the report.</summary>
internal static class JsonRuns
{
    private const string Image = CheckedImages.Good;
    private const string Late = CheckedImages.Bad;
    private const string None = CheckedImages.None;
    private const string Audited = "tests/fixtures/audit/audit";
    private const string Before = "tests/fixtures/seed-before/seed-before.gcc-dwarf5.elf";
    private const string After = "tests/fixtures/seed-after/seed-after.gcc-dwarf5.elf";

    private const string Moved = "tests/fixtures/inlines/inlines.moved-gcc-dwarf5.elf";

    private static readonly string s_folder = MakeFolder();

    // What no fixture has: a kernel with a configuration, a type that cannot be read beside one that can, accepted differences.
    private static readonly string s_configured = Write("vmlinux", Configured());
    private static readonly string s_damaged = Write("damaged", PartlyDamaged.Build().ToBytes());

    // Its code exports the size of a type, and a symbol.
    private static readonly string s_exporting = Write("exporting", Exporting());

    private static readonly string s_accepted = Write("accepted.txt", """
        [struct far]
        reason: agreed on
          size 8 -> 16
          added - -> more @0+64 long int
          moved value @0+64 long int -> value @64+64 long int
        """u8.ToArray());

    private static readonly string s_lines = Write("lines.jsonl", Encoding.UTF8.GetBytes(ProgramRun.Run("check", Image, Late, None, "--format", "jsonl", "--facts").Out));
    private static readonly string s_list = Write("list", Encoding.UTF8.GetBytes($"{Image}\n{After}\n"));

    /// <summary>The arguments, without <c>--format json</c>.</summary>
    public static IReadOnlyDictionary<string, string[][]> ByReport { get; } = new Dictionary<string, string[][]>(StringComparer.Ordinal)
    {
        ["check"] =
        [
            ["check", Image, "--pack", "mm,kernel,consumers"], ["check", Late],
            ["check", "tests/fixtures/disagree/disagree.gcc-dwarf5.elf"],
            ["check", Before, "--against", After],
            ["check", Moved, "--code"],
            ["check", Image, Late, None, "--pack", "mm"], ["check", None],
            ["check", MakeTree()], ["check", s_exporting, "--pack", "exported"],
            ["check", s_configured, "-e", "config(CONFIG_64BIT) && offsetof(struct flexible, data) == 4"],
        ],
        ["show"] =
        [
            ["show", "tests/fixtures/disagree/disagree.gcc-dwarf5.elf", "page", "folio", "--all"], ["show", Image, "page.lru"],
            ["show", "tests/fixtures/shapes/shapes.gcc-dwarf5.elf", "holes", "bits"], ["show", s_damaged, "local"],
        ],
        ["overlap"] = [["overlap", Image, "page"], ["overlap", Image, "page.lru"], ["overlap", Image, "page", "folio"]],
        ["rules"] = [["rules"]],
        ["explain"] = [["explain", "pgmap-on-compound-head"], ["explain", "pgmap-on-compound-head", Late], ["explain", "_compound_head", Moved]],
        ["audit"] =
        [
            ["audit", $"{Audited}.two-ways.gcc-dwarf5-btf.elf"], ["audit", $"{Audited}.two-ways.btf.elf"],
            ["audit", "tests/fixtures/bindings/bindings.moved.gcc-dwarf5.elf", "--rust"], ["audit", $"{Audited}.private.gcc-dwarf5-btf.elf", "--source", "both"],
        ],
        ["diff"] =
        [
            ["diff", "tests/fixtures/reach/reach.before.gcc-dwarf5-btf.elf", "tests/fixtures/reach/reach.after.gcc-dwarf5-btf.elf", "--symbols", "tests/fixtures/reach/stable-symbols", "--accept", s_accepted],
            ["diff", s_damaged, s_damaged, "bad"],
            ["diff", Before, Image],
            ["diff", "tests/fixtures/pinned/pinned.none.clang-dwarf4.elf", "tests/fixtures/pinned/pinned.spare-used.clang-dwarf4.elf"],
        ],
        ["bpf"] =
        [
            ["check", "tests/fixtures/bpf/bpf.guarded.o", "--against", Image], ["check", "tests/fixtures/bpf/bpf.bare.o", "--against", Image],
            ["check", "tests/fixtures/bpf/bpf.forms.o", "--against", Image, "--source", "dwarf"],
        ],
        ["vmcoreinfo"] = [["vmcoreinfo", s_exporting]],
        ["baseline"] = [["baseline", Image, "page"]],
        ["matrix"] = [["matrix", Image, "tests/fixtures/disagree/disagree.gcc-dwarf5.elf", "tests/fixtures/refused/stripped.elf"]],
        ["merge"] = [["merge", s_lines, "--facts", "--expect", s_list]],
    };

    /// <summary>Lines of JSON: those of check, and the records of a folder.</summary>
    public static IEnumerable<string> Lines()
    {
        string records = Path.Combine(s_folder, "records");
        _ = ProgramRun.Run("check", Image, None, "--output-dir", records);
        return [.. File.ReadAllLines(s_lines), .. Directory.EnumerateFiles(records).Where(f => !f.EndsWith(".tmp", StringComparison.Ordinal)).SelectMany(File.ReadAllLines)];
    }

    private static string MakeFolder()
    {
        string folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    private static string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(s_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    // A build tree, whose configuration is a file of its own.
    private static string MakeTree()
    {
        string tree = Directory.CreateDirectory(Path.Combine(s_folder, "tree")).FullName;
        File.WriteAllText(Path.Combine(tree, ".config"), "CONFIG_64BIT=y\n");
        File.SetLastWriteTimeUtc(Path.Combine(tree, ".config"), DateTime.UnixEpoch.AddDays(1));
        File.WriteAllBytes(Path.Combine(tree, "vmlinux"), FixtureFile.Bytes("shapes/shapes.raw.btf"));
        return tree;
    }

    private static byte[] Exporting()
    {
        KernelCodeBuilder kernel = KernelCodeBuilder.With(LayoutCheck.Machine.MachineKind.X64, ("SIZE(holes)=%lu\n", 24), ("SYMBOL(x)=%lx\n", 1), ("LENGTH(x)=%lu\n", 2));
        kernel.Others.Add((".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")));
        return kernel.ToBytes();
    }

    private static byte[] Configured()
    {
        using MemoryStream config = new();
        using (GZipStream gzip = new(config, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write("CONFIG_64BIT=y\n# CONFIG_ARM is not set\n"u8);
        }

        byte[] rodata = [.. "Linux version 7.3.4+deb13 (me)\0IKCFG_ST"u8, .. config.ToArray(), .. "IKCFG_ED"u8, 0, 0];
        return new ElfBuilder().Add(".rodata", rodata).Add(".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")).ToBytes();
    }
}
