namespace LayoutCheck.Cli;

/// <summary>What <c>check</c> reads when no file is named: the running kernel, else a sample that the program brings along.</summary>
internal static class DefaultImage
{
    /// <summary>Where the running kernel shows its own BTF.</summary>
    public const string RunningKernel = "/sys/kernel/btf/vmlinux";

    private const string SampleName = "the sample image that layoutcheck brings along";

    /// <summary>Opens it, and says on stderr which it is.</summary>
    /// <exception cref="InvalidImageException">It has not the debug information asked for.</exception>
    public static KernelImage Open(SourceChoice source, string runningKernel = RunningKernel)
    {
        if (File.Exists(runningKernel))
        {
            StandardError.WriteLine($"layoutcheck: no FILE named: checking the running kernel by its BTF, {runningKernel}");
            return KernelImage.Open(runningKernel, source);
        }

        StandardError.WriteLine($"layoutcheck: no FILE named, and the running kernel shows no BTF: checking {SampleName}, which says nothing about any kernel of yours");
        return OpenSample(source);
    }

    /// <summary>Opens the sample.</summary>
    public static KernelImage OpenSample(SourceChoice source)
    {
        using Stream sample = typeof(DefaultImage).Assembly.GetManifestResourceStream("sample.elf")!;
        byte[] bytes = new byte[sample.Length];
        sample.ReadExactly(bytes);
        return KernelImage.FromBytes(SampleName, bytes, source);
    }

    /// <summary>The running kernel's release when the input is its BTF, which does not tell it itself; else null.</summary>
    public static string? RunningRelease(string path)
    {
        const string Release = "/proc/sys/kernel/osrelease";
        return path == RunningKernel && File.Exists(Release) ? File.ReadAllText(Release).Trim() : null;
    }
}
