using System.Diagnostics.CodeAnalysis;
using LayoutCheck.Core;

namespace LayoutCheck.IO;

/// <summary>
/// A named range of a mapped file in one byte order. Lengths are native words: a section may be larger than 2 GiB, so there is never a span over one.
/// A section does not own its bytes: they are valid as long as <see cref="File"/> is open.
/// </summary>
internal sealed unsafe class Section
{
    private readonly ISectionLoader? _loader;

    // The readable range, in bytes from the start: all of the section, unless a loader shows a part.
    private ulong _first;
    private ulong _last;

    internal Section(MappedFile file, string? name, byte* start, nuint length, bool isBigEndian)
    {
        File = file;
        Name = name;
        Start = start;
        Length = length;
        IsBigEndian = isBigEndian;
        LoadedEnd = start + length;
        _last = length;
    }

    /// <summary>A view of a section whose bytes the loader copies on demand; the loader positions it by <see cref="Rebase"/>.</summary>
    internal Section(ISectionLoader loader, Section whole)
        : this(whole.File, whole.Name, whole.Start, whole.Length, whole.IsBigEndian) => _loader = loader;

    /// <summary>The owner of the bytes.</summary>
    public MappedFile File { get; }

    /// <summary>The section's name; null for the file as a whole.</summary>
    public string? Name { get; }

    /// <summary>The address of offset 0. Of a view, only the bytes from the readable range's start to <see cref="LoadedEnd"/> are in memory.</summary>
    public byte* Start { get; private set; }

    /// <summary>The end of the bytes in memory: the end of the section, unless it is a view (see <see cref="SectionWindow"/>).</summary>
    public byte* LoadedEnd { get; private set; }

    /// <summary>Length in bytes.</summary>
    public nuint Length { get; }

    /// <summary>The byte order of everything in it.</summary>
    public bool IsBigEndian { get; }

    /// <summary>The end of the readable range, in bytes from the start.</summary>
    public ulong ReadableEnd => _last;

    /// <summary>Whether the bytes can be read from the file: they are mapped, neither unpacked nor relocated.</summary>
    public bool IsMapped => File.IsMapped(Start, Length);

    /// <summary>The same bytes in another byte order, under the name that errors use: BTF says its byte order itself.</summary>
    public Section As(string? name, bool isBigEndian) => new(File, name, Start, Length, isBigEndian);

    /// <summary>A part, as a range of the same name; offsets in errors count from its start.</summary>
    /// <exception cref="InvalidImageException">The part does not lie within the section.</exception>
    public Section Part(ulong offset, ulong length) => offset <= Length && length <= Length - offset
        ? new Section(File, Name, Start + offset, (nuint)length, IsBigEndian)
        : throw Invalid(offset, $"0x{length:x} bytes from there are not within its 0x{Length:x}");

    /// <summary>The first bytes, at most that many.</summary>
    public ReadOnlySpan<byte> Head(int count) => new(Start, (int)Math.Min(Length, (nuint)count));

    /// <summary>The offset of the first occurrence of a byte sequence at or behind an offset, or null. Reads the mapping; <see cref="SectionChunks"/> reads the file.</summary>
    public ulong? IndexOf(ReadOnlySpan<byte> pattern, ulong from = 0)
    {
        while (from < Length)
        {
            // Spans end at 2 GiB and sections do not; a match across the border is found from the next part.
            int size = (int)Math.Min(Length - (nuint)from, 1 << 30);
            int found = new ReadOnlySpan<byte>(Start + from, size).IndexOf(pattern);
            if (found >= 0)
            {
                return from + (ulong)found;
            }

            from += (ulong)Math.Max(1, size - pattern.Length + 1);
        }

        return null;
    }

    /// <summary>A copy of the bytes; the caller frees it.</summary>
    public NativeBuffer Copy()
    {
        NativeBuffer copy = new();
        AppendTo(copy);
        return copy;
    }

    /// <summary>Appends the bytes to a buffer.</summary>
    public void AppendTo(NativeBuffer buffer) => buffer.Append(Start, Length);

    /// <summary>Copies bytes from the file to memory, without faulting in pages of the mapping. Requires <see cref="IsMapped"/>.</summary>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public void Read(ulong offset, byte* to, nuint count) => File.Read(Start + offset, to, count);

    /// <summary>Says that a range, in bytes from the start, will hardly be read again: see <see cref="MappedFile.Release"/>.</summary>
    public void Release(ulong from, ulong to) => File.Release(Start + from, Start + to);

    /// <summary>Loads the bytes of a view up to an address, and returns the end of the loaded bytes.</summary>
    internal byte* Load(byte* to) => _loader is null || to <= LoadedEnd ? LoadedEnd : LoadedEnd = _loader.Load(to);

    /// <summary>The same for an address within the section.</summary>
    public void Release(byte* from, byte* to) => File.Release(from, to);

    /// <summary>Moves a view: where offset 0 would be in memory, the end of the loaded bytes, and the readable range in bytes from the section's start.</summary>
    internal void Rebase(byte* start, byte* loadedEnd, ulong first, ulong last)
    {
        Start = start;
        LoadedEnd = loadedEnd;
        _first = first;
        _last = last;
    }

    /// <summary>Whether an offset lies at or behind the start of the readable range.</summary>
    internal bool Contains(ulong offset) => offset >= _first;

    /// <summary>The error for a problem at an offset of this section.</summary>
    public InvalidImageException Invalid(ulong? offset, string problem, string? remedy = null) => new(File.Path, Name, offset, problem, remedy);

    /// <summary>The error for a type that a compiler recorded in a way that contradicts itself (<see cref="InvalidImageException.IsOfOneType"/>).</summary>
    public InvalidImageException Contradictory(ulong? offset, string problem) => new(
        File.Path,
        Name,
        offset,
        problem,
        "clang leaves out the width of a bit-field that is as wide as its type: build with another compiler, or ask for what does not hold this type")
    { IsOfOneType = true };

    [DoesNotReturn]
    internal void Throw(byte* at, string problem) => throw Invalid((ulong)(at - Start), problem);
}

/// <summary>Fills the memory behind a view of a section (<see cref="SectionWindow"/>).</summary>
internal unsafe interface ISectionLoader
{
    /// <summary>Loads bytes up to an address, as far as the readable range goes, and returns the end of the loaded bytes.</summary>
    byte* Load(byte* to);
}

/// <summary>The sections of a mapped file.</summary>
internal static unsafe class MappedFileSections
{
    /// <summary>The whole file as one section without a name.</summary>
    public static Section Whole(this MappedFile file, bool isBigEndian = false) => file.Slice(null, 0, file.Length, isBigEndian);

    /// <summary>A range of the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The section's name, for errors.</param>
    /// <param name="offset">Bytes from the start of the file.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="isBigEndian">The byte order to read it in.</param>
    /// <exception cref="InvalidImageException">The range does not lie within the file.</exception>
    public static Section Slice(this MappedFile file, string? name, ulong offset, ulong length, bool isBigEndian)
        => new(file, name, file.Range(name, offset, length), (nuint)length, isBigEndian);

    /// <summary>Takes over memory that was made of a section of this file, to free it with the file, and shows it as a section.</summary>
    public static Section Own(this MappedFile file, NativeBuffer buffer, string? name, bool isBigEndian)
    {
        file.Own(buffer);
        return new Section(file, name, buffer.Start, buffer.Length, isBigEndian);
    }

    /// <summary>Takes bytes from the budget that are about to be made of a section.</summary>
    /// <exception cref="InvalidImageException">The budget does not have so many.</exception>
    public static void Take(this MemoryBudget budget, Section section, ulong byteSize)
    {
        if (!budget.TryTake(byteSize, out ulong limit))
        {
            throw section.Invalid(
                null, $"takes 0x{byteSize:x} bytes more to be read, and with them more than the 0x{limit:x} that a file of this size may", "it is damaged, or made to exhaust memory");
        }
    }
}
