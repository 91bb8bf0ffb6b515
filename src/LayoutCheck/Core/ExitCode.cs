namespace LayoutCheck.Core;

/// <summary>The outcome of a question; the numbers are the program's documented exit codes.</summary>
public enum ExitCode
{
    /// <summary>Everything holds, or the answer is complete.</summary>
    Holds = 0,

    /// <summary>A rule is violated, or a difference was found.</summary>
    Violated = 1,

    /// <summary>The question is wrong: an option, a type's spelling, a rule's id.</summary>
    Usage = 2,

    /// <summary>The input cannot be read or has no debug information; or the output cannot be written.</summary>
    Unreadable = 3,

    /// <summary>Nothing is violated, but something could not be decided: never the same as "all good".</summary>
    Undecided = 4,
}
