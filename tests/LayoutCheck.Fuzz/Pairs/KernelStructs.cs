using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>Makes structs of what a kernel's are made of: words, pointers, list heads, counters, unions of unnamed structs, flags in bit-fields, names, reserved words.</summary>
internal sealed class KernelStructs
{
    /// <summary>How many types every batch begins with, which the others hold by value.</summary>
    public const int CommonCount = 6;

    private const int DeepestLevel = 3;

    private readonly Random _random;
    private readonly List<GeneratedType> _types = [];
    private readonly HashSet<int> _uses = [];
    private int _names;
    private int _room;

    private KernelStructs(Random random)
    {
        _random = random;
        AddCommon("struct list_head", "list_head", "struct list_head *next", "struct list_head *prev");
        AddCommon("struct callback_head", "callback_head", "struct callback_head *next", "callback_t func");
        AddCommon("atomic_t", null, "int counter");
        AddCommon("atomic64_t", null, "long counter");
        AddCommon("spinlock_t", null, "unsigned int raw", "unsigned int owner_cpu");
        AddCommon("struct other_head", "other_head", "struct list_head *next", "struct list_head *prev");
    }

    /// <summary>A batch of types.</summary>
    public static StructBatch Make(Random random, int count)
    {
        KernelStructs made = new(random);
        while (made._types.Count < count)
        {
            made.AddStruct(made._types.Count);
        }

        return new StructBatch(false, false, [.. made._types]);
    }

    /// <summary>The types that the batch begins with, as members have them.</summary>
    public static ImmutableArray<CType> CommonOf(StructBatch batch) => [.. batch.Types.Take(CommonCount).Select(Named)];

    private static CType Named(GeneratedType type) => type.Aggregate.Tag is null ? new CTypedef(type.Name, type.Aggregate) : new CReference(type.Aggregate);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static CMember Declared(string declaration)
    {
        int at = declaration.LastIndexOfAny([' ', '*']) + 1;
        string type = declaration[..at].TrimEnd();
        return new CMember(declaration[at..], PairScalars.Named(type.EndsWith('*') ? type + "{0}" : type + " {0}"));
    }

    private void AddCommon(string name, string? tag, params string[] members)
    {
        CAggregate aggregate = new(false, tag, [.. members.Select(Declared)], "");
        string text = tag is null ? $"typedef {aggregate.Declare(name)};" : $"{aggregate.Declare("").TrimEnd()};";
        _types.Add(new GeneratedType(_types.Count, name, text, aggregate, [], CTraits.None));
    }

    private void AddStruct(int number)
    {
        _uses.Clear();
        _room = 400;
        CAggregate aggregate = Aggregate(0, Text($"k{number}"), _random.Next(100) < 6);
        string name = $"{aggregate.Keyword} k{number.ToString(CultureInfo.InvariantCulture)}";
        _types.Add(new GeneratedType(number, name, $"{aggregate.Declare("").TrimEnd()};", aggregate, [.. _uses.Order()], CTraits.None));
    }

    private string Name() => Text($"m{_names++}");

    private CAggregate Aggregate(int level, string? tag, bool isUnion)
    {
        int count = level == 0 ? 2 + _random.Next(14) : isUnion ? 2 + _random.Next(3) : 1 + _random.Next(4);
        ImmutableArray<CMember>.Builder members = ImmutableArray.CreateBuilder<CMember>();
        for (int i = 0; i < count && _room > 0; i++)
        {
            Add(members, level, isUnion);
        }

        string attributes = _random.Next(100) switch
        {
            < 3 => " __attribute__((packed))",
            < 6 => " __attribute__((aligned(16)))",
            < 8 when level == 0 => " __attribute__((aligned(64)))",
            _ => "",
        };
        return new CAggregate(isUnion, tag, members.ToImmutable(), attributes);
    }

    private void Add(ImmutableArray<CMember>.Builder members, int level, bool isUnion)
    {
        switch (_random.Next(100))
        {
            case < 16 when level < DeepestLevel:
                members.Add(new CMember(null, Aggregate(level + 1, null, level % 2 == 0 ? _random.Next(100) < 80 : _random.Next(100) < 20)));
                return;
            case < 20 when level < DeepestLevel:
                members.Add(new CMember(Name(), Aggregate(level + 1, null, _random.Next(100) < 40)));
                return;
            case < 23 when level < DeepestLevel:
                members.Add(new CMember(Name(), new CArray(Aggregate(level + 1, null, false), 2 + _random.Next(3))));
                return;
            case < 30 when !isUnion:
                for (int i = 1 + _random.Next(4); i > 0; i--)
                {
                    members.Add(new CMember(Name(), PairScalars.Named("unsigned int {0}"), Text($"{1 + _random.Next(9)}")));
                }

                return;
            case < 45:
                members.Add(new CMember(Name(), ByValue()));
                return;
            case < 55:
                members.Add(new CMember(Name(), new CArray(PairScalars.Any(_random), Text($"{_random.Next(4)}") is "0" ? 16 : 1 + _random.Next(4))));
                return;
            case < 58 when !isUnion:
                members.Add(new CMember(Text($"kabi_reserved{_names++}"), PairScalars.Named("unsigned long {0}")));
                return;
            case < 60:
                members.Add(new CMember(Name(), PairScalars.Any(_random), null, "", " __attribute__((aligned(16)))"));
                return;
            case < 64:
                int target = _random.Next(_types.Count);
                members.Add(new CMember(Name(), new CScalar($"{_types[target].Name} *{{0}}", CKind.Pointer, 8)));
                _ = _uses.Add(target);
                return;
            default:
                members.Add(new CMember(Name(), PairScalars.Any(_random)));
                return;
        }
    }

    private CType ByValue()
    {
        int number = _random.Next(100) < 70 ? _random.Next(CommonCount) : _random.Next(_types.Count);
        if (_types[number].Aggregate.Estimate > 100)
        {
            number = 0;
        }

        _ = _uses.Add(number);
        _room -= _types[number].Aggregate.Estimate;
        return Named(_types[number]);
    }
}
