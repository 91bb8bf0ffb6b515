namespace LayoutCheck.Dwarf.Scan;

/// <summary>The switch for the byte filter (<see cref="WantedNames.HasByteFilter"/>) and the matcher (<see cref="DefinitionMatcher"/>).</summary>
internal static class FastPath
{
    /// <summary>LAYOUTCHECK_FORCE_SLOW=1 disables both: a doubt about them is settled by one more run.</summary>
    public static bool IsDisabled { get; } = Environment.GetEnvironmentVariable("LAYOUTCHECK_FORCE_SLOW") == "1";
}
