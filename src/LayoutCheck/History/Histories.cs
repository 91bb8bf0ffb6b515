using System.Collections.Immutable;
using System.Text;
using LayoutCheck.Types;

namespace LayoutCheck.History;

/// <summary>
/// The histories that are built in: the Markdown files of <c>History</c>, embedded in the library; <c>History/README.md</c> describes them.
/// </summary>
internal static class Histories
{
    private const string Prefix = "History/";

    private static readonly Lazy<ImmutableArray<StructHistory>> s_all = new(Load);

    /// <summary>All of them, by name. Parsed at the first use.</summary>
    public static ImmutableArray<StructHistory> All => s_all.Value;

    /// <summary>The history of a struct, or null. A bare name means the struct; a union of that name has none.</summary>
    public static StructHistory? Find(TypeName type)
        => type.Kind is TypeNameKind.Any or TypeNameKind.Struct ? All.FirstOrDefault(h => h.Name == type.Name) : null;

    /// <summary>The history of a member, or null.</summary>
    /// <param name="type">The struct.</param>
    /// <param name="memberPath">The member; of a path, its first name counts: unnamed levels are flattened.</param>
    public static MemberHistory? Find(TypeName type, string memberPath)
    {
        ArgumentNullException.ThrowIfNull(memberPath);
        int end = memberPath.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? memberPath : memberPath[..end];
        return Find(type)?.Members.FirstOrDefault(m => m.Name == first);
    }

    /// <summary>The history of a member in a sentence without a full stop, or null: <c>index gives way to __folio_index (6.16): use folio-&gt;index</c>.</summary>
    /// <param name="type">The struct.</param>
    /// <param name="memberPath">The member, or a path that begins with it.</param>
    /// <param name="release">
    /// The release of an image that lacks the member (<c>uname -r</c>), or null. A history that has the member in that release, whatever the configuration, does not
    /// explain it and is not told.
    /// </param>
    public static string? For(TypeName type, string memberPath, string? release = null)
    {
        if (Find(type, memberPath) is not { } member)
        {
            return null;
        }

        // Of a member with another type, other members are asked for within it.
        bool isWithin = memberPath.Length > member.Name.Length && member.Retyped is not null;
        bool isThere = KernelRelease.Read(release) is { } read && member.IsIn(read) == true;
        return !isThere || isWithin ? member.Describe(ReplacedBy(member))
            : member.Config is null ? null
            : $"{member.Name} depends on {member.Config}";
    }

    /// <summary>The history of a whole struct in a sentence without a full stop, or null.</summary>
    /// <param name="type">The struct.</param>
    /// <param name="release">The release of an image that lacks it, or null. A history that has it in that release is not told.</param>
    public static string? ForStruct(TypeName type, string? release = null)
        => Find(type) is { Since: { } since } history && !(KernelRelease.Read(release) is { } read && since.IsIn(read) == true)
            ? $"struct {history.Name} appears in {since}"
            : null;

    // The member of the same struct that gives way to this one when it appears.
    private static MemberHistory? ReplacedBy(MemberHistory member) => member.Since is null ? null
        : All.SelectMany(h => h.Members)
            .Where(m => m.SuccessorStruct == member.Struct && m.Successor == member.Name && m.Until?.Mainline is { } gone && gone == member.Since.Mainline)
            .OrderBy(m => m.Struct == member.Struct ? 0 : 1)
            .FirstOrDefault();

    private static ImmutableArray<StructHistory> Load() =>
    [
        .. typeof(Histories).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n =>
            {
                using Stream stream = typeof(Histories).Assembly.GetManifestResourceStream(n)!;
                using StreamReader reader = new(stream, Encoding.UTF8);
                return HistoryParser.Parse(n[Prefix.Length..], reader.ReadToEnd());
            }),
    ];
}
