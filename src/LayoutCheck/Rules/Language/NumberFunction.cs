using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>A call with numbers for arguments: <c>is_power_of_2(sizeof(struct page))</c>.</summary>
internal sealed class NumberCall(int position, RuleFunction function, ImmutableArray<Node> arguments) : CallNode(position, function)
{
    public ImmutableArray<Node> Arguments => arguments;

    public override int Depth { get; } = arguments.Max(a => a.Depth) + 1;

    public override void Visit(Action<Subject> visit)
    {
        foreach (Node argument in arguments)
        {
            argument.Visit(visit);
        }
    }

    public override string ToString() => $"{Function.Name}({string.Join(", ", arguments)})";
}

/// <summary>
/// A function of numbers. Where one of them is unknown, so is the result, for the same reason; what it comes to else is all that a function adds.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="arity">How many numbers it takes.</param>
/// <param name="evaluate">What it comes to; all arguments are numbers.</param>
/// <param name="uses">Its rows in LANGUAGE.md.</param>
internal sealed class NumberFunction(string name, int arity, Func<ImmutableArray<NumberArgument>, Answer> evaluate, ImmutableArray<FunctionUse> uses)
    : RuleFunction(name, uses)
{
    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        ImmutableArray<Node> numbers = ReadAll(arguments);
        return numbers.Length == arity
            ? new NumberCall(position, this, numbers)
            : throw arguments.Tokens.Error($"{Name} takes {arity} arguments, not {numbers.Length}", position);
    }

    /// <summary>Parses numbers between commas, up to the closing parenthesis.</summary>
    public static ImmutableArray<Node> ReadAll(IArgumentReader arguments)
    {
        ImmutableArray<Node>.Builder numbers = ImmutableArray.CreateBuilder<Node>();
        do
        {
            numbers.Add(arguments.Number());
        }
        while (arguments.Tokens.Take(","));
        arguments.Tokens.Expect(")");
        return numbers.ToImmutable();
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        ImmutableArray<NumberArgument>.Builder arguments = ImmutableArray.CreateBuilder<NumberArgument>(arity);
        foreach (Node argument in ((NumberCall)call).Arguments)
        {
            Answer answer = evaluation.Evaluate(argument);
            if (answer.Number is not { } number)
            {
                return answer;
            }

            arguments.Add(new NumberArgument(number, answer.Shown));
        }

        return evaluate(arguments.MoveToImmutable());
    }
}

/// <summary>An argument of a <see cref="NumberFunction"/>.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Shown">The words for it, with the value.</param>
internal readonly record struct NumberArgument(Int128 Value, string Shown);
