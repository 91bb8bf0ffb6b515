using System.Collections.Immutable;

namespace LayoutCheck.Bpf;

/// <summary>Which of the accesses that do not resolve are never reached, since an existence check leaves them out.</summary>
/// <param name="target">The object.</param>
/// <param name="answers">The answer to each of its relocations.</param>
internal sealed class BpfGuards(BpfObject target, ImmutableArray<BpfAnswer> answers)
{
    // So many checks are tried one by one for the one that guards an access.
    private const int MostChecks = 64;

    // What is called by programs is in this section.
    private const string Subprograms = ".text";

    private readonly Dictionary<(string Section, int Start), Function?> _functions = [];
    private readonly BpfWork _steps = new();
    private readonly Dictionary<(string Section, int Start), int[]> _byFunction = target.Relocations.Select((r, i) => (r, i))
        .GroupBy(p => (p.r.Section, p.r.FunctionRange.Start)).ToDictionary(g => g.Key, g => g.Select(p => p.i).ToArray());

    // The members and types whose existence checks come to 0, of any function.
    private readonly HashSet<(string?, string)> _asked = [.. target.Relocations.Select((r, i) => (r, i)).Where(p => p.r.Kind.IsQuestion() && answers[p.i].KernelValue == 0).Select(p => KeyOf(p.r))];

    /// <summary>The guard of a relocation that does not resolve, and the checks that it consists of.</summary>
    /// <param name="index">The number of the relocation.</param>
    public (BpfGuard Guard, ImmutableArray<string> Checks) Find(int index)
    {
        BpfRelocation relocation = target.Relocations[index];
        (string, int) key = (relocation.Section, relocation.FunctionRange.Start);
        if (!_functions.TryGetValue(key, out Function? function))
        {
            function = Function.Follow(target, answers, _byFunction[key], relocation, _steps);
            _functions.Add(key, function);
        }

        if (function is null)
        {
            return (BpfGuard.Unclear, []);
        }

        return !function.IsReached(relocation) ? (BpfGuard.Guarded, [.. function.ChecksOf(relocation, MostChecks)])
            : MayBeGuarded(function, relocation) ? (BpfGuard.Unclear, [])
            : (BpfGuard.None, []);
    }

    // Whether every way to the access leads past a check that asks for it; or a check in another function that calls this one, or is called, does.
    private bool MayBeGuarded(Function function, BpfRelocation relocation)
    {
        (string? root, string member) = KeyOf(relocation);
        HashSet<int> checks = [.. function.Checks.Where(c => c.Kind.IsQuestion() && KeyOf(c) is var key && key.Root == root && IsSameOrAround(key.Member, member)).Select(c => c.Instruction)];
        return checks.Count > 0 ? !function.IsReachedWithout(checks, relocation) : (relocation.Section == Subprograms || function.HasCalls) && IsAsked(relocation);
    }

    private static bool IsSameOrAround(string asked, string member) => asked.Length == 0 || asked == member || member.StartsWith(asked + ".", StringComparison.Ordinal);

    // A check of the same member, of one that it is in, or of the type.
    private bool IsAsked(BpfRelocation relocation)
    {
        (string? root, string member) = KeyOf(relocation);
        for (string at = member; at.Length > 0; at = at.LastIndexOf('.') is > 0 and int dot ? at[..dot] : "")
        {
            if (_asked.Contains((root, at)))
            {
                return true;
            }
        }

        return _asked.Contains((root, ""));
    }

    private static (string? Root, string Member) KeyOf(BpfRelocation relocation)
    {
        BpfAccess access = relocation.Access;
        string? name = access.Types[access.Root].Name;
        return (name is null ? null : BpfNames.Essential(name), access.Kind.IsOfEnumerator() ? BpfNames.Essential(access.Last.Name ?? "") : access.MemberPath);
    }

    // A function on the kernel: the values that its relocations have there, and what is reached with them.
    private sealed class Function(BpfInstruction[] code, int start, Dictionary<int, long?> values, bool[] isReached, BpfWork steps, ImmutableArray<BpfRelocation> checks)
    {
        private readonly Dictionary<int, bool[]?> _without = [];

        public static Function? Follow(BpfObject target, ImmutableArray<BpfAnswer> answers, int[] relocations, BpfRelocation example, BpfWork steps)
        {
            (int start, int end) = example.FunctionRange;
            if (end - start > BpfFlow.MostInstructions)
            {
                return null;
            }

            BpfInstruction[] code = target.Read(example.Section, start, end - start);
            Dictionary<int, long?> values = [];
            foreach (int i in relocations)
            {
                values[target.Relocations[i].Instruction - start] = (long?)answers[i].KernelValue;
            }

            return BpfFlow.Reach(code, values, steps) is { } isReached
                ? new Function(code, start, values, isReached, steps, [.. relocations.Select(i => target.Relocations[i]).Where(r => r.Kind.IsQuestion() || r.Kind is BpfRelocationKind.TypeSize or BpfRelocationKind.EnumeratorValue)])
                : null;
        }

        public ImmutableArray<BpfRelocation> Checks => checks;

        public bool HasCalls => code.Any(i => i is { Code: BpfInstruction.CallCode, Source: BpfInstruction.CallOfFunction });

        public bool IsReachedWithout(HashSet<int> instructions, BpfRelocation relocation)
            => BpfFlow.Reach(code, values, steps, new HashSet<int>(instructions.Select(i => i - start))) is { } reached && reached[relocation.Instruction - start];

        public bool IsReached(BpfRelocation relocation) => isReached[relocation.Instruction - start];

        // The checks without whose answer the access would be reached; none where it takes several together.
        public IEnumerable<string> ChecksOf(BpfRelocation relocation, int most)
        {
            int at = relocation.Instruction - start;
            return checks.Take(most).Where(c => Without(c.Instruction - start) is { } reached && reached[at]).Select(c => $"{c.Kind.Macro()}({c.Access.Describe()})").Distinct();
        }

        private bool[]? Without(int check)
        {
            if (!_without.TryGetValue(check, out bool[]? reached))
            {
                reached = BpfFlow.Reach(code, new Dictionary<int, long?>(values) { [check] = null }, steps);
                _without.Add(check, reached);
            }

            return reached;
        }
    }
}
