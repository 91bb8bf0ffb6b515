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

    /// <summary>Shows one instruction of a helper: the first that does not use its member where the types have it, or else the first that does.</summary>
    /// <param name="helper">The helper.</param>
    /// <param name="image">The image; not closed.</param>
    /// <param name="threads">How many threads may work; the report does not depend on it.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood, or changed meanwhile.</exception>
    public static HelperReport Explain(Helper helper, KernelImage image, int threads)
    {
        using WorkerPool pool = new(threads);
        (CodeEvidence evidence, CodeMap? map, InlinedCall[] calls) = Ask(image, pool, h => h.Name == helper.Name);
        MemberEvidence? member = evidence.Members.FirstOrDefault();
        CodeSite? site = member?.Wrong.SelectMany(w => w.Sites).MinBy(s => s.Address) ?? member?.Sites.FirstOrDefault();
        ImmutableArray<ListedInstruction> lines = [];
        if (site is not null && map is not null)
        {
            (InlinedCall Call, RegisterRange Range) found = calls.SelectMany(c => c.Ranges.Select(r => (Call: c, Range: r))).First(c => c.Range.From <= site.Address && site.Address < c.Range.To);
            site = site with { Place = site.Place ?? found.Call.Place };
            lines = Listing.Around(map, found.Range, site.Address);
        }

        HelperReport report = new(helper, evidence, site, lines) { Run = RunInfo.Of(image.Path) };
        return image.Sign(report, image.ReadFacts());
    }

    /// <summary>Asks the instructions of an image.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="pool">The worker threads.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood.</exception>
    public static CodeEvidence Ask(KernelImage image, WorkerPool pool) => Ask(image, pool, _ => true).Evidence;

    private static (CodeEvidence Evidence, CodeMap? Map, InlinedCall[] Calls) Ask(KernelImage image, WorkerPool pool, Func<Helper, bool> isWanted)
    {
        if (image.Source != SourceKind.Dwarf)
        {
            return NotAsked(image.Source == SourceKind.None
                ? "the image has no debug information, which says where functions were inlined"
                : "BTF does not say where functions were inlined; --source dwarf reads what does");
        }

        if (image.Files is not var (contents, debug))
        {
            return NotAsked("it is no ELF file, whose sections say what is code");
        }

        if (CodeMap.Of(contents, debug, out string reason) is not { } map)
        {
            return NotAsked(reason);
        }

        ImmutableArray<HelperPlaces> helpers = CodeWitness.PlacesOf(image.Types.FindAll(CodeWitness.RequiredTypes, pool).Sets.ToDictionary(s => s.Name), isWanted);
        if (helpers.IsEmpty)
        {
            return NotAsked("its types have no member that a known helper uses, or its units have one at different places");
        }

        InlinedCall[] calls = image.Types.FindInlinedCalls(CodeWitness.Questions(helpers), pool) ?? [];
        return (CodeWitness.Ask(helpers, calls, map, pool), map, calls);
    }

    private static (CodeEvidence, CodeMap?, InlinedCall[]) NotAsked(string reason) => (CodeEvidence.NotAskedFor(reason), null, []);
}
