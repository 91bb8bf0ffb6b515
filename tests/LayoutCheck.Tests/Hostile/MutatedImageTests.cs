using System.Globalization;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Tests.Hostile;

/// <summary>The first cases of the fuzzer, with a fixed seed. tests/LayoutCheck.Fuzz runs any number of cases, and guided ones.</summary>
public sealed class MutatedImageTests
{
    private const int Cases = 2_000;

    [Fact]
    public void End_in_an_answer_or_in_the_one_decode_failure()
    {
        const int seed = 1;
        FuzzRun run = new(seed);
        List<string> failures = [];
        FuzzRun.OnSmallStack(() =>
        {
            for (int i = 0; i < Cases; i++)
            {
                FuzzRun.Case one = run.At(i);
                if (run.Run(one) is { } failure)
                {
                    string file = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"layoutcheck-fuzz-seed{seed}-case{i}{(one.Image is null ? ".md" : ".bin")}"));
                    File.WriteAllBytes(file, one.Image ?? System.Text.Encoding.UTF8.GetBytes(one.Rule!));
                    failures.Add($"{run.Describe([i], one.From, one.Names)}, in {file}: {failure}");
                }
            }

            HostileCase.Clean();
        });
        Assert.Empty(failures);
    }

    [Fact]
    public void Are_the_same_every_time()
    {
        FuzzRun run = new(seed: 1);
        FuzzRun again = new(seed: 1);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(run.At(i).Image, again.At(i).Image);
            Assert.Equal(run.At(i).Rule, again.At(i).Rule);
        }

        // A mutation may put the bytes there that were there before.
        bool isChanged = false;
        for (int number = 21; number < 30; number++)
        {
            FuzzRun.Case child = run.Again(run.Again(run.Undamaged(3), 20), number);
            Assert.Equal(child.Image, again.Of([~3, 20, number]).Image);
            isChanged |= !child.Image.AsSpan().SequenceEqual(again.Of([~3, 20]).Image);
        }

        Assert.True(isChanged);
    }
}
