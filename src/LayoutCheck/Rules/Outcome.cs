namespace LayoutCheck.Rules;

/// <summary>What a rule, or one check of it, came to. Only what was seen counts: what could not be decided is never passed off as held.</summary>
public enum Outcome
{
    /// <summary>It applies and is true.</summary>
    Holds,

    /// <summary>It applies and is false.</summary>
    Violated,

    /// <summary>Its <c>when:</c> is false for this kernel.</summary>
    NotApplicable,

    /// <summary>The image does not say enough: a member or type is missing, or definitions differ in what matters here.</summary>
    Undecided,
}
