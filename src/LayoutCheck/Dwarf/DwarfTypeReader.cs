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
        HashSet<TypeName> names = [];
        AbbrevTable abbrevs = new(_sections.Abbrev);
        DieDecoder decoder = new(_sections);
        foreach (UnitHeader unit in _units.All())
        {
            abbrevs.Load(unit);
            UnitRoot root = UnitRoot.Read(_sections, abbrevs, unit);
            if (!DwarfLanguage.IsC(root.Language) || !root.HasChildren)
            {
                continue;
            }

            decoder.Open(unit);
            ulong at = root.End;
            while (at < unit.End && decoder.Read(at, out _) is { } die)
            {
                if (die.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type
                    && die[DwAt.DW_AT_declaration].Class == ValueClass.Absent
                    && decoder.Text(die[DwAt.DW_AT_name]) is { } name)
                {
                    names.Add(new TypeName(die.Tag == DwTag.DW_TAG_union_type ? TypeNameKind.Union : TypeNameKind.Struct, name));
                }

                AttributeValue sibling = die[DwAt.DW_AT_sibling];
                at = sibling.Class == ValueClass.Reference && sibling.Value > at ? sibling.Value : decoder.Next(die);
            }
        }

        return [.. names.OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Kind)];
    }
}
