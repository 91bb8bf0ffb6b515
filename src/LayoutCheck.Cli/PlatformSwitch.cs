using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>LAYOUTCHECK_PLATFORM=managed: no function and no library of Linux is called, as where there is none.</summary>
internal static class PlatformSwitch
{
    /// <summary>The name of the variable.</summary>
    public const string Variable = "LAYOUTCHECK_PLATFORM";

    /// <summary>Does what the environment asks for.</summary>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    public static string? Apply()
    {
        switch (Environment.GetEnvironmentVariable(Variable))
        {
            case null or "":
                return null;
            case "managed":
                HostSystem.ForceManagedWay();
                return null;
            case { } word:
                return $"{Variable}: there is no way '{word}'; there is managed";
        }
    }
}
