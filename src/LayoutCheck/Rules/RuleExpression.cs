using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Types;

namespace LayoutCheck.Rules;

/// <summary>An expression of the rule language (LANGUAGE.md), read and ready to be evaluated.</summary>
public sealed class RuleExpression
{
    private RuleExpression(Node root)
    {
        Root = root;
        HashSet<TypeName> seen = [];
        ImmutableArray<TypeName>.Builder types = ImmutableArray.CreateBuilder<TypeName>();
        root.Visit(subject =>
        {
            if (subject.Type.BaseName is { } name && seen.Add(name))
            {
                types.Add(name);
            }
        });
        Types = types.ToImmutable();
    }

    /// <summary>The expression in one spelling, whatever the file's own was: macros expanded, one space around operators.</summary>
    public string Text => field ??= Root.ToString();

    /// <summary>The structs and unions that it names, each once, in the order of their first mention.</summary>
    public ImmutableArray<TypeName> Types { get; }

    internal Node Root { get; }

    /// <summary>The members that it names: <c>struct page</c> with <c>compound_head|compound_info</c>.</summary>
    internal IReadOnlyList<Subject> Subjects
    {
        get
        {
            List<Subject> subjects = [];
            Root.Visit(subjects.Add);
            return subjects;
        }
    }

    internal static RuleExpression Of(Node root) => new(root);

    /// <summary>Reads one expression by itself.</summary>
    /// <exception cref="RuleException">It is not one.</exception>
    public static RuleExpression Parse(string text) => ExpressionParser.ParseOne("expression", text);

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>A node of an expression's tree; <c>ToString</c> gives its source spelling.</summary>
internal abstract class Node(int position)
{
    /// <summary>The character index in the rule file, for errors.</summary>
    public int Position => position;

    /// <summary>How many nodes lie one under another, itself included: bounded by the parser, so that recursion is safe.</summary>
    public virtual int Depth => 1;

    /// <summary>How tightly it binds, C's order: 1 is <c>?:</c>, <see cref="Primary"/> needs no parentheses anywhere.</summary>
    public virtual int Precedence => Primary;

    public const int Primary = 13;
    public const int UnaryPrecedence = 12;

    /// <summary>Calls back for every type or member named in the tree.</summary>
    public virtual void Visit(Action<Subject> visit)
    {
    }

    /// <inheritdoc/>
    public abstract override string ToString();

    /// <summary>The spelling as an operand of something that binds as tightly as <paramref name="least"/>.</summary>
    protected static string Operand(Node node, int least) => node.Precedence < least ? $"({node})" : node.ToString();
}

internal sealed class NumberNode(int position, Int128 value, string spelling) : Node(position)
{
    public Int128 Value => value;

    public override string ToString() => spelling;
}

/// <summary>A type in words, to compare typeof or pointee with.</summary>
internal sealed class TextNode(int position, string text) : Node(position)
{
    public string Text => text;

    public override string ToString() => $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}

/// <summary>What kind of type a member has, whatever its name.</summary>
internal enum TypeClass
{
    Pointer,
    Integer,
    Enum,
    Struct,
    Union,
    Array,
    Function,
    Float,
    Void,
}

internal sealed class TypeClassNode(int position, TypeClass typeClass) : Node(position)
{
    public TypeClass Class => typeClass;

    public static readonly ImmutableDictionary<string, TypeClass> Names = ImmutableDictionary.CreateRange<string, TypeClass>([
        new("pointer", TypeClass.Pointer), new("integer", TypeClass.Integer), new("enum", TypeClass.Enum), new("struct", TypeClass.Struct),
        new("union", TypeClass.Union), new("array", TypeClass.Array), new("function", TypeClass.Function), new("float", TypeClass.Float),
        new("void", TypeClass.Void)]);

    public override string ToString() => Names.First(n => n.Value == Class).Key;
}

/// <summary>A fact of the target machine: <c>big_endian</c>, <c>little_endian</c>, <c>BITS_PER_LONG</c>.</summary>
internal sealed class TargetNode(int position, string name) : Node(position)
{
    public string Name => name;

    public override string ToString() => name;
}

internal sealed class UnaryNode(int position, char op, Node operand) : Node(position)
{
    public char Operator => op;

    public Node Inner => operand;

    public override int Depth { get; } = operand.Depth + 1;

    public override int Precedence => UnaryPrecedence;

    public override void Visit(Action<Subject> visit) => operand.Visit(visit);

    // Two signs side by side would read as one operator.
    public override string ToString() => operand is UnaryNode { Operator: '-' or '+' } ? $"{op}({operand})" : op + Operand(operand, UnaryPrecedence);
}

internal sealed class BinaryNode(int position, string op, Node left, Node right) : Node(position)
{
    public string Operator => op;

    public Node Left => left;

    public Node Right => right;

    public override int Depth { get; } = Math.Max(left.Depth, right.Depth) + 1;

    public override int Precedence => PrecedenceOf(op);

    public override void Visit(Action<Subject> visit)
    {
        left.Visit(visit);
        right.Visit(visit);
    }

    public override string ToString() => $"{Operand(left, Precedence)} {op} {Operand(right, Precedence + 1)}";

    /// <summary>C's order of the binary operators (C17 6.5.5 to 6.5.14); 0 for what is none.</summary>
    public static int PrecedenceOf(string op) => op switch
    {
        "||" => 2,
        "&&" => 3,
        "|" => 4,
        "^" => 5,
        "&" => 6,
        "==" or "!=" => 7,
        "<" or "<=" or ">" or ">=" => 8,
        "<<" or ">>" => 9,
        "+" or "-" => 10,
        "*" or "/" or "%" => 11,
        _ => 0,
    };
}

internal sealed class ConditionalNode(int position, Node condition, Node whenTrue, Node whenFalse) : Node(position)
{
    public Node Condition => condition;

    public Node WhenTrue => whenTrue;

    public Node WhenFalse => whenFalse;

    public override int Depth { get; } = Math.Max(condition.Depth, Math.Max(whenTrue.Depth, whenFalse.Depth)) + 1;

    public override int Precedence => 1;

    public override void Visit(Action<Subject> visit)
    {
        condition.Visit(visit);
        whenTrue.Visit(visit);
        whenFalse.Visit(visit);
    }

    public override string ToString() => $"{Operand(condition, 2)} ? {whenTrue} : {whenFalse}";
}

/// <summary>What one asks of a type or a member.</summary>
internal enum Fact
{
    Offset,
    End,
    BitOffset,
    BitSize,
    Size,
    Alignment,
    Existence,
    Type,
    Pointee,
    Length,
    GroupSize,
}

/// <summary><c>offsetof(struct page, lru)</c> and its relatives: one fact of one type or member.</summary>
internal sealed class FactNode(int position, Fact fact, Subject subject) : Node(position)
{
    public Fact Fact => fact;

    public Subject Subject => subject;

    public override int Depth { get; } = subject.Depth + 1;

    public override void Visit(Action<Subject> visit) => subject.Visit(visit);

    public override string ToString() => $"{NameOf(fact)}({subject})";

    public static string NameOf(Fact fact) => fact switch
    {
        Fact.Offset => "offsetof",
        Fact.End => "offsetofend",
        Fact.BitOffset => "bitoffsetof",
        Fact.BitSize => "bitsizeof",
        Fact.Size => "sizeof",
        Fact.Alignment => "alignof",
        Fact.Existence => "exists",
        Fact.Type => "typeof",
        Fact.Pointee => "pointee",
        Fact.Length => "ARRAY_SIZE",
        _ => "sizeof_group",
    };
}

/// <summary><c>overlaps(a, b)</c> or <c>contains(outer, inner)</c>: how two members lie to each other.</summary>
internal sealed class RangeNode(int position, bool isContainment, Subject first, Subject second) : Node(position)
{
    public bool IsContainment => isContainment;

    public Subject First => first;

    public Subject Second => second;

    public override int Depth { get; } = Math.Max(first.Depth, second.Depth) + 1;

    public override void Visit(Action<Subject> visit)
    {
        first.Visit(visit);
        second.Visit(visit);
    }

    public override string ToString() => first.Type.ToString() == second.Type.ToString()
        ? $"{(isContainment ? "contains" : "overlaps")}({first}, {second.Member})"
        : $"{(isContainment ? "contains" : "overlaps")}({first}, {second})";
}

/// <summary><c>in_group(struct tcp_sock, tcp_sock_read_tx, max_window)</c>: a member between the two markers of a cacheline group.</summary>
internal sealed class GroupNode(int position, string group, Subject subject) : Node(position)
{
    public string Group => group;

    public Subject Subject => subject;

    public override int Depth { get; } = subject.Depth + 1;

    public override void Visit(Action<Subject> visit) => subject.Visit(visit);

    public override string ToString() => $"in_group({subject.Type}, {group}, {subject.Member})";
}

/// <summary>
/// <c>sharers(struct page, compound_head) in { lru, pgmap }</c>: nobody else lives on these bytes. With a type before it, the members
/// of that type on the same bytes: <c>sharers(struct slab, struct page, mapping) in { slab_list }</c>.
/// </summary>
internal sealed class SharersNode(int position, TypeReference holder, Subject subject, ImmutableArray<string> allowed) : Node(position)
{
    public TypeReference Holder => holder;

    public Subject Subject => subject;

    public ImmutableArray<string> Allowed => allowed;

    public override int Depth { get; } = Math.Max(subject.Depth, holder.Depth) + 1;

    public override int Precedence => 8;

    public override void Visit(Action<Subject> visit)
    {
        if (holder != subject.Type)
        {
            new Subject(holder, null).Visit(visit);
        }

        subject.Visit(visit);
    }

    public override string ToString()
        => $"sharers({(holder == subject.Type ? "" : $"{holder}, ")}{subject}) in {{ {string.Join(", ", allowed)} }}";
}

/// <summary>Which function over numbers a <see cref="FunctionNode"/> is.</summary>
internal enum Function
{
    IsPowerOf2,
    IsAligned,
    FirstOf,
}

internal sealed class FunctionNode(int position, Function function, ImmutableArray<Node> arguments) : Node(position)
{
    public Function Function => function;

    public ImmutableArray<Node> Arguments => arguments;

    public override int Depth { get; } = arguments.Max(a => a.Depth) + 1;

    public override void Visit(Action<Subject> visit)
    {
        foreach (Node argument in arguments)
        {
            argument.Visit(visit);
        }
    }

    public override string ToString() => $"{NameOf(function)}({string.Join(", ", arguments)})";

    public static string NameOf(Function function) => function switch
    {
        Function.IsPowerOf2 => "is_power_of_2",
        Function.IsAligned => "IS_ALIGNED",
        _ => "first_of",
    };
}

/// <summary><c>config(CONFIG_MEMCG)</c>: whether the kernel was configured so, where the image says.</summary>
internal sealed class ConfigNode(int position, string name) : Node(position)
{
    public string Name => name;

    public override string ToString() => $"config({name})";
}

/// <summary>A type, or a member of it: the first of the alternatives that exists.</summary>
internal sealed record Subject(TypeReference Type, MemberAlternatives? Member)
{
    public int Depth => Type.Depth + 1;

    public void Visit(Action<Subject> visit)
    {
        visit(this);
        (Type as PointeeReference)?.Pointer.Visit(visit);
    }

    public override string ToString() => Member is null ? Type.ToString() : $"{Type}, {Member}";
}

/// <summary><c>compound_head|compound_info</c>: names of one member in different kernels, tried in this order.</summary>
internal sealed record MemberAlternatives(ImmutableArray<string> Paths)
{
    /// <summary>For a sentence: <c>compound_head or compound_info</c>.</summary>
    public string InWords => string.Join(" or ", Paths);

    public override string ToString() => string.Join('|', Paths);
}

/// <summary>How an expression says which type it means.</summary>
internal abstract record TypeReference
{
    /// <summary>The struct or union to be looked up, or null for a type that is not looked up by name.</summary>
    public virtual TypeName? BaseName => null;

    public virtual int Depth => 1;
}

internal sealed record NamedReference(TypeName Name) : TypeReference
{
    public override TypeName? BaseName => Name;

    public override string ToString() => Name.ToString();
}

/// <summary>What a member points to.</summary>
internal sealed record PointeeReference(Subject Pointer) : TypeReference
{
    public override int Depth => Pointer.Depth + 1;

    public override string ToString() => $"pointee({Pointer})";
}

/// <summary>A C type whose size follows from the word size: <paramref name="Bytes"/>, or one word when that is 0.</summary>
internal sealed record ScalarReference(string Spelling, int Bytes) : TypeReference
{
    public int SizeOn(TargetFacts target) => Bytes == 0 ? target.WordByteSize : Bytes;

    public override string ToString() => Spelling;

    /// <summary>The scalar types that C and the kernel name, as kernels use them (ILP32 and LP64).</summary>
    public static ScalarReference? ByName(string spelling)
    {
        // A struct or union, which most are, is none of them, and its spelling need not be made comparable.
        int? bytes = spelling.StartsWith("struct ", StringComparison.Ordinal) || spelling.StartsWith("union ", StringComparison.Ordinal) ? null : TypeWords.Normalize(spelling) switch
        {
            "char" or "signed char" or "unsigned char" or "_Bool" or "bool" or "u8" or "s8" or "__u8" or "__s8" or "uint8_t" or "int8_t" => 1,
            "short" or "unsigned short" or "u16" or "s16" or "__u16" or "__s16" or "__le16" or "__be16" or "uint16_t" or "int16_t" => 2,
            "int" or "unsigned int" or "u32" or "s32" or "__u32" or "__s32" or "__le32" or "__be32" or "uint32_t" or "int32_t" => 4,
            "long long" or "unsigned long long" or "u64" or "s64" or "__u64" or "__s64" or "__le64" or "__be64" or "uint64_t" or "int64_t" => 8,
            "long" or "unsigned long" or "size_t" or "ssize_t" or "uintptr_t" or "intptr_t" => 0,
            _ => null,
        };
        return bytes is { } size ? new ScalarReference(string.Create(CultureInfo.InvariantCulture, $"{spelling}"), size) : null;
    }
}
