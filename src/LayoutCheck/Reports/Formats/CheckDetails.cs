using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>The full part of a check's text: every rule, every definition, every fact about the image.</summary>
internal static class CheckDetails
{
    private const int UnitsNamed = 3;

    // The column of rules, and of facts.
    private const int Indent = 18;
    private const int FactColumn = 13;

    /// <summary>Writes the three lists, each below an empty line.</summary>
    public static void Write(CheckReport report, FoldedText text)
    {
        WriteRules(report, text);
        WriteDefinitions(report, text);
        if (report.Code is { } code)
        {
            CodeText.WriteDetails(code, text);
        }

        WriteFacts(report, text);
    }

    private static void WriteRules(CheckReport report, FoldedText text)
    {
        text.Gap();
        text.Row("Rules", $": {CheckText.Counts(report.CountRules)}; checks in them: {CheckText.Counts(report.CountChecks)}", 4, text.Style.Bold);
        int width = report.Results.IsEmpty ? 0 : report.Results.Max(r => Printable.Escape(r.Rule.Id).Length);
        foreach (RuleResult result in report.Results)
        {
            (string outcome, Func<string, string> paint) = Word(result, text.Style);
            text.Row($"  {outcome,-14}", $"  {Printable.Escape(result.Rule.Id).PadRight(width)}  {Printable.Escape(result.Rule.Title)}", Indent, paint);
            CheckResult[] absent = [.. result.Checks.Where(c => c.Outcome == Outcome.NotApplicable)];
            if (absent.Length > 0)
            {
                string many = absent.Length > 1 ? $"{absent.Length} checks do" : "1 check does";
                text.Row(new string(' ', Indent), $"{many} not apply: {Printable.Escape(NotApplicable.Summarise(absent.Select(c => c.Reason)))}", Indent, paint: text.Style.Dim);
            }
        }

        if (report.Exported is { } exported)
        {
            WriteExported(exported, text);
        }
    }

    private static void WriteExported(ExportedSummary exported, FoldedText text)
    {
        string counted = exported.Agreeing == exported.Compared ? $"{Printable.Count((ulong)exported.Agreeing, "exported fact")} {(exported.Agreeing == 1 ? "agrees" : "agree")}"
            : $"{exported.Agreeing} of {Printable.Count((ulong)exported.Compared, "exported fact")} agree";
        int others = exported.Facts.Length - exported.Compared;
        int open = exported.Note.NotKnown.Count();
        text.Row("  ", $"{counted}; {others} not compared, {open} not known before the kernel runs (layoutcheck vmcoreinfo -v lists them)", 4);
        foreach (IGrouping<string, ExportedFact> reason in exported.Facts.Where(f => f.Reason is not null).GroupBy(f => f.Reason!, StringComparer.Ordinal))
        {
            text.Row("    not compared: ", $"{string.Join(", ", reason.Select(f => Printable.Escape(f.Line.Key)))}: {Printable.Escape(reason.Key)}", Indent, paint: text.Style.Dim);
        }
    }

    private static (string Word, Func<string, string> Paint) Word(RuleResult result, TextStyle style) => result.Outcome switch
    {
        Outcome.Holds => ("holds", style.Good),
        Outcome.Warning => ("warning", style.Warning),
        Outcome.Violated => ("VIOLATED", style.Bad),
        Outcome.Undecided => ("undecided", style.Warning),
        _ => ("not applicable", style.Dim),
    };

    private static void WriteDefinitions(CheckReport report, FoldedText text)
    {
        text.Gap();
        text.Line("Definitions", 4, text.Style.Bold);
        bool hasUnits = report.Source.Kind == SourceKind.Dwarf;
        DefinitionSummary[] defined = [.. report.Definitions.Where(d => d.DefinitionCount > 0)];
        int nameWidth = defined.Select(d => Printable.Escape(d.Name.ToString()).Length).DefaultIfEmpty().Max();
        int sizeWidth = defined.Select(d => $"{d.ByteSize}".Length).DefaultIfEmpty().Max();
        foreach (DefinitionSummary type in defined)
        {
            string name = Printable.Escape(type.Name.ToString()).PadRight(nameWidth);

            string counted = !hasUnits ? (type.DefinitionCount == 1 ? "one definition" : $"{type.DefinitionCount} definitions")
                : type.DefinitionCount == 1 ? "1 C unit defines it" : $"{type.DefinitionCount} C units define it";
            string agreement = type.DefinitionCount == 1 ? "" : type.IsDisputed ? $", in {type.Variants.Length} different ways" : ", all agree";
            string units = $"{counted}{agreement}";
            text.Row($"  {name}  {$"{type.ByteSize}".PadLeft(sizeWidth)} {(type.ByteSize == 1 ? "byte" : "bytes")}; ", units, Indent, paint: type.IsDisputed ? text.Style.Warning : null);
            if (type.IsDisputed)
            {
                WriteVariants(type, text);
            }
        }

        WriteNames("cannot be read", report.Definitions.Where(d => d.IsRefused), text);
        WriteNames("only declared", report.Definitions.Where(d => d is { DefinitionCount: 0, DeclarationCount: > 0, IsRefused: false }), text);
        WriteNames("not defined", report.Definitions.Where(d => d is { DefinitionCount: 0, DeclarationCount: 0, IsRefused: false }), text);
    }

    private static void WriteNames(string what, IEnumerable<DefinitionSummary> types, FoldedText text)
    {
        string names = string.Join(", ", types.Select(t => Printable.Escape(t.Name.ToString())));
        if (names.Length > 0)
        {
            text.Line($"  {what}: {names}");
        }
    }

    private static void WriteVariants(DefinitionSummary type, FoldedText text)
    {
        foreach (DefinitionVariant variant in type.Variants)
        {
            ImmutableArray<DefiningUnit> units = variant.Units;
            string named = string.Join(", ", units.Take(UnitsNamed).Select(u => Printable.Escape(u.Name.Length == 0 ? $"unit {u.Index}" : u.Name)));
            string more = units.Length > UnitsNamed ? $" and {units.Length - UnitsNamed} more" : "";
            string difference = variant.DifferenceFromFirst is { } words ? ": " + Printable.Escape(words) : ": the first definition";
            text.Line($"      {named}{more}{difference}", 8);
        }
    }

    private static void WriteFacts(CheckReport report, FoldedText text)
    {
        DebugInfoSummary source = report.Source;
        text.Gap();
        Fact("File", $"{Printable.Escape(report.Files[0].Path)} ({Printable.Escape(report.Image!.FullFormat)}{Provenance.OriginOf(report.Files[0])})", text);
        Fact("Build id", report.Image!.BuildIdInWords, text);
        Fact("Kernel", $"{(report.Image!.Release is { } release ? Printable.Escape(release) : "the image does not tell its release")}", text);
        foreach ((string label, string words) in Provenance.Others(report.Files))
        {
            Fact(label, words, text);
        }

        if (report.Image!.Config is { } config)
        {
            Fact("Config", $"{config.Count} options ({(report.Files.Any(f => f.Role == FileRole.Configuration) ? "of the file" : "IKCONFIG")})", text);
            foreach ((string option, string value) in LayoutOptions.Of(config))
            {
                Fact("", $"{option}={Printable.Escape(value)}", text);
            }
        }

        string other = !report.HasOtherSource ? "" : source.Kind == SourceKind.Dwarf ? "; the image has BTF too (--source btf)" : "; the image has DWARF too (--source dwarf)";
        Fact("Source", $"{source.Format}{other}", text);
        if (source.Kind == SourceKind.Btf)
        {
            Fact("", $"it records no alignment, so that the natural one is taken{(source.FlattensArrays ? "; it has arrays of arrays as one array" : "")}", text);
        }

        if (source.Omission is { } omission)
        {
            Fact("", omission.Clause, text);
        }

        if (!source.Languages.IsEmpty)
        {
            Fact("Units", $"{string.Join(", ", source.Languages.Select(l => $"{l.UnitCount} {Printable.Escape(l.Language)}"))}; only those in C answer", text);
        }

        foreach (IGrouping<string, string> compiler in source.Producers.GroupBy(CompilerOf, StringComparer.Ordinal))
        {
            string variants = compiler.Count() > 1 ? $" ({compiler.Count()} sets of options)" : "";
            Fact("Compiler", $"{Printable.Escape(compiler.Key)}{variants}", text);
        }
    }

    /// <summary>The compiler of a DW_AT_producer without its options: <c>GNU C11 14.2.0</c>.</summary>
    public static string CompilerOf(string producer)
    {
        int options = producer.IndexOf(" -", StringComparison.Ordinal);
        return options > 0 ? producer[..options] : producer.Length > 0 ? producer : "not recorded";
    }

    private static void Fact(string label, string words, FoldedText text) => text.Row(label.PadRight(FactColumn), words, FactColumn);
}
