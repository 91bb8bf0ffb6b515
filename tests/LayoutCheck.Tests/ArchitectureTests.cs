using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests;

/// <summary>
/// Who may use whom (src/ARCHITECTURE.md): reads the sources of the library and fails on any other dependency between its folders.
/// </summary>
public sealed partial class ArchitectureTests
{
    // The files of the library's folder itself are the facade: they may use everything, and of the folders Analyses alone uses them.
    internal static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Core"] = [],
        ["Platform"] = ["Core"],
        ["IO"] = ["Core", "Platform"],
        ["Codecs"] = ["Core", "IO"],
        ["Archives"] = ["Core", "IO", "Codecs"],
        ["Machine"] = ["Core"],
        ["Elf"] = ["Core", "IO", "Codecs"],
        ["Images"] = ["Core", "IO", "Codecs", "Elf"],
        ["VmCoreInfo"] = ["Core", "IO", "Elf", "Images", "Machine"],
        ["Inputs"] = ["Core", "Platform", "IO", "Codecs", "Archives", "Elf", "Images"],
        ["Lookup"] = ["Core", "IO", "Codecs", "Elf", "Images", "Inputs", "Btf"],
        ["Types"] = ["Core"],
        ["Dwarf"] = ["Core", "IO", "Elf", "Lookup", "Types"],
        ["Btf"] = ["Core", "IO", "Types"],
        ["Bpf"] = ["Core", "IO", "Elf", "Btf", "Types"],
        ["Layouts"] = ["Core", "Types"],
        ["Compare"] = ["Core", "Types"],
        ["History"] = ["Core", "Types"],
        ["Rules"] = ["Core", "Layouts", "Types"],
        ["Code"] = ["Core", "IO", "Elf", "Machine", "Layouts", "Types"],
        ["Reports"] = ["Core", "Bpf", "Compare", "Rules", "Code", "Layouts", "Types"],
        ["Analyses"] = ["Core", "Bpf", "Compare", "Layouts", "Types", "History", "Rules", "Code", "Reports"],
    };

    // The questions are asked of the facade.
    private const string AboveTheFacade = "Analyses";

    private sealed record Source(string Folder, string Name, string Text, string Code);

    private static readonly string Library = Path.Combine(FixtureFile.Repository, "src", "LayoutCheck");

    private static readonly Source[] Sources =
    [
        .. Directory.EnumerateFiles(Library, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Library, path).Replace('\\', '/'))
            .Where(name => !name.StartsWith("bin/", StringComparison.Ordinal) && !name.StartsWith("obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                string text = File.ReadAllText(Path.Combine(Library, name));
                return new Source(name.Contains('/') ? name[..name.IndexOf('/')] : "", name, text, CommentsAndTexts().Replace(text, " "));
            }),
    ];

    // Which folder declares a type; by its name alone, as names are unique in the library.
    private static readonly Dictionary<string, string> FolderOfType = Sources
        .SelectMany(source => Declarations().Matches(source.Code).Select(match => (Type: match.Groups["name"].Value, source.Folder)))
        .Distinct()
        .GroupBy(declared => declared.Type, StringComparer.Ordinal)
        .Where(group => group.Select(declared => declared.Folder).Distinct().Count() == 1)
        .ToDictionary(group => group.Key, group => group.First().Folder, StringComparer.Ordinal);

    [Fact]
    public void Every_folder_is_in_the_plan()
    {
        Assert.True(Sources.Length > 30, $"{Sources.Length} sources in {Library}");
        Assert.Empty(Sources.Select(source => source.Folder).Where(folder => folder.Length > 0).Distinct().Except(MayUse.Keys));
    }

    [Fact]
    public void A_files_namespace_is_its_folder()
    {
        foreach (Source source in Sources)
        {
            string expected = string.Join('.', ["LayoutCheck", .. source.Name.Split('/')[..^1]]);
            Assert.True(source.Code.Contains($"namespace {expected};", StringComparison.Ordinal), $"{source.Name} is not in namespace {expected}");
        }
    }

    [Fact]
    public void Folders_use_only_those_that_they_may()
    {
        List<string> offences = [];
        foreach (Source source in Sources.Where(source => source.Folder.Length > 0))
        {
            string[] allowed = [source.Folder, .. MayUse.GetValueOrDefault(source.Folder, [])];
            IEnumerable<string> named = Usings().Matches(source.Code).Select(match => match.Groups["folder"].Value);
            IEnumerable<string> typed = Qualified().Matches(source.Code)
                .Where(match => FolderOfType.GetValueOrDefault(match.Groups["type"].Value) == match.Groups["folder"].Value)
                .Select(match => match.Groups["folder"].Value);
            offences.AddRange(named.Concat(typed).Where(MayUse.ContainsKey).Except(allowed).Select(folder => $"{source.Name} uses {folder}/"));
            offences.AddRange(Identifiers().Matches(source.Code).Select(match => match.Value).Distinct()
                .Where(word => source.Folder != AboveTheFacade && FolderOfType.GetValueOrDefault(word) == "").Select(word => $"{source.Name} uses the facade's {word}"));
        }

        Assert.True(offences.Count == 0, string.Join('\n', offences));
    }

    [Fact]
    public void Unsafe_code_is_in_what_reads_bytes_and_in_files_that_say_that_they_are_hot()
    {
        foreach (Source source in Sources.Where(source => source.Folder is not ("Platform" or "IO" or "Codecs" or "Elf")))
        {
            bool isUnsafe = UnsafeWords().IsMatch(source.Code);
            Assert.True(!isUnsafe || source.Text.Contains(" Hot: ", StringComparison.Ordinal), $"{source.Name} has unsafe code, and its header does not say Hot");
        }
    }

    [Fact]
    public void The_library_depends_on_the_packages_that_ARCHITECTURE_names()
    {
        string plan = File.ReadAllText(Path.Combine(FixtureFile.Repository, "src", "ARCHITECTURE.md"));
        foreach (string project in (string[])["LayoutCheck/LayoutCheck.csproj", "LayoutCheck.Cli/LayoutCheck.Cli.csproj"])
        {
            IEnumerable<string?> packages = XDocument.Load(Path.Combine(FixtureFile.Repository, "src", project)).Descendants("PackageReference").Select(r => r.Attribute("Include")?.Value);
            Assert.All(packages, package => Assert.Contains($"\n| {package} |", plan, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_program_starts_nothing_and_uses_no_network()
        => Assert.All(
            (Assembly[])[typeof(KernelImage).Assembly, typeof(LayoutCheck.Cli.Program).Assembly],
            a => Assert.DoesNotContain(
                a.GetReferencedAssemblies(), r => r.Name is "System.Diagnostics.Process" || r.Name!.StartsWith("System.Net", StringComparison.Ordinal)));

    // Comments, then string and character literals: what they say is no code.
    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|"{3}.*?"{3}|@"(?:[^"]|"")*"|\$?"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", RegexOptions.Singleline)]
    private static partial Regex CommentsAndTexts();

    [GeneratedRegex("""\b(?:class|struct|record|interface|enum|record\s+struct|record\s+class)\s+(?<name>[A-Z]\w*)""")]
    private static partial Regex Declarations();

    [GeneratedRegex("""\busing\s+(?:static\s+)?(?:\w+\s*=\s*)?(?:global::)?LayoutCheck\.(?<folder>\w+)|\bLayoutCheck\.(?<folder>\w+)\.""")]
    private static partial Regex Usings();

    // `Elf.Section` without a using: the parent namespace is in sight.
    [GeneratedRegex("""(?<![\w.])(?<folder>[A-Z]\w*)\.(?<type>[A-Z]\w*)""")]
    private static partial Regex Qualified();

    [GeneratedRegex("""(?<![\w.])[A-Z]\w*""")]
    private static partial Regex Identifiers();

    [GeneratedRegex("""\bunsafe\b|\bfixed\s*\(|\bstackalloc\b.*\*""")]
    private static partial Regex UnsafeWords();
}
