using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="ShowReport"/> as text: each layout under a comment with its origin.</summary>
internal static class ShowText
{
    /// <summary>Writes the report.</summary>
    public static void Write(ShowReport report, TextWriter output)
    {
        bool isFirst = true;
        foreach (ShownType shown in report.Types)
        {
            if (!isFirst)
            {
                output.WriteLine();
            }

            isFirst = false;
            output.WriteLine($"/* {Origin(shown, report.Source)}{Reservations(shown, report.Omission)} */");
            if (shown.DifferenceFromFirst is { } difference)
            {
                output.WriteLine($"/* differs: {Printable.Escape(difference)} */");
            }

            if (shown.Member is { } member)
            {
                LayoutText.WriteMember(shown.Definition, member, output, report.Options.Lines);
            }
            else
            {
                LayoutText.Write(shown.Layout, new LayoutTextOptions(report.Options.CacheLineByteSize, report.Options.Lines, report.Omission is not null, shown.Scalars), output);
            }
        }

        if (!report.Types.IsEmpty)
        {
            ProvenanceText.Write(report.Files, output, isComment: true);
        }
    }

    private static string Origin(ShownType shown, SourceKind source)
    {
        if (source == SourceKind.Btf)
        {
            return shown switch
            {
                { DefinitionCount: null, Definition.OutOf: > 1 } => $"from {shown.FirstUnit}, the first of {shown.Definition.OutOf} definitions; --all compares all",
                { DefinitionCount: > 1 } => $"from BTF: {shown.DefinitionCount} definitions agree, the first is {shown.FirstUnit}",
                { DefinitionCount: 1, IsOneOfSeveral: true } => $"from {shown.FirstUnit} alone",
                _ => "from BTF",
            };
        }

        string name = Printable.Escape(shown.FirstUnit.Length == 0 ? $"unit {shown.Definition.Units[0].Index}" : shown.FirstUnit);
        string local = shown.Function is { } function ? $", local to {FunctionName(function)}" : "";
        return shown.DefinitionCount switch
        {
            null => $"from DWARF: the first C definition, in {name}{local}; --all compares every unit's",
            1 => $"from DWARF: in {name} alone{local}",
            { } count => $"from DWARF: {count} C units agree, the first is {name}{local}",
        };
    }

    private static string FunctionName(string name) => name.Length == 0 ? "a function" : $"function {Printable.Escape(Printable.Shorten(name))}";

    // The limits of all that is shown.
    private static string Reservations(ShownType shown, SourceOmission? omission)
    {
        bool isFlattened = shown.Member is { } member
            ? MemberPath.IsOfOpenShape(shown.Definition.Graph, member.Type)
            : TypeLayout.Of(shown.Definition).HasArraysOfOpenShape;
        return (isFlattened ? "; it has arrays of arrays as one array" : "") + (omission is null ? "" : $"; {omission.Clause}");
    }
}
