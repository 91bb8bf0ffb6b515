namespace LayoutCheck.IO;

/// <summary>Where spools are, and how large one may become.</summary>
/// <param name="Directory">Their directory; null for the system's: $TMPDIR, else /var/tmp (which is on a disk where /tmp may be memory), else /tmp.</param>
/// <param name="MaxSize">The most bytes of one spool.</param>
internal sealed record SpoolLimits(string? Directory, ulong MaxSize)
{
    /// <summary>The default of <see cref="MaxSize"/>: more than any kernel has.</summary>
    public const ulong DefaultMaxSize = 8UL << 30;

    private const string ForLargeFiles = "/var/tmp";

    /// <summary>The system's directory and the default size.</summary>
    public static SpoolLimits Default { get; } = new(null, DefaultMaxSize);

    /// <summary>The directories to try, best first.</summary>
    public IEnumerable<string> Directories()
    {
        if (Directory is not null)
        {
            return [Directory];
        }

        string temporary = Path.GetTempPath();
        return temporary.TrimEnd('/') == "/tmp" && System.IO.Directory.Exists(ForLargeFiles) ? [ForLargeFiles, temporary] : [temporary];
    }
}
