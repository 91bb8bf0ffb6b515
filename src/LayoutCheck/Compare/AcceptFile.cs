using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Compare;

/// <summary>A difference that somebody accepted.</summary>
/// <param name="Subject">The type, with its keyword.</param>
/// <param name="Reason">The reason for it.</param>
/// <param name="Lines">The difference, one line for each part of it; another difference has other lines.</param>
/// <param name="Place">The file and line of the entry.</param>
public sealed record AcceptedDifference(string Subject, string Reason, ImmutableArray<string> Lines, string Place)
{
    /// <summary>Whether it is exactly this difference.</summary>
    public bool Covers(IEnumerable<string> lines) => Lines.Order(StringComparer.Ordinal).SequenceEqual(lines.Order(StringComparer.Ordinal));
}

/// <summary>An entry that covers nothing.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Sentence">Why, in a sentence without a full stop.</param>
public sealed record StaleEntry(AcceptedDifference Entry, string Sentence)
{
    /// <summary>The sentence behind the place of the entry, escaped.</summary>
    public string Notice => Printable.Escape($"{Entry.Place}: {Sentence}");

    /// <summary>The entry for a type that differs in another way.</summary>
    public static StaleEntry OtherDifference(AcceptedDifference entry) => new(entry, $"{entry.Subject} differs in another way than the entry accepts");
}

/// <summary>
/// A file of accepted differences. An entry is the type between square brackets, the reason, and the lines of the difference; lines that begin with # and
/// empty ones are left out. It accepts what it lists and no other difference of the type.
/// </summary>
public static class AcceptFile
{
    // A file of all types of a kernel has 20,000 lines.
    private const int MostLines = 1_000_000;

    private const string ReasonKey = "reason:";

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its name, for errors.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="UsageException">It is wrong; the message has the line.</exception>
    public static ImmutableArray<AcceptedDifference> Parse(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Dictionary<string, AcceptedDifference> entries = new(StringComparer.Ordinal);
        string? subject = null;
        string? reason = null;
        int start = 0;
        ImmutableArray<string>.Builder lines = ImmutableArray.CreateBuilder<string>();
        int number = 0;
        foreach (string each in text.Split('\n'))
        {
            number++;
            string line = each.Trim();
            if (number > MostLines)
            {
                throw Error(number, $"no list of accepted differences has more than {MostLines} lines");
            }

            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '[')
            {
                End();
                subject = line[^1] == ']' && line.Length > 2 ? string.Join(' ', line[1..^1].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                    : throw Error(number, "an entry begins with a type between brackets: [struct page]");
                (reason, start) = (null, number);
            }
            else if (subject is null)
            {
                throw Error(number, "this line is before the first entry, which begins with a type between brackets: [struct page]");
            }
            else if (line.StartsWith(ReasonKey, StringComparison.Ordinal))
            {
                reason = reason is null ? line[ReasonKey.Length..].Trim() : throw Error(number, "the entry has two reasons");
            }
            else
            {
                lines.Add(line);
            }
        }

        End();
        return [.. entries.Values];

        void End()
        {
            if (subject is null)
            {
                return;
            }

            if (string.IsNullOrEmpty(reason))
            {
                throw Error(start, $"[{subject}] gives no reason: write why the difference is accepted behind {ReasonKey}");
            }

            AcceptedDifference entry = new(subject, reason, lines.Count > 0 ? lines.DrainToImmutable() : throw Error(start, $"[{subject}] lists no difference"),
                string.Create(CultureInfo.InvariantCulture, $"{path}:{start}"));
            if (!entries.TryAdd(subject, entry))
            {
                throw Error(start, $"[{subject}] is there twice");
            }
        }

        UsageException Error(int at, string problem) => new(string.Create(CultureInfo.InvariantCulture, $"{path}:{at}: {problem}"));
    }

    /// <summary>Writes entries as text.</summary>
    /// <param name="head">Comment lines for the start.</param>
    /// <param name="entries">The entries.</param>
    public static string Write(IEnumerable<string> head, IEnumerable<AcceptedDifference> entries)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(entries);
        StringBuilder text = new();
        foreach (string line in head)
        {
            _ = text.Append("# ").Append(line).Append('\n');
        }

        foreach (AcceptedDifference entry in entries)
        {
            _ = text.Append("\n[").Append(entry.Subject).Append("]\n").Append(ReasonKey).Append(entry.Reason.Length > 0 ? " " : "").Append(entry.Reason).Append('\n');
            foreach (string line in entry.Lines)
            {
                _ = text.Append("  ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>A comparison with its differences as lines, one for each part.</summary>
    public static ImmutableArray<string> Lines(TypeVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return [.. verdict.Pairs.SelectMany(p => Lines(p.Changes).Select(line => p.Unit is { Length: > 0 } unit ? $"{line} (in {Printable.Escape(unit)})" : line))];
    }

    private static IEnumerable<string> Lines(TypeChanges changes)
    {
        if (changes.Old.ByteSize != changes.New.ByteSize)
        {
            yield return Invariant($"size {changes.Old.ByteSize} -> {changes.New.ByteSize}");
        }

        if (changes.IsRealigned)
        {
            yield return Invariant($"alignment {changes.Old.Alignment} -> {changes.New.Alignment}");
        }

        foreach (MemberChange change in changes.Changes)
        {
            string word = change.Word == ChangeWord.GivesWayTo ? "gives-way" : change.Word.ToString().ToLowerInvariant();
            yield return Printable.Escape($"{word} {(change.Old is { } old ? State(old) : "-")} -> {(change.New is { } now ? State(now) : "-")}");
        }

        foreach (InnerChange inner in changes.Inner)
        {
            yield return Printable.Escape($"inside {inner.Path}: {inner.Type}");
        }
    }

    // Bits, for a bit-field may lie anywhere.
    private static string State(MemberAt member) => Invariant($"{member.Path} @{member.BitOffset}+{member.BitSize} {member.Type}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
