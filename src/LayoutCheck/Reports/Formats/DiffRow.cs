using System.Globalization;
using LayoutCheck.Compare;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>One row of a type's changes: a member, or a run of members that became of the same kind.</summary>
/// <param name="Place">The byte, of both definitions where it differs.</param>
/// <param name="What">The member and the word.</param>
/// <param name="Detail">The types, or the neighbours.</param>
internal sealed record DiffRow(string Place, string What, string Detail)
{
    /// <summary>The cache line of most machines, in bits.</summary>
    public const ulong CacheLineBits = 512;

    private const int PlaceWidth = 11;
    private const int WhatWidth = 46;

    // A row is to stay a line.
    private const int MostBeside = 2;

    // So many names of a run are told at the ends.
    private const int LeastRun = 3;

    /// <summary>The rows of a type, by place.</summary>
    public static IEnumerable<DiffRow> Of(TypeChanges changes)
    {
        MemberChange[] own = [.. changes.Changes.Where(c => c.Under is null)];
        for (int i = 0; i < own.Length;)
        {
            int length = RunLength(own, i);
            yield return length >= LeastRun || (length > 1 && own[i].Word == ChangeWord.Removed) ? Run(own.AsSpan(i, length)) : One(own[i]);
            i += length >= LeastRun || own[i].Word == ChangeWord.Removed ? length : 1;
        }

        // Of a member that has another size or place, the row above tells.
        HashSet<string> told = [.. own.Where(c => c.New is not null).Select(c => c.New!.Path)];
        foreach (IGrouping<string, InnerChange> inner in changes.Inner.Where(c => !told.Contains(c.Path)).GroupBy(c => c.Type.ToString()))
        {
            string[] paths = [.. inner.Select(c => Printable.Escape(c.Path))];
            string weight = inner.Max(c => c.Class) == ChangeClass.Compatible ? " (compatible)" : "";
            yield return new DiffRow("", $"{(paths.Length <= LeastRun ? string.Join(", ", paths) : $"{paths[0]} and {paths.Length - 1} others")} changed inside{weight}", Printable.Escape(inner.Key));
        }
    }

    /// <summary>Writes the row; what does not fit goes below.</summary>
    public void Write(FoldedText text)
    {
        string head = $"  {Place.PadRight(PlaceWidth - 1)} ";
        int width = text.Style.Width;
        string line = Detail.Length == 0 ? What : $"{What.PadRight(WhatWidth - 2)}  {Detail}";
        if (width > 0 && head.Length + line.Length > width && Detail.Length > 0)
        {
            line = $"{What}  {Detail}";
        }

        text.Row(head, line, PlaceWidth + 4);
    }

    private static int RunLength(MemberChange[] all, int from)
    {
        MemberChange first = all[from];
        int length = 1;
        while (from + length < all.Length && Continues(first, all[from + length]))
        {
            length++;
        }

        return length;
    }

    private static bool Continues(MemberChange first, MemberChange next) => first.Word == next.Word && first.Word switch
    {
        ChangeWord.Moved => first.BitDelta == next.BitDelta && !first.IsRetyped && !next.IsRetyped,
        ChangeWord.Removed => first.Arm == next.Arm && first.Arm >= 0 && first.Class == next.Class,
        _ => false,
    };

    private static DiffRow Run(ReadOnlySpan<MemberChange> run)
    {
        MemberChange first = run[0];
        MemberChange last = run[^1];
        if (first.Word == ChangeWord.Removed)
        {
            string[] names = [.. run.ToArray().Select(c => Printable.Escape(c.Path))];
            string members = names.Length <= LeastRun + 1 ? string.Join("; ", names) : $"{names[0]}; ... {names.Length - 2} more ...; {names[^1]}";
            return new DiffRow(Byte(first.Old!.BitOffset), $"- {{ {members} }}", "");
        }

        return new DiffRow($"{Byte(first.Old!.BitOffset)}..", $"{run.Length} members moved by {Delta(first)}", $"{Printable.Escape(first.Path)} .. {Printable.Escape(last.Path)}");
    }

    private static DiffRow One(MemberChange change)
    {
        string path = Printable.Escape(change.Path);
        string old = change.Old is { } left ? Printable.Escape(left.Type) : "";
        string now = change.New is { } right ? Printable.Escape(right.Type) : "";
        string types = old == now ? now : old.Length == 0 || now.Length == 0 ? old + now : $"{old} -> {now}";
        string place = change is { Old: { } a, New: { } b } && a.BitOffset != b.BitOffset && change.Word != ChangeWord.Filled ? $"{Byte(a.BitOffset)} -> {Byte(b.BitOffset)}"
            : Byte((change.New ?? change.Old)!.BitOffset);
        return change.Word switch
        {
            ChangeWord.Moved => new DiffRow(place, $"{path} moved by {Delta(change)}{Line(change)}", change.IsRetyped ? types : ""),
            ChangeWord.Reordered => new DiffRow(place, $"{path} reordered{Line(change)}", change.IsRetyped ? types : ""),
            ChangeWord.Resized => new DiffRow(place, $"{path} resized: {Size(change.Old!)} -> {Size(change.New!)}", change.Inside is { } inside ? $"{Printable.Escape(inside.ToString())} changed inside" : types),
            ChangeWord.Retyped => new DiffRow(place, path, types),
            ChangeWord.GivesWayTo => new DiffRow(place, $"{path} gives way to {Printable.Escape(change.New!.Path)}", types),
            ChangeWord.Filled => new DiffRow(place, $"+ {Printable.Escape(change.New!.Path)} in {Printable.Escape(change.Took!)}", now),
            ChangeWord.Removed => new DiffRow(place, $"- {path}{(change.Class == ChangeClass.Compatible ? " (reserved)" : "")}", old),
            _ => new DiffRow(place, $"+ {path}", now + (change.Beside.IsEmpty ? "" : $"  beside {Beside(change)}")),
        };
    }

    private static string Beside(MemberChange change)
    {
        string[] names = [.. change.Beside.Select(Printable.Escape)];
        return names.Length <= MostBeside ? string.Join(", ", names) : $"{string.Join(", ", names[..MostBeside])}, ...";
    }

    private static string Line(MemberChange change)
    {
        ulong old = change.Old!.BitOffset / CacheLineBits;
        ulong now = change.New!.BitOffset / CacheLineBits;
        return old == now ? "" : $" (cache line {old} -> {now})";
    }

    private static string Delta(MemberChange change)
    {
        Int128 bits = change.BitDelta!.Value;
        string sign = bits < 0 ? "-" : "+";
        Int128 size = Int128.Abs(bits);
        return size % 8 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{sign}{size / 8}") : string.Create(CultureInfo.InvariantCulture, $"{sign}{size} bits");
    }

    private static string Size(MemberAt member) => member.IsBitField || member.BitSize % 8 != 0 ? Printable.Count(member.BitSize, "bit") : Printable.Count(member.BitSize / 8, "byte");

    private static string Byte(ulong bitOffset) => bitOffset % 8 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{bitOffset / 8}") : string.Create(CultureInfo.InvariantCulture, $"{bitOffset / 8}:{bitOffset % 8}");
}
