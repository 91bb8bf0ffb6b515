using System.Diagnostics;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Fixtures;

/// <summary>
/// Damaged files, cut and with flipped bytes: whatever is asked of them, <see cref="InvalidImageException"/> is all that may come out, and
/// soon. The seeds are fixed, so that a failure can be repeated from its message.
/// </summary>
public sealed class DamagedFixtureTests
{
    private const int CutEvery = 97;
    private const int FlippedFilesPerFixture = 250;
    private static readonly TimeSpan LongestCase = TimeSpan.FromSeconds(10);

    private static readonly TypeName[] Names = [TypeName.Parse("struct page"), TypeName.Parse("folio"), TypeName.Parse("struct bits_mixed"), TypeName.Parse("struct nested4")];

    public static TheoryData<string> Fixtures() =>
    [
        "shapes/shapes.gcc-dwarf2.elf", "shapes/shapes.gcc-dwarf64.elf", "page-era4/page-era4.mips-dwarf5.elf", "page-era5/page-era5.clang-dwarf5.elf",
        "page-era5-units/page-era5-units.clang-lto.elf", "page-era5/page-era5.gcc-dwarf5-btf.elf", "page-era5-objects/page-era5-objects.gcc-dwarf5.o",
        "page-era5-objects/page-era5-objects.mips-dwarf5.o", "page-era5-sections/page-era5-sections.gcc-dwarf5-zlib.elf", "shapes/shapes.s390x.raw.btf",
    ];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_file_cut_at_any_length_is_refused_or_read(string fixture)
    {
        byte[] whole = FixtureFile.Bytes(fixture);
        int refused = 0;
        Run(
            Enumerable.Range(0, (whole.Length / CutEvery) + 1).Select(i => i * CutEvery),
            length => $"{fixture} cut at {length}",
            length => refused += Ask($"{fixture} cut at {length}", whole[..length]) ? 0 : 1);
        Assert.True(refused > 0, "no cut was noticed");
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_file_with_flipped_bytes_is_refused_or_read(string fixture)
    {
        byte[] whole = FixtureFile.Bytes(fixture);
        int refused = 0;
        int read = 0;
        Run(
            Enumerable.Range(0, FlippedFilesPerFixture),
            seed => $"{fixture} with seed {seed}",
            seed =>
            {
                bool isRead = Ask($"{fixture} with seed {seed}", Flipped(whole, seed));
                refused += isRead ? 0 : 1;
                read += isRead ? 1 : 0;
            });
        Assert.True(refused > 0 && read > 0, $"{refused} refused, {read} read: the damage is too light or too heavy to test anything");
    }

    // Few flips in most files, more in some; a third of them in the first and last kilobyte, where the headers are.
    private static byte[] Flipped(byte[] whole, int seed)
    {
        Random random = new(seed);
        byte[] bytes = [.. whole];
        int count = 1 << random.Next(0, 7);
        for (int i = 0; i < count; i++)
        {
            int at = random.Next(6) switch
            {
                0 => random.Next(Math.Min(1024, bytes.Length)),
                1 => bytes.Length - 1 - random.Next(Math.Min(1024, bytes.Length)),
                _ => random.Next(bytes.Length),
            };
            bytes[at] = random.Next(4) switch { 0 => 0, 1 => 0xff, 2 => (byte)(bytes[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
        }

        return bytes;
    }

    // False when the file was refused by all that was asked.
    private static bool Ask(string name, byte[] bytes)
    {
        bool isAnswered = false;
        foreach (SourceChoice choice in new[] { SourceChoice.Dwarf, SourceChoice.Btf })
        {
            try
            {
                using KernelImage image = KernelImage.FromBytes(name, bytes, choice);
                isAnswered |= Answers(() => image.ReadFacts());
                foreach (TypeName type in Names)
                {
                    isAnswered |= Answers(() => LayOut(image.Types.FindFirst(type)));
                }

                isAnswered |= Answers(() =>
                {
                    foreach (TypeDefinition definition in image.Types.FindAll(Names, 2).Sets.SelectMany(set => set.Distinct))
                    {
                        LayOut(definition);
                    }
                });
                isAnswered |= Answers(() => image.Types.DefinedNames());
            }
            catch (InvalidImageException)
            {
            }
        }

        return isAnswered;
    }

    private static bool Answers(Action ask)
    {
        try
        {
            ask();
            return true;
        }
        catch (InvalidImageException)
        {
            return false;
        }
    }

    // What comes after the reading must live with whatever it let through.
    private static void LayOut(TypeDefinition? definition)
    {
        if (definition is null)
        {
            return;
        }

        TypeLayout layout = TypeLayout.Of(definition, expandAll: true);
        _ = LayoutTotals.Of(layout);
        _ = definition.Graph.AlignmentOf(definition.Root, out _);
        foreach (LayoutItem item in layout.Items.Take(1000))
        {
            _ = definition.Graph.Declare(item.Type, item.Name ?? "");
            _ = MemberPath.Resolve(definition.Graph, definition.Root, item.Path);
        }
    }

    // On a thread of its own, so that a hang is found and told by the case that hangs.
    private static void Run(IEnumerable<int> cases, Func<int, string> describe, Action<int> run)
    {
        int current = -1;
        long startedAt = 0;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            foreach (int number in cases)
            {
                Volatile.Write(ref startedAt, Stopwatch.GetTimestamp());
                Volatile.Write(ref current, number);
                try
                {
                    run(number);
                }
                catch (Exception e)
                {
                    failure = new InvalidOperationException($"{describe(number)}: {e.GetType().Name} instead of InvalidImageException", e);
                    return;
                }
            }
        })
        { IsBackground = true };
        thread.Start();
        while (!thread.Join(100))
        {
            if (Volatile.Read(ref startedAt) is not 0 and var since && Stopwatch.GetElapsedTime(since) > LongestCase)
            {
                Assert.Fail($"{describe(Volatile.Read(ref current))} takes longer than {LongestCase.TotalSeconds} s");
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }
}
