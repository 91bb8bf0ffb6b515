using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Do all C units of an image agree about every struct and union?</summary>
public static class AuditAnalysis
{
    // After a failure, so many names are asked for one by one, each in a pass over all units.
    private const int MostAskedOneByOne = 64;

    /// <summary>Compares all definitions of all names, and tells apart those that differ by the places that declare them.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="threads">How many threads may work; the report does not depend on it.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="withImage">Whether the report has the facts that the image tells of itself.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood, or changed meanwhile.</exception>
    public static AuditReport Run(KernelImage image, int threads, AuditOptions options, bool withImage)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(options);
        using WorkerPool pool = new(threads);
        ITypeCensus census = image.Types.TakeCensus(pool);
        (ImmutableArray<DefinitionSet> disputed, long definitions) = Disputed(census, pool);
        ImmutableArray<DefinitionSet> apart = ByPlace(image.Types, pool, disputed);
        DebugInfoSummary source = census.Facts with { Omission = census.Facts.Omission ?? (census.Names.IsEmpty ? image.Types.FindOmission() : null) };
        AuditReport report = new(
            source, image.HasOtherSource, census.Names.Length, definitions, [.. apart.Select(set => VariantSorter.Sort(set, image.Types, image.HasOtherSource, options.Accepted))])
        {
            Run = RunInfo.Of(image.Path),
            Twins = options.WithTwins ? TwinAnalysis.Run(image.Types, pool) : null,
        };
        AuditReport signed = image.Sign(report, withImage);
        return options.Btf is { } btf ? signed with { Agreement = AgreementAnalysis.OfSources(image, btf, signed.Image, pool, options.Limit) } : signed;
    }

    // The sets with more than one definition, or that cannot be read; and the number of all definitions.
    private static (ImmutableArray<DefinitionSet> Disputed, long Definitions) Disputed(ITypeCensus census, WorkerPool pool)
    {
        const int Portion = 64;
        DefinitionSet?[] disputed = new DefinitionSet?[census.Names.Length];
        long definitions = 0;
        int next = 0;
        pool.RunOnAll(_ =>
        {
            using ICensusReader reader = census.OpenReader();
            long count = 0;
            for (int from = Interlocked.Add(ref next, Portion) - Portion; from < disputed.Length; from = Interlocked.Add(ref next, Portion) - Portion)
            {
                for (int i = from; i < Math.Min(from + Portion, disputed.Length); i++)
                {
                    if (census.CountOfEqual(i) is { } equal)
                    {
                        count += equal;
                        continue;
                    }

                    DefinitionSet set = Read(reader, census.Names[i], i);
                    count += set.DefinitionCount;
                    disputed[i] = set.Problem is not null || set.Distinct.Length > 1 ? set : null;
                }
            }

            Interlocked.Add(ref definitions, count);
        });
        return ([.. disputed.OfType<DefinitionSet>()], definitions);
    }

    private static DefinitionSet Read(ICensusReader reader, TypeName name, int index)
    {
        try
        {
            return reader.Read(index);
        }
        catch (InvalidImageException e) when (e.IsOfOneType)
        {
            return new DefinitionSet(name, [], 0) { Problem = e };
        }
    }

    // The same names with definitions of different places apart. Those that cannot be read stay as they are.
    private static ImmutableArray<DefinitionSet> ByPlace(ITypeSource types, WorkerPool pool, ImmutableArray<DefinitionSet> disputed)
    {
        TypeName[] names = [.. disputed.Where(s => s.Problem is null).Select(s => s.Name)];
        if (names.Length == 0)
        {
            return disputed;
        }

        Dictionary<TypeName, DefinitionSet> found = [];
        try
        {
            found = types.FindAllByPlace(names, pool).Sets.ToDictionary(s => s.Name);
        }
        catch (InvalidImageException) when (names.Length is > 1 and <= MostAskedOneByOne)
        {
            foreach (TypeName name in names)
            {
                found.Add(name, Alone(types, pool, name));
            }
        }

        return [.. disputed.Select(s => found.GetValueOrDefault(s.Name, s))];
    }

    private static DefinitionSet Alone(ITypeSource types, WorkerPool pool, TypeName name)
    {
        try
        {
            return types.FindAllByPlace([name], pool).Sets[0];
        }
        catch (InvalidImageException e)
        {
            return new DefinitionSet(name, [], 0) { Problem = e };
        }
    }
}

/// <summary>The options of <c>audit</c>.</summary>
/// <param name="Accepted">The differences that are right.</param>
/// <param name="WithTwins">Whether Rust's twins are compared with C too.</param>
/// <param name="Btf">The same image, read by its BTF, to be compared with its DWARF; or null. Not closed.</param>
/// <param name="Limit">Of types that differ between the two, the most that text shows with their members; 0 for all.</param>
public sealed record AuditOptions(ImmutableArray<AcceptedVariants> Accepted, bool WithTwins = false, KernelImage? Btf = null, int Limit = 0);
