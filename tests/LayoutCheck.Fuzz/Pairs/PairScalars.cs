using System.Collections.Immutable;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>The scalar types that edits put in, and what each is after the normalising that a comparison makes: its class, and what it points to.</summary>
internal static class PairScalars
{
    private static readonly ImmutableArray<(CScalar Type, string Meaning)> s_all =
    [
        .. Group(CKind.Number, 1, 8, ("char", "char"), ("signed char", "signed char"), ("unsigned char", "unsigned char"), ("u8", "unsigned char"), ("mode_qi", "signed char")),
        .. Group(CKind.Number, 1, 1, ("_Bool", "bool")),
        .. Group(CKind.Enum, 1, 8, ("enum tiny", "enum tiny")),
        .. Group(CKind.Number, 2, 16, ("short", "signed"), ("unsigned short", "unsigned"), ("u16", "unsigned"), ("const_u16", "unsigned")),
        .. Group(CKind.Number, 4, 32, ("int", "signed"), ("unsigned int", "unsigned"), ("u32", "unsigned"), ("volatile_int", "signed")),
        .. Group(CKind.Enum, 4, 32, ("enum small", "enum small"), ("enum negative", "enum negative")),
        .. Group(CKind.Number, 8, 64, ("long", "signed"), ("unsigned long", "unsigned"), ("long long", "signed"), ("unsigned long long", "unsigned"), ("u64", "unsigned"), ("u64_again", "unsigned")),
        .. Group(CKind.Enum, 8, 64, ("enum big", "enum big")),
        .. Group(CKind.Number, 4, 0, ("float", "float")),
        .. Group(CKind.Number, 8, 0, ("double", "float")),
        .. Pointers(("void *{0}", "void"), ("const void *{0}", "void"), ("char **{0}", "char*"), ("struct undefined *{0}", "struct undefined"),
            ("const struct undefined *{0}", "struct undefined"), ("struct list_head *{0}", "struct list_head"), ("struct callback_head *{0}", "struct callback_head"),
            ("struct elsewhere *{0}", "struct elsewhere"), ("union nowhere *{0}", "union nowhere"), ("callback_t {0}", "function")),
    ];

    private static readonly Dictionary<string, string> s_meanings = s_all.ToDictionary(s => s.Type.Format, s => s.Meaning, StringComparer.Ordinal);

    /// <summary>The type of a format.</summary>
    public static CScalar Named(string format) => s_all.First(s => s.Type.Format == format).Type;

    /// <summary>A type at random, words and pointers more often.</summary>
    public static CScalar Any(Random random) => s_all[random.Next(s_all.Length)].Type;

    /// <summary>Another type of equal size, which may mean the same; null when there is none.</summary>
    /// <param name="random">The source of the choice.</param>
    /// <param name="type">The type.</param>
    /// <param name="isBitField">Whether it is for a bit-field.</param>
    public static CScalar? EqualInSize(Random random, CScalar type, bool isBitField)
    {
        ImmutableArray<CScalar> all = [.. s_all.Select(s => s.Type).Where(t => t.Estimate == type.Estimate && t.Format != type.Format && (!isBitField || t.MostBits == type.MostBits))];
        return all.IsEmpty || type.IsOverAligned ? null : all[random.Next(all.Length)];
    }

    /// <summary>The meaning of a format, or null of one that is not here.</summary>
    public static string? MeaningOf(CScalar type) => s_meanings.GetValueOrDefault(type.Format);

    private static IEnumerable<(CScalar Type, string Meaning)> Group(CKind kind, int size, int bits, params (string Name, string Meaning)[] all)
        => all.Select(a => (new CScalar(a.Name + " {0}", kind, size, bits), a.Meaning));

    private static IEnumerable<(CScalar Type, string Meaning)> Pointers(params (string Format, string Meaning)[] all)
        => all.Select(a => (new CScalar(a.Format, CKind.Pointer, 8), "pointer to " + a.Meaning));
}
