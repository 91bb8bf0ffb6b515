using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>Finds the variant that a DIE certainly defines, without building the definition.</summary>
internal static class VariantMatch
{
    /// <summary>The variant, or null.</summary>
    /// <param name="matcher">A matcher whose scanner is open on the unit.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="hit">The DIE.</param>
    /// <param name="variants">The variants to compare with.</param>
    public static Variant? Find(DefinitionMatcher matcher, in UnitHeader unit, in ScanHit hit, List<Variant> variants)
    {
        matcher.Open(unit);
        foreach (Variant variant in variants)
        {
            try
            {
                if (matcher.Matches(hit.DieOffset, variant.Template))
                {
                    return variant;
                }
            }
            catch (InvalidImageException)
            {
                // Whether the walk meets the damage depends on the template; the slow path reports it.
            }
        }

        return null;
    }
}
