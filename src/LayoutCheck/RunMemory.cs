using LayoutCheck.Elf;

namespace LayoutCheck;

/// <summary>
/// The managed memory of a program that asks something and ends, before there is garbage worth collecting. Hot: of a short run a tenth went into pages
/// that showed up one by one while objects were made in them; the system gives many at once for a tenth of that.
/// </summary>
public static class RunMemory
{
    /// <summary>What it takes to show a struct of a kernel, in bytes.</summary>
    public const int OfShortRun = 384 << 10;

    /// <summary>What it takes to ask a kernel's two thousand units, in bytes.</summary>
    public const int OfAllUnits = 2 << 20;

    // What a check of all rules takes is three times that, and is collected when it comes to it.
    private const long WithoutCollection = 4 << 20;

    /// <summary>Asks the collector of this process to wait, and to have the memory ready. Where there is so little that it cannot, nothing is changed.</summary>
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

    /// <summary>Says how many bytes of objects are about to be made. Of what was not reserved, pages show up one by one as before.</summary>
    public static void Expect(int byteSize) => FreshMemory.PopulateManaged((nuint)byteSize);
}
