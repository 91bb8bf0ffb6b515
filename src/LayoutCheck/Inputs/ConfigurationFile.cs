using System.Collections.Immutable;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Inputs;

/// <summary>
/// The configuration that lies beside a kernel: the <c>.config</c> of a build tree, or the <c>config-R</c> of a package. It is taken only if it can be what
/// the kernel was built with.
/// </summary>
internal sealed class ConfigurationFile
{
    // 13 000 options are 300 KB.
    private const ulong LargestFile = 4 << 20;

    private readonly bool _isOfBuild;
    private readonly string _kernel;

    private ConfigurationFile(ImmutableArray<string> places, string kernel, bool isOfBuild) => (Places, _kernel, _isOfBuild) = (places, kernel, isOfBuild);

    /// <summary>The paths that are looked at, best first, whether a file is there or not.</summary>
    public ImmutableArray<string> Places { get; }

    /// <summary>
    /// That of a build tree. <c>make menuconfig</c> writes .config and builds nothing; a build copies it to include/config/auto.conf first. A file that was
    /// written after the kernel is not taken.
    /// </summary>
    /// <param name="folder">The tree.</param>
    /// <param name="kernel">The kernel, or module, that was built in it.</param>
    public static ConfigurationFile OfBuild(string folder, string kernel)
        => new([Path.Join(folder, ".config"), Path.Join(folder, "include", "config", "auto.conf")], kernel, isOfBuild: true);

    /// <summary>That of a package, known by the release in its name.</summary>
    /// <param name="places">The paths, best first.</param>
    /// <param name="kernel">The kernel.</param>
    public static ConfigurationFile OfRelease(IEnumerable<string> places, string kernel) => new([.. places], kernel, isOfBuild: false);

    /// <summary>Whether a folder has the configuration of a build.</summary>
    public static bool IsIn(string folder) => OfBuild(folder, "").Places.Any(path => FileState.Of(path).IsFile);

    /// <summary>Reads the first file that can be the kernel's.</summary>
    /// <param name="release">The kernel's release, or null.</param>
    /// <param name="inputs">Takes the state of the file.</param>
    /// <exception cref="InvalidImageException">The kernel or the file changed meanwhile.</exception>
    public ReadConfiguration Read(string? release, InputFiles inputs)
    {
        List<string> notices = [];
        foreach (string path in Places.Where(path => FileState.Of(path).IsFile))
        {
            string? problem = Problem(path);
            if (problem is null)
            {
                (IReadOnlyDictionary<string, string>? options, problem) = Parse(path, release, inputs);
                if (options is not null)
                {
                    return new ReadConfiguration(path, options, [.. notices]);
                }
            }

            notices.Add($"the configuration {path} is not used: {problem}");
        }

        return new ReadConfiguration(null, null, [.. notices]);
    }

    private string? Problem(string path)
    {
        FileState state = FileState.Of(path);
        return state.ByteSize > LargestFile ? "it is too large to be one"
            : _isOfBuild && state.Written > FileState.Of(_kernel).Written ? $"it was written after {Path.GetFileName(_kernel)}, which may be built with another one"
            : null;
    }

    private static (IReadOnlyDictionary<string, string>? Options, string? Problem) Parse(string path, string? release, InputFiles inputs)
    {
        InputFiles own = new();
        try
        {
            using MappedFile file = MappedFile.Open(path, own);
            string text = Encoding.UTF8.GetString(file.Whole().Head((int)LargestFile));
            IReadOnlyDictionary<string, string> options = ConfigurationText.Options(text);
            string? problem = options.Count == 0 ? "it sets no option" : OfAnotherVersion(ConfigurationText.Version(text), release);
            if (problem is not null)
            {
                return (null, problem);
            }

            own.AddTo(inputs);
            return (options, null);
        }
        catch (InvalidImageException e)
        {
            return (null, e.Problem);
        }
    }

    // Debian's release names have 0 where the version has its third number.
    private static string? OfAnotherVersion(string? version, string? release)
    {
        if (version is null || release is null)
        {
            return null;
        }

        return MajorAndMinor(version) == MajorAndMinor(release) ? null : $"it is of Linux {version}, and the kernel's release is {release}";
    }

    private static string MajorAndMinor(string release) => string.Join('.', release.Split('.', '-', '+').Take(2));
}

/// <summary>What was read of a configuration.</summary>
/// <param name="Path">The file; null if none could be taken.</param>
/// <param name="Options">Its options, by <c>CONFIG_</c> names; null if none could be taken.</param>
/// <param name="Notices">Why a file was not taken, a line each.</param>
internal sealed record ReadConfiguration(string? Path, IReadOnlyDictionary<string, string>? Options, ImmutableArray<string> Notices);
