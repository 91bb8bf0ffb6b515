using System.Runtime.CompilerServices;
using LayoutCheck.History;
using LayoutCheck.Tests.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.History;

/// <summary>
/// Every statement of the histories is compared with the layouts of real kernels: those that rules are tested on, and those of <c>History/Layouts</c>, which
/// have the four structs alone (5.10, a 32-bit 6.1 and a big-endian 7.2, by their DWARF).
/// </summary>
public sealed class HistoryDataTests
{
    private sealed record Layout(string Kernel, KernelRelease Release, IReadOnlyDictionary<TypeName, DefinitionSet> Types)
    {
        public AggregateType? Find(string tag) => Types.TryGetValue(new TypeName(TypeNameKind.Struct, tag), out DefinitionSet? set) ? set.Distinct[0].Aggregate : null;

        public Dictionary<string, string> Members(string tag)
            => Types.TryGetValue(new TypeName(TypeNameKind.Struct, tag), out DefinitionSet? set)
                ? set.Distinct[0].Aggregate.Members.ToDictionary(m => m.Name!, m => set.Distinct[0].Graph.Declare(m.Type))
                : [];
    }

    // Members of vendors: no release of mainline has them.
    private static readonly HashSet<string> s_foreign = ["page.buddy_since"];

    private static readonly Layout[] s_layouts =
    [
        Of("amd64-5.10-cloud", "5.10.223"), Of("amd64-6.1-cloud", "6.1.192"), Of("armel-6.1-rpi", "6.1.176", word: 4), Of("amd64-6.12-cloud", "6.12.118"),
        Of(RealLayouts.Running, "6.18.44"), Of("s390x-7.2", "7.2.12"), Of("amd64-7.3-cloud", "7.3.4"),
    ];

    public static TheoryData<string> Structs => [.. Histories.All.Select(h => h.Name)];

    [Fact]
    public void There_is_a_file_for_each_of_the_four_structs()
        => Assert.Equal(["dev_pagemap", "folio", "page", "slab"], Histories.All.Select(h => h.Name));

    [Theory]
    [MemberData(nameof(Structs))]
    public void A_release_has_the_members_that_the_history_says_it_has(string tag)
    {
        StructHistory history = Histories.All.Single(h => h.Name == tag);
        int statements = 0;
        foreach (Layout layout in s_layouts)
        {
            bool hasStruct = history.Since?.IsIn(layout.Release) ?? true;
            Assert.True(hasStruct == layout.Find(tag) is not null, $"{layout.Kernel}: struct {tag}");
            Dictionary<string, string> members = layout.Members(tag);
            foreach (MemberHistory member in history.Members.Where(m => hasStruct && m.IsIn(layout.Release) is not null))
            {
                bool said = member.IsIn(layout.Release)!.Value;
                bool isThere = members.ContainsKey(member.Name);
                Assert.True(said == isThere || (said && member.Config is not null), $"{layout.Kernel}: {tag}.{member.Name} {(isThere ? "is there" : "is not there")}: {member.Describe()}");
                statements++;
            }
        }

        Assert.True(statements >= 20, $"{statements} statements");
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void Every_member_that_one_kernel_has_and_another_has_not_has_a_history(string tag)
    {
        Layout[] layouts = [.. s_layouts.Where(l => l.Find(tag) is not null)];
        HashSet<string> everywhere = [.. layouts[0].Members(tag).Keys];
        foreach (Layout layout in layouts)
        {
            everywhere.IntersectWith(layout.Members(tag).Keys);
        }

        IEnumerable<string> differing = layouts.SelectMany(l => l.Members(tag).Keys).Distinct().Where(m => !everywhere.Contains(m) && !s_foreign.Contains($"{tag}.{m}"));
        Assert.NotEmpty(differing);
        Assert.All(differing, m => Assert.True(Histories.Find(TypeName.Parse($"struct {tag}"), m) is not null, $"{tag}.{m} has no history"));
    }

    [Fact]
    public void A_successor_is_a_member_that_a_kernel_has_or_a_history_knows()
    {
        (MemberHistory Member, string Name)[] successors = [.. Histories.All.SelectMany(h => h.Members).Where(m => m.Successor is not null).Select(m => (m, $"{m.SuccessorStruct}.{m.Successor}"))];
        Assert.True(successors.Length > 30, $"{successors.Length} successors");
        Assert.All(successors, s =>
        {
            bool isInALayout = s_layouts.Any(l => l.Members(s.Member.SuccessorStruct!).ContainsKey(s.Member.Successor!));
            bool isKnown = Histories.Find(new TypeName(TypeNameKind.Struct, s.Member.SuccessorStruct!), s.Member.Successor!) is not null;
            Assert.True(isInALayout || isKnown, $"{s.Member.Struct}.{s.Member.Name} gives way to {s.Name}, which is nowhere");
        });
    }

    // A member gives way to one that is there from that release on, not to one that appears later or is gone before.
    [Fact]
    public void A_successor_is_there_when_its_predecessor_is_gone()
        => Assert.All(Histories.All.SelectMany(h => h.Members).Where(m => m.Successor is not null), member =>
        {
            KernelRelease gone = member.Until!.Mainline!.Value.Last;
            MemberHistory? successor = Histories.Find(new TypeName(TypeNameKind.Struct, member.SuccessorStruct!), member.Successor!);
            Assert.True(successor?.IsIn(gone) ?? true, $"{member.Struct}.{member.Name} gives way in {gone}: {successor?.Describe()}");
        });

    [Fact]
    public void A_changed_type_is_that_of_the_kernels()
    {
        int statements = 0;
        foreach (MemberHistory member in Histories.All.SelectMany(h => h.Members).Where(m => m.Retyped is not null))
        {
            foreach (Layout layout in s_layouts.Where(l => l.Members(member.Struct).ContainsKey(member.Name) && member.Retyped!.Since.IsIn(l.Release) is not null))
            {
                string expected = member.Retyped!.Since.IsIn(layout.Release)!.Value ? member.Retyped.New : member.Retyped.Old;
                string actual = layout.Members(member.Struct)[member.Name].Replace("long unsigned int", "unsigned long", StringComparison.Ordinal);
                // A struct without a tag has a made-up one in the stored layouts.
                Assert.True(actual == expected || (actual == $"struct {member.Struct}__{member.Name}" && expected.EndsWith("_t", StringComparison.Ordinal)), $"{layout.Kernel}: {actual}, not {expected}");
                statements++;
            }
        }

        Assert.True(statements > 20, $"{statements} statements");
    }

    private static Layout Of(string kernel, string release, int word = 8)
    {
        string own = Path.Combine(Folder(), "Layouts", kernel + ".txt");
        string text = File.Exists(own) ? File.ReadAllText(own) : RealLayouts.Read(kernel);
        TypeName[] wanted = [.. Histories.All.Select(h => new TypeName(TypeNameKind.Struct, h.Name)), new TypeName(TypeNameKind.Struct, "ptdesc")];
        return new Layout(kernel, KernelRelease.Read(release)!.Value, LayoutText.Parse(text, word, wanted));
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
