using System.Diagnostics;
using System.Text;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Hostile.Fuzzing;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile;

/// <summary>Runs what a hostile image asks for on a small stack, and asserts what it may cost.</summary>
internal static class Bounds
{
    // On a machine that does other things too; alone it is a tenth of this.
    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(60);

    /// <summary>What may be allocated in all, kept or not, in bytes: 256 MiB and 256 times the file.</summary>
    private static long MostAllocated(int fileSize) => (256L << 20) + (256L * fileSize);

    /// <summary>Opens, checks, lists the names, and shows a type in every way; returns the refusals, each once.</summary>
    public static string[] Try(byte[] image, string type = "struct s")
    {
        List<string> refusals = [];
        FuzzRun.OnSmallStack(() => TryAll(image, TypeName.Parse(type), refusals));
        return [.. refusals.Distinct()];
    }

    private static void TryAll(byte[] image, TypeName name, List<string> refusals)
    {
        void Attempt(string what, Action<KernelImage> use)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Stopwatch time = Stopwatch.StartNew();
            try
            {
                using KernelImage opened = KernelImage.FromBytes("hostile", image);
                use(opened);
            }
            catch (InvalidImageException e)
            {
                Assert.InRange(e.Message.Length, 1, 4096);
                refusals.Add(e.Message);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(time.Elapsed < s_mostTime, $"{what} took {time.Elapsed}");
            Assert.True(allocated < MostAllocated(image.Length), $"{what} allocated {allocated >> 20} MiB for {image.Length} bytes");
        }

        Attempt("check", opened => CheckAnalysis.Run(opened, RuleCatalog.Default, 1));
        Attempt("show --all", opened => opened.Types.FindAll([name], 2));
        Attempt("names", opened => opened.Types.DefinedNames());
        Attempt("show", opened =>
        {
            if (opened.Types.FindFirst(name) is { } definition)
            {
                HostileCase.ShowAll(definition, opened);
            }
        });
    }

    /// <summary>A text of letters.</summary>
    public static string Long(int length) => new StringBuilder().Insert(0, "abcdefgh", (length / 8) + 1).ToString()[..length];
}
