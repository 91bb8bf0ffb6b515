using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// One function of the rule language: how it is called, parsed, evaluated and documented. All of them are in <see cref="RuleFunctions"/>. A function of a shape
/// that others have (<see cref="MemberFunction"/>, <see cref="NumberFunction"/>) needs no class of its own.
/// </summary>
/// <param name="name">Its name, and the only spelling that <see cref="RuleExpression.Text"/> has.</param>
/// <param name="uses">Its rows in LANGUAGE.md.</param>
internal abstract class RuleFunction(string name, ImmutableArray<FunctionUse> uses)
{
    public string Name => name;

    /// <summary>Other names of the same function, as kernel headers have them.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Whether it gives a type, which can only be compared; else a number.</summary>
    public bool GivesType { get; init; }

    public ImmutableArray<FunctionUse> Uses => uses;

    /// <summary>Whether a call of this name is one of the function.</summary>
    public bool IsCalled(string word) => word == name || Aliases.Contains(word);

    /// <summary>Parses the arguments, behind the opening parenthesis, and all that belongs to the call.</summary>
    /// <param name="position">Where the call begins, as a character index.</param>
    /// <param name="arguments">What stands there.</param>
    /// <exception cref="RuleException">They are not the function's.</exception>
    public abstract CallNode Read(int position, IArgumentReader arguments);

    /// <summary>What a call that <see cref="Read"/> made comes to.</summary>
    public abstract Answer Evaluate(CallNode call, IEvaluation evaluation);
}

/// <summary>A call of a function in an expression.</summary>
internal abstract class CallNode(int position, RuleFunction function) : Node(position)
{
    public RuleFunction Function => function;

    public override bool GivesType => function.GivesType;
}

/// <summary>A row of LANGUAGE.md.</summary>
/// <param name="Call">The call, or several that mean the same; Markdown.</param>
/// <param name="Gives">What it comes to; Markdown.</param>
/// <param name="Example">An expression that holds on the page's example layouts.</param>
internal readonly record struct FunctionUse(string Call, string Gives, string Example);

/// <summary>The parser as a function sees it: the tokens of its arguments, and what can be read from them.</summary>
internal interface IArgumentReader
{
    /// <summary>The tokens, for words and punctuation.</summary>
    TokenCursor Tokens { get; }

    /// <summary>Reads types and members.</summary>
    SubjectReader Subjects { get; }

    /// <summary>Parses an expression that gives a number.</summary>
    /// <exception cref="RuleException">It is no expression, or gives a type.</exception>
    Node Number();
}

/// <summary>The evaluator as a function sees it.</summary>
internal interface IEvaluation
{
    /// <summary>All that the run knows of the image.</summary>
    CheckedImage Image { get; }

    /// <summary>The case that is tried of what the debug information leaves open.</summary>
    OpenFacts Open { get; }

    /// <summary>What an argument comes to.</summary>
    Answer Evaluate(Node node);

    /// <summary>Finds a type or member; a type by itself is a member at 0.</summary>
    Located Locate(Subject subject);

    /// <summary>Adds a caution, in a sentence: a check that holds all the same is a warning.</summary>
    void Warn(string caution);

    /// <summary>Adds to what the check looked at, once for each fact.</summary>
    void Note(Observation observation);
}
