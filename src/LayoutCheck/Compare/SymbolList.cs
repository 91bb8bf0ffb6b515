using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Compare;

/// <summary>The symbols that a kernel exports, or promises to keep, as a file lists them.</summary>
/// <param name="Symbols">The symbols, each once, in the order of the file.</param>
public sealed record SymbolList(ImmutableArray<ExportedSymbol> Symbols)
{
    // As long as a name of the kernel may be (KSYM_NAME_LEN).
    private const int LongestSymbol = 512;
    private const int MostSymbols = 1 << 18;
    private const string KernelItself = "vmlinux";

    /// <summary>
    /// Reads a <c>Module.symvers</c> (Documentation/kbuild/modules.rst): lines of a checksum, a symbol, the module that exports it, and how, with tabs between. Lines from <c>#</c> on are passed over.
    /// </summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="UsageException">A line is of another form; the message names file and line.</exception>
    public static SymbolList ParseSymvers(string file, string text) => Parse(file, text, (line, number) =>
    {
        string[] fields = line.Split('\t');
        return line[0] == '#' ? null
            : fields.Length < 4 || !IsChecksum(fields[0])
            ? throw Wrong(file, number, "it is no line of Module.symvers: a checksum, a symbol, a module and EXPORT_SYMBOL, with tabs between"
                + (fields.Length == 1 ? "; a list of symbols alone is for --symbols" : ""))
            : new ExportedSymbol(fields[1].Trim(), fields[2] == KernelItself ? null : fields[2]);
    });

    /// <summary>
    /// Reads a list of one symbol a line, as Android's and Red Hat's: headers in brackets, blanks before a symbol, empty lines, and comments from <c>#</c> on
    /// are passed over.
    /// </summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="UsageException">A line is of another form; the message names file and line.</exception>
    public static SymbolList ParseList(string file, string text) => Parse(file, text, (line, number) =>
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        string word = (comment < 0 ? line : line[..comment]).Trim();
        bool isHeader = word.Length > 2 && word[0] == '[' && word[^1] == ']';
        return word.Length == 0 || isHeader ? null
            : word.AsSpan().IndexOfAny(' ', '\t') < 0 ? new ExportedSymbol(word, null)
            : throw Wrong(file, number, "one symbol is expected, and there are several words" + (IsChecksum(word.Split('\t', ' ')[0]) ? "; a Module.symvers is for --symvers" : ""));
    });

    /// <summary>The symbols of several lists, each once.</summary>
    public static SymbolList Join(IEnumerable<SymbolList> lists) => new([.. lists.SelectMany(l => l.Symbols).DistinctBy(s => s.Name)]);

    private static SymbolList Parse(string file, string text, Func<string, int, ExportedSymbol?> read)
    {
        ImmutableArray<ExportedSymbol>.Builder symbols = ImmutableArray.CreateBuilder<ExportedSymbol>();
        HashSet<string> known = [];
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsWhiteSpace() || read(line.ToString(), number) is not { } symbol)
            {
                continue;
            }

            if (symbol.Name.Length is 0 or > LongestSymbol || !symbol.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$'))
            {
                throw Wrong(file, number, $"'{Printable.Shorten(symbol.Name)}' is no name of a symbol");
            }

            if (symbols.Count == MostSymbols)
            {
                throw Wrong(file, number, $"more than {MostSymbols} symbols, which no kernel exports");
            }

            if (known.Add(symbol.Name))
            {
                symbols.Add(symbol);
            }
        }

        return symbols.Count > 0 ? new SymbolList(symbols.ToImmutable()) : throw new UsageException($"{Printable.Escape(file)} lists no symbol");
    }

    private static bool IsChecksum(string field) => field.StartsWith("0x", StringComparison.Ordinal) && field.Length > 2 && field.Skip(2).All(char.IsAsciiHexDigit);

    private static UsageException Wrong(string file, int line, string problem)
        => new(Printable.Escape(string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {problem}")));
}

/// <summary>A symbol of a list.</summary>
/// <param name="Name">The symbol.</param>
/// <param name="Module">The module that exports it; null for the kernel itself, and where the list does not tell.</param>
public sealed record ExportedSymbol(string Name, string? Module);
