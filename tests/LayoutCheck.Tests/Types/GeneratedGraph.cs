using LayoutCheck.Types;

namespace LayoutCheck.Tests.Types;

/// <summary>
/// Definitions made of a list of decisions, so that one that differs in a single decision is at hand. They need not be ones of C: members may lie over each
/// other, and names stand twice.
/// </summary>
internal sealed class GeneratedGraph
{
    private static readonly string?[] s_names = ["a", "b", "c", "d", "e", "f", null, null, "__UNIQUE_ID_pad12", "__UNIQUE_ID_pad7"];
    private static readonly string?[] s_tags = ["s", "t", null];

    private readonly TypeGraphBuilder _builder = new();
    private readonly int[] _decisions;
    private int _at;

    private GeneratedGraph(int[] decisions) => _decisions = decisions;

    /// <summary>The decisions of a seed, with one of them made otherwise.</summary>
    public static (TypeGraph Graph, TypeId Root) Make(int seed, int? changed = null)
    {
        Random random = new(seed);
        int[] decisions = [.. Enumerable.Range(0, 256).Select(_ => random.Next(1 << 20))];
        if (changed is { } index)
        {
            decisions[index]++;
        }

        GeneratedGraph generated = new(decisions);
        TypeId root = generated.Aggregate(0);
        return (generated._builder.Build(), root);
    }

    private int Decide(int choices) => _at < _decisions.Length ? _decisions[_at++] % choices : 0;

    private TypeId Aggregate(int depth)
    {
        AggregateKind kind = (AggregateKind)Decide(2);
        string? tag = s_tags[Decide(s_tags.Length)];
        ulong? alignment = Decide(8) == 0 ? 16 : null;
        int count = Decide(depth == 0 ? 7 : 4);
        List<Member> members = [];
        ulong end = 0;
        for (int i = 0; i < count; i++)
        {
            string? name = s_names[Decide(s_names.Length)];
            ulong? width = Decide(6) == 0 ? (ulong)Decide(8) + 1 : null;
            TypeId type = width is not null ? Scalar() : name is null ? Aggregate(depth + 1) : Type(depth + 1);
            ulong offset = kind == AggregateKind.Union ? 0 : end + (Decide(5) == 0 ? 64u : 0);
            members.Add(new Member(name, type, offset, width, Decide(12) == 0 ? 32u : null));
            end = offset + (width ?? (_builder.ByteSizeOf(type) ?? 0) * 8);
        }

        return _builder.Add(new AggregateType(kind, tag, (end / 8) + (Decide(6) == 0 ? 8u : 0), alignment, [.. members]));
    }

    private TypeId Scalar() => Decide(4) == 0
        ? _builder.Add(new EnumType(Decide(2) == 0 ? "kind" : "sort", Decide(2) == 0 ? 4u : 8u, false))
        : _builder.Add(new BaseType(Decide(2) == 0 ? "int" : "long", Decide(2) == 0 ? 4u : 8u, Decide(3) == 0 ? BaseEncoding.Signed : BaseEncoding.Unsigned));

    private TypeId Type(int depth)
    {
        switch (Decide(depth > 3 ? 3 : 7))
        {
            case 0:
                return _builder.Add(new PointerType(Target(), Decide(8) == 0 ? 4u : 8u));
            case 1:
                return _builder.Add(new TypedefType(Decide(2) == 0 ? "u" : "v", Scalar()));
            case 3:
                TypeId element = Type(depth + 1);
                return _builder.Add(new ArrayType(element, Decide(5) == 0 ? null : (ulong)Decide(3)));
            case 4 or 5:
                return Aggregate(depth);
            case 6:
                return _builder.Add(new AggregateReference((AggregateKind)Decide(2), s_tags[Decide(s_tags.Length)]));
            default:
                return Scalar();
        }
    }

    private TypeId Target() => Decide(4) switch
    {
        0 => TypeId.Void,
        1 => _builder.Add(new FunctionType(TypeId.Void, [], false)),
        2 => Scalar(),
        _ => _builder.Add(new AggregateReference((AggregateKind)Decide(2), s_tags[Decide(s_tags.Length)])),
    };
}
