using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules.Import;

/// <summary>
/// Makes the exact arithmetic of the rule language that of C, where a <c>sizeof</c> is unsigned: <c>sizeof(struct a) - sizeof(struct b)</c> is never negative,
/// and <c>ALIGN</c> and <c>IS_ALIGNED</c> are the kernel's bit operations.
/// </summary>
internal static class CArithmetic
{
    /// <summary>The expression with the value that the compiler saw.</summary>
    public static Node AsCompiled(Node node) => node switch
    {
        UnaryNode unary => new UnaryNode(unary.Position, unary.Operator, AsCompiled(unary.Inner)),
        BinaryNode { Operator: "<" or "<=" or ">" or ">=" or "/" or "%" or ">>" } signed when IsInt(signed.Left) && IsInt(signed.Right) => signed,
        BinaryNode { Operator: "==" or "!=", Left.GivesType: false, Right.GivesType: false } equal when IsLarge(equal.Left) || IsLarge(equal.Right)
            => new BinaryNode(equal.Position, equal.Operator, Unsigned(AsCompiled(equal.Left)), Unsigned(AsCompiled(equal.Right))),
        BinaryNode { Operator: "<" or "<=" or ">" or ">=" or "/" or "%" or ">>" } binary
            => new BinaryNode(binary.Position, binary.Operator, Unsigned(AsCompiled(binary.Left)), Unsigned(AsCompiled(binary.Right))),
        BinaryNode { Left.GivesType: false, Right.GivesType: false } binary
            => new BinaryNode(binary.Position, binary.Operator, AsCompiled(binary.Left), AsCompiled(binary.Right)),
        ConditionalNode conditional => new ConditionalNode(
            conditional.Position, AsCompiled(conditional.Condition), AsCompiled(conditional.WhenTrue), AsCompiled(conditional.WhenFalse)),
        NumberCall { Arguments: [var number, var step] } call when call.Function == NumberFunctions.IsAligned && !IsPowerOf2(step)
            => new UnaryNode(call.Position, '!', Binary("&", AsCompiled(number), Binary("-", AsCompiled(step), One(call)))),
        NumberCall { Arguments: [var number, var step] } call when call.Function == NumberFunctions.Align && !IsPowerOf2(step)
            => Binary("&", Binary("+", AsCompiled(number), Binary("-", AsCompiled(step), One(call))),
                new UnaryNode(call.Position, '~', Binary("-", AsCompiled(step), One(call)))),
        NumberCall call => new NumberCall(call.Position, call.Function, [.. call.Arguments.Select(AsCompiled)]),
        _ => node,
    };

    private static Node Unsigned(Node node)
    {
        if (!MayBeNegative(node))
        {
            return node;
        }

        // 2^BITS_PER_LONG - 1. A shift by 64 has no meaning.
        Node half = Binary("<<", One(node), Binary("-", new TargetNode(node.Position, "BITS_PER_LONG"), One(node)));
        return Binary("&", node, Binary("-", Binary("*", new NumberNode(node.Position, 2, "2"), half), One(node)));
    }

    private static bool MayBeNegative(Node node) => node switch
    {
        UnaryNode { Operator: '-' or '~' } => true,
        UnaryNode { Operator: '+' } plus => MayBeNegative(plus.Inner),
        BinaryNode { Operator: "-", Left: NumberNode left, Right: NumberNode right } => left.Value < right.Value,
        BinaryNode { Operator: "-" } => true,
        BinaryNode { Operator: "&" } and => MayBeNegative(and.Left) && MayBeNegative(and.Right),
        BinaryNode { Operator: "+" or "*" or "|" or "^" or "<<" } binary => MayBeNegative(binary.Left) || MayBeNegative(binary.Right),
        ConditionalNode conditional => MayBeNegative(conditional.WhenTrue) || MayBeNegative(conditional.WhenFalse),
        _ => false,
    };

    // A comparison of two numbers of C's int keeps the sign: -1 < 0 there.
    private static bool IsInt(Node node) => node switch
    {
        NumberNode number => number.Value <= int.MaxValue && !number.ToString().Contains('u', StringComparison.OrdinalIgnoreCase),
        UnaryNode unary => IsInt(unary.Inner),
        BinaryNode binary => IsInt(binary.Left) && IsInt(binary.Right),
        _ => false,
    };

    private static bool IsLarge(Node node) => node is NumberNode number && number.Value > int.MaxValue;

    private static bool IsPowerOf2(Node node) => node is NumberNode number && number.Value > 0 && (number.Value & (number.Value - 1)) == 0;

    private static BinaryNode Binary(string op, Node left, Node right) => new(left.Position, op, left, right);

    private static NumberNode One(Node at) => new(at.Position, 1, "1");
}
