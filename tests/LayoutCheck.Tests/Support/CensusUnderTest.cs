using System.Globalization;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf;
using LayoutCheck.Dwarf.Census;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Support;

/// <summary>A census by hashes beside the survey of all names, which is its specification.</summary>
internal static class CensusUnderTest
{
    /// <summary>Asserts that the census says what the survey says, with one, two and three threads, and memos of one entry.</summary>
    /// <returns>Whether the image was understood; else the survey is all there is.</returns>
    public static bool AssertAsSurveyed(DwarfUnderTest dwarf)
    {
        DwarfTypeReader reader = new(dwarf.Image);
        using WorkerPool two = new(2);
        string? expected = null;
        bool isUnderstood = false;
        foreach ((int threads, int? memo, bool withPlaces) in ((int, int?, bool)[])[(1, null, true), (2, null, true), (3, 1, true), (1, 1, true), (1, 16, true)])
        {
            using WorkerPool pool = new(threads);
            DwarfCensus? census = DwarfCensus.TryTake(dwarf.Image, pool, withPlaces, () => reader.Target, (names, workers) => reader.FindAll(names, workers, withPlaces), memo);
            Assert.True(expected is null || census is not null == isUnderstood, "whether an image is understood depends on the threads or the memo");
            isUnderstood = census is not null;
            if (census is null)
            {
                expected = "";
                continue;
            }

            TypeName[] names = [.. reader.DefinedNames()];
            expected ??= Described(new SurveyedCensus([.. names], reader.FindAll(names, two, withPlaces)));
            Assert.Equal(expected, Described(census));
        }

        return isUnderstood;
    }

    /// <summary>All that a census has, in words.</summary>
    public static string Described(ITypeCensus census)
    {
        StringBuilder text = new();
        DebugInfoSummary facts = census.Facts;
        _ = text.AppendLine(CultureInfo.InvariantCulture, $"{facts.Format} {facts.Target} {string.Join(", ", facts.Languages)} {facts.Omission} {string.Join('|', facts.Producers)}");
        using ICensusReader reader = census.OpenReader();
        for (int i = 0; i < census.Names.Length; i++)
        {
            DefinitionSet set = reader.Read(i);
            Assert.Equal(census.Names[i], set.Name);
            int? count = set is { Problem: null, Distinct: [var only] } ? only.Units.Length : null;
            Assert.Equal(count, census.CountOfEqual(i));
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"{set.Name} declared {set.DeclarationCount} {set.Problem?.Message}");
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
