using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>Where the compiler has put a member; in bits of memory order.</summary>
internal readonly record struct Judged(ulong BitOffset, ulong BitSize);

/// <summary>What the compiler itself says of a generated type.</summary>
/// <param name="ByteSize">sizeof.</param>
/// <param name="Alignment">_Alignof, in bytes.</param>
/// <param name="Places">One a probe, in their order. The size of a flexible array is 0.</param>
internal sealed record StructJudge(ulong ByteSize, ulong Alignment, ImmutableArray<Judged> Places)
{
    private const int NumberSize = 8;

    /// <summary>What came of the comparison of one type.</summary>
    /// <param name="Compared">How many members were compared.</param>
    /// <param name="Wrong">What is wrong, a line each.</param>
    /// <param name="Excused">Members without an answer that is right, for a reason that is known; the names of the reasons.</param>
    public sealed record Comparison(int Compared, IReadOnlyList<string> Wrong, IReadOnlyList<string> Excused);

    /// <summary>Reads the judge that the compiler has put into an object file of <see cref="StructBatch.Source"/>.</summary>
    /// <exception cref="InvalidDataException">It is not as the source says: then nothing of the object can be compared.</exception>
    public static ImmutableArray<StructJudge> Read(byte[] objectFile, IReadOnlyList<GeneratedType> types)
    {
        using MappedFile file = MappedFile.FromBytes("object", objectFile);
        ElfFile elf = ElfFile.Read(file);
        bool isBigEndian = elf.Header.IsBigEndian;
        byte[] table = Bytes(elf, ".judge");
        int at = 0;
        ulong Number()
        {
            ReadOnlySpan<byte> bytes = table.AsSpan(at, NumberSize);
            at += NumberSize;
            return isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }

        ImmutableArray<StructJudge>.Builder judges = ImmutableArray.CreateBuilder<StructJudge>(types.Count);
        foreach (GeneratedType type in types)
        {
            ulong size = Number();
            ulong alignment = Number();
            byte[] objects = size == 0 ? [] : Bytes(elf, string.Create(CultureInfo.InvariantCulture, $".bits.{type.Number}"));
            int bitFields = 0;
            ImmutableArray<Judged>.Builder places = ImmutableArray.CreateBuilder<Judged>(type.Probes.Length);
            foreach (Probe probe in type.Probes)
            {
                places.Add(probe.IsBitField
                    ? SetBits(objects.AsSpan(checked((int)size * ++bitFields), (int)size), isBigEndian) ?? throw new InvalidDataException($"the bits of {type.Name}, {probe.Path}, are not one run")
                    : new Judged(Number() * 8, Number() * 8));
            }

            judges.Add(new StructJudge(size, alignment, places.MoveToImmutable()));
        }

        return judges.MoveToImmutable();
    }

    /// <summary>Where the bits that are set are, in memory order: from the least significant bit of a byte on, or from the most significant. Null when they are not one run.</summary>
    public static Judged? SetBits(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        int first = -1;
        int last = -1;
        int count = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte value = bytes[i];
            if (value == 0)
            {
                continue;
            }

            int low = BitOperations.TrailingZeroCount(value);
            int high = BitOperations.Log2(value);
            first = first < 0 ? (i * 8) + (isBigEndian ? 7 - high : low) : first;
            last = (i * 8) + (isBigEndian ? 7 - low : high);
            count += BitOperations.PopCount(value);
        }

        return count > 0 && count == last - first + 1 ? new Judged((ulong)first, (ulong)count) : null;
    }

    /// <summary>Compares what we read of a type with what its compiler says.</summary>
    /// <param name="type">The type.</param>
    /// <param name="ours">What we read.</param>
    /// <param name="source">Where the debug information comes from.</param>
    public Comparison Compare(GeneratedType type, TypeDefinition ours, StructSource source)
    {
        List<string> wrong = [];
        List<string> excused = [];
        int compared = 0;
        void Expect<T>(string what, T expected, T? got)
        {
            if (!EqualityComparer<T>.Default.Equals(expected, got))
            {
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{type.Name}{what}: expected {expected}, got {got}"));
            }
        }

        Expect(" sizeof", ByteSize, ours.Aggregate.ByteSize);
        Expect(" kind", type.Aggregate.IsUnion ? AggregateKind.Union : AggregateKind.Struct, ours.Aggregate.Kind);
        ulong? alignment = ours.Graph.AlignmentOf(ours.Root, out bool isDeclared);
        if (!ours.HasExactAlignments && DeclaredAlignments.MayBeTooSmall(ours.Graph, ours.Root))
        {
            excused.Add(StructRefusal.NoAlignment);
        }
        else if (alignment != Alignment && (isDeclared ? StructRefusal.OfAlignment(source, type) : StructRefusal.NaturalAlignment) is { } known)
        {
            excused.Add(known);
        }
        else
        {
            Expect(" alignof", Alignment, alignment);
        }

        TypeLayout layout = TypeLayout.Of(ours, expandAll: true);
        List<LayoutItem> items = [.. layout.Items.Where(i => i.Kind == LayoutItemKind.Member && (i.Name is not null || !i.IsBitField))];
        Expect(" members", Told(type.Listing), Told(items.Select(i => i.Name)));
        for (int i = 0; i < type.Probes.Length; i++)
        {
            Probe probe = type.Probes[i];
            ResolvedMember? member = MemberPath.Resolve(ours.Graph, ours.Root, probe.Path);
            // A bit-field as wide as its type need not be told from another member.
            bool isBitField = probe.IsBitField && !(member is { IsBitField: false } && ours.Graph.ByteSizeOf(member.Type) * 8 == Places[i].BitSize);
            string judged = Told(probe, Places[i].BitOffset, Places[i].BitSize, isBitField, probe.Kind);
            string got = member is null ? "no such member" : Told(probe, member.BitOffset, member.BitSize, member.IsBitField, KindOf(ours.Graph, member.Type));
            if (judged != got && StructRefusal.OfMember(source, probe, Places[i], member) is { } reason)
            {
                excused.Add(reason);
                continue;
            }

            compared++;
            Expect("." + probe.Path, judged, got);
            LayoutItem? item = member is null ? null : items.FirstOrDefault(x => x.Path == probe.Path);
            if (item is not null)
            {
                Expect($".{probe.Path} in the layout", Told(probe, member!.BitOffset, member.BitSize ?? 0, member.IsBitField, probe.Kind), Told(probe, item.BitOffset, item.BitSize, item.IsBitField, probe.Kind));
            }
        }

        return new Comparison(compared, wrong, excused);
    }

    private static byte[] Bytes(ElfFile elf, string name)
    {
        Section section = elf.Contents(name) ?? throw new InvalidDataException($"the object has no {name}");
        return section.Head((int)section.Length).ToArray();
    }

    private static string Told(IEnumerable<string?> names) => string.Join(' ', names.Select(n => n ?? "{}"));

    private static string Told(Probe probe, ulong bitOffset, ulong? bitSize, bool isBitField, CKind? kind)
        // A vector is an array to debug information.
        => string.Create(CultureInfo.InvariantCulture, $"bit {bitOffset}, {bitSize} bits{(isBitField ? ", bit-field" : "")}, {(kind == CKind.Array && probe.Kind == CKind.Vector ? CKind.Vector : kind)}");

    private static CKind? KindOf(TypeGraph graph, TypeId type)
    {
        type = graph.Strip(type);
        return (type == TypeId.Void ? null : graph[type]) switch
        {
            BaseType => CKind.Number,
            EnumType => CKind.Enum,
            PointerType => CKind.Pointer,
            ArrayType => CKind.Array,
            AggregateType { Kind: AggregateKind.Struct } => CKind.Struct,
            AggregateType => CKind.Union,
            _ => null,
        };
    }
}
