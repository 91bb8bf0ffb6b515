using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Code;

/// <summary>Asks the instructions of an image where the members are that its types describe.</summary>
internal static class CodeWitness
{
    /// <summary>The structs that the helpers take.</summary>
    public static ImmutableArray<TypeName> RequiredTypes => [.. HelperCatalog.All.Select(h => h.Of).Distinct()];

    /// <summary>The helpers on the layouts of an image; those whose member it does not have are left out.</summary>
    /// <param name="definitions">The definitions of the structs.</param>
    /// <param name="isWanted">Whether to ask for a helper.</param>
    public static ImmutableArray<HelperPlaces> PlacesOf(IReadOnlyDictionary<TypeName, DefinitionSet> definitions, Func<Helper, bool> isWanted)
        => [.. HelperCatalog.All.Where(isWanted).Select(h => definitions.TryGetValue(h.Of, out DefinitionSet? set) ? HelperPlaces.Of(h, set.Distinct) : null).OfType<HelperPlaces>()];

    /// <summary>The question for the debug information.</summary>
    public static ImmutableArray<InlinedFunction> Questions(ImmutableArray<HelperPlaces> helpers) => [.. helpers.Select(h => new InlinedFunction(h.Helper.Name, h.Helper.Parameters))];

    /// <summary>Compares the instructions of inlined calls with the layouts.</summary>
    /// <param name="helpers">The helpers.</param>
    /// <param name="calls">Their calls, in the order of <see cref="Questions"/>.</param>
    /// <param name="map">The code.</param>
    /// <param name="pool">The worker threads.</param>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public static CodeEvidence Ask(ImmutableArray<HelperPlaces> helpers, InlinedCall[] calls, CodeMap map, WorkerPool pool)
    {
        OperandScan.Result scan = OperandScan.Run(map, calls, pool);
        bool[] isSeen = new bool[calls.Length];
        Dictionary<string, Found> members = [];
        foreach (OperandHit hit in scan.Hits)
        {
            isSeen[hit.Call] = true;
            HelperPlaces helper = helpers[calls[hit.Call].Function];
            if (!members.TryGetValue(helper.Member.Name, out Found? found))
            {
                members.Add(helper.Member.Name, found = new Found(helper.Member));
            }

            found.Add(hit, helper, calls[hit.Call], map);
        }

        ImmutableArray<HelperEvidence> asked = [.. calls.Select((call, i) => (Call: call, Index: i)).GroupBy(c => c.Call.Function).Select(g => new HelperEvidence(
            helpers[g.Key].Helper.Name,
            helpers[g.Key].Member,
            g.Count(),
            g.Count(c => c.Call.Ranges.Length > 0),
            g.Count(c => isSeen[c.Index]))).OrderBy(h => h.Name, StringComparer.Ordinal)];
        IEnumerable<CodeMember> known = helpers.Select(h => h.Member).DistinctBy(m => m.Name);
        return new CodeEvidence(null, [.. known.Select(m => members.TryGetValue(m.Name, out Found? found) ? found.ToEvidence() : new MemberEvidence(m, [], []))
            .OrderBy(m => m.Member.IsTagWord ? 0 : m.Member.IsPgmap ? 1 : 2).ThenBy(m => m.Member.Name, StringComparer.Ordinal)], asked)
        { Notes = NotesOn(scan) };
    }

    private static ImmutableArray<string> NotesOn(OperandScan.Result scan)
    {
        List<string> notes = [];
        if (scan.UndecodedCount > 0)
        {
            notes.Add($"{Printable.Count((ulong)scan.UndecodedCount, "function")} {(scan.UndecodedCount == 1 ? "is" : "are")} not decoded to the end: {(scan.UndecodedCount == 1 ? "it has" : "they have")} bytes that are no known instruction");
        }

        if (scan.OutsideCount > 0)
        {
            notes.Add($"{Printable.Count((ulong)scan.OutsideCount, "function")} {(scan.OutsideCount == 1 ? "does" : "do")} not lie in the image's code");
        }

        if (scan.IsCut)
        {
            notes.Add("the scan was given up: functions of the image overlap, or have more accesses than any kernel");
        }

        return [.. notes];
    }

    /// <summary>The accesses of the helpers of one member.</summary>
    private sealed class Found(CodeMember member)
    {
        // Places of calls that are looked up: each may read a line table.
        private const int MostPlaces = 1000;

        private readonly SortedDictionary<ulong, (CodeSite Site, InlinedCall Call)> _right = [];
        private readonly SortedDictionary<ulong, (CodeSite Site, InlinedCall Call)> _wrong = [];
        private readonly HashSet<ulong> _also = [];

        public void Add(in OperandHit hit, HelperPlaces helper, InlinedCall call, CodeMap map)
        {
            // Of a pair (arm64 ldp), one half is the member's and the other one its neighbour's.
            long? at = member.Place.IsAccess(hit.Displacement, hit.Width) ? hit.Displacement
                : hit.Second is { } second && member.Place.IsAccess(second, hit.Width) ? second
                : null;
            if (at is null && IsAlso(helper, hit))
            {
                _ = _also.Add(hit.Address);
                return;
            }

            SortedDictionary<ulong, (CodeSite, InlinedCall)> sites = at is null ? _wrong : _right;
            if (!sites.ContainsKey(hit.Address))
            {
                long displacement = at ?? hit.Displacement;
                string operand = OperandText.Of(map.Machine, hit.Register, displacement);
                sites.Add(hit.Address, (new CodeSite(hit.Address, map.Describe(hit.Address), displacement, operand, helper.Helper.Name, call.Unit.Name, call.Unit.Index), call));
            }
        }

        // An instruction that is right for one call is not wrong for the one around it.
        public MemberEvidence ToEvidence()
        {
            IEnumerable<CodeSite> wrong = _wrong.Values.Where(f => !_right.ContainsKey(f.Site.Address) && !_also.Contains(f.Site.Address))
                .Select((f, i) => i < MostPlaces ? f.Site with { Place = f.Call.Place } : f.Site);
            return new MemberEvidence(member, [.. _right.Values.Select(f => f.Site)],
                [.. wrong.GroupBy(s => s.Displacement).Select(g => new WrongPlace(g.Key, [.. g])).OrderByDescending(w => w.Sites.Length).ThenBy(w => w.Displacement)]);
        }

        private static bool IsAlso(HelperPlaces helper, OperandHit hit)
            => helper.Also.Any(place => place.IsAccess(hit.Displacement, hit.Width) || (hit.Second is { } second && place.IsAccess(second, hit.Width)));
    }
}
