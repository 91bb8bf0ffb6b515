using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>Finds the definitions of a name within functions, where no unit defines it at its top level.</summary>
internal sealed class LocalTypes
{
    // Each definition is compared with all different ones before it. The kernel has a few of a name.
    private const int MostLocal = 256;

    private readonly DwarfGraphBuilder _builder;
    private readonly List<TypeDefinition> _local = [];
    private int _count;

    private LocalTypes(DwarfImage image) => _builder = new DwarfGraphBuilder(image.Sections, withPlaces: true);

    /// <summary>The different local definitions of a name, and what a typedef of it stands for.</summary>
    /// <exception cref="InvalidImageException">A unit is damaged, or there are too many.</exception>
    public static Remainder Find(DwarfImage image, TypeName name)
    {
        LocalTypes search = new(image);
        using UnitScanners scanners = new(image, new WantedNames([name], image.Sections), new WantedNamesPerFile([name]));
        new CUnitWalk(image, scanners).VisitImage((in CUnit unit) =>
        {
            if (unit.IsC)
            {
                search.Collect(unit);
            }

            return false;
        });
        return new Remainder([.. search._local], search._builder.FirstTypedefOf);
    }

    private void Collect(in CUnit unit)
    {
        List<NestedHit> hits = [];
        unit.Scanner.CollectNested(hits);
        foreach (NestedHit hit in hits)
        {
            if (hit.IsNested && ++_count > MostLocal)
            {
                throw unit.File.Info.Invalid(hit.DieOffset, $"more than {MostLocal} types of one name within functions", "name the image of one kernel");
            }

            if (_builder.Build(unit.File, unit.Header, hit.DieOffset) is var (graph, type) && hit.IsNested)
            {
                Add(unit, hit, graph, type);
            }
        }
    }

    private void Add(in CUnit unit, NestedHit hit, TypeGraph graph, TypeId type)
    {
        DefiningUnit definer = new(unit.Index, unit.Root.DisplayName, unit.Root.IsCompileUnit ? unit.Root.Text(unit.Root.Producer) : "");
        int same = _local.FindIndex(d => DefinitionEquality.Same(d.Graph, d.Root, graph, type));
        if (same < 0)
        {
            _local.Add(new TypeDefinition(graph, type, [definer]) { Function = NameOfFunction(unit.File, unit.Header, hit.Function) });
        }
        else if (_local[same].Units[^1].Index != unit.Index)
        {
            _local[same] = _local[same] with { Units = _local[same].Units.Add(definer) };
        }
    }

    // The name of an inlined function is in the DIE that all of its copies refer to (DWARF 5 §3.3.8.1).
    private static string NameOfFunction(DwarfSections file, in UnitHeader unit, ulong function)
    {
        const int MostHops = 4;
        DieDecoder decoder = new(file);
        decoder.Open(unit);
        for (int hops = 0; function >= unit.FirstDie && function < unit.End && hops < MostHops && decoder.Read(function, out _) is { } die; hops++)
        {
            if (decoder.Text(die[DwAt.DW_AT_name]) is { } name)
            {
                return name;
            }

            AttributeValue origin = die[DwAt.DW_AT_abstract_origin];
            if (origin.Class != ValueClass.Reference)
            {
                break;
            }

            function = origin.Value;
        }

        return "";
    }
}
