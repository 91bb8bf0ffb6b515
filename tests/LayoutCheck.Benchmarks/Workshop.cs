using System.Globalization;

namespace LayoutCheck.Benchmarks;

/// <summary>A kernel of Debian.</summary>
/// <param name="Version">The version on the command line: 6.12.</param>
/// <param name="Path">The path of its vmlinux.</param>
/// <param name="Package">The name and version of its package.</param>
internal sealed record Kernel(string Version, string Path, string Package);

/// <summary>Builds or finds, once each, all programs that take part: both builds of ours, the peers, and the two small C programs.</summary>
internal sealed class Workshop
{
    private readonly string _folder = Path.Combine(Root, "artifacts", "benchmarks");
    private readonly bool _isOwnBuild;
    private readonly Lazy<string> _jit;
    private readonly Lazy<string> _python;
    private readonly Lazy<string> _pahole;

    public Workshop(string? binary)
    {
        _ = Directory.CreateDirectory(_folder);
        Runner = Compile("run");
        Sum = Compile("sum");
        Binary = binary ?? Publish();
        _isOwnBuild = binary is null;
        (int exit, string help) = ChildProcess.Run(Binary, "check", "--help");
        CanCheckOnly = exit == 0 ? help.Contains("--only", StringComparison.Ordinal) : throw new BenchmarkException($"{Binary}: {help}");
        _jit = new Lazy<string>(BuildForJit);
        _python = new Lazy<string>(
            () => FindPython() ?? (Install("python3-drgn") ? FindPython() : null) ?? throw new BenchmarkException("no python3 with drgn"));
        _pahole = new Lazy<string>(() => FindPahole() ?? (Install("pahole") ? FindPahole() : null) ?? throw new BenchmarkException("no pahole"));
    }

    /// <summary>The root folder of the repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of run.c's program, which measures another program.</summary>
    public string Runner { get; }

    /// <summary>The path of sum.c's program, which sums all words of .debug_info.</summary>
    public string Sum { get; }

    /// <summary>The path of our program, compiled ahead of time.</summary>
    public string Binary { get; }

    /// <summary>The path of our program for the JIT, as <c>dotnet build</c> makes it.</summary>
    public string JitBinary => _jit.Value;

    /// <summary>Whether <c>check</c> has the option <c>--only</c>.</summary>
    public bool CanCheckOnly { get; }

    /// <summary>The path of a python3 with drgn.</summary>
    public string Python => _python.Value;

    /// <summary>The path of pahole.</summary>
    public string Pahole => _pahole.Value;

    /// <summary>Finds the kernels of some versions, and reads each once, so that all runs find it in the page cache.</summary>
    public static IReadOnlyList<Kernel> FindKernels(IEnumerable<string> versions)
    {
        string folder = Environment.GetEnvironmentVariable("LAYOUTCHECK_KERNELS") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "layoutcheck", "kernels");
        List<Kernel> kernels = [];
        foreach (string version in versions)
        {
            string path = Path.Combine(folder, $"amd64-{version}-cloud", "vmlinux");
            if (!File.Exists(path))
            {
                throw new BenchmarkException($"{path} does not exist; tests/real-kernels/fetch gets it");
            }

            string package = Path.Combine(Path.GetDirectoryName(path)!, "VERSION");
            kernels.Add(new Kernel(version, path, File.Exists(package) ? File.ReadAllText(package).Trim() : "version not known"));
            Warm(path);
        }

        return kernels;
    }

    /// <summary>Reads a file from one end to the other.</summary>
    public static void Warm(string path)
    {
        using FileStream file = File.OpenRead(path);
        file.CopyTo(Stream.Null, 1 << 20);
    }

    /// <summary>The build, the machine and the kernels in Markdown: the context of a table.</summary>
    public string Describe(IEnumerable<Kernel> kernels)
    {
        string commit = ChildProcess.Run("git", "-C", Root, "describe", "--always", "--dirty", "--exclude=*").Output;
        string? model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        string processor = model?.Split(':', 2)[1].Trim() ?? "processor not known";
        string time = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        string system = ChildProcess.Run("uname", "-sr").Output;
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        return $"""
            - {time} UTC, {(_isOwnBuild ? $"commit {commit}, AOT" : Binary + ", a")} binary of {new FileInfo(Binary).Length / 1e6:F1} MB
            - {Environment.ProcessorCount} cores of {processor}, {memory} GiB, {system}
            - {string.Join("; ", kernels.Select(k => $"{k.Version} = {k.Package}"))}
            """;
    }

    /// <summary>The versions of the peers.</summary>
    public string DescribePeers()
    {
        string drgn = ChildProcess.Run(Python, "-c", "import drgn; print(drgn.__version__)").Output;
        string pahole = ChildProcess.Run(Pahole, "--version").Output;
        string gcc = ChildProcess.Run("gcc", "-dumpfullversion").Output;
        return $"pahole {pahole}, drgn {drgn}{(drgn == "0.0.22" ? "" : " (the goals name 0.0.22)")}, gcc {gcc} -O3 for the sum";
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LayoutCheck.sln")))
            {
                return folder.FullName;
            }
        }

        throw new BenchmarkException($"{AppContext.BaseDirectory} is in no checkout of LayoutCheck");
    }

    private string Compile(string name)
    {
        string program = Path.Combine(_folder, name);
        string source = Path.Combine(Root, "tests", "LayoutCheck.Benchmarks", name + ".c");
        (int exit, string output) = ChildProcess.Run("gcc", "-O3", "-Wall", "-o", program, source);
        return exit == 0 ? program : throw new BenchmarkException($"gcc {source}: {output}");
    }

    // The command of README, with intermediate outputs apart from the obj folders of the checkout.
    private string Publish()
    {
        string output = Path.Combine(_folder, "aot");
        DotNet("publish", "-p:PublishAot=true", "--artifacts-path", Path.Combine(_folder, "aot-build"), "-o", output);
        return Path.Combine(output, "layoutcheck");
    }

    private string BuildForJit()
    {
        string output = Path.Combine(_folder, "jit");
        DotNet("build", "--artifacts-path", Path.Combine(_folder, "jit-build"), "-o", output);
        return Path.Combine(output, "layoutcheck.dll");
    }

    private static void DotNet(string verb, params string[] options)
    {
        Console.Error.WriteLine($"dotnet {verb} LayoutCheck.Cli ...");
        (int exit, string output) = ChildProcess.Run("dotnet", [verb, Path.Combine(Root, "src", "LayoutCheck.Cli"), "-c", "Release", "-nologo", .. options]);
        if (exit != 0)
        {
            throw new BenchmarkException($"dotnet {verb}: {output}");
        }
    }

    // The distribution's python3 comes first: its drgn is the version that the goals name.
    private static string? FindPython() => new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(p => ChildProcess.Run(p, "-c", "import drgn").ExitCode == 0);

    private static string? FindPahole() => ChildProcess.Run("pahole", "--version").ExitCode == 0 ? "pahole" : null;

    private static bool Install(string package)
    {
        Console.Error.WriteLine($"installing {package}: apt-get install -y {package}");
        (int exit, string output) = ChildProcess.Run("apt-get", "install", "-y", "-q", package);
        return exit == 0 ? true : throw new BenchmarkException($"apt-get install {package}: {output}");
    }
}
