using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Compare;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>
/// Judges the differences that were found between a type before and after an edit. What must be found follows from the places that the compilers gave to both;
/// it knows nothing of how they are found.
/// </summary>
internal sealed class PairOracle
{
    private readonly ImmutableArray<PairMember> _old;
    private readonly ImmutableArray<PairMember> _new;
    private readonly (StructJudge Old, StructJudge New) _judges;
    private readonly TypeChanges _got;
    private readonly bool _isMixed;
    private readonly bool _hasUntoldAlignments;
    private readonly List<string> _wrong = [];
    private readonly List<(PairMember Old, PairMember New)> _pairs = [];
    private readonly List<PairMember> _removed;
    private readonly List<PairMember> _added;

    private PairOracle(ImmutableArray<PairMember> old, ImmutableArray<PairMember> now, (StructJudge Old, StructJudge New) judges, TypeChanges got, bool isMixed, bool hasUntoldAlignments)
    {
        _old = old;
        _hasUntoldAlignments = hasUntoldAlignments;
        _new = now;
        _judges = judges;
        _got = got;
        _isMixed = isMixed;
        _removed = [.. old];
        _added = [.. now];
        foreach (PairMember member in old)
        {
            if (_added.Find(m => m.Path == member.Path) is { } same)
            {
                _pairs.Add((member, same));
                _ = _removed.Remove(member);
                _ = _added.Remove(same);
            }
        }
    }

    /// <summary>Judges the differences of a pair.</summary>
    /// <param name="old">The type before, with the places that its compiler gave.</param>
    /// <param name="now">The type after.</param>
    /// <param name="got">What was found.</param>
    /// <param name="isMixed">Whether one side was read from DWARF and one from BTF.</param>
    /// <param name="hasUntoldAlignments">Whether the source has attributes that alignments follow from and that no debug information records.</param>
    /// <param name="claims">The number of changes that were found.</param>
    /// <returns>What is wrong, a line each; null when the compilers were not asked for all members.</returns>
    public static IReadOnlyList<string>? Judge((GeneratedType Type, StructJudge Judge) old, (GeneratedType Type, StructJudge Judge) now, TypeChanges got, bool isMixed, bool hasUntoldAlignments, out int claims)
    {
        claims = got.Changes.Length + got.Inner.Length;
        Dictionary<string, Judged> oldPlaces = Places(old);
        Dictionary<string, Judged> newPlaces = Places(now);
        if (PairMember.Flatten(old.Type.Aggregate, oldPlaces) is not { } before || PairMember.Flatten(now.Type.Aggregate, newPlaces) is not { } after)
        {
            return null;
        }

        PairOracle oracle = new(before, after, (old.Judge, now.Judge), got, isMixed, hasUntoldAlignments);
        oracle.JudgeWhole();
        oracle.JudgePlaces();
        oracle.JudgeMatched();
        oracle.JudgeOthers();
        oracle.JudgeOrder();
        oracle.JudgeClass();
        oracle.Apply();
        oracle.JudgeInner(oldPlaces, newPlaces);
        return oracle._wrong;
    }

    private static Dictionary<string, Judged> Places((GeneratedType Type, StructJudge Judge) side)
    {
        Dictionary<string, Judged> places = new(StringComparer.Ordinal);
        for (int i = 0; i < side.Type.Probes.Length; i++)
        {
            _ = places.TryAdd(side.Type.Probes[i].Path, side.Judge.Places[i]);
        }

        return places;
    }

    private void Fail(string what) => _wrong.Add(what);

    private static string Told(MemberChange change) => $"{change.Word} {change.Old} -> {change.New}";

    private void JudgeWhole()
    {
        Expect("old sizeof", _judges.Old.ByteSize, _got.Old.ByteSize);
        Expect("new sizeof", _judges.New.ByteSize, _got.New.ByteSize);
        // No debug information records packing, and that of clang no more than the attributes.
        if (_got.IsRealigned && _judges.Old.Alignment == _judges.New.Alignment && !_hasUntoldAlignments)
        {
            Fail($"says that the alignment changed from {_got.Old.Alignment} to {_got.New.Alignment}; it is {_judges.New.Alignment} in both");
        }

        void Expect(string what, ulong expected, ulong got)
        {
            if (expected != got)
            {
                Fail($"{what}: expected {expected}, got {got}");
            }
        }
    }

    // Each place that is told is the compiler's.
    private void JudgePlaces()
    {
        foreach (MemberChange change in _got.Changes)
        {
            Judge(change.Old, _old, "old");
            Judge(change.New, _new, "new");
            bool isOfBoth = change.Word is ChangeWord.Moved or ChangeWord.Resized or ChangeWord.Retyped or ChangeWord.Reordered;
            if ((isOfBoth && (change.Old?.Path != change.New?.Path || change.Old is null)) || (change.Word == ChangeWord.Removed && (change.Old is null || change.New is not null))
                || (change.Word is ChangeWord.Added && (change.Old is not null || change.New is null)) || (change.Word is ChangeWord.GivesWayTo or ChangeWord.Filled && change.New is null))
            {
                Fail($"a change with the wrong sides: {Told(change)}");
            }
        }

        void Judge(MemberAt? told, ImmutableArray<PairMember> members, string side)
        {
            if (told is not null && !members.Any(m => m.Path == told.Path && m.BitOffset == told.BitOffset && m.BitSize == told.BitSize))
            {
                Fail($"{side} {told} is not where the compiler has it: {string.Join(", ", members.Where(m => m.Path == told.Path))}");
            }
        }
    }

    private void JudgeMatched()
    {
        foreach ((PairMember old, PairMember now) in _pairs)
        {
            List<ChangeWord> words = [.. _got.Changes.Where(c => c.Old?.Path == old.Path && c.New?.Path == now.Path).Select(c => c.Word)];
            bool? isSameType = PairMember.IsSameType(old.Type, now.Type, _isMixed);
            bool isRight = old.BitSize != now.BitSize ? words is [ChangeWord.Resized]
                : old.BitOffset != now.BitOffset ? words is [ChangeWord.Moved or ChangeWord.Reordered] || (old.BitSize == 0 && words is [ChangeWord.Resized])
                // An array of no elements is flexible at the end of a struct, and a mark elsewhere.
                : words is [ChangeWord.Resized] ? old.BitSize == 0
                : isSameType is null ? words is [] or [ChangeWord.Retyped]
                : isSameType.Value ? words is [] : words is [ChangeWord.Retyped];
            if (!isRight)
            {
                Fail($"{old} -> {now} is said to be [{string.Join(", ", words)}]");
            }
        }
    }

    private void JudgeOthers()
    {
        bool staysInPlace = _judges.Old.ByteSize == _judges.New.ByteSize && _removed.TrueForAll(m => m.IsReserved || m.BitSize == 0)
            && _pairs.TrueForAll(p => p.Old.BitOffset == p.New.BitOffset && p.Old.BitSize == p.New.BitSize);
        foreach (PairMember member in _removed)
        {
            List<MemberChange> told = [.. _got.Changes.Where(c => c.Old?.Path == member.Path && c.New?.Path != member.Path)];
            if (told is not [{ Word: ChangeWord.Removed or ChangeWord.GivesWayTo or ChangeWord.Filled }])
            {
                Fail($"{member} is gone and said to be [{string.Join(", ", told.Select(Told))}]");
            }
            else if (told[0].Word == ChangeWord.Removed && member.Arms.IsEmpty && member.BitSize > 0
                && _added.Find(m => m.Arms.IsEmpty && IsOfEqualBits(m, member) && MayPair(member, m) == true) is { } follower && IsSaid(follower, ChangeWord.Added))
            {
                Fail($"{member} gives way to {follower}, and is said to be removed");
            }
        }

        foreach (PairMember member in _added)
        {
            List<MemberChange> told = [.. _got.Changes.Where(c => c.New?.Path == member.Path && c.Old?.Path != member.Path)];
            if (told is not [{ Word: ChangeWord.Added or ChangeWord.GivesWayTo or ChangeWord.Filled } change])
            {
                Fail($"{member} is new and said to be [{string.Join(", ", told.Select(Told))}]");
                continue;
            }

            bool isFree = member.BitSize > 0 && member.EndBit <= _judges.Old.ByteSize * 8 && !IsFlexible(member)
                && !_old.Any(m => m.IsLeaf && !m.IsReserved && (IsFlexible(m) ? m.BitOffset < member.EndBit : m.BitOffset < member.EndBit && member.BitOffset < m.EndBit));
            bool isFilled = change.Word == ChangeWord.Filled;
            if (isFilled ? !isFree || !staysInPlace : isFree && staysInPlace && !IsPart(member, _added) && !_old.Any(m => IsOpen(m) && m.BitOffset < member.EndBit) && change.Word == ChangeWord.Added)
            {
                Fail($"{member} is said to be {Told(change)}; its bits were {(isFree ? "free" : "taken")}, and the others {(staysInPlace ? "stay" : "do not stay")}");
            }

            if (change.Word == ChangeWord.GivesWayTo)
            {
                JudgeGivingWay(member, change);
            }
        }
    }

    // Whether one of the others has it in its unnamed type.
    private static bool IsPart(PairMember member, List<PairMember> others)
        => others.Exists(m => !m.IsLeaf && (member.Path.StartsWith(m.Path + ".", StringComparison.Ordinal) || member.Path.StartsWith(m.Path + "[].", StringComparison.Ordinal)));

    private static bool IsFlexible(PairMember member) => member.Type.Bare is CArray { Count: null };

    // An array of no elements may be a flexible one.
    private static bool IsOpen(PairMember member) => member.Type.Bare is CArray && member.BitSize == 0;

    private bool IsSaid(PairMember member, ChangeWord word) => _got.Changes.Any(c => c.New?.Path == member.Path && c.Word == word);

    private static bool IsOfEqualBits(PairMember a, PairMember b) => a.BitOffset == b.BitOffset && a.BitSize == b.BitSize;

    private bool? MayPair(PairMember old, PairMember now) => old.Type.Kind == CKind.Pointer && now.Type.Kind == CKind.Pointer ? true : PairMember.IsSameType(old.Type, now.Type, _isMixed);

    private void JudgeGivingWay(PairMember now, MemberChange change)
    {
        PairMember? old = _removed.Find(m => m.Path == change.Old!.Path);
        if (old is null || !IsOfEqualBits(old, now) || MayPair(old, now) == false || !IsSameArm(old, now))
        {
            Fail($"{old} does not give way to {now}: {Told(change)}");
        }
    }

    // The same arm of a union: both at the top, or in unnamed ones that begin at one place and share a member, or have one each.
    private bool IsSameArm(PairMember old, PairMember now)
    {
        if (old.Arms.IsEmpty || now.Arms.IsEmpty)
        {
            return old.Arms.IsEmpty && now.Arms.IsEmpty;
        }

        List<PairMember> before = [.. _old.Where(m => IsOfOneArm(m, old))];
        List<PairMember> after = [.. _new.Where(m => IsOfOneArm(m, now))];
        return (before.Count == 1 && after.Count == 1) || before.Exists(b => after.Exists(a => a.Path == b.Path && a.BitOffset == b.BitOffset));
    }

    // A type without a tag may stand at several places: the member around tells them apart.
    private static bool IsOfOneArm(PairMember a, PairMember b) => !a.Arms.IsEmpty && ReferenceEquals(a.Arms[^1], b.Arms[^1]) && Around(a) == Around(b);

    private static string Around(PairMember member) => member.Path[..(member.Path.LastIndexOf('.') + 1)];

    // Without the members that are said to be reordered, all others are in one order.
    private void JudgeOrder()
    {
        HashSet<string> reordered = [.. _got.Changes.Where(c => c.Word == ChangeWord.Reordered).Select(c => c.Old!.Path)];
        HashSet<string> resized = [.. _got.Changes.Where(c => c.Word == ChangeWord.Resized).Select(c => c.Old!.Path)];
        foreach ((PairMember old, PairMember now) in _pairs)
        {
            (PairMember Old, PairMember New) other = _pairs.Find(p => (Before(old, p.Old) && Before(p.New, now)) || (Before(p.Old, old) && Before(now, p.New)));
            if (reordered.Contains(old.Path) && other.Old is null)
            {
                Fail($"{old} -> {now} is said to be reordered, and is in the same order with all others");
            }

            if (!reordered.Contains(old.Path) && !resized.Contains(old.Path)
                && _pairs.Find(p => Before(old, p.Old) && Before(p.New, now) && !reordered.Contains(p.Old.Path) && !resized.Contains(p.Old.Path)) is { Old: { } crossed })
            {
                Fail($"{old} and {crossed} changed their order, and neither is said to be reordered");
            }
        }
    }

    private static bool Before(PairMember a, PairMember b) => a.EndBit <= b.BitOffset && a.BitOffset < b.BitOffset;

    private void JudgeClass()
    {
        bool isLayout = _judges.Old.ByteSize != _judges.New.ByteSize || _got.IsRealigned || _removed.Exists(m => !m.IsReserved && m.BitSize > 0 && !IsPart(m, _removed) && !IsSaidToGiveWay(m))
            || _pairs.Exists(p => p.Old.BitOffset != p.New.BitOffset || p.Old.BitSize != p.New.BitSize);
        if (isLayout && _got.OwnClass != ChangeClass.Layout)
        {
            Fail($"the layout differs, and the class is {_got.OwnClass}");
        }

        if (_got.OwnClass == ChangeClass.None != (_got.Changes.IsEmpty && !isLayout))
        {
            Fail($"the class is {_got.OwnClass} with {_got.Changes.Length} changes");
        }

        if (_got.OwnClass is ChangeClass.None or ChangeClass.Compatible && _pairs.Find(p => PairMember.IsSameType(p.Old.Type, p.New.Type, _isMixed) == false) is { Old: { } retyped })
        {
            Fail($"{retyped} has another type, and the class is {_got.OwnClass}");
        }
    }

    private bool IsSaidToGiveWay(PairMember member) => _got.Changes.Any(c => c.Word == ChangeWord.GivesWayTo && c.Old!.Path == member.Path);

    // The changes, made to the old members, give the new ones.
    private void Apply()
    {
        List<(string Path, ulong BitOffset, ulong BitSize)> members = [.. _old.Select(m => (m.Path, m.BitOffset, m.BitSize))];
        foreach (MemberChange change in _got.Changes)
        {
            if (change.Old is { } gone && !members.Remove((gone.Path, gone.BitOffset, gone.BitSize)))
            {
                Fail($"not complete: {Told(change)} is of no old member that is left");
            }

            if (change.New is { } fresh)
            {
                members.Add((fresh.Path, fresh.BitOffset, fresh.BitSize));
            }
        }

        string got = Listed(members);
        string expected = Listed(_new.Select(m => (m.Path, m.BitOffset, m.BitSize)));
        if (got != expected)
        {
            Fail($"not complete: the changes lead to {got}, and not to {expected}");
        }
    }

    private static string Listed(IEnumerable<(string Path, ulong BitOffset, ulong BitSize)> members)
        => string.Join(' ', members.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Path}@{m.BitOffset}+{m.BitSize}")).Order(StringComparer.Ordinal));

    private void JudgeInner(Dictionary<string, Judged> oldPlaces, Dictionary<string, Judged> newPlaces)
    {
        foreach ((PairMember old, PairMember now) in _pairs.Where(p => p.Old.IsLeaf && p.New.IsLeaf))
        {
            bool isSaid = _got.Inner.Any(i => i.Path == now.Path);
            bool? isExpected = IsChangedInside((old.Type, old.ProbePath), (now.Type, now.ProbePath), oldPlaces, newPlaces);
            if (isExpected is { } expected && expected != isSaid && (expected || !_hasUntoldAlignments))
            {
                Fail($"{now} {(expected ? "changed" : "did not change")} inside, and the inner changes are [{string.Join(", ", _got.Inner.Select(i => i.Path))}]");
            }
        }
    }

    private bool? IsChangedInside((CType Type, string Probe) old, (CType Type, string Probe) now, Dictionary<string, Judged> oldPlaces, Dictionary<string, Judged> newPlaces)
    {
        CAggregate? a = TaggedOf(old.Type);
        CAggregate? b = TaggedOf(now.Type);
        if (a is null || b is null || a.Tag != b.Tag || a.IsUnion != b.IsUnion)
        {
            return false;
        }

        if (ReferenceEquals(a, b))
        {
            return false;
        }

        string oldPrefix = old.Probe + PairMember.FirstElement(old.Type);
        string newPrefix = now.Probe + PairMember.FirstElement(now.Type);
        if (PairMember.Flatten(a, oldPlaces, oldPrefix + ".") is not { } before || PairMember.Flatten(b, newPlaces, newPrefix + ".") is not { } after
            || before.IsEmpty || after.IsEmpty || (oldPrefix != old.Probe && !oldPlaces.ContainsKey(oldPrefix)) || (newPrefix != now.Probe && !newPlaces.ContainsKey(newPrefix)))
        {
            return null;
        }

        Judged oldWhole = oldPlaces[oldPrefix];
        Judged newWhole = newPlaces[newPrefix];
        bool? isChanged = oldWhole.BitSize != newWhole.BitSize ? true : false;
        foreach (PairMember member in before)
        {
            if (after.FirstOrDefault(m => m.Path == member.Path) is not { } other || other.BitOffset - newWhole.BitOffset != member.BitOffset - oldWhole.BitOffset || other.BitSize != member.BitSize)
            {
                return true;
            }

            bool? isSame = PairMember.IsSameType(member.Type, other.Type, _isMixed);
            bool? isDeeper = member.IsLeaf && other.IsLeaf ? IsChangedInside((member.Type, member.ProbePath), (other.Type, other.ProbePath), oldPlaces, newPlaces) : false;
            isChanged = isSame == false || isDeeper == true ? true : (isSame is null || isDeeper is null) && isChanged != true ? null : isChanged;
            if (isChanged == true)
            {
                return true;
            }
        }

        // By its attributes alone it may have another alignment, which nobody was asked for.
        return after.Any(m => !before.Any(o => o.Path == m.Path)) ? true : a.Attributes == b.Attributes && !Has(a, b) ? isChanged : isChanged == true ? true : null;
    }

    // Whether an attribute of a member differs, which may change the alignment of the whole alone.
    private static bool Has(CAggregate a, CAggregate b) => a.Members.Any(m => m.After.Length > 0) || b.Members.Any(m => m.After.Length > 0)
        || a.Members.Any(m => m.Type.Bare is CAggregate) || b.Members.Any(m => m.Type.Bare is CAggregate);

    private static CAggregate? TaggedOf(CType type)
    {
        while (type.Bare is CArray array)
        {
            type = array.Element;
        }

        return type.Bare is CAggregate { Tag: not null } aggregate ? aggregate : null;
    }
}
