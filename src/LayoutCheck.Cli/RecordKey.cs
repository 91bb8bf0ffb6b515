using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli;

/// <summary>The names of records, and the stamps by which a later run knows that they still hold.</summary>
internal static class RecordKey
{
    // A split kernel has thousands; its record is made again.
    private const int MostOthers = 8;

    /// <summary>The hash of an input's absolute path: 32 bytes.</summary>
    public static byte[] HashOf(string path) => Hash(Path.GetFullPath(path));

    /// <summary>The name of an input's record, without an ending.</summary>
    public static string NameOf(string path) => Convert.ToHexStringLower(HashOf(path));

    /// <summary>The hash of a question: the rules with their texts, and the options that an answer depends on.</summary>
    public static string OfQuestion(RuleSet rules, bool isStrict, ImageOptions how)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"strict {isStrict}\nsource {how.Source}\ndebug-dir {how.DebugDirectory}\nbase {how.BasePath}\n");
        text.Append(CultureInfo.InvariantCulture, $"member {how.Member}\ndebuginfod {how.Debuginfod}\n");
        foreach (Rule rule in rules.Rules)
        {
            text.Append(CultureInfo.InvariantCulture, $"rule {rule.Id}\n{rule.Severity} {rule.Pack} {rule.CountsWhenStrict} {rule.Title}\n{string.Join('\n', rule.Selections)}\n");
            foreach (RuleCheck check in rule.Checks)
            {
                text.Append(CultureInfo.InvariantCulture, $"{check.Severity} {check.When?.Text} => {check.Expression.Text}\n{check.Message}\n");
            }
        }

        return Convert.ToHexStringLower(Hash(text.ToString()));
    }

    /// <summary>The stamp of an input.</summary>
    /// <param name="state">The state of the file.</param>
    /// <param name="question">The hash of the question.</param>
    /// <param name="others">The other files that the answer rests on.</param>
    public static RecordStamp StampOf(FileState state, string question, IEnumerable<string> others)
    {
        ImmutableArray<string> paths = [.. others.Distinct(StringComparer.Ordinal).Take(MostOthers + 1)];
        return new RecordStamp(state.ByteSize, Seconds(state.Written), Seconds(state.Changed), state.Inode, RunInfo.LibraryVersion, question)
        {
            OtherPaths = paths.Length > MostOthers ? [] : paths,
            Others = paths.Length > MostOthers ? "too many to compare" : StateOf(paths),
        };
    }

    /// <summary>Whether a record's stamp is that of the input as it is now.</summary>
    public static bool Holds(RecordStamp stamp, FileState state, string question)
        => stamp with { Others = "", OtherPaths = [] } == StampOf(state, question, []) with { OtherPaths = [] } && stamp.Others == StateOf(stamp.OtherPaths);

    /// <summary>SHA-256 of a file in hexadecimal; null where it cannot be read.</summary>
    public static string? HashOfFile(string path)
    {
        try
        {
            FileState state = FileState.Of(path);
            InputFiles inputs = new();
            if (state.Kind is not (FileKind.Unknown or FileKind.Regular) || state == default)
            {
                return null;
            }

            inputs.Add(path, state);
            return FileHash.Of(path, inputs);
        }
        catch (InvalidImageException)
        {
            return null;
        }
    }

    private static string StateOf(ImmutableArray<string> paths)
        => paths.IsEmpty ? "" : Convert.ToHexStringLower(Hash(string.Join('\n', paths.Select(p => $"{p}\0{FileState.Of(p)}"))));

    // As nanoseconds they do not fit the numbers of every reader of JSON.
    private static string Seconds(Int128 nanoseconds)
        => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000_000_000}.{Int128.Abs(nanoseconds % 1_000_000_000):d9}");

    private static byte[] Hash(string text)
    {
        Sha256 hash = new();
        hash.Append(Encoding.UTF8.GetBytes(text));
        return hash.Finish();
    }
}
