using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// Evaluates expressions over one choice of definitions: each type name stands for one layout. Operators are here, functions in <see cref="RuleFunctions"/>.
/// </summary>
/// <param name="chosen">The definition that a type's name stands for.</param>
/// <param name="image">All that the run knows of the image.</param>
/// <param name="open">The case that is tried of what the debug information leaves open.</param>
internal sealed class ExpressionEvaluator(IReadOnlyDictionary<TypeName, TypeDefinition> chosen, CheckedImage image, OpenFacts open) : IEvaluation
{
    private readonly MemberLocator _locator = new(chosen, image, open);
    private readonly List<Observation> _observed = [];

    /// <inheritdoc/>
    public CheckedImage Image => image;

    /// <inheritdoc/>
    public OpenFacts Open => open;

    /// <summary>The cautions so far, in one sentence; null when there are none.</summary>
    public string? Caution { get; private set; }

    /// <summary>What was looked at so far, each fact once.</summary>
    public ImmutableArray<Observation> Observed => [.. _observed];

    /// <inheritdoc/>
    public Answer Evaluate(Node node) => node switch
    {
        CallNode call => call.Function.Evaluate(call, this),
        NumberNode number => Answer.Of(number.Value, number.ToString()),
        TextNode text => Answer.OfType(new TypeAnswer([TypeWords.Normalize(text.Text)], TypeClass.Void), text.Text),
        TypeClassNode type => Answer.OfType(new TypeAnswer([], type.Class), type.ToString()),
        TargetNode target => Target(target),
        UnaryNode unary => Unary(unary),
        BinaryNode { Operator: "&&" or "||" } logical => Logical(logical),
        BinaryNode { Operator: "==" or "!=" or "<" or "<=" or ">" or ">=" } comparison => Comparison(comparison),
        BinaryNode arithmetic => Arithmetic(arithmetic),
        _ => Conditional((ConditionalNode)node),
    };

    /// <inheritdoc/>
    public Located Locate(Subject subject) => _locator.Locate(subject);

    /// <inheritdoc/>
    public void Warn(string caution) => Caution = Caution is null ? caution : $"{Caution}; {caution}";

    /// <inheritdoc/>
    public void Note(Observation observation)
    {
        if (!_observed.Contains(observation))
        {
            _observed.Add(observation);
        }
    }

    private Answer Target(TargetNode node)
    {
        TargetInfo target = image.Target;
        return node.Name == "BITS_PER_LONG"
            ? Answer.Of(target.WordByteSize * 8, $"BITS_PER_LONG={target.WordByteSize * 8}")
            : Answer.Truth(target.IsBigEndian == (node.Name == "big_endian"), target.IsBigEndian ? "the target is big-endian" : "the target is little-endian");
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
            // The sentence about the operand says what is the case, and stays true under a negation.
            '!' => Answer.Truth(number == 0, inner.Shown),
            '~' => Answer.Computed(~number, $"~{inner.Operand(Node.Primary)}", Node.UnaryPrecedence),
            '-' when node.Inner is NumberNode => Answer.Of(-number, node.ToString()),
            '-' => Answer.Computed(-number, $"-{inner.Operand(Node.Primary)}", Node.UnaryPrecedence),
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

        return left.IsUnknown || right.IsUnknown ? Unknown(left, right) : Answer.Truth(isAnd, $"{left.Shown}, {right.Shown}");
    }

    // Why one of two operands is unknown, or both are.
    private static Answer Unknown(Answer left, Answer right) => Answer.Unknown(
        !right.IsUnknown || (left.IsUnknown && left.Words == right.Words) ? left.Words
        : !left.IsUnknown ? right.Words
        : $"{left.Words}; {right.Words}");

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
        return left.IsUnknown || right.IsUnknown ? Unknown(left, right)
            : left.Type is { } leftType && right.Type is { } rightType ? CompareTypes(node, left.Words, leftType, right.Words, rightType)
            // The parser compares a type with types only.
            : CompareNumbers(node.Operator, left, right);
    }

    private static Answer CompareTypes(BinaryNode node, string leftWords, TypeAnswer left, string rightWords, TypeAnswer right)
    {
        bool isOfClass = node.Left is TypeClassNode || node.Right is TypeClassNode;
        if (!isOfClass && (left.OpenDimensions ?? right.OpenDimensions) is { } open && left.MayBe(right))
        {
            return Answer.Unknown(open);
        }

        bool isEqual = isOfClass ? left.Class == right.Class : left.Is(right);
        string words = node.Left is not CallNode ? rightWords
            : node.Right is CallNode && !isEqual ? $"{leftWords}, {rightWords}"
            : isEqual ? leftWords : $"{leftWords}, not {rightWords}";
        return Answer.Truth(isEqual == (node.Operator == "=="), words);
    }

    private static Answer CompareNumbers(string op, Answer left, Answer right)
    {
        Int128 a = left.Number!.Value;
        Int128 b = right.Number!.Value;
        (bool isTrue, string whenFalse) = op switch
        {
            "==" => (a == b, "differs from"),
            "!=" => (a != b, "equals"),
            "<" => (a < b, "is not less than"),
            "<=" => (a <= b, "is greater than"),
            ">" => (a > b, "is not greater than"),
            _ => (a >= b, "is less than"),
        };
        return Answer.Truth(isTrue, $"{left.Shown} {(isTrue ? op : whenFalse)} {right.Shown}");
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
        return node.Operator switch
        {
            "/" or "%" when b == 0 => Answer.Unknown($"{words} divides by zero"),
            "<<" or ">>" when b < 0 || b > 63 => Answer.Unknown($"{words} shifts by a count outside 0 to 63"),
            // Both operands are at most 2^64, so that only a product can leave 127 bits.
            "*" when a != 0 && Int128.Abs(b) > Answer.Largest / Int128.Abs(a) => Answer.TooLarge(words),
            "<<" when Int128.Abs(a) > Answer.Largest >> (int)b => Answer.TooLarge(words),
            _ => Answer.Computed(Compute(node.Operator, a, b), words, node.Precedence),
        };
    }

    private static Int128 Compute(string op, Int128 a, Int128 b) => op switch
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
    };
}
