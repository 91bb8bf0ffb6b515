using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Docs;

/// <summary>The refusals of src/docs/inputs.md are the program's, every one.</summary>
public sealed class InputsPageTests
{
    private static readonly DocPage s_page = DocPage.Of("src/docs/inputs.md");

    public static TheoryData<string> Refusals() => [.. s_page.Rows("not read").Select(r => r[0])];

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Quotes_every_refusal(string what)
    {
        string[] row = s_page.Rows("not read").Single(r => r[0] == what);
        DirectoryInfo directory = Directory.CreateTempSubdirectory("layoutcheck-");
        try
        {
            string name = what.Trim('`');
            RefusedInput.Input input = name.StartsWith("refused/", StringComparison.Ordinal) ? new(FixtureFile.PathOf(name)) : RefusedInput.Make(what, directory.FullName);
            if (File.Exists(input.Path) && new FileInfo(input.Path).Length == 0)
            {
                ManagedWay.SkipUnlessLinux("the kind of a file without a size");
            }

            InvalidImageException e = Assert.Throws<InvalidImageException>(() =>
            {
                using KernelImage image = KernelImage.Open(input.Path, input.Options);
                CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
            });

            // File, problem and remedy in one line.
            Assert.StartsWith(input.Path, e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', e.Message);
            int problem = e.Message.IndexOf(row[1].Trim('`'), StringComparison.Ordinal);
            Assert.True(problem > 0, $"{s_page.Name}: {row[1]}; the program: {e.Message}");
            Assert.Contains(row[2].Trim('`'), e.Message[problem..], StringComparison.Ordinal);
            Assert.True(row[2].Length > 0 || e.Remedy is null, $"{s_page.Name} has no remedy, the program has: {e.Remedy}");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Names_every_refusal_once()
    {
        string[] rows = [.. s_page.Rows("not read").Select(r => r[0])];
        IEnumerable<string> fixtures = FixtureFile.All.Where(f => f.StartsWith("refused/", StringComparison.Ordinal) && f != "refused/split-dwarf4.elf").Select(f => $"`{f}`");
        Assert.Equal(RefusedInput.Names.Concat(fixtures).Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));

        // Once as a user sees it.
        ProgramResult result = ProgramRun.Run("check", FixtureFile.PathOf("refused/stripped.elf"));
        Assert.Equal(3, result.ExitCode);
        Assert.Empty(result.Out);
        Assert.StartsWith($"layoutcheck: {FixtureFile.PathOf("refused/stripped.elf")}: has no debug information", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    // The two units of a fixture, called Rust (DW_LANG_Rust, 0x1c) where gcc has DW_LANG_C11 (0x1d): behind the unit header, the abbreviation code and DW_AT_producer.
    [Fact]
    public void Units_in_other_languages_do_not_answer()
    {
        const string Fixture = "page-era5/page-era5.gcc-dwarf5.elf";
        byte[] bytes = FixtureFile.Bytes(Fixture);
        using (MappedFile file = MappedFile.Open(FixtureFile.PathOf(Fixture)))
        {
            ElfSection info = ElfFile.Read(file).Find(".debug_info")!;
            for (int at = 0; at < (int)info.ByteSize; at += 4 + BitConverter.ToInt32(bytes, (int)info.FileOffset + at))
            {
                Assert.Equal(0x1d, bytes[(int)info.FileOffset + at + 17]);
                bytes[(int)info.FileOffset + at + 17] = 0x1c;
            }
        }

        using KernelImage image = KernelImage.FromBytes("vmlinux", bytes);
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.Contains("no C definition of struct page", report.Headline(), StringComparison.Ordinal);
        Assert.Contains("no C definition of struct page", s_page.Text, StringComparison.Ordinal);
        LanguageCount language = Assert.Single(report.Source.Languages);
        Assert.Equal(2, language.UnitCount);
        Assert.Contains("Rust", language.Language, StringComparison.Ordinal);
    }
}
