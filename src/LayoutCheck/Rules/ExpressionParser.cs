using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Rules;

/// <summary>One assertion of a <c>check:</c>: an expression, or a <c>static_assert</c> or <c>BUILD_BUG_ON</c> as it stands in a header.</summary>
/// <param name="Root">What must be true.</param>
/// <param name="Message">The words beside it, or null.</param>
/// <param name="Position">Where it begins.</param>
/// <param name="Condition">The <c>#if</c> that it stands under, or null.</param>
internal sealed record Assertion(Node Root, string? Message, int Position, string? Condition);

/// <summary>Reads the rule language (LANGUAGE.md) from tokens, by precedence climbing.</summary>
internal sealed class ExpressionParser
{
    // Both bounds keep recursion, here and in the evaluator, far from the end of the stack; whoever puts expressions together keeps to the second.
    private const int MostNesting = 100;
    internal const int MostDepth = 500;

    private readonly string _file;
    private readonly string _text;
    private readonly List<Token> _tokens;
    private readonly int _end;
    private int _at;
    private int _nesting;

    public ExpressionParser(string file, string text, List<Token> tokens, int end)
    {
        _file = file;
        _text = text;
        _tokens = tokens;
        _end = end;
    }

    /// <summary>Reads a text that is one expression and nothing else.</summary>
    public static RuleExpression ParseOne(string file, string text) => ParseOne(file, text, 0, text.Length);

    /// <summary>Reads one expression from a part of a text.</summary>
    public static RuleExpression ParseOne(string file, string text, int start, int end)
    {
        ExpressionParser parser = new(file, text, Lexer.Read(file, text, start, end), end);
        Node root = parser.Condition();
        if (parser._at < parser._tokens.Count)
        {
            throw parser.Error("the expression should end here");
        }

        return RuleExpression.Of(root);
    }

    /// <summary>Reads all assertions that the tokens hold.</summary>
    public List<Assertion> Assertions()
    {
        List<Assertion> assertions = [];
        while (true)
        {
            while (Take(";"))
            {
            }

            if (_at == _tokens.Count)
            {
                return assertions;
            }

            assertions.Add(OneAssertion());
            if (_at < _tokens.Count && !Peek(";"))
            {
                throw Error("the assertion should end here, with a semicolon");
            }
        }
    }

    /// <summary>Whether a call of this name is an assertion.</summary>
    public static bool IsAssertion(string name) => name is "static_assert" or "_Static_assert" or "BUILD_BUG_ON" or "BUILD_BUG_ON_MSG"
        or "BUILD_BUG_ON_NOT_POWER_OF_2" or "compiletime_assert" or "CACHELINE_ASSERT_GROUP_MEMBER" or "CACHELINE_ASSERT_GROUP_SIZE";

    private Assertion OneAssertion()
    {
        Token first = _tokens[_at];
        if (first.Kind != TokenKind.Identifier || !IsAssertion(first.Text) || _at + 1 == _tokens.Count || !_tokens[_at + 1].Is("("))
        {
            return new Assertion(Condition(), Message(), first.Position, first.Condition);
        }

        _at += 2;
        Node root;
        string? message;
        switch (first.Text)
        {
            case "CACHELINE_ASSERT_GROUP_MEMBER":
                root = Group(first.Position);
                return new Assertion(root, Message(), first.Position, first.Condition);
            case "CACHELINE_ASSERT_GROUP_SIZE":
                TypeReference type = Type();
                Expect(",");
                Subject group = new(type, new MemberAlternatives([Word("the name of a group")]));
                Expect(",");
                root = new BinaryNode(first.Position, "<=", new FactNode(first.Position, Fact.GroupSize, group), Number(Expression()));
                message = null;
                break;
            case "BUILD_BUG_ON" or "BUILD_BUG_ON_MSG":
                root = Negate(Condition());
                message = Message();
                break;
            case "BUILD_BUG_ON_NOT_POWER_OF_2":
                root = new FunctionNode(first.Position, Function.IsPowerOf2, [Condition()]);
                message = Message();
                break;
            default:
                root = Condition();
                message = Message();
                break;
        }

        Expect(")");
        // A row of a table has no room for words in its macro: they may follow it.
        return new Assertion(root, message ?? Message(), first.Position, first.Condition);
    }

    private string? Message()
    {
        if (!Take(","))
        {
            return null;
        }

        if (_at == _tokens.Count || _tokens[_at].Kind != TokenKind.Text)
        {
            throw Error("a message in quotes should follow the comma");
        }

        return Strings();
    }

    private string Strings()
    {
        // Neighbouring strings are one (C17 6.4.5); macro bodies write "offsetof " #pg.
        int first = _at;
        while (_at < _tokens.Count && _tokens[_at].Kind == TokenKind.Text)
        {
            _at++;
        }

        return string.Concat(_tokens[first.._at].Select(t => t.Text.Replace("\\\"", "\"", StringComparison.Ordinal)));
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

    private Node Condition() => Number(Expression());

    private Node Expression()
    {
        Node condition = Binary(2);
        if (!Peek("?"))
        {
            return condition;
        }

        int position = _tokens[_at++].Position;
        Enter(position);
        Node whenTrue = Number(Expression());
        Expect(":");
        Node whenFalse = Number(Expression());
        _nesting--;
        return Bounded(new ConditionalNode(position, Number(condition), whenTrue, whenFalse));
    }

    private Node Binary(int least)
    {
        Node left = Unary();
        while (_at < _tokens.Count && _tokens[_at].Kind == TokenKind.Punctuation)
        {
            Token op = _tokens[_at];
            int precedence = BinaryNode.PrecedenceOf(op.Text);
            if (precedence == 0 || precedence < least)
            {
                break;
            }

            _at++;
            Node right = Binary(precedence + 1);
            if (op.Text is "==" or "!=" && (IsTypeValued(left) || IsTypeValued(right)))
            {
                RequireTypes(left, right, op);
            }
            else
            {
                _ = Number(left);
                _ = Number(right);
            }

            left = Bounded(new BinaryNode(op.Position, op.Text, left, right));
        }

        return left;
    }

    private static bool IsTypeValued(Node node) => node is TextNode or TypeClassNode or FactNode { Fact: Fact.Type or Fact.Pointee };

    private void RequireTypes(Node left, Node right, Token op)
    {
        if (!IsTypeValued(left) || !IsTypeValued(right) || (left is not FactNode && right is not FactNode))
        {
            throw Error("a type is compared with typeof(...) or pointee(...), as in typeof(struct folio, pgmap) == \"struct dev_pagemap *\"", op.Position);
        }
    }

    private Node Number(Node node) => node switch
    {
        TextNode or TypeClassNode => throw Error("a type has a meaning only beside == or != and typeof(...) or pointee(...)", node.Position),
        FactNode { Fact: Fact.Type or Fact.Pointee } => throw Error("this is a type, and can only be compared with == or !=", node.Position),
        _ => node,
    };

    private Node Unary()
    {
        if (_at == _tokens.Count)
        {
            throw Error("an operand is missing here");
        }

        Token token = _tokens[_at];
        if (token.Is("!") || token.Is("~") || token.Is("-") || token.Is("+"))
        {
            _at++;
            Enter(token.Position);
            Node inner = Number(Unary());
            _nesting--;
            return Bounded(new UnaryNode(token.Position, token.Text[0], inner));
        }

        return Primary();
    }

    private Node Primary()
    {
        Token token = _tokens[_at++];
        switch (token.Kind)
        {
            case TokenKind.Number:
                return new NumberNode(token.Position, Literal(token), token.Text);
            case TokenKind.Text:
                _at--;
                return new TextNode(token.Position, Strings());
            case TokenKind.Punctuation when token.Text == "(":
                Enter(token.Position);
                Node inner = Expression();
                Expect(")");
                _nesting--;
                return inner;
            case TokenKind.Identifier:
                return Bounded(Named(token));
            default:
                throw Error($"an operand is missing before '{Printable.Shorten(token.Text)}'", token.Position);
        }
    }

    private Int128 Literal(Token token)
    {
        ReadOnlySpan<char> digits = token.Text.AsSpan().TrimEnd("uUlL");
        bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isOctal = !isHex && digits.Length > 1 && digits[0] == '0';
        ulong value = 0;
        bool isGood = isHex
            ? ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : isOctal ? TryOctal(digits, out value) : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        return isGood ? value : throw Error($"'{Printable.Shorten(token.Text)}' is no number of C that fits 64 bits", token.Position);
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || value > ulong.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    private Node Named(Token name)
    {
        int position = name.Position;
        switch (name.Text)
        {
            case "true":
                return new NumberNode(position, 1, "true");
            case "false":
                return new NumberNode(position, 0, "false");
            case "BITS_PER_BYTE" or "CHAR_BIT":
                return new NumberNode(position, 8, "BITS_PER_BYTE");
            case "big_endian" or "little_endian" or "BITS_PER_LONG":
                return new TargetNode(position, name.Text);
        }

        if (!Peek("("))
        {
            return TypeClassNode.Names.TryGetValue(name.Text, out TypeClass typeClass)
                ? new TypeClassNode(position, typeClass)
                : throw Error($"unknown name '{Printable.Shorten(name.Text)}': the language has no constants of its own but true, false, BITS_PER_LONG, BITS_PER_BYTE, "
                    + "big_endian and little_endian", position);
        }

        _at++;
        Enter(position);
        Node node = Call(name);
        _nesting--;
        return node;
    }

    private Node Call(Token name)
    {
        int position = name.Position;
        switch (name.Text)
        {
            case "offsetof":
                return OfMember(position, Fact.Offset);
            case "offsetofend":
                return OfMember(position, Fact.End);
            case "bitoffsetof":
                return OfMember(position, Fact.BitOffset);
            case "bitsizeof":
                return OfMember(position, Fact.BitSize);
            case "sizeof_field" or "FIELD_SIZEOF":
                return OfMember(position, Fact.Size);
            case "typeof" or "typeof_member":
                return OfMember(position, Fact.Type);
            case "pointee":
                return OfMember(position, Fact.Pointee);
            case "ARRAY_SIZE":
                return OfMember(position, Fact.Length);
            case "sizeof":
                return new FactNode(position, Fact.Size, Closed(NullMember() ?? OptionalMember()));
            case "alignof" or "_Alignof" or "__alignof__":
                return new FactNode(position, Fact.Alignment, Closed(NullMember() ?? OptionalMember()));
            case "exists":
                return new FactNode(position, Fact.Existence, Closed(OptionalMember()));
            case "sizeof_group":
                Subject group = RequiredMember();
                return new FactNode(position, Fact.GroupSize, Closed(group));
            case "overlaps" or "contains":
                return Range(position, name.Text == "contains");
            case "in_group":
                return Group(position);
            case "sharers":
                return Sharers(position);
            case "is_power_of_2":
                return OverNumbers(position, Function.IsPowerOf2, 1, 1);
            case "IS_ALIGNED":
                return OverNumbers(position, Function.IsAligned, 2, 2);
            case "first_of":
                return OverNumbers(position, Function.FirstOf, 1, int.MaxValue);
            case "config" or "IS_ENABLED":
                string config = Word("the name of a CONFIG option");
                Expect(")");
                return new ConfigNode(position, config);
            default:
                throw Error($"unknown function '{Printable.Shorten(name.Text)}': there are offsetof, offsetofend, bitoffsetof, bitsizeof, sizeof, sizeof_field, alignof, exists, overlaps, "
                    + "contains, sharers, in_group, sizeof_group, typeof, pointee, ARRAY_SIZE, is_power_of_2, IS_ALIGNED, first_of and config", position);
        }
    }

    private FactNode OfMember(int position, Fact fact)
    {
        Subject subject = RequiredMember();
        return new FactNode(position, fact, Closed(subject));
    }

    private Subject Closed(Subject subject)
    {
        Expect(")");
        return subject;
    }

    private FunctionNode OverNumbers(int position, Function function, int fewest, int most)
    {
        ImmutableArray<Node>.Builder arguments = ImmutableArray.CreateBuilder<Node>();
        do
        {
            arguments.Add(Number(Expression()));
        }
        while (Take(","));
        Expect(")");
        return arguments.Count >= fewest && arguments.Count <= most
            ? new FunctionNode(position, function, arguments.ToImmutable())
            : throw Error($"{FunctionNode.NameOf(function)} takes {fewest} arguments, not {arguments.Count}", position);
    }

    /// <summary><c>struct a, x, struct b, y</c>, or <c>struct a, x, y</c> for two members of one struct.</summary>
    private RangeNode Range(int position, bool isContainment)
    {
        Subject first = RequiredMember();
        Expect(",");
        TypeReference? type = StartsType() || FollowsComma() ? Type() : null;
        if (type is not null)
        {
            Expect(",");
        }

        Subject second = new(type ?? first.Type, Alternatives());
        Expect(")");
        return new RangeNode(position, isContainment, first, second);
    }

    private GroupNode Group(int position)
    {
        TypeReference type = Type();
        Expect(",");
        string group = Word("the name of a group");
        Expect(",");
        Subject subject = new(type, Alternatives());
        Expect(")");
        return new GroupNode(position, group, subject);
    }

    private SharersNode Sharers(int position)
    {
        TypeReference holder = Type();
        Subject subject = new(holder, null);
        if (Take(","))
        {
            TypeReference? other = StartsType() || FollowsComma() ? Type() : null;
            if (other is not null)
            {
                Expect(",");
            }

            subject = new(other ?? holder, Alternatives());
        }

        Expect(")");
        if (_at == _tokens.Count || !_tokens[_at].IsWord("in"))
        {
            throw Error("sharers(...) is followed by: in { member, ... }");
        }

        _at++;
        Expect("{");
        ImmutableArray<string>.Builder allowed = ImmutableArray.CreateBuilder<string>();
        while (!Peek("}"))
        {
            allowed.Add(Path());
            if (!Take(","))
            {
                break;
            }
        }

        Expect("}");
        return new SharersNode(position, holder, subject, allowed.ToImmutable());
    }

    /// <summary><c>((struct page *)0)->private</c>, as a header writes it; null when something else stands here.</summary>
    private Subject? NullMember()
    {
        if (!(Peek("(") && _at + 1 < _tokens.Count && _tokens[_at + 1].Is("(")))
        {
            return null;
        }

        _at += 2;
        TypeReference type = Type();
        Expect("*");
        Expect(")");
        if (_at == _tokens.Count || _tokens[_at].Text is not ("0" or "NULL"))
        {
            throw Error("a null pointer, 0 or NULL, should stand here");
        }

        _at++;
        Expect(")");
        Expect("->");
        return new Subject(type, Alternatives());
    }

    private Subject OptionalMember()
    {
        TypeReference type = TypeOrScalar();
        return type is not ScalarReference && Take(",") ? new Subject(type, Alternatives()) : new Subject(type, null);
    }

    private Subject RequiredMember()
    {
        TypeReference type = Type();
        if (!Take(","))
        {
            throw Error("a comma and a member should follow the type");
        }

        return new Subject(type, Alternatives());
    }

    private bool StartsType() => _at < _tokens.Count && (_tokens[_at].IsWord("struct") || _tokens[_at].IsWord("union")
        || (_tokens[_at].IsWord("pointee") && _at + 1 < _tokens.Count && _tokens[_at + 1].Is("(")));

    private bool FollowsComma() => _at + 1 < _tokens.Count && _tokens[_at].Kind == TokenKind.Identifier && _tokens[_at + 1].Is(",");

    private TypeReference Type()
    {
        if (_at == _tokens.Count || _tokens[_at].Kind != TokenKind.Identifier)
        {
            throw Error("a type should stand here, as in struct page");
        }

        Token word = _tokens[_at++];
        switch (word.Text)
        {
            case "struct":
                return new NamedReference(new TypeName(TypeNameKind.Struct, Word("the name of a struct")));
            case "union":
                return new NamedReference(new TypeName(TypeNameKind.Union, Word("the name of a union")));
            case "pointee" when Take("("):
                Enter(word.Position);
                Subject pointer = RequiredMember();
                Expect(")");
                _nesting--;
                return new PointeeReference(pointer);
            default:
                return new NamedReference(new TypeName(TypeNameKind.Any, word.Text));
        }
    }

    /// <summary>For sizeof: any type of C whose size a layout or the word size gives.</summary>
    private TypeReference TypeOrScalar()
    {
        int start = _at;
        List<string> words = [];
        while (_at < _tokens.Count && (_tokens[_at].Kind == TokenKind.Identifier || Peek("*")) && !(words.Count == 0 && StartsPointee()))
        {
            words.Add(_tokens[_at++].Text);
        }

        bool isPointer = words.Count > 1 && words[^1] == "*";
        if (isPointer)
        {
            return new ScalarReference(TypeWords.Normalize(string.Join(' ', words)), 0);
        }

        if (words.Count > 0 && ScalarReference.ByName(string.Join(' ', words)) is { } scalar)
        {
            return scalar;
        }

        _at = start;
        return Type();
    }

    private bool StartsPointee() => _tokens[_at].IsWord("pointee") && _at + 1 < _tokens.Count && _tokens[_at + 1].Is("(");

    private MemberAlternatives Alternatives()
    {
        ImmutableArray<string>.Builder paths = ImmutableArray.CreateBuilder<string>();
        if (_at + 1 < _tokens.Count && _tokens[_at].IsWord("first_of") && _tokens[_at + 1].Is("("))
        {
            _at += 2;
            do
            {
                paths.Add(Path());
            }
            while (Take(","));
            Expect(")");
        }
        else
        {
            do
            {
                paths.Add(Path());
            }
            while (Take("|"));
        }

        return new MemberAlternatives(paths.ToImmutable());
    }

    /// <summary><c>a.b[2].c</c>.</summary>
    private string Path()
    {
        string path = Word("the name of a member");
        while (_at < _tokens.Count)
        {
            if (Take("."))
            {
                path += "." + Word("the name of a member");
            }
            else if (Take("["))
            {
                if (_at == _tokens.Count || _tokens[_at].Kind != TokenKind.Number)
                {
                    throw Error("an index in numbers should stand here");
                }

                path += string.Create(CultureInfo.InvariantCulture, $"[{Literal(_tokens[_at++])}]");
                Expect("]");
            }
            else
            {
                break;
            }
        }

        return path;
    }

    private string Word(string what) => _at < _tokens.Count && _tokens[_at].Kind == TokenKind.Identifier
        ? _tokens[_at++].Text
        : throw Error($"{what} should stand here");

    private bool Peek(string punctuation) => _at < _tokens.Count && _tokens[_at].Is(punctuation);

    private bool Take(string punctuation)
    {
        if (!Peek(punctuation))
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(string punctuation)
    {
        if (!Take(punctuation))
        {
            throw Error($"'{punctuation}' should stand here");
        }
    }

    private void Enter(int position)
    {
        if (++_nesting > MostNesting)
        {
            throw Error($"the expression is nested more than {MostNesting} deep", position);
        }
    }

    private Node Bounded(Node node) => node.Depth <= MostDepth
        ? node
        : throw Error($"the expression has more than {MostDepth} operators in a row", node.Position);

    private RuleException Error(string problem, int? position = null)
        => new(_file, _text, position ?? (_at < _tokens.Count ? _tokens[_at].Position : EndOfText()), problem);

    /// <summary>Where the caret goes when the text ends too early: right behind its last character that is not white space.</summary>
    private int EndOfText()
    {
        int end = Math.Min(_end, _text.Length);
        while (end > 0 && char.IsWhiteSpace(_text[end - 1]))
        {
            end--;
        }

        return end;
    }
}
