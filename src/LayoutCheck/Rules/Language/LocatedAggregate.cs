using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>A struct or union whose members a function looks through.</summary>
/// <param name="Located">Where it was found.</param>
/// <param name="Type">The struct or union itself.</param>
internal readonly record struct LocatedAggregate(Located Located, AggregateType Type)
{
    /// <summary>The graph that holds it.</summary>
    public TypeGraph Graph => Located.Graph!;

    /// <summary>Its name in a sentence.</summary>
    public string Name => Located.Name;

    /// <summary>Finds it; null when it is missing, has members that differ between definitions, or has none at all.</summary>
    /// <param name="type">Its name.</param>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="unknown">Why it cannot be looked through.</param>
    public static LocatedAggregate? Find(TypeReference type, IEvaluation evaluation, out Answer unknown)
    {
        unknown = default;
        Located located = evaluation.Locate(new Subject(type, null));
        string? problem = located.Place is null ? located.Problem : located.IsOneOfMany ? $"the definitions of {located.Name} differ" : null;
        if (problem is null && located.Graph!.AsAggregate(located.Root) is { } aggregate)
        {
            return new LocatedAggregate(located, aggregate);
        }

        unknown = Answer.Unknown(problem ?? $"{located.Name} is no struct or union");
        return null;
    }
}
