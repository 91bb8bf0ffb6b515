using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>
/// Asserts that a JSON report of <c>diff</c> is complete: its changes, made to the layouts of the old image, give those of the new one, for every type that both
/// define. A type that the report does not list is the same in both.
/// </summary>
internal sealed class Completeness
{
    private const int MostShown = 20;

    private readonly Dictionary<string, JsonElement> _told;
    private int _types;
    private int _different;
    private int _changes;
    private int _several;
    private int _incomplete;

    private Completeness(JsonElement report)
        => _told = report.GetProperty("types").EnumerateArray().ToDictionary(t => t.GetProperty("type").GetString()!, StringComparer.Ordinal);

    /// <summary>Judges a report. Prints the incomplete types and the counts, and returns the exit code.</summary>
    /// <param name="arguments">The report, the two images and, optionally, the sources that they were read from: dwarf or btf.</param>
    public static int Run(ImmutableArray<string> arguments)
    {
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(arguments[0]));
        using KernelImage old = KernelImage.Open(arguments[1], Source(report.RootElement, "old"));
        using KernelImage now = KernelImage.Open(arguments[2], Source(report.RootElement, "new"));
        Completeness judge = new(report.RootElement);
        judge.Judge(old.Types, now.Types, report.RootElement);
        string told = string.Create(CultureInfo.InvariantCulture,
            $"{judge._types} types: {judge._incomplete} incomplete ({judge._different} differ, {judge._changes} changes, {judge._several} of several definitions)");
        Console.WriteLine(told);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{judge._types} cases, {judge._incomplete} failures"));
        return judge._incomplete == 0 && judge._types > 0 ? 0 : 1;
    }

    private static SourceChoice Source(JsonElement report, string side)
        => report.GetProperty(side).GetProperty("source").GetString() == "btf" ? SourceChoice.Btf : SourceChoice.Dwarf;

    private void Judge(ITypeSource old, ITypeSource now, JsonElement report)
    {
        using WorkerPool pool = new(1);
        ITypeCensus left = old.TakeCensus(pool);
        ITypeCensus right = now.TakeCensus(pool);
        Dictionary<TypeName, int> byName = right.Names.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i);
        using ICensusReader leftReader = left.OpenReader();
        using ICensusReader rightReader = right.OpenReader();
        for (int i = 0; i < left.Names.Length; i++)
        {
            if (byName.Remove(left.Names[i], out int other))
            {
                Judge(left.Names[i].ToString(), leftReader.Read(i), rightReader.Read(other));
            }
            else
            {
                Expect(left.Names[i], report, "only_old");
            }
        }

        foreach (TypeName name in byName.Keys)
        {
            Expect(name, report, "only_new");
        }

        if (_types != report.GetProperty("counts").GetProperty("compared").GetInt32())
        {
            Fail($"the report compares {report.GetProperty("counts").GetProperty("compared")} types, and both define {_types}");
        }
    }

    private void Expect(TypeName name, JsonElement report, string list)
    {
        if (!report.GetProperty(list).EnumerateArray().Any(n => n.GetString() == name.ToString()))
        {
            Fail($"{name} is in one image alone, and {list} does not have it");
        }
    }

    private void Judge(string name, DefinitionSet left, DefinitionSet right)
    {
        _types++;
        ImmutableArray<FlatLayout> olds = [.. left.Distinct.Select(d => new FlatLayout(d))];
        ImmutableArray<FlatLayout> news = [.. right.Distinct.Select(d => new FlatLayout(d))];
        _several += olds.Length + news.Length > 2 ? 1 : 0;
        if (!_told.Remove(name, out JsonElement told))
        {
            // A name of several definitions is the same when one side has all that the other one has: the rest is a private type of another file.
            string? wrong = olds.Length <= news.Length ? Unmatched(olds, news, (o, n) => Apply(o, n, null)) : Unmatched(news, olds, (n, o) => Apply(o, n, null));
            if (wrong is not null)
            {
                Fail($"{name} is not listed, and differs: {wrong}");
            }

            return;
        }

        _different++;
        foreach (JsonElement definition in told.GetProperty("definitions").EnumerateArray())
        {
            _changes += definition.GetProperty("changes").GetArrayLength();
            string? first = null;
            if (!olds.Any(o => news.Any(n => (first = Apply(o, n, definition)) is null)))
            {
                Fail($"{name}: {first}");
            }
        }
    }

    // What is wrong with the first one that is like none of the others; null when all are.
    private static string? Unmatched(ImmutableArray<FlatLayout> some, ImmutableArray<FlatLayout> others, Func<FlatLayout, FlatLayout, string?> differ)
        => some.Select(s => others.Any(o => differ(s, o) is null) ? null : differ(s, others[0])).FirstOrDefault(w => w is not null);

    private void Fail(string what)
    {
        if (_incomplete++ < MostShown)
        {
            Console.WriteLine(what);
        }
    }

    // What is not complete; null when the changes lead from the one to the other.
    private static string? Apply(FlatLayout old, FlatLayout now, JsonElement? told)
    {
        ulong before = told?.GetProperty("old").GetProperty("byte_size").GetUInt64() ?? old.ByteSize;
        ulong after = told?.GetProperty("new").GetProperty("byte_size").GetUInt64() ?? old.ByteSize;
        if (before != old.ByteSize || after != now.ByteSize)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{before} -> {after} bytes, and it is {old.ByteSize} -> {now.ByteSize}");
        }

        (ImmutableArray<FlatItem> olds, ImmutableArray<FlatItem> news) = FlatLayout.Of(old, now);
        Dictionary<(string, ulong, ulong), int> members = [];
        foreach (FlatItem item in olds)
        {
            Count(item.Path, item.BitOffset, item.BitSize, 1);
        }

        foreach (JsonElement change in told is null ? [] : told.Value.GetProperty("changes").EnumerateArray().ToArray())
        {
            Add(change.GetProperty("old"), -1);
            Add(change.GetProperty("new"), 1);
        }

        foreach (FlatItem item in news)
        {
            Count(item.Path, item.BitOffset, item.BitSize, -1);
        }

        return members.Where(m => m.Value != 0).Select(m => $"{m.Key}: {m.Value}").FirstOrDefault() ?? WrongTypes();

        void Add(JsonElement member, int count)
        {
            if (member.ValueKind == JsonValueKind.Object)
            {
                Count(member.GetProperty("member").GetString()!, member.GetProperty("bit_offset").GetUInt64(), member.GetProperty("bit_size").GetUInt64(), count);
            }
        }

        void Count(string path, ulong offset, ulong size, int count) => members[(path, offset, size)] = members.GetValueOrDefault((path, offset, size)) + count;

        string? WrongTypes()
        {
            foreach (JsonElement change in told is null ? [] : told.Value.GetProperty("changes").EnumerateArray().ToArray())
            {
                foreach ((string side, ImmutableArray<FlatItem> items) in ((string, ImmutableArray<FlatItem>)[])[("old", olds), ("new", news)])
                {
                    if (change.GetProperty(side) is { ValueKind: JsonValueKind.Object } member
                        && !items.Any(i => i.Path == member.GetProperty("member").GetString() && i.Type == member.GetProperty("type").GetString()
                            && i.IsBitField == member.GetProperty("is_bit_field").GetBoolean()))
                    {
                        return $"no such member in the {side} one: {member}";
                    }
                }
            }

            return null;
        }
    }
}
