using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LayoutCheck.Cli;

/// <summary>
/// The managed memory of a run that is over before there is garbage worth collecting. Hot: of a short run a tenth went into pages that showed up one by
/// one while objects were made in them; the system gives many at once for a tenth of that.
/// </summary>
internal static unsafe partial class RunMemory
{
    /// <summary>What it takes to show a struct of a kernel, in bytes.</summary>
    public const int OfShortRun = 384 << 10;

    /// <summary>What it takes to ask a kernel's two thousand units, in bytes.</summary>
    public const int OfAllUnits = 2 << 20;

    // What a check of all rules takes is three times that, and is collected when it comes to it.
    private const long WithoutCollection = 4 << 20;
    private const int PopulateWrite = 23;

    /// <summary>Asks the collector to wait, and to have the memory ready. Where there is so little that it cannot, nothing is changed.</summary>
    public static void Reserve()
    {
        try
        {
            _ = GC.TryStartNoGCRegion(WithoutCollection);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidOperationException or OutOfMemoryException)
        {
            // A heap that is limited to less (DOTNET_GCHeapHardLimit): pages show up, and garbage is collected, as they would have been.
        }
    }

    /// <summary>
    /// Says how many bytes of objects are about to be made: their pages are asked for at once (MADV_POPULATE_WRITE, Linux 5.14; before, and of what was not
    /// reserved, the system says no, and they show up one by one). The contents of memory stay as they are.
    /// </summary>
    public static void Expect(int byteSize)
    {
        if (byteSize > 0 && OperatingSystem.IsLinux())
        {
            // The collector hands out memory upwards from where it put the last object.
            nuint page = (nuint)Environment.SystemPageSize;
            nuint from = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(new byte[1])) & ~(page - 1);
            _ = Advise((nint)from, (nuint)byteSize, PopulateWrite);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
