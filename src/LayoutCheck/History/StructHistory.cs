using System.Collections.Immutable;

namespace LayoutCheck.History;

/// <summary>
/// What is known of one struct over the releases from 5.10 on: the members that differ between two of them, and those that the configuration gates.
/// </summary>
/// <param name="Name">The tag.</param>
/// <param name="Since">The first release that has the struct, or null: 5.10 has it.</param>
/// <param name="Commit">The commit that made it, or null.</param>
/// <param name="Members">The members, in the order of the file.</param>
/// <param name="Sources">What each short name of a source stands for.</param>
internal sealed record StructHistory(
    string Name, ReleaseChange? Since, KernelCommit? Commit, ImmutableArray<MemberHistory> Members, ImmutableDictionary<string, string> Sources);
