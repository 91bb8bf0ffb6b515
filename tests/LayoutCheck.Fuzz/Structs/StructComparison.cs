using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Types;

namespace LayoutCheck.Fuzz.Structs;

/// <summary>Compares our answers on one form of a source with those of the compilers that made it.</summary>
internal sealed class StructComparison
{
    private readonly StructForm _form;
    private readonly ImmutableArray<GeneratedType> _types;
    private readonly StructOutcome _outcome = new();

    private StructComparison(StructForm form, ImmutableArray<GeneratedType> types)
    {
        _form = form;
        _types = types;
    }

    /// <summary>Makes the form and compares all types of the source.</summary>
    public static StructOutcome Run(StructForm form, StructObjects objects)
    {
        StructComparison comparison = new(form, objects.Types);
        try
        {
            byte[] bytes = File.ReadAllBytes(objects.Make(form));
            // A file of several compilers has a judge for each: they do not agree on all (ms_struct, packed enumerations).
            ImmutableArray<ImmutableArray<StructJudge>> judges = form.Inputs.Length < 2 ? [StructJudge.Read(bytes, objects.Types)]
                : [.. form.Inputs.Select(i => StructJudge.Read(File.ReadAllBytes(objects.Make(StructForm.Named(i))), objects.Types))];
            using KernelImage? image = comparison.Open(bytes);
            if (image is not null)
            {
                comparison.Compare(image.Types, judges);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or OverflowException)
        {
            comparison._outcome.Problem = e is InvalidDataException ? e.Message : e.ToString();
        }

        return comparison._outcome;
    }

    // Null when we refuse the whole image.
    private KernelImage? Open(byte[] bytes)
    {
        try
        {
            return KernelImage.FromBytes(_form.Source.ToString(), bytes, _form.Source.IsBtf ? SourceChoice.Btf : SourceChoice.Dwarf);
        }
        catch (InvalidImageException e)
        {
            foreach (GeneratedType type in _types)
            {
                _outcome.Refuse(_form.Source, type, e.Problem);
            }

            return null;
        }
    }

    private void Compare(ITypeSource source, ImmutableArray<ImmutableArray<StructJudge>> judges)
    {
        List<(int Index, TypeName Name, TypeDefinition First)> found = FindFirst(source);
        Dictionary<int, ImmutableArray<TypeDefinition>> distinct = FindDistinct(source, [.. found.Select(f => (f.Index, f.Name))]);
        foreach ((int index, _, TypeDefinition first) in found)
        {
            if (distinct.TryGetValue(index, out ImmutableArray<TypeDefinition> definitions))
            {
                Judge(index, first, definitions, judges);
            }
        }
    }

    private List<(int Index, TypeName Name, TypeDefinition First)> FindFirst(ITypeSource source)
    {
        List<(int Index, TypeName Name, TypeDefinition First)> found = [];
        for (int i = 0; i < _types.Length; i++)
        {
            TypeName name = TypeName.Parse(_types[i].Name);
            if (StructRefusal.OfType(_form.Source, _types[i]) is { } reason)
            {
                _outcome.Leave(reason);
                continue;
            }

            try
            {
                if (source.FindFirst(name) is { } first)
                {
                    found.Add((i, name, first));
                }
                else
                {
                    _outcome.Refuse(_form.Source, _types[i], StructRefusal.NoDefinition);
                }
            }
            catch (InvalidImageException e)
            {
                _outcome.Refuse(_form.Source, _types[i], e.Problem);
            }
        }

        return found;
    }

    // All types in one survey, which compares definitions without building them. A refusal of one type can be one of the survey: then each is surveyed alone.
    private Dictionary<int, ImmutableArray<TypeDefinition>> FindDistinct(ITypeSource source, (int Index, TypeName Name)[] found)
    {
        Dictionary<int, ImmutableArray<TypeDefinition>> distinct = [];
        try
        {
            ImmutableArray<DefinitionSet> sets = source.FindAll([.. found.Select(f => f.Name)], 1).Sets;
            for (int i = 0; i < found.Length; i++)
            {
                Add(found[i].Index, sets[i]);
            }
        }
        catch (InvalidImageException)
        {
            foreach ((int index, TypeName name) in found)
            {
                try
                {
                    Add(index, source.FindAll([name], 1).Sets[0]);
                }
                catch (InvalidImageException e)
                {
                    _outcome.Refuse(_form.Source, _types[index], e.Problem);
                }
            }
        }

        return distinct;

        void Add(int index, DefinitionSet set)
        {
            // A contradiction in one unit takes the answer of all units.
            if (set.Problem is { } problem)
            {
                _outcome.Refuse(_form.Source, _types[index], problem.Problem);
                return;
            }

            distinct.Add(index, set.Distinct);
        }
    }

    private void Judge(int index, TypeDefinition first, ImmutableArray<TypeDefinition> definitions, ImmutableArray<ImmutableArray<StructJudge>> judges)
    {
        GeneratedType type = _types[index];
        bool areTooMany = _form.Inputs.Length < 2 && definitions.Length > 1;
        if (definitions.Length == 0 || areTooMany || !DefinitionEquality.Same(first.Graph, first.Root, definitions[0].Graph, definitions[0].Root))
        {
            _outcome.Fail(type, $"the first definition is not that of {definitions.Length} of all");
        }

        HashSet<int> unmatched = [.. Enumerable.Range(0, judges.Length)];
        foreach (TypeDefinition definition in definitions)
        {
            List<StructJudge.Comparison> all = [.. judges.Select(j => j[index].Compare(type, definition, _form.Source))];
            _outcome.Add(type, all.MinBy(c => c.Wrong.Count)!);
            _ = unmatched.RemoveWhere(j => all[j].Wrong.Count == 0);
        }

        if (judges.Length > 1 && unmatched.Count > 0)
        {
            _outcome.Fail(type, $"none of {definitions.Length} definitions of {type.Name} agrees with {unmatched.Count} of {judges.Length} compilers");
        }
    }
}
