using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The files besides the image that an answer rests on, in words.</summary>
internal static class Provenance
{
    // A split kernel has thousands of .dwo files; JSON has them all.
    private const int MostNamed = 8;

    /// <summary>A label of at most 12 characters and a text for each; none when the answer rests on the image alone.</summary>
    /// <param name="files">The files, by role.</param>
    public static IEnumerable<(string Label, string Text)> Others(IEnumerable<InputFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (IGrouping<FileRole, InputFile> role in files.Where(f => f.Role != FileRole.Image).GroupBy(f => f.Role))
        {
            foreach (InputFile file in role.Take(MostNamed))
            {
                yield return (Label(role.Key), Describe(file));
            }

            if (role.Skip(MostNamed).Any())
            {
                yield return (Label(role.Key), $"and {role.Count() - MostNamed} more, which --format json lists");
            }
        }
    }

    /// <summary>The same as a clause each: <c>base kernel vmlinux (release 6.12.1, build id 0123)</c>.</summary>
    public static ImmutableArray<string> Clauses(IEnumerable<InputFile> files)
        => [.. Others(files).Select(other => $"{char.ToLowerInvariant(other.Label[0])}{other.Label[1..]} {other.Text}")];

    /// <summary>The name of a role in JSON.</summary>
    public static string NameOf(FileRole role) => role switch
    {
        FileRole.Image => "image",
        FileRole.BaseKernel => "base_kernel",
        FileRole.ComparedKernel => "compared_kernel",
        FileRole.Configuration => "configuration",
        FileRole.VmCoreInfo => "vmcoreinfo",
        FileRole.DebugFile => "debug_file",
        FileRole.SupplementaryFile => "supplementary_file",
        FileRole.DwarfPackage => "dwarf_package",
        _ => "split_dwarf",
    };

    private static string Label(FileRole role) => role switch
    {
        FileRole.BaseKernel => "Base kernel",
        FileRole.ComparedKernel => "Against",
        FileRole.Configuration => "Config file",
        FileRole.VmCoreInfo => "VMCOREINFO",
        FileRole.DebugFile => "Debug file",
        FileRole.SupplementaryFile => "Supplement",
        FileRole.DwarfPackage => ".dwp file",
        _ => ".dwo file",
    };

    /// <summary>The clause on where a file was fetched from; empty for a file of this machine.</summary>
    public static string OriginOf(InputFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Origin is { } origin ? $"; {Printable.Escape(origin)}" : "";
    }

    private static string Describe(InputFile file)
    {
        // Neither is recorded in a .dwo file: the id of its unit, which was compared, ties it to the image. A configuration has no ids.
        if (file.Role is FileRole.SplitDwarf or FileRole.Configuration)
        {
            return Printable.Escape(file.Path);
        }

        string release = file.Release is { } known ? $"release {Printable.Escape(known)}, " : file.Role is FileRole.BaseKernel or FileRole.ComparedKernel ? "release not told, " : "";
        return $"{Printable.Escape(file.Path)} ({release}{(file.BuildId is { } id ? $"build id {id}" : "no build id recorded")}{OriginOf(file)})";
    }
}
