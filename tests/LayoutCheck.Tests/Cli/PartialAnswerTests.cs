using System.Text.Json;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>Of several names, each that can be answered is, each that cannot has its line, and the exit code is the worst.</summary>
public sealed class PartialAnswerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
    private readonly string _image;

    public PartialAnswerTests()
    {
        _image = Path.Combine(_folder, "image");
        File.WriteAllBytes(_image, PartlyDamaged.Build().ToBytes());
    }

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Show_shows_what_it_can(bool all)
    {
        string[] option = all ? ["--all"] : [];
        ProgramResult result = ProgramRun.Run(["show", _image, "bad", "good", "nosuch", "local", .. option]);

        Assert.Equal(3, result.ExitCode);
        Assert.Equal(2, result.ErrLines.Length);
        Assert.StartsWith($"layoutcheck: bad: {_image}: .debug_info+0x", result.ErrLines[0], StringComparison.Ordinal);
        Assert.Contains("the compiler's record of a bit-field is contradictory", result.ErrLines[0], StringComparison.Ordinal);
        Assert.StartsWith("layoutcheck: no C definition of nosuch", result.ErrLines[1], StringComparison.Ordinal);
        Assert.Contains("struct good {", result.Out, StringComparison.Ordinal);
        Assert.Contains("local to function f", result.Out, StringComparison.Ordinal);
        Assert.Equal(4, ProgramRun.Run(["show", _image, "good", "nosuch", .. option]).ExitCode);
        Assert.Equal(0, ProgramRun.Run(["show", _image, "good", "local", .. option]).ExitCode);
    }

    [Fact]
    public void Json_is_one_object_with_what_was_answered_or_nothing()
    {
        ProgramResult result = ProgramRun.Run("show", _image, "bad", "good", "local", "--format", "json");
        using JsonDocument document = JsonDocument.Parse(result.Out);
        JsonElement[] types = [.. document.RootElement.GetProperty("types").EnumerateArray()];

        Assert.Equal(3, result.ExitCode);
        Assert.Equal(["struct good", "struct local"], types.Select(t => t.GetProperty("type").GetString()));
        Assert.False(types[0].TryGetProperty("function", out _));
        Assert.Equal("f", types[1].GetProperty("function").GetString());
        ProgramResult none = ProgramRun.Run("show", _image, "bad", "nosuch", "--format", "json");
        Assert.Equal((3, ""), (none.ExitCode, none.Out));
        Assert.Equal(2, none.ErrLines.Length);
    }

    [Fact]
    public void A_wrong_name_is_wrong_before_anything_is_read()
    {
        ProgramResult result = ProgramRun.Run("show", _image, "good", "not-a-name");
        Assert.Equal((2, ""), (result.ExitCode, result.Out));
    }

    [Theory]
    [InlineData("bad", 3, "layoutcheck: bad: ")]
    [InlineData("local", 4, "layoutcheck: no C definition of local for a whole unit: it is local to function f in u.c")]
    [InlineData("gone_t", 4, "layoutcheck: no C definition of gone_t: it is a typedef of struct gone, which is only declared")]
    public void A_baseline_is_whole_or_not_there(string name, int exitCode, string line)
    {
        string output = Path.Combine(_folder, "rules.md");
        ProgramResult result = ProgramRun.Run("baseline", _image, "good", name, "-o", output);

        Assert.Equal((exitCode, ""), (result.ExitCode, result.Out));
        Assert.StartsWith(line, Assert.Single(result.ErrLines), StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    [Fact]
    public void A_kind_that_there_is_not_names_the_one_that_there_is()
    {
        Assert.Equal("layoutcheck: no C definition of union good; there is struct good", Assert.Single(ProgramRun.Run("show", _image, "union good").ErrLines));
        Assert.Equal(0, ProgramRun.Run("overlap", _image, "local.m").ExitCode);
    }
}
