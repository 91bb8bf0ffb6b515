using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Do the types of an image agree with another description of them?</summary>
public static class AgreementAnalysis
{
    // So many names are looked for by name in a kernel; for more, all of its types are found at once.
    private const int MostByName = 1500;

    /// <summary>Adds to a check the comparison of the two debug formats of one image.</summary>
    /// <param name="report">The check, of <paramref name="dwarf"/>.</param>
    /// <param name="dwarf">The image, read by its DWARF; not closed.</param>
    /// <param name="btf">The same image, read by its BTF; not closed.</param>
    /// <param name="threads">How many threads may work.</param>
    /// <param name="limit">The most types that text shows; 0 for all.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood, or changed meanwhile.</exception>
    public static CheckReport OfSources(CheckReport report, KernelImage dwarf, KernelImage btf, int threads, int limit)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(dwarf);
        ArgumentNullException.ThrowIfNull(btf);
        using WorkerPool pool = new(threads);
        return report with { Agreement = OfSources(dwarf, btf, report.Image, pool, limit) };
    }

    /// <summary>Compares the two debug formats of one image.</summary>
    /// <param name="dwarf">The image, read by its DWARF; not closed.</param>
    /// <param name="btf">The same image, read by its BTF; not closed.</param>
    /// <param name="facts">The facts that the image tells of itself, where they were read.</param>
    /// <param name="pool">The worker threads.</param>
    /// <param name="limit">The most types that text shows; 0 for all.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood, or changed meanwhile.</exception>
    internal static Agreement OfSources(KernelImage dwarf, KernelImage btf, ImageFacts? facts, WorkerPool pool, int limit)
    {
        // Of a module, the BTF has the kernel's types too.
        bool isModule = btf.OtherFiles.Any(f => f.Role == FileRole.BaseKernel);
        Comparison types = isModule
            ? Comparison.OfSome(dwarf.Types, btf.Types, dwarf.Types.TakeCensus(pool).Names, pool) with { Asked = [], Missing = [] }
            : Comparison.OfAll(dwarf.Types, btf.Types, pool);
        dwarf.RequireUnchanged();
        btf.RequireUnchanged();
        return new Agreement(AgreementKind.Sources, Side(dwarf, facts), Side(btf, facts), types) { Limit = limit };
    }

    /// <summary>Adds to a check of a module the comparison with the kernel that it is to be loaded into.</summary>
    /// <param name="report">The check.</param>
    /// <param name="module">The module; not closed.</param>
    /// <param name="kernel">The kernel; not closed.</param>
    /// <param name="threads">How many threads may work.</param>
    /// <param name="limit">The most types that text shows; 0 for all.</param>
    /// <exception cref="InvalidImageException">A file is damaged or not understood, or changed meanwhile.</exception>
    public static CheckReport OfModule(CheckReport report, KernelImage module, KernelImage kernel, int threads, int limit)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(kernel);
        using WorkerPool pool = new(threads);
        ImmutableArray<TypeName> own = module.Types.TakeCensus(pool).Names;
        Comparison types = own.Length <= MostByName
            ? Comparison.OfSome(module.Types, kernel.Types, own, pool) with { Asked = [], Missing = [] }
            : Comparison.OfAll(module.Types, kernel.Types, pool);
        ImageFacts facts = kernel.ReadFacts();
        InputFile? continued = module.OtherFiles.FirstOrDefault(f => f.Role == FileRole.BaseKernel);
        bool isSame = continued is not null && IsSame(continued, kernel, facts);
        if (continued is not null && !isSame)
        {
            types = With(types, continued, kernel, pool);
        }

        module.RequireUnchanged();
        kernel.RequireUnchanged();
        return report with
        {
            Agreement = new Agreement(AgreementKind.Against, Side(module, report.Image), Side(kernel, facts), types)
            {
                Limit = limit,
                ContinuesItsBtf = isSame,
                Histories = QuotedHistories.Of(types, report.Image, facts),
            },
            Files = [.. report.Files, kernel.FilesUsed(facts)[0] with { Role = FileRole.ComparedKernel }],
            InputNotices = [.. report.InputNotices, .. kernel.Notices],
        };
    }

    private static bool IsSame(InputFile file, KernelImage kernel, ImageFacts facts)
        => (file.BuildId is not null && file.BuildId == facts.BuildId) || Path.GetFullPath(file.Path) == Path.GetFullPath(kernel.Path);

    // A module's BTF goes on from that of its kernel, which is another file: its types count as the module's.
    private static Comparison With(Comparison own, InputFile continued, KernelImage kernel, WorkerPool pool)
    {
        using KernelImage old = KernelImage.Open(continued.Path, SourceChoice.Btf);
        Comparison rest = Comparison.OfAll(old.Types, kernel.Types, pool);
        HashSet<TypeName> known = [.. own.Different.Select(t => t.Name)];
        return own with
        {
            Different = [.. own.Different.Concat(rest.Different.Where(t => !known.Contains(t.Name))).OrderBy(t => t.Name.Name, StringComparer.Ordinal).ThenBy(t => t.Name.Kind)],
            ComparedCount = own.ComparedCount + rest.ComparedCount,
            Chars = (own.Chars.Members + rest.Chars.Members, own.Chars.Types + rest.Chars.Types),
        };
    }

    private static ComparedImage Side(KernelImage image, ImageFacts? facts) => new(image.Path, facts, image.Types.Kind) { Files = image.OtherFiles };
}
