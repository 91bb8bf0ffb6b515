using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>Findings on their way into a SARIF log (OASIS, 2.1.0): a run for each architecture and release, so that consumers keep their results apart.</summary>
/// <param name="json">The writer.</param>
internal sealed partial class SarifLog(Utf8JsonWriter json)
{
    // Limits of GitHub's code scanning. It shows 5,000 results, the worst first in this order too.
    private const int MostRuns = 20;
    private const int MostRuleCharacters = 1000;
    private const int MostCharacters = 4000;

    // Beside the first place.
    private const int MostRelated = 20;

    private const string SourceRoot = "SRCROOT";
    private const string FileSystem = "ROOT";

    /// <summary>Writes the log.</summary>
    /// <param name="set">The findings.</param>
    /// <param name="mostResults">The most results of all runs.</param>
    /// <returns>The number of results.</returns>
    public int Write(FindingSet set, int mostResults)
    {
        int written = 0;
        json.WriteStartObject();
        json.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        json.WriteString("version", "2.1.0");
        json.WriteStartArray("runs");
        (string Id, ImmutableArray<ImageFindings> Images)[] runs = [.. Runs(set)];
        int most = mostResults / Math.Max(runs.Length, 1);
        foreach ((string id, ImmutableArray<ImageFindings> images) in runs)
        {
            written += WriteRun(set, id, new FindingSet(images, CheckBatch.WorstOf(images.Select(i => i.ExitCode)), set.Version), most);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return written;
    }

    // What stands before the last slash of an id is the category: it must differ between the runs of a file, and be the same for each build of one kernel.
    private static IEnumerable<(string Id, ImmutableArray<ImageFindings> Images)> Runs(FindingSet set)
    {
        IGrouping<(string, string), ImageFindings>[] groups = [.. set.Images.GroupBy(i => (Part(i.Architecture, "unknown-machine"), Part(i.Release, "unknown-release")))];
        if (groups.Length is 0 or > MostRuns)
        {
            return [("layoutcheck/many-images/", set.Images)];
        }

        bool isByArchitecture = groups.GroupBy(g => g.Key.Item1).All(g => g.Count() == 1);
        return groups.Select(g => ($"layoutcheck/{g.Key.Item1}/{g.Key.Item2}{(isByArchitecture ? "" : "/")}", g.ToImmutableArray()));
    }

    private static string Part(string? name, string otherwise) => string.IsNullOrEmpty(name) ? otherwise : NotInIds().Replace(name, "-");

    private int WriteRun(FindingSet whole, string id, FindingSet set, int most)
    {
        json.WriteStartObject();
        FindingRule[] rules = [.. set.Images.SelectMany(i => i.Groups).Select(g => g.Rule).DistinctBy(r => r.Id)];
        WriteTool(whole.Version, rules);
        (ImageFindings Image, FindingRule Rule, Finding Finding)[] shown = [.. set.Shown];
        WriteInvocation(set, Math.Max(0, shown.Length - most));
        json.WriteStartObject("automationDetails");
        json.WriteString("id", id);
        json.WriteEndObject();
        WriteRoots();
        json.WriteString("columnKind", "utf16CodeUnits");
        Dictionary<string, int> indexes = rules.Index().ToDictionary(r => r.Item.Id, r => r.Index, StringComparer.Ordinal);
        Fingerprints fingerprints = new();
        json.WriteStartArray("results");
        foreach ((ImageFindings image, FindingRule rule, Finding finding) in shown.Take(most))
        {
            WriteResult(whole.HasSeveral, image, rule, indexes[rule.Id], finding, fingerprints);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return Math.Min(shown.Length, most);
    }

    private void WriteTool(string version, FindingRule[] rules)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "layoutcheck");
        json.WriteString("semanticVersion", version);

        // Consumers ask for a URI; a package URL names this version and claims no site.
        json.WriteString("informationUri", $"pkg:generic/layoutcheck@{version}");
        json.WriteStartArray("rules");
        foreach (FindingRule rule in rules)
        {
            WriteRule(rule);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteRule(FindingRule rule)
    {
        json.WriteStartObject();
        json.WriteString("id", rule.Id);
        string name = PascalCase(rule.Id);
        if (!name.Equals(rule.Id, StringComparison.OrdinalIgnoreCase))
        {
            json.WriteString("name", name);
        }

        WriteText("shortDescription", Sentence(Printable.Shorten(rule.Title, MostRuleCharacters)));
        string what = rule.What.Length > 0 ? rule.What : rule.Title;
        WriteText("fullDescription", Sentence(Printable.Shorten(OneLine(what), MostRuleCharacters)));
        (string Heading, string Text)[] parts =
        [
            ("What it checks", what), ("Why it matters", rule.Why), ("How to fix", rule.Fix), ("More", rule.Command is { } command ? MarkdownText.Code(command) : ""),
        ];
        json.WriteStartObject("help");
        json.WriteString("text", string.Join("\n\n", parts.Where(p => p.Text.Length > 0).Select(p => $"{p.Heading}: {OneLine(p.Text)}")));
        json.WriteString("markdown", $"# {MarkdownText.Prose(rule.Title)}\n\n" + string.Join("\n\n", parts.Where(p => p.Text.Length > 0).Select(p => $"## {p.Heading}\n\n{p.Text}")));
        json.WriteEndObject();
        json.WriteStartObject("defaultConfiguration");
        json.WriteString("level", rule.IsOfWarnings ? "warning" : "error");
        json.WriteEndObject();
        json.WriteStartObject("properties");
        json.WriteString("precision", rule.IsOfWarnings ? "high" : "very-high");
        json.WriteString("problem.severity", rule.IsOfWarnings ? "warning" : "error");
        json.WriteStartArray("tags");
        json.WriteStringValue("layout");
        json.WriteStringValue(rule.Pack);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteInvocation(FindingSet set, int leftOut)
    {
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteBoolean("executionSuccessful", set.ExitCode != ExitCode.Unreadable);
        json.WriteNumber("exitCode", (int)set.ExitCode);
        json.WriteString("exitCodeDescription", set.ExitCode.ToString().ToLowerInvariant());
        json.WriteStartArray("toolExecutionNotifications");
        foreach (ImageFindings image in set.Images)
        {
            json.WriteStartObject();
            json.WriteString("level", image.ExitCode switch
            {
                ExitCode.Unreadable => "error",
                ExitCode.Undecided => "warning",
                _ => "note",
            });
            WriteText("message", Message($"{image.ExitCode.ToString().ToLowerInvariant()}: {image.Headline}"));
            json.WriteStartArray("locations");
            WriteLocation(ReportPath.Of(image.File), 0, null, null);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (leftOut > 0)
        {
            json.WriteStartObject();
            json.WriteString("level", "warning");
            WriteText("message", $"{leftOut} results more are left out, for a consumer of this log takes no more; they are the least grave. The JSON report has all.");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WriteRoots()
    {
        json.WriteStartObject("originalUriBaseIds");
        json.WriteStartObject(FileSystem);
        json.WriteString("uri", "file:///");
        json.WriteEndObject();
        json.WriteStartObject(SourceRoot);
        WriteText("description", "The root of the kernel's source tree, or the folder that the image was named from.");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteResult(bool namesImage, ImageFindings image, FindingRule rule, int ruleIndex, Finding finding, Fingerprints fingerprints)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", rule.Id);
        json.WriteNumber("ruleIndex", ruleIndex);
        json.WriteString("level", finding.Level switch
        {
            FindingLevel.Violated or FindingLevel.Unreadable => "error",
            FindingLevel.Undecided or FindingLevel.Warning => "warning",
            _ => "note",
        });
        ImmutableArray<FindingPlace> places = [.. finding.Places.Take(MostRelated)];
        WriteText("message", MessageOf(namesImage, image, rule, finding, places));
        json.WriteStartArray("locations");
        if (places.IsEmpty)
        {
            WriteLocation(ReportPath.Of(image.File), 1, null, null);
        }
        else
        {
            WriteLocation(ReportPath.Of(places[0].File), places[0].Line, null, places[0].Member);
        }

        json.WriteEndArray();
        if (places.Length > 1 || image.OldFile is not null)
        {
            json.WriteStartArray("relatedLocations");
            foreach ((int index, FindingPlace place) in places.Index().Skip(1))
            {
                WriteLocation(ReportPath.Of(place.File), place.Line, index, place.Member);
            }

            if (image.OldFile is { } old)
            {
                WriteLocation(ReportPath.Of(old), 1, Math.Max(1, places.Length), "the old image");
            }

            json.WriteEndArray();
        }

        (string hash, int ordinal) = fingerprints.Of(rule, finding, "");
        json.WriteStartObject("partialFingerprints");
        json.WriteString("primaryLocationLineHash", $"{hash}:{ordinal}");
        json.WriteEndObject();
        json.WriteStartObject("properties");
        json.WriteString("outcome", finding.Level.Word());
        json.WriteString("check", Printable.Shorten(finding.Name, MostCharacters));
        json.WriteString("image", image.Label);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string MessageOf(bool namesImage, ImageFindings image, FindingRule rule, Finding finding, ImmutableArray<FindingPlace> places)
    {
        string text = Message(Printable.Shorten((namesImage ? $"{image.Label}: " : "") + finding.Sentence, MostCharacters));
        if (!places.IsEmpty)
        {
            // Of the places, consumers show the first. The others are links from the message.
            text += ". Declared: " + Message($"{places[0].Member} at {places[0].Shown}")
                + string.Concat(places.Index().Skip(1).Select(p => $", [{LinkText(p.Item.Member)}]({p.Index}) at {Message(p.Item.Shown)}"));
        }
        else if (image.OldFile is not null)
        {
            text += ". It differs from [the old image](1)";
        }

        // A sentence of a rule file may end with its own.
        text = text.EndsWith('.') ? text[..^1] : text;
        return text + (rule.Command is { } command ? $". More: {Message(command)}." : ".");
    }

    // A place of an image has no line: consumers want one.
    private void WriteLocation(ReportPath path, ulong line, int? id, string? member)
    {
        json.WriteStartObject();
        if (id is { } number)
        {
            json.WriteNumber("id", number);
        }

        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        json.WriteString("uri", path.Uri);
        json.WriteString("uriBaseId", path.IsFromRoot ? FileSystem : SourceRoot);
        json.WriteEndObject();
        if (line > 0)
        {
            // Debug information has no columns here: the first character stands for its line. Lines are 32-bit in consumers.
            ulong known = Math.Min(line, int.MaxValue);
            json.WriteStartObject("region");
            json.WriteNumber("startLine", known);
            json.WriteNumber("startColumn", 1);
            json.WriteNumber("endLine", known);
            json.WriteNumber("endColumn", 2);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (member is not null)
        {
            WriteText("message", Message(member));
            json.WriteStartArray("logicalLocations");
            json.WriteStartObject();
            json.WriteString("fullyQualifiedName", member);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void WriteText(string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    // Braces stand for arguments (§3.11.5), and "](" for the middle of a link (§3.11.6); a backslash before that must not escape ours.
    private static string Message(string text) => LinkMiddle().Replace(Braces(text), @"$1$1\](");

    private static string LinkText(string text)
        => Braces(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);

    private static string Braces(string text) => text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";

    // "pgmap-on-compound-head" as PgmapOnCompoundHead: a name that people read.
    private static string PascalCase(string id)
    {
        string name = string.Concat(id.Split(['-', '_', ' ', '.'], StringSplitOptions.RemoveEmptyEntries).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
        return name.Length > 0 ? name : "Rule";
    }

    [GeneratedRegex(@"(\\*)\]\(")]
    private static partial Regex LinkMiddle();

    [GeneratedRegex("[^A-Za-z0-9._+-]")]
    private static partial Regex NotInIds();
}
