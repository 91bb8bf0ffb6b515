using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>Finds the word for each member that differs between two definitions, once their members are matched.</summary>
internal sealed class MemberChanges
{
    private const string Hole = "a hole";
    private const string Padding = "padding";

    // So many members at one place are listed beside an added one: page has 12.
    private const int MostBeside = 16;

    private readonly TypeGraph _leftGraph;
    private readonly TypeGraph _rightGraph;
    private readonly MemberMatch _match;
    private readonly TypeMatch _types;
    private readonly TypeId[] _causes;
    private readonly bool _isSameSize;
    private readonly ulong _oldBits;
    private readonly List<MemberChange> _found = [];
    private readonly Dictionary<string, MemberChange> _byPath = new(StringComparer.Ordinal);
    private readonly HashSet<int> _removed = [];
    private readonly HashSet<int> _added = [];

    public MemberChanges(TypeGraph leftGraph, TypeGraph rightGraph, MemberMatch match, TypeMatch types, TypeId[] causes, bool isSameSize, ulong oldBits)
    {
        _leftGraph = leftGraph;
        _rightGraph = rightGraph;
        _match = match;
        _types = types;
        _causes = causes;
        _isSameSize = isSameSize;
        _oldBits = oldBits;
    }

    private List<FlatMember> Left => _match.Left;

    private List<FlatMember> Right => _match.Right;

    /// <summary>The changes, by place.</summary>
    public ImmutableArray<MemberChange> All()
    {
        bool isMoved = AddMatched();
        _removed.UnionWith(Enumerable.Range(0, Left.Count).Where(i => _match.RightOf[i] < 0));
        _added.UnionWith(Enumerable.Range(0, Right.Count).Where(i => _match.LeftOf[i] < 0));
        if (_removed.Count + _added.Count > 0)
        {
            bool staysInPlace = !isMoved && _isSameSize && _removed.All(i => ReservedNames.IsReserved(Left[i].Name) || IsMarker(Left[i]) || _removed.Contains(Left[i].Parent));
            if (staysInPlace)
            {
                AddFilled();
            }

            AddGivingWay();
            AddRemoved(staysInPlace);
            AddAdded(staysInPlace);
        }

        return [.. _found.OrderBy(c => (c.New ?? c.Old)!.BitOffset).ThenBy(c => c.New is null)];
    }

    // Returns whether a member moved or has another size.
    private bool AddMatched()
    {
        bool isMoved = false;
        HashSet<string> outOfOrder = OutOfOrder();
        for (int i = 0; i < _match.Pairs.Count; i++)
        {
            (FlatMember l, FlatMember r) = _match.Pairs[i];
            // The members of an unnamed type are compared by themselves.
            bool isRetyped = !_types.IsSame(l.Type, r.Type);
            ChangeWord? word = l.BitSize != r.BitSize || l.IsFlexible != r.IsFlexible ? ChangeWord.Resized
                : l.BitOffset != r.BitOffset ? outOfOrder.Contains(l.Path) ? ChangeWord.Reordered : ChangeWord.Moved
                : isRetyped ? ChangeWord.Retyped
                : null;
            if (word is not { } found)
            {
                continue;
            }

            isMoved |= found != ChangeWord.Retyped;
            bool isCaused = _causes[i] != TypeId.Void && found == ChangeWord.Resized && !isRetyped;
            AggregateType? cause = isCaused ? (AggregateType)_rightGraph[_causes[i]] : null;
            Add(new MemberChange(found, At(_leftGraph, l), At(_rightGraph, r))
            {
                IsRetyped = isRetyped,
                HasParts = l.IsExpanded && r.IsExpanded,
                Class = found == ChangeWord.Retyped ? ChangeClass.Type : ChangeClass.Layout,
                Inside = cause is null ? null : new TypeName(TypeName.KindOf(cause.Kind), cause.Name!),
                Under = l.Parent >= 0 && r.Parent >= 0 ? Follows(Left[l.Parent].Path, found is ChangeWord.Moved or ChangeWord.Reordered && !isRetyped ? (Int128)r.BitOffset - l.BitOffset : null) : null,
            });
        }

        return isMoved;
    }

    // The path of the member around, if that moved as far.
    private string? Follows(string parent, Int128? delta)
        => delta is not null && _byPath.TryGetValue(parent, out MemberChange? change) && change.BitDelta == delta ? parent : null;

    // The fewest members without which those that are left are in one order. Members that lie over each other have none.
    private HashSet<string> OutOfOrder()
    {
        (FlatMember Left, FlatMember Right)[] pairs = [.. _match.Pairs.OrderBy(p => p.Left.BitOffset)];
        bool isInOrder = true;
        for (int i = 1; i < pairs.Length; i++)
        {
            isInOrder &= pairs[i - 1].Right.BitOffset <= pairs[i].Right.BitOffset;
        }

        if (isInOrder)
        {
            return [];
        }

        HashSet<int> inOrder = OrderedSubsequence.Longest([.. pairs.Select(p => p.Right.BitOffset)]);
        HashSet<string> reordered = new(StringComparer.Ordinal);
        for (int i = 0; i < pairs.Length; i++)
        {
            AddIf(!inOrder.Contains(i), pairs[i]);
        }

        // One that is out of order may stay in its place, and have no word: then the one that went past it has.
        foreach ((FlatMember Left, FlatMember Right) pair in pairs)
        {
            AddIf(!reordered.Contains(pair.Left.Path), pair);
        }

        return reordered;

        void AddIf(bool isCandidate, (FlatMember Left, FlatMember Right) p)
        {
            if (isCandidate && p.Left.BitOffset != p.Right.BitOffset && Array.Exists(pairs, q => !reordered.Contains(q.Left.Path)
                && ((Before(p.Left, q.Left) && Before(q.Right, p.Right)) || (Before(q.Left, p.Left) && Before(p.Right, q.Right)))))
            {
                reordered.Add(p.Left.Path);
            }
        }
    }

    private static bool Before(FlatMember a, FlatMember b) => a.EndBit <= b.BitOffset && a.BitOffset < b.BitOffset;

    // A member of no bytes that marks a place (include/linux/cache.h).
    private static bool IsMarker(FlatMember member) => member.BitSize == 0 && !member.IsFlexible;

    // Those on bits that were free, or reserved.
    private void AddFilled()
    {
        // One that the vendor's macro keeps beside its replacement gave its bits away.
        List<FlatMember> taken =
            [.. Left.Where((m, i) => !m.IsExpanded && m.BitSize > 0 && !ReservedNames.IsReserved(m.Name) && !IsReplaced(i)).OrderBy(m => m.BitOffset)];
        FlatMember? flexible = Left.Find(m => m.IsFlexible);
        ulong lastEnd = Left.Count == 0 ? 0 : Left.Max(m => m.EndBit);
        HashSet<int> consumed = [];
        foreach (int index in _added.Where(i => Right[i].Parent < 0 || !_added.Contains(Right[i].Parent)).OrderBy(i => Right[i].BitOffset).ToArray())
        {
            FlatMember member = Right[index];
            if (member.BitSize == 0 || member.IsFlexible || member.EndBit > _oldBits || taken.Exists(m => m.BitOffset < member.EndBit && member.BitOffset < m.EndBit)
                || (flexible is not null && member.EndBit > flexible.BitOffset))
            {
                continue;
            }

            int reserved = Enumerable.Range(0, Left.Count).FirstOrDefault(
                i => Left[i].BitOffset < member.EndBit && member.BitOffset < Left[i].EndBit && (ReservedNames.IsReserved(Left[i].Name) || IsReplaced(i)), -1);
            bool isGone = reserved >= 0 && _removed.Contains(reserved) && consumed.Add(reserved);
            Add(new MemberChange(ChangeWord.Filled, isGone ? At(_leftGraph, Left[reserved]) : null, At(_rightGraph, member))
            {
                Class = ChangeClass.Compatible,
                Took = reserved >= 0 ? Left[reserved].Path : member.BitOffset >= lastEnd ? Padding : Hole,
            });
            _ = _added.Remove(index);
        }

        _removed.ExceptWith(consumed);
    }

    private bool IsReplaced(int left) => _match.RightOf[left] is >= 0 and var right && Right[right].IsReplaced;

    private void AddGivingWay()
    {
        foreach (int old in _removed.Order().ToArray())
        {
            FlatMember l = Left[old];
            int now = _added.Order().FirstOrDefault(i => Right[i] is var r && r.BitOffset == l.BitOffset && r.BitSize == l.BitSize && r.BitSize > 0 && Arm.IsSame(l.Arm, r.Arm)
                && ParentPath(Left, l) == ParentPath(Right, r) && (IsPointer(_leftGraph, l) && IsPointer(_rightGraph, r) || _types.IsSame(l.Type, r.Type)), -1);
            if (now >= 0)
            {
                FlatMember r = Right[now];
                Add(new MemberChange(ChangeWord.GivesWayTo, At(_leftGraph, l), At(_rightGraph, r)) { Class = ChangeClass.Name, IsRetyped = !_types.IsSame(l.Type, r.Type) });
                _ = _removed.Remove(old);
                _ = _added.Remove(now);
            }
        }
    }

    private static string ParentPath(List<FlatMember> all, FlatMember member) => member.Parent < 0 ? "" : all[member.Parent].Path;

    private static bool IsPointer(TypeGraph graph, FlatMember member) => graph.NodeOrNull(graph.Strip(member.Type)) is PointerType;

    private void AddRemoved(bool staysInPlace)
    {
        foreach (int index in _removed.Order())
        {
            FlatMember member = Left[index];
            string? under = Cause(Left, member);
            bool isCompatible = staysInPlace && (ReservedNames.IsReserved(member.Name) || IsMarker(member));
            Add(new MemberChange(ChangeWord.Removed, At(_leftGraph, member), null)
            {
                Under = under,
                Arm = member.Arm?.Number ?? -1,
                Class = under is not null ? ChangeClass.None : isCompatible ? ChangeClass.Compatible : ChangeClass.Layout,
            });
        }
    }

    private void AddAdded(bool staysInPlace)
    {
        foreach (int index in _added.Order())
        {
            FlatMember member = Right[index];
            string? under = Cause(Right, member);
            Add(new MemberChange(ChangeWord.Added, null, At(_rightGraph, member))
            {
                Under = under,
                Arm = member.Arm?.Number ?? -1,
                Class = under is not null ? ChangeClass.None : staysInPlace && IsMarker(member) ? ChangeClass.Compatible : ChangeClass.Layout,
                Beside = under is not null ? [] : [.. Right.Where((m, i) => i != index && !m.IsExpanded && m.Parent != index && _match.LeftOf[i] >= 0
                    && m.BitOffset < member.EndBit && member.BitOffset < m.EndBit).Select(m => m.Path).Take(MostBeside)],
            });
        }
    }

    // A part of a member that is new, gone, or of another type.
    private string? Cause(List<FlatMember> all, FlatMember member) => member.Parent >= 0
        && _byPath.TryGetValue(all[member.Parent].Path, out MemberChange? change)
        && (change.IsRetyped || change.Word is ChangeWord.Added or ChangeWord.Removed or ChangeWord.Filled or ChangeWord.GivesWayTo) ? all[member.Parent].Path : null;

    private void Add(MemberChange change)
    {
        MemberChange weighed = change.Under is null ? change : change with { Class = ChangeClass.None };
        _found.Add(weighed);
        if (change.Old is not null)
        {
            _byPath[change.Old.Path] = weighed;
        }

        if (change.New is not null)
        {
            _byPath[change.New.Path] = weighed;
        }
    }

    private static MemberAt At(TypeGraph graph, FlatMember member)
        => new(member.Path, member.BitOffset, member.BitSize, member.IsBitField, graph.Declare(member.Type));
}
