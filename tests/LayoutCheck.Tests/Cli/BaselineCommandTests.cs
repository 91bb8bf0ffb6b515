using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>What the options of <c>baseline</c> change, and what <c>check</c> says of its file.</summary>
public sealed class BaselineCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void A_use_of_a_reserved_field_is_told_and_holds()
    {
        string rules = Baseline("none");

        ProgramResult used = Check(rules, "spare-used", "--width", "0");
        Assert.Equal(0, used.ExitCode);
        Assert.Contains("\ncompatible: reserved field kabi_reserved1 of struct ring is used by users, depth (ring)\n", used.Out, StringComparison.Ordinal);
        Assert.Contains("compatible: reserved field kabi_reserved1 of struct ring is used by", Check(rules, "spare-used", "--format", "json").Out, StringComparison.Ordinal);
        Assert.DoesNotContain("compatible", Check(rules, "none").Out, StringComparison.Ordinal);
        Assert.Equal(1, Check(rules, "spare-dropped").ExitCode);
    }

    [Fact]
    public void Names_of_reserved_fields_of_ones_own_are_taken()
    {
        Assert.Equal(1, Check(Baseline("none"), "types").ExitCode);
        string rules = Baseline("none", "--reserved", "na*e", "--reserved", "owner", "--reserved", "phas*", "--reserved", "budget", "--reserved", "*grid", "--reserved", "flags", "--reserved", "done");
        ProgramResult result = Check(rules, "types");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("reserved(name, ", File.ReadAllText(rules), StringComparison.Ordinal);
        Assert.Contains("reserved(kabi_reserved2, ", File.ReadAllText(rules), StringComparison.Ordinal);
    }

    [Fact]
    public void Places_alone_are_told_in_the_first_line()
    {
        string rules = Baseline("none", "--places");
        Assert.Equal("title: places and sizes alone, no types, of struct ring", File.ReadAllLines(rules)[1]);
        Assert.Equal(0, Check(rules, "nested").ExitCode);
        Assert.Contains("places and sizes alone, no types, of struct ring", Check(rules, "unnamed").Out, StringComparison.Ordinal);
        Assert.Equal("title: sizes, places and types of struct ring", File.ReadAllLines(Baseline("none"))[1]);
    }

    private string Baseline(string change, params string[] options)
    {
        string rules = Path.Combine(_folder, "ring.md");
        ProgramResult result = ProgramRun.Run(["baseline", FixtureFile.PathOf($"pinned/pinned.{change}.gcc-dwarf5-btf.elf"), "ring", "--force", "-o", rules, .. options]);
        Assert.Equal((0, ""), (result.ExitCode, result.Err));
        return rules;
    }

    private static ProgramResult Check(string rules, string change, params string[] options)
        => ProgramRun.Run(["check", FixtureFile.PathOf($"pinned/pinned.{change}.clang-dwarf4.elf"), "--rules", rules, "--only", "ring", .. options]);
}
