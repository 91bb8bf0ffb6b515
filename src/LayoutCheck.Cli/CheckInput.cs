using LayoutCheck.Core;
using LayoutCheck.Inputs;
using LayoutCheck.Lookup;

namespace LayoutCheck.Cli;

/// <summary>The image that a command line names for <c>check</c>: a verdict rests on no other.</summary>
/// <param name="File">A file, or null.</param>
/// <param name="IsRunning">Whether the running kernel was named.</param>
/// <param name="IsSample">Whether the sample was named.</param>
internal sealed record CheckInput(string? File, bool IsRunning, bool IsSample)
{
    private const string Three = "name a FILE (a vmlinux, vmlinuz or module), --running (the running kernel) or --sample (the image that layoutcheck brings along)";
    private const string SampleName = "the sample image that layoutcheck brings along";

    /// <summary>Asserts that one image was named.</summary>
    /// <exception cref="UsageException">None was, or more than one.</exception>
    public void RequireOne()
    {
        int count = (File is null ? 0 : 1) + (IsRunning ? 1 : 0) + (IsSample ? 1 : 0);
        if (count != 1)
        {
            throw new UsageException(count == 0 ? $"check needs to know what to check: {Three}" : $"check takes one image: {Three}");
        }
    }

    /// <summary>The image's name in records and errors.</summary>
    public string Name => IsSample ? SampleName : IsRunning ? RunningKernel.BtfPath : File!;

    /// <summary>Opens the image.</summary>
    /// <param name="how">Where the rest of a file is.</param>
    /// <param name="runningBtf">Where the running kernel shows its BTF.</param>
    /// <exception cref="InvalidImageException">It cannot be read, or has not the debug information asked for.</exception>
    public KernelImage Open(ImageOptions how, string runningBtf = RunningKernel.BtfPath)
    {
        if (IsSample)
        {
            StandardError.WriteLine($"layoutcheck: checking {SampleName}, which says nothing about any kernel of yours");
            KernelImage sample = OpenSample(how.Source);
            InputImage.TellUnused(sample, how);
            return sample;
        }

        if (IsRunning && how.Source == SourceChoice.Auto)
        {
            TellOfDwarf();
        }

        return IsRunning && !System.IO.File.Exists(runningBtf)
            ? throw new InvalidImageException(runningBtf, null, null, "no such file: the running kernel shows no BTF", "name its vmlinux or vmlinuz, or run a kernel built with CONFIG_DEBUG_INFO_BTF")
            : InputImage.Open(IsRunning ? runningBtf : File!, how);
    }

    // BTF has one definition of a type, and no alignments.
    private static void TellOfDwarf()
    {
        if (ReleaseName.RunningDwarf() is { } found)
        {
            StandardError.WriteLine($"layoutcheck: {Printable.Escape(found.Path)} has DWARF of this kernel, which tells more than BTF: check {Printable.Escape(found.Release)}");
        }
    }

    /// <summary>Opens the sample.</summary>
    public static KernelImage OpenSample(SourceChoice source)
    {
        using Stream sample = typeof(CheckInput).Assembly.GetManifestResourceStream("sample.elf")!;
        byte[] bytes = new byte[sample.Length];
        sample.ReadExactly(bytes);
        return KernelImage.FromBytes(SampleName, bytes, source);
    }
}
