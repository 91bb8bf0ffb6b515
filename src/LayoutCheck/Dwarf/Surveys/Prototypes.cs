using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>
/// Finds the prototypes of functions and variables: the first definition of each in the order of the units, or else the first declaration. One search serves
/// one thread; the units are shared among them.
/// </summary>
internal sealed class Prototypes
{
    private readonly IReadOnlyList<string> _names;
    private readonly Candidate?[] _best;
    private readonly DwarfGraphBuilder _builder;
    private readonly List<SymbolHit> _hits = [];

    private Prototypes(DwarfImage image, IReadOnlyList<string> names)
    {
        _names = names;
        _best = new Candidate?[names.Count];
        _builder = new DwarfGraphBuilder(image.Sections);
    }

    /// <summary>What one unit says of a symbol.</summary>
    private sealed record Candidate(bool IsDeclaration, int Unit, ulong Offset, Prototype? Prototype, InvalidImageException? Problem)
    {
        public bool IsBetterThan(Candidate? other)
            => other is null || (IsDeclaration, Unit, Offset).CompareTo((other.IsDeclaration, other.Unit, other.Offset)) < 0;
    }

    /// <summary>Finds the prototypes of some symbols.</summary>
    /// <param name="image">The image.</param>
    /// <param name="names">The symbols, each once.</param>
    /// <param name="pool">The worker threads.</param>
    /// <exception cref="InvalidImageException">A unit is damaged.</exception>
    public static PrototypeSet Find(DwarfImage image, IReadOnlyList<string> names, WorkerPool pool)
    {
        TypeName[] requests = [.. names.Select(n => new TypeName(TypeNameKind.Any, n))];
        WantedNames wanted = new(requests, image.Sections);
        WantedNamesPerFile otherNames = new(requests);
        UnitQueue queue = new(image);
        Prototypes?[] searches = new Prototypes?[pool.Size];
        (int Unit, InvalidImageException Problem)?[] failures = new (int, InvalidImageException)?[pool.Size];
        pool.RunOnAll(number =>
        {
            using UnitScanners scanners = new(image, wanted, otherNames);
            Prototypes search = new(image, names);
            searches[number] = search;
            failures[number] = search.Run(queue, new CUnitWalk(image, scanners), scanners);
        });

        // Of several damaged units, the error is that of the first, for any number of threads.
        if (failures.Where(f => f is not null).MinBy(f => f!.Value.Unit) is { } first)
        {
            throw first.Problem;
        }

        return PrototypeSet.Of(names, i =>
        {
            Candidate? best = null;
            foreach (Candidate candidate in searches.Select(s => s?._best[i]).OfType<Candidate>())
            {
                best = candidate.IsBetterThan(best) ? candidate : best;
            }

            return (best?.Prototype, best?.Problem);
        });
    }

    private (int Unit, InvalidImageException Problem)? Run(UnitQueue queue, CUnitWalk walk, UnitScanners scanners)
    {
        UnitVisitor visitor = Visit;
        int index = 0;
        try
        {
            while (queue.Dequeue(scanners, out index, out DwarfSections file) is { } unit)
            {
                _ = walk.Visit(index, file, unit, visitor);
            }
        }
        catch (InvalidImageException e)
        {
            return (index, e);
        }

        return null;
    }

    private bool Visit(in CUnit unit)
    {
        if (unit.Role is not (UnitRole.C or UnitRole.Part))
        {
            return false;
        }

        _hits.Clear();
        unit.Scanner.CollectSymbols(_hits);
        foreach (SymbolHit hit in _hits)
        {
            Candidate candidate = new(hit.IsDeclaration, unit.Index, hit.DieOffset, null, null);
            if (candidate.IsBetterThan(_best[hit.Name]))
            {
                _best[hit.Name] = Read(unit, hit, candidate);
            }
        }

        return false;
    }

    private Candidate Read(in CUnit unit, SymbolHit hit, Candidate candidate)
    {
        try
        {
            (TypeGraph graph, TypeId type) = _builder.BuildPrototype(unit.File, unit.Header, hit.DieOffset);
            return candidate with { Prototype = new Prototype(_names[hit.Name], graph, type) };
        }
        catch (InvalidImageException e) when (e.IsOfOneType)
        {
            return candidate with { Problem = e };
        }
    }
}
