using LayoutCheck.Rules;

namespace LayoutCheck.Reports.Formats;

/// <summary>The names of outcomes in JSON.</summary>
internal static class OutcomeNames
{
    /// <summary>The name of an outcome.</summary>
    public static string Of(Outcome outcome) => outcome switch
    {
        Outcome.Holds => "holds",
        Outcome.Warning => "warning",
        Outcome.Violated => "violated",
        Outcome.NotApplicable => "not_applicable",
        _ => "undecided",
    };
}
