using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>A check's report for people: the verdict first, then what it rests on.</summary>
public static class CheckText
{
    private const int UnitsNamed = 3;

    /// <summary>Writes the report.</summary>
    /// <param name="report">What to write.</param>
    /// <param name="style">Colour or none.</param>
    /// <param name="output">Where to.</param>
    public static void Write(CheckReport report, TextStyle style, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(output);
        string headline = Printable.Escape(report.Headline());
        output.WriteLine(report.Flagship?.Outcome switch
        {
            Outcome.Holds when report.ExitCode == ExitCode.Holds => style.Good(headline),
            Outcome.Violated => style.Bad(headline),
            _ => style.Warning(headline),
        });
        output.WriteLine($"Layout era: {Versions(report.Era)}{report.Era.Description}");
        if (report.Era.AllowsCompoundDevicePages is not null)
        {
            output.WriteLine($"            {report.Era.DevicePageReason}");
        }

        WriteProblems(report, style, output);
        WriteRules(report, style, output);
        WriteDefinitions(report, style, output);
        WriteFacts(report, output);
        output.WriteLine();
        output.WriteLine(Conclusion(report, style));
    }

    private static string Versions(LayoutEra era) => era.Versions.Length == 0 ? "" : $"Linux {era.Versions}: ";

    private static void WriteProblems(CheckReport report, TextStyle style, TextWriter output)
    {
        int left = 0;
        foreach (RuleResult result in report.Results)
        {
            foreach (CheckResult check in result.Checks)
            {
                if (check.Outcome is not (Outcome.Violated or Outcome.Undecided))
                {
                    continue;
                }

                // One reason for hundreds of checks is said once.
                if (check.Outcome == Outcome.Undecided && report.Source.Omission is { } omission && check.Reason.Contains(omission.Clause, StringComparison.Ordinal))
                {
                    left++;
                    continue;
                }

                bool isError = check.Outcome == Outcome.Violated && result.Rule.Severity == Severity.Error;
                string word = check.Outcome == Outcome.Undecided ? "undecided" : isError ? "VIOLATED" : "warning";
                output.WriteLine();
                output.WriteLine($"{(isError ? style.Bad(word) : style.Warning(word))} {style.Bold(Printable.Escape(result.Rule.Id))}: {Printable.Escape(check.Check.Expression.Text)}");
                output.WriteLine($"    {Printable.Escape(check.Reason)}");
                if (check.Outcome == Outcome.Violated && check.Check.Message is { } consequence)
                {
                    output.WriteLine($"    {Printable.Escape(consequence)}");
                }
            }
        }

        if (left > 0)
        {
            output.WriteLine();
            output.WriteLine($"{style.Warning("undecided")} {(left == 1 ? "1 check" : $"{left} checks")}, for what is missing may be there in the kernel");
            output.WriteLine($"    {report.Source.Omission!.Clause}");
        }
    }

    private static void WriteRules(CheckReport report, TextStyle style, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(style.Bold("Rules") + $": {Counts(report.CountRules)}; checks in them: {Counts(report.CountChecks)}");
        int width = report.Results.IsEmpty ? 0 : report.Results.Max(r => Printable.Escape(r.Rule.Id).Length);
        foreach (RuleResult result in report.Results)
        {
            string outcome = Word(result, style);
            output.WriteLine($"  {outcome}  {Printable.Escape(result.Rule.Id).PadRight(width)}  {Printable.Escape(result.Rule.Title)}");
            CheckResult[] absent = [.. result.Checks.Where(c => c.Outcome == Outcome.NotApplicable)];
            if (absent.Length > 0)
            {
                string many = absent.Length > 1 ? $"{absent.Length} checks do" : "1 check does";
                output.WriteLine(style.Dim($"                  {many} not apply: {Printable.Escape(NotApplicable.Summarise(absent.Select(c => c.Reason)))}"));
            }
        }
    }

    private static string Word(RuleResult result, TextStyle style) => result.Outcome switch
    {
        Outcome.Holds => style.Good("holds         "),
        Outcome.Violated when result.Rule.Severity == Severity.Warning => style.Warning("warning       "),
        Outcome.Violated => style.Bad("VIOLATED      "),
        Outcome.Undecided => style.Warning("undecided     "),
        _ => style.Dim("not applicable"),
    };

    private static string Counts(Func<Outcome, int> count)
        => $"{count(Outcome.Holds)} hold, {count(Outcome.Violated)} violated, {count(Outcome.NotApplicable)} not applicable, {count(Outcome.Undecided)} undecided";

    private static void WriteDefinitions(CheckReport report, TextStyle style, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(style.Bold("Definitions"));
        bool hasUnits = report.Source.Kind == SourceKind.Dwarf;
        DefinitionSummary[] defined = [.. report.Definitions.Where(d => d.DefinitionCount > 0)];
        int nameWidth = defined.Select(d => Printable.Escape(d.Name.ToString()).Length).DefaultIfEmpty().Max();
        int sizeWidth = defined.Select(d => $"{d.ByteSize}".Length).DefaultIfEmpty().Max();
        foreach (DefinitionSummary type in defined)
        {
            string name = Printable.Escape(type.Name.ToString()).PadRight(nameWidth);

            string who = !hasUnits ? (type.DefinitionCount == 1 ? "one definition" : $"{type.DefinitionCount} definitions")
                : type.DefinitionCount == 1 ? "1 C unit defines it" : $"{type.DefinitionCount} C units define it";
            string agreement = type.DefinitionCount == 1 ? "" : type.IsDisputed ? $", in {type.Variants.Length} different ways" : ", all agree";
            output.WriteLine($"  {name}  {$"{type.ByteSize}".PadLeft(sizeWidth)} {(type.ByteSize == 1 ? "byte" : "bytes")}; {(type.IsDisputed ? style.Warning(who + agreement) : who + agreement)}");
            if (type.IsDisputed)
            {
                WriteVariants(type, output);
            }
        }

        WriteNames("cannot be read", report.Definitions.Where(d => d.IsRefused), output);
        WriteNames("only declared", report.Definitions.Where(d => d is { DefinitionCount: 0, DeclarationCount: > 0, IsRefused: false }), output);
        WriteNames("not defined", report.Definitions.Where(d => d is { DefinitionCount: 0, DeclarationCount: 0, IsRefused: false }), output);
    }

    private static void WriteNames(string what, IEnumerable<DefinitionSummary> types, TextWriter output)
    {
        string names = string.Join(", ", types.Select(t => Printable.Escape(t.Name.ToString())));
        if (names.Length > 0)
        {
            output.WriteLine($"  {what}: {names}");
        }
    }

    private static void WriteVariants(DefinitionSummary type, TextWriter output)
    {
        foreach (DefinitionVariant variant in type.Variants)
        {
            ImmutableArray<DefiningUnit> units = variant.Units;
            string named = string.Join(", ", units.Take(UnitsNamed).Select(u => Printable.Escape(u.Name.Length == 0 ? $"unit {u.Index}" : u.Name)));
            string more = units.Length > UnitsNamed ? $" and {units.Length - UnitsNamed} more" : "";
            string difference = variant.DifferenceFromFirst is { } text ? ": " + Printable.Escape(text) : ": the first definition";
            output.WriteLine($"      {named}{more}{difference}");
        }
    }

    private static void WriteFacts(CheckReport report, TextWriter output)
    {
        DebugInfoSummary source = report.Source;
        output.WriteLine();
        output.WriteLine($"File         {Printable.Escape(report.Files[0].Path)} ({Printable.Escape(report.Image!.FullFormat)})");
        output.WriteLine($"Build id     {report.Image!.BuildId ?? "none recorded"}");
        output.WriteLine($"Kernel       {(report.Image!.Release is { } release ? Printable.Escape(release) : "the image does not tell its release")}");
        foreach ((string label, string text) in Provenance.Others(report.Files))
        {
            output.WriteLine($"{label,-12} {text}");
        }

        if (report.Image!.Config is { } config)
        {
            output.WriteLine($"Config       {config.Count} options (IKCONFIG)");
            foreach ((string option, string value) in LayoutOptions.Of(config))
            {
                output.WriteLine($"             {option}={Printable.Escape(value)}");
            }
        }

        string other = !report.HasOtherSource ? "" : source.Kind == SourceKind.Dwarf ? "; the image has BTF too (--source btf)" : "; the image has DWARF too (--source dwarf)";
        output.WriteLine($"Source       {source.Format}{other}");
        if (source.Kind == SourceKind.Btf)
        {
            output.WriteLine($"             it records no alignment, so that the natural one is taken{(source.FlattensArrays ? "; it has arrays of arrays as one array" : "")}");
        }

        if (source.Omission is { } omission)
        {
            output.WriteLine($"             {omission.Clause}");
        }

        if (!source.Languages.IsEmpty)
        {
            output.WriteLine($"Units        {string.Join(", ", source.Languages.Select(l => $"{l.UnitCount} {Printable.Escape(l.Language)}"))}; only those in C answer");
        }

        foreach (IGrouping<string, string> compiler in source.Producers.GroupBy(CompilerOf, StringComparer.Ordinal))
        {
            string variants = compiler.Count() > 1 ? $" ({compiler.Count()} sets of options)" : "";
            output.WriteLine($"Compiler     {Printable.Escape(compiler.Key)}{variants}");
        }
    }

    /// <summary>The compiler of a DW_AT_producer without its options: <c>GNU C11 14.2.0</c>.</summary>
    public static string CompilerOf(string producer)
    {
        ArgumentNullException.ThrowIfNull(producer);
        int options = producer.IndexOf(" -", StringComparison.Ordinal);
        return options > 0 ? producer[..options] : producer.Length > 0 ? producer : "not recorded";
    }

    private static string Conclusion(CheckReport report, TextStyle style) => report.ExitCode switch
    {
        ExitCode.Holds => style.Good("Verdict: holds (exit code 0)"),
        ExitCode.Violated => style.Bad("Verdict: violated (exit code 1)"),
        _ => style.Warning("Verdict: undecided (exit code 4)"),
    };
}
