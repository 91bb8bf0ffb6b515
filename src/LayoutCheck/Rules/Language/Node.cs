using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>A node of an expression's tree; <c>ToString</c> gives its source spelling. Calls are <see cref="CallNode"/>.</summary>
internal abstract class Node(int position)
{
    /// <summary>Its character index in the rule file, for errors.</summary>
    public int Position => position;

    /// <summary>How many nodes lie one under another, itself included. The parser bounds it, so that recursion is safe.</summary>
    public virtual int Depth => 1;

    /// <summary>How tightly it binds, C's order: 1 is <c>?:</c>, <see cref="Primary"/> needs no parentheses anywhere.</summary>
    public virtual int Precedence => Primary;

    /// <summary>The precedence of an operand without an operator.</summary>
    public const int Primary = 13;

    /// <summary>The precedence of <c>! ~ - +</c> before an operand.</summary>
    public const int UnaryPrecedence = 12;

    /// <summary>Whether its value is a type, which can only be compared; else it is a number.</summary>
    public virtual bool GivesType => false;

    /// <summary>Calls back for every type or member named in the tree.</summary>
    public virtual void Visit(Action<Subject> visit)
    {
    }

    /// <inheritdoc/>
    public abstract override string ToString();

    /// <summary>The spelling as an operand of something that binds as tightly as <paramref name="least"/>.</summary>
    protected static string Operand(Node node, int least) => node.Precedence < least ? $"({node})" : node.ToString();
}

/// <summary>A number, in the spelling of the source.</summary>
internal sealed class NumberNode(int position, Int128 value, string spelling) : Node(position)
{
    public Int128 Value => value;

    public override string ToString() => spelling;
}

/// <summary>A type in quotes, to compare typeof or pointee with.</summary>
internal sealed class TextNode(int position, string text) : Node(position)
{
    public string Text => text;

    public override bool GivesType => true;

    public override string ToString() => $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}

/// <summary>The class of a type, whatever its name.</summary>
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

/// <summary>The class of a type, to compare typeof or pointee with: <c>pointer</c>.</summary>
internal sealed class TypeClassNode(int position, TypeClass typeClass) : Node(position)
{
    public TypeClass Class => typeClass;

    public override bool GivesType => true;

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

/// <summary>The names that stand for a number by themselves.</summary>
internal static class NamedConstant
{
    /// <summary>The names.</summary>
    public static ImmutableArray<string> All { get; } = ["true", "false", "BITS_PER_LONG", "BITS_PER_BYTE", "big_endian", "little_endian"];

    /// <summary>For an error: which names there are.</summary>
    public const string WhichThereAre = "the language has no constants of its own but true, false, BITS_PER_LONG, BITS_PER_BYTE, big_endian and little_endian";

    /// <summary>The node of a name, or null when it is no constant.</summary>
    public static Node? Parse(Token name) => name.Text switch
    {
        "true" => new NumberNode(name.Position, 1, "true"),
        "false" => new NumberNode(name.Position, 0, "false"),
        "BITS_PER_BYTE" or "CHAR_BIT" => new NumberNode(name.Position, 8, "BITS_PER_BYTE"),
        "big_endian" or "little_endian" or "BITS_PER_LONG" => new TargetNode(name.Position, name.Text),
        _ => null,
    };
}

/// <summary>An operator before its operand.</summary>
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

/// <summary>An operator between two operands.</summary>
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

    /// <summary>C's order of the binary operators (C17 6.5.5 to 6.5.14); 0 for any other token.</summary>
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

/// <summary><c>condition ? a : b</c>.</summary>
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
