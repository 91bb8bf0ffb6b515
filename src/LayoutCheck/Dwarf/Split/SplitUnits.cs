using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Lookup;

namespace LayoutCheck.Dwarf.Split;

/// <summary>
/// Finds the split units of the skeletons of an image (DWARF 5 §3.1.2, §7.3.2; GNU's form of DWARF 4): in the package beside the image, or else in the .dwo
/// file that the skeleton names, relative to the compilation directory, the image, or the debug directory. Both halves must have the same id. Safe to use
/// from several threads.
/// </summary>
internal sealed class SplitUnits
{
    private readonly DwarfSections _image;
    private readonly string? _debugDirectory;
    private readonly string _home;
    private readonly string[] _packagePlaces;
    private readonly Lazy<Skeletons> _skeletons;
    private readonly Dictionary<string, DwoFile> _kept = new(StringComparer.Ordinal);

    /// <param name="image">The file with the skeleton units.</param>
    /// <param name="debugDirectory">The directory to search first, or null.</param>
    /// <param name="imagePath">The stripped image, if <paramref name="image"/> is its separate debug file.</param>
    public SplitUnits(DwarfSections image, string? debugDirectory, string? imagePath)
    {
        _image = image;
        _debugDirectory = debugDirectory;
        _home = MappedFile.FolderOf(image.File);
        string? undecorated = image.File.EndsWith(".debug", StringComparison.Ordinal) ? image.File[..^6] : null;
        IEnumerable<string> packages = new[] { image.File, imagePath, undecorated }.OfType<string>().Select(name => name + ".dwp");
        _packagePlaces = [.. packages.SelectMany(p => debugDirectory is null ? [p] : new[] { Path.Combine(debugDirectory, Path.GetFileName(p)), p })];
        _skeletons = new Lazy<Skeletons>(ReadSkeletons);
    }

    /// <summary>Opens the split unit of a skeleton.</summary>
    /// <param name="skeleton">Its header.</param>
    /// <param name="root">Its root DIE.</param>
    /// <exception cref="InvalidImageException">It is missing, or its id differs.</exception>
    public SplitUnit Open(in UnitHeader skeleton, in UnitRoot root)
    {
        Skeletons skeletons = _skeletons.Value;
        string name = root.Text(root.DwoName);
        if (name.Length == 0)
        {
            throw _image.Info.Invalid(skeleton.Offset, "split DWARF: a skeleton unit that names no .dwo file");
        }

        if (root.DwoId is not { } id)
        {
            throw _image.Info.Invalid(skeleton.Offset, $"split DWARF: the types are in {name}, and no id tells whether that file is the one that was built");
        }

        if (skeletons.Package?.CompileUnit(id) is var (packaged, unit))
        {
            return Pair(skeleton, new SplitUnit(packaged, unit, [], null, _image));
        }

        string[] places = [.. Places(name, root.Text(root.CompilationDirectory))];
        string? other = null;
        ulong wanted = skeleton.Offset;
        SplitUnit? split = CompanionFinder.First(places, path =>
        {
            (int count, ulong first) = skeletons.Uses.GetValueOrDefault(path, (1, wanted));
            DwoFile file = count > 1 ? Kept(path) : DwoFile.Open(path, _image, isKept: false);
            if (file.CompileUnits.TryGetValue(id, out UnitHeader found))
            {
                _image.Info.File.Inputs.Use(new InputFile(FileRole.SplitDwarf, path, null, null));
                UnitHeader[] typeUnits = first == wanted ? file.TypeUnits : [];
                return new SplitUnit(file.Sections, found, typeUnits, count > 1 ? null : file.File, _image);
            }

            other ??= $"{path} is of another build: {file.DescribeIds()}, and 0x{id:x16} is wanted";
            if (count == 1)
            {
                file.File.Dispose();
            }

            return null;
        });
        if (split is not null)
        {
            return Pair(skeleton, split);
        }

        string missing = $"which is not there (looked in {string.Join(", ", places.Select(Path.GetDirectoryName).Distinct(StringComparer.Ordinal))})";
        string package = skeletons.Package is null ? "" : $", and {skeletons.PackagePath} has no unit of its id";
        throw _image.Info.Invalid(
            skeleton.Offset,
            other is null ? $"split DWARF: the types are in {name}, {missing}{package}" : $"split DWARF: the types are in {name}, and {other}{package}",
            "put the .dwo files of this build where they were built, beside the image, or where --debug-dir says, "
                + "or their package (.dwp) beside the image, or use --source btf");
    }

    /// <summary>A type unit of the package by its number; null past the last one, or if the package has no unit of the image.</summary>
    public (DwarfSections File, UnitHeader Unit)? PackagedTypeUnit(int number)
        => (_skeletons.IsValueCreated || Array.Exists(_packagePlaces, CompanionFinder.Exists)) && _skeletons.Value is { UsesPackage: true, Package: { } package }
            ? package.TypeUnitAt(number)
            : null;

    private SplitUnit Pair(in UnitHeader skeleton, SplitUnit split)
    {
        if (split.Unit.AddressSize != skeleton.AddressSize)
        {
            split.Dispose();
            throw split.File.Info.Invalid(
                split.Unit.Offset,
                $"a unit with addresses of {split.Unit.AddressSize} bytes, and of {skeleton.AddressSize} in {_image.File}, which refers to it");
        }

        split.File.AddSkeleton(split.Unit, _image, skeleton);
        return split;
    }

    // In search order. A name may be a path; the bare name finds files that were gathered in one directory.
    private IEnumerable<string> Places(string name, string compilationDirectory)
    {
        string bare = Path.GetFileName(name);
        string[] places =
        [
            .. _debugDirectory is null ? Array.Empty<string>() : [Path.Combine(_debugDirectory, name), Path.Combine(_debugDirectory, bare)],
            Path.Combine(_home, compilationDirectory, name),
            Path.Combine(_home, name),
            Path.Combine(_home, bare),
        ];
        return places.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal);
    }

    // A file that several skeletons name (LTO puts many units into one) is read once and stays open. The others are closed after their unit, so that
    // thousands of files need no more memory than a few.
    private DwoFile Kept(string path)
    {
        lock (_kept)
        {
            if (!_kept.TryGetValue(path, out DwoFile? file))
            {
                file = DwoFile.Open(path, _image, isKept: true);
                _image.Info.File.Own(file.File);
                _kept.Add(path, file);
            }

            return file;
        }
    }

    // Runs at the first skeleton: an image without any pays nothing.
    private Skeletons ReadSkeletons()
    {
        string? packagePath = Array.Find(_packagePlaces, CompanionFinder.Exists);
        DwarfPackage? package = packagePath is null ? null : DwarfPackage.Open(packagePath, _image);
        Dictionary<string, (int Count, ulong First)> uses = new(StringComparer.Ordinal);
        Dictionary<(string, string), string?> known = [];
        bool usesPackage = false;
        AbbrevTable abbrevs = new(_image.Abbrev);
        foreach (UnitHeader unit in _image.Units.All())
        {
            UnitRoot root = Root(abbrevs, unit);
            if (!root.IsSkeleton)
            {
                continue;
            }

            if (package is not null && root.DwoId is { } id && package.Has(id))
            {
                usesPackage = true;
                continue;
            }

            (string Name, string Directory) named = (root.Text(root.DwoName), root.Text(root.CompilationDirectory));
            if (!known.TryGetValue(named, out string? path))
            {
                path = named.Name.Length == 0 ? null : Places(named.Name, named.Directory).FirstOrDefault(CompanionFinder.Exists);
                known.Add(named, path);
            }

            if (path is not null)
            {
                uses[path] = uses.TryGetValue(path, out (int Count, ulong First) use) ? (use.Count + 1, use.First) : (1, unit.Offset);
            }
        }

        return new Skeletons(package, packagePath, usesPackage, uses);
    }

    // Damage is reported by the question that reads the unit.
    private UnitRoot Root(AbbrevTable abbrevs, in UnitHeader unit)
    {
        try
        {
            abbrevs.Load(unit);
            return UnitRoot.Read(_image, _image.Info, abbrevs, unit);
        }
        catch (InvalidImageException)
        {
            return default;
        }
    }

    /// <summary>The files that the skeletons of the image refer to.</summary>
    /// <param name="Package">The package, if there is one.</param>
    /// <param name="PackagePath">Its path.</param>
    /// <param name="UsesPackage">Whether it has the split unit of any skeleton.</param>
    /// <param name="Uses">For each .dwo: the number of skeletons that name it, and the offset of the first.</param>
    private sealed record Skeletons(DwarfPackage? Package, string? PackagePath, bool UsesPackage, Dictionary<string, (int Count, ulong First)> Uses);
}
