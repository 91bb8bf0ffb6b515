using LayoutCheck.Core;
using LayoutCheck.History;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>
/// Explains why a name has no answer, in one line each with the nearest names that have one. After some missing names, further ones are not compared with all
/// names of the image: a long list of missing names is a list of another kernel.
/// </summary>
/// <param name="image">The image; not closed.</param>
internal sealed class Absence(KernelImage image)
{
    private const int MostSuggestions = 5;
    private const int MostCompared = 16;

    /// <summary>The number of names that had no answer.</summary>
    public int Count { get; private set; }

    // Read at the first use: it is for a name that history knows, in an image that lacks it.
    private readonly Lazy<string?> _release = new(() => ReleaseOf(image));

    private bool IsSearchWorthwhile => Count < MostCompared;

    /// <summary>The traces of a type that no unit defines. Damage that is met only there is passed over: the type was not found before it.</summary>
    /// <exception cref="InvalidImageException">A record of this type is damaged.</exception>
    public Remainder FindRemainder(TypeName type)
    {
        if (!IsSearchWorthwhile)
        {
            return Remainder.None;
        }

        try
        {
            return image.Types.FindRemainder(type);
        }
        catch (InvalidImageException e) when (!e.IsOfOneType)
        {
            return Remainder.None;
        }
    }

    /// <summary>No unit defines the type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="remainder">The result of <see cref="FindRemainder"/>.</param>
    public string OfType(TypeName type, Remainder remainder)
    {
        bool isCompared = IsSearchWorthwhile;
        Count++;
        string shown = Printable.Escape(Printable.Shorten(type.ToString()));
        if (remainder.Place is { } place)
        {
            return $"no C definition of {shown} for a whole unit: it is {Printable.Escape(Printable.Shorten(place))}";
        }

        if (remainder.TypedefOf is { } tag)
        {
            return $"no C definition of {shown}: it is a typedef of {Printable.Escape(Printable.Shorten(tag.ToString()))}, which is only declared";
        }

        // u8 is defined, but not as one of these: it is a typedef of an integer.
        string kinds = type.Kind == TypeNameKind.Any ? " as a struct, a union or a typedef of one" : "";
        string reason = History(Histories.Find(type) is null ? null : Histories.ForStruct(type, _release.Value)) is { Length: > 0 } history ? history
            : isCompared ? $"{(image.Types.FindOmission() is { } omission ? $": {omission.Clause}" : "")}{Near(type)}" : "";
        return $"no C definition of {shown}{kinds}{reason}";
    }

    /// <summary>The type has no such member.</summary>
    /// <param name="definition">The type.</param>
    /// <param name="member">The path of the member.</param>
    /// <param name="omission">The reason why it may be missing, or null.</param>
    public string OfMember(TypeDefinition definition, string member, SourceOmission? omission)
    {
        IEnumerable<string> paths = IsSearchWorthwhile ? TypeLayout.Of(definition).Items.Where(i => i.Path.Length > 0).Select(i => i.Path) : [];
        Count++;
        string near = Suggestions.Clause(member, paths, most: MostSuggestions);
        string history = History(OfMember(definition, member));
        return $"{Spelling(definition)} has no member {Printable.Escape(Printable.Shorten(member))}{(omission is null ? "" : $": {omission.Clause}")}{(history.Length > 0 ? history : near)}";
    }

    /// <summary>The debug information does not tell where a member lies.</summary>
    /// <param name="definition">The type.</param>
    /// <param name="doubt">The fact that is missing, and why.</param>
    public string OfPlace(TypeDefinition definition, string doubt)
    {
        Count++;
        return $"{Spelling(definition)}: {Printable.Escape(doubt)}; DWARF tells{(image.HasOtherSource ? " (--source dwarf)" : "")}";
    }

    /// <summary>The debug information of a type cannot be read.</summary>
    public static string OfDamage(TypeName type, InvalidImageException problem)
        => $"{Printable.Escape(Printable.Shorten(type.ToString()))}: {Printable.Escape(problem.Message)}";

    private static string History(string? sentence) => sentence is null ? "" : $"; history says: {sentence}";

    private string? OfMember(TypeDefinition definition, string path)
    {
        if (definition.Aggregate is not { Kind: AggregateKind.Struct, Name: { } tag }
            || Histories.Find(new TypeName(TypeNameKind.Struct, tag), path) is not { } member)
        {
            return null;
        }

        // Where the member itself is there, something within it is missing: its own coming and going does not explain that, another type of it does.
        bool isThere = MemberPath.Resolve(definition.Graph, definition.Root, member.Name) is not null;
        return isThere && member.Retyped is null ? null : Histories.For(new TypeName(TypeNameKind.Struct, tag), path, _release.Value);
    }

    // Without a release, the history is quoted as it is.
    private static string? ReleaseOf(KernelImage image)
    {
        try
        {
            return image.ReadRelease();
        }
        catch (InvalidImageException)
        {
            return null;
        }
    }

    private static string Spelling(TypeDefinition definition) => Printable.Escape(Printable.Shorten(definition.Graph.Declare(definition.Root)));

    private string Near(TypeName type)
    {
        IReadOnlyList<TypeName> defined = image.SuggestedNames();
        // The names may be those of the other debug format.
        bool isElsewhere = defined.Any(n => n.Name == type.Name && (type.Kind == TypeNameKind.Any || type.Kind == n.Kind));
        TypeName? otherKind = defined.Where(n => n.Name == type.Name && n.Kind != type.Kind).Select(n => (TypeName?)n).FirstOrDefault();
        return isElsewhere ? "; its BTF has one: --source btf"
            : type.Kind != TypeNameKind.Any && otherKind is { } other ? $"; there is {other}"
            : Suggestions.Clause(type.Name, defined.Select(n => n.Name).Where(n => n != type.Name), most: MostSuggestions);
    }
}
