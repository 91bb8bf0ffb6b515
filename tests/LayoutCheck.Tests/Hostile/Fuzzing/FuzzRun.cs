using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.ExceptionServices;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Machine;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>
/// Numbered cases: the seed and the number give the same image, or rule, every time. Starts from the fixtures; more folders of images may be given.
/// </summary>
internal sealed class FuzzRun
{
    // One case in so many is a rule file or a header.
    private const int RuleEvery = 12;

    // One in so many is two files, of which one refers to the other.
    private const int PairEvery = 9;

    // One in so many is a BPF object, of which there are few among the fixtures.
    private const int BpfEvery = 10;

    // One in so many images is followed by zeros, so that its file is mapped or read in windows, as a kernel is, and not whole.
    private const int LargeEvery = 40;
    private const int LargeSize = 5 << 20;
    private const int NamesShown = 3;

    private readonly int _seed;
    private readonly Seed[] _seeds;
    private readonly int[] _bpf;
    private readonly TypeName[][] _names;
    private readonly Pair[] _pairs;
    private readonly string[] _rules;
    private readonly string[] _headers;
    private readonly Dictionary<TypeName, DefinitionSet> _definitions;
    private readonly Lazy<(Seed Seed, SourceKind Kind, TypeName[] Names)[]> _comparable;

    /// <param name="seed">What all random numbers come from.</param>
    /// <param name="folders">Folders with images to start from besides the fixtures.</param>
    public FuzzRun(int seed, params IEnumerable<string> folders)
    {
        _seed = seed;
        IEnumerable<string> files = FixtureFile.All.Select(FixtureFile.PathOf).Concat(folders.SelectMany(f => Directory.EnumerateFiles(f).Order(StringComparer.Ordinal)));
        _seeds = [.. files.Select(f => SeedOf(Path.GetFileName(f), File.ReadAllBytes(f))).Concat(Wrapped()), .. Exporting()];
        _bpf = [.. Enumerable.Range(0, _seeds.Length).Where(i => _seeds[i].Map.ByKind.Any(k => k[0].Kind == FieldKind.BtfExtension))];
        _names = [.. _seeds.Select(s => NamesOf(s.Bytes))];
        _pairs = [.. Pairs(), .. SplitPairs()];
        _rules = [.. RuleCatalog.Files().Select(f => f.Text)];
        _headers = [.. Headers()];
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        _definitions = image.Types.FindAll(RuleCatalog.Default.RequiredTypes, 1).Sets.ToDictionary(s => s.Name);
        _comparable = new([.. from one in _seeds where IsPlain(one.Bytes) from kind in (SourceKind[])[SourceKind.Dwarf, SourceKind.Btf]
            let names = NamesOf(one.Bytes, kind) where names.Length > 0 select (one, kind, names)]);
    }

    /// <summary>A case.</summary>
    /// <param name="From">What it was made from.</param>
    /// <param name="Image">The image, or null when it is a rule or a header.</param>
    /// <param name="Rule">The rule or header, or null.</param>
    /// <param name="Names">Types to show.</param>
    /// <param name="Companion">The other file, or null.</param>
    public sealed record Case(string From, byte[]? Image, string? Rule, IReadOnlyList<TypeName> Names, Companion? Companion = null)
    {
        /// <summary>What is damaged in the image, or null when it is a rule.</summary>
        internal Draft? Main { get; init; }

        /// <summary>The pair that the image is the first of, and what is damaged in the second, or null.</summary>
        internal (Pair Pair, Draft Other)? Second { get; init; }
    }

    /// <summary>An image that was damaged, before it was wrapped again. Where its fields are is known as long as they did not move.</summary>
    internal sealed record Draft(Seed Seed, byte[] Bytes, Func<byte[], byte[]>? Wrap = null)
    {
        public byte[] Image => Wrap is null ? Bytes : Wrap(Bytes);
    }

    /// <summary>A file that an image refers to, or that it needs.</summary>
    /// <param name="Name">Its name, beside the image.</param>
    /// <param name="Bytes">What is in it.</param>
    /// <param name="IsBase">Whether it is the kernel that a module's BTF goes on from.</param>
    /// <param name="Beside">A third file, or null.</param>
    public sealed record Companion(string Name, byte[] Bytes, bool IsBase, (string Name, byte[] Bytes)? Beside = null);

    /// <summary>An image that others can read too, in one form of debug information.</summary>
    /// <param name="From">What it was made from.</param>
    /// <param name="Image">The image.</param>
    /// <param name="Kind">DWARF or BTF.</param>
    /// <param name="Names">Types to compare, each with its tag's keyword.</param>
    /// <param name="Damaged">What the fields mean that are not as they were.</param>
    public sealed record Comparable(string From, byte[] Image, SourceKind Kind, IReadOnlyList<TypeName> Names, IReadOnlySet<FieldKind> Damaged);

    /// <summary>The image of a number, to be compared with what others say of it: one file, not packed. The first ones are not damaged.</summary>
    public Comparable ComparableAt(long number)
    {
        (Seed seed, SourceKind kind, TypeName[] names) = _comparable.Value[number % _comparable.Value.Length];
        Random random = RandomOf(~number);
        byte[] image = number < _comparable.Value.Length ? seed.Bytes : ImageMutator.Mutate(seed, seed.Bytes, _seeds, random);
        TypeName main = new(TypeNameKind.Struct, random.Next(2) == 0 ? "page" : "folio");
        IEnumerable<TypeName> first = names.Contains(main) ? [main] : [];
        return new Comparable(seed.Name, image, kind, [.. first.Concat(Enumerable.Range(0, NamesShown).Select(_ => names[random.Next(names.Length)])).Distinct().Take(NamesShown)], Damaged(seed, image));
    }

    private static HashSet<FieldKind> Damaged(Seed seed, byte[] image)
        => [.. seed.Map.ByKind.Where(k => k.Any(f => f.Offset + f.Length > image.Length || !image.AsSpan(f.Offset, f.Length).SequenceEqual(seed.Bytes.AsSpan(f.Offset, f.Length)))).Select(k => k[0].Kind)];

    /// <summary>How many images there are to start from, but for those that come in pairs.</summary>
    public int SeedCount => _seeds.Length;

    /// <summary>An image to start from, as it is.</summary>
    public Case Undamaged(int index) => new(_seeds[index].Name, _seeds[index].Bytes, null, [new TypeName(TypeNameKind.Struct, "page"), .. _names[index].Take(NamesShown)])
    {
        Main = new Draft(_seeds[index], _seeds[index].Bytes),
    };

    /// <summary>The case of a number.</summary>
    public Case At(long number)
    {
        Random random = RandomOf(number);
        if (number % RuleEvery == RuleEvery - 1)
        {
            return random.Next(3) == 0
                ? new Case("a header", null, RuleMutator.Mutate(_headers[random.Next(_headers.Length)], _headers, random), [])
                : new Case("a rule", null, RuleMutator.Mutate(_rules[random.Next(_rules.Length)], _rules, random), []);
        }

        if (number % PairEvery == PairEvery - 1)
        {
            Pair pair = _pairs[random.Next(_pairs.Length)];
            return Of(pair, new Draft(pair.Image, pair.Image.Bytes), new Draft(pair.Other, pair.Other.Bytes), random);
        }

        int index = number % BpfEvery == 0 ? _bpf[random.Next(_bpf.Length)] : random.Next(_seeds.Length);
        Seed seed = _seeds[index];
        // What is inside, damaged and packed again: no checksum of the packing keeps its readers from it.
        Draft draft = Damage(seed.Inside is { } inside && random.Next(2) == 0 ? new Draft(inside.Seed, inside.Seed.Bytes, inside.Wrap) : new Draft(seed, seed.Bytes), random);
        List<TypeName> names = [random.Next(2) == 0 ? new TypeName(TypeNameKind.Struct, "page") : new TypeName(TypeNameKind.Any, "folio")];
        for (int i = 1; i < NamesShown && _names[index].Length > 0; i++)
        {
            names.Add(_names[index][random.Next(_names[index].Length)]);
        }

        return Of(seed.Name, draft, [.. names.Distinct()], random);
    }

    /// <summary>A case, damaged further. The number decides how.</summary>
    public Case Again(Case one, long number)
    {
        Random random = RandomOf(number);
        return one switch
        {
            { Rule: { } rule } => one with { Rule = RuleMutator.Mutate(rule, random.Next(2) == 0 ? _headers : _rules, random) },
            { Second: { } second } => Of(second.Pair, one.Main!, second.Other, random),
            _ => Of(one.From, Damage(one.Main!, random), one.Names, random),
        };
    }

    /// <summary>The case that numbers make: the first is that of a case, or the complement of that of an undamaged image; each other damages it further.</summary>
    public Case Of(IReadOnlyList<long> lineage) => lineage.Skip(1).Aggregate(lineage[0] < 0 ? Undamaged((int)~lineage[0]) : At(lineage[0]), Again);

    /// <summary>The numbers that make a case, with commas.</summary>
    public static string TextOf(IReadOnlyList<long> lineage) => string.Join(',', lineage.Select(n => n.ToString(CultureInfo.InvariantCulture)));

    /// <summary>What is wrong with a case, or null.</summary>
    public string? Run(Case one) => one.Image is { } image ? HostileCase.Run(image, one.Names, one.Companion) : HostileCase.Run(one.Rule!, _definitions);

    /// <summary>Runs something on a thread with a small stack, so that recursion shows.</summary>
    public static void OnSmallStack(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    action();
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            HostileCase.StackSize);
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>A case in words.</summary>
    public string Describe(IReadOnlyList<long> lineage, string from, IReadOnlyList<TypeName> names)
        => string.Create(CultureInfo.InvariantCulture, $"case {TextOf(lineage)} of seed {_seed}, from {from}, names {string.Join(", ", names)}");

    private Random RandomOf(long number) => new(unchecked((int)(((ulong)number * 0x9e3779b97f4a7c15UL) >> 32) ^ (_seed * 0x2545f491)));

    private Draft Damage(Draft draft, Random random) => draft with { Bytes = ImageMutator.Mutate(draft.Seed, draft.Bytes, _seeds, random) };

    private static Case Of(string from, Draft draft, IReadOnlyList<TypeName> names, Random random)
    {
        byte[] image = draft.Image;
        if (random.Next(LargeEvery) == 0 && image.Length < LargeSize)
        {
            Array.Resize(ref image, LargeSize);
        }

        return new Case(from, image, null, names) { Main = draft };
    }

    private Case Of(Pair pair, Draft image, Draft other, Random random)
    {
        int which = random.Next(3);
        image = which != 0 ? Damage(image, random) : image with { Bytes = (byte[])image.Bytes.Clone() };
        other = which != 1 ? Damage(other, random) : other;
        if (pair.CrcAt > 0 && which == 0 && pair.CrcAt + 4 <= image.Bytes.Length)
        {
            // Else the checksum would be all that is ever met.
            using MappedFile file = MappedFile.FromBytes("other", other.Bytes);
            BinaryPrimitives.WriteUInt32LittleEndian(image.Bytes.AsSpan(pair.CrcAt), Checksum.Crc32Of(file.Whole()));
        }

        return new Case($"{pair.Image.Name} and {pair.Other.Name}", image.Bytes, null, [new TypeName(TypeNameKind.Struct, "page"), pair.Name], new Companion(pair.Other.Name, other.Bytes, pair.IsBase, pair.Beside))
        {
            Main = image,
            Second = (pair, other),
        };
    }

    private static Seed SeedOf(string name, byte[] bytes) => new(name, bytes, ImageMap.Of(bytes));

    // What kernels come wrapped in, made of fixtures.
    // Kernels whose code exports facts, and notes of dumps.
    private static IEnumerable<Seed> Exporting()
    {
        (string, long)[] lines = [("OFFSET(page.lru)=%lu\n", 8), ("SIZE(page)=%lu\n", 64), ("NUMBER(PG_lru)=%ld\n", -129), ("SYMBOL(x)=%lx\n", 1)];
        yield return SeedOf("vmcoreinfo.x86-64", KernelCodeBuilder.With(MachineKind.X64, lines).ToBytes());
        yield return SeedOf("vmcoreinfo.arm64", KernelCodeBuilder.With(MachineKind.Arm64, lines).ToBytes());
        yield return SeedOf("vmcoreinfo.Image", new KernelCodeBuilder(MachineKind.Arm64) { IsImage = true }.Begin().Lines(lines).ToBytes());
        yield return SeedOf("vmcoreinfo.vmcore", VmCoreBuilder.Build(true, false));
        yield return SeedOf("vmcoreinfo.32-bit.vmcore", VmCoreBuilder.Build(false, true));
        yield return SeedOf("vmcoreinfo.txt", System.Text.Encoding.ASCII.GetBytes(VmCoreBuilder.Text));
    }

    private static IEnumerable<Seed> Wrapped()
    {
        Seed inside = SeedOf("page-era6.btf.elf", FixtureFile.Bytes("page-era6/page-era6.btf.elf"));
        foreach ((string name, Func<byte[], byte[]> wrap) in ((string, Func<byte[], byte[]>)[])[("made.gz", Gzip), ("made.gz.gz", bytes => Gzip(Gzip(bytes))), ("made.bzImage", BzImage), ("made.zboot", Zboot),
            ("made.tar", Tar), ("made.tar.gz", bytes => Gzip(Tar(bytes))), ("made.deb", bytes => ArchiveBuilder.Deb(Gzip(Tar(bytes)), ".gz", ArchiveBuilder.SumLine("boot/vmlinux", bytes))),
            ("made.rpm", bytes => ArchiveBuilder.Rpm(ArchiveBuilder.Cpio(ArchiveBuilder.CpioFile("./boot/vmlinux", bytes)), [("/boot/", "vmlinux", 0x81a4, "")])),
            ("made.packed", bytes => [.. "a program that unpacks itself Linux version %s "u8, .. Gzip(bytes), .. new byte[100]])])
        {
            yield return SeedOf(name, wrap(inside.Bytes)) with { Inside = (inside, wrap) };
        }

        yield return SeedOf("made.Image", [.. new byte[0x38], .. "ARMd"u8, .. "Linux version 6.18.0 (x) "u8, .. new byte[3], .. FixtureFile.Bytes("shapes/shapes.raw.btf")]);
    }

    private static byte[] Tar(byte[] inside) => ArchiveBuilder.Tar(ArchiveBuilder.TarFile("boot/a.ko", "1"u8), ArchiveBuilder.TarFile("boot/vmlinux", inside));

    private static byte[] BzImage(byte[] inside)
    {
        byte[] packed = Gzip(inside);
        byte[] image = [.. new byte[1024], .. packed, 0, 0, 0, 0];
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        image[0x1f1] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x020f);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x24c), packed.Length);
        return image;
    }

    private static byte[] Zboot(byte[] inside)
    {
        byte[] packed = Gzip(inside);
        byte[] image = [.. "MZ\0\0zimg"u8, .. new byte[56], .. packed];
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(8), 64);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(12), packed.Length);
        return image;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    // Two files, of which the one refers to the other.
    private static IEnumerable<Pair> Pairs()
    {
        foreach (string form in (string[])["gnu", "sup"])
        {
            yield return PairOf($"page-era5-common/page-era5-common.{form}.elf", $"page-era5-common/page-era5-common.{form}.dwz", "folio");
        }

        Pair split = PairOf("page-era5-split/page-era5-split.linked.elf", "page-era5-split/page-era5-split.debug", "folio");
        using (MappedFile file = MappedFile.FromBytes("linked", split.Image.Bytes))
        {
            ElfSection link = ElfFile.Read(file).Find(".gnu_debuglink")!;
            yield return split with { CrcAt = (int)(link.FileOffset + link.ByteSize - 4) };
        }

        yield return PairOf("page-era5-module/page-era5-module.split-btf.ko", "page-era5/page-era5.btf.elf", "driver_state", isBase: true);
        (byte[] module, byte[] distilled) = DistilledModule.Make(false);
        byte[] elf = new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".BTF", module).Add(".BTF.base", distilled).ToBytes();
        yield return new Pair(SeedOf("made.ko", elf), SeedOf("vmlinux", DistilledModule.Kernel(false, 16)), new TypeName(TypeNameKind.Struct, "driver"), IsBase: true);
    }

    // Skeletons with the .dwo files of two units, one of which is damaged; and with a package of them.
    private static IEnumerable<Pair> SplitPairs()
    {
        foreach (string form in (string[])["gcc-dwarf4", "gcc-dwarf5", "gcc-dwarf5-types", "gcc-dwarf64", "clang-dwarf4", "clang-dwarf5"])
        {
            yield return PairOf($"page-era5-dwo/page-era5-dwo.{form}.elf", $"page-era5-dwo/a.{form}.dwo", "folio") with
            {
                Beside = ($"b.{form}.dwo", FixtureFile.Bytes($"page-era5-dwo/b.{form}.dwo")),
            };
        }

        foreach (string form in (string[])["gcc-dwarf4", "gcc-dwarf5", "clang-dwarf4", "clang-dwarf5"])
        {
            yield return PairOf($"inlines/inlines.split-{form}.elf", $"inlines/a.{form}.dwo", "page") with { Beside = ($"b.{form}.dwo", FixtureFile.Bytes($"inlines/b.{form}.dwo")) };
        }

        foreach (string form in (string[])["gcc-dwarf4", "gcc-dwarf4-types", "clang-dwarf4", "clang-dwarf5"])
        {
            Pair pair = PairOf($"page-era5-dwp/page-era5-dwp.{form}.elf", $"page-era5-dwp/page-era5-dwp.{form}.elf.dwp", "folio");
            yield return pair with { Other = pair.Other with { Name = HostileCase.ImageName + ".dwp" } };
        }
    }

    private static Pair PairOf(string image, string other, string name, bool isBase = false)
        => new(SeedOf(Path.GetFileName(image), FixtureFile.Bytes(image)), SeedOf(Path.GetFileName(other), FixtureFile.Bytes(other)), new TypeName(TypeNameKind.Struct, name), isBase);

    private static IEnumerable<string> Headers()
    {
        foreach (string name in (string[])["page.h", "truth.h", "page-truth.c", "shapes/shapes.h"])
        {
            yield return File.ReadAllText(FixtureFile.PathOf(name));
        }

        yield return """
            #define FOLIO_MATCH(pg, fl) \
                static_assert(offsetof(struct page, pg) == offsetof(struct folio, fl))
            FOLIO_MATCH(flags, flags);
            FOLIO_MATCH(lru, lru);
            #undef FOLIO_MATCH
            #ifdef CONFIG_MEMCG
            #define TABLE_MATCH(a, b, s) static_assert(offsetof(struct page, a) == offsetof(s, b), "x" #a)
            TABLE_MATCH(memcg_data, memcg_data, struct folio);
            #endif
            static inline void f(void) { BUILD_BUG_ON(sizeof(struct page) != 64 && !IS_ENABLED(CONFIG_X)); BUILD_BUG_ON_NOT_POWER_OF_2(sizeof(struct page)); }
            """;
    }

    private static bool IsPlain(byte[] image) => image.AsSpan().StartsWith("\x7f"u8) || image.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x9f, 0xeb]) || image.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xeb, 0x9f]);

    private static TypeName[] NamesOf(byte[] image, SourceKind? kind = null)
    {
        try
        {
            using KernelImage opened = KernelImage.FromBytes("seed", image, kind switch { SourceKind.Dwarf => SourceChoice.Dwarf, SourceKind.Btf => SourceChoice.Btf, _ => SourceChoice.Auto });
            return [.. opened.Types.DefinedNames()];
        }
        catch (InvalidImageException)
        {
            return [];
        }
    }

    /// <summary>Two images, of which one refers to the other.</summary>
    internal sealed record Pair(Seed Image, Seed Other, TypeName Name, bool IsBase = false, int CrcAt = 0, (string Name, byte[] Bytes)? Beside = null);
}
