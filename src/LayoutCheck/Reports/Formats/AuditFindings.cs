using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The findings of <c>audit</c>: the names without one common definition, the twins of Rust that differ, and the image's two debug formats.</summary>
internal static class AuditFindings
{
    private static readonly FindingRule s_units = new("one-definition", "All units compile a struct or union alike")
    {
        What = "Every struct and union that one file declares has one layout in all units that include it.",
        Why = "Units that pass each other such an object read and write different bytes of it.",
        Fix = "Look for an option or a macro that one unit has alone; the report names the options that only it has. --accept takes a file of differences that are right.",
        Command = "layoutcheck audit --help",
        Pack = "audit",
    };

    private static readonly FindingRule s_twins = new("rust-twins", "The structs that bindgen made lie as C's do")
    {
        What = "Every struct and union that bindgen made for Rust has C's size, and its members C's places.",
        Why = "Rust reads and writes the wrong bytes of an object that C made.",
        Fix = "Make the bindings again with the configuration and the compiler options of the kernel.",
        Command = "layoutcheck audit --help",
        Pack = "audit",
    };

    /// <summary>The findings on an image.</summary>
    public static ImageFindings Of(AuditReport report)
    {
        Finding[] types = [.. report.Types.OrderBy(t => t.Outcome).Select(Of)];
        List<FindingGroup> groups = [new FindingGroup(s_units, types.Length > 0 ? [.. types] : [new Finding("all types", FindingLevel.Passed, Printable.Escape(report.Headline()))])];
        if (report.Twins is { } twins)
        {
            groups.Add(new FindingGroup(s_twins, Of(twins)));
        }

        if (report.Agreement is { } agreement)
        {
            groups.Add(ComparisonFindings.Of(agreement));
        }

        return new ImageFindings(report.Run.File, report.ExitCode, Printable.Escape(report.Headline()), [.. groups])
        {
            Facts = CheckFindings.FactsOf(report, report.Source),
        }.With(report.Image);
    }

    private static Finding Of(AuditedType type)
    {
        FindingLevel level = type.Outcome switch
        {
            AuditOutcome.TwoWays => FindingLevel.Violated,
            AuditOutcome.Undecided or AuditOutcome.Unreadable => FindingLevel.Undecided,
            _ => FindingLevel.Passed,
        };
        string name = type.Name.ToString();
        return Finding.Of(name, level, $"{name}{(level == FindingLevel.Violated ? " is compiled in two ways" : "")}: {type.Reason}") with
        {
            Subjects = [Printable.Escape(name)],

            // The first one, and the first that differs from it, are the two sides.
            Places = [.. type.Variants.OrderBy(v => v.Difference is null && v != type.Variants[0]).Where(v => v.Place is not null)
                .Select(v => FindingPlace.Of($"{name} ({Printable.Count(v.ByteSize, "byte")}, {FirstUnit(v)})", v.Place!))],
            Rows = [.. type.Variants.Select(v => Printable.Escape(
                $"{Printable.Count(v.ByteSize, "byte")} in {FirstUnit(v)}{(v.Units.Length > 1 ? $" and {v.Units.Length - 1} more" : "")}{(v.Difference is { } words ? $": {words}" : "")}"
                + (v.OwnOptions.IsEmpty ? "" : $"; only here: {string.Join(' ', v.OwnOptions)}")))],
        };
    }

    private static string FirstUnit(AuditedVariant variant) => variant.Units.IsEmpty ? "no unit" : variant.Units[0].Name.Length > 0 ? variant.Units[0].Name : $"unit {variant.Units[0].Index}";

    private static ImmutableArray<Finding> Of(TwinReport twins)
    {
        List<Finding> findings = [];
        foreach (TwinResult twin in twins.Differing)
        {
            string name = $"{twin.Twin.Namespace}::{twin.Twin.Name}";
            string[] rows = [.. twin.Differences.Select(d => $"{(d.Path.Length > 0 ? d.Path : "the whole")} {d.InC}, {d.InRust}")];
            findings.Add(Finding.Of(name, FindingLevel.Violated, $"{name} differs from C: {rows.FirstOrDefault("")}{(rows.Length > 1 ? $"; and {rows.Length - 1} more" : "")}") with
            {
                Subjects = [Printable.Escape(name)],
                Rows = [.. rows.Select(Printable.Escape)],
            });
        }

        if (findings.Count == 0 || twins.Doubt is not null)
        {
            findings.Add(Finding.Of("all twins", twins.ExitCode is ExitCode.Undecided || twins.Doubt is not null ? FindingLevel.Undecided : FindingLevel.Passed, twins.Headline()));
        }

        return [.. findings];
    }
}
