using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary>A type as it is typed, perhaps with a member: <c>page</c>, <c>struct page</c>, <c>page.lru.next</c>.</summary>
internal sealed record TypeQuery(TypeName Type, string? Member)
{
    private const int MostSuggestions = 5;

    // How many missing names are compared with all names: a longer list of missing names is one of another kernel.
    private const int MostCompared = 16;

    /// <exception cref="UsageException">It is neither.</exception>
    public static TypeQuery Parse(string text)
    {
        int dot = text.IndexOfAny(['.', '[']);
        TypeName type = TypeName.Parse(dot < 0 ? text : text[..dot]);
        string? member = dot < 0 ? null : text[(dot + 1)..];
        if (text.Trim() is "struct" or "union")
        {
            throw new UsageException($"'{text.Trim()}' alone is no type; quote both words: '{text.Trim()} page'");
        }

        bool isName = type.Name.Length > 0 && type.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$');
        return !isName || (dot >= 0 && text[dot] == '[') || (member is not null && !Layouts.MemberPath.IsWellFormed(member))
            ? throw new UsageException($"'{Printable.Shorten(text)}' is not a type or a member of one; write page, 'struct page' or page.lru.next")
            : new TypeQuery(type, member);
    }

    /// <summary>What to call a function by its name, which may be empty.</summary>
    public static string Function(string name) => name.Length == 0 ? "a function" : $"function {Printable.Escape(Printable.Shorten(name))}";

    /// <summary>What there is of the type where no unit defines it. Damage that is met only there is passed over: the type was not found before it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="missingBefore">How many others were not there: after some, no further one is looked for in all units.</param>
    public Remainder FindRemainder(KernelImage image, int missingBefore)
    {
        if (missingBefore >= MostCompared)
        {
            return Remainder.None;
        }

        try
        {
            return Progress.While(image.Types, () => image.Types.FindRemainder(Type));
        }
        catch (InvalidImageException e) when (!e.IsOfOneType)
        {
            return Remainder.None;
        }
    }

    /// <summary>Says on stderr that no unit defines the type, and why, or what comes near.</summary>
    /// <param name="image">The image.</param>
    /// <param name="remainder">What <see cref="FindRemainder"/> found of it.</param>
    /// <param name="missingBefore">How many others were not there: after some, nothing is compared with a further one.</param>
    public void ReportMissingType(KernelImage image, Remainder remainder, int missingBefore)
    {
        string shown = Printable.Escape(Printable.Shorten(Type.ToString()));
        if (remainder.Place is { } place)
        {
            StandardError.WriteLine($"layoutcheck: no C definition of {shown} for a whole unit: it is {Printable.Escape(Printable.Shorten(place))}");
            return;
        }

        if (remainder.TypedefOf is { } tag)
        {
            StandardError.WriteLine($"layoutcheck: no C definition of {shown}: it is a typedef of {Printable.Escape(Printable.Shorten(tag.ToString()))}, which is only declared");
            return;
        }

        // u8 is defined, and not so: it is a typedef of an integer.
        string kinds = Type.Kind == TypeNameKind.Any ? " as a struct, a union or a typedef of one" : "";
        if (missingBefore >= MostCompared)
        {
            StandardError.WriteLine($"layoutcheck: no C definition of {shown}{kinds}");
            return;
        }

        IReadOnlyList<TypeName> defined = Progress.While(image.Types, image.SuggestedNames);
        // The names may be those of the other debug format.
        bool isElsewhere = defined.Any(n => n.Name == Type.Name && (Type.Kind == TypeNameKind.Any || Type.Kind == n.Kind));
        TypeName? otherKind = defined.Where(n => n.Name == Type.Name && n.Kind != Type.Kind).Select(n => (TypeName?)n).FirstOrDefault();
        string near = isElsewhere ? "; its BTF has one: --source btf"
            : Type.Kind != TypeNameKind.Any && otherKind is { } other ? $"; there is {other}"
            : Suggestions.Clause(Type.Name, defined.Select(n => n.Name).Where(n => n != Type.Name), most: MostSuggestions);
        string omission = image.Types.FindOmission() is { } found ? $": {found.Clause}" : "";
        StandardError.WriteLine($"layoutcheck: no C definition of {shown}{kinds}{omission}{near}");
    }

    /// <summary>Says on stderr what of a member the debug information does not tell.</summary>
    /// <param name="definition">The type.</param>
    /// <param name="doubt">What, and why.</param>
    /// <param name="image">The image, which may have DWARF too.</param>
    public static void ReportDoubt(TypeDefinition definition, string doubt, KernelImage image)
        => StandardError.WriteLine(
            $"layoutcheck: {Printable.Escape(Printable.Shorten(definition.Graph.Declare(definition.Root)))}: {Printable.Escape(doubt)}; DWARF tells{(image.HasOtherSource ? " (--source dwarf)" : "")}");

    /// <summary>Says on stderr that the type has no such member, and what comes near.</summary>
    /// <param name="definition">The type.</param>
    /// <param name="missingBefore">How many others were not there.</param>
    /// <param name="omission">Why it may be missing, or null.</param>
    public void ReportMissingMember(TypeDefinition definition, int missingBefore, SourceOmission? omission = null)
    {
        IEnumerable<string> paths = missingBefore >= MostCompared ? [] : Layouts.TypeLayout.Of(definition).Items.Where(i => i.Path.Length > 0).Select(i => i.Path);
        string near = Suggestions.Clause(Member!, paths, most: MostSuggestions);
        StandardError.WriteLine($"layoutcheck: {Printable.Escape(Printable.Shorten(definition.Graph.Declare(definition.Root)))} has no member {Printable.Escape(Printable.Shorten(Member!))}{(omission is null ? "" : $": {omission.Clause}")}{near}");
    }
}
