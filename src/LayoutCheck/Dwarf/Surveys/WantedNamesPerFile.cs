using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>
/// The wanted names, prepared for each file besides the image: names are known by their offsets in a section of strings. Safe to use from several threads.
/// </summary>
/// <param name="requests">The names.</param>
internal sealed class WantedNamesPerFile(IReadOnlyList<TypeName> requests)
{
    // By section: all parts of a package share one section of strings.
    private readonly Dictionary<Section, WantedNames> _known = [];

    /// <summary>The names for a file; kept if the file stays open as long as the image.</summary>
    public WantedNames In(DwarfSections file)
    {
        if ((file.IsSplit && !file.IsKept) || file.Str is not { } strings)
        {
            return new WantedNames(requests, file);
        }

        lock (_known)
        {
            if (!_known.TryGetValue(strings, out WantedNames? wanted))
            {
                wanted = new WantedNames(requests, file);
                _known.Add(strings, wanted);
            }

            return wanted;
        }
    }
}
