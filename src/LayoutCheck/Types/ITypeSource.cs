using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Types;

/// <summary>
/// Debug information as a source of types: DWARF or BTF. Both give the same graph: nothing above this interface depends on the format or the byte order of
/// the image.
/// </summary>
internal interface ITypeSource
{
    /// <summary>DWARF or BTF.</summary>
    SourceKind Kind { get; }

    /// <summary>The machine the image was built for.</summary>
    /// <exception cref="InvalidImageException">The debug information does not tell.</exception>
    TargetInfo Target { get; }

    /// <summary>The largest alignment of a number on that machine, as far as it is known. Never fails.</summary>
    ScalarAlignment Scalars { get; }

    /// <summary>The progress of the current query, from 0 to 1, for display; any thread may read it.</summary>
    double FractionDone { get; }

    /// <summary>
    /// The first C definition of a type, reading no further than it must; null when no C unit defines it.
    /// </summary>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    TypeDefinition? FindFirst(TypeName name);

    /// <summary>
    /// Every C definition of each of the names, in the order asked. Equal definitions are folded into one.
    /// </summary>
    /// <param name="names">The types asked for.</param>
    /// <param name="pool">The worker threads; the answer does not depend on their number.</param>
    /// <param name="withPlaces">Whether to read where the types and their members are declared, where that is recorded (not in BTF).</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    Survey FindAll(IReadOnlyList<TypeName> names, WorkerPool pool, bool withPlaces = false);

    /// <summary>
    /// The same, with definitions that are declared at different places apart though they are equal: one entry of <see cref="DefinitionSet.Distinct"/> for each
    /// layout at each place. Reads every definition: for a few names. BTF has no places, and answers as <see cref="FindAll"/> does.
    /// </summary>
    /// <param name="names">The types asked for.</param>
    /// <param name="pool">The worker threads; the answer does not depend on their number.</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    Survey FindAllByPlace(IReadOnlyList<TypeName> names, WorkerPool pool);

    /// <summary>
    /// The definitions of a name within functions, and the type that is only declared behind a typedef of that name. For a name that <see cref="FindFirst"/>
    /// and <see cref="FindAll(IReadOnlyList{TypeName}, WorkerPool, bool)"/> have no definition of; takes longer than either.
    /// </summary>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    Remainder FindRemainder(TypeName name);

    /// <summary>Why the source lacks types or members of the kernel; null when nothing shows that it does. Reads much: for when something is missing.</summary>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    SourceOmission? FindOmission();

    /// <summary>The structs and unions that bindgen made of C's for Rust; null in BTF, which has no namespaces to tell them by.</summary>
    /// <param name="names">The names that are wanted; null for all.</param>
    /// <exception cref="InvalidImageException">A Rust unit is damaged or not understood.</exception>
    RustTypes? FindRustTypes(IReadOnlySet<string>? names = null);

    /// <summary>The names of all structs and unions that C units define, each once, in ordinal order: for suggestions.</summary>
    IReadOnlyList<TypeName> DefinedNames();

    /// <summary>
    /// All structs and unions that C units define, equal definitions of many units counted as one; of a module's split BTF, those that are not its kernel's.
    /// </summary>
    /// <param name="pool">The worker threads; the answer does not depend on their number.</param>
    /// <param name="withPlaces">Whether the readers of the census tell where the types and their members are declared, where that is recorded.</param>
    /// <exception cref="InvalidImageException">A unit is damaged or not understood.</exception>
    ITypeCensus TakeCensus(WorkerPool pool, bool withPlaces = false);

    /// <summary>
    /// The prototypes of functions and variables, as C units define them, or else declare them. BTF has those functions that its producer took in, and few
    /// variables.
    /// </summary>
    /// <param name="names">The symbols, each once.</param>
    /// <param name="pool">The worker threads; the answer does not depend on their number.</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    PrototypeSet FindPrototypes(IReadOnlyList<string> names, WorkerPool pool);

    /// <summary>The inlined calls of functions in C units, in file order, with the registers of a parameter; null where the source does not know of any (BTF).</summary>
    /// <param name="functions">The functions, each name once.</param>
    /// <param name="pool">The worker threads; the answer does not depend on their number.</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    InlinedCall[]? FindInlinedCalls(IReadOnlyList<InlinedFunction> functions, WorkerPool pool);
}

/// <summary>
/// All structs and unions that the C units of an image define, found and compared unit by unit, their definitions not yet read: a kernel has nine thousand, and
/// a question looks at one after the other. Immutable; any thread may use it. Valid while the image is open.
/// </summary>
internal interface ITypeCensus
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
internal interface ICensusReader : IDisposable
{
    /// <summary>The definitions of a name, exactly as <see cref="ITypeSource.FindAll"/> gives them.</summary>
    /// <param name="index">The index of the name in <see cref="ITypeCensus.Names"/>.</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    DefinitionSet Read(int index);
}

/// <summary>Queries of any source.</summary>
internal static class TypeSourceExtensions
{
    /// <inheritdoc cref="ITypeSource.FindAll"/>
    /// <param name="source">The source.</param>
    /// <param name="names">The types asked for.</param>
    /// <param name="threads">How many threads may work, the caller's included; the others live as long as the query.</param>
    /// <param name="withPlaces">Whether to read where the types and their members are declared.</param>
    public static Survey FindAll(this ITypeSource source, IReadOnlyList<TypeName> names, int threads, bool withPlaces = false)
    {
        ArgumentNullException.ThrowIfNull(source);
        using WorkerPool pool = new(threads);
        return source.FindAll(names, pool, withPlaces);
    }
}

/// <summary>The definitions of some types in all units of an image.</summary>
/// <param name="Sets">One entry for each name, in the order asked.</param>
/// <param name="Facts">The source that they come from.</param>
public sealed record Survey(ImmutableArray<DefinitionSet> Sets, DebugInfoSummary Facts);

/// <summary>One definition of a type.</summary>
/// <param name="Graph">The graph that holds it.</param>
/// <param name="Root">
/// The struct or union in that graph: an <see cref="AggregateType"/>; of <see cref="TypeNameKind.Enum"/>, the <see cref="EnumType"/> with its enumerators.
/// </param>
/// <param name="Units">The compilation units that have it, in file order. BTF keeps none: there, each record that has it counts as a unit.</param>
public sealed record TypeDefinition(TypeGraph Graph, TypeId Root, ImmutableArray<DefiningUnit> Units)
{
    /// <summary>Of a first definition, the number of definitions of the name, when the source knows it without reading them (BTF); else null.</summary>
    public int? OutOf { get; init; }

    /// <summary>The struct or union itself.</summary>
    public AggregateType Aggregate => (AggregateType)Graph[Root];

    /// <summary>
    /// The first function that it is local to, empty when that has no name; null for a definition for the whole unit, and in BTF, which does not record it.
    /// </summary>
    public string? Function { get; init; }

    /// <summary>Whether its place is that of one of its declarations, and the others are not recorded: it is in a type unit, of which a linker keeps one.</summary>
    public bool IsOfSharedPlace { get; init; }

    /// <summary>Whether DW_AT_alignment is the alignment of the type (GCC), not that of its attributes, which may be less (clang).</summary>
    public bool HasExactAlignments => Units.Any(u => u.Producer.StartsWith("GNU ", StringComparison.Ordinal));
}

/// <summary>The rest of a name that no C unit defines for the whole unit.</summary>
/// <param name="Local">The definitions within functions that differ from each other, in the order of their first unit.</param>
/// <param name="TypedefOf">The struct or union that a typedef of this name stands for and that is only declared; null when there is no such typedef.</param>
internal sealed record Remainder(ImmutableArray<TypeDefinition> Local, TypeName? TypedefOf)
{
    /// <summary>Where the first of the local definitions is, in words; null when there is none.</summary>
    public string? Place => Local is not [var first, ..] ? null
        : $"local to {(string.IsNullOrEmpty(first.Function) ? "a function" : $"function {first.Function}")} in "
            + (first.Units[0].Name.Length == 0 ? $"unit {first.Units[0].Index}" : first.Units[0].Name);

    /// <summary>Nothing at all.</summary>
    public static Remainder None { get; } = new([], null);
}

/// <summary>A compilation unit that defines a type.</summary>
/// <param name="Index">Which unit of the file, from 0; in BTF, the type id.</param>
/// <param name="Name">Its DW_AT_name, or empty when it has none; in BTF, <c>BTF type 1234</c>.</param>
/// <param name="Producer">Its compiler with the options (DW_AT_producer), or empty when it has none (BTF).</param>
public readonly record struct DefiningUnit(int Index, string Name, string Producer = "");

/// <summary>The definitions of one name in one source.</summary>
/// <param name="Name">The name asked for.</param>
/// <param name="Distinct">
/// The definitions that differ from each other in anything the layout depends on, in the order of their first unit; one entry when all
/// units agree, none when no C unit defines the type.
/// </param>
/// <param name="DeclarationCount">How many C units only declare it (<c>struct x;</c>) among those looked at.</param>
public sealed record DefinitionSet(TypeName Name, ImmutableArray<TypeDefinition> Distinct, int DeclarationCount)
{
    /// <summary>
    /// Why <see cref="Distinct"/> is empty though there may be definitions: a compiler's record of one contradicts itself
    /// (<see cref="InvalidImageException.IsOfOneType"/>). Null when nothing is wrong.
    /// </summary>
    public InvalidImageException? Problem { get; init; }

    /// <summary>
    /// The place of a definition within a function (<see cref="Remainder.Place"/>), when there is no other and it was searched for; else null.
    /// </summary>
    public string? Place { get; init; }

    /// <summary>
    /// Why <see cref="Distinct"/> is empty though there are definitions: a rule is about those with members that none has. Null when nothing was left out.
    /// </summary>
    public string? Unselected { get; init; }

    /// <summary>This set with the definitions of another name that this one may stand for; equal ones are folded.</summary>
    internal DefinitionSet With(DefinitionSet other)
    {
        List<TypeDefinition> all = [.. Distinct];
        foreach (TypeDefinition definition in other.Distinct)
        {
            int same = all.FindIndex(d => DefinitionEquality.Same(d.Graph, d.Root, definition.Graph, definition.Root));
            if (same < 0)
            {
                all.Add(definition);
            }
            else
            {
                all[same] = all[same] with { Units = [.. all[same].Units.Union(definition.Units).OrderBy(u => u.Index)] };
            }
        }

        return this with
        {
            Distinct = Problem is null && other.Problem is null ? [.. all.OrderBy(d => d.Units[0].Index)] : [],
            DeclarationCount = DeclarationCount + other.DeclarationCount,
            Problem = Problem ?? other.Problem,
        };
    }

    /// <summary>How many C units define it.</summary>
    public int DefinitionCount => Distinct.Sum(d => d.Units.Length);
}

/// <summary>Which debug format a source reads.</summary>
public enum SourceKind
{
    /// <summary>DWARF (.debug_info).</summary>
    Dwarf,

    /// <summary>BTF (.BTF or a raw blob).</summary>
    Btf,

    /// <summary>No debug information: what the code of the kernel exports is all that is known.</summary>
    None,
}

/// <summary>The debug information of an image in short, for the report.</summary>
/// <param name="Kind">DWARF or BTF.</param>
/// <param name="Target">The machine the image was built for.</param>
/// <param name="Format">The format with its versions: <c>DWARF 5</c>, <c>DWARF 4, 5</c>, <c>BTF</c>.</param>
/// <param name="Languages">How many units each language has, most first; empty for BTF.</param>
/// <param name="Producers">The compilers of the C units (DW_AT_producer), options included, each once; empty for BTF.</param>
public sealed record DebugInfoSummary(
    SourceKind Kind,
    TargetInfo Target,
    string Format,
    ImmutableArray<LanguageCount> Languages,
    ImmutableArray<string> Producers)
{
    /// <summary>Why the source lacks types or members of the kernel; null when nothing shows that it does.</summary>
    public SourceOmission? Omission { get; init; }

    /// <summary>Whether arrays of arrays cannot be told from arrays in it.</summary>
    public bool FlattensArrays { get; init; }
}

/// <summary>Why debug information lacks types or members of the kernel: it was reduced when it was made (DWARF), or tailored afterwards (BTF).</summary>
/// <param name="Clause">The evidence, in a clause.</param>
/// <param name="IsOfMembers">Whether members are left out of structs too; else whole types alone.</param>
public sealed record SourceOmission(string Clause, bool IsOfMembers);

/// <summary>How many units are written in a language.</summary>
public readonly record struct LanguageCount(string Language, int UnitCount);

/// <summary>The target machine, as far as a rule may depend on it.</summary>
/// <param name="WordByteSize">sizeof(long) and of a pointer, in bytes: 4 or 8.</param>
/// <param name="IsBigEndian">Byte order; bits are counted accordingly.</param>
public readonly record struct TargetInfo(int WordByteSize, bool IsBigEndian)
{
    /// <summary>
    /// The largest alignment of a number on the machine, in bytes, by the machine of an ELF header; null without one, or where the size of a word decides it.
    /// </summary>
    public ulong? LargestScalarAlignment { get; init; }

    /// <summary>The same for an unknown machine: all machines of 64 bits are alike, and m68k, which aligns nothing to more than 2, is big-endian.</summary>
    public ScalarAlignment Scalars => LargestScalarAlignment is { } known ? new ScalarAlignment(known, known)
        : WordByteSize == 8 ? ScalarAlignment.Usual
        : new ScalarAlignment(IsBigEndian ? 2u : 4u, 8);
}
