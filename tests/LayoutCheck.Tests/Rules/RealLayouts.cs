using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules;

/// <summary>
/// The layouts of real kernels as far as rules ask for them, kept as text in <c>Layouts/</c> (the form of <see cref="LayoutText"/>), so that
/// rules are tested on them without the kernels. <see cref="StoredLayoutsTests"/> compares them with the kernels where those are at hand.
/// </summary>
internal static class RealLayouts
{
    /// <summary>Structs larger than this are kept with only the members that a rule names.</summary>
    private const ulong WholeUpTo = 320;

    /// <summary>A kernel that is only known by its own BTF, in which no alignment is declared.</summary>
    public const string Running = "running-6.18";

    /// <summary>The kernels, by the folder that <c>tests/real-kernels/fetch</c> puts them in.</summary>
    public static readonly string[] Kernels = ["amd64-6.1-cloud", "amd64-6.12-cloud", Running, "amd64-7.3-cloud"];

    /// <summary>The stored text of one kernel.</summary>
    public static string Read(string kernel) => File.ReadAllText(PathOf(kernel));

    public static string PathOf(string kernel) => Path.Combine(Folder(), "Layouts", kernel + ".txt");

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    /// <summary>Writes the types that rules ask for, and the small ones that these are made of.</summary>
    public static string Describe(IReadOnlyDictionary<TypeName, DefinitionSet> definitions, RuleSet rules)
    {
        ILookup<TypeName, string> named = rules.Rules.SelectMany(r => r.Checks)
            .SelectMany(c => (c.When?.Subjects ?? []).Concat(c.Expression.Subjects))
            .Where(s => s.Type.BaseName is not null && s.Member is not null)
            .SelectMany(s => s.Member!.Paths.Select(p => (Type: s.Type.BaseName!.Value, Member: p.Split('.', '[')[0])))
            .Distinct().ToLookup(p => p.Type, p => p.Member);
        Writer writer = new();
        foreach (TypeName name in rules.RequiredTypes)
        {
            if (definitions.TryGetValue(name, out DefinitionSet? set) && set.Distinct.Length > 0)
            {
                TypeDefinition definition = set.Distinct[0];
                if (definition.Graph[definition.Root] is EnumType { Enumerators: { } enumerators } type)
                {
                    writer.Add(type, enumerators, named[name].ToHashSet());
                    continue;
                }

                writer.Add(definition.Graph, definition.Aggregate, name.ToString(), named[name].ToHashSet());
            }
        }

        return writer.ToString();
    }

    private sealed class Writer
    {
        private readonly SortedDictionary<string, string> _types = new(StringComparer.Ordinal);

        public override string ToString() => string.Concat(_types.Values);

        public void Add(TypeGraph graph, AggregateType type, string name, HashSet<string> named)
        {
            if (_types.ContainsKey(name))
            {
                return;
            }

            _types[name] = "";
            StringBuilder text = new();
            _ = text.Append(CultureInfo.InvariantCulture, $"{(name.Contains(' ', StringComparison.Ordinal) ? name : "typedef " + name)} {type.ByteSize}");
            _ = text.Append(type.Alignment is { } alignment ? string.Create(CultureInfo.InvariantCulture, $" align {alignment}\n") : "\n");
            Members(graph, type, 0, name, type.ByteSize <= WholeUpTo ? null : named, text);
            _types[name] = text.ToString();
        }

        // Of enumerators, those that a rule names.
        public void Add(EnumType type, IEnumerable<Enumerator> enumerators, HashSet<string> named)
            => _types[$"enum {type.Name}"] = string.Concat([
                string.Create(CultureInfo.InvariantCulture, $"enum {type.Name} {type.ByteSize}\n"),
                .. enumerators.Where(e => named.Contains(e.Name)).Select(e => string.Create(CultureInfo.InvariantCulture, $"  {e.Name} {e.Value}\n")),
            ]);

        private void Members(TypeGraph graph, AggregateType type, ulong offset, string outer, HashSet<string>? named, StringBuilder text)
        {
            bool hasPointer = false;
            foreach (Member member in type.Members)
            {
                ulong start = offset + member.BitOffset;
                AggregateType? inner = graph.AsAggregate(member.Type);
                if (member.Name is null)
                {
                    if (inner is not null)
                    {
                        Members(graph, inner, start, outer, named, text);
                    }

                    continue;
                }

                // One pointer stays in any case: the natural alignment comes from it.
                bool isFirstPointer = !hasPointer && graph.Strip(member.Type) is var bare && bare != TypeId.Void && graph[bare] is PointerType;
                hasPointer |= isFirstPointer;
                if (named is not null && !isFirstPointer && !named.Contains(member.Name) && !member.Name.StartsWith("__cacheline_group_", StringComparison.Ordinal))
                {
                    continue;
                }

                string spelling = graph.Declare(member.Type);
                if (inner is { Name: null })
                {
                    // What has no name of its own gets one from where it stands.
                    spelling = $"{(inner.Kind == AggregateKind.Union ? "union" : "struct")} {outer.Split(' ')[^1]}__{member.Name}";
                }

                if (inner is not null && inner.ByteSize <= WholeUpTo)
                {
                    if (inner.Name is not null)
                    {
                        spelling = $"{(inner.Kind == AggregateKind.Union ? "union" : "struct")} {inner.Name}";
                    }

                    Add(graph, inner, spelling, []);
                }

                _ = text.Append(CultureInfo.InvariantCulture, $"  {member.Name} ");
                _ = member.BitFieldSize is { } bits
                    ? text.Append(CultureInfo.InvariantCulture, $"{start}b{bits} {spelling}\n")
                    : text.Append(CultureInfo.InvariantCulture, $"{start / 8}/{graph.ByteSizeOf(member.Type) ?? 0} {spelling}\n");
            }
        }
    }
}
