using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Code;

/// <summary>One instruction that uses a member, or another place where the member was expected.</summary>
/// <param name="Address">Its address, as <see cref="CodeMap"/> has it.</param>
/// <param name="Where">The address in words.</param>
/// <param name="Displacement">Bytes from the start of the struct to what it accesses.</param>
/// <param name="Operand">The operand: <c>[rdi + 8]</c>.</param>
/// <param name="Helper">The helper whose inlined call it belongs to.</param>
/// <param name="Unit">The unit of the call: its source file.</param>
/// <param name="UnitIndex">The index of that unit.</param>
internal sealed record CodeSite(ulong Address, string Where, long Displacement, string Operand, string Helper, string Unit, int UnitIndex)
{
    /// <summary>The source line of the call; null if it is not known, and for instructions that agree: most of a kernel's line tables are not read.</summary>
    public SourcePlace? Place { get; init; }
}

/// <summary>A place at which instructions access a struct where the member was expected.</summary>
/// <param name="Displacement">Bytes from the start of the struct.</param>
/// <param name="Sites">The instructions, by address.</param>
internal sealed record WrongPlace(long Displacement, ImmutableArray<CodeSite> Sites);

/// <summary>What the instructions say of one member.</summary>
/// <param name="Member">The member.</param>
/// <param name="Sites">The instructions that use it where the types have it, by address, each once.</param>
/// <param name="Wrong">The other places, that with the most instructions first.</param>
internal sealed record MemberEvidence(CodeMember Member, ImmutableArray<CodeSite> Sites, ImmutableArray<WrongPlace> Wrong)
{
    // Fewer may be instructions of the caller that the compiler moved between those of the call.
    private const int FewestOfOnePlace = 3;

    /// <summary>How many instructions access other places.</summary>
    public int WrongCount => Wrong.Sum(w => w.Sites.Length);

    /// <summary>
    /// Violated: at least three instructions share one wrong place, and are the majority. Undecided: as many share one and are not, or the wrong ones are not fewer
    /// than the right ones. Else the wrong ones are strays. Holds needs an instruction; without any, nothing is known, which is <see cref="ExitCode.Undecided"/> too.
    /// </summary>
    public ExitCode Outcome
    {
        get
        {
            int most = Wrong.IsEmpty ? 0 : Wrong[0].Sites.Length;
            return most >= FewestOfOnePlace && most * 2 > Sites.Length + WrongCount ? ExitCode.Violated
                : most >= FewestOfOnePlace || WrongCount >= Sites.Length ? ExitCode.Undecided
                : ExitCode.Holds;
        }
    }

    /// <summary>Whether no instruction tells anything.</summary>
    public bool IsNone => Sites.IsEmpty && Wrong.IsEmpty;
}

/// <summary>What was looked at for one helper.</summary>
/// <param name="Name">The helper.</param>
/// <param name="Member">The member that it uses.</param>
/// <param name="CallCount">How often it was inlined.</param>
/// <param name="KnownCount">Of these, how often the register of its parameter is known somewhere.</param>
/// <param name="SeenCount">Of these, how often an instruction accesses memory through it.</param>
internal sealed record HelperEvidence(string Name, CodeMember Member, int CallCount, int KnownCount, int SeenCount);

/// <summary>What the instructions of an image say of its types.</summary>
/// <param name="NotAsked">Why no instruction was looked at, in a clause; null if they were.</param>
/// <param name="Members">The members that helpers use, the tag word and pgmap first.</param>
/// <param name="Helpers">The helpers that were inlined anywhere, by name.</param>
internal sealed record CodeEvidence(string? NotAsked, ImmutableArray<MemberEvidence> Members, ImmutableArray<HelperEvidence> Helpers)
{
    /// <summary>Remarks on what could not be looked at, a sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>The members with any evidence.</summary>
    public IEnumerable<MemberEvidence> Seen => Members.Where(m => !m.IsNone);

    /// <summary>The instructions that use the tag word or pgmap where the types have them, each address once.</summary>
    public ImmutableArray<CodeSite> OnTagWord { get; } = Sites(Members, m => m.IsTagWord || m.IsPgmap);

    /// <summary>Those of them that use pgmap.</summary>
    public ImmutableArray<CodeSite> OnPgmap { get; } = Sites(Members, m => m.IsPgmap);

    /// <summary>The outcome: the worst of the members'. Undecided if nothing was looked at or nothing was found.</summary>
    public ExitCode ExitCode => NotAsked is not null || !Seen.Any() ? ExitCode.Undecided
        : Seen.Any(m => m.Outcome == ExitCode.Violated) ? ExitCode.Violated
        : Seen.Any(m => m.Outcome == ExitCode.Undecided) ? ExitCode.Undecided
        : ExitCode.Holds;

    /// <summary>The outcome in a clause.</summary>
    /// <param name="isLinedUp">Whether the types have pgmap on the tag word.</param>
    public string Headline(bool isLinedUp)
    {
        if (NotAsked is not null)
        {
            return $"but its instructions were not asked: {NotAsked}";
        }

        if (Seen.FirstOrDefault(m => m.Outcome == ExitCode) is not { } decisive)
        {
            return "but no instruction was found that tells (no evidence)";
        }

        if (ExitCode != ExitCode.Holds)
        {
            int wrong = decisive.WrongCount;
            string member = $"{decisive.Member.Name}, which the types have @{decisive.Member.Place.Offset},";
            return ExitCode == ExitCode.Violated
                ? $"but {decisive.Wrong[0].Sites.Length} of {Printable.Count((ulong)(wrong + decisive.Sites.Length), "instruction")} use {member} @{decisive.Wrong[0].Displacement}"
                : $"but {wrong} of {Printable.Count((ulong)(wrong + decisive.Sites.Length), "instruction")} use {member} elsewhere: {Addresses(decisive)}";
        }

        if (OnTagWord.IsEmpty)
        {
            return $"no instruction was found that uses it, {Printable.Count((ulong)Seen.Sum(m => m.Sites.Length), "instruction")} use other members as the types say";
        }

        string units = Printable.Count((ulong)OnTagWord.Select(s => s.UnitIndex).Distinct().Count(), "unit");
        string pgmap = OnPgmap.IsEmpty ? "none for pgmap" : $"{OnPgmap.Length} for pgmap";
        return $"{Printable.Count((ulong)OnTagWord.Length, "instruction")} in {units} {(OnTagWord.Length == 1 ? "uses" : "use")} it {(isLinedUp ? "there" : "where the types say")} ({pgmap})";
    }

    private static string Addresses(MemberEvidence member)
    {
        const int Most = 3;
        string[] all = [.. member.Wrong.SelectMany(w => w.Sites.Select(s => $"{s.Where} @{w.Displacement}"))];
        return string.Join(", ", all.Take(Most)) + (all.Length > Most ? ", ..." : "");
    }

    /// <summary>The evidence that nothing could be asked for.</summary>
    public static CodeEvidence NotAskedFor(string reason) => new(reason, [], []);

    private static ImmutableArray<CodeSite> Sites(ImmutableArray<MemberEvidence> members, Func<CodeMember, bool> isWanted)
        => [.. members.Where(m => isWanted(m.Member)).SelectMany(m => m.Sites).DistinctBy(s => s.Address).OrderBy(s => s.Address)];
}
