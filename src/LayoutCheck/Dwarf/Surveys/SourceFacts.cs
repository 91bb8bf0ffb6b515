using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>The facts about the source that one worker collects beside its question: languages, producers, versions.</summary>
/// <param name="image">The file whose .debug_str holds most producers.</param>
internal sealed class SourceFacts(DwarfSections image)
{
    private readonly Dictionary<string, int> _languages = new(StringComparer.Ordinal);
    private readonly HashSet<string> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, string> _producersByOffset = [];
    private readonly SortedSet<ushort> _versions = [];

    /// <summary>Counts a unit, of any language.</summary>
    public void Count(in UnitRoot root)
    {
        if (root.IsCompileUnit)
        {
            string language = DwarfLanguage.Describe(root.Language);
            _languages[language] = _languages.GetValueOrDefault(language) + 1;
        }
    }

    /// <summary>Notes a unit whose types count, and returns its producer; empty unless it is a compile unit.</summary>
    public string Note(in CUnit unit)
    {
        _versions.Add(unit.Header.Version);
        return unit.Root.IsCompileUnit ? Producer(unit) : "";
    }

    /// <summary>The facts of all workers, and the producers. Does not depend on the number of workers.</summary>
    public static DebugInfoSummary Merge(IReadOnlyCollection<SourceFacts> facts, TargetInfo target)
    {
        IEnumerable<LanguageCount> languages = facts.SelectMany(f => f._languages).GroupBy(l => l.Key, StringComparer.Ordinal)
            .Select(g => new LanguageCount(g.Key, g.Sum(l => l.Value))).OrderByDescending(l => l.UnitCount).ThenBy(l => l.Language, StringComparer.Ordinal);
        IEnumerable<string> versions = facts.SelectMany(f => f._versions).Distinct().Order().Select(v => v.ToString(CultureInfo.InvariantCulture));
        ImmutableArray<string> producers = [.. facts.SelectMany(f => f._producers).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return new DebugInfoSummary(SourceKind.Dwarf, target, "DWARF " + string.Join(", ", versions), [.. languages], producers)
        {
            Omission = producers.Select(ReducedUnits.OmissionOf).FirstOrDefault(o => o is not null),
        };
    }

    // Equal producers have one offset in .debug_str, and a thousand characters.
    private string Producer(in CUnit unit)
    {
        ulong? place = unit.File == image ? unit.Root.StringOffset(unit.Root.Producer) : null;
        if (place is not { } offset)
        {
            string text = unit.Root.Text(unit.Root.Producer);
            _producers.Add(text);
            return text;
        }

        if (!_producersByOffset.TryGetValue(offset, out string? producer))
        {
            producer = unit.Root.Text(unit.Root.Producer);
            _producersByOffset.Add(offset, producer);
            _producers.Add(producer);
        }

        return producer;
    }
}
