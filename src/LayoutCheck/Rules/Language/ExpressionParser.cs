using LayoutCheck.Core;

namespace LayoutCheck.Rules.Language;

/// <summary>Parses expressions of the rule language (LANGUAGE.md) from tokens, by precedence climbing.</summary>
internal sealed class ExpressionParser(TokenCursor tokens) : IArgumentReader
{
    /// <summary>How many nodes may lie one under another: recursion over a tree is safe up to there. Trees that are put together keep to it too.</summary>
    public const int MostDepth = 500;

    /// <inheritdoc/>
    public TokenCursor Tokens => tokens;

    /// <inheritdoc/>
    public SubjectReader Subjects { get; } = new(tokens);

    /// <summary>Parses one expression that takes all tokens.</summary>
    /// <exception cref="RuleException">They are no expression, or more than one.</exception>
    public static Node ParseWhole(TokenCursor tokens)
    {
        Node root = new ExpressionParser(tokens).Number();
        return tokens.IsAtEnd ? root : throw tokens.Error("the expression should end here");
    }

    /// <inheritdoc/>
    public Node Number() => RequireNumber(Expression());

    private Node Expression()
    {
        Node condition = Binary(2);
        if (!tokens.Peek("?"))
        {
            return condition;
        }

        int position = tokens.Next().Position;
        tokens.Enter(position);
        Node whenTrue = Number();
        tokens.Expect(":");
        Node whenFalse = Number();
        tokens.Leave();
        return Bounded(new ConditionalNode(position, RequireNumber(condition), whenTrue, whenFalse));
    }

    private Node Binary(int least)
    {
        Node left = Unary();
        RefuseWordsOfOthers();
        while (tokens.CurrentOrNull is { Kind: TokenKind.Punctuation } op)
        {
            int precedence = BinaryNode.PrecedenceOf(op.Text);
            if (precedence == 0 || precedence < least)
            {
                break;
            }

            _ = tokens.Next();
            Node right = Binary(precedence + 1);
            RefuseWordsOfOthers();
            if (op.Text is "==" or "!=" && (left.GivesType || right.GivesType))
            {
                RequireTypes(left, right, op);
            }
            else
            {
                _ = RequireNumber(left);
                _ = RequireNumber(right);
            }

            left = Bounded(new BinaryNode(op.Position, op.Text, left, right));
        }

        return left;
    }

    // Behind an operand: what other languages write for an operator.
    private void RefuseWordsOfOthers()
    {
        string? meant = tokens.CurrentOrNull switch
        {
            { Kind: TokenKind.Punctuation, Text: "=" } => "==",
            { Kind: TokenKind.Identifier, Text: "and" or "AND" } => "&&",
            { Kind: TokenKind.Identifier, Text: "or" or "OR" } => "||",
            { Kind: TokenKind.Identifier, Text: "eq" } => "==",
            _ => null,
        };
        if (meant is not null)
        {
            throw tokens.Error($"'{tokens.Current.Text}' is no operator here: write {meant}");
        }
    }

    private void RequireTypes(Node left, Node right, Token op)
    {
        if (!left.GivesType || !right.GivesType || (left is not CallNode && right is not CallNode))
        {
            throw tokens.Error("a type is compared with typeof(...) or pointee(...), as in typeof(struct folio, pgmap) == \"struct dev_pagemap *\"",
                op.Position);
        }
    }

    private Node RequireNumber(Node node) => node switch
    {
        { GivesType: false } => node,
        CallNode => throw tokens.Error("this is a type, and can only be compared with == or !=", node.Position),
        _ => throw tokens.Error("a type has a meaning only beside == or != and typeof(...) or pointee(...)", node.Position),
    };

    private Node Unary()
    {
        if (tokens.IsAtEnd)
        {
            throw tokens.Error("an operand is missing here");
        }

        Token token = tokens.Current;
        if (token is { Kind: TokenKind.Identifier, Text: "not" or "NOT" })
        {
            throw tokens.Error($"'{token.Text}' is no operator here: write !");
        }

        if (!token.Is("!") && !token.Is("~") && !token.Is("-") && !token.Is("+"))
        {
            return Primary();
        }

        _ = tokens.Next();
        tokens.Enter(token.Position);
        Node inner = RequireNumber(Unary());
        tokens.Leave();
        return Bounded(new UnaryNode(token.Position, token.Text[0], inner));
    }

    private Node Primary()
    {
        Token token = tokens.Current;
        if (token.Kind == TokenKind.Text)
        {
            return new TextNode(token.Position, tokens.Strings());
        }

        _ = tokens.Next();
        switch (token.Kind)
        {
            case TokenKind.Number:
                return new NumberNode(token.Position, tokens.Literal(token), token.Text);
            case TokenKind.Punctuation when token.Text == "(":
                tokens.Enter(token.Position);
                Node inner = Expression();
                tokens.Expect(")");
                tokens.Leave();
                return inner;
            case TokenKind.Identifier:
                return Bounded(Named(token));
            default:
                throw tokens.Error($"an operand is missing before '{Printable.Shorten(token.Text)}'", token.Position);
        }
    }

    private Node Named(Token name)
    {
        if (NamedConstant.Parse(name) is { } constant)
        {
            return constant;
        }

        if (!tokens.Take("("))
        {
            return TypeClassNode.Names.TryGetValue(name.Text, out TypeClass typeClass)
                ? new TypeClassNode(name.Position, typeClass)
                : throw tokens.Error($"unknown name '{Printable.Shorten(name.Text)}'{NearName(name.Text)}: {NamedConstant.WhichThereAre}", name.Position);
        }

        tokens.Enter(name.Position);
        RuleFunction function = RuleFunctions.Find(name.Text)
            ?? throw tokens.Error($"unknown function '{Printable.Shorten(name.Text)}'{NearFunction(name.Text)}: there are {RuleFunctions.Listed}", name.Position);
        CallNode call = function.Read(name.Position, this);
        tokens.Leave();
        return call;
    }

    // A member or an enumerator by itself has no meaning: a function asks for something of it.
    private static string NearName(string name) => Near(name, [.. NamedConstant.All, .. RuleFunctions.All.Select(f => f.Name)]);

    private static string NearFunction(string name) => Near(name, RuleFunctions.All.SelectMany(f => f.Aliases.Append(f.Name)));

    private static string Near(string name, IEnumerable<string> known)
        => Suggestions.For(name, known, most: 1) is [var near] ? $" (did you mean {near}?)" : "";

    private Node Bounded(Node node) => node.Depth <= MostDepth
        ? node
        : throw tokens.Error($"the expression has more than {MostDepth} operators in a row", node.Position);
}
