using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LayoutCheck.Platform;

/// <summary>Has the system map many pages at once (MADV_POPULATE_WRITE, Linux 5.14). Hot: one call replaces a page fault for each of them.</summary>
internal static unsafe class Prefault
{
    /// <summary>Prefaults the pages of a range that is about to be written; the contents stay. Does nothing on systems without the call.</summary>
    public static void Pages(void* start, nuint byteSize)
    {
        if (OperatingSystem.IsLinux())
        {
            nuint page = (nuint)Environment.SystemPageSize;
            nuint from = (nuint)start & ~(page - 1);
            _ = Libc.Advise((nint)from, (nuint)start + byteSize - from, Libc.MADV_POPULATE_WRITE);
        }
    }

    /// <summary>Prefaults the memory behind the newest object: the collector's allocation context grows upwards from there.</summary>
    public static void GcAllocationContext(nuint byteSize) => Pages(Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(new byte[1])), byteSize);
}
