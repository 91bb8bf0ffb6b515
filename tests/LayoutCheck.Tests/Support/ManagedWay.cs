using System.Runtime.CompilerServices;
using LayoutCheck.Core;

namespace LayoutCheck.Tests.Support;

/// <summary>
/// The switch that forces the managed way: <c>LAYOUTCHECK_PLATFORM=managed dotnet test</c> runs the whole suite without a call of Linux, in this process and in
/// the program's. A test of what Linux alone does is skipped then, and only then.
/// </summary>
internal static class ManagedWay
{
    /// <summary>Does in this process what the program does in its own.</summary>
    [ModuleInitializer]
    internal static void Apply()
    {
        if (LayoutCheck.Cli.PlatformSwitch.Apply() is { } problem)
        {
            throw new InvalidOperationException(problem);
        }
    }

    /// <summary>The refusal of a file without a size: its kind is told by Linux alone.</summary>
    /// <param name="ofLinux">The problem as it is told there.</param>
    public static string RefusalOf(string ofLinux) => HostSystem.IsLinux || ofLinux.StartsWith("is shown", StringComparison.Ordinal) ? ofLinux : "the file is empty, or a pipe or a device";

    /// <summary>Skips a test of what Linux alone does.</summary>
    /// <param name="what">What that is.</param>
    public static void SkipUnlessLinux(string what) => Assert.SkipUnless(HostSystem.IsLinux, $"without Linux: {what}");
}
