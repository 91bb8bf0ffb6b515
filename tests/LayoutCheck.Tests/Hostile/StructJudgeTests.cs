using System.Buffers.Binary;
using System.Collections.Immutable;
using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile;

/// <summary>How structs are generated and what is called wrong; tests/LayoutCheck.Fuzz --structs runs the compilers themselves.</summary>
public sealed class StructJudgeTests
{
    private static readonly StructSource s_source = new("gcc", "DWARF 5");
    private static readonly CScalar s_int = new("int {0}", CKind.Number, 4, 32);

    // struct s0 { int m0; int m1 : 3; union { int *m2; int m3[2]; }; } of a 64-bit machine, with m1 from bit 32 on.
    private static readonly GeneratedType s_type = new(0, "struct s0", "struct s0 { };", new CAggregate(false, "s0",
        [
            new CMember("m0", s_int), new CMember("m1", s_int, "3"),
            new CMember(null, new CAggregate(true, null, [new CMember("m2", new CScalar("int *{0}", CKind.Pointer, 8)), new CMember("m3", new CArray(s_int, 2))], "")),
        ], ""), [], CTraits.None);

    private static readonly StructJudge s_judge = new(16, 8, [new(0, 32), new(32, 3), new(64, 64), new(64, 64), new(64, 32), new(96, 32)]);

    [Fact]
    public void A_seed_and_a_number_give_the_same_source_every_time()
    {
        string source = StructBatch.Source(StructGenerator.Make(7, 3, 60).Types);

        Assert.Equal(source, StructBatch.Source(StructGenerator.Make(7, 3, 60).Types));
        Assert.NotEqual(source, StructBatch.Source(StructGenerator.Make(8, 3, 60).Types));
        Assert.NotEqual(source, StructBatch.Source(StructGenerator.Make(7, 7, 60).Types));
    }

    [Theory]
    [InlineData("__attribute__((packed))")]
    [InlineData("__attribute__((packed, aligned(")]
    [InlineData("__attribute__((ms_struct))")]
    [InlineData("#pragma pack(push, ")]
    [InlineData("_Alignas(64)")]
    [InlineData("union { ")]
    [InlineData(" : W(u64, 0);")]
    [InlineData("const _Bool m")]
    [InlineData("_Atomic struct s")]
    [InlineData("[];")]
    [InlineData("[0]")]
    [InlineData("][")]
    [InlineData("enum tiny")]
    [InlineData("WIDE m")]
    [InlineData("four_ints m")]
    [InlineData("(*(*m")]
    [InlineData("typedef struct { ")]
    public void Structs_have_all_that_C_has(string what)
        => Assert.Contains(Enumerable.Range(0, 8).SelectMany(i => StructGenerator.Make(1, i, 100).Types), t => t.Definition.Contains(what, StringComparison.Ordinal));

    [Fact]
    public void A_type_alone_comes_with_what_it_uses_and_no_more()
    {
        StructBatch batch = StructGenerator.Make(1, 0, 100);
        GeneratedType type = batch.Types.Last(t => t.Uses.Any(u => batch.Types[u].Uses.Length > 0));
        int[] needed = [.. batch.With(type).Select(t => t.Number)];

        Assert.Equal(type.Number, needed[^1]);
        Assert.Equal(needed.Order(), needed);
        Assert.InRange(needed.Length, 3, 99);
        Assert.All(needed, n => Assert.Subset(needed.ToHashSet(), batch.Types[n].Uses.ToHashSet()));
    }

    [Theory]
    [InlineData(false, 9, 4, 0x00, 0x1e)]
    [InlineData(true, 11, 4, 0x00, 0x1e)]
    [InlineData(false, 7, 2, 0x80, 0x01)]
    [InlineData(true, 7, 2, 0x01, 0x80)]
    public void Bits_are_counted_in_memory_order(bool isBigEndian, int offset, int size, params int[] bytes)
        => Assert.Equal(new Judged((ulong)offset, (ulong)size), StructJudge.SetBits([.. bytes.Select(b => (byte)b)], isBigEndian));

    [Fact]
    public void Bits_that_are_no_run_judge_nothing()
    {
        Assert.Null(StructJudge.SetBits([0, 0], isBigEndian: false));
        Assert.Null(StructJudge.SetBits([0x05], isBigEndian: false));
        Assert.Null(StructJudge.SetBits([0x80, 0x01], isBigEndian: true));
    }

    [Fact]
    public void Reads_the_judge_out_of_an_object_file()
    {
        ulong[] numbers = [16, 8, 0, 4, 8, 8, 8, 8, 8, 4, 12, 4];
        byte[] table = new byte[numbers.Length * 8];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(i * 8), numbers[i]);
        }

        byte[] bits = new byte[32];
        bits[16 + 4] = 7;
        StructJudge judge = Assert.Single(StructJudge.Read(new ElfBuilder().Add(".judge", table).Add(".bits.0", bits).ToBytes(), [s_type]));

        Assert.Equal((s_judge.ByteSize, s_judge.Alignment), (judge.ByteSize, judge.Alignment));
        Assert.Equal(s_judge.Places, judge.Places);
        bits[16 + 4] = 5;
        Assert.Throws<InvalidDataException>(() => StructJudge.Read(new ElfBuilder().Add(".judge", table).Add(".bits.0", bits).ToBytes(), [s_type]));
        Assert.Throws<InvalidDataException>(() => StructJudge.Read(new ElfBuilder().Add(".judge", table).ToBytes(), [s_type]));
    }

    [Fact]
    public void What_is_right_is_not_called_wrong()
    {
        StructJudge.Comparison comparison = s_judge.Compare(s_type, Definition(), s_source);

        Assert.Equal([], comparison.Wrong);
        Assert.Equal([], comparison.Excused);
        Assert.Equal(["m0", "m1", "m2", "m3", "m3[0]", "m3[1]"], s_type.Probes.Select(p => p.Path));
        Assert.Equal(6, comparison.Compared);
    }

    [Fact]
    public void Each_wrong_number_of_the_judge_is_noticed()
    {
        Assert.Equal(["struct s0 sizeof: expected 24, got 16"], (s_judge with { ByteSize = 24 }).Compare(s_type, Definition(), s_source).Wrong);
        Assert.Equal(["struct s0 alignof: expected 4, got 8"], (s_judge with { Alignment = 4 }).Compare(s_type, Definition(), s_source).Wrong);
        for (int i = 0; i < s_judge.Places.Length; i++)
        {
            Judged right = s_judge.Places[i];
            foreach (Judged wrong in (Judged[])[right with { BitOffset = right.BitOffset + 1 }, right with { BitSize = right.BitSize + 1 }])
            {
                string told = Assert.Single((s_judge with { Places = s_judge.Places.SetItem(i, wrong) }).Compare(s_type, Definition(), s_source).Wrong);
                Assert.StartsWith($"struct s0.{s_type.Probes[i].Path}: expected bit {wrong.BitOffset}, {wrong.BitSize} bits", told, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_member_that_is_missing_or_something_else_is_noticed()
    {
        Assert.Equal(["struct s0 members: expected m0 m1 {} m2 m3, got m0 {} m2 m3", "struct s0.m1: expected bit 32, 3 bits, bit-field, Number, got no such member"],
            s_judge.Compare(s_type, Definition(m => m.RemoveAt(1)), s_source).Wrong);
        Assert.Equal(["struct s0.m1: expected bit 32, 3 bits, bit-field, Number, got bit 32, 32 bits, Number"],
            s_judge.Compare(s_type, Definition(m => m.SetItem(1, m[1] with { BitFieldSize = null })), s_source).Wrong);
        Assert.Equal(["struct s0 kind: expected Struct, got Union"], s_judge.Compare(s_type, Definition(kind: AggregateKind.Union), s_source).Wrong);
        Assert.Contains("struct s0.m0: expected bit 0, 32 bits, Number, got bit 0, 64 bits, Array",
            s_judge.Compare(s_type, Definition(m => m.SetItem(0, m[0] with { Type = new TypeId(3) })), s_source).Wrong);
    }

    [Fact]
    public void Little_is_explained()
    {
        GeneratedType atomic = s_type with { Traits = CTraits.Atomic };
        string told = "an _Atomic struct or union of 12 bytes, which some compilers make larger without saying so";

        Assert.NotNull(StructRefusal.Of(s_source, atomic, told));
        Assert.Null(StructRefusal.Of(s_source, s_type, told));
        Assert.Null(StructRefusal.Of(s_source with { Format = "BTF (pahole)" }, atomic, told));
        Assert.All(Enum.GetValues<CTraits>(), t => Assert.Null(StructRefusal.Of(s_source, s_type with { Traits = t }, StructRefusal.NoDefinition)));
        Assert.All(s_type.Probes, p => Assert.Null(StructRefusal.OfMember(s_source, p, new Judged(1, 32), null)));
    }

    // The ids are 1 int, 2 pointer, 3 array, 4 union, 5 the struct.
    private static TypeDefinition Definition(Func<ImmutableArray<Member>, ImmutableArray<Member>>? change = null, AggregateKind kind = AggregateKind.Struct)
    {
        TypeGraphBuilder graph = new();
        TypeId number = graph.Add(new BaseType("int", 4, BaseEncoding.Signed));
        TypeId pointer = graph.Add(new PointerType(number, 8));
        TypeId array = graph.Add(new ArrayType(number, 2));
        TypeId union = graph.Add(new AggregateType(AggregateKind.Union, null, 8, null, [new Member("m2", pointer, 0), new Member("m3", array, 0)]));
        ImmutableArray<Member> members = [new("m0", number, 0), new("m1", number, 32, 3), new(null, union, 64)];
        TypeId root = graph.Add(new AggregateType(kind, "s0", 16, 8, change is null ? members : change(members)));
        return new TypeDefinition(graph.Build(), root, [new DefiningUnit(0, "s.c", "GNU C17")]);
    }
}
