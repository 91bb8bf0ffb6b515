using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Hostile;

/// <summary>
/// Names that a terminal would obey, in every place that a file has for a name, through every command and every form of output: none of it may
/// come out as it is, and no name may begin a line.
/// </summary>
public sealed class HostileNamesTests : IDisposable
{
    // What follows the newline would be a line of its own. The last are no UTF-8: a stray byte, and half of a surrogate pair.
    private const string InOneLine = "\e[31m\a\r\u202e\u009b\u2028\u200f\u007f";
    private const string Hostile = InOneLine + "\nNEXT: ";

    private static readonly byte[] s_noText = [0xff, 0xed, 0xa0, 0x80];

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("check|IMAGE")]
    [InlineData("check|IMAGE|--rules|RULE")]
    [InlineData("check|IMAGE|--rules|RULE|--only|struct-page-size")]
    [InlineData("show|IMAGE|page")]
    [InlineData("show|IMAGE|page|evil|--expand|--lines")]
    [InlineData("show|IMAGE|page|evil|--all|--lines")]
    [InlineData("show|IMAGE|page.lru|--lines")]
    [InlineData("show|IMAGE|evil.inner")]
    [InlineData("show|IMAGE|page.nosuch")]
    [InlineData("show|IMAGE|evil.innar")]
    [InlineData("show|IMAGE|evol")]
    [InlineData("overlap|IMAGE|page|--expand")]
    [InlineData("overlap|IMAGE|evil")]
    [InlineData("overlap|IMAGE|page.lru")]
    public void Come_out_written_out(string command)
    {
        foreach (string source in new[] { "dwarf", "btf" })
        {
            foreach (string format in new[] { "text", "json" })
            {
                ProgramResult result = Run($"{command}|--source|{source}|--format|{format}");

                Assert.True(result.ExitCode is 0 or 1 or 4, result.Err);
                AssertTame(result.Out + result.Err);
                Assert.All(result.ErrLines, line => Assert.StartsWith("layoutcheck: ", line, StringComparison.Ordinal));
                if (format == "json")
                {
                    JsonDocument.Parse(result.Out).Dispose();
                }
                else if (!command.Contains("nosuch", StringComparison.Ordinal) && !command.Contains("nnar", StringComparison.Ordinal) && !command.Contains("evol", StringComparison.Ordinal))
                {
                    Assert.True(result.Out.Contains("\\u{1b}[31m", StringComparison.Ordinal) || source == "btf", result.Out);
                }
            }
        }
    }

    [Theory]
    [InlineData("check|IMAGE|--rules|RULE|--source|dwarf")]
    [InlineData("check|IMAGE|--rules|RULE|--source|btf")]
    [InlineData("diff|IMAGE|tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf")]
    [InlineData("audit|IMAGE")]
    public void Come_out_written_out_in_every_format(string command)
    {
        string[] formats = ReportFormats.NamesFor(command.Split('|')[0]);
        string[] reports = [.. formats.SelectMany(f => (string[])["--report", $"{f}={Path.Combine(_folder, f)}"])];
        ProgramResult result = ProgramRun.Run([.. command.Split('|').Select(PathOf), .. reports]);
        Assert.True(result.ExitCode is 0 or 1 or 4, result.Err);
        Assert.All(formats, format => AssertTame(File.ReadAllText(Path.Combine(_folder, format))));
    }

    [Theory]
    [InlineData("explain|struct-page-size|IMAGE")]
    [InlineData("baseline|IMAGE|page")]
    [InlineData("baseline|IMAGE|page|evil")]
    [InlineData("baseline|IMAGE|page|-o|OUTPUT")]
    [InlineData("baseline|IMAGE|page|--force|-o|NOFOLDER")]
    [InlineData("rules|import|HEADER")]
    [InlineData("rules|import|HEADER|-o|OUTPUT")]
    public void Come_out_written_out_in_what_becomes_a_rule(string command)
    {
        ProgramResult result = Run(command);
        string written = File.Exists(PathOf("OUTPUT")) ? File.ReadAllText(PathOf("OUTPUT")) : result.Out;

        Assert.True(result.ExitCode is 0 or 3, result.Err);
        AssertTame(result.Out + result.Err + written);
        if (result.ExitCode == 0 && command[0] != 'e')
        {
            Rule rule = RuleParser.Parse("rule.md", written);
            Assert.All(rule.Checks, check => Assert.DoesNotContain("NEXT", check.Expression.Text, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("check|NOFILE", 3)]
    [InlineData("check|IMAGE|--base|NOFILE", 0)]
    [InlineData("show|NOFILE|page", 3)]
    [InlineData("show|IMAGE|pageX", 2)]
    [InlineData("show|IMAGE|page.X", 2)]
    [InlineData("explain|X", 2)]
    [InlineData("explain|struct-page-size|NOFILE", 3)]
    [InlineData("rules|import|NOFILE", 2)]
    [InlineData("check|IMAGE|--rules|NOFILE", 2)]
    [InlineData("check|IMAGE|--rules|EMPTY", 2)]
    [InlineData("check|IMAGE|--only|X", 2)]
    [InlineData("check|IMAGE|--pack|X", 2)]
    [InlineData("check|IMAGE|--debug-dir|NOFILE", 2)]
    [InlineData("check|IMAGE|--source|X", 2)]
    [InlineData("check|IMAGE|--format|X", 2)]
    [InlineData("check|IMAGE|--threads|X", 2)]
    [InlineData("show|IMAGE|page|-c|X", 2)]
    [InlineData("check|IMAGE|--X", 2)]
    [InlineData("baseline|IMAGE|page|-o|NOFOLDER", 2)]
    [InlineData("X", 2)]
    [InlineData("check|NOTELF", 3)]
    [InlineData("check|LINKED", 3)]
    public void Come_out_written_out_in_one_line_when_something_is_wrong(string command, int exitCode)
    {
        ProgramResult result = Run(command);

        AssertTame(result.Out + result.Err);
        Assert.True(result.ExitCode == exitCode || (exitCode == 0 && result.ExitCode is 1 or 4), $"{result.ExitCode}: {result.Err}");
        Assert.True(exitCode == 0 || result.ErrLines.Count(line => !line.StartsWith("Try '", StringComparison.Ordinal)) == 1, result.Err);
        Assert.All(result.ErrLines, line => Assert.True(line.StartsWith("layoutcheck: ", StringComparison.Ordinal) || line.StartsWith("Try '", StringComparison.Ordinal), line));
    }

    // A rule's error is three lines: the message, the line that it is in, and a caret.
    [Theory]
    [InlineData("X")]
    [InlineData("---\nX")]
    [InlineData("---\ntitle: aX\n---\n")]
    [InlineData("---\nLONG: a\n---\n")]
    [InlineData("---\nseverity: X\ntitle: a\ncheck: 1\n---\n")]
    [InlineData("---\nseverity: LONG\ntitle: a\ncheck: 1\n---\n")]
    [InlineData("---\ntitle: a\ncheck: offsetof(struct page, X) == 1\n---\n")]
    [InlineData("---\ntitle: a\ncheck: \tX\n---\n")]
    [InlineData("---\ntitle: a\ncheck: \"X\n---\n")]
    [InlineData("---\ntitle: a\ncheck: LONG == 1\n---\n")]
    [InlineData("---\ntitle: a\ncheck: LONG(1) == 1\n---\n")]
    [InlineData("---\ntitle: a\ncheck: 0LONG == 1\n---\n")]
    [InlineData("---\ntitle: a\ncheck: \n#define LONG(a\n---\n")]
    [InlineData("---\ntitle: a\ncheck: \n#define LONG(a) a\nLONG(1, 2)\n---\n")]
    [InlineData("---\ntitle: a\ncheck: \n#define LONG(a) a\nLONG(1\n---\n")]
    public void In_a_rule_that_is_wrong_they_are_shown_in_three_lines_of_bounded_length(string rule)
    {
        string path = PathOf("RULE");
        File.WriteAllText(path, rule.Replace("X", InOneLine + "\u0085", StringComparison.Ordinal).Replace("LONG", new string('x', 5000), StringComparison.Ordinal));

        ProgramResult result = ProgramRun.Run("check", PathOf("NOTELF"), "--rules", path);

        AssertTame(result.Out + result.Err);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(3, result.ErrLines.Length);
        Assert.StartsWith("layoutcheck: ", result.ErrLines[0], StringComparison.Ordinal);
        Assert.All(result.ErrLines[1..], line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
        // A path, and what is quoted: eighty characters, and our own words.
        Assert.All(result.ErrLines, line => Assert.InRange(line.Length, 4, 1200));
        Assert.All(result.ErrLines, line => Assert.DoesNotContain(new string('x', 120), line, StringComparison.Ordinal));
    }

    [Fact]
    public void Of_a_device_no_more_is_read_than_a_rule_file_can_have()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "no /dev/zero");
        ProgramResult result = ProgramRun.Run("check", PathOf("IMAGE"), "--rules", "/dev/zero");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("layoutcheck: /dev/zero is larger than any rule file or header", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    [Fact]
    public void An_explanation_of_a_rule_that_came_from_elsewhere()
    {
        Rule rule = RuleParser.Parse("x\u001b.md", "---\ntitle: a\u001b[2J\u202eb\npack: p\u009b\ncheck: sizeof(struct page) == 64\n---\n## What it checks\n\nc\u001b[2J\n\n## Source\n\nd\u0007\n");
        StringWriter writer = new() { NewLine = "\n" };

        ExplainText.Write(rule, null, default, writer);

        Assert.Contains("a\\u{1b}[2J\\u{202e}b", writer.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(writer.ToString(), c => (char.IsControl(c) && c != '\n') || c == '\u202e');
    }

    [Fact]
    public void Two_headers_of_one_name_make_two_files()
    {
        string[] headers = [.. new[] { "a", "b" }.Select(folder => Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, "mm.h"))];
        Array.ForEach(headers, header => File.WriteAllText(header, "static_assert(sizeof(struct page) == 64);\n"));
        string rules = Path.Combine(_folder, "rules");

        Assert.Equal(0, ProgramRun.Run(["rules", "import", .. headers, "-o", rules]).ExitCode);
        string[] names = [.. Directory.EnumerateFiles(rules).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.Equal(2, names.Length);
        Assert.EndsWith("-a-mm-h.md", names[0], StringComparison.Ordinal);
        Assert.EndsWith("-b-mm-h.md", names[1], StringComparison.Ordinal);
    }

    [Fact]
    public void One_header_twice_is_refused_before_a_file_is_lost()
    {
        string header = Path.Combine(_folder, "mm.h");
        File.WriteAllText(header, "static_assert(sizeof(struct page) == 64);\n");

        ProgramResult result = ProgramRun.Run("rules", "import", header, header, "-o", Path.Combine(_folder, "rules"));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("would be written to one file, ", Assert.Single(result.ErrLines), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "rules")));
    }

    [Fact]
    public void The_caret_stands_below_its_place_whatever_is_before_it()
    {
        string path = Path.Combine(_folder, "rule.md");
        File.WriteAllText(path, "---\ntitle: a\ncheck:\t\"\e\u202e\" == @\n---\n");

        string[] lines = ProgramRun.Run("check", "nothing", "--rules", path).ErrLines;

        Assert.Equal("    check: \"\\u{1b}\\u{202e}\" == @", lines[1]);
        Assert.Equal(lines[1].IndexOf('@'), lines[2].IndexOf('^'));
    }

    private ProgramResult Run(string command) => ProgramRun.Run([.. command.Split('|').Select(PathOf)]);

    // A file of each kind; an argument that names none is itself.
    private string PathOf(string argument)
    {
        string path = Path.Combine(_folder, $"{argument}-{Hostile}.md");
        switch (argument)
        {
            case "IMAGE" when !File.Exists(path):
                File.WriteAllBytes(path, Image());
                return path;
            case "RULE" when !File.Exists(path):
                File.WriteAllText(path, $"""
                    ---
                    title: A title{InOneLine}
                    NEXT
                    severity: error
                    pack: own{InOneLine}
                    check: offsetof(struct page, lru) == 99, "consequence{InOneLine}"
                    check: typeof(struct page, lru) == "type{InOneLine}"
                    check: exists(struct page, nosuch)
                    ---

                    ## What it checks

                    Words{Hostile}
                    """);
                return path;
            case "HEADER" when !File.Exists(path):
                File.WriteAllText(path, $"""
                    static_assert(offsetof(struct page, flags) == 0, "message{InOneLine}");
                    #define QUOTE(a) static_assert(sizeof(struct page) == 24, #a)
                    QUOTE(\);
                    static_assert(typeof(struct page, flags) == "a{InOneLine}\"b");
                    #if defined(CONFIG_A) && "X{InOneLine}"
                    static_assert(offsetof(struct page, lru) == 0);
                    #endif
                    #ifdef CONFIG_B
                    static_assert(offsetof(struct page, lru) == 12);
                    #endif
                    static_assert(sizeof(struct page) == {InOneLine});
                    static_assert(sizeof(struct page) ==
                    NEXT);
                    """);
                return path;
            case "NOTELF" when !File.Exists(path):
                File.WriteAllText(path, Hostile);
                return path;
            case "LINKED" when !File.Exists(path):
                File.WriteAllBytes(path, new ElfBuilder().Add(".gnu_debuglink", [.. Encoding.UTF8.GetBytes(Hostile), .. s_noText, 0, 1, 2, 3, 4]).ToBytes());
                return path;
            case "EMPTY":
                Directory.CreateDirectory(path);
                return path;
            case "IMAGE" or "RULE" or "HEADER" or "NOTELF" or "LINKED" or "NOFILE" or "OUTPUT":
                return path;
            case "NOFOLDER":
                return PathOf("NOTELF") + "/x.md";
            default:
                return argument.Replace("X", Hostile, StringComparison.Ordinal);
        }
    }

    // Two units, which differ on struct page, with a name of everything that has one.
    private static byte[] Image()
    {
        DwarfBuilder dwarf = new();
        ulong table = dwarf.AddLineTable(Bytes("include"), Bytes("file.h"));
        for (int i = 0; i < 2; i++)
        {
            DwarfUnit unit = dwarf.Unit(4, root:
            [
                At.Language(DwLang.DW_LANG_C11), Text(DwAt.DW_AT_name, $"unit{i}"), Text(DwAt.DW_AT_producer, $"GNU C11 {i}"), Text(DwAt.DW_AT_comp_dir, "/build/"),
                At.Offset(DwAt.DW_AT_stmt_list, DwForm.DW_FORM_sec_offset, table),
            ]);
            unit.Mark($"int{i}");
            unit.Leaf(DwTag.DW_TAG_base_type, Text(DwAt.DW_AT_name, "int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
            unit.Mark($"evil{i}");
            unit.Begin(DwTag.DW_TAG_structure_type, Text(DwAt.DW_AT_name, "evil"), At.Size(8), At.Data1(DwAt.DW_AT_decl_file, 1), At.Data1(DwAt.DW_AT_decl_line, 3));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("inner"), At.Type($"int{i}"), At.Data1(DwAt.DW_AT_data_member_location, 0), At.Data1(DwAt.DW_AT_decl_file, 1), At.Data1(DwAt.DW_AT_decl_line, 4));
            unit.Leaf(DwTag.DW_TAG_member, Text(DwAt.DW_AT_name, "inner"), At.Type($"int{i}"), At.Data1(DwAt.DW_AT_data_member_location, 4));
            unit.End();
            unit.Leaf(DwTag.DW_TAG_typedef, At.Name("evil"), At.Type($"evil{i}"));
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("page"), At.Size(24));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("flags"), At.Type($"int{i}"), At.Data1(DwAt.DW_AT_data_member_location, 0));
            unit.Leaf(DwTag.DW_TAG_member, Text(DwAt.DW_AT_name, i == 0 ? "member" : "other"), At.Type($"int{i}"), At.Data1(DwAt.DW_AT_data_member_location, 8), At.Data1(DwAt.DW_AT_decl_file, 1), At.Data1(DwAt.DW_AT_decl_line, 9));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("lru"), At.Type($"evil{i}"), At.Data1(DwAt.DW_AT_data_member_location, 16));
            unit.End();
        }

        BtfBuilder btf = new();
        uint number = btf.Int("int" + Hostile, 4, 1);
        uint evil = btf.Struct("evil" + Hostile, 8, ("inner", number, 0), ("inner" + Hostile, number, 32));
        _ = btf.Typedef("evil", evil);
        _ = btf.Struct("page", 24, ("flags", number, 0), ("member" + Hostile, number, 64), ("lru", evil, 128));
        dwarf.Others.Add((".BTF", btf.Build()));
        using MemoryStream config = new();
        using (GZipStream gzip = new(config, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write([.. Encoding.UTF8.GetBytes($"CONFIG_MEMCG=\"y{InOneLine}"), .. s_noText, .. Encoding.UTF8.GetBytes($"\"\nCONFIG_{InOneLine}=y\n")]);
        }

        dwarf.Others.Add((".rodata", [
            .. Encoding.UTF8.GetBytes($"Linux version 6.1{Hostile.Replace(' ', '_')}"), .. s_noText, .. " (x)\0IKCFG_ST"u8, .. config.ToArray(), .. "IKCFG_ED"u8,
        ]));
        return dwarf.ToBytes();

        static At Text(DwAt attribute, string name) => At.Raw(attribute, DwForm.DW_FORM_string, [.. Bytes(name), 0]);

        static byte[] Bytes(string name) => [.. Encoding.UTF8.GetBytes(name + Hostile), .. s_noText];
    }

    private static void AssertTame(string text)
    {
        Assert.DoesNotContain(text, c => c is not ('\n' or '\t') && (char.IsControl(c)
            || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate));
        Assert.DoesNotContain("\nNEXT", text, StringComparison.Ordinal);
    }
}
