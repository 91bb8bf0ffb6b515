using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.PublicApi;

/// <summary>What the library's public members give is what the program gives.</summary>
public sealed class WholeReportsTests
{
    private const string Fixture = "page-era6/page-era6.gcc-dwarf5.elf";

    [Theory]
    [InlineData("json")]
    [InlineData("tsv")]
    public void A_report_is_written_as_the_program_writes_it(string format)
    {
        string path = Path.Combine("tests", "fixtures", Fixture);
        string[] names = ReportFormats.NamesFor("show");
        Assert.Contains(format, names);
        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(Fixture));
        ShowReport report = ShowAnalysis.Run(image, [TypeQuery.Parse("page")], new ShowOptions(), threads: 1, withImage: true) with { Run = RunInfo.Of(path) };
        using MemoryStream stream = new();
        ReportFormats.Write(format, report, stream);
        string expected = ProgramRun.Run("show", path, "page", "--format", format).Out;
        Assert.Equal(expected.Length, System.Text.Encoding.UTF8.GetString(stream.ToArray()).Replace(FixtureFile.PathOf(Fixture), path, StringComparison.Ordinal).Length);
    }

    [Fact]
    public void A_format_that_a_report_cannot_have_is_refused_by_name()
    {
        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(Fixture));
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), threads: 1);
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => ReportFormats.Write("nonsense", report, Stream.Null));
        Assert.Contains("'nonsense'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("sarif", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_answers_single_questions()
    {
        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(Fixture));
        TypeName page = TypeName.Parse("struct page");
        Assert.Equal(SourceKind.Dwarf, image.Source);
        Assert.Equal(new TargetInfo(8, false).WordByteSize, image.Target.WordByteSize);
        Assert.Equal(64u, image.FindFirst(page)!.Aggregate.ByteSize);
        Assert.Equal(64u, Assert.Single(image.FindAll([page], threads: 2).Sets).Distinct[0].Aggregate.ByteSize);
        Assert.Null(image.FindFirst(TypeName.Parse("struct no_such_struct")));
    }
}
