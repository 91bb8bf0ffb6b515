namespace LayoutCheck.Tests.Support;

/// <summary>An image for each verdict of check, as a command line in the repository names it.</summary>
internal static class CheckedImages
{
    /// <summary>All rules hold.</summary>
    public const string Good = "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf";

    /// <summary>The flagship rule is violated.</summary>
    public const string Bad = "tests/fixtures/bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf";

    /// <summary>No struct page: undecided.</summary>
    public const string Open = "tests/fixtures/no-page/no-page.gcc-dwarf5.elf";

    /// <summary>Not an image: unreadable.</summary>
    public const string None = "tests/fixtures/page.h";
}
