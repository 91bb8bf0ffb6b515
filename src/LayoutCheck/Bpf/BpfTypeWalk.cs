using LayoutCheck.Core;

namespace LayoutCheck.Bpf;

/// <summary>Walks over types that bound themselves: a hostile object may nest and repeat types without an end.</summary>
internal static class BpfTypeWalk
{
    // MAX_RESOLVE_DEPTH of libbpf.
    private const int DeepestDerivation = 32;

    // More typedefs and qualifiers than any type has.
    private const int MostModifiers = 256;

    /// <summary>The type that is left once typedefs and qualifiers are gone, and its id.</summary>
    /// <exception cref="BpfRefusedException">They go in a circle.</exception>
    public static (uint Id, BpfType Type) Skip(this IBpfTypes types, uint id)
    {
        for (int i = 0; i < MostModifiers; i++)
        {
            BpfType type = types[id];
            if (type.Kind is not (BpfTypeKind.Typedef or BpfTypeKind.Modifier))
            {
                return (id, type);
            }

            id = type.Target;
        }

        throw new BpfRefusedException($"a type is behind more than {MostModifiers} typedefs and qualifiers");
    }

    /// <summary>sizeof in bytes (btf__resolve_size).</summary>
    /// <exception cref="BpfRefusedException">It has none, or one of more than 32 bits.</exception>
    public static uint SizeOf(this IBpfTypes types, uint id)
    {
        ulong count = 1;
        for (int i = 0; i < DeepestDerivation; i++)
        {
            BpfType type = types[id];
            switch (type.Kind)
            {
                case BpfTypeKind.Integer or BpfTypeKind.Struct or BpfTypeKind.Union or BpfTypeKind.Enum or BpfTypeKind.Float:
                    return Whole(count * type.ByteSize);
                case BpfTypeKind.Pointer:
                    return Whole(count * types.PointerSize);
                case BpfTypeKind.Array:
                    count = Whole(count * type.ElementCount);
                    id = type.Target;
                    break;
                case BpfTypeKind.Typedef or BpfTypeKind.Modifier:
                    id = type.Target;
                    break;
                default:
                    throw new BpfRefusedException($"{type.Describe()} has no size");
            }
        }

        throw new BpfRefusedException($"a type is derived in more than {DeepestDerivation} steps");
    }

    private static uint Whole(ulong size) => size <= uint.MaxValue ? (uint)size : throw new BpfRefusedException("a type has more than 4 GiB");
}

/// <summary>How much may still be compared for an object, or followed of its code: a hostile one repeats types so that it never ends.</summary>
internal sealed class BpfWork
{
    private const int Most = 20_000_000;

    private int _left = Most;

    /// <summary>Counts one step.</summary>
    /// <exception cref="BpfUndecidedException">There were too many.</exception>
    public void Step()
    {
        if (--_left < 0)
        {
            throw new BpfUndecidedException($"the types take more than {Printable.Count(Most, "step")} to compare");
        }
    }
}
