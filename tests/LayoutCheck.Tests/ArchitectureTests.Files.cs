using System.Text.RegularExpressions;

namespace LayoutCheck.Tests;

/// <content>Dependencies between the files of one folder, and between the subfolders of Dwarf: a file depends on each file that declares a type whose name it has.</content>
public sealed partial class ArchitectureTests
{
    // Files that may depend on each other, by name, with the reason. A cycle is allowed if one of these sets has all of its files.
    private static readonly (string Reason, string[] Files)[] AllowedCycles =
    [
    ];

    // What a subfolder may use besides itself. A folder that is not here has no subfolders, or no rule for them.
    private static readonly Dictionary<string, string[]> SubfolderMayUse = new(StringComparer.Ordinal)
    {
        ["Dwarf/Sections"] = [],
        ["Dwarf/Abbrevs"] = ["Dwarf/Sections"],
        ["Dwarf/Decode"] = ["Dwarf/Sections", "Dwarf/Abbrevs"],
        ["Dwarf/Scan"] = ["Dwarf/Sections", "Dwarf/Abbrevs", "Dwarf/Decode"],
        ["Dwarf/Split"] = ["Dwarf/Sections", "Dwarf/Abbrevs", "Dwarf/Decode"],
        ["Dwarf/Surveys"] = ["Dwarf/Sections", "Dwarf/Abbrevs", "Dwarf/Decode", "Dwarf/Scan", "Dwarf/Split"],
        ["Dwarf/Census"] = ["Dwarf/Sections", "Dwarf/Abbrevs", "Dwarf/Decode", "Dwarf/Scan", "Dwarf/Split", "Dwarf/Surveys"],
    };

    [Fact]
    public void Files_of_a_folder_have_no_cycles()
    {
        Dictionary<string, HashSet<string>> uses = FileDependencies(Sources.Select(s => (s.Name, s.Code)));
        Assert.True(uses.Values.Sum(u => u.Count) > 100, "hardly a file depends on another: the sources are not understood");
        string[][] cycles =
        [
            .. uses.Keys.GroupBy(FolderOf).SelectMany(folder => Cycles([.. folder], uses))
                .Where(cycle => !AllowedCycles.Any(allowed => !cycle.Select(Path.GetFileName).Except(allowed.Files).Any())),
        ];
        Assert.True(cycles.Length == 0, string.Join('\n', cycles.Select(c => "these depend on each other: " + string.Join(", ", c))));
    }

    [Fact]
    public void Subfolders_use_only_those_that_they_may()
    {
        Dictionary<string, HashSet<string>> uses = FileDependencies(Sources.Select(s => (s.Name, s.Code)));
        Assert.Empty(SubfolderMayUse.Keys.Except(uses.Keys.Select(FolderOf)));
        string[] offences =
        [
            .. from file in uses
               where SubfolderMayUse.ContainsKey(FolderOf(file.Key))
               from used in file.Value
               where SubfolderMayUse.ContainsKey(FolderOf(used)) && FolderOf(used) != FolderOf(file.Key) && !SubfolderMayUse[FolderOf(file.Key)].Contains(FolderOf(used))
               select $"{file.Key} uses {used}",
        ];
        Assert.True(offences.Length == 0, string.Join('\n', offences));
    }

    [Fact]
    public void Cycles_between_files_are_found_and_named()
    {
        Dictionary<string, HashSet<string>> uses = FileDependencies(
        [
            ("A/One.cs", "internal sealed class One { private Two _two; }"),
            ("A/Two.cs", "internal delegate Three Two(int number);"),
            ("A/Three.cs", "internal readonly record struct Three(int Value) { public One Back => null!; }"),
            ("A/Four.cs", "internal enum Four { Low } internal static class Names { public static One First = null!; }"),
            ("B/Five.cs", "internal sealed class Five(One one) { public Section One { get; } = new() { One = 1 }; }"),
        ]);

        Assert.Equal(["A/One.cs, A/Three.cs, A/Two.cs"], Cycles([.. uses.Keys.Where(f => FolderOf(f) == "A")], uses).Select(c => string.Join(", ", c)));
        Assert.Equal(["A/One.cs"], uses["B/Five.cs"]);
        Assert.Empty(FileDependencies([("A/One.cs", "class One { int Two { get; } }"), ("A/Two.cs", "class Two { }")])["A/One.cs"]);
    }

    private static string FolderOf(string file) => file.Contains('/') ? file[..file.LastIndexOf('/')] : "";

    // By file: the files that declare a type it names. Comments and texts are gone from the code; names of members and parameters are no types.
    private static Dictionary<string, HashSet<string>> FileDependencies(IEnumerable<(string Name, string Code)> files)
    {
        (string Name, string Code)[] all = [.. files];
        Dictionary<string, string> declaredIn = all
            .SelectMany(file => TopLevelTypes().Matches(file.Code).Select(match => (Type: match.Groups["name"].Value, file.Name)))
            .DistinctBy(declared => declared.Type)
            .ToDictionary(declared => declared.Type, declared => declared.Name, StringComparer.Ordinal);
        return all.ToDictionary(
            file => file.Name,
            file => TypeNames().Matches(file.Code).Select(match => declaredIn.GetValueOrDefault(match.Value)).OfType<string>().Where(name => name != file.Name).ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);
    }

    // Sets of files that reach each other, in ordinal order.
    private static IEnumerable<string[]> Cycles(string[] files, Dictionary<string, HashSet<string>> uses)
    {
        Dictionary<string, HashSet<string>> reached = files.ToDictionary(file => file, file => Reach(file, [.. files], uses), StringComparer.Ordinal);
        return files.Where(file => reached[file].Contains(file))
            .Select(file => (string[])[.. files.Where(other => reached[file].Contains(other) && reached[other].Contains(file)).Order(StringComparer.Ordinal)])
            .DistinctBy(cycle => cycle[0]);
    }

    private static HashSet<string> Reach(string from, HashSet<string> within, Dictionary<string, HashSet<string>> uses)
    {
        HashSet<string> reached = new(StringComparer.Ordinal);
        Queue<string> next = new([from]);
        while (next.TryDequeue(out string? file))
        {
            foreach (string used in uses[file].Where(used => within.Contains(used) && reached.Add(used)))
            {
                next.Enqueue(used);
            }
        }

        return reached;
    }

    [GeneratedRegex("""^(?:(?:public|internal|file|static|sealed|abstract|readonly|partial|unsafe|ref)\s+)*(?:(?:class|struct|interface|enum|record\s+struct|record\s+class|record)\s+(?<name>[A-Z]\w*)|delegate\s[^;(]*?(?<name>[A-Z]\w*)\s*[(<])""", RegexOptions.Multiline)]
    private static partial Regex TopLevelTypes();

    // A word behind a type is the name of a member or a parameter, and one before an assignment is a member.
    [GeneratedRegex("""(?<![\w.])(?<![\w>\])](?<!\b(?:new|is|as|return|throw|case|in|out|ref|not|or|and|public|private|protected|internal|static|readonly|sealed|abstract|override|virtual|async|const|params|when|else|await|typeof|this|where|class|record|struct|unsafe|delegate|event|required|scoped|implicit|explicit|operator|using|yield|init))\?? +)[A-Z]\w*(?!\s*=(?![=>]))""")]
    private static partial Regex TypeNames();
}
