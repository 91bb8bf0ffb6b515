using LayoutCheck.Code;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>What an image's instructions say, as text.</summary>
internal static class CodeText
{
    // Wrong places and their instructions that are listed; JSON has all.
    private const int MostSites = 12;

    /// <summary>Writes the instructions that do not use a member where the types have it, and what was not looked at.</summary>
    /// <returns>The number of problems.</returns>
    public static int WriteProblems(CodeEvidence code, FoldedText text)
    {
        int written = 0;
        foreach (MemberEvidence member in code.Seen.Where(m => !m.Wrong.IsEmpty))
        {
            (string word, Func<string, string> paint) = member.Outcome switch
            {
                ExitCode.Violated => ("VIOLATED", text.Style.Bad),
                ExitCode.Undecided => ("undecided", text.Style.Warning),
                _ => ("stray", (Func<string, string>)text.Style.Dim),
            };
            text.Gap();
            text.Row(word, $" {Printable.Escape(Sentence(member))}", 4, paint, text.Style.Bold);
            CodeSite[] sites = [.. member.Wrong.SelectMany(w => w.Sites)];
            foreach (CodeSite site in sites.Take(MostSites))
            {
                text.Row("  ", Printable.Escape(Describe(site)), 6);
            }

            if (sites.Length > MostSites)
            {
                text.Row("  ", $"and {sites.Length - MostSites} more, which --format json lists", 6);
            }

            written++;
        }

        if (code.NotAsked is { } reason)
        {
            text.Gap();
            text.Row("undecided", $" The instructions were not asked: {Printable.Escape(reason)}", 4, text.Style.Warning);
            written++;
        }
        else if (!code.Seen.Any())
        {
            text.Gap();
            text.Row("undecided", $" No instruction tells anything: {Calls(code)}", 4, text.Style.Warning);
            written++;
        }

        return written;
    }

    /// <summary>Writes the summary in a line or two.</summary>
    public static void WriteSummary(CodeEvidence code, FoldedText text)
    {
        if (code.NotAsked is null)
        {
            text.Line($"Instructions: {Printable.Count((ulong)code.Seen.Sum(m => m.Sites.Length), "use")} of {Printable.Count((ulong)code.Seen.Count(), "member")} as the types say (-v lists them); {Calls(code)}");
        }
    }

    /// <summary>Writes all members and helpers.</summary>
    public static void WriteDetails(CodeEvidence code, FoldedText text)
    {
        text.Gap();
        text.Row("Instructions", code.NotAsked is { } reason ? $": not asked: {Printable.Escape(reason)}" : $": {Calls(code)}", 4, text.Style.Bold);
        int width = code.Members.Select(m => m.Member.Name.Length).DefaultIfEmpty().Max();
        foreach (MemberEvidence member in code.Members)
        {
            string found = member.IsNone ? "no evidence"
                : $"{Printable.Count((ulong)member.Sites.Length, "instruction")} in {Printable.Count((ulong)member.Sites.Select(s => s.UnitIndex).Distinct().Count(), "unit")}"
                    + (member.WrongCount > 0 ? $", {member.WrongCount} elsewhere" : "");
            text.Row($"  {Printable.Escape(member.Member.Name).PadRight(width)}  @{member.Member.Place.Offset,-4} ", found, width + 10, paint: member.IsNone ? text.Style.Dim : null);
        }

        int nameWidth = code.Helpers.Select(h => h.Name.Length).DefaultIfEmpty().Max();
        foreach (HelperEvidence helper in code.Helpers)
        {
            text.Row($"  {helper.Name.PadRight(nameWidth)}  ", $"inlined {helper.CallCount} times, its register known in {helper.KnownCount}, with an access in {helper.SeenCount}", nameWidth + 6, paint: text.Style.Dim);
        }

        foreach (string note in code.Notes)
        {
            text.Row("  ", Printable.Escape(note), 4, paint: text.Style.Dim);
        }
    }

    /// <summary>What was found of a member that some instructions do not use where the types have it.</summary>
    public static string Sentence(MemberEvidence member)
        => $"{member.Member.Name} is @{member.Member.Place.Offset} by the types: {Printable.Count((ulong)member.Sites.Length, "instruction")} {(member.Sites.Length == 1 ? "uses" : "use")} it there, "
            + string.Join(", ", member.Wrong.Select(w => $"{w.Sites.Length} @{w.Displacement}"));

    /// <summary>An instruction in a line.</summary>
    public static string Describe(CodeSite site)
        => $"{site.Where} {site.Operand} in {site.Helper}(){(site.Place is { } place ? $", inlined at {place.File}:{place.Line}" : "")} ({(site.Unit.Length == 0 ? "a unit without a name" : site.Unit)})";

    private static string Calls(CodeEvidence code)
    {
        int calls = code.Helpers.Sum(h => h.CallCount);
        return $"{code.Helpers.Length} helpers were inlined {calls} times, {code.Helpers.Sum(h => h.KnownCount)} with a known register, {code.Helpers.Sum(h => h.SeenCount)} with an access";
    }
}
