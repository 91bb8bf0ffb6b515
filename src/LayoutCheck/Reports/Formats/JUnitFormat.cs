using System.Globalization;
using System.Text;
using System.Xml;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// JUnit's XML: a suite for each image, a case for each check. Violated is a failure, what could not be told or read is an error, what does not apply is skipped;
/// a warning passes with its text as output.
/// </summary>
internal sealed class JUnitFormat : IReportFormat
{
    // GitLab takes 30 MB a file: the bodies give way, and no case does.
    private const long MostBytesOfBodies = 15_000_000;
    private const int MostCharacters = 2000;
    private const int FewCharacters = 200;
    private const string LeftOut = "The details are left out, for a file with all of them is larger than consumers take; --format json has them.\n";

    /// <inheritdoc/>
    public string Name => "junit";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "bpf";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        FindingSet set = FindingSet.Of(report);

        // Other characters become references: a reader that guesses the encoding of a file, whatever it declares, guesses right.
        using (XmlWriter xml = XmlWriter.Create(output, new XmlWriterSettings { Encoding = Encoding.ASCII, Indent = true, NewLineChars = "\n", CloseOutput = false }))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteAttributeString("name", "layoutcheck");
            xml.WriteAttributeString("tests", Number(set.Images.Sum(i => i.All.Count())));
            xml.WriteAttributeString("failures", Number(set.Images.Sum(i => i.Count(FindingLevel.Violated))));
            xml.WriteAttributeString("errors", Number(set.Images.Sum(Errors)));
            TestNames names = new();
            long room = MostBytesOfBodies;
            foreach (ImageFindings image in set.Images)
            {
                WriteSuite(set, image, names, ref room, xml);
            }

            xml.WriteEndElement();
        }

        output.WriteByte((byte)'\n');
    }

    private static int Errors(ImageFindings image) => image.Count(FindingLevel.Undecided) + image.Count(FindingLevel.Unreadable);

    private static void WriteSuite(FindingSet set, ImageFindings image, TestNames names, ref long room, XmlWriter xml)
    {
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", image.Label);
        xml.WriteAttributeString("tests", Number(image.All.Count()));
        xml.WriteAttributeString("failures", Number(image.Count(FindingLevel.Violated)));
        xml.WriteAttributeString("errors", Number(Errors(image)));
        xml.WriteAttributeString("skipped", Number(image.Count(FindingLevel.Skipped)));
        xml.WriteStartElement("properties");
        foreach ((string label, string words) in (IEnumerable<(string, string)>)[("verdict", image.ExitCode.ToString().ToLowerInvariant()), ("headline", image.Headline), .. image.Facts])
        {
            xml.WriteStartElement("property");
            xml.WriteAttributeString("name", label);
            xml.WriteAttributeString("value", words);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        foreach ((FindingRule rule, Finding finding) in image.All)
        {
            WriteCase(rule, finding, names.Of(rule.Id, set.HasSeveral ? $"{finding.Name} [{image.Label}]" : finding.Name), ref room, xml);
        }

        xml.WriteEndElement();
    }

    private static void WriteCase(FindingRule rule, Finding finding, string name, ref long room, XmlWriter xml)
    {
        string message = Printable.Shorten(finding.Level == FindingLevel.Skipped ? finding.Reason : finding.Sentence, room > 0 ? MostCharacters : FewCharacters);
        string body = finding.Level is FindingLevel.Skipped or FindingLevel.Passed ? "" : room > 0 ? Details(rule, finding) : LeftOut;
        room -= Encoding.UTF8.GetByteCount(message) + Encoding.UTF8.GetByteCount(body);
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", rule.Id);
        xml.WriteAttributeString("name", name);
        switch (finding.Level)
        {
            case FindingLevel.Skipped:
                WriteOutcome("skipped", null, message, body, xml);
                break;
            case FindingLevel.Violated:
                WriteOutcome("failure", "violated", message, body, xml);
                break;
            case FindingLevel.Undecided or FindingLevel.Unreadable:
                WriteOutcome("error", finding.Level.Word(), message, body, xml);
                break;
            case FindingLevel.Warning or FindingLevel.Note:
                xml.WriteElementString("system-out", $"{finding.Level.Word()}: {message}\n{body}");
                break;
        }

        xml.WriteEndElement();
    }

    private static void WriteOutcome(string element, string? type, string message, string details, XmlWriter xml)
    {
        xml.WriteStartElement(element);
        if (type is not null)
        {
            xml.WriteAttributeString("type", type);
        }

        xml.WriteAttributeString("message", message);
        if (details.Length > 0)
        {
            xml.WriteString(details);
        }

        xml.WriteEndElement();
    }

    private static string Details(FindingRule rule, Finding finding)
    {
        StringBuilder text = new();
        text.Append("rule: ").Append(rule.Title).Append('\n').Append("check: ").Append(finding.Name).Append('\n').Append("seen: ").Append(finding.Reason).Append('\n');
        foreach (FindingPlace place in finding.Places)
        {
            text.Append("declared: ").Append(place.Member).Append(" at ").Append(place.Shown).Append('\n');
        }

        foreach (string row in finding.Rows)
        {
            text.Append("  ").Append(row).Append('\n');
        }

        foreach ((string label, string? words) in ((string, string?)[])[("breaks", finding.Consequence), ("to do", rule.Fix.Length > 0 ? string.Join(' ', rule.Fix.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) : null), ("more", rule.Command)])
        {
            if (words is not null)
            {
                text.Append(label).Append(": ").Append(words).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
