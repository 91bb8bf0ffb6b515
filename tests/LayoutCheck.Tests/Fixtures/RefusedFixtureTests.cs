using LayoutCheck.Core;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Fixtures;

/// <summary>What cannot be read yet is refused by the name of the cause, with what the user can do.</summary>
public sealed class RefusedFixtureTests
{
    /// <summary>File, words of the problem, words of the remedy.</summary>
    internal static readonly (string File, string Problem, string Remedy)[] Refusals =
    [
        ("refused/common-file.elf", "types and names are in not-here.dwz (dwz -m), which is not there", "put it where this name leads"),
        ("refused/debuglink.elf", "has no debug information", "its debug information was split off into vmlinux.debug"),
        ("refused/split-dwarf4.elf", "split DWARF: the types are in page-a.4.dwo", "use --source btf"),
        ("refused/split-dwarf5.elf", "split DWARF: the types are in page-a.5.dwo", "use --source btf"),
        ("refused/stripped.elf", "has no debug information", "CONFIG_DEBUG_INFO_BTF"),
    ];

    public static TheoryData<string, string, string> Cases()
    {
        TheoryData<string, string, string> data = [];
        foreach ((string file, string problem, string remedy) in Refusals)
        {
            data.Add(file, problem, remedy);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_refused_by_its_cause(string fixture, string problem, string remedy)
    {
        InvalidImageException first = Assert.Throws<InvalidImageException>(() =>
        {
            using KernelImage image = FixtureFile.Open(fixture);
            image.Types.FindFirst(TypeName.Parse("struct page"));
        });
        InvalidImageException all = Assert.Throws<InvalidImageException>(() =>
        {
            using KernelImage image = FixtureFile.Open(fixture);
            image.Types.FindAll([TypeName.Parse("struct page")], 2);
        });

        Assert.StartsWith(FixtureFile.PathOf(fixture), first.Message, StringComparison.Ordinal);
        Assert.Contains(problem, first.Problem, StringComparison.Ordinal);
        Assert.Contains(remedy, first.Remedy ?? "", StringComparison.Ordinal);
        Assert.Equal(first.Message, all.Message);
    }
}
