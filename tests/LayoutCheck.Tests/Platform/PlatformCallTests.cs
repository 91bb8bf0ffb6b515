using System.Reflection;
using System.Runtime.InteropServices;
using LayoutCheck.Cli;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Platform;

/// <summary>Each function of the system that is called, and what is done where there is none.</summary>
public sealed class PlatformCallTests
{
    // By library and function: the managed way, or the refusal.
    private static readonly SortedDictionary<string, string> s_ways = new(StringComparer.Ordinal)
    {
        ["libc mmap"] = "MemoryMappedFile",
        ["libc munmap"] = "MemoryMappedFile",
        ["libc madvise"] = "pages stay until the system needs them",
        ["libc open"] = "File.OpenHandle: the temporary file has a name for a moment",
        ["libc statx"] = "FileInfo: size and mtime; a file without a size is refused",
        ["libc statfs"] = "DriveInfo",
        ["libc sigaction"] = "the signal ends the process",
        ["libc mprotect"] = "there is no handler, and no page for it",
        ["libc signal"] = "PosixSignalRegistration",
        ["libc write"] = "Console.OpenStandardOutput",
        ["libc ioctl"] = "Console.WindowWidth",
        ["libc fcntl"] = "a standard output that is closed is not noticed; a pipe keeps its buffer",
        ["libdebuginfod.so.1 debuginfod_begin"] = "refused: --debuginfod",
        ["libdebuginfod.so.1 debuginfod_end"] = "refused: --debuginfod",
        ["libdebuginfod.so.1 debuginfod_find_debuginfo"] = "refused: --debuginfod",
        ["libdebuginfod.so.1 debuginfod_find_section"] = "refused: --debuginfod",
        ["libdebuginfod.so.1 debuginfod_get_url"] = "refused: --debuginfod",
        ["libdebuginfod.so.1 debuginfod_get_user_data"] = "refused: --debuginfod",
        ["libdebuginfod.so.1 debuginfod_set_progressfn"] = "refused: --debuginfod",
        ["libdebuginfod.so.1 debuginfod_set_user_data"] = "refused: --debuginfod",
        ["liblzma.so.5 lzma_stream_decoder"] = "refused: xz",
        ["liblzma.so.5 lzma_alone_decoder"] = "refused: lzma",
        ["liblzma.so.5 lzma_code"] = "refused: xz, lzma",
        ["liblzma.so.5 lzma_end"] = "refused: xz, lzma",
        ["libbz2.so.1.0 BZ2_bzDecompressInit"] = "refused: bzip2",
        ["libbz2.so.1.0 BZ2_bzDecompress"] = "refused: bzip2",
        ["libbz2.so.1.0 BZ2_bzDecompressEnd"] = "refused: bzip2",
        ["liblzo2.so.2 lzo1x_decompress_safe"] = "refused: lzo",
    };

    // Functions of libraries that are loaded by hand are no P/Invokes: each file of sources that knows how is here.
    private static readonly SortedDictionary<string, string> s_loaders = new(StringComparer.Ordinal)
    {
        ["LayoutCheck/Core/HostSystem.cs"] = "makes each P/Invoke fail where the managed way is forced",
    };

    [Fact]
    public void Each_P_Invoke_has_a_managed_way_or_a_refusal()
    {
        SortedSet<string> calls = new(StringComparer.Ordinal);
        foreach (Assembly assembly in Assemblies())
        {
            foreach (MethodInfo method in assembly.GetTypes().SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)))
            {
                if (method.GetCustomAttribute<DllImportAttribute>() is { } import)
                {
                    calls.Add($"{import.Value} {(string.IsNullOrEmpty(import.EntryPoint) ? method.Name : import.EntryPoint)}");
                }
            }
        }

        Assert.Equal(s_ways.Keys, calls);
    }

    [Fact]
    public void Each_library_that_is_loaded_on_demand_has_one_too()
    {
        string sources = Path.Combine(FixtureFile.Repository, "src");
        Assert.Equal(s_loaders.Keys, Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(sources, f).Replace('\\', '/'))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(Path.Combine(sources, f)).Contains("NativeLibrary.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("xz", "xz", "liblzma.so.5")]
    [InlineData("lzma", "lzma", "liblzma.so.5")]
    [InlineData("bz2", "bzip2", "libbz2.so.1.0")]
    [InlineData("lzo", "lzo", "liblzo2.so.2")]
    public void A_format_of_a_library_of_Linux_is_refused_by_name(string ending, string format, string library)
    {
        ProgramResult result = Managed($"check {FixtureFile.PathOf($"page-era5-packed/page-era5-packed.{ending}")}");
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        Assert.EndsWith($"is compressed ({format}), and {library}, which unpacks that, is a library of Linux; unpack it and name the result", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_id_is_refused_by_the_library_that_asks_for_it()
    {
        ProgramResult result = ProgramRun.Shell($"DEBUGINFOD_URLS=http://127.0.0.1:1 {PlatformSwitch.Variable}=managed {ProgramRun.ShellCommand} check 0123456789abcdef0123456789abcdef01234567 --debuginfod");
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        Assert.Contains("--debuginfod needs libdebuginfod.so.1", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_managed_way_says_the_same()
    {
        string command = $"check {FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf")}";
        ProgramResult managed = Managed(command);
        ProgramResult usual = ProgramRun.Shell($"{ProgramRun.ShellCommand} {command}");
        Assert.Equal((usual.ExitCode, usual.Out, usual.Err), (managed.ExitCode, managed.Out, managed.Err));
    }

    // The switch does what it says: strace would show it, and so does the mapping, which the runtime makes shared.
    [Fact]
    public void The_managed_way_maps_by_the_runtime()
    {
        Assert.SkipUnless(File.Exists("/proc/self/maps"), "no /proc/self/maps");
        string large = Path.Combine(Directory.CreateTempSubdirectory("layoutcheck-").FullName, "large");
        try
        {
            File.WriteAllBytes(large, new byte[8 << 20]);
            using LayoutCheck.IO.MappedFile file = LayoutCheck.IO.MappedFile.Open(large);
            string how = Assert.Single(File.ReadLines("/proc/self/maps"), l => l.EndsWith(large, StringComparison.Ordinal)).Split(' ')[1];
            Assert.Equal(LayoutCheck.Core.HostSystem.IsLinux ? "r--p" : "r--s", how);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(large)!, true);
        }
    }

    [Fact]
    public void Another_word_is_refused()
    {
        ProgramResult result = ProgramRun.Shell($"{PlatformSwitch.Variable}=bogus {ProgramRun.ShellCommand} --version");
        Assert.Equal((2, "", $"layoutcheck: {PlatformSwitch.Variable}: there is no way 'bogus'; there is managed\n"), (result.ExitCode, result.Out, result.Err));
    }

    private static ProgramResult Managed(string arguments) => ProgramRun.Shell($"{PlatformSwitch.Variable}=managed {ProgramRun.ShellCommand} {arguments}");

    // The program, the library, and the packages that come with them.
    private static IEnumerable<Assembly> Assemblies()
    {
        Dictionary<string, Assembly> found = new(StringComparer.Ordinal);
        Queue<Assembly> open = new([typeof(Program).Assembly, typeof(KernelImage).Assembly]);
        while (open.TryDequeue(out Assembly? assembly))
        {
            if (!found.TryAdd(assembly.GetName().Name!, assembly))
            {
                continue;
            }

            foreach (AssemblyName name in assembly.GetReferencedAssemblies())
            {
                if (File.Exists(Path.Combine(AppContext.BaseDirectory, name.Name + ".dll")))
                {
                    open.Enqueue(Assembly.Load(name));
                }
            }
        }

        Assert.Contains("ZstdSharp", found.Keys);
        return found.Values;
    }
}
