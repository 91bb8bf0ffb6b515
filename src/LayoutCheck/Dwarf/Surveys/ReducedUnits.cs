using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>Recognises reduced DWARF by the compiler options that GCC writes into DW_AT_producer; clang writes none.</summary>
internal static class ReducedUnits
{
    /// <summary>The omission of DWARF without any struct.</summary>
    public static readonly SourceOmission NoTypes = new(
        "the debug information has no struct or union at all: it was reduced, as -g1 and -gline-tables-only do, or no C unit has one", false);

    // CONFIG_DEBUG_INFO_REDUCED of the kernel is -femit-struct-debug-baseonly. Of several levels the last one counts.
    private static readonly SourceOmission s_levelOne = new("the debug information was reduced: units were built with -g1, which has no types", false);

    private static readonly SourceOmission s_baseOnly = new(
        "the debug information was reduced: units were built with -femit-struct-debug-baseonly or the like (CONFIG_DEBUG_INFO_REDUCED), "
            + "which only declares most structs",
        false);

    /// <summary>Whether reduced DWARF explains an unreadable definition: its parts are only declared, so that it counts as a declaration.</summary>
    public static bool Explains(InvalidImageException failure, string producer)
        => failure.Problem.EndsWith(TypeGraphBuilder.OnlyDeclared, StringComparison.Ordinal) && OmissionOf(producer) == s_baseOnly;

    /// <summary>The omission that the options of a unit's compiler ask for; null if there is none.</summary>
    /// <param name="producer">DW_AT_producer.</param>
    public static SourceOmission? OmissionOf(string producer)
    {
        if (producer.Contains(" -femit-struct-debug-", StringComparison.Ordinal)
            && !producer.Contains(" -femit-struct-debug-detailed=any", StringComparison.Ordinal))
        {
            return s_baseOnly;
        }

        int at = producer.LastIndexOf(" -g1", StringComparison.Ordinal);
        return at >= 0 && (at + 4 == producer.Length || producer[at + 4] == ' ') ? s_levelOne : null;
    }
}
