using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary>A type as it is typed, perhaps with a member: <c>page</c>, <c>struct page</c>, <c>page.lru.next</c>.</summary>
internal sealed record TypeQuery(TypeName Type, string? Member)
{
    private const int MostSuggestions = 5;

    // Of names that are not there, so many are compared with all that are; who asks for more has a list of another kernel.
    private const int MostCompared = 16;

    /// <exception cref="UsageException">It is neither.</exception>
    public static TypeQuery Parse(string text)
    {
        int dot = text.IndexOfAny(['.', '[']);
        TypeName type = TypeName.Parse(dot < 0 ? text : text[..dot]);
        string? member = dot < 0 ? null : text[(dot + 1)..];
        if (text is "struct" or "union")
        {
            throw new UsageException($"'{text}' alone is no type; quote both words: '{text} page'");
        }

        bool isName = type.Name.Length > 0 && type.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$');
        return !isName || (dot >= 0 && text[dot] == '[') || (member is not null && !Layouts.MemberPath.IsWellFormed(member))
            ? throw new UsageException($"'{Printable.Shorten(text)}' is not a type or a member of one; write page, 'struct page' or page.lru.next")
            : new TypeQuery(type, member);
    }

    /// <summary>Says on stderr that no unit defines the type, and what comes near.</summary>
    /// <param name="image">Where it is not.</param>
    /// <param name="missingBefore">How many others were not there.</param>
    public void ReportMissingType(KernelImage image, int missingBefore)
    {
        // u8 is defined, and not so: it is a typedef of an integer.
        string kinds = Type.Kind == TypeNameKind.Any ? " as a struct, a union or a typedef of one" : "";
        if (missingBefore >= MostCompared)
        {
            StandardError.WriteLine($"layoutcheck: no C definition of {Printable.Escape(Printable.Shorten(Type.ToString()))}{kinds}");
            return;
        }

        IReadOnlyList<TypeName> defined = Progress.While(image.Types, image.SuggestedNames);
        bool isOtherKind = Type.Kind != TypeNameKind.Any && defined.Any(n => n.Name == Type.Name);
        string near = isOtherKind
            ? $"; there is {defined.First(n => n.Name == Type.Name)}"
            : Suggest(Nearness.Nearest(Type.Name, defined.Select(n => n.Name), MostSuggestions));
        StandardError.WriteLine($"layoutcheck: no C definition of {Printable.Escape(Printable.Shorten(Type.ToString()))}{kinds}{near}");
    }

    /// <summary>Says on stderr that the type has no such member, and what comes near.</summary>
    /// <param name="definition">The type.</param>
    /// <param name="missingBefore">How many others were not there.</param>
    public void ReportMissingMember(TypeDefinition definition, int missingBefore)
    {
        IEnumerable<string> paths = missingBefore >= MostCompared ? [] : Layouts.TypeLayout.Of(definition).Items.Where(i => i.Path.Length > 0).Select(i => i.Path);
        string near = Suggest(Nearness.Nearest(Member!, paths, MostSuggestions));
        StandardError.WriteLine($"layoutcheck: {Printable.Escape(Printable.Shorten(definition.Graph.Declare(definition.Root)))} has no member {Printable.Escape(Printable.Shorten(Member!))}{near}");
    }

    private static string Suggest(IReadOnlyList<string> names)
        => names.Count == 0 ? "" : $"; did you mean {string.Join(", ", names.Select(n => Printable.Escape(Printable.Shorten(n))))}?";
}
