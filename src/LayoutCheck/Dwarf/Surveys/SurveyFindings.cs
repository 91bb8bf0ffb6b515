using System.Runtime.ExceptionServices;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>A definition that is damaged or not understood.</summary>
/// <param name="File">Its file.</param>
/// <param name="Header">Its unit.</param>
/// <param name="Unit">The unit in a report.</param>
/// <param name="IsPartial">Whether that is a partial unit.</param>
/// <param name="Hit">The DIE.</param>
/// <param name="Failure">The error.</param>
internal sealed record UnreadDefinition(DwarfSections File, UnitHeader Header, DefiningUnit Unit, bool IsPartial, ScanHit Hit, ExceptionDispatchInfo Failure);

/// <summary>The findings of one worker of a survey. Lists by request have one entry for each wanted name.</summary>
/// <param name="requests">The number of wanted names.</param>
/// <param name="facts">Where the facts about the source are collected.</param>
internal sealed class SurveyFindings(int requests, SourceFacts facts)
{
    /// <summary>By request: the different definitions.</summary>
    public List<Variant>[] Variants { get; } = Lists<List<Variant>>(requests);

    /// <summary>By request: the number of C units that only declare it, without those that import units.</summary>
    public int[] Declarations { get; } = new int[requests];

    /// <summary>By request: the structs and unions that its typedefs name and their units only declare.</summary>
    public HashSet<TypeName>[] TypedefTargets { get; } = Lists<HashSet<TypeName>>(requests);

    /// <summary>The facts about the source.</summary>
    public SourceFacts Facts { get; } = facts;

    /// <summary>The partial units, and the units that import any.</summary>
    public List<UnitFinding> ImportedUnits { get; } = [];

    /// <summary>The definitions that could not be read.</summary>
    public List<UnreadDefinition> Unread { get; } = [];

    /// <summary>The error that ended the worker; null if it reached the end.</summary>
    public ExceptionDispatchInfo? Failure { get; set; }

    /// <summary>The index of the unit with that error.</summary>
    public int FailedIndex { get; set; }

    /// <summary>Whether a unit may have a wanted name at any level: its bytes did not exclude it.</summary>
    public bool HasWalked { get; set; }

    private static T[] Lists<T>(int count)
        where T : new()
    {
        T[] lists = new T[count];
        for (int i = 0; i < count; i++)
        {
            lists[i] = new T();
        }

        return lists;
    }
}
