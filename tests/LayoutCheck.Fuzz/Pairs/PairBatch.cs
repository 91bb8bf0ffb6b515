using System.Collections.Immutable;
using System.Text.RegularExpressions;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>Many types before and after an edit each. A type that holds another one by value has what was edited in that one too.</summary>
/// <param name="Old">The types before.</param>
/// <param name="New">The types after, in the same order.</param>
/// <param name="Edits">The edit of each, in words.</param>
internal sealed partial record PairBatch(StructBatch Old, StructBatch New, ImmutableArray<string> Edits)
{
    // The types that every batch of kernel-like structs begins with; they are edited like the others, but seldom.
    private const int CommonEdits = 25;

    /// <summary>Whether a type, or one that it uses, has attributes that alignments follow from and that no debug information records: of packing, of bit-fields.</summary>
    public bool HasUntoldAlignments(int type, PairForm form) => Old.With(Old.Types[type]).Concat(New.With(New.Types[type]))
        .Any(t => UntoldAlignment().IsMatch(t.Definition) || (form.Old.Source.IsBtf && AnyAlignment().IsMatch(t.Definition)));

    /// <summary>The batch of a number: of every two, one has the generator's wild types and one what a kernel's structs are made of.</summary>
    public static PairBatch Make(int seed, int number, int count)
    {
        Random random = new(unchecked((seed * 1_000_003) + (number * 7) + 5));
        bool isWild = number % 2 == 1;
        // An _Atomic type is left out: pahole refuses the file, and clang's DWARF of it depends on the version.
        StructBatch old = isWild ? StructGenerator.Make(seed, (number % 4) == 3 ? 4 * number : (4 * number) + 1, count) : KernelStructs.Make(random, count);
        PairEditor plainEditor = new(random, "n", []);
        PairEditor editor = isWild ? plainEditor : new PairEditor(random, "c", KernelStructs.CommonOf(old));
        Dictionary<CAggregate, CAggregate> before = new(ReferenceEqualityComparer.Instance);
        Dictionary<CAggregate, CAggregate> after = new(ReferenceEqualityComparer.Instance);
        List<GeneratedType> oldTypes = [];
        List<GeneratedType> newTypes = [];
        List<string> edits = [];
        foreach (GeneratedType type in old.Types)
        {
            bool isCommon = !isWild && type.Number < KernelStructs.CommonCount;
            PairEditor.Edited edited = isCommon && random.Next(100) >= CommonEdits ? new(type.Aggregate, type.Aggregate, "none")
                : (isCommon ? plainEditor : editor).Edit(type.Aggregate);
            CAggregate mine = (CAggregate)Rebased(edited.Old, before);
            CAggregate others = (CAggregate)Rebased(edited.New, after);
            before.Add(type.Aggregate, mine);
            after.Add(type.Aggregate, others);
            // An edit may put any of the common types in.
            GeneratedType whole = isWild || isCommon ? type : type with { Uses = [.. Enumerable.Range(0, KernelStructs.CommonCount).Union(type.Uses)] };
            oldTypes.Add(With(whole, mine, oldTypes));
            newTypes.Add(With(whole, others, newTypes));
            edits.Add(edited.What);
        }

        return new PairBatch(old with { Types = [.. oldTypes] }, old with { Types = [.. newTypes] }, [.. edits]);
    }

    [GeneratedRegex(@"packed|#pragma pack|_aligned|four_ints|two_floats|ms_struct|aligned\([12]\)| : W\([^;]*aligned")]
    private static partial Regex UntoldAlignment();

    [GeneratedRegex(@"_Alignas|aligned\(")]
    private static partial Regex AnyAlignment();

    // The type with another definition; #pragma pack around it stays.
    private static GeneratedType With(GeneratedType type, CAggregate aggregate, List<GeneratedType> earlier)
    {
        if (ReferenceEquals(type.Aggregate, aggregate))
        {
            return type;
        }

        string Body(CAggregate of) => (type.Aggregate.Tag is null ? of.Declare(type.Name) : of.Declare("")).TrimEnd();
        string text = type.Definition.Replace(Body(type.Aggregate), Body(aggregate), StringComparison.Ordinal);
        CTraits traits = type.Uses.Aggregate(GeneratedType.TraitsOf(text), (all, used) => all | earlier[used].Traits);
        return new GeneratedType(type.Number, type.Name, text, aggregate, type.Uses, traits);
    }

    // The type with the edited definitions of the types that it names.
    private static CType Rebased(CType type, Dictionary<CAggregate, CAggregate> edited) => type switch
    {
        CReference reference => edited.TryGetValue(reference.Target, out CAggregate? target) ? new CReference(target) : reference,
        CTypedef { Target: CAggregate aggregate } typedef => edited.TryGetValue(aggregate, out CAggregate? target) ? new CTypedef(typedef.Name, target) : typedef,
        CArray array => array with { Element = Rebased(array.Element, edited) },
        CAggregate aggregate => aggregate with { Members = [.. aggregate.Members.Select(m => m with { Type = Rebased(m.Type, edited) })] },
        _ => type,
    };
}
