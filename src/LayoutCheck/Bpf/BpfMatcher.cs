using System.Collections.Immutable;

namespace LayoutCheck.Bpf;

/// <summary>Finds the access of an object in a type of the kernel (bpf_core_spec_match).</summary>
/// <param name="local">The access by the object's types.</param>
/// <param name="kernel">The kernel's types.</param>
/// <param name="work">The steps that are left.</param>
internal sealed class BpfMatcher(BpfAccess local, IBpfTypes kernel, BpfWork work)
{
    /// <summary>Why the last candidate was none, in a clause.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>The access in a candidate; null when the candidate has it not.</summary>
    /// <param name="candidate">The type.</param>
    /// <exception cref="BpfRefusedException">libbpf gives up.</exception>
    public BpfAccess? Match(uint candidate)
    {
        BpfAccess access = new(kernel, local.Kind, candidate);
        if (local.Kind.IsOfField())
        {
            return MatchField(access);
        }

        if (local.Kind.IsOfEnumerator())
        {
            return MatchEnumerator(access);
        }

        TypeAgreement types = new(local.Types, kernel, work);
        bool isMatch = local.Kind == BpfRelocationKind.TypeMatches ? types.Match(local.Root, candidate) : types.AreCompatible(local.Root, candidate);
        Reason = isMatch ? "" : $"the kernel's {kernel[candidate].Describe()} is another type";
        return isMatch ? access : null;
    }

    private BpfAccess? MatchEnumerator(BpfAccess access)
    {
        (uint id, BpfType type) = kernel.Skip(access.Root);
        if (type.Kind != BpfTypeKind.Enum)
        {
            Reason = $"the kernel's {type.Describe()} is no enumeration";
            return null;
        }

        string wanted = BpfNames.Essential(local.Last.Name!);
        for (int i = 0; i < type.Enumerators.Length; i++)
        {
            work.Step();
            if (BpfNames.Essential(type.Enumerators[i].Name) == wanted)
            {
                return access with { Steps = [new BpfStep(id, (uint)i, type.Enumerators[i].Name)] };
            }
        }

        Reason = $"the kernel's {type.Describe()} has no {wanted}";
        return null;
    }

    private BpfAccess? MatchField(BpfAccess access)
    {
        Place place = new([], 0, 0);
        uint id = access.Root;
        for (int i = 0; i < local.Steps.Length; i++)
        {
            BpfStep step = local.Steps[i];
            (id, BpfType type) = kernel.Skip(id);
            if (step.Name is not null)
            {
                if (FindMember(step, id, type, place) is not { } found)
                {
                    return null;
                }

                (place, id) = found;
                continue;
            }

            // The first step is an element of the array that the root type is of.
            if (i > 0)
            {
                if (ElementOf(step, type, place) is not { } element)
                {
                    return null;
                }

                id = element;
            }

            place = place.Enter(step with { Type = id }, (ulong)step.Index * kernel.SizeOf(id) * 8);
        }

        return place.BitOffset <= uint.MaxValue ? access with { Steps = place.Steps, BitOffset = place.BitOffset } : throw new BpfRefusedException("the place is more than 512 MiB into the type");
    }

    private uint? ElementOf(BpfStep step, BpfType type, Place place)
    {
        if (type.Kind != BpfTypeKind.Array)
        {
            Reason = $"{Called(place)} is no array in the kernel";
            return null;
        }

        if (step.Index >= type.ElementCount && !BpfAccess.IsFlexible(kernel, place.Steps[^1], type))
        {
            Reason = $"{Called(place)} has {type.ElementCount} elements in the kernel";
            return null;
        }

        return kernel.Skip(type.Target).Id;
    }

    private (Place Place, uint Type)? FindMember(BpfStep step, uint id, BpfType type, Place place)
    {
        if (!type.IsAggregate)
        {
            Reason = $"{Called(place)} has no members in the kernel";
            return null;
        }

        Reason = $"the kernel's {type.Describe()} has no member {step.Name}";
        return FindMember(step, id, place, []);
    }

    // A struct or union without a name is looked into where it stands. A search that failed is not repeated.
    private (Place Place, uint Type)? FindMember(BpfStep step, uint typeId, Place place, HashSet<uint> searched)
    {
        (uint id, BpfType type) = kernel.Skip(typeId);
        if (!type.IsAggregate || !searched.Add(id))
        {
            return null;
        }

        for (int i = 0; i < type.Members.Length; i++)
        {
            work.Step();
            if (place.Levels == BpfAccess.MostLevels)
            {
                throw new BpfRefusedException($"the access has more than {BpfAccess.MostLevels} levels in the kernel");
            }

            BpfMember member = type.Members[i];
            if (string.IsNullOrEmpty(member.Name))
            {
                if (FindMember(step, member.Type, place.Descend(member.BitOffset), searched) is { } found)
                {
                    return found;
                }
            }
            else if (member.Name == step.Name)
            {
                uint localType = local.Types[step.Type].Members[(int)step.Index].Type;
                if (AreCompatible(localType, member.Type))
                {
                    return (place.Enter(new BpfStep(id, (uint)i, member.Name), member.BitOffset), member.Type);
                }

                Reason = $"{step.Name} is {Described(kernel, member.Type)} in the kernel, and {Described(local.Types, localType)} in the object";
                return null;
            }
        }

        return null;
    }

    private string Called(Place place) => place.Steps.Where(s => s.Name is not null).Select(s => s.Name).LastOrDefault() ?? kernel[place.Steps[0].Type].Describe();

    private static string Described(IBpfTypes types, uint id)
    {
        BpfType type = types.Skip(id).Type;
        return type.Kind switch
        {
            BpfTypeKind.Pointer => "a pointer",
            BpfTypeKind.Array => "an array",
            BpfTypeKind.Integer => "an integer",
            BpfTypeKind.Float => "a floating-point number",
            _ when type.Name is null => $"a {type.Describe()}",
            _ => type.Describe(),
        };
    }

    // bpf_core_fields_are_compat: the kind decides; sizes, signs, lengths and what pointers are to do not.
    private bool AreCompatible(uint localId, uint kernelId)
    {
        while (true)
        {
            work.Step();
            BpfType mine = local.Types.Skip(localId).Type;
            BpfType theirs = kernel.Skip(kernelId).Type;
            if (mine.IsAggregate && theirs.IsAggregate)
            {
                return true;
            }

            if (mine.Kind != theirs.Kind)
            {
                return false;
            }

            switch (mine.Kind)
            {
                case BpfTypeKind.Pointer or BpfTypeKind.Float:
                    return true;
                case BpfTypeKind.Forward or BpfTypeKind.Enum:
                    return string.IsNullOrEmpty(mine.Name) || string.IsNullOrEmpty(theirs.Name) || BpfNames.Match(mine.Name, theirs.Name);
                case BpfTypeKind.Integer:
                    return mine.IntegerOffset == 0 && theirs.IntegerOffset == 0;
                case BpfTypeKind.Array:
                    localId = mine.Target;
                    kernelId = theirs.Target;
                    break;
                default:
                    return false;
            }
        }
    }

    // The steps so far, the place, and how many levels there are, unnamed ones counted in.
    private readonly record struct Place(ImmutableArray<BpfStep> Steps, ulong BitOffset, int Levels)
    {
        public Place Descend(ulong bits) => new(Steps, BitOffset + bits, Levels + 1);

        public Place Enter(BpfStep step, ulong bits)
            => Levels < BpfAccess.MostLevels ? new(Steps.Add(step), BitOffset + bits, Levels + 1) : throw new BpfRefusedException($"the access has more than {BpfAccess.MostLevels} levels in the kernel");
    }
}
