using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules.Import;

/// <summary>When an imported assertion applies: the compiler saw it only where its <c>#if</c> held.</summary>
internal static class ImportCondition
{
    /// <summary>
    /// Why an assertion under a condition is refused, or null. A CONFIG that is set shows in the members that it adds, so that one must be named. No other
    /// condition shows in an image.
    /// </summary>
    public static string? Refusal(RuleExpression expression, string? condition)
        => condition is null || OfTarget(condition) is not null || (IsOnlySet(condition) && expression.Subjects.Any(s => s is { Member: not null, IsContainer: false }))
        ? null
        : $"it stands under #if {condition}, which an image does not tell";

    /// <summary>The <c>when:</c> of an assertion.</summary>
    /// <param name="expression">What must be true.</param>
    /// <param name="condition">The <c>#if</c> that it stands under, or null; <see cref="Refusal"/> has nothing against it.</param>
    /// <param name="isGuarded">Whether it applies only where one of its members exists.</param>
    /// <param name="hasGuard">Whether that is so.</param>
    public static string When(RuleExpression expression, string? condition, bool isGuarded, out bool hasGuard)
    {
        List<string> parts = [.. expression.Types.Select(t => $"exists({t})")];
        List<string> members = [.. expression.Subjects.Where(s => s is { Member: not null, IsContainer: false }).Select(s => $"exists({s})").Distinct()];
        string? target = condition is null ? null : OfTarget(condition);
        hasGuard = isGuarded && members.Count > 0 && (condition is null || target is not null);
        if (target is not null)
        {
            parts.Add(target);
        }
        else if (condition is not null)
        {
            // Members that do not depend on the CONFIG exist without it: where the image tells that it is off, the assertion was not compiled.
            parts.AddRange(condition.Split(' ').Where(IsOption).Distinct().Select(option => $"first_of(config({option}), true)"));
            parts.AddRange(members);
        }

        if (hasGuard)
        {
            parts.Add(members.Count == 1 ? members[0] : $"({string.Join(" || ", members)})");
        }

        return string.Join(" && ", parts);
    }

    private static bool IsOption(string word) => word.StartsWith("CONFIG_", StringComparison.Ordinal) && word.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    // Names that compilers and headers define for one machine, as in __x86_64__, show in no member.
    private static bool IsOnlySet(string condition) => condition.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .All(word => word is "&&" or "(" or ")" || ((char.IsAsciiLetter(word[0]) || word[0] == '_') && word is not ("IS_MODULE" or "IS_BUILTIN" or "IS_REACHABLE" or "__BYTE_ORDER")
            && !(word.Length > 4 && word.StartsWith("__", StringComparison.Ordinal) && word.EndsWith("__", StringComparison.Ordinal))));

    /// <summary>The conditions that the target decides: its word size, its byte order, its machine.</summary>
    private static string? OfTarget(string condition) => condition switch
    {
        "CONFIG_64BIT" or "BITS_PER_LONG == 64" or "!(BITS_PER_LONG == 32)" => "sizeof(long) == 8",
        "!CONFIG_64BIT" or "BITS_PER_LONG == 32" or "!(BITS_PER_LONG == 64)" => "sizeof(long) == 4",
        "!CONFIG_X86_32" or "!CONFIG_32BIT" => "sizeof(long) == 8",
        "CONFIG_X86_64" or "CONFIG_ARM64" => $"sizeof(long) == 8 && config({condition})",
        "CONFIG_X86_32" or "CONFIG_32BIT" => $"sizeof(long) == 4 && config({condition})",
        "__BIG_ENDIAN" or "__BIG_ENDIAN_BITFIELD" or "!__LITTLE_ENDIAN" or "!__LITTLE_ENDIAN_BITFIELD" => "big_endian",
        "__LITTLE_ENDIAN" or "__LITTLE_ENDIAN_BITFIELD" or "!__BIG_ENDIAN" or "!__BIG_ENDIAN_BITFIELD" => "little_endian",
        _ => null,
    };
}
