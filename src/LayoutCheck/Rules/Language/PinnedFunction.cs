using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>A place or a size as a baseline writes it: bytes, or with a colon bits: <c>8</c>, <c>216:3</c>, <c>:1</c>.</summary>
/// <param name="Bits">The place or size in bits.</param>
/// <param name="IsOfBits">Whether it is one of a bit-field.</param>
internal readonly record struct PinnedNumber(ulong Bits, bool IsOfBits)
{
    /// <summary>Reads a place: bytes, or <c>byte:bit</c>.</summary>
    public static PinnedNumber ReadPlace(TokenCursor tokens)
    {
        ulong bytes = Read(tokens, "a place in bytes");
        return tokens.Take(":") ? new PinnedNumber((bytes * 8) + Read(tokens, "a bit"), true) : new PinnedNumber(bytes * 8, false);
    }

    /// <summary>Reads a size: bytes, or <c>:bits</c>.</summary>
    public static PinnedNumber ReadSize(TokenCursor tokens)
        => tokens.Take(":") ? new PinnedNumber(Read(tokens, "a number of bits"), true) : new PinnedNumber(Read(tokens, "a size in bytes") * 8, false);

    /// <summary>The spelling of a place in a rule.</summary>
    public string Place => IsOfBits ? Format($"{Bits / 8}:{Bits % 8}") : Format($"{Bits / 8}");

    /// <summary>The spelling of a size in a rule.</summary>
    public string Size => IsOfBits ? Format($":{Bits}") : Format($"{Bits / 8}");

    /// <summary>A place in a sentence.</summary>
    public static string PlaceInWords(ulong bits) => bits % 8 == 0 ? Format($"byte {bits / 8}") : Format($"byte {bits / 8} bit {bits % 8}");

    /// <summary>A size in a sentence.</summary>
    public static string SizeInWords(ulong bits) => bits % 8 == 0 ? Printable.Count(bits / 8, "byte") : Printable.Count(bits, "bit");

    private static ulong Read(TokenCursor tokens, string what)
    {
        if (tokens.CurrentOrNull is not { Kind: TokenKind.Number } token)
        {
            throw tokens.Error($"{what} should stand here");
        }

        Int128 number = tokens.Literal(tokens.Next());
        return number <= ulong.MaxValue / 16 ? (ulong)number : throw tokens.Error($"{Printable.Shorten(token.Text)} is too large for a layout", token.Position);
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A call of pinned.</summary>
internal sealed class PinnedCall(int position, RuleFunction function, TypeReference type, string path, PinnedNumber place, PinnedNumber size, string? memberType)
    : CallNode(position, function)
{
    public TypeReference Type => type;

    /// <summary>The path of the member, <c>[]</c> for the elements of an array.</summary>
    public string Path => path;

    public PinnedNumber Place => place;

    public PinnedNumber Size => size;

    /// <summary>The spelling of its type (<see cref="TypeWords.SpellPinned"/>), or null where only the place is pinned.</summary>
    public string? MemberType => memberType;

    public override int Depth { get; } = type.Depth + 1;

    public override void Visit(Action<Subject> visit) => new Subject(type, null).Visit(visit);

    public override string ToString()
        => $"{Function.Name}({type}, {path}, {place.Place}, {size.Size}{(memberType is null ? "" : $", \"{memberType}\"")})";
}

/// <summary>pinned: whether a member is where it was, as large as it was, and of the type that it was of.</summary>
internal sealed class PinnedFunction() : RuleFunction("pinned",
[
    new(
        "`pinned(struct page, lru, 8, 16, \"struct list_head\")`",
        "whether a member has this place, this size and this type, in which typedefs stand for what they name; a false one is told in words",
        "pinned(struct page, lru, 8, 16, \"struct list_head\")"),
    new("`pinned(struct zone, dirty, 216:0, :1)`", "the same without a type; places and sizes of bits have a colon", "pinned(struct zone, dirty, 216:0, :1)"),
])
{
    /// <summary>The end of the spelling of a type of which the dimensions of arrays are not known: only the number of all elements is compared.</summary>
    public const string Flattened = " flattened";

    public static PinnedFunction Pinned { get; } = new();

    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        TokenCursor tokens = arguments.Tokens;
        TypeReference type = arguments.Subjects.Type();
        tokens.Expect(",");
        string path = ReadPath(tokens);
        tokens.Expect(",");
        PinnedNumber place = PinnedNumber.ReadPlace(tokens);
        tokens.Expect(",");
        PinnedNumber size = PinnedNumber.ReadSize(tokens);
        string? memberType = null;
        if (tokens.Take(","))
        {
            memberType = tokens.CurrentOrNull is { Kind: TokenKind.Text } ? tokens.Strings() : throw tokens.Error("a type in quotes should follow the size");
        }

        tokens.Expect(")");
        return new PinnedCall(position, this, type, path, place, size, memberType);
    }

    /// <summary>Reads the path of a member: names joined by dots, <c>[]</c> for the elements of an array.</summary>
    public static string ReadPath(TokenCursor tokens)
    {
        string path = tokens.Word("the name of a member");
        while (true)
        {
            if (tokens.Take("."))
            {
                path += "." + tokens.Word("the name of a member");
            }
            else if (tokens.Take("["))
            {
                tokens.Expect("]");
                path += "[]";
            }
            else
            {
                return PinnedMembers.Compared(path);
            }
        }
    }

    /// <summary>What a call about all members of a type works on; null when it is not there, with the reason.</summary>
    public static (Located Located, PinnedMembers Members)? MembersOf(TypeReference type, IEvaluation evaluation, out Answer unknown)
    {
        if (LocatedAggregate.Find(type, evaluation, out unknown) is not { } found)
        {
            return null;
        }

        PinnedMembers members = PinnedMembers.Of(found.Graph, found.Type);
        if (members.IsCut)
        {
            unknown = Answer.Unknown($"{found.Name} has more than {PinnedMembers.Most} members");
            return null;
        }

        return (found.Located, members);
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        PinnedCall asked = (PinnedCall)call;
        if (MembersOf(asked.Type, evaluation, out Answer unknown) is not { } found)
        {
            return unknown;
        }

        (Located located, PinnedMembers members) = found;
        IReadOnlyList<PinnedMember> all = members.Find(asked.Path);
        if (all.Count == 0)
        {
            string gone = $"{located.Name} has no member {asked.Path}";
            return evaluation.Image.Omission is { IsOfMembers: true } omission ? Answer.Unknown($"{gone}: {omission.Clause}")
                : Answer.Truth(false, $"{gone}: it was {Was(asked)}{Instead(located, members, asked)}");
        }

        PinnedMember member = all.FirstOrDefault(m => m.BitOffset == asked.Place.Bits) ?? all[0];
        return Judge(asked, located, member, evaluation);
    }

    private static Answer Judge(PinnedCall asked, Located located, PinnedMember member, IEvaluation evaluation)
    {
        TypeGraph graph = located.Graph!;
        string name = $"{ShortName(asked.Type)}.{member.Path}";
        string declared = TypeWords.Spell(graph, member.Type);
        FactSubject parts = new(located.Name, member.Path);
        evaluation.Note(member.IsBitField ? new Observation(asked.ToString(), name, ObservedFact.BitOffset, member.BitOffset) { Of = parts }
            : new Observation(asked.ToString(), name, ObservedFact.ByteOffset, member.BitOffset / 8) { SubjectByteSize = member.BitSize / 8, Of = parts });
        List<string> changes = [];
        if (member.BitOffset != asked.Place.Bits)
        {
            changes.Add($"lies at {PinnedNumber.PlaceInWords(member.BitOffset)}, and lay at {PinnedNumber.PlaceInWords(asked.Place.Bits)}");
        }

        if (member.BitSize != asked.Size.Bits)
        {
            changes.Add($"has {PinnedNumber.SizeInWords(member.BitSize)}, and had {PinnedNumber.SizeInWords(asked.Size.Bits)}");
        }

        string note = "";
        if (asked.MemberType is { } was && !IsSameType(graph, member.Type, was, out string now, out note))
        {
            bool isNamed = TypeWords.Normalize(declared) == TypeWords.Normalize(now);
            changes.Add($"is {declared}{(isNamed ? "" : $" ({now})")}, and was {was}");
        }

        if (asked.MemberType is not null)
        {
            evaluation.Note(new Observation(asked.ToString(), name, ObservedFact.Type, null, declared));
        }

        string inHolder = asked.Type is HeldReference held ? $" in {held.Holder}" : "";
        return changes.Count > 0 ? Answer.Truth(false, $"{name}{inHolder} {string.Join(", ", changes)}")
            : Answer.Truth(true, $"{name}{inHolder} is as it was{note}");
    }

    private static bool IsSameType(TypeGraph graph, TypeId type, string was, out string now, out string note)
    {
        now = TypeWords.SpellPinned(graph, type);
        note = "";
        bool isFlattened = was.EndsWith(Flattened, StringComparison.Ordinal);
        string old = Comparable(isFlattened ? was[..^Flattened.Length] : was);
        string its = Comparable(now);
        if (old == its)
        {
            return true;
        }

        if (!(isFlattened || TypeFunctions.HasOpenDimensions(graph, type)) || TypeWords.Flatten(old) != TypeWords.Flatten(its))
        {
            return false;
        }

        note = $"; {now} stands for {was}, as BTF tells the number of all elements alone";
        return true;
    }

    private static string Comparable(string spelling) => TypeWords.Normalize(spelling.Replace("[]", "[0]", StringComparison.Ordinal));

    private static string Was(PinnedCall asked)
    {
        string type = asked.MemberType is null ? "" : $"{asked.MemberType} ";
        return $"{type}at {PinnedNumber.PlaceInWords(asked.Place.Bits)}, {PinnedNumber.SizeInWords(asked.Size.Bits)}";
    }

    // A member of the same size at the place of one that is gone. That it is the same under another name is for a reader to say.
    private static string Instead(Located located, PinnedMembers members, PinnedCall asked)
    {
        IEnumerable<string> there = members.All.Where(m => m.BitOffset == asked.Place.Bits && m.BitSize == asked.Size.Bits)
            .Select(m => $"{m.Path} ({TypeWords.Spell(located.Graph!, m.Type)})").Take(3);
        string names = string.Join(", ", there);
        return names.Length == 0 ? "" : $"; on its bytes is {names}";
    }

    /// <summary>What a type is called before a dot.</summary>
    public static string ShortName(TypeReference type) => type switch
    {
        HeldReference held => held.Name.Name,
        { BaseName: { } name } => name.Name,
        _ => type.ToString(),
    };
}
