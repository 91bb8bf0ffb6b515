namespace LayoutCheck.Benchmarks;

/// <summary>A goal of the project: a ratio of our time (or memory) to a peer's.</summary>
/// <param name="Id">Its name: P1.</param>
/// <param name="What">What we do.</param>
/// <param name="PeerName">What the peer does.</param>
/// <param name="Limit">The ratio to stay at or under.</param>
/// <param name="Aim">The ratio that would be better still, or null.</param>
/// <param name="Ours">Our command for a kernel.</param>
/// <param name="Peer">The peer's.</param>
internal sealed record Goal(string Id, string What, string PeerName, double Limit, double? Aim, Func<Workshop, Kernel, Command> Ours, Func<Workshop, Kernel, Command> Peer)
{
    /// <summary>The only kernel that it is measured on, or null for all.</summary>
    public string? OnlyKernel { get; init; }

    /// <summary>Whether the kernel does not matter.</summary>
    public bool NeedsNoKernel { get; init; }

    /// <summary>How many runs of a slow peer are enough, or null for as many as are asked for.</summary>
    public int? PeerRuns { get; init; }

    /// <summary>The goal for the peak memory of the same runs, if there is one.</summary>
    public (string Id, double Limit)? Memory { get; init; }

    /// <summary>Whether a list such as P1,P4 asks for it.</summary>
    public bool IsAskedFor(IReadOnlyCollection<string> only) => only.Count == 0 || only.Contains(Id) || (Memory is { } memory && only.Contains(memory.Id));
}

/// <summary>The goals, as issue 5 numbers them.</summary>
internal static class Goals
{
    // lib/vsprintf.c alone defines it, near the end of every kernel: all units are gone through, and no near names are looked for.
    private const string LateStruct = "page_flags_fields";

    private const string DrgnScript = "import sys, drgn; p = drgn.Program(); p.load_debug_info([sys.argv[1]]); p.type('struct page')";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Goal> All(Workshop shop) =>
    [
        new("P1", shop.CanCheckOnly ? "`check --only pgmap-on-compound-head`, 2 threads" : "`check` (no --only yet: whole catalogue), 2 threads", "drgn load + type", 0.10, 0.05,
            (s, k) => Check(s.CanCheckOnly ? [s.Binary, "check", "--only", "pgmap-on-compound-head", "--threads", "2", k.Path] : [s.Binary, "check", "--threads", "2", k.Path]), Drgn)
        {
            Memory = ("P7", 0.5),
        },
        new("P1b", "`check`, the whole catalogue, 2 threads", "drgn load + type", 0.30, 0.15, (s, k) => Check(s.Binary, "check", "--threads", "2", k.Path), Drgn),
        new("P2", "`show --all 'struct page'`, 1 thread", "C sum of .debug_info", 1.0, 0.75, (s, k) => ShowAll(s, k, "page"), Sum),
        new("P3", $"`show --all 'struct {LateStruct}'`, 1 thread: every unit is gone through, a late one alone has it", "C sum of .debug_info", 1.5, null, (s, k) => ShowAll(s, k, LateStruct), Sum),
        new("P3s", "`show --all 'struct no_such_struct_xyz'`, 1 thread: the same, and the suggestions on stderr", "C sum of .debug_info", 1.5, null,
            (s, k) => ShowAll(s, k, "no_such_struct_xyz") with { Expected = [4] }, Sum),
        new("P4", "`show page`, the first definition", "pahole -F dwarf -C page", 0.75, null, (s, k) => new Command(s.Binary, "show", k.Path, "page"), (s, k) => new Command(s.Pahole, "-F", "dwarf", "-C", "page", k.Path)),
        new("P5", $"`show {LateStruct}`", $"pahole -F dwarf -C {LateStruct}", 0.01, null,
            (s, k) => new Command(s.Binary, "show", k.Path, LateStruct), (s, k) => new Command(s.Pahole, "-F", "dwarf", "-C", LateStruct, k.Path))
        {
            OnlyKernel = "6.12",
            PeerRuns = 3,
        },
        new("P6", "`show --source btf page`", "pahole -F btf -C page", 0.10, null,
            (s, k) => new Command(s.Binary, "show", "--source", "btf", k.Path, "page"), (s, k) => new Command(s.Pahole, "-F", "btf", "-C", "page", k.Path)),
        new("P8", "`--version`", "/bin/true", 4, null, (s, _) => new Command(s.Binary, "--version"), (_, _) => new Command("/bin/true")) { NeedsNoKernel = true },
        new("P9", "JIT: `dotnet layoutcheck.dll check`", "drgn load + type", 1.0, null, (s, k) => Check("dotnet", s.JitBinary, "check", k.Path), Drgn) { OnlyKernel = "7.3" },
    ];

    /// <summary>The sum of all words of .debug_info.</summary>
    public static Command Sum(Workshop shop, Kernel kernel) => new(shop.Sum, kernel.Path);

    /// <summary>What of drgn's time is the start of Python.</summary>
    public static Command ImportDrgn(Workshop shop) => new(shop.Python, "-c", "import sys, drgn");

    /// <summary>Every definition of a struct.</summary>
    public static Command ShowAll(Workshop shop, Kernel kernel, string name) => new(shop.Binary, "show", "--all", "--threads", "1", kernel.Path, $"struct {name}");

    private static Command Drgn(Workshop shop, Kernel kernel) => new(shop.Python, "-c", DrgnScript, kernel.Path);

    // A kernel that breaks a rule, or cannot be decided, was checked like another.
    private static Command Check(params string[] line) => new(line, [0, 1, 4]);
}
