using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Split;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>A survey to make: the names, the options, and the queue of units. Shared by all workers; only the queue changes.</summary>
/// <param name="image">The image.</param>
/// <param name="wanted">The names.</param>
/// <param name="withPlaces">Whether to read where the definitions are declared.</param>
internal sealed class SurveyPlan(DwarfImage image, WantedNames wanted, bool withPlaces)
{
    /// <summary>The most different definitions of a name. Each is compared with all before it, so that the time grows with the square.</summary>
    public const int MostVariants = 256;

    /// <summary>The image.</summary>
    public DwarfImage Image => image;

    /// <summary>The names, prepared for the image.</summary>
    public WantedNames Wanted => wanted;

    /// <summary>The names, prepared for the other files.</summary>
    public WantedNamesPerFile OtherNames { get; } = new(wanted.Requests);

    /// <summary>Whether to read where the definitions are declared.</summary>
    public bool WithPlaces => withPlaces;

    /// <summary>Whether the matcher is left out.</summary>
    public bool IsSlow { get; init; } = image.Sections.Disabled.HasFlag(FastPaths.Matcher);

    /// <summary>The units.</summary>
    public UnitQueue Queue { get; } = new(image);

    /// <summary>The error for too many different definitions of a name.</summary>
    /// <param name="request">The index of the name.</param>
    public InvalidImageException TooManyVariants(int request)
        => image.Sections.Info.Invalid(null, $"more than {MostVariants} definitions of {wanted.Requests[request]} differ", "name the image of one kernel");
}
