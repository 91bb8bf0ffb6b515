using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck overlap</c>.</summary>
internal static class OverlapCommand
{
    public static int Run(string file, string name, ImageOptions how, bool isJson, bool expand)
    {
        TypeQuery query = TypeQuery.Parse(name);
        using KernelImage image = InputImage.Open(file, how);
        TypeDefinition? definition = Progress.While(image.Types, () => image.Types.FindFirst(query.Type));
        if (definition is null)
        {
            Remainder remainder = query.FindRemainder(image, 0);
            definition = remainder.Local.FirstOrDefault();
            if (definition is null)
            {
                query.ReportMissingType(image, remainder, 0);
                image.RequireUnchanged();
                return ExitCode.Undecided;
            }
        }

        ResolvedMember? member = query.Member is { } path ? MemberPath.Resolve(definition.Graph, definition.Root, path) : null;
        SourceOmission? omission = image.Types.Kind == SourceKind.Btf ? image.Types.FindOmission() : null;
        if (query.Member is not null && member is null)
        {
            query.ReportMissingMember(definition, 0, omission);
            image.RequireUnchanged();
            return ExitCode.Undecided;
        }

        if (member is { Doubt: { } doubt })
        {
            TypeQuery.ReportDoubt(definition, doubt, image);
            image.RequireUnchanged();
            return ExitCode.Undecided;
        }

        OverlapReport report = new(definition.Graph.Declare(definition.Root), TypeLayout.Of(definition, expand), member, definition.Units[0].Name);
        if (isJson)
        {
            ImageFacts facts = image.ReadFacts();
            image.RequireUnchanged();
            Output.WriteJson(stream => JsonReport.Write(report, facts, image.FilesUsed(facts), image.Types.Kind, new RunFacts(Output.Version, image.Path), stream));
        }
        else
        {
            image.RequireUnchanged();
            Output.WriteText(writer =>
            {
                report.WriteText(writer);
                ProvenanceLines.Write(image, writer);
            });
        }

        if (omission is not null)
        {
            StandardError.WriteLine($"layoutcheck: others may lie there too: {omission.Clause}");
            return ExitCode.Undecided;
        }

        return ExitCode.Holds;
    }
}
