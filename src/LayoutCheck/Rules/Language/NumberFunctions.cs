namespace LayoutCheck.Rules.Language;

/// <summary>The functions of numbers.</summary>
internal static class NumberFunctions
{
    public static NumberFunction IsPowerOf2 { get; } = new(
        "is_power_of_2",
        1,
        arguments =>
        {
            Int128 number = arguments[0].Value;
            bool isPower = number > 0 && (number & (number - 1)) == 0;
            return Answer.Truth(isPower, $"{arguments[0].Shown} is {(isPower ? "a" : "no")} power of two");
        },
        [new("`is_power_of_2(x)`", "as the kernel's", "is_power_of_2(sizeof(struct page))")]);

    public static NumberFunction IsAligned { get; } = new(
        "IS_ALIGNED",
        2,
        arguments =>
        {
            Int128 step = arguments[1].Value;
            if (step <= 0)
            {
                return Answer.Unknown($"IS_ALIGNED to {step} has no meaning");
            }

            bool isMultiple = arguments[0].Value % step == 0;
            return Answer.Truth(isMultiple, $"{arguments[0].Shown} is {(isMultiple ? "a" : "no")} multiple of {arguments[1].Shown}");
        },
        [new("`IS_ALIGNED(x, a)`", "as the kernel's; `a` need not be a power of two", "IS_ALIGNED(sizeof(struct page), 16)")]);

    public static NumberFunction Align { get; } = new(
        "ALIGN",
        2,
        arguments =>
        {
            (Int128 number, Int128 step) = (arguments[0].Value, arguments[1].Value);
            string words = $"ALIGN({arguments[0].Shown}, {arguments[1].Shown})";
            if (step <= 0)
            {
                return Answer.Unknown($"{words} has no meaning");
            }

            Int128 remainder = ((number % step) + step) % step;
            Int128 aligned = remainder == 0 ? number : number - remainder + step;
            return Int128.Abs(aligned) > Answer.Largest ? Answer.TooLarge(words) : Answer.Of(aligned, $"{words}={aligned}", words);
        },
        [new("`ALIGN(x, a)`", "`x` rounded up to a multiple of `a`", "ALIGN(offsetofend(struct page, _refcount), 8) == 56")]);

    public static FirstOfFunction FirstOf { get; } = new();
}

/// <summary>first_of: the first number that is known. The one function that an unknown argument does not leave unknown.</summary>
internal sealed class FirstOfFunction() : RuleFunction("first_of",
    [new("`first_of(x, y)`", "the first that is not undecided", "first_of(offsetof(struct slab, flags), offsetof(struct page, flags)) == 0")])
{
    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments) => new NumberCall(position, this, NumberFunction.ReadAll(arguments));

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        List<string> reasons = [];
        foreach (Node argument in ((NumberCall)call).Arguments)
        {
            Answer answer = evaluation.Evaluate(argument);
            if (!answer.IsUnknown)
            {
                return answer;
            }

            reasons.Add(answer.Words);
        }

        return Answer.Unknown(string.Join("; ", reasons.Distinct()));
    }
}
