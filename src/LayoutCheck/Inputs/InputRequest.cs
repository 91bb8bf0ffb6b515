using LayoutCheck.Core;

namespace LayoutCheck.Inputs;

/// <summary>What is asked for beside a user's word. The limits of spools are in <see cref="IO.InputFiles.Spools"/>.</summary>
internal sealed record InputRequest
{
    /// <summary>The member of a package or folder that is the image; null to find its kernel.</summary>
    public string? Member { get; init; }

    /// <summary>Whether debug information may be fetched by its build id.</summary>
    public bool Debuginfod { get; init; }

    /// <summary>The root directory below which installed kernels are, without a slash at its end; for tests.</summary>
    public string Root { get; init; } = "";

    /// <summary>Whether DWARF may answer.</summary>
    public bool WantsDwarf { get; init; } = true;

    /// <summary>Whether BTF may answer.</summary>
    public bool WantsBtf { get; init; } = true;

    /// <summary>How many threads may unpack.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Told how far the opening is; or null.</summary>
    public OpeningProgress? Progress { get; init; }

    /// <summary>What may be fetched.</summary>
    /// <param name="inputs">The files that were opened for the same image.</param>
    public FetchLimits LimitsOf(IO.InputFiles inputs) => new(inputs.Spools.MaxSize, Progress is { } progress ? progress.Report : null);
}
