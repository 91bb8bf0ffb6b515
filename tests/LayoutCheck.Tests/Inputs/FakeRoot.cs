using System.Text;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Inputs;

/// <summary>A folder with kernels in it, for one test.</summary>
public sealed class FakeRoot : IDisposable
{
    /// <summary>When kernels were built.</summary>
    public static readonly DateTime Built = new(2026, 11, 1, 12, 0, 0, DateTimeKind.Utc);

    /// <summary>The folder.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    /// <summary>The bytes of a vmlinux of a release with BTF, DWARF in name, both or none.</summary>
    public static byte[] Kernel(string release, bool dwarf = false, bool btf = true, byte[]? more = null)
    {
        ElfBuilder elf = new ElfBuilder().Add(".rodata", [.. Encoding.ASCII.GetBytes($"Linux version {release} (me)\0"), .. more ?? []]);
        elf = btf ? elf.Add(".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")) : elf;
        return (dwarf ? elf.Add(".debug_info", [1, 2, 3, 4]) : elf).ToBytes();
    }

    /// <summary>Writes a file, and its folders.</summary>
    /// <param name="path">Its path in the folder.</param>
    /// <param name="contents">Its bytes.</param>
    /// <param name="minutes">When it was written, from <see cref="Built"/>.</param>
    public string Add(string path, byte[] contents, int minutes = 0)
    {
        string full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, contents);
        File.SetLastWriteTimeUtc(full, Built.AddMinutes(minutes));
        return full;
    }

    /// <summary>Writes a text.</summary>
    public string Add(string path, string text, int minutes = 0) => Add(path, Encoding.UTF8.GetBytes(text), minutes);

    /// <summary>Makes a link, and its folders.</summary>
    public string Link(string path, string target)
    {
        string full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return File.CreateSymbolicLink(full, target).FullName;
    }

    public void Dispose() => Directory.Delete(Folder, true);
}
