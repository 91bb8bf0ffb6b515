using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>A shared library of the system.</summary>
/// <param name="File">Its file name: <c>liblzma.so.5</c>.</param>
/// <param name="Package">The package of Debian that has it.</param>
internal sealed record SystemLibrary(string File, string Package);

/// <summary>The refusals of a compressed range.</summary>
/// <param name="source">The compressed bytes.</param>
/// <param name="format">What users call the format.</param>
/// <param name="library">The library that unpacks it; null if none is needed.</param>
internal sealed class UnpackErrors(Section source, string format, SystemLibrary? library)
{
    private const string UnpackIt = "unpack it and name the result";

    /// <summary>The stream is damaged.</summary>
    /// <param name="why">How, in one clause; or null.</param>
    public InvalidImageException Damaged(string? why = null) => source.Invalid(
        null, why is null ? $"cannot be unpacked: the {format} stream is damaged" : $"cannot be unpacked: the {format} stream is damaged ({why})", "fetch or build it again");

    /// <summary>More bytes come out than the caller or the budget allows.</summary>
    /// <param name="limit">How many are allowed.</param>
    public InvalidImageException TooLarge(ulong limit) => source.File.Budget.UnpackLeft > 0
        ? source.Invalid(null, $"expands to more than the 0x{limit:x} bytes that it may ({format})", "it is damaged, or made to exhaust memory")
        : source.Invalid(
            null,
            $"expands to more than 0x{limit:x} bytes ({format}), and the file in all to more than the 0x{source.File.Budget.UnpackLimit:x} that one of its size may",
            $"it is damaged or made to exhaust memory; if it is not, {UnpackIt}");

    /// <summary>The decompressor needs more memory than it is given.</summary>
    /// <param name="size">How much that is.</param>
    public InvalidImageException TooHungry(string size) => source.Invalid(null, $"needs more than {size} of memory to be unpacked ({format}), which no kernel does", UnpackIt);

    /// <summary>The system has too little memory: the bytes may be intact.</summary>
    public InvalidImageException NoMemory() => source.Invalid(null, $"there is not enough memory to unpack it ({format})", $"free some, allow more (ulimit -v), or {UnpackIt}");

    /// <summary>The library that unpacks the format is not installed.</summary>
    public InvalidImageException MissingLibrary()
    {
        SystemLibrary missing = library ?? new SystemLibrary("zlib", "zlib1g");
        if (library is not null && !HostSystem.IsLinux)
        {
            return source.Invalid(null, $"is compressed ({format}), and {missing.File}, which unpacks that, is a library of Linux", UnpackIt);
        }

        return source.Invalid(
            null,
            $"is compressed ({format}), and {missing.File}, which unpacks that, is not installed",
            $"install it (Debian's package {missing.Package}), or unpack the input and name the result");
    }

    /// <summary>The refusal that a failure of a decompressor amounts to; null if it is a refusal itself, or a defect.</summary>
    public InvalidImageException? Of(Exception failure) => failure switch
    {
        InvalidDataException => Damaged(),
        DllNotFoundException when IsOfMemory(failure.Message) => NoMemory(),
        DllNotFoundException or EntryPointNotFoundException => MissingLibrary(),
        // The framework throws an IOException when zlib has no memory; nothing else here reads or writes.
        OutOfMemoryException or IOException => NoMemory(),
        _ => null,
    };

    // The words of the dynamic linker for a library that is there and has no room (glibc's elf/dl-load.c, musl's dynlink.c).
    private static bool IsOfMemory(string message) => message.Contains("failed to map", StringComparison.Ordinal) || message.Contains("annot allocate", StringComparison.Ordinal)
        || message.Contains("cannot map", StringComparison.Ordinal) || message.Contains("ut of memory", StringComparison.Ordinal);
}
