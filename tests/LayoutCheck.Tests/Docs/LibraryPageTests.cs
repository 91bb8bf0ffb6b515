using System.Diagnostics;
using System.Runtime.InteropServices;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>The example of src/docs/library.md compiles as a program of its own, which sees public members alone, and answers as the program does.</summary>
public sealed class LibraryPageTests
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    [Fact]
    public void The_example_runs()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-");
        try
        {
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll"))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            string source = Path.Combine(folder.FullName, "example.cs");
            File.WriteAllText(source, "global using System;\n" + Assert.Single(DocPage.Of("src/docs/library.md").Blocks("csharp")));
            (int code, string output) = Compile(source, Path.Combine(folder.FullName, "example.dll"), Path.Combine(folder.FullName, "LayoutCheck.Core.dll"));
            Assert.True(code == 0, output);

            foreach ((string fixture, int verdict, string headline) in ((string, int, string)[])
                [
                    ("page-era6/page-era6.gcc-dwarf5.elf", 0, "pgmap lines up with compound_info: folio.pgmap @8"),
                    ("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf", 1, "pgmap does NOT line up with compound_head"),
                ])
            {
                (code, output) = Run("exec", "--runtimeconfig", Path.Combine(AppContext.BaseDirectory, "LayoutCheck.Tests.runtimeconfig.json"), Path.Combine(folder.FullName, "example.dll"), FixtureFile.PathOf(fixture));
                Assert.True(code == verdict, output);
                Assert.StartsWith(headline, output, StringComparison.Ordinal);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // By the compiler of the SDK that runs the tests, against the runtime's own assemblies: no project, no restore.
    private static (int Code, string Output) Compile(string source, string output, string library)
    {
        string compiler = Directory.EnumerateDirectories(Path.Combine(s_root, "sdk")).Select(sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll")).Last(File.Exists);
        string response = source + ".rsp";
        File.WriteAllLines(response, ["-nologo", "-noconfig", "-nostdlib", "-nullable:enable", "-langversion:14", $"-out:\"{output}\"", $"-r:\"{library}\"", .. References().Select(r => $"-r:\"{r}\""), $"\"{source}\""]);
        return Run("exec", compiler, $"@{response}");
    }

    private static IEnumerable<string> References()
        => Directory.EnumerateFiles(RuntimeEnvironment.GetRuntimeDirectory(), "System*.dll").Where(f => !Path.GetFileName(f).Contains(".Native", StringComparison.Ordinal));

    private static (int Code, string Output) Run(params string[] arguments)
    {
        ProcessStartInfo start = new(Path.Combine(s_root, "dotnet"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
