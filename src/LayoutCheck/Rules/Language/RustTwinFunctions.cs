using LayoutCheck.Core;

namespace LayoutCheck.Rules.Language;

/// <summary>A call without arguments.</summary>
internal sealed class BareCall(int position, RuleFunction function) : CallNode(position, function)
{
    public override string ToString() => $"{Function.Name}()";
}

/// <summary>The functions of the structs that bindgen made for Rust.</summary>
internal static class RustTwinFunctions
{
    public static RuleFunction RustTwins { get; } = new CountFunction();

    public static RuleFunction RustTwinsAgree { get; } = new AgreeFunction();

    private static RustTwinFacts FactsOf(IEvaluation evaluation) => evaluation.Image.RustTwins?.Value ?? new RustTwinFacts(0, 0, [], "no Rust was looked for");

    private static BareCall ReadBare(int position, RuleFunction function, IArgumentReader arguments)
    {
        arguments.Tokens.Expect(")");
        return new BareCall(position, function);
    }

    /// <summary>rust_twins: how many there are.</summary>
    private sealed class CountFunction() : RuleFunction("rust_twins",
        [new("`rust_twins()`", "how many structs and unions that bindgen made for Rust have one of their name in C; 0 without Rust, and in BTF", "rust_twins() == 0")])
    {
        public override CallNode Read(int position, IArgumentReader arguments) => ReadBare(position, this, arguments);

        public override Answer Evaluate(CallNode call, IEvaluation evaluation)
        {
            RustTwinFacts facts = FactsOf(evaluation);
            return facts.NameCount is not { } count ? Answer.Unknown(facts.Doubt!)
                : Answer.Of(count, $"{call}={count}{(count == 0 ? $" ({facts.Doubt})" : "")}", call.ToString());
        }
    }

    /// <summary>rust_twins_agree: whether all lie as in C.</summary>
    private sealed class AgreeFunction() : RuleFunction("rust_twins_agree",
        [new("`rust_twins_agree()`", "whether these have C's sizes, and their members C's places and sizes; undecided when there is none", "rust_twins() == 0 || rust_twins_agree()")])
    {
        private const int DifferencesShown = 3;

        public override CallNode Read(int position, IArgumentReader arguments) => ReadBare(position, this, arguments);

        public override Answer Evaluate(CallNode call, IEvaluation evaluation)
        {
            RustTwinFacts facts = FactsOf(evaluation);
            string more = facts.Differences.Length > DifferencesShown ? $" and {facts.Differences.Length - DifferencesShown} more" : "";
            return !facts.Differences.IsEmpty ? Answer.Truth(false, $"{string.Join("; ", facts.Differences.Take(DifferencesShown))}{more}")
                : facts.Doubt is not null || facts.NameCount is not > 0 ? Answer.Unknown($"whether Rust twins agree with C is not known: {facts.Doubt}")
                : Answer.Truth(true, $"{Printable.Count((ulong)facts.NameCount, "Rust twin")} agree in {Printable.Count((ulong)facts.MemberCount, "member")}") with { IsNotable = true };
        }
    }
}
