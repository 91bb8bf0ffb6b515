namespace LayoutCheck.Dwarf.Sections;

/// <summary>The properties of a file that its unit headers depend on.</summary>
/// <param name="WordByteSize">The size in bytes of an address in a file of its class (ELFCLASS32, ELFCLASS64).</param>
/// <param name="IsSplit">Whether it is a .dwo file or a package of them, whose section names end in .dwo (DWARF 5 §7.3.2).</param>
internal readonly record struct FileFormat(int WordByteSize, bool IsSplit);
