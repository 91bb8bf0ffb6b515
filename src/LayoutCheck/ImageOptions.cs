using LayoutCheck.Core;
using LayoutCheck.Inputs;
using LayoutCheck.IO;
using LayoutCheck.Lookup;

namespace LayoutCheck;

/// <summary>How an image is opened.</summary>
/// <param name="Source">The debug information that is asked for.</param>
/// <param name="DebugDirectory">The first place to look for debug information in other files, by name and by <c>.build-id</c>; null for the usual places only.</param>
/// <param name="BasePath">The kernel whose BTF a module's split BTF continues; null to look for it in the usual places.</param>
/// <param name="Disable">The fast paths to leave out; the answers are the same.</param>
public sealed record ImageOptions(SourceChoice Source = SourceChoice.Auto, string? DebugDirectory = null, string? BasePath = null, FastPaths Disable = FastPaths.None)
{
    /// <summary>A kernel to try first where a module's split BTF needs its kernel and <see cref="BasePath"/> names none; null for none.</summary>
    internal string? LikelyBasePath { get; init; }

    /// <summary>The kernels of modules that were opened with the same options; null where each image opens its own.</summary>
    internal SharedKernels? Kernels { get; init; }

    /// <summary>The member of a package or folder that is the image; null to find its kernel.</summary>
    public string? Member { get; init; }

    /// <summary>The most bytes that are taken from a pipe, of a member of a package, of unpacked bytes, or of a server.</summary>
    public ulong MaxSize { get; init; } = SpoolLimits.DefaultMaxSize;

    /// <summary>Where temporary files go, which have no names there; null for the system's directory.</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Whether debug information may be fetched by its build id from the servers of $DEBUGINFOD_URLS.</summary>
    public bool Debuginfod { get; init; }

    /// <summary>How many threads may unpack.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Told how far the opening is; or null.</summary>
    public OpeningProgress? Progress { get; init; }

    /// <summary>Whether <see cref="KernelImage.ReadFacts"/> hashes a file that has no build id: a pass over all of its bytes.</summary>
    public bool HashesContent { get; init; }

    /// <summary>Whether a BPF object is read by its BTF, whatever <see cref="Source"/> is: its relocations are of that.</summary>
    internal bool ReadsBpfByBtf { get; init; }

    /// <summary>Whether an image without debug information is opened all the same where its code tells what VMCOREINFO it will write.</summary>
    internal bool TakesExported { get; init; }

    /// <summary>The root directory below which installed kernels are, without a slash at its end; for tests.</summary>
    internal string Root { get; init; } = "";

    internal InputRequest ToRequest() => new()
    {
        Member = Member,
        Debuginfod = Debuginfod,
        Root = Root,
        WantsDwarf = Source != SourceChoice.Btf,
        WantsBtf = Source != SourceChoice.Dwarf,
        Threads = Threads,
        Progress = Progress,
    };

    internal InputFiles CreateInputs() => new(Disable) { Spools = new SpoolLimits(SpoolDirectory, MaxSize), MayFetch = Debuginfod };
}

/// <summary>The debug information that is read.</summary>
public enum SourceChoice
{
    /// <summary>DWARF if there is any, since it has one definition for each compilation unit, and alignments; else BTF.</summary>
    Auto,

    /// <summary>DWARF only.</summary>
    Dwarf,

    /// <summary>BTF only.</summary>
    Btf,
}
