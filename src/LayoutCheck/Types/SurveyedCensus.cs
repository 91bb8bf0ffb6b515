using System.Collections.Immutable;

namespace LayoutCheck.Types;

/// <summary>A census of definitions that were read already: the slow and plain one.</summary>
/// <param name="names">The names.</param>
/// <param name="survey">Their definitions, in the same order.</param>
internal sealed class SurveyedCensus(ImmutableArray<TypeName> names, Survey survey) : ITypeCensus, ICensusReader
{
    /// <inheritdoc/>
    public ImmutableArray<TypeName> Names => names;

    /// <inheritdoc/>
    public DebugInfoSummary Facts => survey.Facts;

    /// <inheritdoc/>
    public int? CountOfEqual(int index) => survey.Sets[index] is { Problem: null, Distinct: [var only] } ? only.Units.Length : null;

    /// <inheritdoc/>
    public ICensusReader OpenReader() => this;

    /// <inheritdoc/>
    public DefinitionSet Read(int index) => survey.Sets[index];

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
