using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LayoutCheck.Elf;

/// <summary>
/// A named range of a mapped file in one byte order. Lengths are native words: a section may be larger than 2 GiB, so there is
/// never a span over one.
/// </summary>
internal sealed unsafe class Section
{
    private readonly SectionWindow? _window;

    // What of it can be read, in bytes from its start: all, but in a window.
    private ulong _first;
    private ulong _last;

    internal Section(MappedFile file, string? name, byte* start, nuint length, bool isBigEndian)
    {
        File = file;
        Name = name;
        Start = start;
        Length = length;
        IsBigEndian = isBigEndian;
        Ready = start + length;
        _last = length;
    }

    // What a window shows of a section; the window says where it is, each time that it is moved.
    internal Section(SectionWindow window, Section whole)
        : this(whole.File, whole.Name, whole.Start, whole.Length, whole.IsBigEndian) => _window = window;

    /// <summary>The owner of the bytes.</summary>
    public MappedFile File { get; }

    /// <summary>The section's name; null for the file as a whole.</summary>
    public string? Name { get; }

    /// <summary>Its first byte; valid while <see cref="File"/> is open. In a window only what is between the window's start and <see cref="Ready"/> is there.</summary>
    public byte* Start { get; private set; }

    /// <summary>Up to where its bytes are in memory: its end, but in a window (see <see cref="SectionWindow"/>).</summary>
    public byte* Ready { get; private set; }

    /// <summary>Length in bytes.</summary>
    public nuint Length { get; }

    /// <summary>The byte order of everything in it.</summary>
    public bool IsBigEndian { get; }

    /// <summary>The same bytes in another byte order, under the name that errors will use: BTF tells its order itself.</summary>
    public Section As(string? name, bool isBigEndian) => new(File, name, Start, Length, isBigEndian);

    /// <summary>The bytes of a part, as a range of the same name; offsets in errors count from its start.</summary>
    /// <exception cref="InvalidImageException">The part does not lie within the section.</exception>
    public Section Part(ulong offset, ulong length) => offset <= Length && length <= Length - offset
        ? new Section(File, Name, Start + offset, (nuint)length, IsBigEndian)
        : throw Invalid(offset, $"0x{length:x} bytes from there are not within its 0x{Length:x}");

    /// <summary>Reads from an offset to the end of the section.</summary>
    public SectionReader ReadFrom(ulong offset) => ReadRange(offset, _last);

    /// <summary>Reads from one offset up to another, both in bytes from the start of the section.</summary>
    /// <exception cref="InvalidImageException">The range does not lie within the section.</exception>
    public SectionReader ReadRange(ulong offset, ulong end)
    {
        if (offset > end || offset < _first || end > _last)
        {
            throw Invalid(offset, $"points outside of the section (0x{Length:x} bytes)");
        }

        return new SectionReader(this, Start + offset, Start + end);
    }

    /// <summary>The first bytes, at most that many.</summary>
    public ReadOnlySpan<byte> Head(int count) => new(Start, (int)Math.Min(Length, (nuint)count));

    /// <summary>The bytes of a zero-terminated string, without the zero.</summary>
    /// <exception cref="InvalidImageException">It starts or runs outside of the section, or is longer than any name may be.</exception>
    public ReadOnlySpan<byte> StringAt(ulong offset)
    {
        if (offset >= Length)
        {
            throw Invalid(offset, $"a string starts outside of the section (0x{Length:x} bytes)");
        }

        SectionReader reader = ReadFrom(offset);
        return reader.ReadString();
    }

    /// <summary>A zero-terminated string as text; bytes that are not UTF-8 become U+FFFD.</summary>
    public string TextAt(ulong offset) => Encoding.UTF8.GetString(StringAt(offset));

    /// <summary>Where a run of bytes is first found from an offset on, or null.</summary>
    public ulong? IndexOf(ReadOnlySpan<byte> pattern, ulong from = 0)
    {
        while (from < Length)
        {
            // Spans end at 2 GiB and sections do not; a match across the border is found from the next window.
            int window = (int)Math.Min(Length - (nuint)from, 1 << 30);
            int found = new ReadOnlySpan<byte>(Start + from, window).IndexOf(pattern);
            if (found >= 0)
            {
                return from + (ulong)found;
            }

            from += (ulong)Math.Max(1, window - pattern.Length + 1);
        }

        return null;
    }

    /// <summary>Tells that a range, in bytes from the start, will hardly be read again: see <see cref="MappedFile.Release"/>.</summary>
    public void Release(ulong from, ulong to) => File.Release(Start + from, Start + to);

    /// <summary>Has the bytes of a window fetched up to a place, and tells up to where they are there now.</summary>
    internal byte* Fetch(byte* to) => _window is null || to <= Ready ? Ready : Ready = _window.Fetch(to);

    /// <summary>Says where a window is now, and what of the section it shows, in bytes from the section's start.</summary>
    internal void MoveTo(byte* start, byte* ready, ulong first, ulong last)
    {
        Start = start;
        Ready = ready;
        _first = first;
        _last = last;
    }

    /// <summary>Asserts that what a reader seeks can be read.</summary>
    internal bool Shows(ulong offset) => offset >= _first;

    /// <summary>The error to throw for a problem at an offset of this section.</summary>
    public InvalidImageException Invalid(ulong? offset, string problem, string? remedy = null) => new(File.Path, Name, offset, problem, remedy);

    /// <summary>The error to throw for a type that a compiler recorded in a way that contradicts itself (<see cref="InvalidImageException.IsOfOneType"/>).</summary>
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
