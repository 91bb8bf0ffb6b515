using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Rules;

/// <summary>
/// What an expression came to: a number (a truth is 1 or 0), a type, or not known, with the words for it. Numbers are exact integers:
/// nothing wraps, and what leaves the range is not known.
/// </summary>
internal readonly record struct Answer
{
    private readonly int _precedence;
    private readonly string? _name;

    private Answer(Int128? number, TypeAnswer? type, string words, int precedence = Node.Primary, string? name = null)
    {
        Number = number;
        Type = type;
        Words = words;
        _precedence = precedence;
        _name = name;
    }

    /// <summary>The number, or null.</summary>
    public Int128? Number { get; }

    /// <summary>The type, or null.</summary>
    public TypeAnswer? Type { get; }

    /// <summary>Of what is known, how it came about, values included: <c>folio.pgmap @8</c>. Of what is not, why.</summary>
    public string Words { get; }

    public bool IsUnknown => Number is null && Type is null;

    public bool IsTrue => Number is { } number && number != 0;

    public bool IsFalse => Number is { } number && number == 0;

    /// <summary>The words with the result.</summary>
    public string Shown => _precedence < Node.Primary ? string.Create(CultureInfo.InvariantCulture, $"{Words} (= {Number})") : Words;

    /// <summary>The words as an operand of arithmetic that binds as tightly as <paramref name="least"/>; the value of a sizeof is left out, the result will show.</summary>
    public string Operand(int least) => _precedence < least ? $"({Words})" : _name ?? Words;

    /// <summary>A number with the words for it; <paramref name="name"/> are the words without the value.</summary>
    public static Answer Of(Int128 number, string words, string? name = null) => new(number, null, words, name: name);

    /// <summary>The result of arithmetic, which the words do not show.</summary>
    public static Answer Composite(Int128 number, string words, int precedence) => new(number, null, words, precedence);

    public static Answer Truth(bool truth, string words) => new(truth ? 1 : 0, null, words);

    public static Answer Unknown(string reason) => new(null, null, reason);

    public static Answer OfType(TypeAnswer type, string words) => new(null, type, words);
}

/// <summary>A type in a form to compare: its spellings, with and without typedefs and qualifiers, and its class.</summary>
internal sealed record TypeAnswer(string Declared, ImmutableArray<string> Spellings, TypeClass Class)
{
    /// <summary>Why the dimensions of an array in it are not known, in a clause; null when they are, or there is none.</summary>
    public string? OpenDimensions { get; init; }

    public bool Is(TypeAnswer other) => Spellings.Intersect(other.Spellings).Any();

    /// <summary>Whether it could be the same type were the dimensions of its arrays, or those of the other's, others of the same product.</summary>
    public bool MayBe(TypeAnswer other) => Spellings.IsEmpty || other.Spellings.IsEmpty || Spellings.Select(TypeWords.Flatten).Intersect(other.Spellings.Select(TypeWords.Flatten)).Any();
}

/// <summary>Evaluates expressions over one choice of definitions: each type name stands for one layout.</summary>
internal sealed class ExpressionEvaluator
{
    // Beyond this no layout reaches, and the product of two such numbers still fits.
    private static readonly Int128 s_most = Int128.One << 64;

    // Sharing members are looked for recursively; a hostile image could nest without end.
    private const int MostSharers = 10_000;

    private readonly IReadOnlyDictionary<TypeName, TypeDefinition> _chosen;
    private readonly CheckedImage _image;
    private readonly OpenFacts _open;
    private readonly IReadOnlyDictionary<TypeName, DefinitionSet> _definitions;
    private readonly TargetFacts _target;
    private readonly IReadOnlyDictionary<string, string>? _config;
    private readonly List<Observation> _observed = [];
    private readonly Dictionary<AggregateType, bool> _holdsFlexibleArray = new(ReferenceEqualityComparer.Instance);

    /// <summary>Makes one.</summary>
    /// <param name="chosen">The definition that a type's name stands for.</param>
    /// <param name="image">All that is known besides: why there is no definition, and what pointers lead to.</param>
    /// <param name="open">The case that is tried of what the debug information leaves open.</param>
    public ExpressionEvaluator(IReadOnlyDictionary<TypeName, TypeDefinition> chosen, CheckedImage image, OpenFacts open)
    {
        _chosen = chosen;
        _image = image;
        _open = open;
        _definitions = image.Definitions;
        _target = image.Target;
        _config = image.Config;
    }

    /// <summary>What was looked at so far, each fact once.</summary>
    public ImmutableArray<Observation> Observed => [.. _observed];

    public Answer Evaluate(Node node) => node switch
    {
        NumberNode number => Answer.Of(number.Value, number.ToString()),
        TextNode text => Answer.OfType(new TypeAnswer(text.Text, [TypeWords.Normalize(text.Text)], TypeClass.Void), text.Text),
        TypeClassNode type => Answer.OfType(new TypeAnswer(type.ToString(), [], type.Class), type.ToString()),
        TargetNode target => Target(target),
        ConfigNode config => Config(config),
        UnaryNode unary => Unary(unary),
        BinaryNode { Operator: "&&" or "||" } logical => Logical(logical),
        BinaryNode { Operator: "==" or "!=" or "<" or "<=" or ">" or ">=" } comparison => Comparison(comparison),
        BinaryNode arithmetic => Arithmetic(arithmetic),
        ConditionalNode conditional => Conditional(conditional),
        FactNode { Fact: Fact.Existence } exists => Existence(exists),
        FactNode fact => OneFact(fact),
        RangeNode range => Range(range),
        GroupNode group => Group(group),
        SharersNode sharers => Sharers(sharers),
        _ => Function((FunctionNode)node),
    };

    private Answer Target(TargetNode node) => node.Name switch
    {
        "BITS_PER_LONG" => Answer.Of(_target.WordByteSize * 8, Format($"BITS_PER_LONG={_target.WordByteSize * 8}")),
        _ => Answer.Truth(_target.IsBigEndian == (node.Name == "big_endian"), _target.IsBigEndian ? "the target is big-endian" : "the target is little-endian"),
    };

    private Answer Config(ConfigNode node)
    {
        if (_config is null)
        {
            return Answer.Unknown($"the image does not tell whether {node.Name} is set");
        }

        // What a configuration does not list is off.
        string value = _config.GetValueOrDefault(node.Name, "n");
        Note(new Observation(node.ToString(), node.Name, ObservedFact.Config, null, value));
        return Answer.Truth(value != "n", value == "n" ? $"{node.Name} is not set" : $"{node.Name}={value}");
    }

    private Answer Unary(UnaryNode node)
    {
        Answer inner = Evaluate(node.Inner);
        if (inner.Number is not { } number)
        {
            return inner;
        }

        return node.Operator switch
        {
            // The sentence about the inside says what is the case, and stays true under a negation.
            '!' => Answer.Truth(number == 0, inner.Shown),
            '~' => Bounded(~number, $"~{inner.Operand(Node.Primary)}", Node.UnaryPrecedence),
            '-' => Bounded(-number, $"-{inner.Operand(Node.Primary)}", Node.UnaryPrecedence),
            _ => inner,
        };
    }

    /// <summary>Kleene's three-valued logic: a false operand decides a conjunction whatever the other is, a true one a disjunction.</summary>
    private Answer Logical(BinaryNode node)
    {
        bool isAnd = node.Operator == "&&";
        Answer left = Evaluate(node.Left);
        if (isAnd ? left.IsFalse : left.IsTrue)
        {
            return Answer.Truth(!isAnd, left.Shown);
        }

        Answer right = Evaluate(node.Right);
        if (isAnd ? right.IsFalse : right.IsTrue)
        {
            return Answer.Truth(!isAnd, right.Shown);
        }

        if (left.IsUnknown || right.IsUnknown)
        {
            return Answer.Unknown(left.IsUnknown && right.IsUnknown && left.Words != right.Words ? $"{left.Words}; {right.Words}"
                : left.IsUnknown ? left.Words : right.Words);
        }

        return Answer.Truth(isAnd, $"{left.Shown}, {right.Shown}");
    }

    private Answer Conditional(ConditionalNode node)
    {
        Answer condition = Evaluate(node.Condition);
        if (!condition.IsUnknown)
        {
            return Evaluate(condition.IsTrue ? node.WhenTrue : node.WhenFalse);
        }

        Answer whenTrue = Evaluate(node.WhenTrue);
        Answer whenFalse = Evaluate(node.WhenFalse);
        return whenTrue.Number is { } number && whenFalse.Number == number ? whenTrue : condition;
    }

    private Answer Comparison(BinaryNode node)
    {
        Answer left = Evaluate(node.Left);
        Answer right = Evaluate(node.Right);
        if (left.IsUnknown || right.IsUnknown)
        {
            return Answer.Unknown(!left.IsUnknown ? right.Words : !right.IsUnknown || right.Words == left.Words ? left.Words : $"{left.Words}; {right.Words}");
        }

        if (left.Type is { } leftType && right.Type is { } rightType)
        {
            bool isOfClass = node.Left is TypeClassNode || node.Right is TypeClassNode;
            if (!isOfClass && (leftType.OpenDimensions ?? rightType.OpenDimensions) is { } open && leftType.MayBe(rightType))
            {
                return Answer.Unknown(open);
            }

            bool isEqual = isOfClass ? leftType.Class == rightType.Class : leftType.Is(rightType);
            string words = node.Left is not FactNode ? right.Words
                : node.Right is FactNode && !isEqual ? $"{left.Words}, {right.Words}"
                : isEqual ? left.Words : $"{left.Words}, not {right.Words}";
            return Answer.Truth(isEqual == (node.Operator == "=="), words);
        }

        // The parser compares a type with types only.
        Int128 a = left.Number!.Value;
        Int128 b = right.Number!.Value;
        bool isTrue = node.Operator switch
        {
            "==" => a == b,
            "!=" => a != b,
            "<" => a < b,
            "<=" => a <= b,
            ">" => a > b,
            _ => a >= b,
        };
        string relation = isTrue ? node.Operator : node.Operator switch
        {
            "==" => "differs from",
            "!=" => "equals",
            "<" => "is not less than",
            "<=" => "is greater than",
            ">" => "is not greater than",
            _ => "is less than",
        };
        return Answer.Truth(isTrue, $"{left.Shown} {relation} {right.Shown}");
    }

    private Answer Arithmetic(BinaryNode node)
    {
        Answer left = Evaluate(node.Left);
        Answer right = Evaluate(node.Right);
        if (left.Number is not { } a)
        {
            return left;
        }

        if (right.Number is not { } b)
        {
            return right;
        }

        string words = $"{left.Operand(node.Precedence)} {node.Operator} {right.Operand(node.Precedence + 1)}";
        if (node.Operator is "/" or "%" && b == 0)
        {
            return Answer.Unknown($"{words} divides by zero");
        }

        if (node.Operator is "<<" or ">>" && (b < 0 || b > 63))
        {
            return Answer.Unknown($"{words} shifts by a count outside 0 to 63");
        }

        // Both operands are at most 2^64, so that only a product can leave 127 bits.
        bool isTooLarge = (node.Operator == "*" && a != 0 && Int128.Abs(b) > s_most / Int128.Abs(a))
            || (node.Operator == "<<" && Int128.Abs(a) > s_most >> (int)b);
        return isTooLarge ? TooLarge(words) : Bounded(
            node.Operator switch
            {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "/" => a / b,
                "%" => a % b,
                "<<" => a << (int)b,
                ">>" => a >> (int)b,
                "&" => a & b,
                "|" => a | b,
                _ => a ^ b,
            },
            words,
            node.Precedence);
    }

    private static Answer Bounded(Int128 number, string words, int precedence)
        => Int128.Abs(number) > s_most ? TooLarge(words) : Answer.Composite(number, words, precedence);

    private static Answer TooLarge(string words) => Answer.Unknown($"{words} is beyond 64 bits");

    private Answer Function(FunctionNode node)
    {
        List<Answer> arguments = [];
        foreach (Node argument in node.Arguments)
        {
            Answer answer = Evaluate(argument);
            if (node.Function == Rules.Function.FirstOf && !answer.IsUnknown)
            {
                return answer;
            }

            if (node.Function != Rules.Function.FirstOf && answer.IsUnknown)
            {
                return answer;
            }

            arguments.Add(answer);
        }

        if (node.Function == Rules.Function.FirstOf)
        {
            return Answer.Unknown(string.Join("; ", arguments.Select(a => a.Words).Distinct()));
        }

        Int128 first = arguments[0].Number!.Value;
        if (node.Function == Rules.Function.IsPowerOf2)
        {
            bool isPower = first > 0 && (first & (first - 1)) == 0;
            return Answer.Truth(isPower, $"{arguments[0].Shown} is {(isPower ? "a" : "no")} power of two");
        }

        Int128 step = arguments[1].Number!.Value;
        return step <= 0
            ? Answer.Unknown($"IS_ALIGNED to {step} has no meaning")
            : Answer.Truth(first % step == 0, $"{arguments[0].Shown} is {(first % step == 0 ? "a" : "no")} multiple of {arguments[1].Shown}");
    }

    private Answer Existence(FactNode node)
    {
        if (node.Subject.Type is ScalarReference)
        {
            return Answer.Truth(true, $"{node.Subject} is a type of C");
        }

        Located located = Locate(node.Subject);
        bool exists = located.Place is not null;
        if (!exists && located.IsUndecided)
        {
            return Answer.Unknown(located.Problem);
        }

        Note(new Observation(node.ToString(), exists ? located.Name : node.Subject.ToString(), ObservedFact.Existence, exists ? 1u : 0u));
        return Answer.Truth(exists, exists ? $"{located.Name} exists" : located.Problem);
    }

    private Answer OneFact(FactNode node)
    {
        if (node.Subject.Type is ScalarReference scalar)
        {
            int size = scalar.SizeOn(_target);
            // On 32-bit targets a long long is aligned to 4 or 8, an int on m68k to 2: only 64-bit ones agree on it.
            if (node.Fact == Fact.Alignment && _target.WordByteSize != 8)
            {
                return Answer.Unknown($"the image does not tell the alignment of {scalar}");
            }

            ObservedFact fact = node.Fact == Fact.Alignment ? ObservedFact.NaturalAlignment : ObservedFact.ByteSize;
            Note(new Observation(node.ToString(), scalar.ToString(), fact, (ulong)size));
            return Answer.Of(size, Format($"{node}={size}"), node.ToString());
        }

        if (node.Fact == Fact.GroupSize)
        {
            return GroupSize(node);
        }

        Located located = Locate(node.Subject);
        if (located.Place is not { } place)
        {
            return Answer.Unknown(located.Problem);
        }

        string name = located.Name;
        switch (node.Fact)
        {
            case Fact.Offset or Fact.End when place.IsBitField:
                return Answer.Unknown($"{name} is a bitfield, which has no offsetof: ask for bitoffsetof");
            case Fact.Offset:
                // How long an element is may be what is open.
                ulong? length = _open.Any && name.EndsWith(']') ? null : place.BitSize / 8;
                return Number(new Observation(node.ToString(), name, ObservedFact.ByteOffset, place.BitOffset / 8) { SubjectByteSize = length });
            case Fact.BitSize when place.BitSize is null:
                return Answer.Unknown(place.Doubt ?? $"{name} has no size");
            case Fact.BitSize:
                return Number(new Observation(node.ToString(), name, ObservedFact.BitSize, place.BitSize!.Value));
            case Fact.BitOffset:
                return Number(new Observation(node.ToString(), name, ObservedFact.BitOffset, place.BitOffset));
            case Fact.Size when place.IsBitField:
                return Answer.Unknown($"{name} is a bitfield, which has no sizeof");
            case Fact.End or Fact.Size:
                // Members have a size, in any graph that a reader makes; what they point to may be a function.
                if (place.BitSize is not { } bits)
                {
                    return Answer.Unknown(place.Doubt ?? $"{name} has no size");
                }

                return Number(node.Fact == Fact.Size
                    ? new Observation(node.ToString(), name, ObservedFact.ByteSize, bits / 8)
                    : new Observation(node.ToString(), name, ObservedFact.EndByteOffset, (place.BitOffset + bits) / 8));
            case Fact.Alignment when located.IsAlignmentOpen:
                return Answer.Unknown($"the alignment that {name} or a struct in it declares is less than its members have, and holds only of a packed one, which is not recorded");
            case Fact.Alignment:
                return Alignment(node, located);
            case Fact.Length:
                TypeId array = located.Graph!.Strip(place.Type);
                return array == TypeId.Void || located.Graph[array] is not ArrayType { Count: { } count } type ? Answer.Unknown($"{name} is no array of a known length")
                    : type.MayBeFlattened && (place.ElementCount ?? count) is var elements && elements != 1 ? Length(node, located, elements)
                    : Number(new Observation(node.ToString(), name, ObservedFact.Length, count));
            case Fact.Pointee:
                TypeId pointer = located.Graph!.Strip(place.Type);
                return pointer != TypeId.Void && located.Graph[pointer] is PointerType { Target: var target }
                    ? TypeFact(node, located.Graph, target, $"{name} points to")
                    : Answer.Unknown($"{name} is {Spelling(located.Graph!, place.Type)}, no pointer");
            default:
                return TypeFact(node, located.Graph!, place.Type, $"{name} is", place.ElementCount is not null);
        }
    }

    // The first dimension is a divisor of the number of all elements.
    private Answer Length(FactNode node, Located located, ulong elements)
    {
        if (elements == 0)
        {
            return Answer.Unknown($"{Flattened(located.Name, 0)}");
        }

        ulong length = Dimension(located.Name, elements);
        Observation observation = new(node.ToString(), located.Name, ObservedFact.Length, length, Format($"at most {elements}"));
        Note(observation);
        return Answer.Of(length, observation.ToString(), $"ARRAY_SIZE({located.Name})");
    }

    // All elements of an array are of one shape, whichever is asked for.
    private ulong Dimension(string array, ulong elements) => _open.Choose(array, () => OpenFacts.Divisors(elements), Flattened(array, elements));

    private static string Flattened(string array, ulong elements)
        => Format($"BTF has {array} as one array of {elements} elements, as it has arrays of arrays too");

    // DWARF has what the source demanded; without that it is the natural one, unless the place of a member, or of one such struct in another, shows that it is not.
    private Answer Alignment(FactNode node, Located located)
    {
        TypeGraph graph = located.Graph!;
        TypeId type = located.Place!.Type;
        if (graph.AlignmentOf(type, _target.Scalars) is not { } alignment)
        {
            return Answer.Unknown($"{located.Name} has no alignment");
        }

        if (!alignment.IsDeclared && graph.AsAggregate(type) is { Name: { } tag } aggregate && _image.LeastAlignedPlaceOf(aggregate.Kind, tag) is { } place
            && place.Alignment < alignment.Most)
        {
            string doubt = Format($"{place.Holder ?? "an unnamed struct or union"} holds it at byte {place.ByteOffset}");
            alignment = alignment with { Least = Math.Min(alignment.Least, Math.Max(place.Alignment, 1)), Doubt = alignment.Doubt is null ? doubt : $"{alignment.Doubt}; {doubt}" };
        }

        ulong value = alignment.Least == alignment.Most
            ? alignment.Most
            : _open.Choose("alignof " + located.Name, () => PowersOfTwo(alignment.Least, alignment.Most), Format($"the alignment of {located.Name} is {alignment.Least} to {alignment.Most} ({alignment.Doubt})"));
        return Number(new Observation(node.ToString(), located.Name, alignment.IsDeclared ? ObservedFact.DeclaredAlignment : ObservedFact.NaturalAlignment, value));
    }

    private static ImmutableArray<ulong> PowersOfTwo(ulong least, ulong most)
    {
        ImmutableArray<ulong>.Builder powers = ImmutableArray.CreateBuilder<ulong>();
        for (ulong power = most; power >= least; power /= 2)
        {
            powers.Add(power);
        }

        return powers.ToImmutable();
    }

    private Answer Number(Observation observation)
    {
        Note(observation);
        string? name = observation.Fact switch
        {
            ObservedFact.ByteSize => $"sizeof({observation.Subject})",
            ObservedFact.Length => $"ARRAY_SIZE({observation.Subject})",
            _ => null,
        };
        return Answer.Of(observation.Number ?? 0, observation.ToString(), name);
    }

    private Answer TypeFact(FactNode node, TypeGraph graph, TypeId type, string lead, bool isPart = false)
    {
        string declared = Spelling(graph, type);
        // A name stands for what it stands for: `pgtable_t` may be asked for as itself or as `struct page *`.
        HashSet<string> spellings = [TypeWords.Normalize(declared)];
        TypeId bare = type;
        while (bare != TypeId.Void && graph[bare] is TypedefType or QualifiedType)
        {
            bare = graph[bare] is TypedefType typedef ? typedef.Target : ((QualifiedType)graph[bare]).Target;
            _ = spellings.Add(TypeWords.Normalize(Spelling(graph, bare)));
        }

        Note(new Observation(node.ToString(), lead[..lead.IndexOf(' ')], ObservedFact.Type, null, node.Fact == Fact.Pointee ? "pointer to " + declared : declared));
        // A part of an array has no spelling of its own: all that is known is that it is an array.
        TypeAnswer answer = new(declared, isPart ? [] : [.. spellings], ClassOf(graph, bare))
        {
            OpenDimensions = HasOpenDimensions(graph, type) ? $"{lead} {declared}, or an array of arrays of as many elements: BTF has both as one array" : null,
        };
        return Answer.OfType(answer, $"{lead} {declared}");
    }

    // Whether the spelling of a type has the dimensions of an array that may be one of arrays.
    private static bool HasOpenDimensions(TypeGraph graph, TypeId type)
    {
        while (type != TypeId.Void)
        {
            switch (graph[type])
            {
                case ArrayType { MayBeFlattened: true, Count: not 1 }:
                    return true;
                case ArrayType array:
                    type = array.Element;
                    break;
                case PointerType pointer:
                    type = pointer.Target;
                    break;
                case QualifiedType qualified:
                    type = qualified.Target;
                    break;
                case TypedefType typedef:
                    type = typedef.Target;
                    break;
                case FunctionType function:
                    return HasOpenDimensions(graph, function.Return) || function.Parameters.Any(p => HasOpenDimensions(graph, p));
                default:
                    return false;
            }
        }

        return false;
    }

    private static TypeClass ClassOf(TypeGraph graph, TypeId bare) => bare == TypeId.Void ? TypeClass.Void : graph[bare] switch
    {
        PointerType => TypeClass.Pointer,
        BaseType { Encoding: BaseEncoding.Float } => TypeClass.Float,
        BaseType => TypeClass.Integer,
        EnumType => TypeClass.Enum,
        ArrayType => TypeClass.Array,
        FunctionType => TypeClass.Function,
        AggregateType { Kind: AggregateKind.Union } or AggregateReference { Kind: AggregateKind.Union } => TypeClass.Union,
        _ => TypeClass.Struct,
    };

    private static string Spelling(TypeGraph graph, TypeId type) => graph.Declare(type).Replace("long unsigned int", "unsigned long", StringComparison.Ordinal);

    private Answer Range(RangeNode node)
    {
        if (Extent(node.First, out Answer first) is not { } a)
        {
            return first;
        }

        if (Extent(node.Second, out Answer second) is not { } b)
        {
            return second;
        }

        bool isTrue = node.IsContainment ? a.Start <= b.Start && b.End <= a.End : a.Start < b.Reach && b.Start < a.Reach;
        string relation = node.IsContainment ? isTrue ? "contains" : "does not contain" : isTrue ? "overlaps" : "does not overlap";
        return Answer.Truth(isTrue, $"{a} {relation} {b}");
    }

    /// <summary>The bits that a member takes.</summary>
    private BitExtent? Extent(Subject subject, out Answer problem)
    {
        Located located = Locate(subject);
        problem = default;
        if (located.Place is not { } place)
        {
            problem = Answer.Unknown(located.Problem);
            return null;
        }

        if (place.BitSize is not { } size)
        {
            problem = Answer.Unknown(place.Doubt ?? $"{located.Name} has no size");
            return null;
        }

        if (place.IsBitField)
        {
            Note(new Observation($"bitoffsetof({subject})", located.Name, ObservedFact.BitOffset, place.BitOffset));
        }
        else
        {
            Note(new Observation($"offsetof({subject})", located.Name, ObservedFact.ByteOffset, place.BitOffset / 8) { SubjectByteSize = size / 8 });
            Note(new Observation($"sizeof({subject})", located.Name, ObservedFact.ByteSize, size / 8));
        }

        return new BitExtent(located.Name, place.BitOffset, place.BitOffset + size, place.IsFlexible);
    }

    // __cacheline_group_begin(GROUP) of include/linux/cache.h: markers without a size, so that the group is what lies between them.
    private (ulong Start, ulong End)? Markers(TypeReference type, string group, out string problem)
    {
        Located begin = Locate(new Subject(type, new MemberAlternatives(["__cacheline_group_begin__" + group])));
        Located end = Locate(new Subject(type, new MemberAlternatives(["__cacheline_group_end__" + group])));
        problem = begin.Place is null ? begin.Problem : end.Problem;
        return begin.Place is null || end.Place is null ? null : (begin.Place.BitOffset + begin.Place.BitSize!.Value, end.Place.BitOffset);
    }

    private Answer GroupSize(FactNode node)
    {
        string group = node.Subject.Member!.Paths[0];
        if (Markers(node.Subject.Type, group, out string problem) is not { } markers)
        {
            return Answer.Unknown(problem);
        }

        if (markers.End < markers.Start)
        {
            return Answer.Unknown($"the end marker of group {group} lies before its begin marker");
        }

        ulong size = (markers.End - markers.Start) / 8;
        Note(new Observation(node.ToString(), "group " + group, ObservedFact.ByteSize, size));
        return Answer.Of(size, Format($"sizeof(group {group})={size}"));
    }

    private Answer Group(GroupNode node)
    {
        if (Markers(node.Subject.Type, node.Group, out string problem) is not { } markers)
        {
            return Answer.Unknown(problem);
        }

        if (Extent(node.Subject, out Answer unknown) is not { } member)
        {
            return unknown;
        }

        bool isInside = markers.Start <= member.Start && member.End <= markers.End;
        return Answer.Truth(isInside, $"{member} {(isInside ? "lies in" : "is not inside")} group {new BitExtent(node.Group, markers.Start, markers.End, IsFlexible: false)}");
    }

    private Answer Sharers(SharersNode node)
    {
        Located located = Locate(node.Subject);
        if (located.Place is not { } place)
        {
            return Answer.Unknown(located.Problem);
        }

        Located holder = Locate(new Subject(node.Holder, null));
        if (holder.Place is null)
        {
            return Answer.Unknown(holder.Problem);
        }

        if (holder.IsOneOfMany)
        {
            return Answer.Unknown($"the definitions of {holder.Name} differ");
        }

        if (holder.Graph!.AsAggregate(holder.Root) is not { } aggregate)
        {
            return Answer.Unknown($"{holder.Name} is no struct or union");
        }

        if (_image.Omission is { IsOfMembers: true } omission)
        {
            return Answer.Unknown($"{holder.Name} may have more members: {omission.Clause}");
        }

        if ((place.IsFlexible ? ulong.MaxValue : place.BitOffset + place.BitSize) is not { } placeEnd)
        {
            return Answer.Unknown(place.Doubt ?? $"{located.Name} has no size");
        }

        SortedDictionary<string, string> found = new(StringComparer.Ordinal);
        int budget = MostSharers;
        Collect(holder.Graph, aggregate, "", 0, place.BitOffset, placeEnd, found, ref budget);
        if (budget <= 0)
        {
            return Answer.Unknown($"more than {MostSharers} members lie on {located.Name}");
        }

        Note(new Observation(node.ToString(), located.Name, ObservedFact.Sharers, (ulong)found.Count, string.Join(", ", found.Keys)));
        HashSet<string> allowed = new(node.Allowed, StringComparer.Ordinal);
        List<string> strangers = [.. found.Where(m => !IsAllowed(m.Key, allowed))
            .Select(m => $"{m.Key} ({m.Value})")];
        return strangers.Count == 0
            ? Answer.Truth(true, node.Subject.Member is null ? $"{holder.Name} has no member that is not in the list" : found.Count == 0 ? $"no member of {holder.Name} lies on {located.Name}"
                : $"on {located.Name} {(found.Count == 1 ? "lies" : "lie")} {string.Join(", ", found.Keys)} of {holder.Name}, all known")
            : Answer.Truth(false, $"{string.Join(", ", strangers)} of {holder.Name}{(node.Subject.Member is null ? "" : " on " + located.Name)} "
                + $"{(strangers.Count == 1 ? "is" : "are")} not in the list");
    }

    /// <summary>Whether a member, or one that it lies in, is in the list.</summary>
    private static bool IsAllowed(string path, HashSet<string> allowed)
    {
        for (int dot = path.Length; dot > 0; dot = path.LastIndexOf('.', dot - 1))
        {
            if (allowed.Contains(path[..dot]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds the members that are no struct or union themselves and lie on a range of bits.</summary>
    private void Collect(
        TypeGraph graph, AggregateType aggregate, string prefix, ulong offset, ulong start, ulong end, SortedDictionary<string, string> found, ref int budget)
    {
        for (int i = 0; i < aggregate.Members.Length; i++)
        {
            Member member = aggregate.Members[i];
            if (--budget <= 0)
            {
                return;
            }

            // What a flexible array is in may end before the array does, and have no bytes at all (DECLARE_FLEX_ARRAY of include/linux/stddef.h).
            ulong from = offset + member.BitOffset;
            AggregateType? inside = graph.AsAggregate(member.Type);
            ulong size = member.BitFieldSize ?? (graph.ByteSizeOf(member.Type)!.Value * 8);
            bool reachesOn = inside is null ? graph.IsFlexibleArray(aggregate, i) : HoldsFlexibleArray(graph, inside);
            if (from >= end || (!reachesOn && from + size <= start))
            {
                continue;
            }

            string path = member.Name is null ? prefix : prefix.Length == 0 ? member.Name : $"{prefix}.{member.Name}";
            if (inside is { } inner)
            {
                Collect(graph, inner, path, from, start, end, found, ref budget);
            }
            else if (member.Name is not null)
            {
                found[path] = Spelling(graph, member.Type);
            }
        }
    }

    private bool HoldsFlexibleArray(TypeGraph graph, AggregateType aggregate)
    {
        if (!_holdsFlexibleArray.TryGetValue(aggregate, out bool isKnown))
        {
            isKnown = Enumerable.Range(0, aggregate.Members.Length)
                .Any(i => graph.IsFlexibleArray(aggregate, i) || (graph.AsAggregate(aggregate.Members[i].Type) is { } inner && HoldsFlexibleArray(graph, inner)));
            _holdsFlexibleArray.Add(aggregate, isKnown);
        }

        return isKnown;
    }

    /// <summary>Finds the type or member; a type by itself is a member at 0.</summary>
    private Located Locate(Subject subject)
    {
        if (subject.Type is PointeeReference pointee)
        {
            return LocatePointee(pointee, subject);
        }

        TypeName name = subject.Type.BaseName!.Value;
        return _chosen.TryGetValue(name, out TypeDefinition? definition)
            ? Locate(definition.Graph, definition.Root, name.ToString(), name.Name, subject.Member) with { HasExactAlignments = definition.HasExactAlignments }
            : IsRefused(name) ? Located.Undecided(NoDefinition(name))
            : Located.Missing(NoDefinition(name)) with { IsUndecided = _image.Omission is not null };
    }

    private bool IsRefused(TypeName name) => _definitions.TryGetValue(name, out DefinitionSet? set) && set.Problem is not null;

    private string NoDefinition(TypeName name)
    {
        _ = _definitions.TryGetValue(name, out DefinitionSet? set);
        int declarations = set?.DeclarationCount ?? 0;
        return set?.Problem is { } problem ? problem.Problem
            : set?.Place is { } place ? $"the image has no C definition of {name} for a whole unit: it is {place}"
            : Format($"the image has no C definition of {name}") + (declarations > 0 ? Format($", which {declarations} units only declare") : "")
                + (_image.Omission is { } omission ? $": {omission.Clause}" : "");
    }

    private Located LocatePointee(PointeeReference reference, Subject subject)
    {
        Located pointer = Locate(reference.Pointer);
        if (pointer.Place is null)
        {
            return pointer with { IsUndecided = true };
        }

        TypeGraph graph = pointer.Graph!;
        TypeId type = graph.Strip(pointer.Place.Type);
        if (graph[type] is not PointerType { Target: var target })
        {
            return Located.Undecided($"{pointer.Name} is {Spelling(graph, pointer.Place.Type)}, no pointer");
        }

        target = graph.Strip(target);
        if (target == TypeId.Void)
        {
            return Located.Undecided($"{pointer.Name} points to void");
        }

        if (graph[target] is not AggregateReference to)
        {
            return Locate(graph, target, Spelling(graph, target), Spelling(graph, target), subject.Member);
        }

        // The graph ends at pointers: what lies behind one is another type that the caller was asked for, or was not.
        if (to.Name is null)
        {
            return Located.Undecided($"{pointer.Name} points to a {TypeSpelling.Keyword(to.Kind)} without a name, which cannot be looked up");
        }

        TypeName name = new(to.Kind == AggregateKind.Struct ? TypeNameKind.Struct : TypeNameKind.Union, to.Name);
        if (!_definitions.TryGetValue(name, out DefinitionSet? set))
        {
            return Located.Undecided($"{pointer.Name} points to {name}, which no rule names: write alignof({name}) or the like to have it read");
        }

        if (set.Distinct.Length == 0)
        {
            return Located.Undecided(NoDefinition(name));
        }

        List<Located> all = [.. set.Distinct.Select(d => Locate(d.Graph, d.Root, name.ToString(), name.Name, subject.Member) with { HasExactAlignments = d.HasExactAlignments })];
        return all.TrueForAll(l => AnswersAlike(l, all[0])) ? all[0] with { IsOneOfMany = all.Count > 1 } : Located.Undecided(Format($"the {all.Count} definitions of {name} differ"));
    }

    /// <summary>Whether all that can be asked of what was found in two definitions of a type, but for who else lies there, has one answer.</summary>
    private static bool AnswersAlike(Located one, Located other)
    {
        if (one.Place is not { } a || other.Place is not { } b)
        {
            return one.Place is null && other.Place is null;
        }

        // A type's id means nothing in another graph. Of a whole struct nothing else is asked; of a member, its type is.
        return (a.Path, a.BitOffset, a.BitSize, a.IsBitField) == (b.Path, b.BitOffset, b.BitSize, b.IsBitField)
            && one.IsAlignmentOpen == other.IsAlignmentOpen
            && one.Graph!.AlignmentOf(a.Type, out _) == other.Graph!.AlignmentOf(b.Type, out _)
            && (a.Path.Length == 0
                || (Spelling(one.Graph, a.Type) == Spelling(other.Graph, b.Type) && DefinitionEquality.Same(one.Graph, a.Type, other.Graph, b.Type)));
    }

    private Located Locate(TypeGraph graph, TypeId root, string spelling, string shortName, MemberAlternatives? member)
    {
        if (member is null)
        {
            return new Located(spelling, graph, root, new ResolvedMember("", 0, graph.ByteSizeOf(root) * 8, root, false), "");
        }

        foreach (string path in member.Paths)
        {
            if (MemberPath.Resolve(graph, root, path, (array, elements) => Dimension($"{shortName}.{array}", elements)) is not { } found)
            {
                continue;
            }

            // Of what an array without a number of elements holds, the start of the first element is known.
            string name = $"{shortName}.{path}";
            return found.Doubt is { } doubt && !path.EndsWith("[0]", StringComparison.Ordinal) ? Located.Undecided(doubt) : new Located(name, graph, root, found, "");
        }

        string problem = $"{spelling} has no member {member.InWords}";
        return _image.Omission is { IsOfMembers: true } omission ? Located.Undecided($"{problem}: {omission.Clause}") : Located.Missing(problem);
    }

    private void Note(Observation observation)
    {
        if (!_observed.Contains(observation))
        {
            _observed.Add(observation);
        }
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A type or member that was looked for.</summary>
    /// <param name="Name">What to call it: <c>page.lru</c>, <c>struct page</c>.</param>
    /// <param name="Graph">The graph that holds it.</param>
    /// <param name="Root">The type that it was looked for in.</param>
    /// <param name="Place">Where it is, or null when it was not found.</param>
    /// <param name="Problem">Why it was not.</param>
    private sealed record Located(string Name, TypeGraph? Graph, TypeId Root, ResolvedMember? Place, string Problem)
    {
        /// <summary>Whether it may exist all the same: the way to it is not known.</summary>
        public bool IsUndecided { get; init; }

        /// <summary>Whether it was found behind a pointer to a type with several definitions, in one of them.</summary>
        public bool IsOneOfMany { get; init; }

        /// <summary>As <see cref="TypeDefinition.HasExactAlignments"/>.</summary>
        public bool HasExactAlignments { get; init; }

        /// <summary>Whether it may have more alignment than it declares.</summary>
        public bool IsAlignmentOpen => !HasExactAlignments && Place is not null && DeclaredAlignments.MayBeTooSmall(Graph!, Place.Type);

        public static Located Missing(string problem) => new("", null, TypeId.Void, null, problem);

        public static Located Undecided(string problem) => Missing(problem) with { IsUndecided = true };
    }

    private readonly record struct BitExtent(string Name, ulong Start, ulong End, bool IsFlexible)
    {
        /// <summary>Where its bits end: those of a flexible array nowhere.</summary>
        public ulong Reach => IsFlexible ? ulong.MaxValue : End;

        public override string ToString() => IsFlexible ? Format($"{Name} (from byte {Start / 8} on)")
            : Start == End ? Format($"{Name} (no bytes, at byte {Start / 8})")
            : Start % 8 == 0 && End % 8 == 0
            ? Format($"{Name} (bytes {Start / 8} up to {End / 8})")
            : Format($"{Name} (bits {Start} up to {End})");
    }
}
