using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Import;

/// <summary>A baseline, and the members that are not in it.</summary>
/// <param name="RuleText">The rule file; it can be read back, and holds on the definitions that it was made of.</param>
/// <param name="LeftOut">What could not be pinned, a sentence for each type, escaped.</param>
internal sealed record Baseline(string RuleText, ImmutableArray<string> LeftOut);

/// <summary>
/// Writes a rule file that pins layouts as they are in a known-good image: which members, where, how large, of which type, and none besides; and the same of
/// the types that they hold by value.
/// </summary>
internal static class BaselineWriter
{
    /// <summary>The pack that baselines belong to.</summary>
    public const string Pack = "baseline";

    // Words of the language, which a bare type name cannot be.
    private static readonly string[] s_reserved = ["struct", "union", "pointee"];

    /// <summary>Whether the rule language can spell the name of a type. Other languages than C, and damage, make names that it cannot.</summary>
    public static bool CanPin(TypeName name)
        => Lexer.IsWord(name.Name) && (name.Kind != TypeNameKind.Any || (!s_reserved.Contains(name.Name) && ScalarReference.ByName(name.Name) is null));

    /// <summary>The rule file; readable, and meant to be edited.</summary>
    /// <param name="title">What it is the baseline of: <c>struct page of 6.12.117-1 amd64</c>.</param>
    /// <param name="definitions">The types; of one that is defined in several ways, the first definition is taken, and the file says so.</param>
    /// <param name="otherFiles">The files besides the image that the definitions rest on, a clause each.</param>
    /// <param name="options">What it pins.</param>
    /// <exception cref="ArgumentException">A type has no definition, or a name that the language cannot spell.</exception>
    public static Baseline Write(
        string title, IReadOnlyList<DefinitionSet> definitions, IReadOnlyList<string>? otherFiles = null, BaselineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(definitions);
        options ??= new BaselineOptions();
        title = Printable.Escape(title);
        Collector collector = new(options);
        foreach (DefinitionSet set in definitions)
        {
            if (set.Distinct.IsEmpty || !CanPin(set.Name))
            {
                throw new ArgumentException(set.Distinct.IsEmpty ? $"there is no definition of {set.Name} to pin"
                    : $"a rule cannot spell {Printable.Shorten(set.Name.ToString())}");
            }

            collector.Add(set);
        }

        StringBuilder rule = new();
        string scope = options.PlacesOnly ? "places and sizes alone, no types," : "sizes, places and types";
        _ = rule.Append(CultureInfo.InvariantCulture, $"---\ntitle: {scope} of {title}\nseverity: error\npack: {Pack}\n");
        bool isGuarded = false;
        foreach (BaselineBlock block in collector.Blocks)
        {
            block.Write(rule, ref isGuarded);
        }

        _ = rule.Append(CultureInfo.InvariantCulture, $"---\n\n# {scope} of {title}\n\n## What it checks\n\n{(options.PlacesOnly ? PlacesInWords : TypesInWords)}");
        _ = rule.Append("\n## How to fix\n\nWhere a change is meant, delete its line, or make the baseline again (baseline --force).\n");
        if (otherFiles is { Count: > 0 })
        {
            _ = rule.Append(CultureInfo.InvariantCulture, $"\nThe layouts were read from more files than the image: {string.Join("; ", otherFiles)}.\n");
        }

        return new Baseline(rule.ToString(), [.. collector.LeftOut]);
    }

    private const string PlacesInWords = """
        Every member is where it was and as large as it was, and there is no new one. Types are not looked at, nor are the
        members of types that are held by value: a baseline without --places pins those too.
        Delete the lines that may change.

        """;

    private const string TypesInWords = """
        Every member is where it was, as large as it was, and of the type that it was of, and there is no new one; the same of
        the types that these hold by value, at any depth. Typedefs stand for what they name. The bytes of a field that is
        reserved for later use may be put to use. Delete the lines that may change.

        """;

    /// <summary>The parts of a baseline, in the order of the types asked for; each is followed by the types that it holds.</summary>
    private sealed class Collector(BaselineOptions options)
    {
        private readonly Dictionary<(TypeName Name, string Rows), BaselineBlock> _byRows = [];

        public List<BaselineBlock> Blocks { get; } = [];

        public List<string> LeftOut { get; } = [];

        public void Add(DefinitionSet set)
        {
            TypeDefinition definition = set.Distinct[0];
            TypeGraph graph = definition.Graph;
            BaselineBlock whole = Block(set.Name, graph, definition.Aggregate);
            whole.Subjects.Add(set.Name.ToString());
            if (set.Distinct.Length > 1)
            {
                whole.Comments.Add($"The first of {set.Distinct.Length} definitions that differ, as in {Printable.Escape(definition.Units[0].Name)}.");
            }

            if (definition.Aggregate.Alignment is { } alignment && !DeclaredAlignments.MayBeTooSmall(definition.Graph, definition.Root))
            {
                // BTF records no alignment: an image without DWARF can only be held to the natural one, and not to less than that.
                whole.Extra.Add(string.Create(CultureInfo.InvariantCulture, $"alignof({set.Name}) <= {alignment}"));
            }

            if (!options.PlacesOnly)
            {
                AddHeld(set.Name, graph, definition.Aggregate);
            }
        }

        private void AddHeld(TypeName holder, TypeGraph graph, AggregateType aggregate)
        {
            HeldTypes all = HeldTypes.Of(graph, aggregate);
            HashSet<TypeName> seen = [];
            foreach ((TypeName name, TypeId type) in all.All)
            {
                if (!seen.Add(name))
                {
                    continue;
                }

                if (!CanPin(name))
                {
                    Leave($"{holder}: what it holds of {Quoted(name.ToString())} is not pinned, for a rule cannot name it");
                }
                else if (all.Find(name).Length > 1)
                {
                    Leave($"{holder}: what it holds of {name} is not pinned, for types that differ have that name");
                }
                else
                {
                    Block(name, graph, (AggregateType)graph[type]).Subjects.Add($"{name} {HeldReference.In} {holder}");
                }
            }
        }

        // The rows of a type; equal rows of one name are one block, which several types may hold.
        private BaselineBlock Block(TypeName name, TypeGraph graph, AggregateType aggregate)
        {
            BaselineBlock block = BaselineBlock.Of(name, graph, aggregate, options);
            (TypeName, string) key = (name, string.Join('\n', block.Rows));
            if (_byRows.TryGetValue(key, out BaselineBlock? same))
            {
                return same;
            }

            _byRows.Add(key, block);
            Blocks.Add(block);
            block.LeftOut.ForEach(Leave);
            if (block.Unnamed.Count > 0)
            {
                (string members, string them) = block.Unnamed.Count == 1 ? ("a member is", "it") : ($"{block.Unnamed.Count} members are", "them");
                Leave($"{name}: {members} not pinned, for a rule cannot name {them}: {Names(block.Unnamed)}");
            }

            if (block.Untyped.Count > 0)
            {
                string types = block.Untyped.Count == 1 ? "the type of a member is" : $"the types of {block.Untyped.Count} members are";
                Leave($"{name}: {types} not pinned, for a rule cannot spell {(block.Untyped.Count == 1 ? "it" : "them")}: {Names(block.Untyped)}");
            }

            return block;
        }

        // Of the part that was added last.
        private void Leave(string sentence)
        {
            Blocks[^1].Comments.Add(sentence);
            LeftOut.Add(sentence);
        }

        private static string Names(List<string> names)
        {
            // A sentence names so many.
            const int NamesTold = 3;
            return string.Join(", ", names.Take(NamesTold).Select(Quoted)) + (names.Count > NamesTold ? $" and {names.Count - NamesTold} more" : "");
        }

        private static string Quoted(string name) => $"'{Printable.Escape(Printable.Shorten(name))}'";
    }
}
