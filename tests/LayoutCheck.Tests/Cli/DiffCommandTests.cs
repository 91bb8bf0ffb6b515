using System.Text.Json;

namespace LayoutCheck.Tests.Cli;

/// <summary><c>diff</c>, and the comparisons of <c>check</c>, as a user runs them on images of compilers.</summary>
public sealed class DiffCommandTests
{
    private const string Before = "tests/fixtures/seed-before/seed-before.gcc-dwarf5.elf";
    private const string After = "tests/fixtures/seed-after/seed-after.gcc-dwarf5.elf";

    private static string Pinned(string variant, string build) => $"tests/fixtures/pinned/pinned.{variant}.{build}.elf";

    public static TheoryData<string, string, string, string[]> Variants() => new()
    {
        { "none", "same", "", [] },
        { "numbers", "same", "", [] },
        { "typedefs", "same", "", [] },
        { "new", "compatible", "struct lane", ["filled debug"] },
        { "spare-used", "compatible", "struct ring", ["filled users", "filled depth"] },
        { "spare-taken", "compatible", "struct ring", ["filled waiters", "removed kabi_reserved2"] },
        { "spare-hidden", "compatible", "struct ring", ["filled stats"] },
        { "types", "type", "struct ring", ["retyped owner", "retyped phase", "retyped budget", "retyped flags", "added flags.bits", "retyped done"] },
        { "union", "type", "union cell", ["retyped half"] },
        { "bits", "layout", "struct lane", ["resized open", "resized kind"] },
        { "nested", "layout", "struct lane", ["moved gate.holders", "reordered gate.ticket"] },
        { "unnamed", "layout", "struct ring", ["moved window.tail", "reordered window.head"] },
        { "spare-dropped", "layout", "struct ring", ["moved last", "removed kabi_reserved1", "removed kabi_reserved2"] },
        { "spare-outgrown", "layout", "struct ring", ["added wide", "moved kabi_reserved2", "moved last"] },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Names_each_change_of_a_compiled_struct(string variant, string weight, string type, string[] changes)
    {
        foreach (string build in new[] { "gcc-dwarf5-btf", "clang-dwarf4" })
        {
            foreach (string[] sources in build == "clang-dwarf4" ? new string[][] { [] } : [[], ["--source", "btf"], ["--new-source", "btf"]])
            {
                using JsonDocument json = Diff([Pinned("none", build), Pinned(variant, build), "--format", "json", "--no-rules", "--fail-on", "any", .. sources], weight == "same" ? 0 : 1);
                JsonElement[] types = [.. json.RootElement.GetProperty("types").EnumerateArray()];
                Assert.All(types, t => Assert.Equal(weight, t.GetProperty("outcome").GetString()));
                JsonElement[] causes = [.. types.Where(t => t.GetProperty("causes").GetArrayLength() == 0)];
                if (type.Length == 0)
                {
                    Assert.Empty(types);
                    continue;
                }

                // Two of these variants have the changed type in another one of the same file too, for itself.
                JsonElement found = causes.Single(t => t.GetProperty("type").GetString() == type);
                Assert.Equal(changes, found.GetProperty("definitions")[0].GetProperty("changes").EnumerateArray().Select(Words));
            }
        }
    }

    [Theory]
    [InlineData("types", "layout", 0)]
    [InlineData("types", "type", 1)]
    [InlineData("types", "never", 0)]
    [InlineData("spare-used", "name", 0)]
    [InlineData("spare-used", "any", 1)]
    [InlineData("nested", "layout", 1)]
    [InlineData("nested", "never", 0)]
    public void Fails_on_the_differences_that_it_is_told(string variant, string failOn, int exitCode)
        => Assert.Equal(exitCode, ProgramRun.Run("diff", Pinned("none", "clang-dwarf4"), Pinned(variant, "clang-dwarf4"), "--fail-on", failOn).ExitCode);

    [Fact]
    public void A_pointer_that_gives_way_counts_as_a_name_alone()
    {
        ProgramResult result = ProgramRun.Run("diff", Before, After, "page");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("pgmap gives way to _unused  struct dev_pagemap * -> void *", result.Out, StringComparison.Ordinal);
        Assert.Contains("page: pgmap gives way to folio.pgmap (6.15): use page_pgmap(page)", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("none in what counts (--fail-on layout)", string.Join(' ', result.Out.Split('\n').Take(2)).Replace("     ", " ", StringComparison.Ordinal).TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(1, ProgramRun.Run("diff", Before, After, "page", "--fail-on", "name").ExitCode);
    }

    [Fact]
    public void Rules_with_another_outcome_are_told()
    {
        using JsonDocument json = Diff(["tests/fixtures/page-era5/page-era5.gcc-dwarf5.elf", "tests/fixtures/bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf", "folio", "--format", "json"], 1);
        JsonElement rule = json.RootElement.GetProperty("rules").EnumerateArray().Single(r => r.GetProperty("id").GetString() == "pgmap-on-compound-head");
        Assert.Equal(("holds", "violated"), (rule.GetProperty("old").GetString(), rule.GetProperty("new").GetString()));
    }

    [Fact]
    public void A_type_that_one_image_lacks_is_a_difference_and_one_that_both_lack_is_undecided()
    {
        Assert.Equal(1, ProgramRun.Run("diff", Before, Pinned("none", "clang-dwarf4"), "page").ExitCode);
        ProgramResult neither = ProgramRun.Run("diff", Before, After, "nosuch", "list_head");
        Assert.Equal((4, "layoutcheck: no C definition of nosuch in either image\n"), (neither.ExitCode, neither.Err));
        Assert.Contains("1 is in neither", neither.Out, StringComparison.Ordinal);
        Assert.Equal(4, ProgramRun.Run("diff", Before, After, "nosuch", "--fail-on", "never").ExitCode);
    }

    [Fact]
    public void The_order_of_threads_does_not_show()
    {
        string[] outputs = [.. new[] { "1", "2", "5" }.Select(n => ProgramRun.Run("diff", Before, "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf", "--threads", n, "--format", "json").Out)];
        Assert.Single(outputs.Distinct());
    }

    [Fact]
    public void Several_definitions_are_the_same_as_sets()
    {
        const string Both = "tests/fixtures/audit/audit.two-ways.gcc-dwarf5-btf.elf";
        Assert.Equal(0, ProgramRun.Run("diff", Both, "tests/fixtures/audit/audit.two-ways.gcc-dwarf4.elf", "--fail-on", "any").ExitCode);
        Assert.Equal(0, ProgramRun.Run("diff", Both, "tests/fixtures/audit/audit.two-ways.gcc-dwarf5-types.elf", "--fail-on", "any").ExitCode);
        Assert.Equal(0, ProgramRun.Run("diff", Both, Both, "--fail-on", "any", "--new-source", "btf").ExitCode);
    }

    [Fact]
    public void Accepted_differences_are_left_out_until_they_are_others()
    {
        string folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        string file = Path.Combine(folder, "accepted.txt");
        string none = Pinned("none", "gcc-dwarf5-btf");
        ProgramResult written = ProgramRun.Run("diff", none, Pinned("nested", "gcc-dwarf5-btf"), "--write-accept", file);
        Assert.Equal((0, $"layoutcheck: wrote 2 entries to {file}; 2 without a reason: write it before the file is used\n"), (written.ExitCode, written.Err));
        ProgramResult refused = ProgramRun.Run("diff", none, Pinned("nested", "gcc-dwarf5-btf"), "--accept", file);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("gives no reason", refused.Err, StringComparison.Ordinal);
        Assert.Equal(2, ProgramRun.Run("diff", none, Pinned("nested", "gcc-dwarf5-btf"), "--write-accept", file).ExitCode);
        File.WriteAllText(file, File.ReadAllText(file).Replace("reason:\n", "reason: swapped upstream\n", StringComparison.Ordinal));
        ProgramResult accepted = ProgramRun.Run("diff", none, Pinned("nested", "gcc-dwarf5-btf"), "--accept", file, "--fail-on", "any");
        Assert.Equal((0, ""), (accepted.ExitCode, accepted.Err));
        Assert.Contains("struct lane: swapped upstream", accepted.Out, StringComparison.Ordinal);

        // Another change of the same type is not covered, and the entries are stale.
        ProgramResult other = ProgramRun.Run("diff", none, Pinned("bits", "gcc-dwarf5-btf"), "--accept", file);
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("struct lane differs in another way than the entry accepts", other.Err, StringComparison.Ordinal);
        Assert.Contains(": struct ring has no difference of its own to accept", other.Err, StringComparison.Ordinal);
        ProgramResult gone = ProgramRun.Run("diff", none, none, "--accept", file);
        Assert.Equal(0, gone.ExitCode);
        Assert.Equal(2, gone.ErrLines.Count(l => l.EndsWith("the entry can go", StringComparison.Ordinal)));
        Directory.Delete(folder, true);
    }

    [Fact]
    public void A_kernel_of_another_layout_is_found_and_the_members_to_guard_are_told()
    {
        ProgramResult same = ProgramRun.Run("check", Before, "--against", Before);
        Assert.Equal(0, same.ExitCode);
        Assert.Contains("agree with seed-before.gcc-dwarf5.elf", same.Unfolded, StringComparison.Ordinal);
        ProgramResult other = ProgramRun.Run("check", Before, "--against", After);
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("1 of 7 types differs from seed-after.gcc-dwarf5.elf", other.Unfolded, StringComparison.Ordinal);
        Assert.Contains("page.pgmap (only in the module's headers; there page._unused)", other.Out, StringComparison.Ordinal);
        Assert.Contains("folio.pgmap (only in the kernel)", other.Out, StringComparison.Ordinal);
        Assert.Contains("Against:", other.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("page-era6.btf.elf", "page-era6.gcc-dwarf5.elf")]
    [InlineData("page-era6.gcc-dwarf5.elf", "page-era6.btf.elf")]
    [InlineData("page-era6.btf.elf", "page-era6.gcc-dwarf5-btf.elf")]
    [InlineData("page-era6.clang-dwarf5.elf", "page-era6.gcc-dwarf5-btf.elf")]
    public void A_module_and_a_kernel_may_have_different_formats(string module, string kernel)
    {
        ProgramResult result = ProgramRun.Run("check", $"tests/fixtures/page-era6/{module}", "--against", $"tests/fixtures/page-era6/{kernel}");
        Assert.Equal((0, ""), (result.ExitCode, result.Err));
        Assert.Contains(" types agree with ", result.Unfolded, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_in_common_is_undecided()
        => Assert.Equal(4, ProgramRun.Run("check", Pinned("none", "clang-dwarf4"), "--against", Before, "-e", "sizeof(struct ring) > 0").ExitCode);

    [Fact]
    public void A_modules_own_BTF_goes_on_from_the_kernel_that_is_named()
    {
        const string Module = "tests/fixtures/page-era5-module/page-era5-module.split-btf.ko";
        const string Kernel = "tests/fixtures/page-era5/page-era5.btf.elf";
        ProgramResult result = ProgramRun.Run("check", Module, "--against", Kernel);
        Assert.Contains("whose BTF it goes on from", result.Unfolded, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public void The_two_formats_of_an_image_agree_or_it_is_violated()
    {
        ProgramResult agree = ProgramRun.Run("check", "tests/fixtures/page-era6/page-era6.gcc-dwarf5-btf.elf", "--source", "both");
        Assert.Equal(0, agree.ExitCode);
        Assert.Contains("agree with BTF", agree.Unfolded, StringComparison.Ordinal);
        ProgramResult missing = ProgramRun.Run("check", "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf", "--source", "both");
        Assert.Equal(3, missing.ExitCode);
        Assert.Contains("has no BTF", missing.Err, StringComparison.Ordinal);
    }

    private static JsonDocument Diff(string[] arguments, int exitCode)
    {
        ProgramResult result = ProgramRun.Run(["diff", .. arguments]);
        Assert.True(result.ExitCode == exitCode, $"{string.Join(' ', arguments)}: {result.ExitCode}\n{result.Out}{result.Err}");
        return JsonDocument.Parse(result.Out);
    }

    private static string Words(JsonElement change)
    {
        JsonElement side = change.GetProperty("old").ValueKind == JsonValueKind.Null || change.GetProperty("word").GetString() == "filled" ? change.GetProperty("new") : change.GetProperty("old");
        return $"{change.GetProperty("word").GetString()} {side.GetProperty("member").GetString()}";
    }
}
