using System.Text;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf;

/// <summary>The types that the DWARF of one file describes. Only C units answer; the others are counted.</summary>
internal sealed class DwarfTypeReader : ITypeSource
{
    private readonly DwarfSections _sections;

    public DwarfTypeReader(DwarfSections sections) => _sections = sections;

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Dwarf;

    /// <inheritdoc/>
    public TargetFacts Target => _sections.Units.At(0) is { } first
        ? new TargetFacts(first.AddressSize, _sections.Info.IsBigEndian)
        : throw _sections.Info.Invalid(0, "there is no unit in it");

    /// <inheritdoc/>
    public double FractionDone => _sections.Units.FractionFound;

    /// <inheritdoc/>
    public TypeDefinition? FindFirst(TypeName name)
    {
        DieScanner scanner = new(_sections, new WantedNames([name], _sections));
        DwarfGraphBuilder builder = new(_sections, withPlaces: true);
        ImportedUnits imports = new(_sections);
        List<(int Index, UnitHeader Unit)> partial = [];
        for (int i = 0; _sections.Units.At(i) is { } unit; i++)
        {
            UnitRoot root = scanner.Open(unit);
            if (root.IsPartial && DwarfLanguage.IsC(root.Language))
            {
                partial.Add((i, unit));
            }
            else if (!root.IsPartial && DwarfLanguage.IsC(root.Language) && FindFirst(i, unit, root, imports, scanner, builder) is { } found)
            {
                return found;
            }
        }

        foreach ((int index, UnitHeader unit) in partial)
        {
            if (!imports.Contains(unit) && FindFirst(index, unit, scanner.Open(unit), imports, scanner, builder) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public Survey FindAll(IReadOnlyList<TypeName> names, int threads, bool withPlaces = false)
    {
        ArgumentNullException.ThrowIfNull(names);
        SurveyWorker.Shared shared = new(_sections, new WantedNames(names, _sections), withPlaces);
        SurveyWorker[] workers = SurveyWorker.RunAll(shared, Math.Max(1, threads));
        return SurveyWorker.Join(shared, workers, () => Target);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TypeName> DefinedNames()
    {
        DieScanner scanner = new(_sections, new WantedNames([], _sections));
        ImportedUnits imports = new(_sections);
        HashSet<(DwTag Tag, ulong StringOffset)> inSection = [];
        HashSet<(DwTag Tag, string Name)> inPlace = [];
        foreach (UnitHeader unit in _sections.Units.All())
        {
            // A partial unit in C is there for C units, whether or not one is left that imports it.
            if (DwarfLanguage.IsC(scanner.Open(unit).Language))
            {
                scanner.CollectNames(inSection, inPlace);
                imports.Add(unit, scanner.Imports);
            }
        }

        while (imports.TryTake(out UnitHeader unit))
        {
            if (IsPartForC(scanner.Open(unit)))
            {
                scanner.CollectNames(inSection, inPlace);
                imports.Add(unit, scanner.Imports);
            }
        }

        // Equal names may stand at several offsets.
        HashSet<TypeName> names = [.. inPlace.Select(n => Name(n.Tag, n.Name))];
        foreach ((DwTag tag, ulong offset) in inSection)
        {
            ReadOnlySpan<byte> name = _sections.Require(_sections.Str, ".debug_str").StringAt(offset);
            if (name.Length <= TypeGraphBuilder.LongestName)
            {
                names.Add(Name(tag, Encoding.UTF8.GetString(name)));
            }
        }

        return [.. names.OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Kind)];

        static TypeName Name(DwTag tag, string name) => new(tag == DwTag.DW_TAG_union_type ? TypeNameKind.Union : TypeNameKind.Struct, name);
    }

    // The definition in a unit that the scanner is open on, or in what it imports. A part that was searched for one unit has nothing for the next.
    private TypeDefinition? FindFirst(int index, UnitHeader unit, UnitRoot root, ImportedUnits imports, DieScanner scanner, DwarfGraphBuilder builder)
    {
        UnitHeader searched = unit;
        bool isSearched = true;
        do
        {
            while (isSearched && scanner.Next(out ScanHit hit))
            {
                if (builder.Build(searched, hit.DieOffset) is var (graph, type))
                {
                    string producer = root.IsCompileUnit ? root.Text(_sections, root.Producer) : "";
                    return new TypeDefinition(graph, type, [new DefiningUnit(index, root.DisplayName(_sections), producer)]);
                }
            }

            if (isSearched)
            {
                imports.Add(searched, scanner.Imports);
            }

            if (!imports.TryTake(out searched))
            {
                return null;
            }

            isSearched = IsPartForC(scanner.Open(searched));
        }
        while (true);
    }

    private static bool IsPartForC(in UnitRoot root) => root.IsPartial && (root.Language is null || DwarfLanguage.IsC(root.Language));
}
