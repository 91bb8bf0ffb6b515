namespace LayoutCheck.Core;

/// <summary>
/// Whether functions and libraries of Linux may be called. Where they may not, each has a managed way or a refusal by name; <c>PlatformCallTests</c> lists both.
/// </summary>
internal static class HostSystem
{
    /// <summary>Whether the system is Linux, and the managed way is not forced.</summary>
    public static bool IsLinux { get; private set; } = OperatingSystem.IsLinux();

    /// <summary>Forces the managed way for the rest of the process. It is called before the first file is opened, or never.</summary>
    public static void ForceManagedWay() => IsLinux = false;
}
