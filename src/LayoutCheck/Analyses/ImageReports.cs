using LayoutCheck.Core;
using LayoutCheck.Reports;

namespace LayoutCheck.Analyses;

/// <summary>Completes a report with the files that it rests on.</summary>
internal static class ImageReports
{
    /// <summary>The same report with its files, after the last question to the image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="report">The report.</param>
    /// <param name="withFacts">Whether the facts that the image tells of itself are read too: a search through megabytes.</param>
    /// <exception cref="InvalidImageException">A file changed while it was read: the answer may rest on neither version.</exception>
    public static T Sign<T>(this KernelImage image, T report, bool withFacts)
        where T : ImageReport
    {
        return image.Sign(report, withFacts ? image.ReadFacts() : null);
    }

    /// <summary>The same with facts that were read before; null for none.</summary>
    /// <exception cref="InvalidImageException">A file changed while it was read: the answer may rest on neither version.</exception>
    public static T Sign<T>(this KernelImage image, T report, ImageFacts? facts)
        where T : ImageReport
    {
        T signed = report with { Image = facts, Files = facts is null ? image.OtherFiles : image.FilesUsed(facts), InputNotices = image.Notices };
        image.RequireUnchanged();
        return signed;
    }
}
