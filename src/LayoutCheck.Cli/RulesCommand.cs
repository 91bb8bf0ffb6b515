using System.Collections.Immutable;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary>The commands about rules themselves: <c>rules</c>, <c>rules import</c>, <c>explain</c>, <c>baseline</c>.</summary>
internal static class RulesCommand
{
    public static int List()
    {
        RuleSet rules = RuleCatalog.Default;
        int width = rules.Rules.Max(r => r.Id.Length);
        Output.WriteText(writer =>
        {
            foreach (IGrouping<string, Rule> pack in rules.Rules.GroupBy(r => r.Pack).OrderBy(p => p.Key != Rule.DefaultPack).ThenBy(p => p.Key, StringComparer.Ordinal))
            {
                writer.WriteLine($"Pack {pack.Key}{(pack.Key == Rule.DefaultPack ? " (the default)" : $" (--pack {pack.Key})")}: {pack.Count()} rules");
                foreach (Rule rule in pack)
                {
                    writer.WriteLine($"  {rule.Id.PadRight(width)}  {(rule.Severity == Severity.Error ? "error  " : "warning")}  {rule.Title}");
                }
            }
        });
        return ExitCode.Holds;
    }

    public static int Explain(string id, string? file)
    {
        if (RuleCatalog.Default.Find(id) is not { } rule)
        {
            IReadOnlyList<string> near = Nearness.Nearest(id, RuleCatalog.Default.Rules.Select(r => r.Id), 3);
            throw new UsageException($"there is no rule '{id}'{(near.Count > 0 ? $"; did you mean {string.Join(", ", near)}?" : "; 'layoutcheck rules' lists them")}");
        }

        using KernelImage image = file is null ? DefaultImage.OpenSample(SourceChoice.Auto) : KernelImage.Open(file);
        RuleResult example = Progress.While(image.Types, () => LayoutChecker.Check(image, new RuleSet([rule]), Environment.ProcessorCount)).Results[0];
        bool isDrawn = example.Outcome is Outcome.Holds or Outcome.Violated;
        Output.WriteText(writer => RuleExplanation.Write(rule, isDrawn ? example : null, writer));
        return ExitCode.Holds;
    }

    public static int Baseline(string file, string[] types, ImageOptions how, string? output)
    {
        using KernelImage image = KernelImage.Open(file, how);
        TypeQuery[] queries = [.. types.Select(TypeQuery.Parse)];
        if (queries.FirstOrDefault(q => q.Member is not null) is { } member)
        {
            throw new UsageException($"a baseline pins whole types: name '{member.Type}'");
        }

        ImmutableArray<DefinitionSet> definitions = Progress.While(
            image.Types, () => image.Types.FindAll([.. queries.Select(q => q.Type)], Environment.ProcessorCount)).Sets;
        bool isMissing = false;
        for (int i = 0; i < queries.Length; i++)
        {
            if (definitions[i].Distinct.IsEmpty)
            {
                queries[i].ReportMissingType(image);
                isMissing = true;
            }
        }

        if (isMissing)
        {
            return ExitCode.Undecided;
        }

        // A bare name is written into the rule as the kind of type that it turned out to be.
        ImmutableArray<DefinitionSet> named = [.. definitions.Select(d => d with { Name = NameOf(d) })];
        string of = image.ReadFacts().Release is { } release ? $" of {release}" : "";
        Write(output, BaselineWriter.Write($"{string.Join(", ", named.Select(d => d.Name))}{of}", named));
        return ExitCode.Holds;
    }

    public static int Import(string[] headers, string? output)
    {
        if (headers.Length > 1 && output is null)
        {
            throw new UsageException("several headers make several rule files: name the folder with --output");
        }

        bool isFolder = headers.Length > 1 || (output is not null && Directory.Exists(output));
        int taken = 0;
        foreach (string header in headers)
        {
            RuleImport import = RuleImporter.Import(header, RuleChoice.ReadText(header));
            foreach (RefusedAssertion refused in import.Refused)
            {
                Console.Error.WriteLine($"{Printable.Escape(header)}:{refused.Line}: not taken: {Printable.Escape(refused.Problem)}: {Printable.Escape(refused.Text)}");
            }

            Console.Error.WriteLine($"layoutcheck: {Printable.Escape(header)}: {import.TakenCount} assertions taken, {import.Refused.Length} not");
            taken += import.TakenCount;
            if (import.RuleText is { } text)
            {
                Write(isFolder ? Path.Combine(output!, Path.GetFileName(header).Replace('.', '-') + ".md") : output, text);
            }
        }

        return taken > 0 ? ExitCode.Holds : ExitCode.Undecided;
    }

    private static TypeName NameOf(DefinitionSet set)
    {
        AggregateType aggregate = set.Distinct[0].Aggregate;
        return aggregate.Name is { } tag ? new TypeName(aggregate.Kind == AggregateKind.Union ? TypeNameKind.Union : TypeNameKind.Struct, tag) : set.Name;
    }

    private static void Write(string? path, string text)
    {
        if (path is null)
        {
            Output.WriteText(writer => writer.Write(text));
        }
        else
        {
            Output.WriteFile(path, text);
        }
    }
}
