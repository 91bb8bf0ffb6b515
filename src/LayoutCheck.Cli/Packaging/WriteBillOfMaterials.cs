using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes a bill of materials (CycloneDX 1.6, JSON) of a native file: the packages that are linked into it and the compiler's, with versions, licences, SHA-512
/// and dependencies, out of the NuGet packages themselves. Equal files have equal bills: there is no time in it, and its serial number is of the file's hash.
/// </summary>
public class WriteBillOfMaterials : Task
{
    /// <summary>The file to write.</summary>
    [Required]
    public string Path { get; set; }

    /// <summary>The program's name.</summary>
    [Required]
    public string Name { get; set; }

    /// <summary>The program's version.</summary>
    [Required]
    public string Version { get; set; }

    /// <summary>The SPDX expression of the program's licence.</summary>
    [Required]
    public string License { get; set; }

    /// <summary>The program in a sentence.</summary>
    [Required]
    public string Description { get; set; }

    /// <summary>The SHA-256 of the native file, in hexadecimal digits.</summary>
    [Required]
    public string Hash { get; set; }

    /// <summary>Folders that have unpacked packages, <c>id/version/id.nuspec</c>, with semicolons.</summary>
    [Required]
    public string PackageFolders { get; set; }

    /// <summary>The assemblies that are linked into the file. One that is in no package is ours.</summary>
    [Required]
    public ITaskItem[] Linked { get; set; }

    /// <summary>The folders of the compiler's packages.</summary>
    [Required]
    public ITaskItem[] Compilers { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        List<Package> linked = PackagesOf(Linked);
        List<Package> compilers = PackagesOf(Compilers);
        if (Log.HasLoggedErrors)
        {
            return false;
        }

        string hash = Hash.ToLowerInvariant();
        string root = Name + "@" + Version;
        StringBuilder json = new StringBuilder();
        json.Append("{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.6\",\n");
        json.Append("  \"serialNumber\": ").Append(Text("urn:uuid:" + Uuid(hash))).Append(",\n  \"version\": 1,\n  \"metadata\": {\n    \"tools\": { \"components\": [\n");
        json.Append(string.Join(",\n", compilers.Select(p => Component(p, "application")))).Append("\n    ] },\n    \"component\": {\n");
        json.Append("      \"type\": \"application\",\n      \"bom-ref\": ").Append(Text(root)).Append(",\n      \"name\": ").Append(Text(Name)).Append(",\n      \"version\": ").Append(Text(Version));
        json.Append(",\n      \"description\": ").Append(Text(Description));
        json.Append(",\n      \"licenses\": [ ").Append(LicenseOf(License, null)).Append(" ],\n      \"hashes\": [ { \"alg\": \"SHA-256\", \"content\": ").Append(Text(hash)).Append(" } ]\n    }\n  },\n");
        json.Append("  \"components\": [\n").Append(string.Join(",\n", linked.Select(p => Component(p, "library")))).Append("\n  ],\n  \"dependencies\": [\n");
        json.Append("    ").Append(Depends(root, linked.Select(p => p.Reference)));
        foreach (Package package in linked)
        {
            // What the runtime itself has took the place of a package of the same name.
            json.Append(",\n    ").Append(Depends(package.Reference, linked.Where(p => package.Needs.Contains(p.Id)).Select(p => p.Reference)));
        }

        json.Append("\n  ]\n}\n");
        File.WriteAllText(Path, json.ToString(), new UTF8Encoding(false));
        return true;
    }

    private List<Package> PackagesOf(ITaskItem[] items)
    {
        string[] roots = PackageFolders.Split(new[] { ';' }, StringSplitOptions.RemoveEmptyEntries).Select(f => f.TrimEnd('/', '\\') + "/").Distinct().ToArray();
        SortedDictionary<string, Package> packages = new SortedDictionary<string, Package>(StringComparer.Ordinal);
        foreach (string path in items.Select(i => i.ItemSpec.Replace('\\', '/') + "/"))
        {
            string root = roots.Select(r => r.Replace('\\', '/')).FirstOrDefault(r => path.StartsWith(r, StringComparison.Ordinal));
            string[] parts = root == null ? new string[0] : path.Substring(root.Length).Split(new[] { '/' }, StringSplitOptions.RemoveEmptyEntries);
            string key = parts.Length < 2 ? null : root + parts[0] + "/" + parts[1];
            if (key != null && !packages.ContainsKey(key))
            {
                string file = key + "/" + parts[0];
                packages.Add(key, new Package(XDocument.Load(file + ".nuspec").Root.Elements().First(e => e.Name.LocalName == "metadata"), File.ReadAllText(file + "." + parts[1] + ".nupkg.sha512")));
            }
        }

        if (packages.Count == 0)
        {
            Log.LogError("None of {0} lies in a package of {1}, so that the bill of materials would be empty.", string.Join(", ", items.Select(i => i.ItemSpec)), PackageFolders);
        }

        return packages.Values.OrderBy(p => p.Id, StringComparer.Ordinal).ToList();
    }

    private static string Component(Package package, string type)
        => "    {\n      \"type\": " + Text(type) + ",\n      \"bom-ref\": " + Text(package.Reference) + ",\n      \"name\": " + Text(package.Id) + ",\n      \"version\": " + Text(package.Version)
            + ",\n      \"authors\": [ { \"name\": " + Text(package.Authors) + " } ],\n      \"licenses\": [ " + LicenseOf(package.License, package.LicenseUrl)
            + " ],\n      \"hashes\": [ { \"alg\": \"SHA-512\", \"content\": " + Text(package.Hash) + " } ],\n      \"purl\": " + Text(package.Reference) + "\n    }";

    // Of an expression of one word, the id; of a package that tells an address alone, that.
    private static string LicenseOf(string expression, string url)
        => expression == null ? "{ \"license\": { \"name\": \"as its address says\"" + (url == null ? "" : ", \"url\": " + Text(url)) + " } }"
            : expression.Contains(" ") ? "{ \"expression\": " + Text(expression) + " }"
            : "{ \"license\": { \"id\": " + Text(expression) + " } }";

    private static string Depends(string reference, IEnumerable<string> on)
        => "{ \"ref\": " + Text(reference) + ", \"dependsOn\": [ " + string.Join(", ", on.Select(Text)) + " ] }";

    private static string Text(string value)
    {
        StringBuilder text = new StringBuilder("\"");
        foreach (char c in value)
        {
            text.Append(c == '"' || c == '\\' ? "\\" + c : c < ' ' ? "\\u" + ((int)c).ToString("x4") : c.ToString());
        }

        return text.Append('"').ToString();
    }

    // A UUID of version 8, which is free for hashes.
    private static string Uuid(string hash)
        => hash.Substring(0, 8) + "-" + hash.Substring(8, 4) + "-8" + hash.Substring(13, 3) + "-8" + hash.Substring(17, 3) + "-" + hash.Substring(20, 12);

    private class Package
    {
        public Package(XElement nuspec, string hash)
        {
            Id = Value(nuspec, "id");
            Version = Value(nuspec, "version");
            Authors = Value(nuspec, "authors") ?? Id;
            XElement license = nuspec.Elements().FirstOrDefault(e => e.Name.LocalName == "license" && (string)e.Attribute("type") == "expression");
            License = license == null ? null : license.Value;
            LicenseUrl = Value(nuspec, "licenseUrl");
            Hash = BitConverter.ToString(Convert.FromBase64String(hash.Trim())).Replace("-", "").ToLowerInvariant();
            Needs = new HashSet<string>(nuspec.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => (string)e.Attribute("id")), StringComparer.OrdinalIgnoreCase);
        }

        public string Id { get; }

        public string Version { get; }

        public string Authors { get; }

        public string License { get; }

        public string LicenseUrl { get; }

        public string Hash { get; }

        public HashSet<string> Needs { get; }

        public string Reference { get { return "pkg:nuget/" + Uri.EscapeDataString(Id) + "@" + Uri.EscapeDataString(Version); } }

        private static string Value(XElement nuspec, string name)
        {
            XElement element = nuspec.Elements().FirstOrDefault(e => e.Name.LocalName == name);
            return element == null ? null : element.Value;
        }
    }
}
