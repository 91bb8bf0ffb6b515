using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary><c>rules import</c> of many headers: one that cannot be read is named, and the others are taken.</summary>
public sealed class ImportCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-import-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void A_header_that_cannot_be_read_does_not_stop_the_others()
    {
        string first = Write("first.h", "static_assert(sizeof(struct page) == 64);\nstatic_assert(FOO);\n");
        string large = Path.Combine(_folder, "large.h");
        using (FileStream file = File.Create(large))
        {
            file.SetLength((16 << 20) + 1);
        }

        string open = Write("open.h", "/* a comment without an end");
        string missing = Path.Combine(_folder, "missing.h");
        string last = Write("last.h", "static_assert(sizeof(struct folio) == 64);\n");
        string rules = Path.Combine(_folder, "rules");

        ProgramResult result = ProgramRun.Run("rules", "import", first, large, open, missing, last, "-o", rules);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["first-h.md", "last-h.md"], Directory.EnumerateFiles(rules).Select(Path.GetFileName).Order());
        Assert.Equal(
            [
                $"{first}:2: not taken: unknown name 'FOO': the language has no constants of its own but true, false, BITS_PER_LONG, BITS_PER_BYTE, big_endian and little_endian: static_assert(FOO)",
                $"layoutcheck: {first}: 1 assertions taken, 1 not",
                $"layoutcheck: {large} is larger than any rule file or header: 16777216 bytes at the most are read: file not taken",
                $"layoutcheck: {open}:1:1: this comment is not closed: file not taken",
                $"layoutcheck: {missing} cannot be read: no such file: file not taken",
                $"layoutcheck: {last}: 1 assertions taken, 0 not",
                "layoutcheck: 5 files: 2 assertions taken, 1 not; 3 files were not",
            ],
            result.ErrLines);
    }

    [Fact]
    public void One_header_alone_that_cannot_be_read_is_an_error_as_are_several_of_which_none_was_taken()
    {
        string open = Write("open.h", "/* a comment without an end");
        string empty = Write("empty.h", "");
        string rules = Path.Combine(_folder, "rules");

        Assert.Equal(2, ProgramRun.Run("rules", "import", open).ExitCode);
        ProgramResult none = ProgramRun.Run("rules", "import", open, empty, "-o", rules);
        Assert.Equal(2, none.ExitCode);
        Assert.Equal("layoutcheck: 2 files: 0 assertions taken, 0 not; 1 file was not", none.ErrLines[^1]);
        Assert.Equal(4, ProgramRun.Run("rules", "import", empty, Write("other.h", "int x;"), "-o", rules).ExitCode);
    }

    [Fact]
    public void A_file_that_is_no_text_is_named_and_guards_are_counted_in_the_last_line()
    {
        string binary = Write("binary.h", "static_assert(sizeof(struct page) == 64);\n\0");
        string good = Write("good.h", "static_assert(offsetof(struct page, lru) == 8);\nstatic_assert(sizeof(struct page) == 64);\nstatic_assert(X);\n");
        string rules = Path.Combine(_folder, "rules");

        ProgramResult alone = ProgramRun.Run("rules", "import", binary);
        Assert.Equal((2, $"layoutcheck: {binary} is no text: it has bytes of zero"), (alone.ExitCode, alone.ErrLines[0]));

        ProgramResult result = ProgramRun.Run("rules", "import", binary, good, _folder, "-o", rules, "--guarded");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal($"layoutcheck: {binary} is no text: it has bytes of zero: file not taken", result.ErrLines[0]);
        Assert.Equal($"layoutcheck: {good}: 2 assertions taken, 1 not; 1 apply only where a member of theirs exists", result.ErrLines[2]);
        Assert.Equal("layoutcheck: 3 files: 2 assertions taken, 1 not; 2 files were not; 1 apply only where a member of theirs exists", result.ErrLines[^1]);
        Assert.Contains("title: Assertions of ", File.ReadAllText(Path.Combine(rules, "good-h.md")), StringComparison.Ordinal);
    }

    // no-page has a typedef `page` and no tag of that name, page-era6 a tag and no typedef.
    [Theory]
    [InlineData("no-page/no-page.gcc-dwarf5-btf.elf", "dwarf", "typedef page", 0)]
    [InlineData("no-page/no-page.gcc-dwarf5-btf.elf", "btf", "typedef page", 0)]
    [InlineData("no-page/no-page.gcc-dwarf5-btf.elf", "dwarf", "struct page", 4)]
    [InlineData("page-era6/page-era6.gcc-dwarf5-btf.elf", "dwarf", "typedef page", 4)]
    [InlineData("page-era6/page-era6.gcc-dwarf5-btf.elf", "btf", "typedef page", 4)]
    public void A_typedef_is_found_by_its_name_and_a_tag_is_not(string fixture, string source, string type, int exitCode)
        => Assert.Equal(exitCode, ProgramRun.Run("show", FixtureFile.PathOf(fixture), type, "--source", source).ExitCode);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
