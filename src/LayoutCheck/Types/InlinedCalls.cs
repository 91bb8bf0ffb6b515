namespace LayoutCheck.Types;

/// <summary>A function whose inlined calls are looked for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">The names of the parameter whose register is wanted: it has one of them.</param>
internal sealed record InlinedFunction(string Name, IReadOnlyList<string> Parameters);

/// <summary>A range of code in which a register holds the parameter. Addresses are those of the image; of an object file, those that its sections are given.</summary>
/// <param name="From">The first address.</param>
/// <param name="To">The address behind the last byte.</param>
/// <param name="Register">The register, by its DWARF number.</param>
/// <param name="CodeFrom">Where the enclosing function, or the part of it that holds the range, starts: from there instructions can be decoded.</param>
/// <param name="CodeTo">Where that ends.</param>
internal readonly record struct RegisterRange(ulong From, ulong To, int Register, ulong CodeFrom, ulong CodeTo);

/// <summary>A call that was inlined.</summary>
/// <param name="Function">The index of the function in the question.</param>
/// <param name="Unit">The unit of the enclosing function.</param>
/// <param name="Offset">The offset of its description, in bytes: it tells the calls of one file apart and orders them.</param>
/// <param name="CallFile">The number of the source file with the call; null if none is recorded.</param>
/// <param name="CallLine">The line of the call; null if none is recorded.</param>
/// <param name="Ranges">Where a register holds the parameter; empty if that is not known anywhere.</param>
internal sealed record InlinedCall(int Function, InlinedUnit Unit, ulong Offset, ulong? CallFile, ulong? CallLine, RegisterRange[] Ranges)
{
    /// <summary>The source line of the call; null if it is not known. Reads the unit's line table on first use.</summary>
    public SourcePlace? Place => CallFile is { } file && CallLine is { } line ? Unit.Place(file, line) : null;
}

/// <summary>A unit with inlined calls.</summary>
/// <param name="index">Its index in the image.</param>
/// <param name="name">Its name: the source file.</param>
internal abstract class InlinedUnit(int index, string name)
{
    /// <summary>Its index in the image.</summary>
    public int Index => index;

    /// <summary>Its name: the source file.</summary>
    public string Name => name;

    /// <summary>A place in the source by the unit's own number of the file; null if it is not known.</summary>
    public abstract SourcePlace? Place(ulong file, ulong line);
}
