using System.IO.Compression;
using System.Text;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Cli;

namespace LayoutCheck.Tests.Inputs;

/// <summary>The configuration beside a kernel: taken only if it can be what the kernel was built with.</summary>
public sealed class ConfigurationFileTests : IDisposable
{
    private const string R = "7.3.4-test";
    private const string Config = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 7.3.4 Kernel Configuration\n#\nCONFIG_64BIT=y\n# CONFIG_ARM is not set\nCONFIG_NR_CPUS=64\nCONFIG_MEMCG=y\n";
    private readonly FakeRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_build_trees_configuration_answers_and_is_listed()
    {
        _root.Add("vmlinux", FakeRoot.Kernel(R));
        string path = _root.Add(".config", Config, -1);
        using KernelImage image = KernelImage.Open(_root.Folder);
        ImageFacts facts = image.ReadFacts();
        Assert.Equal(new Dictionary<string, string> { ["CONFIG_64BIT"] = "y", ["CONFIG_ARM"] = "n", ["CONFIG_NR_CPUS"] = "64", ["CONFIG_MEMCG"] = "y" }, facts.Config);
        Assert.Equal([new InputFile(FileRole.Configuration, path, null, null)], image.OtherFiles);
        Assert.Empty(image.Notices);

        // A file that was named alone stands for itself.
        using KernelImage alone = KernelImage.Open(Path.Combine(_root.Folder, "vmlinux"));
        Assert.Null(alone.ReadConfig());

        File.SetLastWriteTimeUtc(path, FakeRoot.Built.AddMinutes(-2));
        Assert.Contains("changed while it was read", Assert.Throws<InvalidImageException>(image.RequireUnchanged).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_of_the_configuration_is_decided_by_it_and_undecided_without()
    {
        _root.Add("vmlinux", FakeRoot.Kernel(R));
        string[] check = ["check", _root.Folder, "-e", "config(CONFIG_MEMCG)"];
        Assert.Equal(4, ProgramRun.Run(check).ExitCode);
        _root.Add(".config", Config, -1);
        ProgramResult result = ProgramRun.Run(check);
        Assert.Equal((0, ""), (result.ExitCode, result.Err));
        Assert.Contains($"\nConfig file  {_root.Folder}/.config\nConfig       4 options (of the file)\n", ProgramRun.Run([.. check, "-v"]).Out, StringComparison.Ordinal);

        // menuconfig after the build.
        _root.Add(".config", Config.Replace("MEMCG=y", "MEMCG=n", StringComparison.Ordinal), 1);
        result = ProgramRun.Run(check);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains($"the configuration {_root.Folder}/.config is not used: it was written after vmlinux", result.Err, StringComparison.Ordinal);
        _root.Add("include/config/auto.conf", "CONFIG_MEMCG=y\n", 2);
        Assert.Equal(4, ProgramRun.Run(check).ExitCode);
        _root.Add("include/config/auto.conf", "CONFIG_MEMCG=y\n", -1);
        result = ProgramRun.Run(check);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("is not used", result.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "it sets no option")]
    [InlineData("nothing of a configuration\n", "it sets no option")]
    [InlineData("# Linux/x86 6.12.57 Kernel Configuration\nCONFIG_64BIT=y\n", "it is of Linux 6.12.57, and the kernel's release is 7.3.4-test")]
    public void What_cannot_be_the_kernels_is_not_used(string text, string why)
    {
        _root.Add("vmlinux", FakeRoot.Kernel(R));
        _root.Add(".config", text, -1);
        using KernelImage image = KernelImage.Open(_root.Folder);
        Assert.Null(image.ReadConfig());
        Assert.Contains(text.Length == 0 ? "the file is empty" : why, Assert.Single(image.Notices), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("boot/config-" + R)]
    [InlineData("lib/modules/" + R + "/config")]
    public void A_packages_configuration_is_known_by_its_release(string place)
    {
        _root.Add($"usr/lib/debug/lib/modules/{R}/vmlinux", FakeRoot.Kernel(R));
        _root.Add("boot/config-7.3.5", Config);
        using (KernelImage image = KernelImage.Open(_root.Folder))
        {
            Assert.Null(image.ReadConfig());
        }

        // Packages give all files one time.
        _root.Add(place, Config, 1);
        using (KernelImage image = KernelImage.Open(_root.Folder))
        {
            Assert.Equal("64", image.ReadConfig()!["CONFIG_NR_CPUS"]);
        }

        File.Delete(Path.Combine(_root.Folder, place));
        using FakeRoot other = new();
        _root.Link(place, other.Add("config", Config));
        using (KernelImage image = KernelImage.Open(_root.Folder))
        {
            Assert.Null(image.ReadConfig());
        }
    }

    [Fact]
    public void The_kernels_own_wins_and_a_difference_is_told()
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.ASCII.GetBytes(Config));
        }

        _root.Add("vmlinux", FakeRoot.Kernel(R, more: [.. "IKCFG_ST"u8, .. packed.ToArray(), .. "IKCFG_ED"u8, 0, 0]));
        _root.Add(".config", Config, -1);
        using (KernelImage image = KernelImage.Open(_root.Folder))
        {
            Assert.Equal("64", image.ReadConfig()!["CONFIG_NR_CPUS"]);
            Assert.Empty(image.Notices);
            Assert.Empty(image.OtherFiles);
        }

        _root.Add(".config", "CONFIG_64BIT=y\nCONFIG_NR_CPUS=65\nCONFIG_SMP=y\nCONFIG_MEMCG=y\n", -1);
        using (KernelImage image = KernelImage.Open(_root.Folder))
        {
            Assert.Equal("64", image.ReadConfig()!["CONFIG_NR_CPUS"]);
            Assert.Contains("2 options of it differ", Assert.Single(image.Notices), StringComparison.Ordinal);
        }
    }

    // A whole stream whose size is not that of what it unpacks to: a missing option would count as off.
    [Fact]
    public void A_configuration_in_the_kernel_that_is_followed_by_other_bytes_is_damaged()
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.ASCII.GetBytes(Config));
        }

        using KernelImage image = KernelImage.FromBytes("vmlinux", FakeRoot.Kernel(R, more: [.. "IKCFG_ST"u8, .. packed.ToArray(), 1, 2, 3, 4, .. "IKCFG_ED"u8, 0, 0]));
        Assert.Equal("the configuration that the kernel carries is damaged", Assert.Throws<InvalidImageException>(() => image.ReadConfig()).Problem);
    }

    // The notice is of the report too, once, however often the facts are read.
    [Fact]
    public void Notices_are_of_the_report()
    {
        _root.Add("vmlinux", FakeRoot.Kernel(R));
        _root.Add(".config", Config, 1);
        using KernelImage image = KernelImage.Open(_root.Folder);
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        _ = image.ReadFacts();
        Assert.Equal(image.Notices, report.InputNotices);
        Assert.Single(image.Notices);
    }
}
