using LayoutCheck.Core;
using LayoutCheck.Reports;

namespace LayoutCheck.Analyses;

/// <summary>Which VMCOREINFO will a kernel write?</summary>
internal static class VmCoreInfoAnalysis
{
    /// <summary>Reads the code of an image.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <exception cref="InvalidImageException">It has no such code, or is of a machine whose code is not read.</exception>
    public static VmCoreInfoReport Run(KernelImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        ExportedNote note = image.Exported ?? throw new InvalidImageException(
            image.Path, null, null, "has no code that writes VMCOREINFO, as far as code is read (x86-64, arm64)",
            "name a vmlinux or vmlinuz of one of these, built with CONFIG_VMCORE_INFO (CONFIG_CRASH_CORE before 6.9)");
        int open = note.Lines.Count(l => l.Unknown is not null);
        VmCoreInfoReport report = new(note)
        {
            Run = RunInfo.Of(image.Path),
            Notices = open == 0 ? [] : [$"{Printable.Count((ulong)open, "line")} {(open == 1 ? "is" : "are")} not known before the kernel runs, and left out (-v lists them, with the reason)"],
        };
        return image.Sign(report, withFacts: true);
    }
}
