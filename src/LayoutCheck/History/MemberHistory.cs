using System.Collections.Immutable;

namespace LayoutCheck.History;

/// <summary>A commit of the kernel.</summary>
/// <param name="Id">At least 12 hexadecimal digits.</param>
/// <param name="Subject">Its first line.</param>
internal sealed record KernelCommit(string Id, string Subject);

/// <summary>A change of a member's type with its name kept.</summary>
/// <param name="Since">The first release with the new type.</param>
/// <param name="Old">The type before.</param>
/// <param name="New">The type since.</param>
internal sealed record TypeChange(ReleaseChange Since, string Old, string New);

/// <summary>What is known of one member of a struct over the releases from 5.10 on.</summary>
/// <param name="Struct">The tag of the struct.</param>
/// <param name="Name">The member as debug information names it.</param>
internal sealed record MemberHistory(string Struct, string Name)
{
    /// <summary>The first release that has it, or null: 5.10 has it.</summary>
    public ReleaseChange? Since { get; init; }

    /// <summary>The first release that no longer has it, or null.</summary>
    public ReleaseChange? Until { get; init; }

    /// <summary>The struct of the member that takes over what it says, or null.</summary>
    public string? SuccessorStruct { get; init; }

    /// <summary>The member that takes over what it says, or null.</summary>
    public string? Successor { get; init; }

    /// <summary>The change of its type, or null.</summary>
    public TypeChange? Retyped { get; init; }

    /// <summary>The commit behind the change, or null.</summary>
    public KernelCommit? Commit { get; init; }

    /// <summary>The C expressions that stand for it in a driver, joined by <c>or</c>; or null.</summary>
    public string? Write { get; init; }

    /// <summary>The condition of the preprocessor that it depends on, or null: <c>!CONFIG_MEMCG &amp;&amp; CONFIG_SLAB_OBJ_EXT</c>.</summary>
    public string? Config { get; init; }

    /// <summary>The plan behind a member that no release has, or null.</summary>
    public string? Plan { get; init; }

    /// <summary>The sources of each field, by its name in the file.</summary>
    public required ImmutableDictionary<string, ImmutableArray<string>> Sources { get; init; }

    /// <summary>Whether a release has the member, in a configuration that has it at all; null when that is not known.</summary>
    public bool? IsIn(KernelRelease release)
    {
        bool? hasBegun = Plan is not null ? false : Since is null ? true : Since.IsIn(release);
        bool? isOver = Until is null ? false : Until.IsIn(release);
        return hasBegun == false || isOver == true ? false : hasBegun is null || isOver is null ? null : true;
    }

    /// <summary>The whole history in a sentence without a full stop: <c>index gives way to __folio_index (6.16): use folio-&gt;index</c>.</summary>
    /// <param name="replaces">The member that it takes over from, or null.</param>
    public string Describe(MemberHistory? replaces = null)
    {
        string use = Write is null ? "" : $": use {Write}";
        string gate = Config is null ? "" : $"; it depends on {Config}";
        if (Plan is not null)
        {
            return $"{Name} is planned, and no release has it: {Plan}";
        }

        if (Until is null)
        {
            string place = replaces is null ? "" : $" in place of {NameIn(Struct, replaces.Struct, replaces.Name)}";
            return Since is not null ? $"{Name} appears in struct {Struct} ({Since}){place}{use}{gate}"
                : Retyped is not null ? $"{Name} is {Retyped.New} and no longer {Retyped.Old} ({Retyped.Since}){use}{gate}"
                : $"{Name} depends on {Config}{use}";
        }

        string also = Retyped is null ? "" : $"; it is {Retyped.New} and no longer {Retyped.Old} ({Retyped.Since})";
        string change = Successor is null ? $"{Name} is gone from struct {Struct} ({Until})" : $"{Name} gives way to {NameIn(Struct, SuccessorStruct!, Successor)} ({Until})";
        return $"{change}{use}{(Since is null ? "" : $"; it appears in struct {Struct} ({Since})")}{also}{gate}";
    }

    private static string NameIn(string here, string type, string member) => type == here ? member : $"{type}.{member}";
}
