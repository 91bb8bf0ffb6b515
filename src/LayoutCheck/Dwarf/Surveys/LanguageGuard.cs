using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>Guards against a unit whose language is damaged or too new: it may be the one with the definition.</summary>
internal static class LanguageGuard
{
    /// <summary>Asserts that a unit with an unknown language has no definition of a wanted name.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="builder">Tells definitions from declarations.</param>
    /// <param name="requests">The wanted names of the unit's scanner.</param>
    /// <exception cref="InvalidImageException">It has one.</exception>
    public static void RequireNoDefinition(in CUnit unit, DwarfGraphBuilder builder, IReadOnlyList<TypeName> requests)
    {
        while (unit.Scanner.Next(out ScanHit hit))
        {
            if (!hit.IsDeclaration && builder.Build(unit.File, unit.Header, hit.DieOffset) is not null)
            {
                throw unit.File.Info.Invalid(
                    hit.DieOffset,
                    $"{requests[hit.Request]} is defined in a unit ({unit.Root.DisplayName}) of {DwarfLanguage.Describe(unit.Root.Language)}: "
                        + "whether it is C's cannot be told");
            }
        }
    }
}
