using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck;

/// <summary>The types of an image without debug information: none. It says that they are missing, so that nothing counts as absent from the kernel.</summary>
/// <param name="note">What the image's code exports.</param>
internal sealed class UntypedSource(ExportedNote note) : ITypeSource
{
    /// <summary>Why there are no types, in the words that reasons have.</summary>
    public const string Clause = "the image has no debug information, and VMCOREINFO does not export it";

    private static readonly SourceOmission s_omission = new(Clause, true);

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.None;

    /// <inheritdoc/>
    // x86-64 and arm64 are the machines whose code is read.
    public TargetInfo Target => new(8, false);

    /// <inheritdoc/>
    public ScalarAlignment Scalars => Target.Scalars;

    /// <inheritdoc/>
    public double FractionDone => 1;

    private DebugInfoSummary Facts => new(Kind, Target, $"no debug information; {note.Known.Count()} facts that the code exports (VMCOREINFO)", [], []) { Omission = s_omission };

    /// <inheritdoc/>
    public TypeDefinition? FindFirst(TypeName name) => null;

    /// <inheritdoc/>
    public Survey FindAll(IReadOnlyList<TypeName> names, WorkerPool pool, bool withPlaces = false) => new([.. names.Select(n => new DefinitionSet(n, [], 0))], Facts);

    /// <inheritdoc/>
    public Survey FindAllByPlace(IReadOnlyList<TypeName> names, WorkerPool pool) => FindAll(names, pool);

    /// <inheritdoc/>
    public Remainder FindRemainder(TypeName name) => Remainder.None;

    /// <inheritdoc/>
    public SourceOmission? FindOmission() => s_omission;

    /// <inheritdoc/>
    public RustTypes? FindRustTypes(IReadOnlySet<string>? names = null) => null;

    /// <inheritdoc/>
    public IReadOnlyList<TypeName> DefinedNames() => [];

    /// <inheritdoc/>
    public InlinedCall[]? FindInlinedCalls(IReadOnlyList<InlinedFunction> functions, WorkerPool pool) => null;

    /// <inheritdoc/>
    public ITypeCensus TakeCensus(WorkerPool pool, bool withPlaces = false) => throw new NotSupportedException("an image without types is opened by check and vmcoreinfo alone");

    /// <inheritdoc/>
    public PrototypeSet FindPrototypes(IReadOnlyList<string> names, WorkerPool pool) => throw new NotSupportedException("an image without types is opened by check and vmcoreinfo alone");
}
