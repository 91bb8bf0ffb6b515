using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Split;

/// <summary>
/// Finds what the skeleton units of an image stand for (DWARF 5 §3.1.2, §7.3.2; GNU's form of DWARF 4): in the package beside the image, or else
/// in the .dwo file that the skeleton names, from the directory that was compiled in, from that of the image, or where the user says. The id that
/// both halves have must be the same. Safe to use from several threads.
/// </summary>
internal sealed class SplitUnits
{
    private readonly DwarfSections _image;
    private readonly string? _debugDirectory;
    private readonly string _home;
    private readonly string[] _packagePlaces;
    private readonly Lazy<Plan> _plan;
    private readonly Dictionary<string, DwoFile> _kept = new(StringComparer.Ordinal);

    /// <param name="image">The file with the skeleton units.</param>
    /// <param name="debugDirectory">Where to look first, or null.</param>
    /// <param name="imagePath">The image that the file was split off from, when it is not the image itself.</param>
    public SplitUnits(DwarfSections image, string? debugDirectory, string? imagePath)
    {
        _image = image;
        _debugDirectory = debugDirectory;
        _home = MappedFile.FolderOf(image.File);
        string[] names = [image.File, .. imagePath is null ? Array.Empty<string>() : [imagePath], .. image.File.EndsWith(".debug", StringComparison.Ordinal) ? [image.File[..^6]] : Array.Empty<string>()];
        _packagePlaces = [.. names.SelectMany(n => debugDirectory is null ? [n + ".dwp"] : new[] { Path.Combine(debugDirectory, Path.GetFileName(n) + ".dwp"), n + ".dwp" })];
        _plan = new Lazy<Plan>(MakePlan);
    }

    /// <summary>The other half of a skeleton unit.</summary>
    /// <param name="skeleton">Its header.</param>
    /// <param name="root">What its DIE says.</param>
    /// <exception cref="InvalidImageException">It is not there, or is not the one that is meant.</exception>
    public SplitUnit Open(in UnitHeader skeleton, in UnitRoot root)
    {
        Plan plan = _plan.Value;
        string name = root.Text(_image, root.DwoName);
        if (name.Length == 0)
        {
            throw _image.Info.Invalid(skeleton.Offset, "split DWARF: a skeleton unit that names no .dwo file");
        }

        if (root.DwoId is not { } id)
        {
            throw _image.Info.Invalid(skeleton.Offset, $"split DWARF: the types are in {name}, and no id tells whether that file is the one that was built");
        }

        if (plan.Package?.CompileUnit(id) is var (packaged, unit))
        {
            return Pair(skeleton, new SplitUnit(packaged, unit, [], null, _image));
        }

        string[] places = [.. Places(name, root.Text(_image, root.CompilationDirectory))];
        string? other = null;
        foreach (string path in places.Where(File.Exists))
        {
            (int count, ulong first) = plan.Uses.GetValueOrDefault(path, (1, skeleton.Offset));
            DwoFile file = count > 1 ? Kept(path) : DwoFile.Open(path, _image, isKept: false);
            if (file.CompileUnits.TryGetValue(id, out UnitHeader found))
            {
                _image.Info.File.Inputs.Use(new InputFile(FileRole.SplitDwarf, path, null, null));
                return Pair(skeleton, new SplitUnit(file.Sections, found, first == skeleton.Offset ? file.TypeUnits : [], count > 1 ? null : file.File, _image));
            }

            other ??= $"{path} is of another build: {file.DescribeIds()}, and 0x{id:x16} is wanted";
            if (count == 1)
            {
                file.File.Dispose();
            }
        }

        string missing = $"which is not there (looked in {string.Join(", ", places.Select(Path.GetDirectoryName).Distinct(StringComparer.Ordinal))})";
        string package = plan.Package is null ? "" : $", and {plan.PackagePath} has no unit of its id";
        throw _image.Info.Invalid(
            skeleton.Offset,
            other is null ? $"split DWARF: the types are in {name}, {missing}{package}" : $"split DWARF: the types are in {name}, and {other}{package}",
            "put the .dwo files of this build where they were built, beside the image, or where --debug-dir says, or their package (.dwp) beside the image, or use --source btf");
    }

    /// <summary>A type unit of the package, by its number; null past the last one, or when no skeleton of the image is in the package.</summary>
    public (DwarfSections File, UnitHeader Unit)? PackagedTypeUnit(int number)
        => (_plan.IsValueCreated || Array.Exists(_packagePlaces, File.Exists)) && _plan.Value is { UsesPackage: true, Package: { } package } ? package.TypeUnitAt(number) : null;

    /// <summary>Reads a file that an image refers to.</summary>
    /// <exception cref="InvalidImageException">It is not an ELF file, or not one for the same machine.</exception>
    public static ElfFile ReadElf(MappedFile file, DwarfSections image)
    {
        if (!ElfFile.HasMagic(file))
        {
            throw new InvalidImageException(file.Path, null, null, $"is not an ELF file, and {image.File} refers to it");
        }

        ElfFile elf = ElfFile.Read(file);
        return elf.Header.IsBigEndian == image.Info.IsBigEndian
            ? elf
            : throw new InvalidImageException(file.Path, null, null, $"has another byte order than {image.File}, which refers to it");
    }

    private SplitUnit Pair(in UnitHeader skeleton, SplitUnit split)
    {
        if (split.Unit.AddressSize != skeleton.AddressSize)
        {
            split.Dispose();
            throw split.File.Info.Invalid(split.Unit.Offset, $"a unit with addresses of {split.Unit.AddressSize} bytes, and of {skeleton.AddressSize} in {_image.File}, which refers to it");
        }

        split.File.AddSkeleton(split.Unit, _image, skeleton);
        return split;
    }

    // In the order that they are tried. A name may be a path; the bare name is for files that were gathered in one directory.
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

    // A file that several skeletons name (LTO puts many units into one) is read once and stays open; the others are closed when their unit was
    // read, so that thousands of files need no more memory than a few.
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

    // Made when the first skeleton is met: an image without any pays nothing for it.
    private Plan MakePlan()
    {
        string? packagePath = Array.Find(_packagePlaces, File.Exists);
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

            (string Name, string Directory) named = (root.Text(_image, root.DwoName), root.Text(_image, root.CompilationDirectory));
            if (!known.TryGetValue(named, out string? path))
            {
                path = named.Name.Length == 0 ? null : Places(named.Name, named.Directory).FirstOrDefault(File.Exists);
                known.Add(named, path);
            }

            if (path is not null)
            {
                uses[path] = uses.TryGetValue(path, out (int Count, ulong First) use) ? (use.Count + 1, use.First) : (1, unit.Offset);
            }
        }

        return new Plan(package, packagePath, usesPackage, uses);
    }

    // What is damaged is told by whoever asks for that unit's types.
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

    /// <summary>What all skeletons of the image together ask for.</summary>
    /// <param name="Package">The package, when there is one.</param>
    /// <param name="PackagePath">Where it is.</param>
    /// <param name="UsesPackage">Whether it has the other half of any skeleton.</param>
    /// <param name="Uses">For each .dwo: how many skeletons name it, and the offset of the first.</param>
    private sealed record Plan(DwarfPackage? Package, string? PackagePath, bool UsesPackage, Dictionary<string, (int Count, ulong First)> Uses);

    /// <summary>A .dwo file.</summary>
    /// <param name="File">The file.</param>
    /// <param name="Sections">Its DWARF.</param>
    /// <param name="CompileUnits">Its compile units, by their ids.</param>
    /// <param name="TypeUnits">Its type units.</param>
    private sealed record DwoFile(MappedFile File, DwarfSections Sections, Dictionary<ulong, UnitHeader> CompileUnits, UnitHeader[] TypeUnits)
    {
        public static DwoFile Open(string path, DwarfSections image, bool isKept)
        {
            MappedFile file = MappedFile.OpenReferred(path, image.Info.File);
            try
            {
                DwarfSections sections = DwarfSections.FindSplit(ReadElf(file, image), isKept)
                    ?? throw new InvalidImageException(path, null, null, $"is no .dwo file: it has no .debug_info.dwo, and {image.File} refers to it");
                UnitHeader[] units = sections.Units.All();
                return new DwoFile(file, sections, ById(sections, units), Array.FindAll(units, u => u.IsTypeUnit));
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        /// <summary>The ids that it has, for the error.</summary>
        public string DescribeIds() => CompileUnits.Count == 0 ? "it has no id" : $"its id is {string.Join(", ", CompileUnits.Keys.Order().Take(3).Select(id => $"0x{id:x16}"))}{(CompileUnits.Count > 3 ? ", ..." : "")}";

        private static Dictionary<ulong, UnitHeader> ById(DwarfSections sections, UnitHeader[] units)
        {
            Dictionary<ulong, UnitHeader> byId = [];
            AbbrevTable abbrevs = new(sections.Abbrev);
            foreach (UnitHeader unit in units.Where(u => !u.IsTypeUnit))
            {
                abbrevs.Load(unit);
                UnitRoot root = UnitRoot.Read(sections, sections.Info, abbrevs, unit);
                if (root.IsPartial)
                {
                    throw sections.Info.Invalid(unit.Offset, "a partial unit in a .dwo file, which cannot be read", "name the image as it was before dwz");
                }

                if (root.DwoId is { } id && !byId.TryAdd(id, unit))
                {
                    throw sections.Info.Invalid(unit.Offset, $"two units of the id 0x{id:x16}");
                }
            }

            return byId;
        }
    }
}

/// <summary>The half of a compile unit that is not in the image. Closes its file, unless others need it too.</summary>
internal sealed class SplitUnit : IDisposable
{
    private readonly DwarfSections _image;
    private MappedFile? _file;

    /// <param name="file">What the unit is read from.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="typeUnits">The type units to be read along with it.</param>
    /// <param name="mapped">The file to be closed; null when it stays open as long as the image.</param>
    /// <param name="image">The image.</param>
    public SplitUnit(DwarfSections file, in UnitHeader unit, UnitHeader[] typeUnits, MappedFile? mapped, DwarfSections image)
    {
        File = file;
        Unit = unit;
        TypeUnits = typeUnits;
        _file = mapped;
        _image = image;
    }

    /// <summary>The .dwo file, or its part of a package.</summary>
    public DwarfSections File { get; }

    /// <summary>The compile unit.</summary>
    public UnitHeader Unit { get; }

    /// <summary>The type units that came with it: those of the file, for the first of its compile units that the image asks for.</summary>
    public UnitHeader[] TypeUnits { get; }

    /// <summary>The unit and its type units, in the order to read them.</summary>
    public IEnumerable<UnitHeader> Units => TypeUnits.Prepend(Unit);

    /// <summary>Keeps the file open as long as the image: somebody remembers a place in it.</summary>
    public void Keep()
    {
        if (_file is not null)
        {
            _image.Info.File.Own(_file);
            _file = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}

/// <summary>
/// A scanner for each split file that one thread comes to, looking for the same names in all: names are known by their places in a section of
/// strings, and each file has its own.
/// </summary>
internal sealed class SplitScanners(SplitScanners.Names names)
{
    // A scanner has the abbreviations of a unit, 40 KB and more; LTO puts many units into one file, and these follow each other.
    private const int MostScanners = 64;

    private readonly Dictionary<DwarfSections, DieScanner> _scanners = [];

    /// <summary>The scanner for a file.</summary>
    public DieScanner Of(DwarfSections file)
    {
        if (!_scanners.TryGetValue(file, out DieScanner? scanner))
        {
            if (_scanners.Count >= MostScanners)
            {
                _scanners.Clear();
            }

            scanner = new DieScanner(file, names.In(file));
            _scanners.Add(file, scanner);
        }

        return scanner;
    }

    /// <summary>Lets go of the scanner for a file that is about to be closed.</summary>
    public void Forget(DwarfSections file) => _scanners.Remove(file);

    /// <summary>The names, prepared for each file that stays open. Safe to use from several threads.</summary>
    internal sealed class Names(IReadOnlyList<Types.TypeName> requests)
    {
        // All parts of a package have one section of strings.
        private readonly Dictionary<Section, WantedNames> _known = [];

        public WantedNames In(DwarfSections file)
        {
            if (!file.IsKept || file.Str is not { } strings)
            {
                return new WantedNames(requests, file);
            }

            lock (_known)
            {
                if (!_known.TryGetValue(strings, out WantedNames? wanted))
                {
                    wanted = new WantedNames(requests, file);
                    _known.Add(strings, wanted);
                }

                return wanted;
            }
        }
    }
}
