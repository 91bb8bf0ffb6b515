namespace LayoutCheck.Reports;

/// <summary>One number of a layout, for programs: a row of a table.</summary>
/// <param name="Type">The struct or union as C spells it: <c>struct page</c>.</param>
/// <param name="Member">The member's path, or null where the fact is of the whole type.</param>
/// <param name="What">The kind of fact: <c>offset</c>, <c>size</c>, <c>end</c>, <c>exists</c>, <c>alignment</c>, <c>length</c>, <c>value</c>.</param>
/// <param name="Bits">The value in bits, where it is a place or a size; else null.</param>
/// <param name="Value">The value in its own unit: bytes of a place, a size or an alignment (rounded down, for bit-fields), elements of a length, 0 or 1 of an existence.</param>
public sealed record LayoutFact(string Type, string? Member, string What, ulong? Bits, long Value);
