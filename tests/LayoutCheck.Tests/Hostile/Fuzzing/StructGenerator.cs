using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>Many generated types that are compiled together.</summary>
/// <param name="HasMicrosoftExtensions">Whether it needs <c>-fms-extensions</c>.</param>
/// <param name="HasAtomics">Whether some of it is <c>_Atomic</c>.</param>
/// <param name="Types">The types, each after those that it uses.</param>
internal sealed record StructBatch(bool HasMicrosoftExtensions, bool HasAtomics, ImmutableArray<GeneratedType> Types)
{
    /// <summary>
    /// The C source of some of the types: their definitions, and the judge. <c>.judge</c> has sizeof and _Alignof of each type, then offsetof and sizeof
    /// of each probe that is no bit-field, as numbers of 8 bytes. <c>.bits.N</c> has an array of type N: an object with nothing set, then for each
    /// bit-field one in which the compiler has set its bits, and nothing else. Nothing of it is ever run.
    /// </summary>
    public static string Source(IEnumerable<GeneratedType> types)
    {
        ImmutableArray<GeneratedType> all = [.. types];
        StringBuilder text = new(StructGenerator.Prelude);
        foreach (GeneratedType type in all)
        {
            _ = text.Append(type.Definition).Append('\n');
        }

        _ = text.Append("\n#define O(t, m) __builtin_offsetof(t, m), sizeof(((t *)0)->m)\n#define F(t, m) __builtin_offsetof(t, m), 0\n")
            .Append("static const unsigned long long judge[] __attribute__((section(\".judge\"), used)) = {\n");
        foreach (GeneratedType type in all)
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"sizeof({type.Name}), _Alignof({type.Name}),");
            foreach (Probe probe in type.Probes.Where(p => !p.IsBitField))
            {
                _ = text.Append(CultureInfo.InvariantCulture, $" {(probe.HasSize ? 'O' : 'F')}({type.Name}, {probe.Path}),");
            }

            _ = text.Append('\n');
        }

        _ = text.Append("};\n");
        foreach (GeneratedType type in all)
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"static {type.Name} bits_{type.Number}[] __attribute__((section(\".bits.{type.Number}\"), used)) = {{ {{ }},");
            foreach (Probe probe in type.Probes.Where(p => p.IsBitField))
            {
                _ = text.Append(CultureInfo.InvariantCulture, $" {{ .{probe.Path} = -1 }},");
            }

            _ = text.Append(" };\n");
        }

        return text.ToString();
    }

    /// <summary>A type with all that it uses, and nothing else.</summary>
    public ImmutableArray<GeneratedType> With(GeneratedType type)
    {
        HashSet<int> needed = [];
        Stack<int> open = new([type.Number]);
        while (open.TryPop(out int number))
        {
            if (needed.Add(number))
            {
                foreach (int used in Types[number].Uses)
                {
                    open.Push(used);
                }
            }
        }

        return [.. Types.Where(t => needed.Contains(t.Number))];
    }
}

/// <summary>
/// Makes C structs and unions of all that gcc and clang take: bit-fields of every integer type, unnamed and zero-width ones, packed and aligned types and
/// members, <c>#pragma pack</c>, unnamed and embedded types, arrays of arrays, flexible and empty ones. A seed and a number give the same batch every time.
/// </summary>
internal sealed class StructGenerator
{
    /// <summary>What every source begins with. Machines of 32 bits have no __int128, and narrower longs: a width that is too large is made smaller.</summary>
    public const string Prelude = """
        #ifdef __SIZEOF_INT128__
        #define WIDE __int128
        #else
        #define WIDE long long
        #endif
        #define W(t, n) ((n) > 8 * sizeof(t) ? (n) % (8 * sizeof(t)) + 1 : (n))
        typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64; typedef u64 u64_again;
        typedef volatile int volatile_int; typedef const u16 const_u16;
        typedef long under_aligned __attribute__((aligned(2))); typedef int over_aligned __attribute__((aligned(32))); typedef unsigned short even_aligned __attribute__((aligned(4)));
        typedef int mode_qi __attribute__((mode(QI))); typedef int mode_hi __attribute__((mode(HI))); typedef unsigned mode_di __attribute__((mode(DI)));
        typedef int four_ints __attribute__((vector_size(16))); typedef float two_floats __attribute__((vector_size(8)));
        typedef int row_t[3]; typedef row_t grid_t[2];
        enum small { SMALL_A, SMALL_B }; enum __attribute__((packed)) tiny { TINY_A, TINY_B = 200 }; enum negative { NEGATIVE_A = -5, NEGATIVE_B = 70000 };
        enum big { BIG_A = 1, BIG_B = 0x123456789abcULL }; enum __attribute__((packed)) tiny_negative { TINY_NEGATIVE = -1 };
        struct undefined; typedef void (*callback_t)(int, struct undefined *);

        """;

    private const int LargestEstimate = 500;
    private const int DeepestLevel = 4;

    private static readonly CScalar s_underAligned = new("under_aligned {0}", CKind.Number, 8, 64);

    private static readonly ImmutableArray<CScalar> s_integers =
    [
        new("char {0}", CKind.Number, 1, 8), new("signed char {0}", CKind.Number, 1, 8), new("unsigned char {0}", CKind.Number, 1, 8), new("short {0}", CKind.Number, 2, 16),
        new("unsigned short {0}", CKind.Number, 2, 16), new("int {0}", CKind.Number, 4, 32), new("unsigned int {0}", CKind.Number, 4, 32), new("int {0}", CKind.Number, 4, 32),
        new("unsigned int {0}", CKind.Number, 4, 32), new("long {0}", CKind.Number, 8, 64), new("unsigned long {0}", CKind.Number, 8, 64), new("long long {0}", CKind.Number, 8, 64),
        new("unsigned long long {0}", CKind.Number, 8, 64), new("_Bool {0}", CKind.Number, 1, 1), new("_Bool {0}", CKind.Number, 1, 1), new("u8 {0}", CKind.Number, 1, 8),
        new("u16 {0}", CKind.Number, 2, 16), new("u32 {0}", CKind.Number, 4, 32), new("u64 {0}", CKind.Number, 8, 64), new("u64_again {0}", CKind.Number, 8, 64),
        new("volatile_int {0}", CKind.Number, 4, 32), new("const_u16 {0}", CKind.Number, 2, 16), new("mode_qi {0}", CKind.Number, 1, 8), new("mode_hi {0}", CKind.Number, 2, 16),
        new("mode_di {0}", CKind.Number, 8, 64), new("enum small {0}", CKind.Enum, 4, 32), new("enum tiny {0}", CKind.Enum, 1, 8), new("enum negative {0}", CKind.Enum, 4, 32),
        new("enum big {0}", CKind.Enum, 8, 64), new("enum tiny_negative {0}", CKind.Enum, 1, 8), new("WIDE {0}", CKind.Number, 16, 128), new("unsigned WIDE {0}", CKind.Number, 16, 128),
    ];

    private static readonly ImmutableArray<CScalar> s_others =
    [
        new("float {0}", CKind.Number, 4), new("double {0}", CKind.Number, 8), new("long double {0}", CKind.Number, 16), new("over_aligned {0}", CKind.Number, 32, 0, true),
        new("even_aligned {0}", CKind.Number, 4, 0, true), new("four_ints {0}", CKind.Vector, 16), new("two_floats {0}", CKind.Vector, 8),
        s_underAligned,
    ];

    private static readonly ImmutableArray<CScalar> s_atomics =
    [
        new("_Atomic int {0}", CKind.Number, 4), new("_Atomic unsigned char {0}", CKind.Number, 1), new("_Atomic long long {0}", CKind.Number, 8),
        new("_Atomic(void *) {0}", CKind.Pointer, 8), new("_Atomic _Bool {0}", CKind.Number, 1), new("_Atomic(u16) {0}", CKind.Number, 2), new("_Atomic(enum tiny) {0}", CKind.Enum, 1),
    ];

    private static readonly ImmutableArray<CScalar> s_pointers =
    [
        .. ((string[])["void *{0}", "char **{0}", "struct undefined *{0}", "int (*{0})(void)", "int (*{0})[3]", "void (*(*{0})(int))(long)", "const char *const {0}", "int *restrict {0}",
            "volatile u32 *{0}", "long (*(*{0})[2])(struct undefined *, ...)", "union nowhere *{0}", "enum big *{0}", "callback_t {0}"]).Select(f => new CScalar(f, CKind.Pointer, 8)),
    ];

    private static readonly CTypedef s_row = new("row_t", new CArray(new CScalar("int {0}", CKind.Number, 4), 3));
    private static readonly CTypedef s_grid = new("grid_t", new CArray(s_row, 2));

    private readonly Random _random;
    private readonly bool _hasMicrosoftExtensions;
    private readonly bool _hasAtomics;
    private readonly List<GeneratedType> _types = [];
    private readonly HashSet<int> _uses = [];
    // How many tagged types without a member name (-fms-extensions) each type has: its names are in the scope of the others, and one of a kind is enough.
    private readonly List<int> _microsoft = [];
    private int _names;
    private int _room;

    private StructGenerator(int seed, int number)
    {
        _random = new Random(unchecked((seed * 1_000_003) + number));
        _hasMicrosoftExtensions = number % 2 == 1;
        _hasAtomics = number % 4 >= 2;
    }

    /// <summary>The batch of a number.</summary>
    public static StructBatch Make(int seed, int number, int count)
    {
        StructGenerator generator = new(seed, number);
        for (int i = 0; i < count; i++)
        {
            generator._types.Add(generator.Next(i));
        }

        return new StructBatch(generator._hasMicrosoftExtensions, generator._hasAtomics, [.. generator._types]);
    }

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Of<T>(ImmutableArray<T> all) => all[_random.Next(all.Length)];

    private int Of(params ReadOnlySpan<int> all) => all[_random.Next(all.Length)];

    private string Name(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{_names++}");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private GeneratedType Next(int number)
    {
        _uses.Clear();
        _microsoft.Add(0);
        _room = LargestEstimate;
        bool isTypedef = Chance(10);
        string tag = Text($"s{number}");
        CAggregate aggregate = Aggregate(0, isTypedef ? null : tag, Chance(20), Of(30, 30, 75), number);
        string name = isTypedef ? Text($"t{number}") : $"{aggregate.Keyword} {tag}";
        string text = isTypedef ? $"typedef {aggregate.Declare(name)};" : $"{aggregate.Declare("").TrimEnd()};";
        if (Chance(8))
        {
            text = Text($"#pragma pack(push, {Of(1, 2, 4, 8)})\n{text}\n#pragma pack(pop)");
        }

        return new GeneratedType(number, name, text, aggregate, [.. _uses.Order()], _uses.Aggregate(GeneratedType.TraitsOf(text), (traits, used) => traits | _types[used].Traits));
    }

    // The chance of a bit-field is in percent. The number is that of the type that is being made.
    private CAggregate Aggregate(int level, string? tag, bool isUnion, int bitFields, int number)
    {
        ImmutableArray<CMember>.Builder members = ImmutableArray.CreateBuilder<CMember>();
        int count = Chance(3) ? 0 : 1 + _random.Next(level == 0 ? 12 : 4);
        if (count > 0 && Chance(2))
        {
            for (int i = 0; i < count; i++)
            {
                members.Add(UnnamedBitField());
            }

            return new CAggregate(isUnion, tag, members.ToImmutable(), AggregateAttributes());
        }

        for (int i = 0; i < count && _room > 0; i++)
        {
            CMember member = Chance(bitFields) ? BitField() : Member(level, bitFields, number);
            _room -= member.Type.Estimate;
            members.Add(member);
        }

        bool isFlexible = !isUnion && members.Any(m => m.Name is not null) && Chance(level == 0 ? 10 : 4);
        if (isFlexible)
        {
            CType element = Chance(20) ? new CArray(Scalar(isElement: true), Of(1, 3)) : Chance(15) ? Aggregate(level + 2, null, Chance(20), bitFields, number) : Scalar(isElement: true);
            members.Add(new CMember(Name("m"), new CArray(element, null)));
        }
        else if (Chance(3))
        {
            // As the kernel's DECLARE_FLEX_ARRAY: C takes a flexible array neither in a union nor without another member.
            CAggregate nothing = new(false, null, [], "");
            CMember empty = new(Name("m"), nothing);
            members.Add(new CMember(null, new CAggregate(false, null, [empty, new CMember(Name("m"), new CArray(Scalar(isElement: true), null))], "")));
        }

        return new CAggregate(isUnion, tag, members.ToImmutable(), AggregateAttributes());
    }

    private string AggregateAttributes() => _random.Next(100) switch
    {
        < 12 => " __attribute__((packed))",
        < 20 => Text($" __attribute__((aligned({Of(1, 2, 4, 8, 16, 32, 64)})))"),
        < 27 => Text($" __attribute__((packed, aligned({Of(1, 2, 4, 8, 16)})))"),
        < 29 => " __attribute__((ms_struct))",
        _ => "",
    };

    private CMember UnnamedBitField()
    {
        CScalar type = Of(s_integers);
        int width = Chance(30) ? 0 : 1 + _random.Next(type.MostBits);
        return new CMember(null, type, Text($"W({type.Spelling}, {width})"));
    }

    private CMember BitField()
    {
        if (Chance(12))
        {
            return UnnamedBitField();
        }

        // pahole misplaces gcc's bit-fields of a type with less alignment than size in a union, and then encodes nothing: they are where it fails anyhow.
        CScalar type = _hasAtomics && Chance(3) ? s_underAligned : Of(s_integers);
        int width = Chance(12) ? type.MostBits : 1 + _random.Next(Chance(60) ? Math.Min(type.MostBits, 9) : type.MostBits);
        string after = _random.Next(100) switch
        {
            < 5 => " __attribute__((packed))",
            < 8 => Text($" __attribute__((aligned({Of(1, 2, 4, 8, 16)})))"),
            _ => "",
        };
        return new CMember(Name("m"), type, Text($"W({type.Spelling}, {width})"), Chance(5) ? "const " : Chance(4) ? "volatile " : "", after);
    }

    private CScalar Scalar(bool isElement = false)
    {
        CScalar type = _random.Next(100) switch
        {
            < 55 => Of(s_integers),
            < 75 => Of(s_pointers),
            < 80 when _hasAtomics => Of(s_atomics),
            < 85 when _types.Count > 0 => PointerTo(_types[_random.Next(_types.Count)]),
            _ => Of(s_others),
        };
        return isElement && type.IsOverAligned ? s_integers[5] : type;
    }

    private CScalar PointerTo(GeneratedType type)
    {
        _uses.Add(type.Number);
        return new CScalar($"{type.Name} *{{0}}", CKind.Pointer, 8);
    }

    private CMember Member(int level, int bitFields, int number)
    {
        string before = _random.Next(100) switch
        {
            < 5 => "const ",
            < 9 => "volatile ",
            < 12 => "_Alignas(64) ",
            _ => "",
        };
        string after = _random.Next(100) switch
        {
            < 5 => " __attribute__((packed))",
            < 10 => Text($" __attribute__((aligned({Of(1, 2, 4, 8, 16, 32)})))"),
            < 12 => Text($" __attribute__((packed, aligned({Of(1, 2, 4)})))"),
            _ => "",
        };
        bool goesDeeper = level < DeepestLevel;
        switch (_random.Next(100))
        {
            case < 14 when goesDeeper:
                return new CMember(null, Aggregate(level + 1, null, Chance(45), bitFields, number), null, "", Chance(5) ? after : "");
            case < 21 when goesDeeper:
                return new CMember(Name("m"), Aggregate(level + 1, null, Chance(30), bitFields, number), null, before, after);
            case < 24 when goesDeeper:
                string tag = Text($"s{number}_{_names++}");
                return new CMember(Name("m"), Aggregate(level + 1, tag, Chance(30), bitFields, number), null, before, after);
            case < 29 when goesDeeper:
                return new CMember(Name("m"), Dimensions(Aggregate(level + 1, null, Chance(20), bitFields, number)), null, before, "");
            case < 38 when Earlier() is { } earlier:
                return new CMember(Name("m"), Chance(25) ? Dimensions(earlier) : earlier, null, _hasAtomics && Chance(10) ? "_Atomic " : before, "") is var member
                    && member.IsAtomic && member.Type is CArray ? member with { Before = "" } : member;
            case < 42 when _hasMicrosoftExtensions && _microsoft[^1] == 0 && Unnamed() is { } tagged:
                return new CMember(null, tagged);
            case < 56:
                return new CMember(Name("m"), Dimensions(Scalar(isElement: true)), null, before, after);
            case < 58:
                return new CMember(Name("m"), new CArray(Scalar(isElement: true), 0), null, "", "");
            case < 60:
                return new CMember(Name("m"), new CScalar(Text($"enum {{ {Name("E")}_{number} }} {{0}}"), CKind.Enum, 4), null, "", after);
            case < 62:
                return new CMember(Name("m"), Chance(50) ? s_row : s_grid, null, "", "");
            default:
                return new CMember(Name("m"), Scalar(), null, before, after);
        }
    }

    private CArray Dimensions(CType element)
    {
        CArray array = new(element, Chance(4) ? 0 : Of(1, 2, 2, 3, 4));
        for (int i = Of(0, 0, 0, 1, 1, 2); i > 0; i--)
        {
            array = new CArray(array, Chance(3) ? 0 : Of(1, 2, 3));
        }

        return array.Estimate <= LargestEstimate ? array : new CArray(element, 2);
    }

    private CReference? Unnamed()
    {
        int number = _types.Count == 0 ? 0 : _random.Next(_types.Count);
        if (_types.Count == 0 || _microsoft[number] > 0 || _types[number].Aggregate.Tag is null || _types[number].Aggregate.Estimate > _room)
        {
            return null;
        }

        _uses.Add(number);
        _microsoft[^1]++;
        return new CReference(_types[number].Aggregate);
    }

    private CType? Earlier()
    {
        if (_types.Count == 0)
        {
            return null;
        }

        GeneratedType type = _types[_random.Next(_types.Count)];
        if (type.Aggregate.Estimate > _room)
        {
            return null;
        }

        _uses.Add(type.Number);
        return type.Aggregate.Tag is null ? new CTypedef(type.Name, type.Aggregate) : new CReference(type.Aggregate);
    }
}
