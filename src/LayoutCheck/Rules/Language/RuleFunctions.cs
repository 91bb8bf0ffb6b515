using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// The functions of the rule language. To add one: write it beside its relatives, with its rows of documentation, and name it here. The parser, the evaluator,
/// the error for an unknown function and LANGUAGE.md (which a test compares) take it from this table.
/// </summary>
internal static class RuleFunctions
{
    /// <summary>All of them, in the order of the error's list.</summary>
    public static ImmutableArray<RuleFunction> All { get; } =
    [
        MemberFunctions.OffsetOf, MemberFunctions.OffsetOfEnd, MemberFunctions.BitOffsetOf, MemberFunctions.BitSizeOf, MemberFunctions.SizeOf,
        MemberFunctions.SizeOfField, AlignmentFunctions.AlignOf, MemberFunctions.Exists, EnumFunctions.ValueOf, RangeFunctions.Overlaps, RangeFunctions.Contains,
        SharersFunction.Sharers, PlaceholderFunction.HasPlaceholder, PointerFunction.HasPointer, PinnedFunction.Pinned, MembersFunction.Members,
        GroupFunctions.InGroup, GroupFunctions.SizeOfGroup, TypeFunctions.TypeOf, TypeFunctions.Pointee,
        MemberFunctions.ArraySize, NumberFunctions.IsPowerOf2, NumberFunctions.IsAligned, NumberFunctions.Align, NumberFunctions.FirstOf, ConfigFunction.Config,
        RustTwinFunctions.RustTwins, RustTwinFunctions.RustTwinsAgree,
    ];

    /// <summary>For the error: <c>offsetof, offsetofend, ... and config</c>.</summary>
    public static string Listed => $"{string.Join(", ", All.Take(All.Length - 1).Select(f => f.Name))} and {All[^1].Name}";

    /// <summary>The function that a call of this name is of, or null.</summary>
    public static RuleFunction? Find(string word)
    {
        foreach (RuleFunction function in All)
        {
            if (function.IsCalled(word))
            {
                return function;
            }
        }

        return null;
    }

    /// <summary>The table of LANGUAGE.md, without its head.</summary>
    public static IEnumerable<string> Documentation => All.SelectMany(f => f.Uses)
        .Select(use => $"| {Cell(use.Call)} | {Cell(use.Gives)} | `{Cell(use.Example)}` |");

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
