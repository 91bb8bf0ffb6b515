using System.Globalization;
using System.Text;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Support;

/// <summary>Writes all that a census knows, every definition read.</summary>
internal static class CensusText
{
    /// <summary>All that a census has, in words.</summary>
    public static string Of(ITypeCensus census)
    {
        StringBuilder text = new();
        DebugInfoSummary facts = census.Facts;
        _ = text.AppendLine(CultureInfo.InvariantCulture, $"{facts.Format} {facts.Target} {string.Join(", ", facts.Languages)} {facts.Omission} {string.Join('|', facts.Producers)}");
        using ICensusReader reader = census.OpenReader();
        for (int i = 0; i < census.Names.Length; i++)
        {
            DefinitionSet set = reader.Read(i);
            _ = text.AppendLine(
                CultureInfo.InvariantCulture, $"{census.Names[i]} is {set.Name}: {census.CountOfEqual(i)} equal, declared {set.DeclarationCount} {set.Problem?.Message}");
            foreach (TypeDefinition definition in set.Distinct)
            {
                _ = text.AppendLine(CultureInfo.InvariantCulture, $" {definition.Root} in {string.Join(", ", definition.Units)}");
                for (int id = 1; id < definition.Graph.Count; id++)
                {
                    _ = text.AppendLine("  " + Described(definition.Graph[new TypeId(id)]));
                }
            }
        }

        return text.ToString();
    }

    private static string Described(TypeNode node) => node switch
    {
        AggregateType type => $"{type with { Members = [] }} {string.Join("; ", type.Members)}",
        FunctionType type => $"{type with { Parameters = [] }} {string.Join("; ", type.Parameters)}",
        _ => node.ToString(),
    };
}
