namespace LayoutCheck.Rules;

/// <summary>The outcome of a rule, or of one check of it. A check that could not be decided never counts as held.</summary>
public enum Outcome
{
    /// <summary>It applies and is true.</summary>
    Holds,

    /// <summary>It applies, and something is lost or badly named: a violated check of severity warning, or a check that holds with a caution.</summary>
    Warning,

    /// <summary>It applies and is false, and the kernel misbehaves.</summary>
    Violated,

    /// <summary>Its <c>when:</c> is false for this kernel.</summary>
    NotApplicable,

    /// <summary>The image does not say enough: a member or type is missing, or definitions differ in what matters here.</summary>
    Undecided,
}
