using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Types;

/// <summary>
/// All structs and unions that the C units of an image define, found and compared unit by unit, their definitions not yet read: a kernel has nine thousand, and
/// a question looks at one after the other. Immutable; any thread may use it. Valid while the image is open.
/// </summary>
public interface ITypeCensus
{
    /// <summary>The tags, each once for each name space, in ordinal order.</summary>
    ImmutableArray<TypeName> Names { get; }

    /// <summary>The source that they come from.</summary>
    DebugInfoSummary Facts { get; }

    /// <summary>
    /// How many definitions a name has, when it is known without reading any that all of them lay it out the same; null when one must read them to know.
    /// </summary>
    /// <param name="index">The index of the name in <see cref="Names"/>.</param>
    int? CountOfEqual(int index);

    /// <summary>Opens a reader of the definitions, for one thread. The caller disposes it.</summary>
    ICensusReader OpenReader();
}

/// <summary>Reads the definitions of the names of a census, one name at a time, and keeps none. One reader serves one thread.</summary>
public interface ICensusReader : IDisposable
{
    /// <summary>The definitions of a name, exactly as <see cref="ITypeSource.FindAll"/> gives them.</summary>
    /// <param name="index">The index of the name in <see cref="ITypeCensus.Names"/>.</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    DefinitionSet Read(int index);
}

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
