using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Tests.Hostile;

/// <summary>The first cases of the fuzzer, with a fixed seed. tests/LayoutCheck.Fuzz runs as many as one likes.</summary>
public sealed class MutatedImageTests
{
    // More of them for who measures what they reach (tests/coverage).
    private static readonly int CaseCount = Environment.GetEnvironmentVariable("LAYOUTCHECK_FUZZ_CASES") is { Length: > 0 } count ? int.Parse(count, System.Globalization.CultureInfo.InvariantCulture) : 2_000;

    [Fact]
    public void End_in_an_answer_or_in_the_one_decode_failure()
    {
        FuzzRun run = new(seed: 1);
        List<string> failures = [];
        FuzzRun.OnSmallStack(() =>
        {
            for (int i = 0; i < CaseCount; i++)
            {
                FuzzRun.Case one = run.At(i);
                if (run.Run(one) is { } failure)
                {
                    failures.Add($"{run.Describe(i, one.From, one.Names)}: {failure}");
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
    }
}
