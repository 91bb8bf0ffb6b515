using System.Runtime.ExceptionServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>
/// One thread's part of a survey: takes units from the queue until it is empty, and folds the equal definitions that it finds.
/// <see cref="SurveyMerge"/> folds those of all workers, so that the result does not depend on their number.
/// </summary>
internal sealed class SurveyWorker
{
    private readonly SurveyPlan _plan;
    private readonly UnitScanners _scanners;
    private readonly CUnitWalk _walk;
    private readonly SurveyFindings _findings;
    private readonly DwarfGraphBuilder _builder;
    private readonly DefinitionMatcher _matcher;
    private readonly InternedTypes? _internedTypes;

    // By request, for the current unit.
    private readonly bool[] _isDeclared;
    private readonly bool[] _isDefined;

    private SurveyWorker(SurveyPlan plan, UnitScanners scanners)
    {
        int requests = plan.Wanted.Requests.Length;
        _plan = plan;
        _scanners = scanners;
        _walk = new CUnitWalk(plan.Image, scanners);
        _findings = new SurveyFindings(requests, new SourceFacts(plan.Image.Sections));
        _builder = new DwarfGraphBuilder(plan.Image.Sections, withPlaces: plan.TellsPlacesApart);
        _matcher = new DefinitionMatcher(plan.Image.Sections, scanners.ForImage.Info, scanners.ForImage.Abbrevs);
        _internedTypes = plan.Image.Sections.Disabled.HasFlag(FastPaths.InternedTypes) ? null : new InternedTypes();
        _isDeclared = new bool[requests];
        _isDefined = new bool[requests];
    }

    /// <summary>Runs a worker on each thread to the end.</summary>
    /// <returns>The findings of each worker that took part.</returns>
    public static SurveyFindings[] RunAll(SurveyPlan plan, WorkerPool pool)
    {
        SurveyFindings?[] findings = new SurveyFindings?[pool.Size];
        pool.RunOnAll(number =>
        {
            using UnitScanners scanners = new(plan.Image, plan.Wanted, plan.OtherNames);
            SurveyWorker worker = new(plan, scanners);
            findings[number] = worker._findings;
            worker.Run();
        });
        return [.. findings.OfType<SurveyFindings>()];
    }

    private void Run()
    {
        UnitVisitor visitor = Visit;
        int index = 0;
        try
        {
            while (_plan.Queue.Dequeue(_scanners, out index, out DwarfSections file) is { } unit)
            {
                _walk.Visit(index, file, unit, visitor);
            }
        }
        catch (Exception e)
        {
            // An exception on this thread would end the process: the merge throws it on the caller's.
            _findings.Failure = ExceptionDispatchInfo.Capture(e);
            _findings.FailedIndex = index;
        }

        _findings.HasWalked = _walk.HasSkeletons || _scanners.HasWalked;
    }

    private bool Visit(in CUnit unit)
    {
        _findings.Facts.Count(unit.Root);
        if (unit.Role == UnitRole.UnknownLanguage)
        {
            LanguageGuard.RequireNoDefinition(unit, _builder, _plan.Wanted.Requests);
        }
        else if (unit.Role is UnitRole.C or UnitRole.Part)
        {
            FindDefinitions(unit, new UnitInReport(unit, _findings.Facts.Note(unit)));
        }

        return false;
    }

    private void FindDefinitions(in CUnit unit, UnitInReport inReport)
    {
        Array.Clear(_isDeclared);
        Array.Clear(_isDefined);
        while (unit.Scanner.Next(out ScanHit hit))
        {
            Variant? variant = null;
            ExceptionDispatchInfo? failure = null;
            try
            {
                variant = hit.IsDeclaration ? null : FindVariant(unit, hit);
            }
            catch (InvalidImageException e)
            {
                failure = ReducedUnits.Explains(e, inReport.Producer) ? null : ExceptionDispatchInfo.Capture(e);
            }

            if (variant is null && failure is null)
            {
                NoteDeclaration(hit);
                continue;
            }

            unit.Scanner.MarkFound(hit.Request);
            _isDefined[hit.Request] = true;
            DefiningUnit definer = inReport.ForDefinition(unit);
            if (variant is null)
            {
                // It may equal a definition of another worker, as far as the layout goes: the merge decides.
                _findings.Unread.Add(new UnreadDefinition(unit.File, unit.Header, definer, unit.Role == UnitRole.Part, hit, failure!));
            }
            else if (unit.Header.IsTypeUnit && unit.File.IsSplit)
            {
                variant.AddTypeUnit(unit.Header.Signature, definer);
            }
            else
            {
                variant.Add(definer, unit.Role == UnitRole.Part);
            }
        }

        NoteUnit(unit, inReport);
    }

    private void NoteDeclaration(ScanHit hit)
    {
        // A typedef of a number, for one, declares no struct. A typedef of a declared struct names one that another unit may define.
        if (hit.Tag != DwTag.DW_TAG_typedef)
        {
            _isDeclared[hit.Request] = true;
        }
        else if (_builder.TypedefOf is { } target)
        {
            _findings.TypedefTargets[hit.Request].Add(target);
        }
    }

    private void NoteUnit(in CUnit unit, UnitInReport inReport)
    {
        if (unit.Role == UnitRole.Part || unit.Scanner.Imports.Count > 0)
        {
            // Which unit defines and which only declares is known after all units.
            unit.Split?.Keep();
            DefiningUnit definer = inReport.ForImport(unit);
            _findings.ImportedUnits.Add(new UnitFinding(
                unit.File, unit.Header, definer, unit.Role == UnitRole.Part, unit.IsC, [.. unit.Scanner.Imports], [.. _isDefined], [.. _isDeclared]));
        }
        else if (unit.Root.IsCompileUnit)
        {
            for (int i = 0; i < _isDeclared.Length; i++)
            {
                _findings.Declarations[i] += _isDeclared[i] && !_isDefined[i] ? 1 : 0;
            }
        }
    }

    // The variant that a DIE defines: a new one if it is the first of its layout, null if the DIE defines nothing.
    private Variant? FindVariant(in CUnit unit, ScanHit hit)
    {
        List<Variant> variants = _findings.Variants[hit.Request];
        // The matcher compares names by their offsets in the .debug_str of the image.
        if (!_plan.IsSlow && unit.File == _plan.Image.Sections && VariantMatch.Find(_matcher, unit.Header, hit, variants) is { } match)
        {
            return match;
        }

        if (_builder.Build(unit.File, unit.Header, hit.DieOffset) is not var (graph, type))
        {
            return null;
        }

        Variant? same = variants.Find(v => _plan.IsSame(v, graph, type));
        same?.IsInTypeUnit |= unit.Header.IsTypeUnit;
        if (same is null)
        {
            unit.Split?.Keep();
            same = new Variant(graph, type, [], unit.File, unit.Header, hit.DieOffset, _internedTypes);
            variants.Add(same);
            if (variants.Count > _plan.MostVariants + 1)
            {
                throw _plan.TooManyVariants(hit.Request);
            }
        }

        return same;
    }

    /// <summary>The identity of a unit in a report. The name is read on demand.</summary>
    private sealed class UnitInReport(in CUnit unit, string producer)
    {
        private readonly bool _isPartial = unit.Role == UnitRole.Part;
        private string? _name;

        public string Producer => producer;

        public DefiningUnit ForDefinition(in CUnit unit) => new(unit.Index, _isPartial ? "" : _name ??= unit.Root.DisplayName, producer);

        public DefiningUnit ForImport(in CUnit unit) => new(unit.Index, _name ??= unit.Root.DisplayName, producer);
    }
}
