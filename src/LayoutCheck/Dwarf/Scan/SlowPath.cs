namespace LayoutCheck.Dwarf.Scan;

/// <summary>The yardstick of what is fast: without the search (<see cref="WantedNames.CanSearch"/>) and the matcher (<see cref="DefinitionMatcher"/>).</summary>
internal static class SlowPath
{
    /// <summary>LAYOUTCHECK_FORCE_SLOW=1 leaves them out, so that a doubt about them is settled in a minute.</summary>
    public static bool IsForced { get; } = Environment.GetEnvironmentVariable("LAYOUTCHECK_FORCE_SLOW") == "1";
}
