using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Lookup;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Lookup;

/// <summary>The kernel of many modules is opened once, and answers are those of a kernel of each module's own.</summary>
public sealed class SharedKernelsTests
{
    private const string Module = "page-era5-module/page-era5-module.split-btf.ko";
    private const string Kernel = "page-era5/page-era5.btf.elf";

    [Fact]
    public void Answers_are_the_same_from_any_thread()
    {
        using SharedKernels kernels = new();
        ImageOptions shared = new(SourceChoice.Btf, BasePath: FixtureFile.PathOf(Kernel)) { Kernels = kernels };
        string expected = Answer(shared with { Kernels = null });
        string[] answers = [.. ImageBatch.Run(Enumerable.Repeat("x", 60).ToArray(), new BatchLimits(4, 1UL << 40), (_, _) => Answer(shared), (_, e) => e.Message)];
        Assert.All(answers, answer => Assert.Equal(expected, answer));
    }

    [Fact]
    public void A_kernel_that_changed_is_opened_again_and_the_module_at_work_is_told()
    {
        string folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        string kernel = Path.Combine(folder, "base.btf");
        File.Copy(FixtureFile.PathOf(Kernel), kernel);
        using (SharedKernels kernels = new())
        {
            ImageOptions shared = new(SourceChoice.Btf, BasePath: kernel) { Kernels = kernels };
            string expected = Answer(shared);
            using (KernelImage image = KernelImage.Open(FixtureFile.PathOf(Module), shared))
            {
                File.SetLastWriteTimeUtc(kernel, DateTime.UnixEpoch);
                Assert.Contains("changed while it was read", Assert.Throws<InvalidImageException>(image.RequireUnchanged).Message, StringComparison.Ordinal);
            }

            Assert.Equal(expected, Answer(shared));
            File.WriteAllText(kernel, "no kernel");
            Assert.Throws<InvalidImageException>(() => Answer(shared));
            Assert.Throws<InvalidImageException>(() => Answer(shared));
        }

        Directory.Delete(folder, true);
    }

    private static string Answer(ImageOptions options)
    {
        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(Module), options);
        return Written.Json(CheckAnalysis.Run(image, RuleCatalog.Default, 1));
    }
}
