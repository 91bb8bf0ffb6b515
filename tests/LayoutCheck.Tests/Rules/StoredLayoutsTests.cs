using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules;

/// <summary>The stored layouts are those of the kernels, where the kernels are at hand (<c>tests/real-kernels/fetch</c>).</summary>
public class StoredLayoutsTests
{
    public static TheoryData<string> Kernels => [.. RealLayouts.Kernels];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Stored_layouts_are_those_of_the_kernel(string kernel)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("LAYOUTCHECK_REAL_KERNELS") == "1", "set LAYOUTCHECK_REAL_KERNELS=1 to read the kernels");
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        bool isRunning = kernel == RealLayouts.Running;
        string image = isRunning ? "/sys/kernel/btf/vmlinux" : Path.Combine(cache, "layoutcheck", "kernels", kernel, "vmlinux");
        Assert.SkipWhen(isRunning && Environment.OSVersion.Version is not { Major: 6, Minor: 18 }, "another kernel is running");
        Assert.SkipUnless(File.Exists(image), $"{image} is not there: run tests/real-kernels/fetch");
        using KernelImage opened = KernelImage.Open(image);
        Dictionary<TypeName, DefinitionSet> definitions = opened.Types.FindAll(RuleCatalog.Default.RequiredTypes, 2).Sets.ToDictionary(s => s.Name);
        string actual = RealLayouts.Describe(definitions, RuleCatalog.Default);
        string stored = RealLayouts.PathOf(kernel);
        if (!File.Exists(stored) || File.ReadAllText(stored) != actual)
        {
            File.WriteAllText(stored + ".actual", actual);
            Assert.Fail($"{stored} differs from the kernel; the new text is beside it in .actual");
        }
    }
}
