using System.Runtime.CompilerServices;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Support;

/// <summary>
/// The files below tests/fixtures, where they lie in the repository: nothing is copied, and the build may put its output anywhere.
/// They are named by their path below that folder: <c>shapes/shapes.gcc-dwarf5.elf</c>.
/// </summary>
internal static class FixtureFile
{
    /// <summary>The folder that LayoutCheck.sln is in.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>tests/fixtures.</summary>
    public static string Folder { get; } = Path.Combine(Repository, "tests", "fixtures");

    /// <summary>All images, packed ones too (no sources, no scripts), in ordinal order.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Where(name => Path.GetExtension(name) is not ("" or ".c" or ".h" or ".rs" or ".S" or ".py" or ".md" or ".tsv" or ".actual"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Where a fixture is.</summary>
    public static string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Its bytes.</summary>
    public static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    /// <summary>Opens it as the program does.</summary>
    public static KernelImage Open(string name, SourceChoice choice = SourceChoice.Auto) => KernelImage.Open(PathOf(name), choice);

    /// <summary>The first definition of a type in it, which must be there.</summary>
    public static TypeDefinition Definition(string name, string type, SourceChoice choice = SourceChoice.Auto)
    {
        using KernelImage image = Open(name, choice);
        return image.Types.FindFirst(TypeName.Parse(type)) ?? throw new InvalidOperationException($"{name} does not define {type}");
    }

    /// <summary>Whether the file is ELF as it lies there.</summary>
    public static bool IsElf(string name)
    {
        using MappedFile file = MappedFile.Open(PathOf(name));
        return ElfFile.HasMagic(file);
    }

    /// <summary>Whether the file is ELF and has contents (not NOBITS) for a section.</summary>
    public static bool HasSection(string name, string section)
    {
        using MappedFile file = MappedFile.Open(PathOf(name));
        return ElfFile.HasMagic(file) && ElfFile.Read(file).Find(section) is { ByteSize: > 0, Type: not ElfSection.SHT_NOBITS };
    }

    /// <summary>The contents of one of its sections.</summary>
    public static byte[] Section(string name, string section)
    {
        using MappedFile file = MappedFile.Open(PathOf(name));
        Section found = ElfFile.Read(file).Contents(section)!;
        return found.ReadRange(0, found.Length).ReadBytes(found.Length).ToArray();
    }

    private static string FindRepository([CallerFilePath] string thisFile = "")
    {
        // The sources are where they were compiled; else the assembly is somewhere below the repository.
        foreach (string start in new[] { Path.GetDirectoryName(thisFile)!, AppContext.BaseDirectory })
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "LayoutCheck.sln")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new DirectoryNotFoundException($"no LayoutCheck.sln above {thisFile} or {AppContext.BaseDirectory}");
    }
}
