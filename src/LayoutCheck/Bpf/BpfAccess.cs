using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace LayoutCheck.Bpf;

/// <summary>A step of an access: a named member, or an element of an array.</summary>
/// <param name="Type">The struct or union of the member, or the type of the elements.</param>
/// <param name="Index">The number of the member or of the element.</param>
/// <param name="Name">The member's name; null for an element.</param>
internal readonly record struct BpfStep(uint Type, uint Index, string? Name);

/// <summary>
/// An access by the types of one side: which type it starts at, and the steps from there. Unnamed levels are in the place, and are no steps. An access to a type
/// has no steps, one to an enumerator has one.
/// </summary>
/// <param name="Types">The types.</param>
/// <param name="Kind">What is asked for.</param>
/// <param name="Root">The type that it starts at.</param>
internal sealed record BpfAccess(IBpfTypes Types, BpfRelocationKind Kind, uint Root)
{
    /// <summary>How many levels an access may have (BPF_CORE_SPEC_MAX_LEN).</summary>
    public const int MostLevels = 64;

    /// <summary>The steps.</summary>
    public ImmutableArray<BpfStep> Steps { get; init; } = [];

    /// <summary>The place in bits from the start of the root type.</summary>
    public ulong BitOffset { get; init; }

    /// <summary>The last step of an access to a field or an enumerator.</summary>
    public BpfStep Last => Steps[^1];

    /// <summary>The access as C writes it: <c>page.compound_head</c>, <c>enum zone_type.ZONE_DMA</c>, <c>struct page</c>.</summary>
    public string Describe()
    {
        BpfType root = Types[Root];
        if (Kind.IsOfEnumerator())
        {
            return $"{root.Name ?? "enum"}.{Last.Name}";
        }

        if (!Kind.IsOfField())
        {
            return root.Describe();
        }

        StringBuilder text = new(root.Name ?? root.Describe());
        for (int i = 0; i < Steps.Length; i++)
        {
            if (Steps[i].Name is { } name)
            {
                text.Append('.').Append(name);
            }
            else if (i > 0 || Steps[i].Index > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{Steps[i].Index}]");
            }
        }

        return text.ToString();
    }

    /// <summary>The names of the members from the root type on, without elements: <c>compound_head</c>, <c>lru.next</c>; empty for the type itself.</summary>
    public string MemberPath => Kind.IsOfField() ? string.Join('.', Steps.Where(s => s.Name is not null).Select(s => s.Name)) : "";

    /// <summary>
    /// Reads the access of an object (bpf_core_parse_spec): <c>0:1:2</c> is member 2 of member 1 of element 0. The first number is an element of an array that the root
    /// type is of, as of a pointer.
    /// </summary>
    /// <param name="types">The object's types.</param>
    /// <param name="kind">What is asked for.</param>
    /// <param name="root">The type that it starts at.</param>
    /// <param name="text">The numbers.</param>
    /// <exception cref="FormatException">It is not one of the root type; the message is the reason in a clause.</exception>
    /// <exception cref="BpfRefusedException">A type of it has no size.</exception>
    public static BpfAccess Parse(IBpfTypes types, BpfRelocationKind kind, uint root, string text)
    {
        BpfAccess access = new(types, kind, root);
        uint[] levels = Levels(text);
        if (!kind.IsOfField() && !kind.IsOfEnumerator())
        {
            return text == "0" ? access : throw new FormatException("is of a type and leads into it");
        }

        (uint id, BpfType type) = types.Skip(root);
        if (kind.IsOfEnumerator())
        {
            return type.Kind != BpfTypeKind.Enum || levels.Length > 1 ? throw new FormatException($"is of an enumerator, and {type.Describe()} has none")
                : levels[0] >= type.Enumerators.Length ? throw new FormatException($"is of enumerator {levels[0]} of {type.Enumerators.Length}")
                : access with { Steps = [new BpfStep(id, levels[0], type.Enumerators[(int)levels[0]].Name)] };
        }

        List<BpfStep> steps = [new BpfStep(id, levels[0], null)];
        ulong place = (ulong)levels[0] * types.SizeOf(id) * 8;
        foreach (uint level in levels.AsSpan(1))
        {
            (id, type) = types.Skip(id);
            if (type.IsAggregate)
            {
                BpfMember member = level < type.Members.Length ? type.Members[(int)level] : throw new FormatException($"is of member {level} of {type.Members.Length} of {type.Describe()}");
                place += member.BitOffset;
                if (member.Name is not null)
                {
                    steps.Add(new BpfStep(id, level, member.Name));
                }

                id = member.Type;
            }
            else if (type.Kind == BpfTypeKind.Array)
            {
                if (level >= type.ElementCount && !IsFlexible(types, steps[^1], type))
                {
                    throw new FormatException($"is of element {level} of {type.ElementCount}");
                }

                id = types.Skip(type.Target).Id;
                steps.Add(new BpfStep(id, level, null));
                place += (ulong)level * types.SizeOf(id) * 8;
            }
            else
            {
                throw new FormatException($"leads into {type.Describe()}, which has no parts");
            }
        }

        return access with { Steps = [.. steps], BitOffset = place };
    }

    /// <summary>Whether an array is the last member of its struct and has no length, so that every element is within it.</summary>
    /// <param name="types">The types.</param>
    /// <param name="holder">The step before: the member that is the array.</param>
    /// <param name="array">The array.</param>
    public static bool IsFlexible(IBpfTypes types, BpfStep holder, BpfType array)
        => holder.Name is not null && array.ElementCount == 0 && holder.Index == types[holder.Type].Members.Length - 1;

    private static uint[] Levels(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length > MostLevels)
        {
            throw new FormatException($"has more than {MostLevels} levels");
        }

        uint[] levels = new uint[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            levels[i] = int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out int level) ? (uint)level : throw new FormatException("is not numbers with colons between them");
        }

        return levels;
    }
}
