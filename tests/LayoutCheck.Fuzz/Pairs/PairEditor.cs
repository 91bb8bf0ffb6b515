using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>
/// Edits a struct as a developer does: inserts, removes, renames, swaps, retypes, resizes, packs, fills a hole or a reserved field. Some edits need a place of
/// their own (a hole, a reserved field): that is in the struct before too.
/// </summary>
/// <param name="random">The source of all choices.</param>
/// <param name="prefix">What the names of its own members begin with.</param>
/// <param name="common">Types that a new member may have by value.</param>
internal sealed class PairEditor(Random random, string prefix, ImmutableArray<CType> common)
{
    private const int MostTries = 20;

    private int _names;

    /// <summary>A struct before and after an edit.</summary>
    /// <param name="Old">Before.</param>
    /// <param name="New">After.</param>
    /// <param name="What">The edit in words.</param>
    public sealed record Edited(CAggregate Old, CAggregate New, string What);

    /// <summary>Makes an edit, seldom several, or none.</summary>
    public Edited Edit(CAggregate original)
    {
        if (random.Next(100) < 6)
        {
            return new Edited(original, original, "none");
        }

        Edited edited = One(original);
        for (int more = random.Next(100) < 20 ? 1 + random.Next(3) : 0; more > 0; more--)
        {
            // A further edit that needs a place of its own would change what the first one began with.
            Edited next = One(edited.New);
            edited = ReferenceEquals(next.Old, edited.New) ? new Edited(edited.Old, next.New, $"{edited.What}; {next.What}") : edited;
        }

        return edited;
    }

    private Edited One(CAggregate original)
    {
        for (int i = 0; i < MostTries; i++)
        {
            if (Try(original) is { } edited)
            {
                return edited;
            }
        }

        return new Edited(original, original, "none");
    }

    // At the top, or within an unnamed struct or union, or a member whose type has no tag.
    private Edited? Try(CAggregate aggregate)
    {
        ImmutableArray<int> inner = [.. Enumerable.Range(0, aggregate.Members.Length).Where(i => InnerOf(aggregate.Members[i].Type) is not null)];
        if (inner.IsEmpty || random.Next(100) < 60)
        {
            return Here(aggregate);
        }

        int index = inner[random.Next(inner.Length)];
        CMember member = aggregate.Members[index];
        return Try(InnerOf(member.Type)!) is not { } edited ? null : new Edited(
            ReferenceEquals(edited.Old, InnerOf(member.Type)) ? aggregate : With(aggregate, index, member with { Type = Replaced(member.Type, edited.Old) }),
            With(aggregate, index, member with { Type = Replaced(member.Type, edited.New) }),
            $"in {member.Name ?? "unnamed " + InnerOf(member.Type)!.Keyword}: {edited.What}");
    }

    private static CAggregate? InnerOf(CType type) => type switch
    {
        CAggregate aggregate => aggregate,
        CArray array => InnerOf(array.Element),
        _ => null,
    };

    private static CType Replaced(CType type, CAggregate inner) => type is CArray array ? array with { Element = Replaced(array.Element, inner) } : inner;

    private Edited? Here(CAggregate aggregate) => random.Next(24) switch
    {
        0 => Inserted(aggregate, 0, "insert at the start"),
        1 => Inserted(aggregate, random.Next(Room(aggregate) + 1), "insert"),
        2 => Inserted(aggregate, Room(aggregate), "insert at the end"),
        3 or 4 => FilledHole(aggregate),
        5 => FilledPadding(aggregate),
        6 or 7 => FilledReserve(aggregate),
        8 => Removed(aggregate),
        9 or 10 => Renamed(aggregate),
        11 => Swapped(aggregate),
        12 or 13 or 14 => Retyped(aggregate),
        15 => Resized(aggregate),
        16 => Recounted(aggregate),
        17 => Rewidened(aggregate),
        18 => new Edited(aggregate, aggregate with { Attributes = Other(aggregate.Attributes) }, "attribute"),
        19 => Qualified(aggregate),
        20 => Wrapped(aggregate),
        21 => Realigned(aggregate),
        22 => Armed(aggregate),
        _ => Replaced(aggregate),
    };

    // Members behind which another one may stand: a flexible array is the last one.
    private static int Room(CAggregate aggregate) => aggregate.Members.Length - (aggregate.Members is [.., { Type: CArray { Count: null } }] ? 1 : 0);

    private string Name(string? of = null) => string.Create(CultureInfo.InvariantCulture, $"{of ?? prefix}{_names++}");

    private static CAggregate With(CAggregate aggregate, int index, CMember member) => aggregate with { Members = aggregate.Members.SetItem(index, member) };

    private static CAggregate Inserting(CAggregate aggregate, int index, params ReadOnlySpan<CMember> members)
        => aggregate with { Members = aggregate.Members.InsertRange(index, members.ToArray()) };

    private CMember Fresh() => random.Next(100) switch
    {
        < 10 when !common.IsEmpty => new CMember(Name(), common[random.Next(common.Length)]),
        < 20 => new CMember(Name(), new CArray(PairScalars.Any(random), 1 + random.Next(5))),
        < 28 => new CMember(Name(), PairScalars.Named("unsigned int {0}"), "5"),
        < 33 => new CMember(null, new CAggregate(random.Next(2) == 0, null, [new CMember(Name(), PairScalars.Any(random)), new CMember(Name(), PairScalars.Any(random))], "")),
        _ => new CMember(Name(), PairScalars.Any(random)),
    };

    private Edited Inserted(CAggregate aggregate, int index, string what)
    {
        CMember member = Fresh();
        return new Edited(aggregate, Inserting(aggregate, index, member), $"{what}: {member.Text}");
    }

    private Edited? FilledHole(CAggregate aggregate)
    {
        if (aggregate.IsUnion)
        {
            return null;
        }

        int index = random.Next(Room(aggregate) + 1);
        CMember before = new(Name(prefix + "_h"), PairScalars.Named("char {0}"));
        CMember after = new(Name(prefix + "_h"), PairScalars.Named("unsigned long {0}"));
        CMember filler = random.Next(3) switch
        {
            0 => new CMember(Name(prefix + "_f"), PairScalars.Named("short {0}")),
            1 => new CMember(Name(prefix + "_f"), new CArray(PairScalars.Named("u8 {0}"), 3)),
            _ => new CMember(Name(prefix + "_f"), PairScalars.Named("int {0}")),
        };
        return new Edited(Inserting(aggregate, index, before, after), Inserting(aggregate, index, before, filler, after), $"fill a hole: {filler.Text}");
    }

    private Edited? FilledPadding(CAggregate aggregate)
    {
        if (aggregate.IsUnion)
        {
            return null;
        }

        int index = Room(aggregate);
        CMember[] last = [new CMember(Name(prefix + "_h"), PairScalars.Named("unsigned long {0}")), new CMember(Name(prefix + "_h"), PairScalars.Named("char {0}"))];
        CMember filler = new(Name(prefix + "_f"), PairScalars.Named(random.Next(2) == 0 ? "short {0}" : "unsigned int {0}"));
        return new Edited(Inserting(aggregate, index, last), Inserting(aggregate, index, [.. last, filler]), $"fill padding: {filler.Text}");
    }

    private Edited? FilledReserve(CAggregate aggregate)
    {
        if (aggregate.IsUnion)
        {
            return null;
        }

        int index = random.Next(Room(aggregate) + 1);
        CMember reserve = new(Name(random.Next(4) switch { 0 => "android_kabi_reserved", 1 => "rh_reserved", 2 => "__kabi_reserved_", _ => "kabi_reserved" }), PairScalars.Named("u64 {0}"));
        CMember user = random.Next(4) switch
        {
            0 => new CMember(Name(prefix + "_f"), PairScalars.Named("struct undefined *{0}")),
            1 => new CMember(Name(prefix + "_f"), PairScalars.Named("unsigned int {0}")),
            2 => new CMember(null, new CAggregate(false, null, [new CMember(Name(prefix + "_f"), PairScalars.Named("unsigned int {0}")), new CMember(Name(prefix + "_f"), PairScalars.Named("unsigned int {0}"))], "")),
            // Outgrows its place.
            _ => new CMember(Name(prefix + "_f"), new CArray(PairScalars.Named("unsigned long {0}"), 2)),
        };
        CMember hidden = new(Name("__UNIQUE_ID_android_kabi_hide"), new CAggregate(false, null, [reserve], ""));
        (CMember now, string how) = random.Next(3) switch
        {
            0 => (new CMember(null, new CAggregate(true, null, [reserve, user], "")), "beside it in a union"),
            1 => (new CMember(null, new CAggregate(true, null, [user, hidden], "")), "as Android does"),
            _ => (user, "in its place"),
        };
        return new Edited(Inserting(aggregate, index, reserve), Inserting(aggregate, index, now), $"use a reserved field {how}: {user.Text}");
    }

    private Edited? Removed(CAggregate aggregate)
    {
        int named = aggregate.Members.Count(m => m.Name is not null);
        int index = random.Next(Math.Max(1, aggregate.Members.Length));
        // C takes no flexible array that is alone.
        return named < 3 ? null : new Edited(aggregate, aggregate with { Members = aggregate.Members.RemoveAt(index) }, $"remove: {aggregate.Members[index].Text}");
    }

    private Edited? Renamed(CAggregate aggregate) => Picked(aggregate, m => m.Name is not null) is not { } index ? null
        : new Edited(aggregate, With(aggregate, index, aggregate.Members[index] with { Name = Name() }), $"rename {aggregate.Members[index].Name}");

    private Edited? Swapped(CAggregate aggregate)
    {
        int room = Room(aggregate);
        if (room < 2)
        {
            return null;
        }

        int first = random.Next(room);
        int second = random.Next(room);
        ImmutableArray<CMember> members = aggregate.Members;
        return first == second ? null
            : new Edited(aggregate, aggregate with { Members = members.SetItem(first, members[second]).SetItem(second, members[first]) },
                $"swap {members[first].Name ?? "{}"} and {members[second].Name ?? "{}"}");
    }

    private Edited? Retyped(CAggregate aggregate)
    {
        if (Picked(aggregate, m => m.Name is not null && Scalar(m.Type) is { IsOverAligned: false }) is not { } index)
        {
            return null;
        }

        CMember member = aggregate.Members[index];
        if (member.Width is null && random.Next(100) < 12 && member.Type is CScalar { Estimate: 4 or 8 } scalar && common.Length > 3)
        {
            // A counter in a struct of its own, as atomic_t is.
            CType counter = common[scalar.Estimate == 4 ? 2 : 3];
            return new Edited(aggregate, With(aggregate, index, member with { Type = counter }), $"retype {member.Name} to a struct");
        }

        return PairScalars.EqualInSize(random, Scalar(member.Type)!, member.Width is not null) is not { } other ? null
            : new Edited(aggregate, With(aggregate, index, member with { Type = WithScalar(member.Type, other) }), $"retype {member.Name} to {other.Spelling}");
    }

    private Edited? Resized(CAggregate aggregate) => Picked(aggregate, m => m.Name is not null && m.Width is null && Scalar(m.Type) is not null) is not { } index ? null
        : new Edited(aggregate, With(aggregate, index, aggregate.Members[index] with { Type = WithScalar(aggregate.Members[index].Type, PairScalars.Any(random)) }),
            $"another type of {aggregate.Members[index].Name}");

    private Edited? Recounted(CAggregate aggregate) => Picked(aggregate, m => m.Type is CArray { Count: not null }) is not { } index ? null
        : new Edited(aggregate, With(aggregate, index, aggregate.Members[index] with { Type = (CArray)aggregate.Members[index].Type with { Count = 1 + random.Next(9) } }),
            $"another length of {aggregate.Members[index].Name}");

    private Edited? Rewidened(CAggregate aggregate) => Picked(aggregate, m => m.Name is not null && m.Width is not null && m.Type is CScalar { MostBits: > 0 }) is not { } index ? null
        : new Edited(aggregate, With(aggregate, index, aggregate.Members[index] with
        {
            Width = string.Create(CultureInfo.InvariantCulture, $"W({((CScalar)aggregate.Members[index].Type).Spelling}, {1 + random.Next(((CScalar)aggregate.Members[index].Type).MostBits)})"),
        }), $"another width of {aggregate.Members[index].Name}");

    private Edited? Qualified(CAggregate aggregate) => Picked(aggregate, m => m.Name is not null && m.Before.Length == 0) is not { } index ? null
        : new Edited(aggregate, With(aggregate, index, aggregate.Members[index] with { Before = random.Next(2) == 0 ? "const " : "volatile " }), $"qualify {aggregate.Members[index].Name}");

    // A member within an unnamed struct or union is where it was.
    private Edited? Wrapped(CAggregate aggregate) => Picked(aggregate, m => m.Name is not null && m.Width is null && m.Type is not CArray { Count: null }) is not { } index ? null
        : new Edited(aggregate, With(aggregate, index, new CMember(null, new CAggregate(random.Next(2) == 0, null, [aggregate.Members[index]], ""))), $"wrap {aggregate.Members[index].Name}");

    // A new arm beside a member.
    private Edited? Armed(CAggregate aggregate)
    {
        if (Picked(aggregate, m => m.Name is not null && m.Width is null && m.Type is not CArray { Count: null }) is not { } index)
        {
            return null;
        }

        CMember arm = Fresh();
        CMember member = aggregate.Members[index];
        return new Edited(aggregate, With(aggregate, index, new CMember(null, new CAggregate(true, null, random.Next(2) == 0 ? [member, arm] : [arm, member], ""))), $"over {member.Name}: {arm.Text}");
    }

    private Edited? Realigned(CAggregate aggregate) => Picked(aggregate, m => m.Name is not null && m.Width is null) is not { } index ? null
        : new Edited(aggregate, With(aggregate, index, aggregate.Members[index] with { After = Other(aggregate.Members[index].After) }), $"attribute of {aggregate.Members[index].Name}");

    // A member in place of another one.
    private Edited? Replaced(CAggregate aggregate)
    {
        if (Picked(aggregate, m => m.Name is not null && m.Width is null && m.Type is not CArray { Count: null }) is not { } index)
        {
            return null;
        }

        CMember fresh = Fresh();
        return new Edited(aggregate, With(aggregate, index, fresh), $"{fresh.Text} in place of {aggregate.Members[index].Name}");
    }

    private int? Picked(CAggregate aggregate, Func<CMember, bool> isFit)
    {
        ImmutableArray<int> all = [.. Enumerable.Range(0, aggregate.Members.Length).Where(i => isFit(aggregate.Members[i]))];
        return all.IsEmpty ? null : all[random.Next(all.Length)];
    }

    private string Other(string attributes)
    {
        ImmutableArray<string> all =
        [
            .. ((string[])["", " __attribute__((packed))", " __attribute__((aligned(8)))", " __attribute__((aligned(32)))", " __attribute__((packed, aligned(4)))"])
                .Where(a => a != attributes),
        ];
        return all[random.Next(all.Length)];
    }

    private static CScalar? Scalar(CType type) => type switch
    {
        CScalar scalar => scalar,
        CArray { Count: not null } array => Scalar(array.Element),
        _ => null,
    };

    private static CType WithScalar(CType type, CScalar scalar) => type is CArray array ? array with { Element = WithScalar(array.Element, scalar) } : scalar;
}
