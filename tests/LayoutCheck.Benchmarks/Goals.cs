namespace LayoutCheck.Benchmarks;

/// <summary>A goal of the project: an upper bound of the ratio of our time, or memory, to a peer's.</summary>
/// <param name="Id">The name of the goal: P1.</param>
/// <param name="What">Our command, in words.</param>
/// <param name="PeerName">The peer's command, in words.</param>
/// <param name="Limit">The upper bound of the ratio.</param>
/// <param name="Aim">A stricter bound to aim at, or null.</param>
/// <param name="Ours">Makes our command for a kernel.</param>
/// <param name="Peer">Makes the peer's command for a kernel.</param>
internal sealed record Goal(
    string Id, string What, string PeerName, double Limit, double? Aim, Func<Workshop, Kernel, Command> Ours, Func<Workshop, Kernel, Command> Peer)
{
    /// <summary>The only kernel to measure on, or null for all.</summary>
    public string? OnlyKernel { get; init; }

    /// <summary>Whether the command reads no kernel.</summary>
    public bool NeedsNoKernel { get; init; }

    /// <summary>The greatest number of runs of a slow peer, or null for no limit.</summary>
    public int? PeerRuns { get; init; }

    /// <summary>The goal for the peak memory of the same runs, or null.</summary>
    public (string Id, double Limit)? Memory { get; init; }

    /// <summary>The kernels to measure on, of those at hand.</summary>
    public IEnumerable<Kernel> KernelsOf(IReadOnlyList<Kernel> kernels)
        => NeedsNoKernel ? kernels.Take(1) : kernels.Where(k => OnlyKernel is null || OnlyKernel == k.Version);

    /// <summary>Whether a list such as P1,P4 names this goal; an empty list names all.</summary>
    public bool IsAskedFor(IReadOnlyCollection<string> only) => only.Count == 0 || only.Contains(Id) || (Memory is { } memory && only.Contains(memory.Id));
}

/// <summary>The goals, as issue 5 numbers them.</summary>
internal static class Goals
{
    // Only lib/vsprintf.c defines it, near the end of every kernel: the search reads all units, and suggests no other names.
    private const string LateStruct = "page_flags_fields";

    // A binary of before this option checks the whole catalogue.
    private const string OnlyOne = " --only pgmap-on-compound-head";

    private const string DrgnScript = "import sys, drgn; p = drgn.Program(); p.load_debug_info([sys.argv[1]]); p.type('struct page')";

    private const int ManyStructs = 500;

    private static readonly Dictionary<string, string[]> s_manyNames = new(StringComparer.Ordinal);

    /// <summary>All goals.</summary>
    public static IReadOnlyList<Goal> All(Workshop shop) =>
    [
        new("P1", $"`check{(shop.CanCheckOnly ? OnlyOne : "")}`, 2 threads", "drgn load + type", 0.10, 0.05,
            (s, k) => Check([s.Binary, "check", .. s.CanCheckOnly ? OnlyOne.Trim().Split(' ') : [], "--threads", "2", k.Path]), Drgn)
        {
            Memory = ("P7", 0.5),
        },
        new("P1b", "`check`, the whole catalogue, 2 threads", "drgn load + type", 0.30, 0.15,
            (s, k) => Check(s.Binary, "check", "--threads", "2", k.Path), Drgn),
        new("P2", "`show --all 'struct page'`, 1 thread", "C sum of .debug_info", 1.0, 0.75, (s, k) => ShowAll(s, k, "page"), Sum),
        new("P3", $"`show --all 'struct {LateStruct}'`, 1 thread: reads every unit, a late one has it", "C sum of .debug_info", 1.5, null,
            (s, k) => ShowAll(s, k, LateStruct), Sum),
        new("P3s", "`show --all 'struct no_such_struct_xyz'`, 1 thread: the same, and the suggestions on stderr", "C sum of .debug_info", 1.5, null,
            (s, k) => ShowAll(s, k, "no_such_struct_xyz") with { Expected = [4] }, Sum),
        new("P4", "`show page`, the first definition", "pahole -F dwarf -C page", 0.75, null,
            (s, k) => new Command(s.Binary, "show", k.Path, "page"), (s, k) => new Command(s.Pahole, "-F", "dwarf", "-C", "page", k.Path)),
        new("P5", $"`show {LateStruct}`", $"pahole -F dwarf -C {LateStruct}", 0.01, null,
            (s, k) => new Command(s.Binary, "show", k.Path, LateStruct), (s, k) => new Command(s.Pahole, "-F", "dwarf", "-C", LateStruct, k.Path))
        {
            OnlyKernel = "6.12",
            PeerRuns = 3,
        },
        new("P6", "`show --source btf page`", "pahole -F btf -C page", 0.10, null,
            (s, k) => new Command(s.Binary, "show", "--source", "btf", k.Path, "page"), (s, k) => new Command(s.Pahole, "-F", "btf", "-C", "page", k.Path)),
        new("P8", "`--version`", "/bin/true", 4, null, (s, _) => new Command(s.Binary, "--version"), (_, _) => new Command("/bin/true"))
        {
            NeedsNoKernel = true,
        },
        new("P10", "`audit`, 1 thread: all structs of all units", "drgn load + type", 1.5, null, (s, k) => Check(s.Binary, "audit", "--threads", "1", k.Path), Drgn)
        {
            Memory = ("P10m", 0.5),
        },
        new("P10t", "`audit`, 2 threads", "drgn load + type", 1.0, null, (s, k) => Check(s.Binary, "audit", "--threads", "2", k.Path), Drgn),
        new("P11", "`audit`, 2 threads", "pahole -J -j2, which encodes and folds all types", 0.2, null,
            (s, k) => Check(s.Binary, "audit", "--threads", "2", k.Path), (s, k) => new Command(s.Pahole, "-J", "-j2", "--btf_encode_detached=/dev/null", k.Path))
        {
            Memory = ("P11m", 0.5),
            PeerRuns = 3,
        },
        new("P12", "`show --all` of 500 structs, 1 thread", "`show --all 'struct page'`, 1 thread", 8, null,
            (s, k) => Check([s.Binary, "show", "--all", "--threads", "1", k.Path, .. ManyNames(k)]), (s, k) => ShowAll(s, k, "page")),
        new("P9", "JIT: `dotnet layoutcheck.dll check`", "drgn load + type", 1.0, null, (s, k) => Check("dotnet", s.JitBinary, "check", k.Path), Drgn)
        {
            OnlyKernel = "7.3",
        },
    ];

    /// <summary>The C program that sums all words of .debug_info.</summary>
    public static Command Sum(Workshop shop, Kernel kernel) => new(shop.Sum, kernel.Path);

    /// <summary>The start of Python and the import of drgn, which are part of drgn's time.</summary>
    public static Command ImportDrgn(Workshop shop) => new(shop.Python, "-c", "import sys, drgn");

    /// <summary>Our command for every definition of a struct.</summary>
    public static Command ShowAll(Workshop shop, Kernel kernel, string name)
        => new(shop.Binary, "show", "--all", "--threads", "1", kernel.Path, $"struct {name}");

    // Structs at equal distances in the order of their names: most of them are defined by few units.
    private static IEnumerable<string> ManyNames(Kernel kernel)
    {
        if (!s_manyNames.TryGetValue(kernel.Path, out string[]? names))
        {
            using KernelImage image = KernelImage.Open(kernel.Path);
            IReadOnlyList<LayoutCheck.Types.TypeName> all = image.Types.DefinedNames();
            names = [.. Enumerable.Range(0, Math.Min(ManyStructs, all.Count)).Select(i => all[(int)((long)i * all.Count / ManyStructs)].ToString())];
            s_manyNames.Add(kernel.Path, names);
        }

        return names;
    }

    private static Command Drgn(Workshop shop, Kernel kernel) => new(shop.Python, "-c", DrgnScript, kernel.Path);

    // A violated rule and an undecided check cost what a check costs.
    private static Command Check(params string[] line) => new(line, [0, 1, 4]);
}
