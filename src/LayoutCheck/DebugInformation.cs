using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.Lookup;

namespace LayoutCheck;

/// <summary>The refusals of images without debug information that can be read, and what to do about each.</summary>
internal static class DebugInformation
{
    private const string BuildIt = "build with CONFIG_DEBUG_INFO_DWARF5 or CONFIG_DEBUG_INFO_BTF";
    private const string NameVmlinux = $"name the vmlinux of the kernel's debug package, or {BuildIt}";
    private const string NameModule = $"name the module of this name, or the vmlinux, of the kernel's debug package, or {BuildIt}";

    // Other formats, by the section that has them.
    private static readonly (string Section, string Name, string Remedy)[] s_others =
    [
        (".ctf", "CTF", NameVmlinux),
        (".SUNW_ctf", "CTF", NameVmlinux),
        (".stab", "stabs", NameVmlinux),
        (".debug", "DWARF 1", NameVmlinux),
        (".gnu.debuglto_.debug_info", "the early debug information of gcc's LTO", "link it, and name the vmlinux or .ko that it becomes"),
    ];

    /// <summary>The error for an ELF image without the debug information that was asked for.</summary>
    public static InvalidImageException Missing(UnwrappedImage content, ImageOptions options)
    {
        if (content.Refusal is { } refusal)
        {
            return refusal;
        }

        SourceChoice choice = options.Source;
        ElfFile elf = content.Elf!;
        string path = content.File.Path;
        if (choice == SourceChoice.Btf)
        {
            return new InvalidImageException(path, null, null, "has no BTF (no .BTF section)", $"use --source dwarf if it has DWARF, or build with CONFIG_DEBUG_INFO_BTF{OrFetch(elf, options)}");
        }

        foreach ((string section, string name, string remedy) in s_others)
        {
            if (elf.Find(section) is not null)
            {
                return new InvalidImageException(path, section, null, $"has its types as {name}, which cannot be read", remedy);
            }
        }

        string missing = choice == SourceChoice.Dwarf ? "has no DWARF (no .debug_info section)" : "has no debug information (neither .debug_info nor .BTF)";
        return new InvalidImageException(path, null, null, missing, Remedy(elf) + OrFetch(elf, options));
    }

    private static string OrFetch(ElfFile elf, ImageOptions options) => elf.BuildId() is null ? options.Debuginfod ? "; it has no build id by which --debuginfod could ask" : ""
        : ", or fetch it by its build id (--debuginfod)";

    /// <summary>The error for a file of split-off debug information that has none.</summary>
    public static InvalidImageException MissingIn(ElfFile debug)
        => new(debug.File.Path, null, null, "has no DWARF (no .debug_info section), and is the file that it was split off into", NameVmlinux);

    private static string Remedy(ElfFile elf)
    {
        if (SeparateDebugFile.LinkName(elf) is not { } link)
        {
            bool isModule = elf.Find(".modinfo") is not null && elf.Header.Type == ElfHeader.ET_REL;
            return isModule ? NameModule : NameVmlinux;
        }

        return link == Path.GetFileName(elf.File.Path)
            ? "its debug information was split off into another file of its name, which is not found: name that file, or its directory (--debug-dir DIR)"
            : $"its debug information was split off into {link}, which is not beside it: name that file, or its directory (--debug-dir DIR)";
    }
}
