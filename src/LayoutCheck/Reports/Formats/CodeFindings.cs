using LayoutCheck.Code;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The findings of the code witness: one for each member, and one for each instruction that does not use it where the types have it.</summary>
internal static class CodeFindings
{
    private static readonly FindingRule s_rule = new("code-agrees", "The instructions agree with the types")
    {
        What = "Inlined compound_head(), page_pgmap() and their relatives use their members at the offsets that the image's types describe.",
        Why = "Types are what the compiler said. Instructions are what runs: where the two differ, the debug information is not that of this code.",
        Fix = "Build image and debug information anew from one tree and one configuration.",
        Pack = "code",
    };

    /// <summary>The findings.</summary>
    public static FindingGroup Of(CodeEvidence code)
    {
        FindingLevel whole = Level(code.ExitCode);
        Finding[] members = [.. code.Seen.SelectMany(Of)];

        // The whole has a finding of its own where no member tells its outcome.
        return new FindingGroup(s_rule, members.Any(m => m.Level == whole) ? [.. members] : [Finding.Of("all instructions", whole, code.Headline(isLinedUp: true)), .. members]);
    }

    private static IEnumerable<Finding> Of(MemberEvidence member)
    {
        FindingLevel level = Level(member.Outcome);
        yield return Finding.Of(member.Member.Name, level, member.Wrong.IsEmpty
            ? $"{member.Member.Name} @{member.Member.Place.Offset}: {Printable.Count((ulong)member.Sites.Length, "instruction")} {(member.Sites.Length == 1 ? "uses" : "use")} it there"
            : CodeText.Sentence(member)) with
        { Subjects = [Printable.Escape(member.Member.Name)] };
        foreach (CodeSite site in member.Wrong.SelectMany(w => w.Sites))
        {
            yield return Finding.Of($"{member.Member.Name} at {site.Where}", level == FindingLevel.Passed ? FindingLevel.Note : level,
                $"{member.Member.Name} is @{member.Member.Place.Offset} by the types: {CodeText.Describe(site)}") with
            {
                Subjects = [Printable.Escape(member.Member.Name)],
                Places = site.Place is { } place ? [FindingPlace.Of(site.Helper, place)] : [],
            };
        }
    }

    private static FindingLevel Level(ExitCode outcome) => outcome switch
    {
        ExitCode.Holds => FindingLevel.Passed,
        ExitCode.Violated => FindingLevel.Violated,
        _ => FindingLevel.Undecided,
    };
}
