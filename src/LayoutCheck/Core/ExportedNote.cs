using System.Collections.Immutable;

namespace LayoutCheck.Core;

/// <summary>What a line of VMCOREINFO tells (kernel/vmcore_info.c, include/linux/vmcore_info.h).</summary>
internal enum ExportedKind
{
    /// <summary><c>OFFSET(page.lru)=8</c>: offsetof, in bytes.</summary>
    Offset,

    /// <summary><c>SIZE(page)=64</c>: sizeof, in bytes.</summary>
    Size,

    /// <summary><c>LENGTH(zone.free_area)=11</c>: the number of elements.</summary>
    Length,

    /// <summary><c>NUMBER(PG_lru)=5</c>: a value.</summary>
    Number,

    /// <summary><c>SYMBOL(mem_section)=...</c>: an address.</summary>
    Symbol,

    /// <summary>Any other line: <c>OSRELEASE=...</c>.</summary>
    Other,
}

/// <summary>A line of VMCOREINFO, as a kernel will write it or has written it.</summary>
/// <param name="Kind">What it tells.</param>
/// <param name="Name">What of: <c>page.lru</c>; of another line, the word before its <c>=</c>.</param>
/// <param name="Text">The line without its newline; <c>?</c> stands for an unknown part.</param>
/// <param name="Value">The number; null where it is not known or there is none.</param>
internal sealed record ExportedLine(ExportedKind Kind, string Name, string Text, long? Value)
{
    /// <summary>Why something in it is not known, in a clause; null when all is.</summary>
    public string? Unknown { get; init; }

    /// <summary>The address of the instruction that sets the number, else of the call; null where there is none.</summary>
    public ulong? Instruction { get; init; }

    /// <summary>The address of the text that the code passes; null of a line that was read from a note.</summary>
    public ulong? TextAddress { get; init; }

    /// <summary>Whether another line says another value of the same.</summary>
    public bool IsContradicted { get; init; }

    /// <summary>Whether it is about a type, a value or a symbol, and not about the kernel as a whole.</summary>
    public bool IsFact => Kind != ExportedKind.Other;

    /// <summary>Its name with the word for the kind: <c>OFFSET(page.lru)</c>.</summary>
    public string Key => Kind == ExportedKind.Other ? Name : $"{Word(Kind)}({Name})";

    /// <summary>The word of a kind in the note.</summary>
    public static string Word(ExportedKind kind) => kind switch
    {
        ExportedKind.Offset => "OFFSET",
        ExportedKind.Size => "SIZE",
        ExportedKind.Length => "LENGTH",
        ExportedKind.Number => "NUMBER",
        _ => "SYMBOL",
    };

    /// <summary>Reads a line: what it tells, and its number in decimal. A value that is no number is left out.</summary>
    public static ExportedLine Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string key = equals < 0 ? text : text[..equals];
        foreach (ExportedKind kind in (ReadOnlySpan<ExportedKind>)[ExportedKind.Offset, ExportedKind.Size, ExportedKind.Length, ExportedKind.Number, ExportedKind.Symbol])
        {
            string word = Word(kind);
            if (equals > 0 && key.Length > word.Length + 2 && key.StartsWith(word, StringComparison.Ordinal) && key[word.Length] == '(' && key[^1] == ')')
            {
                return new ExportedLine(kind, key[(word.Length + 1)..^1], text, kind == ExportedKind.Symbol ? null : Number(text.AsSpan(equals + 1)));
            }
        }

        return new ExportedLine(ExportedKind.Other, key, text, equals < 0 ? null : Number(text.AsSpan(equals + 1)));
    }

    private static long? Number(ReadOnlySpan<char> digits)
        => long.TryParse(digits, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out long value) ? value
            : ulong.TryParse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ulong large) ? (long)large
            : null;
}

/// <summary>All lines of VMCOREINFO, in their order.</summary>
internal sealed record ExportedNote(ImmutableArray<ExportedLine> Lines)
{
    /// <summary>The machine of the image, in words; empty of a note.</summary>
    public string Machine { get; init; } = "";

    /// <summary>The facts that are known.</summary>
    public IEnumerable<ExportedLine> Known => Lines.Where(l => l is { IsFact: true, Value: not null });

    /// <summary>The facts that are not.</summary>
    public IEnumerable<ExportedLine> NotKnown => Lines.Where(l => l is { IsFact: true, Value: null });

    /// <summary>The text behind a key such as <c>OSRELEASE</c>, or null.</summary>
    public string? Find(string key)
    {
        foreach (ExportedLine line in Lines)
        {
            if (line.Kind == ExportedKind.Other && line.Name == key && line.Unknown is null && line.Text.Length > key.Length)
            {
                return line.Text[(key.Length + 1)..];
            }
        }

        return null;
    }

    /// <summary>Marks the lines that say another value than an earlier one of their key.</summary>
    public static ImmutableArray<ExportedLine> MarkContradictions(IReadOnlyList<ExportedLine> lines)
    {
        HashSet<string> contradicted = new(StringComparer.Ordinal);
        Dictionary<string, long> values = new(StringComparer.Ordinal);
        foreach (ExportedLine line in lines)
        {
            if (line is { IsFact: true, Value: { } value } && !values.TryAdd(line.Key, value) && values[line.Key] != value)
            {
                contradicted.Add(line.Key);
            }
        }

        return [.. lines.Select(l => contradicted.Contains(l.Key) ? l with { IsContradicted = true } : l)];
    }
}
