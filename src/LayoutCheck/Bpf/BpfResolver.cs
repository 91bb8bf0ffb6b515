namespace LayoutCheck.Bpf;

/// <summary>
/// Resolves the relocations of one object on one kernel as libbpf does (bpf_core_calc_relo_insn, tools/lib/bpf/relo_core.c). The answers of equal relocations are
/// kept. Not for several threads.
/// </summary>
/// <param name="kernel">The kernel's types.</param>
/// <param name="isBigEndian">The byte order of the object.</param>
internal sealed class BpfResolver(IBpfKernel kernel, bool isBigEndian)
{
    // An answer holds for the candidates that there were.
    private readonly Dictionary<(BpfRelocationKind, uint, string), (int CandidateCount, BpfAnswer Answer)> _answers = [];
    private readonly Dictionary<uint, IReadOnlyList<uint>> _candidates = [];
    private readonly BpfWork _work = new();

    /// <summary>The answer to a relocation.</summary>
    public BpfAnswer Resolve(BpfRelocation relocation)
    {
        (BpfRelocationKind, uint, string) key = (relocation.Kind, relocation.Access.Root, relocation.AccessText);
        if (_answers.TryGetValue(key, out (int CandidateCount, BpfAnswer Answer) known) && known.CandidateCount == CandidateCount(relocation))
        {
            return known.Answer;
        }

        BpfAnswer answer = ResolveNew(relocation.Access);
        _answers[key] = (CandidateCount(relocation), answer);
        return answer;
    }

    private int CandidateCount(BpfRelocation relocation) => _candidates.GetValueOrDefault(relocation.Access.Root)?.Count ?? 0;

    private BpfAnswer ResolveNew(BpfAccess local)
    {
        BpfValue? mine = null;
        try
        {
            if (local.Kind == BpfRelocationKind.TypeIdLocal)
            {
                return new BpfAnswer(BpfOutcome.Resolved, local.Root, local.Root);
            }

            IReadOnlyList<uint> candidates = CandidatesOf(local);
            mine = BpfCalculation.Of(local, isBigEndian);
            return Choose(local, mine.Value, candidates);
        }
        catch (BpfRefusedException e)
        {
            return new BpfAnswer(BpfOutcome.Refused, mine?.Value, null, e.Message);
        }
        catch (BpfUndecidedException e)
        {
            return new BpfAnswer(BpfOutcome.Unknown, mine?.Value, null, e.Message);
        }
    }

    private IReadOnlyList<uint> CandidatesOf(BpfAccess local)
    {
        BpfType root = local.Types[local.Root];
        if (root.Name is null)
        {
            throw new BpfRefusedException($"it is of a type without a name, which cannot be looked for");
        }

        if (!_candidates.TryGetValue(local.Root, out IReadOnlyList<uint>? candidates))
        {
            candidates = kernel.Candidates(root, BpfNames.Essential(root.Name));
            _candidates.Add(local.Root, candidates);
        }

        return candidates;
    }

    private BpfAnswer Choose(BpfAccess local, BpfValue mine, IReadOnlyList<uint> candidates)
    {
        BpfMatcher matcher = new(local, kernel, _work);
        (BpfAccess Access, BpfAnswer Answer)? chosen = null;
        List<uint> matching = [];
        foreach (uint candidate in candidates)
        {
            if (matcher.Match(candidate) is not { } access)
            {
                continue;
            }

            matching.Add(candidate);
            BpfAnswer answer = AnswerOf(local, mine, access);
            if (chosen is not { } first)
            {
                chosen = (access, answer);
            }
            else if (first.Access.BitOffset != access.BitOffset || first.Answer.KernelValue != answer.KernelValue)
            {
                throw new BpfRefusedException($"it is ambiguous: the kernel has {candidates.Count} types of that name, and they differ in it");
            }
        }

        if (matching.Count > 0 && matching.Count < candidates.Count)
        {
            // As libbpf prunes its list: a later relocation of the type looks at those alone that had what this one asks for.
            _candidates[local.Root] = matching;
        }

        return chosen?.Answer ?? AnswerOfNone(local, mine, candidates.Count == 0 ? $"the kernel has no {Wanted(local)}" : matcher.Reason);
    }

    private BpfAnswer AnswerOf(BpfAccess local, BpfValue mine, BpfAccess access)
    {
        if (local.Kind == BpfRelocationKind.TypeIdTarget && !kernel.HasBtfIds)
        {
            throw new BpfUndecidedException("DWARF has no type ids, which --source btf tells");
        }

        BpfValue theirs = BpfCalculation.Of(access, isBigEndian);
        return new BpfAnswer(BpfOutcome.Resolved, mine.Value, theirs.Value)
        {
            KernelAccess = access.Describe(),
            Sizes = (mine.FieldSize, theirs.FieldSize),
            IsValidated = mine.IsValidated,
            CannotResize = mine.FieldSize != theirs.FieldSize && !CanResize(local, mine, theirs),
        };
    }

    // A pointer is read as an unsigned number of any size, and an unsigned number is widened by zeros.
    private bool CanResize(BpfAccess local, BpfValue mine, BpfValue theirs)
    {
        const uint Signed = 1;
        BpfType old = local.Types[mine.FieldType];
        BpfType now = kernel[theirs.FieldType];
        return (old.Kind == BpfTypeKind.Pointer && now.Kind == BpfTypeKind.Pointer)
            || (old.Kind == BpfTypeKind.Integer && now.Kind == BpfTypeKind.Integer && old.Encoding != Signed && now.Encoding != Signed);
    }

    // A question is answered by 0, and so are the size and the id of a type.
    private static BpfAnswer AnswerOfNone(BpfAccess local, BpfValue mine, string reason)
        => local.Kind.IsQuestion() || !(local.Kind.IsOfField() || local.Kind.IsOfEnumerator())
            ? new BpfAnswer(BpfOutcome.Resolved, mine.Value, 0, reason) { IsValidated = mine.IsValidated }
            : new BpfAnswer(BpfOutcome.Missing, mine.Value, null, reason);

    private static string Wanted(BpfAccess local)
    {
        BpfType root = local.Types[local.Root];
        return (root with { Name = BpfNames.Essential(root.Name!) }).Describe();
    }
}
