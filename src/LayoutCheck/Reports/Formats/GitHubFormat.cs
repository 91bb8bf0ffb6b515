using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// Workflow commands of GitHub Actions: annotations at the members of a violation. A step shows about ten errors and ten warnings, so that the worst come first,
/// the flagship's before others, and one line counts the rest. Every line is a command: text of a file cannot become another one.
/// </summary>
internal sealed class GitHubFormat : IReportFormat
{
    private const int MostOfLevel = 10;
    private const int MostCharacters = 4000;

    private static readonly string[] s_commands = ["error", "warning", "notice"];

    /// <inheritdoc/>
    public string Name => "github";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "diff" or "audit" or "bpf";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using StreamWriter writer = new(output, new UTF8Encoding(false), 1 << 12, leaveOpen: true) { NewLine = "\n" };
        FindingSet set = FindingSet.Of(report);
        bool isFirst = report.Name != "check";
        if (isFirst)
        {
            WriteVerdicts(set, writer);
        }

        ILookup<string, (ImageFindings Image, FindingRule Rule, Finding Finding)> byCommand = set.Shown.ToLookup(f => Command(f.Finding.Level));

        // The verdict is a notice, and the line for the rest is of the worst kind that has a rest.
        bool isCut = s_commands.Any(c => byCommand[c].Count() > Most(c, isCut: false));
        List<string> rest = [];
        string worst = "";
        foreach (string command in s_commands)
        {
            foreach ((ImageFindings image, FindingRule rule, Finding finding) in byCommand[command].Take(Most(command, isCut)))
            {
                Write(set, image, rule, finding, writer);
            }

            int left = byCommand[command].Count() - Most(command, isCut);
            if (left > 0)
            {
                rest.Add(Printable.Count((ulong)left, $"more {command}"));
                worst = worst.Length > 0 ? worst : command;
            }
        }

        if (rest.Count > 0)
        {
            WriteCommand(worst, null, 0, "layoutcheck", $"and {string.Join(", ", rest)}, which GitHub would not show: --format text, json, sarif or markdown has all", writer);
        }

        if (!isFirst)
        {
            WriteVerdicts(set, writer);
        }
    }

    private static int Most(string command, bool isCut) => MostOfLevel - (isCut ? 1 : 0) - (command == "notice" ? 1 : 0);

    // Of many images, how many came to what: those that do not hold have findings.
    private static void WriteVerdicts(FindingSet set, TextWriter writer)
    {
        string word = Word(set.ExitCode);
        string text = set.Images is [var only] ? only.Headline
            : $"{set.Images.Length} images: {string.Join(", ", set.Images.GroupBy(i => i.ExitCode).OrderBy(g => g.Key).Select(g => $"{g.Count()} {Word(g.Key)}"))}";
        WriteCommand("notice", null, 0, $"layoutcheck: {word}", text, writer);
    }

    private static string Word(ExitCode code) => code.ToString().ToLowerInvariant();

    private static string Command(FindingLevel level) => level switch
    {
        FindingLevel.Violated or FindingLevel.Unreadable => "error",
        FindingLevel.Undecided or FindingLevel.Warning => "warning",
        _ => "notice",
    };

    private static void Write(FindingSet set, ImageFindings image, FindingRule rule, Finding finding, TextWriter writer)
    {
        FindingPlace? first = finding.Places.IsEmpty ? null : finding.Places[0];
        StringBuilder text = new(Printable.Shorten(finding.Sentence, MostCharacters));
        if (finding.PlacesInWords is { Length: > 0 } places)
        {
            text.Append("\nDeclared: ").Append(Printable.Shorten(places, MostCharacters));
        }

        if (set.HasSeveral || first is not null)
        {
            text.Append("\nImage: ").Append(image.Label).Append(image.Release is { } release ? $" ({release})" : "");
        }

        if (rule.Command is { } command)
        {
            text.Append("\nMore: ").Append(command);
        }

        string title = $"{(finding.Level == FindingLevel.Undecided ? "Cannot tell: " : "")}{rule.Title} ({rule.Id})";
        WriteCommand(Command(finding.Level), first is null ? ReportPath.Of(image.File) : ReportPath.Of(first.File), first?.Line ?? 0, title, text.ToString(), writer);
    }

    private static void WriteCommand(string command, ReportPath? file, ulong line, string title, string text, TextWriter writer)
    {
        writer.Write($"::{command} ");
        if (file is { } path)
        {
            writer.Write($"file={Property(path.Shown)},");
            writer.Write(line > 0 ? $"line={line}," : "");
        }

        writer.Write($"title={Property(title)}::{Data(text)}\n");
    }

    // The percent sign first: the others bring new ones in.
    private static string Data(string text)
        => text.Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
