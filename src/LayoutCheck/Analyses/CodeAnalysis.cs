using System.Collections.Immutable;
using LayoutCheck.Code;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Do the instructions of an image use the members where its types have them?</summary>
internal static class CodeAnalysis
{
    /// <summary>Adds to a check what the image's instructions say.</summary>
    /// <param name="report">The check.</param>
    /// <param name="image">The image; not closed.</param>
    /// <param name="threads">How many threads may work; the report does not depend on it.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood, or changed meanwhile.</exception>
    public static CheckReport AddTo(CheckReport report, KernelImage image, int threads)
    {
        using WorkerPool pool = new(threads);
        CodeEvidence code = Ask(image, pool);
        image.RequireUnchanged();
        return report with { Code = code };
    }

    /// <summary>Asks the instructions of an image.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="pool">The worker threads.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood.</exception>
    public static CodeEvidence Ask(KernelImage image, WorkerPool pool)
    {
        if (image.Source != SourceKind.Dwarf)
        {
            return CodeEvidence.NotAskedFor("BTF does not say where functions were inlined; --source dwarf reads what does");
        }

        if (image.Files is not var (contents, debug))
        {
            return CodeEvidence.NotAskedFor("it is no ELF file, whose sections say what is code");
        }

        if (CodeMap.Of(contents, debug, out string reason) is not { } map)
        {
            return CodeEvidence.NotAskedFor(reason);
        }

        ImmutableArray<HelperPlaces> helpers = CodeWitness.PlacesOf(image.Types.FindAll(CodeWitness.RequiredTypes, pool).Sets.ToDictionary(s => s.Name));
        return helpers.IsEmpty ? CodeEvidence.NotAskedFor("it defines neither struct page nor struct folio, or its units define them differently")
            : CodeWitness.Ask(helpers, image.Types.FindInlinedCalls(CodeWitness.Questions(helpers), pool) ?? [], map, pool);
    }
}
