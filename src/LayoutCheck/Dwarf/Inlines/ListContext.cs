using LayoutCheck.Core;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>What the lists of a unit are read with.</summary>
/// <param name="Windows">The windows of the thread.</param>
/// <param name="Base">The base address of the unit.</param>
/// <param name="AddressSize">The size of an address in bytes.</param>
/// <param name="AddressAt">The unit's address of an index; throws <see cref="InvalidImageException"/> if there is none.</param>
internal readonly record struct ListContext(ListWindows Windows, ulong Base, int AddressSize, Func<ulong, ulong> AddressAt);

/// <summary>A range of code.</summary>
/// <param name="From">The first address.</param>
/// <param name="To">The address behind the last byte.</param>
internal readonly record struct CodeRange(ulong From, ulong To)
{
    /// <summary>Adds a range that is not empty. Linkers leave code that they dropped at 0.</summary>
    public static void Add(List<CodeRange> ranges, ulong low, ulong high)
    {
        if (low < high && low != 0)
        {
            ranges.Add(new CodeRange(low, high));
        }
    }
}
