using System.Globalization;
using System.Text.RegularExpressions;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>
/// Compares what we say of a damaged image with what pahole says: where both read it, each member's name and place and each type's size are the same, or
/// the difference has an <see cref="Explanation"/>. We may always refuse.
/// </summary>
/// <param name="folder">Where images are written for pahole.</param>
internal sealed partial class Differential(string folder)
{
    /// <summary>The outcome of most.</summary>
    public const string Agrees = "agree";

    /// <summary>The outcome that is a failure.</summary>
    public const string Differs = "differ";

    private const int LongestKind = 56;

    /// <summary>What came of one image.</summary>
    /// <param name="Outcomes">A line for each type asked for: <c>agree</c>, <c>we refuse: ...</c> and so on, to be counted.</param>
    /// <param name="Failure">The differences that nothing explains, or null.</param>
    public sealed record Result(IReadOnlyList<string> Outcomes, string? Failure);

    /// <summary>Asks both, each for the first definition.</summary>
    public Result Run(FuzzRun.Comparable one)
    {
        List<string> outcomes = [];
        List<TypeName> missing = [];
        Dictionary<TypeName, TypeDefinition> found = Ours(one, outcomes, missing);
        if (found.Count + missing.Count == 0)
        {
            return new Result(outcomes, null);
        }

        string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"image-{Environment.CurrentManagedThreadId}"));
        File.WriteAllBytes(path, one.Image);
        List<string> failures = [];
        foreach (TypeName name in missing)
        {
            // "Not there" is an answer too, and a wrong one is how damage hides a struct.
            Pahole.Answer answer = Pahole.Ask(path, one.Kind, [name.Name]);
            string outcome = Theirs(answer, name).Rows is not { Rows: not [] } theirs ? "we find no definition, nor does pahole"
                : Explanation.OfMissing(one, theirs, answer) is { } why ? "explained: " + why
                : Differs;
            if (outcome == Differs)
            {
                failures.Add($"{one.Kind} {name}: no definition, and pahole has one");
            }

            outcomes.Add(outcome);
        }

        Pahole.Answer together = found.Count > 0 ? Pahole.Ask(path, one.Kind, found.Keys.Select(n => n.Name)) : new Pahole.Answer("", "", null);
        foreach ((TypeName name, TypeDefinition definition) in found)
        {
            // One type that it cannot read or find may cost the others: then each is asked for by itself.
            (LayoutRows? theirs, string outcome) = Theirs(together, name);
            Pahole.Answer answer = together;
            if (theirs is null && found.Count > 1)
            {
                answer = Pahole.Ask(path, one.Kind, [name.Name]);
                (theirs, outcome) = Theirs(answer, name);
            }

            LayoutRows ours = LayoutRows.Of(definition);
            if (theirs is not null && LayoutRows.Difference(ours, theirs) is { } difference)
            {
                outcome = Explanation.Of(new Explanation.Case(one, definition, ours, theirs, answer)) is { } why ? "explained: " + why : Differs;
                if (outcome == Differs)
                {
                    failures.Add($"{one.Kind} {name}: {difference}");
                }
            }

            outcomes.Add(outcome);
        }

        return new Result(outcomes, failures.Count == 0 ? null : string.Join('\n', failures));
    }

    private static Dictionary<TypeName, TypeDefinition> Ours(FuzzRun.Comparable one, List<string> outcomes, List<TypeName> missing)
    {
        Dictionary<TypeName, TypeDefinition> found = [];
        KernelImage image;
        try
        {
            image = KernelImage.FromBytes("case", one.Image, one.Kind == SourceKind.Dwarf ? SourceChoice.Dwarf : SourceChoice.Btf);
        }
        catch (InvalidImageException e)
        {
            outcomes.AddRange(one.Names.Select(_ => Refusal(e)));
            return found;
        }

        using (image)
        {
            foreach (TypeName name in one.Names)
            {
                try
                {
                    if (image.Types.FindFirst(name) is { } definition)
                    {
                        found.Add(name, definition);
                    }
                    else
                    {
                        missing.Add(name);
                    }
                }
                catch (InvalidImageException e)
                {
                    outcomes.Add(Refusal(e));
                }
            }
        }

        return found;
    }

    // That they agree when it was read: the rest is seen when it is compared.
    private static (LayoutRows? Rows, string Outcome) Theirs(Pahole.Answer answer, TypeName name)
    {
        if (answer.Failure is { } failure)
        {
            return (null, "pahole fails: " + failure);
        }

        try
        {
            return LayoutRows.Read(answer.Text).TryGetValue(name.ToString(), out LayoutRows? rows) ? (rows, Agrees) : (null, "pahole does not show it");
        }
        catch (FormatException e)
        {
            return (null, Short("pahole's text cannot be read: " + e.Message));
        }
    }

    private static string Refusal(InvalidImageException e) => Short($"we refuse: {e.Section ?? "the file"}: {e.Problem}");

    // Numbers and names of the image are left out, so that equal kinds are counted together.
    private static string Short(string outcome)
    {
        outcome = Number().Replace(outcome, "N");
        return outcome.Length <= LongestKind ? outcome : outcome[..LongestKind];
    }

    [GeneratedRegex("0x[0-9a-f]+|[0-9]+")]
    private static partial Regex Number();
}
