namespace LayoutCheck.Bpf;

/// <summary>Whether a type of an object and one of a kernel agree, as the two questions about types mean it.</summary>
/// <param name="local">The object's types.</param>
/// <param name="kernel">The kernel's types.</param>
/// <param name="work">The steps that are left.</param>
internal sealed class TypeAgreement(IBpfTypes local, IBpfTypes kernel, BpfWork work)
{
    // Both limits are those of libbpf: of parameters within parameters or members within members, and of pointers and arrays in a row.
    private const int MostLevels = 32;
    private const int MostInRow = 32;

    private const string TooDeep = "the types are nested more than 32 deep";

    // The answers of pairs: a hostile type has itself as a member many times over.
    private readonly Dictionary<(uint, uint, bool), bool> _matched = [];

    /// <summary>
    /// Whether two types are of one kind, down to what pointers, arrays and functions are of (bpf_core_types_are_compat). Names below the first, sizes, signs and
    /// members do not count.
    /// </summary>
    /// <exception cref="BpfRefusedException">The types are nested too deep.</exception>
    public bool AreCompatible(uint localId, uint kernelId) => AreCompatible(localId, kernelId, MostLevels);

    /// <summary>
    /// Whether all that the object's type has is in the kernel's (bpf_core_types_match): names, kinds, the members of structs and the enumerators of enumerations, and
    /// sizes and signs of integers.
    /// </summary>
    /// <exception cref="BpfRefusedException">The types are nested too deep.</exception>
    public bool Match(uint localId, uint kernelId) => Match(localId, kernelId, isBehindPointer: false, MostLevels);

    private bool AreCompatible(uint localId, uint kernelId, int level)
    {
        if (local[localId].Kind != kernel[kernelId].Kind)
        {
            return false;
        }

        for (int i = 0; i < MostInRow; i++)
        {
            work.Step();
            BpfType mine = local.Skip(localId).Type;
            BpfType theirs = kernel.Skip(kernelId).Type;
            if (mine.Kind != theirs.Kind)
            {
                return false;
            }

            switch (mine.Kind)
            {
                case BpfTypeKind.Void or BpfTypeKind.Struct or BpfTypeKind.Union or BpfTypeKind.Enum or BpfTypeKind.Forward:
                    return true;
                case BpfTypeKind.Integer:
                    return mine.IntegerOffset == 0 && theirs.IntegerOffset == 0;
                case BpfTypeKind.Prototype when !HaveCompatibleParameters(mine, theirs, level):
                    return false;
                case BpfTypeKind.Prototype or BpfTypeKind.Pointer or BpfTypeKind.Array:
                    (localId, kernelId) = (mine.Target, theirs.Target);
                    break;
                default:
                    return false;
            }
        }

        throw new BpfRefusedException(TooDeep);
    }

    private bool HaveCompatibleParameters(BpfType mine, BpfType theirs, int level)
    {
        if (mine.Parameters.Length != theirs.Parameters.Length)
        {
            return false;
        }

        for (int i = 0; i < mine.Parameters.Length; i++)
        {
            if (level <= 0)
            {
                throw new BpfRefusedException(TooDeep);
            }

            if (!AreCompatible(local.Skip(mine.Parameters[i]).Id, kernel.Skip(theirs.Parameters[i]).Id, level - 1))
            {
                return false;
            }
        }

        return true;
    }

    private bool Match(uint localId, uint kernelId, bool isBehindPointer, int level)
    {
        if (level <= 0)
        {
            throw new BpfRefusedException(TooDeep);
        }

        (uint, uint, bool) pair = (localId, kernelId, isBehindPointer);
        if (!_matched.TryGetValue(pair, out bool isMatch))
        {
            isMatch = MatchNew(localId, kernelId, isBehindPointer, level);
            _matched[pair] = isMatch;
        }

        return isMatch;
    }

    private bool MatchNew(uint localId, uint kernelId, bool isBehindPointer, int level)
    {
        for (int i = 0; i < MostInRow; i++)
        {
            work.Step();
            BpfType mine = local.Skip(localId).Type;
            BpfType theirs = kernel.Skip(kernelId).Type;
            if (!BpfNames.Match(mine.Name, theirs.Name))
            {
                return false;
            }

            switch (mine.Kind)
            {
                case BpfTypeKind.Void:
                    return theirs.Kind == BpfTypeKind.Void;
                case BpfTypeKind.Forward:
                    return theirs.Kind == BpfTypeKind.Forward ? mine.IsFlagged == theirs.IsFlagged
                        : isBehindPointer && theirs.Kind == (mine.IsFlagged ? BpfTypeKind.Union : BpfTypeKind.Struct);
                case BpfTypeKind.Enum:
                    return theirs.Kind == BpfTypeKind.Enum && HasEnumerators(mine, theirs);
                case BpfTypeKind.Struct or BpfTypeKind.Union when isBehindPointer:
                    return mine.Kind == theirs.Kind || (theirs.Kind == BpfTypeKind.Forward && mine.Kind == BpfTypeKind.Union == theirs.IsFlagged);
                case BpfTypeKind.Struct or BpfTypeKind.Union:
                    return mine.Kind == theirs.Kind && HasMembers(mine, theirs, level);
                case BpfTypeKind.Integer:
                    return theirs.Kind == BpfTypeKind.Integer && mine.ByteSize == theirs.ByteSize && (mine.Encoding & 1) == (theirs.Encoding & 1);
                case BpfTypeKind.Pointer when theirs.Kind == BpfTypeKind.Pointer:
                    isBehindPointer = true;
                    break;
                case BpfTypeKind.Array when theirs.Kind == BpfTypeKind.Array && mine.ElementCount == theirs.ElementCount:
                    break;
                case BpfTypeKind.Prototype when theirs.Kind == BpfTypeKind.Prototype && HaveMatchingParameters(mine, theirs, isBehindPointer, level):
                    break;
                default:
                    return false;
            }

            (localId, kernelId) = (mine.Target, theirs.Target);
        }

        throw new BpfRefusedException(TooDeep);
    }

    private bool HaveMatchingParameters(BpfType mine, BpfType theirs, bool isBehindPointer, int level)
    {
        if (mine.Parameters.Length != theirs.Parameters.Length)
        {
            return false;
        }

        for (int i = 0; i < mine.Parameters.Length; i++)
        {
            if (!Match(mine.Parameters[i], theirs.Parameters[i], isBehindPointer, level - 1))
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasEnumerators(BpfType mine, BpfType theirs)
    {
        if (theirs.Enumerators.IsDefault)
        {
            throw new BpfUndecidedException($"the enumerators of the kernel's {theirs.Describe()} are not known by DWARF, which --source btf is");
        }

        if (mine.ByteSize != theirs.ByteSize || mine.Enumerators.Length > theirs.Enumerators.Length)
        {
            return false;
        }

        HashSet<string> names = new(theirs.Enumerators.Select(e => BpfNames.Essential(e.Name)), StringComparer.Ordinal);
        return mine.Enumerators.All(e => names.Contains(BpfNames.Essential(e.Name)));
    }

    private bool HasMembers(BpfType mine, BpfType theirs, int level)
    {
        if (mine.Members.Length > theirs.Members.Length)
        {
            return false;
        }

        foreach (BpfMember member in mine.Members)
        {
            bool isFound = false;
            foreach (BpfMember other in theirs.Members)
            {
                work.Step();
                if (BpfNames.Match(member.Name, other.Name) && Match(member.Type, other.Type, isBehindPointer: false, level - 1))
                {
                    isFound = true;
                    break;
                }
            }

            if (!isFound)
            {
                return false;
            }
        }

        return true;
    }
}
