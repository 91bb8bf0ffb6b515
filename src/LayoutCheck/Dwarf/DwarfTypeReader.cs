using LayoutCheck.Types;

namespace LayoutCheck.Dwarf;

/// <summary>The types that the DWARF of one file describes. Only C units answer; the others are counted.</summary>
internal sealed class DwarfTypeReader : ITypeSource
{
    private readonly DwarfSections _sections;
    private readonly UnitIndex _units;

    public DwarfTypeReader(DwarfSections sections)
    {
        _sections = sections;
        _units = new UnitIndex(sections.Info);
    }

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Dwarf;

    /// <inheritdoc/>
    public TargetFacts Target => _units.At(0) is { } first
        ? new TargetFacts(first.AddressSize, _sections.Info.IsBigEndian)
        : throw _sections.Info.Invalid(0, "there is no unit in it");

    /// <inheritdoc/>
    public double FractionDone => _units.FractionFound;

    /// <inheritdoc/>
    public TypeDefinition? FindFirst(TypeName name)
    {
        DieScanner scanner = new(_sections, new WantedNames([name], _sections));
        DwarfGraphBuilder builder = new(_sections, _units);
        for (int i = 0; _units.At(i) is { } unit; i++)
        {
            UnitRoot root = scanner.Open(unit);
            if (!DwarfLanguage.IsC(root.Language))
            {
                continue;
            }

            while (scanner.Next(out ScanHit hit))
            {
                if (builder.Build(unit, hit.DieOffset) is var (graph, type))
                {
                    return new TypeDefinition(graph, type, [new DefiningUnit(i, root.Text(_sections, root.Name), root.Text(_sections, root.Producer))]);
                }
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public Survey FindAll(IReadOnlyList<TypeName> names, int threads)
    {
        ArgumentNullException.ThrowIfNull(names);
        SurveyWorker.Shared shared = new(_sections, _units, new WantedNames(names, _sections));
        SurveyWorker[] workers = SurveyWorker.RunAll(shared, Math.Max(1, threads));
        return SurveyWorker.Join(shared, workers, Target);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TypeName> DefinedNames()
    {
        DieScanner scanner = new(_sections, new WantedNames([], _sections));
        HashSet<(DwTag Tag, ulong StringOffset)> inSection = [];
        HashSet<(DwTag Tag, string Name)> inPlace = [];
        foreach (UnitHeader unit in _units.All())
        {
            if (DwarfLanguage.IsC(scanner.Open(unit).Language))
            {
                scanner.CollectNames(inSection, inPlace);
            }
        }

        // Equal names may stand at several offsets.
        HashSet<TypeName> names = [.. inPlace.Select(n => Name(n.Tag, n.Name))];
        foreach ((DwTag tag, ulong offset) in inSection)
        {
            names.Add(Name(tag, _sections.Require(_sections.Str, ".debug_str").TextAt(offset)));
        }

        return [.. names.OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Kind)];

        static TypeName Name(DwTag tag, string name) => new(tag == DwTag.DW_TAG_union_type ? TypeNameKind.Union : TypeNameKind.Struct, name);
    }
}
