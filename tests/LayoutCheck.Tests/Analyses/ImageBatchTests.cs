using System.Diagnostics;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Analyses;

/// <summary>Many images side by side: answers come in the order of the inputs, and a failed one is an answer as any.</summary>
public sealed class ImageBatchTests
{
    private const ulong Plenty = 1UL << 40;

    private static readonly string[] s_names = [.. Enumerable.Range(0, 600).Select(i => $"image-{i}")];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Answers_come_in_the_order_of_the_inputs(int threads)
    {
        // The first takes longest: all others are done before it, as far as they may run ahead.
        string[] answers = [.. ImageBatch.Run(s_names, new BatchLimits(threads, Plenty), Slowly, (path, _) => $"failed {path}")];
        Assert.Equal(s_names.Select(name => $"asked {name}"), answers);

        static string Slowly(string path, int threads)
        {
            Thread.Sleep(path.EndsWith("-0", StringComparison.Ordinal) ? 50 : 0);
            return $"asked {path}";
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_failure_is_an_answer_and_ends_nothing(int threads)
    {
        string[] answers = [.. ImageBatch.Run(
            s_names,
            new BatchLimits(threads, Plenty),
            (path, _) => (Number(path) % 5) switch
            {
                1 => throw new InvalidImageException(path, null, null, "is damaged"),
                2 => throw new InsufficientMemoryException(),
                3 => throw new InvalidOperationException("oops"),
                _ => path,
            },
            (path, e) => e.Message)];

        Assert.Equal(s_names.Length, answers.Length);
        Assert.All(answers, (answer, i) => Assert.StartsWith($"image-{i}", answer, StringComparison.Ordinal));
        Assert.Equal(["image-0", "image-1: is damaged"], answers[..2]);
        Assert.Contains("not enough memory", answers[2], StringComparison.Ordinal);
        Assert.Contains("a defect of layoutcheck: InvalidOperationException: oops", answers[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_wrong_question_ends_the_batch_in_its_place(int threads)
    {
        List<string> answers = [];
        Assert.Equal("wrong", Assert.Throws<UsageException>(() =>
        {
            foreach (string answer in ImageBatch.Run(s_names, new BatchLimits(threads, Plenty), (path, _) => Number(path) == 9 ? throw new UsageException("wrong") : path, (_, _) => "failed"))
            {
                answers.Add(answer);
            }
        }).Message);
        Assert.Equal(s_names[..9], answers);
    }

    [Fact]
    public void Leaving_the_answers_ends_the_work()
    {
        int asked = 0;
        Assert.Equal("image-0", ImageBatch.Run(s_names, new BatchLimits(3, Plenty), Ask, (_, _) => "failed").First());
        int after = asked;
        Thread.Sleep(20);
        Assert.Equal(after, asked);
        Assert.InRange(asked, 1, 400);

        string Ask(string path, int threads)
        {
            Interlocked.Increment(ref asked);
            Thread.Sleep(1);
            return path;
        }
    }

    // A report in memory for every one of a thousand images that wait for a slow one would be a leak.
    [Fact]
    public async Task The_work_runs_ahead_by_a_bounded_number()
    {
        using ManualResetEventSlim first = new();
        int asked = 0;
        using IEnumerator<string> answers = ImageBatch.Run(s_names, new BatchLimits(3, Plenty), Ask, (_, _) => "failed").GetEnumerator();
        Task<bool> moved = Task.Run(answers.MoveNext);
        Stopwatch waited = Stopwatch.StartNew();
        while (Volatile.Read(ref asked) < 256 && waited.Elapsed < TimeSpan.FromSeconds(30))
        {
            Thread.Sleep(1);
        }

        Thread.Sleep(20);
        Assert.Equal(256, asked);
        first.Set();
        Assert.True(await moved);
        Assert.Equal("image-0", answers.Current);

        string Ask(string path, int threads)
        {
            Interlocked.Increment(ref asked);
            if (path == "image-0")
            {
                first.Wait();
            }

            return path;
        }
    }

    [Fact]
    public void Threads_bound_the_images_at_work()
    {
        int running = 0;
        int most = 0;
        string[] answers = [.. ImageBatch.Run(s_names[..60], new BatchLimits(4, Plenty), Ask, (_, _) => "failed")];
        Assert.Equal(60, answers.Length);
        Assert.InRange(most, 2, 4);

        string Ask(string path, int threads)
        {
            int now = Interlocked.Increment(ref running);
            lock (s_names)
            {
                most = Math.Max(most, now);
            }

            Thread.Sleep(2);
            Interlocked.Decrement(ref running);
            return path;
        }
    }

    // Fixtures are smaller than what an image takes in any case.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(40, 2)]
    public void Memory_bounds_the_images_at_work(int megabytes, int mostAtOnce)
    {
        string[] files = [.. Enumerable.Repeat(FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), 40)];
        int running = 0;
        int most = 0;
        _ = ImageBatch.Run(files, new BatchLimits(8, (ulong)megabytes << 20), Ask, (_, _) => "failed").Count();
        Assert.Equal(mostAtOnce, most);

        string Ask(string path, int threads)
        {
            int now = Interlocked.Increment(ref running);
            lock (files)
            {
                most = Math.Max(most, now);
            }

            Thread.Sleep(2);
            Interlocked.Decrement(ref running);
            return path;
        }
    }

    [Fact]
    public void One_image_has_all_threads_and_each_of_many_has_one()
    {
        Assert.Equal([8], ImageBatch.Run(["a"], new BatchLimits(8, Plenty), (_, threads) => threads, (_, _) => 0));
        int[] threads = [.. ImageBatch.Run(s_names, new BatchLimits(2, Plenty), (_, threads) => threads, (_, _) => 0)];
        Assert.All(threads[..^2], one => Assert.Equal(1, one));
        int[] few = [.. ImageBatch.Run(["a", "b"], new BatchLimits(8, Plenty), (_, threads) => threads, (_, _) => 0)];
        Assert.Equal(4, few[0]);
    }

    [Fact]
    public void A_quarter_of_the_memory_is_the_default()
    {
        Assert.InRange(BatchLimits.DefaultMemory, 1UL << 20, (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
        Assert.Equal(new BatchLimits(3, BatchLimits.DefaultMemory), BatchLimits.Of(3));
    }

    [Fact]
    public void A_packed_or_relocated_file_needs_more_than_a_linked_one()
    {
        ulong none = ImageMemory.EstimateFor("/no/such/file");
        Assert.Equal(none, ImageMemory.EstimateFor("/dev"));
        Assert.Equal(none, ImageMemory.EstimateFor("/dev/null"));
        string folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        ulong linked = Of([0x7f, .. "ELF"u8, 2, 1, 1, .. new byte[9], 2, 0]);
        ulong module = Of([0x7f, .. "ELF"u8, 2, 2, 1, .. new byte[9], 0, 1]);
        ulong packed = Of([0xfd, .. "7zXZ"u8]);
        Assert.True(none < linked && linked < module && module < packed, $"{none} {linked} {module} {packed}");
        Directory.Delete(folder, true);

        ulong Of(byte[] head)
        {
            string path = Path.Combine(folder, "image");
            File.WriteAllBytes(path, [.. head, .. new byte[1 << 20]]);
            return ImageMemory.EstimateFor(path);
        }
    }

    private static int Number(string path) => int.Parse(path[6..], System.Globalization.CultureInfo.InvariantCulture);
}
