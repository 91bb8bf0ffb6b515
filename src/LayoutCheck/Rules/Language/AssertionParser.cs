namespace LayoutCheck.Rules.Language;

/// <summary>One assertion of a <c>check:</c>: an expression, or a <c>static_assert</c> or <c>BUILD_BUG_ON</c> as it stands in a header.</summary>
/// <param name="Root">What must be true.</param>
/// <param name="Message">The words beside it, or null.</param>
/// <param name="Position">Where it begins, as a character index.</param>
/// <param name="Condition">The <c>#if</c> that it stands under, or null.</param>
internal sealed record Assertion(Node Root, string? Message, int Position, string? Condition);

/// <summary>Parses the assertions of a <c>check:</c> or of a kernel header, one behind the other.</summary>
internal sealed class AssertionParser(TokenCursor tokens)
{
    private readonly ExpressionParser _expressions = new(tokens);

    /// <summary>Whether a call of this name is an assertion.</summary>
    public static bool IsAssertion(string name) => name is "static_assert" or "_Static_assert" or "BUILD_BUG_ON" or "BUILD_BUG_ON_MSG"
        or "BUILD_BUG_ON_NOT_POWER_OF_2" or "BUILD_BUG_ON_ZERO" or "compiletime_assert" or "CACHELINE_ASSERT_GROUP_MEMBER" or "CACHELINE_ASSERT_GROUP_SIZE";

    /// <summary>Parses all assertions that the tokens hold.</summary>
    /// <exception cref="RuleException">Something else stands there.</exception>
    public List<Assertion> ParseAll()
    {
        List<Assertion> assertions = [];
        while (true)
        {
            while (tokens.Take(";"))
            {
            }

            if (tokens.IsAtEnd)
            {
                return assertions;
            }

            assertions.Add(One());
            if (!tokens.IsAtEnd && !tokens.Peek(";"))
            {
                throw tokens.Error("the assertion should end here, with a semicolon");
            }
        }
    }

    private Assertion One()
    {
        Token first = tokens.Current;
        if (first.Kind != TokenKind.Identifier || !IsAssertion(first.Text) || !tokens.PeekCall(first.Text))
        {
            return new Assertion(_expressions.Number(), Message(), first.Position, first.Condition);
        }

        _ = tokens.Next();
        tokens.Expect("(");
        if (first.Text == "CACHELINE_ASSERT_GROUP_MEMBER")
        {
            // Its arguments and its parenthesis are those of in_group.
            Node inGroup = GroupFunctions.InGroup.Read(first.Position, _expressions);
            return new Assertion(inGroup, Message(), first.Position, first.Condition);
        }

        Node root = Body(first);
        string? message = first.Text == "CACHELINE_ASSERT_GROUP_SIZE" ? null : Message();
        tokens.Expect(")");
        // A row of a table has no room for words in its macro: they may follow it.
        return new Assertion(root, message ?? Message(), first.Position, first.Condition);
    }

    // What must be true, for the first argument or arguments of an assertion.
    private Node Body(Token assertion)
    {
        switch (assertion.Text)
        {
            case "CACHELINE_ASSERT_GROUP_SIZE":
                TypeReference type = _expressions.Subjects.Type();
                tokens.Expect(",");
                Subject group = new(type, new MemberAlternatives([tokens.Word("the name of a group")]));
                tokens.Expect(",");
                return new BinaryNode(assertion.Position, "<=", new MemberCall(assertion.Position, GroupFunctions.SizeOfGroup, group), _expressions.Number());
            case "BUILD_BUG_ON" or "BUILD_BUG_ON_MSG" or "BUILD_BUG_ON_ZERO":
                return Negate(_expressions.Number());
            case "BUILD_BUG_ON_NOT_POWER_OF_2":
                return new NumberCall(assertion.Position, NumberFunctions.IsPowerOf2, [_expressions.Number()]);
            default:
                return _expressions.Number();
        }
    }

    private string? Message()
    {
        if (!tokens.Take(","))
        {
            return null;
        }

        return tokens.CurrentOrNull is { Kind: TokenKind.Text } ? tokens.Strings() : throw tokens.Error("a message in quotes should follow the comma");
    }

    /// <summary>BUILD_BUG_ON says what must not be; a reader wants what must be.</summary>
    private static Node Negate(Node node)
    {
        switch (node)
        {
            case UnaryNode { Operator: '!' } not:
                return not.Inner;
            case BinaryNode { Operator: "||" } or:
                return new BinaryNode(or.Position, "&&", Negate(or.Left), Negate(or.Right));
            case BinaryNode { Operator: "&&" } and:
                return new BinaryNode(and.Position, "||", Negate(and.Left), Negate(and.Right));
            case BinaryNode comparison when Opposite(comparison.Operator) is { } opposite:
                return new BinaryNode(comparison.Position, opposite, comparison.Left, comparison.Right);
            default:
                return new UnaryNode(node.Position, '!', node);
        }
    }

    private static string? Opposite(string comparison) => comparison switch
    {
        "==" => "!=",
        "!=" => "==",
        "<" => ">=",
        ">=" => "<",
        ">" => "<=",
        "<=" => ">",
        _ => null,
    };
}
