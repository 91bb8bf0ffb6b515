using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.ExceptionServices;
using LayoutCheck.Rules;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>
/// Numbered cases: the seed and the number give the same image, or rule, every time. Starts from the fixtures; more folders of images may be given.
/// </summary>
internal sealed class FuzzRun
{
    // One case in so many is a rule file.
    private const int RuleEvery = 12;
    private const int NamesShown = 3;

    private readonly int _seed;
    private readonly Seed[] _seeds;
    private readonly TypeName[][] _names;
    private readonly string[] _rules;
    private readonly Dictionary<TypeName, DefinitionSet> _definitions;

    /// <param name="seed">What all random numbers come from.</param>
    /// <param name="folders">Folders with images to start from besides the fixtures.</param>
    public FuzzRun(int seed, params IEnumerable<string> folders)
    {
        _seed = seed;
        IEnumerable<string> files = FixtureFile.All.Select(FixtureFile.PathOf).Concat(folders.SelectMany(f => Directory.EnumerateFiles(f).Order(StringComparer.Ordinal)));
        _seeds = [.. files.Select(f => (Path.GetFileName(f), File.ReadAllBytes(f))).Concat(Wrapped()).Select(f => new Seed(f.Item1, f.Item2, ImageMap.Of(f.Item2)))];
        _names = [.. _seeds.Select(s => NamesOf(s.Bytes))];
        _rules = [.. RuleCatalog.Files().Select(f => f.Text)];
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        _definitions = image.Types.FindAll(RuleCatalog.Default.RequiredTypes, 1).Sets.ToDictionary(s => s.Name);
    }

    /// <summary>A case.</summary>
    /// <param name="From">What it was made from.</param>
    /// <param name="Image">The image, or null when it is a rule.</param>
    /// <param name="Rule">The rule, or null.</param>
    /// <param name="Names">Types to show.</param>
    public sealed record Case(string From, byte[]? Image, string? Rule, IReadOnlyList<TypeName> Names);

    /// <summary>The case of a number.</summary>
    public Case At(long number)
    {
        Random random = new(unchecked((int)(((ulong)number * 0x9e3779b97f4a7c15UL) >> 32) ^ (_seed * 0x2545f491)));
        if (number % RuleEvery == RuleEvery - 1)
        {
            string rule = _rules[random.Next(_rules.Length)];
            return new Case("a rule", null, RuleMutator.Mutate(rule, _rules, random), []);
        }

        int index = random.Next(_seeds.Length);
        byte[] image = ImageMutator.Mutate(_seeds[index], _seeds, random);
        List<TypeName> names = [random.Next(2) == 0 ? new TypeName(TypeNameKind.Struct, "page") : new TypeName(TypeNameKind.Any, "folio")];
        for (int i = 1; i < NamesShown && _names[index].Length > 0; i++)
        {
            names.Add(_names[index][random.Next(_names[index].Length)]);
        }

        return new Case(_seeds[index].Name, image, null, [.. names.Distinct()]);
    }

    /// <summary>What is wrong with a case, or null.</summary>
    public string? Run(Case one) => one.Image is { } image ? HostileCase.Run(image, one.Names) : HostileCase.Run(one.Rule!, _definitions);

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

    /// <summary>How a case is told to people.</summary>
    public string Describe(long number, Case one) => string.Create(CultureInfo.InvariantCulture, $"case {number} of seed {_seed}, from {one.From}, names {string.Join(", ", one.Names)}");

    // What kernels come wrapped in, made of fixtures.
    private static IEnumerable<(string Name, byte[] Bytes)> Wrapped()
    {
        byte[] packed = Gzip(FixtureFile.Bytes("page-era6/page-era6.btf.elf"));
        yield return ("made.gz", packed);
        yield return ("made.gz.gz", Gzip(packed));

        byte[] bzImage = [.. new byte[1024], .. packed, 0, 0, 0, 0];
        "HdrS"u8.CopyTo(bzImage.AsSpan(0x202));
        bzImage[0x1f1] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bzImage.AsSpan(0x206), 0x020f);
        BinaryPrimitives.WriteInt32LittleEndian(bzImage.AsSpan(0x24c), packed.Length);
        yield return ("made.bzImage", bzImage);

        byte[] zboot = [.. "MZ\0\0zimg"u8, .. new byte[56], .. packed];
        BinaryPrimitives.WriteInt32LittleEndian(zboot.AsSpan(8), 64);
        BinaryPrimitives.WriteInt32LittleEndian(zboot.AsSpan(12), packed.Length);
        yield return ("made.zboot", zboot);
        yield return ("made.Image", [.. new byte[0x38], .. "ARMd"u8, .. "Linux version 6.18.0 (x) "u8, .. new byte[3], .. FixtureFile.Bytes("shapes/shapes.raw.btf")]);
        yield return ("made.packed", [.. "a program that unpacks itself Linux version %s "u8, .. packed, .. new byte[100]]);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Optimal))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static TypeName[] NamesOf(byte[] image)
    {
        try
        {
            using KernelImage opened = KernelImage.FromBytes("seed", image);
            return [.. opened.Types.DefinedNames()];
        }
        catch (InvalidImageException)
        {
            return [];
        }
    }
}
