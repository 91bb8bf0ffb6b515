using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Types;

/// <summary>
/// Debug information that can be asked for types: DWARF or BTF. Both answer with the same graph; nothing after this seam
/// knows which it was, nor which byte order the image has.
/// </summary>
public interface ITypeSource
{
    /// <summary>DWARF or BTF.</summary>
    SourceKind Kind { get; }

    /// <summary>The machine the image was built for.</summary>
    /// <exception cref="InvalidImageException">The debug information does not tell.</exception>
    TargetFacts Target { get; }

    /// <summary>The largest alignment of a number on that machine, as far as it is known. Never fails.</summary>
    ScalarAlignment Scalars { get; }

    /// <summary>How far the question that is being answered has come, from 0 to 1; may be asked from another thread, for showing only.</summary>
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
    /// <param name="pool">The threads that may work; the answer does not depend on how many they are.</param>
    /// <param name="withPlaces">Whether to tell where the types and their members are declared, where that is recorded (not in BTF).</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    Survey FindAll(IReadOnlyList<TypeName> names, WorkerPool pool, bool withPlaces = false);

    /// <summary>
    /// What there is of a name that <see cref="FindFirst"/> and <see cref="FindAll(IReadOnlyList{TypeName}, WorkerPool, bool)"/> have no definition of:
    /// definitions within functions, and what a typedef names that is only declared. Takes longer than either, and is for names that were not found.
    /// </summary>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    Remainder FindRemainder(TypeName name);

    /// <summary>Why the source does not have all that the kernel has; null when nothing shows that it has not. Looks far: for when something is missing.</summary>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    SourceOmission? FindOmission();

    /// <summary>The names of all structs and unions that C units define, each once, in ordinal order: for suggestions.</summary>
    IReadOnlyList<TypeName> DefinedNames();
}

/// <summary>What can be asked of any source.</summary>
public static class TypeSourceExtensions
{
    /// <inheritdoc cref="ITypeSource.FindAll"/>
    /// <param name="source">The source.</param>
    /// <param name="names">The types asked for.</param>
    /// <param name="threads">How many threads may work, of which those besides the caller's are made for this question.</param>
    /// <param name="withPlaces">Whether to tell where the types and their members are declared.</param>
    public static Survey FindAll(this ITypeSource source, IReadOnlyList<TypeName> names, int threads, bool withPlaces = false)
    {
        ArgumentNullException.ThrowIfNull(source);
        using WorkerPool pool = new(threads);
        return source.FindAll(names, pool, withPlaces);
    }
}

/// <summary>What all units of an image say of some types.</summary>
/// <param name="Sets">One entry a name, in the order asked.</param>
/// <param name="Facts">Where that comes from.</param>
public sealed record Survey(ImmutableArray<DefinitionSet> Sets, SourceFacts Facts);

/// <summary>One definition of a type.</summary>
/// <param name="Graph">The graph that holds it.</param>
/// <param name="Root">The struct or union in that graph: an <see cref="AggregateType"/>.</param>
/// <param name="Units">The compilation units that say so, in file order. BTF keeps none: there it is the records that say so, each as a unit.</param>
public sealed record TypeDefinition(TypeGraph Graph, TypeId Root, ImmutableArray<DefiningUnit> Units)
{
    /// <summary>Of the first definition, how many the source has of the name in all, when it knows without reading them (BTF); else null.</summary>
    public int? OutOf { get; init; }

    /// <summary>The struct or union itself.</summary>
    public AggregateType Aggregate => (AggregateType)Graph[Root];

    /// <summary>The first function that it is local to, empty when that has no name; null for a definition for the whole unit, and for BTF, which does not tell.</summary>
    public string? Function { get; init; }

    /// <summary>Whether DW_AT_alignment is the alignment of the type: GCC records what the type has, clang what the source demanded, which may be less.</summary>
    public bool HasExactAlignments => Units.Any(u => u.Producer.StartsWith("GNU ", StringComparison.Ordinal));
}

/// <summary>What there is of a name that no C unit defines for the whole unit.</summary>
/// <param name="Local">The definitions within functions that differ from each other, in the order of their first unit.</param>
/// <param name="TypedefOf">The struct or union that a typedef of this name stands for and that is only declared; null when there is no such typedef.</param>
public sealed record Remainder(ImmutableArray<TypeDefinition> Local, TypeName? TypedefOf)
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

/// <summary>All that one source says of one name.</summary>
/// <param name="Name">The name asked for.</param>
/// <param name="Distinct">
/// The definitions that differ from each other in anything the layout depends on, in the order of their first unit; one entry when all
/// units agree, none when no C unit defines the type.
/// </param>
/// <param name="DeclarationCount">How many C units only declare it (<c>struct x;</c>) among those looked at.</param>
public sealed record DefinitionSet(TypeName Name, ImmutableArray<TypeDefinition> Distinct, int DeclarationCount)
{
    /// <summary>
    /// Why none of its definitions is told though there may be some: a compiler recorded one in a way that contradicts itself
    /// (<see cref="InvalidImageException.IsOfOneType"/>). Null when nothing is wrong; else <see cref="Distinct"/> is empty.
    /// </summary>
    public InvalidImageException? Problem { get; init; }

    /// <summary>Where a definition within a function is (<see cref="Remainder.Place"/>), when that was looked for because there is no other; else null.</summary>
    public string? Place { get; init; }

    /// <summary>This set with the definitions of another name that this one may stand for, those that are equal folded.</summary>
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
}

/// <summary>Where facts come from, for the report.</summary>
/// <param name="Kind">DWARF or BTF.</param>
/// <param name="Target">The machine the image was built for.</param>
/// <param name="Format">The format with its versions: <c>DWARF 5</c>, <c>DWARF 4, 5</c>, <c>BTF</c>.</param>
/// <param name="Languages">How many units each language has, most first; empty for BTF.</param>
/// <param name="Producers">The compilers of the C units (DW_AT_producer), options included, each once; empty for BTF.</param>
public sealed record SourceFacts(
    SourceKind Kind,
    TargetFacts Target,
    string Format,
    ImmutableArray<LanguageCount> Languages,
    ImmutableArray<string> Producers)
{
    /// <summary>Why the source does not have all that the kernel has; null when nothing shows that it has not.</summary>
    public SourceOmission? Omission { get; init; }

    /// <summary>Whether arrays of arrays cannot be told from arrays in it.</summary>
    public bool FlattensArrays { get; init; }
}

/// <summary>Why debug information does not have all that the kernel has: it was reduced when it was made (DWARF), or tailored afterwards (BTF).</summary>
/// <param name="Clause">How that is seen, in a clause.</param>
/// <param name="IsOfMembers">Whether members are left out of structs too; else whole types alone.</param>
public sealed record SourceOmission(string Clause, bool IsOfMembers);

/// <summary>How many units are written in a language.</summary>
public readonly record struct LanguageCount(string Language, int UnitCount);

/// <summary>What a rule may know of the target machine.</summary>
/// <param name="WordByteSize">sizeof(long) and of a pointer, in bytes: 4 or 8.</param>
/// <param name="IsBigEndian">Byte order; bits are counted accordingly.</param>
public readonly record struct TargetFacts(int WordByteSize, bool IsBigEndian)
{
    /// <summary>The largest alignment of a number on the machine, in bytes, as an ELF header tells it; null where there is none, or the size of a word tells it.</summary>
    public ulong? LargestScalarAlignment { get; init; }

    /// <summary>The same where nothing tells the machine: all of 64 bits are alike, and m68k, which aligns nothing to more than 2, is big-endian.</summary>
    public ScalarAlignment Scalars => LargestScalarAlignment is { } known ? new ScalarAlignment(known, known)
        : WordByteSize == 8 ? ScalarAlignment.Usual
        : new ScalarAlignment(IsBigEndian ? 2u : 4u, 8);
}
