using System.Globalization;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Tests.Hostile;

/// <summary>
/// The first cases of the fuzzer, with a fixed seed. tests/LayoutCheck.Fuzz runs as many as one likes; with LAYOUTCHECK_FUZZ_CASES, and perhaps
/// LAYOUTCHECK_FUZZ_SEED and LAYOUTCHECK_FUZZ_CORPUS (a folder of images to start from besides), so many run here, guided by what they reach where that is
/// measured:
/// <code>LAYOUTCHECK_FUZZ_CASES=50000 dotnet test -c Release --filter MutatedImageTests --collect "XPlat Code Coverage;Format=json"</code>
/// </summary>
public sealed class MutatedImageTests(ITestOutputHelper output)
{
    private const int FewCases = 2_000;

    private static int? FromEnvironment(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } number ? int.Parse(number, CultureInfo.InvariantCulture) : null;

    [Fact]
    public void End_in_an_answer_or_in_the_one_decode_failure()
    {
        int? many = FromEnvironment("LAYOUTCHECK_FUZZ_CASES");
        int seed = FromEnvironment("LAYOUTCHECK_FUZZ_SEED") ?? 1;
        FuzzRun run = new(seed, many is not null && Environment.GetEnvironmentVariable("LAYOUTCHECK_FUZZ_CORPUS") is { Length: > 0 } corpus ? [corpus] : []);
        // Only for who asks: other tests count too, and what fails here is to fail everywhere.
        FuzzGuide? guide = many is null ? null : FuzzGuide.Of(run, seed);
        List<string> failures = [];
        FuzzRun.OnSmallStack(() =>
        {
            // Who is guided knows what the images to start from reach.
            int undamaged = guide is null ? 0 : run.SeedCount;
            for (int i = -undamaged; i < (many ?? FewCases); i++)
            {
                FuzzRun.Case one = i < 0 ? run.Undamaged(-i - 1) : guide?.Next(i) ?? run.At(i);
                if (run.Run(one) is { } failure)
                {
                    string file = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"layoutcheck-fuzz-seed{seed}-case{i}{(one.Image is null ? ".md" : ".bin")}"));
                    File.WriteAllBytes(file, one.Image ?? System.Text.Encoding.UTF8.GetBytes(one.Rule!));
                    failures.Add($"{run.Describe(i, one.From, one.Names)}, in {file}: {failure}");
                }

                guide?.Learn(one);
            }

            HostileCase.Clean();
        });
        output.WriteLine(guide is null ? "not guided" : $"guided: {guide.KeptCount} cases kept, {guide.Counters.Reached} of {guide.Counters.All} lines and branches reached");
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
