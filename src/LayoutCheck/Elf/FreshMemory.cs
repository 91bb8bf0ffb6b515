using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LayoutCheck.Elf;

/// <summary>
/// Memory that will be written from its start on, as far as is needed. Hot: a page that shows up when it is first written costs ten times what it does
/// when the system is asked for many at once, and most of what a short run spends in the system is that. Not zeroed.
/// </summary>
internal sealed unsafe partial class FreshMemory : IDisposable
{
    private const int PopulateWrite = 23;

    // What is asked for at once, in bytes: so that no more than this is taken in vain.
    private const nuint Step = 64 << 10;

    private readonly nuint _size;
    private nuint _present;

    /// <param name="byteSize">How much there is to be at most.</param>
    /// <exception cref="OutOfMemoryException">There is no such memory.</exception>
    public FreshMemory(nuint byteSize)
    {
        _size = byteSize;
        Start = (byte*)NativeMemory.AlignedAlloc(byteSize, Step);
    }

    /// <summary>The first byte.</summary>
    public byte* Start { get; private set; }

    /// <summary>Frees what nobody holds any more.</summary>
    ~FreshMemory() => NativeMemory.AlignedFree(Start);

    /// <summary>Says that so many bytes, from the start on, are about to be written.</summary>
    public void Prepare(nuint byteSize)
    {
        if (byteSize > _present)
        {
            nuint present = Math.Min((byteSize + Step - 1) & ~(Step - 1), _size);
            Populate(Start + _present, present - _present);
            _present = present;
        }
    }

    /// <summary>
    /// Asks for the pages of a range that is about to be written (MADV_POPULATE_WRITE, Linux 5.14). Where that is not known it does nothing, and the pages
    /// show up one by one; the contents stay.
    /// </summary>
    public static void Populate(void* start, nuint byteSize)
    {
        if (OperatingSystem.IsLinux())
        {
            nuint page = (nuint)Environment.SystemPageSize;
            nuint from = (nuint)start & ~(page - 1);
            _ = Advise((nint)from, (nuint)start + byteSize - from, PopulateWrite);
        }
    }

    /// <summary>The same for objects that are about to be made: the collector hands out memory upwards from where it put the last one.</summary>
    public static void PopulateManaged(nuint byteSize) => Populate(Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(new byte[1])), byteSize);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
        GC.SuppressFinalize(this);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
