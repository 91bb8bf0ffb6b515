using System.Runtime.InteropServices;

namespace LayoutCheck.Core;

/// <summary>
/// Whether functions and libraries of Linux may be called. Where they may not, each has a managed way or a refusal by name; <c>PlatformCallTests</c> lists both.
/// </summary>
internal static class HostSystem
{
    private static bool s_isForced;

    /// <summary>Whether the system is Linux, and the managed way is not forced.</summary>
    public static bool IsLinux => OperatingSystem.IsLinux() && !s_isForced;

    /// <summary>
    /// Forces the managed way for the rest of the process, as if there were no library of Linux: a call that is made all the same fails. It is called before the
    /// first file is opened, or never.
    /// </summary>
    public static void ForceManagedWay()
    {
        if (!s_isForced)
        {
            s_isForced = true;
            NativeLibrary.SetDllImportResolver(typeof(HostSystem).Assembly, (name, _, _) => throw new DllNotFoundException($"{name}: the managed way is forced"));
        }
    }
}
