using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>Reads the types and members that a function is asked about.</summary>
internal sealed class SubjectReader(TokenCursor tokens)
{
    /// <summary>A type and a comma and a member.</summary>
    public Subject Member()
    {
        TypeReference type = Type();
        if (!tokens.Take(","))
        {
            throw tokens.Error("a comma and a member should follow the type");
        }

        return new Subject(type, Alternatives());
    }

    /// <summary>An enumeration by its tag, a comma and an enumerator.</summary>
    public Subject Enumerator()
    {
        TypeReference type = Enumeration() ?? throw tokens.Error("an enumeration should stand here, as in enum pagetype");
        if (!tokens.Take(","))
        {
            throw tokens.Error("a comma and an enumerator should follow the enumeration");
        }

        return new Subject(type, Enumerators());
    }

    /// <summary>A type of C, or a struct or union and a member of it, or an enumeration and an enumerator.</summary>
    public Subject TypeOrMember()
    {
        if (Enumeration() is { } enumeration)
        {
            return new Subject(enumeration, tokens.Take(",") ? Enumerators() : null);
        }

        TypeReference type = TypeOrScalar();
        return type is not ScalarReference && tokens.Take(",") ? new Subject(type, Alternatives()) : new Subject(type, null);
    }

    /// <summary>The same, or a member as a header writes it: <c>((struct page *)0)->private</c>.</summary>
    public Subject TypeOrMemberOfNull()
    {
        if (Enumeration() is not { } enumeration)
        {
            return NullMember() ?? TypeOrMember();
        }

        return !tokens.Peek(",") ? new Subject(enumeration, null)
            : throw tokens.Error("an enumerator has a value and nothing else: valueof(enum x, A)");
    }

    /// <summary>A member, with its own type or of the type <paramref name="same"/>: <c>struct b, y</c> or <c>y</c>.</summary>
    public Subject MemberOf(TypeReference same)
    {
        TypeReference? other = StartsType() || IsFollowedByComma() ? Type() : null;
        if (other is not null)
        {
            tokens.Expect(",");
        }

        return new Subject(other ?? same, Alternatives());
    }

    /// <summary>The same, where an index may follow the other type: <c>struct b[2], y</c> is y of the second object behind the first.</summary>
    public (Subject Subject, ulong Index) MemberOfElement(TypeReference same)
    {
        if (!StartsType() && !IsFollowedByComma())
        {
            return (new Subject(same, Alternatives()), 0);
        }

        TypeReference other = Type();
        ulong index = 0;
        if (tokens.Take("["))
        {
            index = tokens.CurrentOrNull is { Kind: TokenKind.Number } && tokens.Literal(tokens.Next()) is var number && number <= 1_000_000
                ? (ulong)number
                : throw tokens.Error("a number of objects should stand here");
            tokens.Expect("]");
        }

        tokens.Expect(",");
        return (new Subject(other, Alternatives()), index);
    }

    /// <summary>The name of a struct or union, or what a member points to.</summary>
    public TypeReference Type()
    {
        if (tokens.CurrentOrNull is not { Kind: TokenKind.Identifier })
        {
            throw tokens.Error("a type should stand here, as in struct page");
        }

        Token word = tokens.Next();
        switch (word.Text)
        {
            case "struct":
                return Named(TypeNameKind.Struct, tokens.Word("the name of a struct"), word.Position);
            case "enum":
                throw tokens.Error("an enumeration has no members with a place: exists, valueof, sizeof and alignof take one", word.Position);
            case "union":
                return Named(TypeNameKind.Union, tokens.Word("the name of a union"), word.Position);
            case "typedef":
                return new NamedReference(new TypeName(TypeNameKind.Typedef, tokens.Word("the name of a typedef")));
            case PointeeReference.Function when tokens.Take("("):
                tokens.Enter(word.Position);
                Subject pointer = Member();
                tokens.Expect(")");
                tokens.Leave();
                return new PointeeReference(pointer);
            default:
                return Named(TypeNameKind.Any, word.Text, word.Position);
        }
    }

    // `enum x *` is a pointer. The enumerators of an enumeration without a tag are found by no name: DWARF has one in each unit, and nothing to search for.
    private NamedReference? Enumeration()
    {
        if (tokens.CurrentOrNull is not { } word || !word.IsWord("enum"))
        {
            return null;
        }

        int start = tokens.Position;
        _ = tokens.Next();
        if (tokens.Peek(",") || tokens.Peek(")"))
        {
            throw tokens.Error("an enumeration is named by its tag, as in enum pageflags: an enumerator of one without a tag cannot be asked for");
        }

        string tag = tokens.Word("the tag of an enumeration");
        if (tokens.Peek("*"))
        {
            tokens.Seek(start);
            return null;
        }

        return new NamedReference(new TypeName(TypeNameKind.Enum, tag));
    }

    // A type by its name, or as another type holds it.
    private TypeReference Named(TypeNameKind kind, string name, int position)
    {
        TypeName type = new(kind, name);
        if (!(tokens.CurrentOrNull is { } next && next.IsWord(HeldReference.In) && tokens.Following is { Kind: TokenKind.Identifier }))
        {
            return new NamedReference(type);
        }

        _ = tokens.Next();
        tokens.Enter(position);
        TypeReference holder = Type();
        tokens.Leave();
        return new HeldReference(type, holder);
    }

    /// <summary>One member or several: <c>a|b</c> or <c>first_of(a, b)</c>.</summary>
    public MemberAlternatives Alternatives() => Alternatives(Path);

    // A|B of an enumeration: names without a path.
    private MemberAlternatives Enumerators() => Alternatives(() => tokens.Word("the name of an enumerator"));

    private MemberAlternatives Alternatives(Func<string> name)
    {
        ImmutableArray<string>.Builder paths = ImmutableArray.CreateBuilder<string>();
        bool isCall = tokens.PeekCall("first_of");
        if (isCall)
        {
            _ = tokens.Next();
            tokens.Expect("(");
        }

        do
        {
            paths.Add(name());
        }
        while (tokens.Take(isCall ? "," : "|"));
        if (isCall)
        {
            tokens.Expect(")");
        }

        return new MemberAlternatives(paths.ToImmutable());
    }

    /// <summary><c>a.b[2].c</c>.</summary>
    public string Path()
    {
        string path = tokens.Word("the name of a member");
        while (true)
        {
            if (tokens.Take("."))
            {
                path += "." + tokens.Word("the name of a member");
            }
            else if (tokens.Peek("->"))
            {
                throw tokens.Error($"'->' goes through a pointer: what lies behind {path} is another type, which has no offset in this one");
            }
            else if (tokens.Take("["))
            {
                if (tokens.CurrentOrNull is not { Kind: TokenKind.Number })
                {
                    throw tokens.Error("an index in numbers should stand here");
                }

                path += string.Create(CultureInfo.InvariantCulture, $"[{tokens.Literal(tokens.Next())}]");
                tokens.Expect("]");
            }
            else
            {
                return path;
            }
        }
    }

    private Subject? NullMember()
    {
        if (!(tokens.Peek("(") && tokens.Following is { } second && second.Is("(")))
        {
            return null;
        }

        tokens.Expect("(");
        tokens.Expect("(");
        TypeReference type = Type();
        tokens.Expect("*");
        tokens.Expect(")");
        if (tokens.CurrentOrNull is not { Text: "0" or "NULL" })
        {
            throw tokens.Error("a null pointer, 0 or NULL, should stand here");
        }

        _ = tokens.Next();
        tokens.Expect(")");
        tokens.Expect("->");
        return new Subject(type, Alternatives());
    }

    // Any type of C whose size a layout or the word size gives.
    private TypeReference TypeOrScalar()
    {
        int start = tokens.Position;
        List<string> words = [];
        while ((tokens.CurrentOrNull is { Kind: TokenKind.Identifier } || tokens.Peek("*"))
            && !(words.Count == 0 && tokens.PeekCall(PointeeReference.Function)))
        {
            words.Add(tokens.Next().Text);
        }

        if (words.Count > 1 && words[^1] == "*")
        {
            return ScalarReference.Pointer(string.Join(' ', words));
        }

        if (words.Count > 0 && ScalarReference.ByName(string.Join(' ', words)) is { } scalar)
        {
            return scalar;
        }

        tokens.Seek(start);
        return Type();
    }

    private bool StartsType()
        => tokens.CurrentOrNull is { } first && (first.IsWord("struct") || first.IsWord("union") || first.IsWord("typedef") || tokens.PeekCall(PointeeReference.Function));

    private bool IsFollowedByComma() => tokens.CurrentOrNull is { Kind: TokenKind.Identifier } && tokens.Following is { } next && next.Is(",");
}
