using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>An entry of the list of a call of members.</summary>
/// <param name="Path">The path of the member.</param>
/// <param name="Place">Of a field that is reserved for later use, where it lay; else null.</param>
/// <param name="Size">Of such a field, its size.</param>
internal readonly record struct KnownMember(string Path, PinnedNumber? Place, PinnedNumber Size)
{
    public ulong Start => Place!.Value.Bits;

    public ulong End => Start + Size.Bits;

    public override string ToString() => Place is { } place ? $"{MembersFunction.Reserved}({Path}, {place.Place}, {Size.Size})" : Path;
}

/// <summary>A call of members.</summary>
internal sealed class MembersCall(int position, RuleFunction function, TypeReference type, ImmutableArray<KnownMember> known) : CallNode(position, function)
{
    public TypeReference Type => type;

    /// <summary>The members that there were.</summary>
    public ImmutableArray<KnownMember> Known => known;

    public override int Depth { get; } = type.Depth + 1;

    // That of the operator <.
    public override int Precedence => 8;

    public override void Visit(Action<Subject> visit) => new Subject(type, null).Visit(visit);

    public override string ToString() => $"{Function.Name}({type}) in {{ {string.Join(", ", known)} }}";
}

/// <summary>
/// members: whether a type has no other members than those of a list. A field that the list says is reserved may be put to use: members that lie on its bytes
/// alone are no others.
/// </summary>
internal sealed class MembersFunction() : RuleFunction("members",
[
    new("`members(struct list_head) in { a, b }`", "whether a type has no member that is not in the list; a list need not be of members that there are",
        "members(struct list_head) in { next, prev }"),
    new(
        "`members(struct x) in { a, reserved(b, 8, 8) }`",
        "the same where `b`, 8 bytes at byte 8, is kept for later use: it is there, or new members lie on its bytes",
        "members(struct list_head) in { next, reserved(spare, 8, 8) }"),
])
{
    /// <summary>The word before a field that is kept for later use.</summary>
    public const string Reserved = "reserved";

    public static MembersFunction Members { get; } = new();

    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        TokenCursor tokens = arguments.Tokens;
        TypeReference type = arguments.Subjects.Type();
        tokens.Expect(")");
        return new MembersCall(position, this, type, tokens.List(Name, () => Entry(tokens)));
    }

    private static KnownMember Entry(TokenCursor tokens)
    {
        if (!tokens.PeekCall(Reserved))
        {
            return new KnownMember(PinnedFunction.ReadPath(tokens), null, default);
        }

        _ = tokens.Next();
        tokens.Expect("(");
        string path = PinnedFunction.ReadPath(tokens);
        tokens.Expect(",");
        PinnedNumber place = PinnedNumber.ReadPlace(tokens);
        tokens.Expect(",");
        PinnedNumber size = PinnedNumber.ReadSize(tokens);
        tokens.Expect(")");
        return new KnownMember(path, place, size);
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        MembersCall asked = (MembersCall)call;
        if (PinnedFunction.MembersOf(asked.Type, evaluation, out Answer unknown) is not { } found)
        {
            return unknown;
        }

        (Located located, PinnedMembers members) = found;
        if (evaluation.Image.Omission is { IsOfMembers: true } omission)
        {
            return Answer.Unknown($"{located.Name} may have more members: {omission.Clause}");
        }

        return new Comparison(asked, located, members).Judge();
    }

    /// <summary>The comparison of the members that there are with those that there were.</summary>
    private sealed class Comparison
    {
        private readonly Located _located;
        private readonly PinnedMembers _members;
        private readonly ImmutableArray<KnownMember> _reserved;
        private readonly List<(ulong Start, ulong End)> _reservedBits = [];
        private readonly List<PinnedMember> _old = [];
        private readonly List<PinnedMember> _new = [];
        private readonly List<string> _problems = [];
        private readonly List<string> _uses = [];

        public Comparison(MembersCall asked, Located located, PinnedMembers members)
        {
            _located = located;
            _members = members;
            _reserved = [.. asked.Known.Where(k => k.Place is not null)];
            foreach (KnownMember field in _reserved.OrderBy(r => r.Start))
            {
                // Fields side by side are one range: a new member may take several.
                bool isNext = _reservedBits.Count > 0 && field.Start <= _reservedBits[^1].End;
                (ulong Start, ulong End) range = isNext ? (_reservedBits[^1].Start, Math.Max(_reservedBits[^1].End, field.End)) : (field.Start, field.End);
                _reservedBits.RemoveRange(_reservedBits.Count - (isNext ? 1 : 0), isNext ? 1 : 0);
                _reservedBits.Add(range);
            }

            HashSet<string> known = new(asked.Known.Where(k => k.Place is null).Select(k => k.Path), StringComparer.Ordinal);
            HashSet<string> reserved = new(_reserved.Select(k => k.Path), StringComparer.Ordinal);
            foreach (PinnedMember member in members.All)
            {
                if (known.Contains(member.Path))
                {
                    _old.Add(member);
                }
                else if (!reserved.Contains(member.Path) && !(_new.Count > 0 && member.IsWithin(_new[^1].Path)))
                {
                    // Of a new member with members of its own, it alone is told.
                    _new.Add(member);
                }
            }
        }

        public Answer Judge()
        {
            List<PinnedMember> others = [.. _new.Where(m => !LiesOnReserved(m))];
            foreach (KnownMember reserved in _reserved)
            {
                Look(reserved, others);
            }

            if (others.Count > 0)
            {
                string names = string.Join(", ", others.Select(InWords));
                _problems.Add($"{_located.Name} has {(others.Count == 1 ? "a member" : $"{others.Count} members")} that the list has not: {names}");
            }

            return _problems.Count > 0 ? Answer.Truth(false, string.Join("; ", _problems))
                : _uses.Count > 0 ? Answer.Truth(true, $"compatible: {string.Join("; ", _uses)}") with { IsNotable = true }
                : Answer.Truth(true, $"{_located.Name} has no member that the list has not");
        }

        private string InWords(PinnedMember member)
            => $"{member.Path} ({TypeWords.Spell(_located.Graph!, member.Type)}) at {PinnedNumber.PlaceInWords(member.BitOffset)}";

        // On the bytes of reserved fields alone, and on those of no other old member.
        private bool LiesOnReserved(PinnedMember member) => member.BitSize > 0 && !member.IsFlexible
            && _reservedBits.Exists(r => r.Start <= member.BitOffset && member.EndBit <= r.End)
            && !_old.Exists(o => o.BitOffset < member.EndBit && member.BitOffset < o.EndBit && !member.IsWithin(o.Path));

        private void Look(KnownMember reserved, List<PinnedMember> strangers)
        {
            string[] users = [.. _new.Except(strangers).Where(m => m.BitOffset < reserved.End && reserved.Start < m.EndBit).Select(m => m.Path)];
            IReadOnlyList<PinnedMember> present = _members.Find(reserved.Path);
            string field = $"reserved field {reserved.Path} of {_located.Name}";
            string was = $"({PinnedNumber.PlaceInWords(reserved.Start)}, {PinnedNumber.SizeInWords(reserved.Size.Bits)})";

            // What the field itself lies in is no other.
            string[] others = [.. _old.Where(m => m.BitOffset < reserved.End && reserved.Start < m.EndBit && !PinnedMember.IsWithin(reserved.Path, m.Path)).Select(m => m.Path)];
            if (others.Length > 0)
            {
                string lies = others.Length == 1 ? "lies" : "lie";
                _problems.Add($"{field} {was} {(present.Count == 0 ? "is gone" : "is there")}, and {string.Join(", ", others)} {lies} on its bytes");
            }
            else if (users.Length > 0)
            {
                _uses.Add($"{field} is used by {string.Join(", ", users)}");
            }
            else if (present.Count == 0)
            {
                _problems.Add($"{field} {was} is gone, and no member uses its bytes");
            }

            if (present.Count > 0 && !present.Any(p => p.BitOffset >= reserved.Start && p.EndBit <= reserved.End))
            {
                _problems.Add($"{field} lies at {PinnedNumber.PlaceInWords(present[0].BitOffset)} with {PinnedNumber.SizeInWords(present[0].BitSize)}, "
                    + $"and lay at {PinnedNumber.PlaceInWords(reserved.Start)} with {PinnedNumber.SizeInWords(reserved.Size.Bits)}");
            }
        }
    }
}
