using LayoutCheck.Core;
using LayoutCheck.Dwarf;
using LayoutCheck.Dwarf.Census;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Support;

/// <summary>A census by hashes beside the survey of all names, which is its specification.</summary>
internal static class CensusUnderTest
{
    /// <summary>Asserts that the census says what the survey says, with one, two and three threads, and memos of one entry.</summary>
    /// <returns>Whether the image was understood; else the survey is all there is.</returns>
    /// <param name="dwarf">The image.</param>
    /// <param name="isKernel">Whether it is a kernel, with which one thread more and small memos take minutes: two threads alone are tried.</param>
    public static bool AssertAsSurveyed(DwarfUnderTest dwarf, bool isKernel = false)
    {
        DwarfTypeReader reader = new(dwarf.Image);
        using WorkerPool two = new(2);
        string? expected = null;
        bool isUnderstood = false;
        (int, int?, bool)[] all = [(1, null, true), (2, null, true), (3, 1, true), (1, 1, true), (1, 16, true)];
        foreach ((int threads, int? memo, bool withPlaces) in isKernel ? [(2, null, false)] : all)
        {
            using WorkerPool pool = new(threads);
            DwarfCensus? census = DwarfCensus.TryTake(dwarf.Image, pool, withPlaces, () => reader.Target, (names, workers) => reader.FindAll(names, workers, withPlaces), memo);
            Assert.True(expected is null || census is not null == isUnderstood, "whether an image is understood depends on the threads or the memo");
            isUnderstood = census is not null;
            if (census is null)
            {
                expected = "";
                continue;
            }

            TypeName[] names = [.. reader.DefinedNames()];
            expected ??= CensusText.Of(new SurveyedCensus([.. names], reader.FindAll(names, two, withPlaces)));
            Assert.Equal(expected, CensusText.Of(census));
        }

        return isUnderstood;
    }
}
