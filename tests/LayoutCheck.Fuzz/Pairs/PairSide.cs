using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Fuzz.Structs;
using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Types;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>One side of a comparison: what we read of all types of a batch, and what their compiler says of them.</summary>
internal sealed class PairSide : IDisposable
{
    private readonly KernelImage _image;
    private readonly string?[] _left;

    private PairSide(KernelImage image, ImmutableArray<StructJudge> judges, int count)
    {
        _image = image;
        _left = new string?[count];
        Judges = judges;
        Definitions = new TypeDefinition?[count];
    }

    /// <summary>One a type, by its number; null of one that is left out.</summary>
    public TypeDefinition?[] Definitions { get; }

    /// <summary>The compiler's word, one a type.</summary>
    public ImmutableArray<StructJudge> Judges { get; }

    /// <summary>The definition of a type for a comparison.</summary>
    public ComparedDefinition Compared(int type) => new(Definitions[type]!, _image.Types.Kind, _scalars);

    private ScalarAlignment _scalars = ScalarAlignment.Usual;

    /// <summary>Why a type is left out; null when it is not.</summary>
    public string? Left(int type) => _left[type];

    /// <summary>Makes a form and reads it.</summary>
    /// <exception cref="InvalidDataException">The form cannot be made.</exception>
    /// <exception cref="InvalidImageException">It is refused as a whole.</exception>
    public static PairSide Read(StructForm form, StructObjects objects)
    {
        byte[] bytes = File.ReadAllBytes(objects.Make(form));
        ImmutableArray<StructJudge> judges = StructJudge.Read(bytes, objects.Types);
        PairSide side = new(KernelImage.FromBytes(form.Source.ToString(), bytes, form.Source.IsBtf ? SourceChoice.Btf : SourceChoice.Dwarf), judges, objects.Types.Length);
        side.ReadAll(form.Source, objects.Types);
        return side;
    }

    /// <inheritdoc/>
    public void Dispose() => _image.Dispose();

    // Alignments are judged apart, and the shape of an array does not matter here.
    private static bool IsOfPlaces(string excuse) => !excuse.Contains("align", StringComparison.Ordinal) && !excuse.StartsWith("BTF (pahole) has", StringComparison.Ordinal);

    private void ReadAll(StructSource source, ImmutableArray<GeneratedType> types)
    {
        Survey survey = _image.Types.FindAll([.. types.Select(t => TypeName.Parse(t.Name))], 1);
        _scalars = survey.Facts.Target.Scalars;
        for (int i = 0; i < types.Length; i++)
        {
            if (survey.Sets[i] is { Problem: null, Distinct: [var only] })
            {
                // What is read wrongly is for --structs to find: here it would be a difference.
                StructJudge.Comparison comparison = Judges[i].Compare(types[i], only, source);
                string? excuse = comparison.Wrong.Count > 0 ? "unexplained: " + comparison.Wrong[0] : comparison.Excused.FirstOrDefault(IsOfPlaces);
                _left[i] = excuse;
                Definitions[i] = excuse is null ? only : null;
            }
            else
            {
                string problem = survey.Sets[i].Problem?.Problem ?? StructRefusal.NoDefinition;
                _left[i] = StructRefusal.Of(source, types[i], problem) ?? "unexplained: " + problem;
            }
        }
    }
}
