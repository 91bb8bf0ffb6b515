using System.Collections.Immutable;
using System.CommandLine;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary>The options for accepted differences.</summary>
internal sealed class AcceptOptions
{
    private readonly Option<string?> _accept = new("--accept") { HelpName = "FILE", Description = "Leave out the differences that this file accepts, each with a reason; entries that cover nothing are told." };
    private readonly Option<string?> _write = new("--write-accept") { HelpName = "FILE", Description = "Write the differences to this file, to be accepted; with --accept of the same file, those that are new." };
    private readonly Option<string?> _reason = new("--reason") { HelpName = "TEXT", Description = "The reason for each entry of --write-accept; without it, write the reasons into the file." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_accept);
        command.Options.Add(_write);
        command.Options.Add(_reason);
    }

    /// <summary>The options as they were given, with the file read.</summary>
    /// <exception cref="UsageException">The file cannot be read or is wrong, or the file to write is there already.</exception>
    public Accepting Of(ParseResult parsed)
    {
        string? path = parsed.GetValue(_accept);
        string? written = parsed.GetValue(_write);
        string? reason = parsed.GetValue(_reason);
        if (reason is not null && (written is null || reason.Trim().Length == 0 || reason.Contains('\n', StringComparison.Ordinal)))
        {
            throw new UsageException(written is null ? "--reason goes with --write-accept" : "--reason takes a line of text");
        }

        // An update of a file keeps its entries.
        OutputFile? file = written is null ? null : new OutputFile(written, path is not null && Path.GetFullPath(path) == Path.GetFullPath(written));
        file?.RequirePlace();
        return new Accepting(path is null ? [] : AcceptFile.Parse(path, RuleChoice.ReadText(path)), file, reason?.Trim() ?? "");
    }
}

/// <summary>Accepted differences, and where to write those that are not.</summary>
/// <param name="Entries">The accepted ones.</param>
/// <param name="File">The file to write; or null.</param>
/// <param name="Reason">The reason for each entry that is written.</param>
internal sealed record Accepting(ImmutableArray<AcceptedDifference> Entries, OutputFile? File, string Reason)
{
    /// <summary>Leaves the accepted differences out of a comparison.</summary>
    public Comparison Apply(Comparison types) => Entries.IsEmpty ? types : types.Accept(Entries);

    /// <inheritdoc cref="Apply(Comparison)"/>
    public Agreement Apply(Agreement agreement) => agreement with { Types = Apply(agreement.Types) };

    /// <summary>Writes the rest of the differences, if that was asked for, with the entries that still cover something.</summary>
    /// <param name="command">The command line that the file is for.</param>
    /// <param name="covering">The entries that cover something.</param>
    /// <param name="rest">The differences without an entry.</param>
    /// <returns>Whether a file was written.</returns>
    public bool Write(string command, IEnumerable<AcceptedDifference> covering, IEnumerable<AcceptedDifference> rest)
    {
        if (File is null)
        {
            return false;
        }

        AcceptedDifference[] all = [.. covering.Distinct().Concat(rest).OrderBy(e => e.Subject, StringComparer.Ordinal)];
        string text = AcceptFile.Write(
            [
                $"Accepted differences, for {command}.",
                "An entry accepts the lines below it and no other difference of the type. Each has to give a reason.",
                "Places and sizes are in bits: member @place+size type.",
            ],
            all);
        Output.Write(File, stream => stream.Write(new System.Text.UTF8Encoding(false).GetBytes(text)));
        int without = all.Count(e => e.Reason.Length == 0);
        StandardError.WriteLine($"layoutcheck: wrote {Printable.Count((ulong)all.Length, "entry").Replace("entrys", "entries", StringComparison.Ordinal)} to {Printable.Escape(File.Path)}"
            + (without > 0 ? $"; {without} without a reason: write it before the file is used" : ""));
        return true;
    }
}
