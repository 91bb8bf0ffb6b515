using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck overlap</c>.</summary>
internal static class OverlapCommand
{
    public static int Run(string file, string name, ImageOptions how, bool isJson, bool expand)
    {
        using KernelImage image = KernelImage.Open(file, how);
        TypeQuery query = TypeQuery.Parse(name);
        if (Progress.While(image.Types, () => image.Types.FindFirst(query.Type)) is not { } definition)
        {
            query.ReportMissingType(image, 0);
            return ExitCode.Undecided;
        }

        ResolvedMember? member = query.Member is { } path ? MemberPath.Resolve(definition.Graph, definition.Root, path) : null;
        if (query.Member is not null && member is null)
        {
            query.ReportMissingMember(definition, 0);
            return ExitCode.Undecided;
        }

        OverlapReport report = new(definition.Graph.Declare(definition.Root), TypeLayout.Of(definition, expand), member, definition.Units[0].Name);
        if (isJson)
        {
            Output.WriteJson(stream => JsonReport.Write(report, image.ReadFacts(), image.Types.Kind, new RunFacts(Output.Version, image.Path), stream));
        }
        else
        {
            Output.WriteText(report.WriteText);
        }

        return ExitCode.Holds;
    }
}
