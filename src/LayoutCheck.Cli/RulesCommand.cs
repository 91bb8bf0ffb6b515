using System.Collections.Immutable;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary>The commands about rules themselves: <c>rules</c>, <c>rules import</c>, <c>explain</c>, <c>baseline</c>.</summary>
internal static class RulesCommand
{
    public static int List()
    {
        RuleSet rules = RuleCatalog.Default;
        int width = rules.Rules.Max(r => Printable.Escape(r.Id).Length);
        Output.WriteText(writer =>
        {
            foreach (IGrouping<string, Rule> pack in rules.Rules.GroupBy(r => r.Pack).OrderBy(p => p.Key != Rule.DefaultPack).ThenBy(p => p.Key, StringComparer.Ordinal))
            {
                string name = Printable.Escape(pack.Key);
                writer.WriteLine($"Pack {name}{(pack.Key == Rule.DefaultPack ? " (the default)" : $" (--pack {name})")}: {pack.Count()} rules");
                foreach (Rule rule in pack)
                {
                    writer.WriteLine($"  {Printable.Escape(rule.Id).PadRight(width)}  {(rule.Severity == Severity.Error ? "error  " : "warning")}  {Printable.Escape(rule.Title)}");
                }
            }
        });
        return ExitCode.Holds;
    }

    public static int Explain(string id, string? file)
    {
        if (RuleCatalog.Default.Find(id) is not { } rule)
        {
            throw new UsageException(RuleCatalog.Default.UnknownRule(id));
        }

        using KernelImage image = file is null ? CheckInput.OpenSample(SourceChoice.Auto) : KernelImage.Open(file);
        RuleResult example = Progress.While(image.Types, () => LayoutChecker.Check(image, new RuleSet([rule]), Environment.ProcessorCount)).Results[0];
        bool isDrawn = example.Outcome is Outcome.Holds or Outcome.Violated;
        Output.WriteText(writer =>
        {
            RuleExplanation.Write(rule, isDrawn ? example : null, writer);
            ProvenanceLines.Write(image, writer);
        });
        return ExitCode.Holds;
    }

    public static int Baseline(string file, string[] types, ImageOptions how, string? output)
    {
        using KernelImage image = InputImage.Open(file, how);
        TypeQuery[] queries = [.. types.Select(TypeQuery.Parse)];
        if (queries.FirstOrDefault(q => q.Member is not null) is { } member)
        {
            throw new UsageException($"a baseline pins whole types: name '{member.Type}'");
        }

        // All types in one file or none: a file with some of them would pass for the whole.
        ImmutableArray<DefinitionSet> definitions = Progress.While(
            image.Types, () => image.Types.FindAll([.. queries.Select(q => q.Type)], Environment.ProcessorCount)).Sets;
        int missing = 0;
        bool isRefused = false;
        for (int i = 0; i < queries.Length; i++)
        {
            if (definitions[i].Problem is { } problem)
            {
                StandardError.WriteLine($"layoutcheck: {Printable.Escape(Printable.Shorten(queries[i].Type.ToString()))}: {Printable.Escape(problem.Message)}");
                isRefused = true;
            }
            else if (definitions[i].Distinct.IsEmpty)
            {
                queries[i].ReportMissingType(image, queries[i].FindRemainder(image, missing), missing++);
            }
        }

        if (isRefused || missing > 0)
        {
            image.RequireUnchanged();
            return isRefused ? ExitCode.Unreadable : ExitCode.Undecided;
        }

        if (image.Types.Kind == SourceKind.Btf && image.Types.FindOmission() is { } omission)
        {
            StandardError.WriteLine($"layoutcheck: no baseline can be made: {omission.Clause}");
            return ExitCode.Undecided;
        }

        // A bare name is written into the rule as the kind of type that it turned out to be.
        ImmutableArray<DefinitionSet> named = [.. definitions.Select(d => d with { Name = NameOf(d) })];
        string of = image.ReadFacts().Release is { } release ? $" of {release}" : "";
        if (named.FirstOrDefault(d => !BaselineWriter.CanPin(d.Name)) is { } unnamed)
        {
            throw new OutputException($"the baseline cannot be written: no rule can name {Printable.Shorten(unnamed.Name.ToString())}");
        }

        Baseline baseline = BaselineWriter.Write($"{string.Join(", ", named.Select(d => d.Name))}{of}", named, Provenance.Clauses(image.OtherFiles));
        image.RequireUnchanged();
        foreach (string sentence in baseline.LeftOut)
        {
            StandardError.WriteLine($"layoutcheck: {sentence}");
        }

        Write(output, baseline.RuleText);
        return ExitCode.Holds;
    }

    public static int Import(string[] headers, string? output)
    {
        if (headers.Length > 1 && output is null)
        {
            throw new UsageException("several headers make several rule files: name the folder with --output");
        }

        string[] outputNames = OutputNames(headers);
        if (headers.Zip(outputNames).GroupBy(p => p.Second, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } same)
        {
            throw new UsageException($"{string.Join(" and ", same.Select(p => p.First))} would be written to one file, {same.Key}: import them one by one");
        }

        bool isFolder = headers.Length > 1 || (output is not null && Directory.Exists(output));
        int taken = 0;
        int refusedLines = 0;
        int refusedFiles = 0;
        foreach ((string header, string outputName) in headers.Zip(outputNames))
        {
            RuleImport import;
            try
            {
                import = RuleImporter.Import(header, RuleChoice.ReadText(header));
            }
            catch (Exception e) when (headers.Length > 1 && e is UsageException or RuleException)
            {
                // One of many: the others are no worse for it.
                refusedFiles++;
                string file = Printable.Escape(header);
                string problem = Printable.Escape(e.Message.Split('\n')[0]);
                StandardError.WriteLine($"layoutcheck: {(problem.StartsWith(file, StringComparison.Ordinal) ? problem : $"{file}: {problem}")}: file not taken");
                continue;
            }

            foreach (RefusedAssertion refused in import.Refused)
            {
                StandardError.WriteLine($"{Printable.Escape(header)}:{refused.Line}: not taken: {Printable.Escape(refused.Problem)}: {Printable.Escape(Printable.Shorten(refused.Text))}");
            }

            StandardError.WriteLine($"layoutcheck: {Printable.Escape(header)}: {import.TakenCount} assertions taken, {import.Refused.Length} not");
            taken += import.TakenCount;
            refusedLines += import.Refused.Length;
            if (import.RuleText is { } text)
            {
                Write(isFolder ? Path.Combine(output!, outputName) : output, text);
            }
        }

        if (headers.Length > 1)
        {
            string files = refusedFiles == 0 ? "" : $"; {refusedFiles} {(refusedFiles == 1 ? "file was" : "files were")} not";
            StandardError.WriteLine($"layoutcheck: {headers.Length} files: {taken} assertions taken, {refusedLines} not{files}");
        }

        return taken > 0 ? ExitCode.Holds : refusedFiles > 0 ? ExitCode.Usage : ExitCode.Undecided;
    }

    // There is a tcp.h in include/linux and one in include/net: where one name would stand for two headers, their folders tell them apart.
    private static string[] OutputNames(string[] headers)
    {
        HashSet<string?> shared = [.. headers.GroupBy(Path.GetFileName, StringComparer.Ordinal).Where(g => g.Skip(1).Any()).Select(g => g.Key)];
        return [.. headers.Select(header => (shared.Contains(Path.GetFileName(header)) ? header : Path.GetFileName(header))
            .Replace('.', '-').Replace(Path.DirectorySeparatorChar, '-').TrimStart('-') + ".md")];
    }

    private static TypeName NameOf(DefinitionSet set)
    {
        AggregateType aggregate = set.Distinct[0].Aggregate;
        TypeName? tagged = aggregate.Name is { } tag ? new TypeName(aggregate.Kind == AggregateKind.Union ? TypeNameKind.Union : TypeNameKind.Struct, tag) : null;

        // A typedef can have a name that can be spelled where the tag has not.
        return tagged is { } name && (BaselineWriter.CanPin(name) || set.Name.Kind != TypeNameKind.Any || set.Name.Name == name.Name) ? name : set.Name;
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
