using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>A survey to make: the names, the options, and the queue of units. Shared by all workers; only the queue changes.</summary>
/// <param name="image">The image.</param>
/// <param name="wanted">The names.</param>
/// <param name="withPlaces">Whether to read where the definitions are declared.</param>
/// <param name="tellsPlacesApart">Whether definitions at two places are two variants though they are equal.</param>
/// <param name="units">By index, the units of the image to look at; null for all.</param>
internal sealed class SurveyPlan(DwarfImage image, WantedNames wanted, bool withPlaces, bool tellsPlacesApart = false, bool[]? units = null)
{
    // Hundreds of drivers may have a private struct of one name, and most of those are equal to another.
    private const int MostPlaces = 4096;

    public const int MostLayouts = 256;

    /// <summary>The most different definitions of a name. Each is compared with all before it, so that the time grows with the square.</summary>
    public int MostVariants { get; } = tellsPlacesApart ? MostPlaces : MostLayouts;

    /// <summary>The image.</summary>
    public DwarfImage Image => image;

    /// <summary>The names, prepared for the image.</summary>
    public WantedNames Wanted => wanted;

    /// <summary>The names, prepared for the other files.</summary>
    public WantedNamesPerFile OtherNames { get; } = new(wanted.Requests);

    /// <summary>Whether to read where the definitions are declared.</summary>
    public bool WithPlaces => withPlaces;

    /// <summary>Whether definitions at two places are two variants though they are equal.</summary>
    public bool TellsPlacesApart => tellsPlacesApart;

    /// <summary>Whether the matcher is left out: it does not know places.</summary>
    public bool IsSlow { get; init; } = tellsPlacesApart || image.Sections.Disabled.HasFlag(FastPaths.Matcher);

    /// <summary>The units.</summary>
    public UnitQueue Queue { get; } = new(image, units);

    /// <summary>Whether a definition belongs to a variant.</summary>
    public bool IsSame(Variant variant, TypeGraph graph, TypeId root)
        => (!tellsPlacesApart || IsSamePlace(PlaceOf(variant.Graph, variant.Root), PlaceOf(graph, root))) && variant.IsSameAs(graph, root);

    /// <summary>The error for too many different definitions of a name.</summary>
    /// <param name="request">The index of the name.</param>
    public InvalidImageException TooManyVariants(int request)
        => image.Sections.Info.Invalid(null, $"more than {MostVariants} definitions of {wanted.Requests[request]} differ", "name the image of one kernel");

    private static SourcePlace? PlaceOf(TypeGraph graph, TypeId root) => (graph[root] as AggregateType)?.Place;

    private static bool IsSamePlace(SourcePlace? one, SourcePlace? other)
        => one is null || other is null ? one == other : one.Line == other.Line && one.IsInFileOf(other);
}
