using LayoutCheck.Core;
using LayoutCheck.Inputs;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Inputs;

/// <summary>The kernel in a folder: one, or a refusal that says what was looked for.</summary>
public sealed class KernelTreeTests : IDisposable
{
    private const string R = "7.3.4+deb13-cloud-amd64";
    private readonly FakeRoot _root = new();

    public void Dispose() => _root.Dispose();

    // Best first: with the first ones gone, the next is found.
    [Fact]
    public void A_build_tree_has_its_kernel_at_known_places()
    {
        string[] places = ["vmlinux", "vmlinux.unstripped", "arch/x86/boot/bzImage"];
        foreach (string place in places)
        {
            _root.Add(place, FakeRoot.Kernel(R));
        }

        _root.Add("arch/x86/boot/compressed/vmlinux", FakeRoot.Kernel(R));
        _root.Add("arch/x86/boot/vmlinux.bin", "x");
        _root.Link("arch/x86_64/boot/bzImage", "../../x86/boot/bzImage");
        foreach (string place in places)
        {
            Assert.Equal(Path.Combine(_root.Folder, place), KernelTree.Find(_root.Folder).Path);
            File.Delete(Path.Combine(_root.Folder, place));
        }
    }

    [Theory]
    [InlineData("arch/arm64/boot/Image")]
    [InlineData("arch/arm64/boot/Image.gz")]
    [InlineData("arch/arm/boot/zImage")]
    [InlineData("arch/loongarch/boot/vmlinuz.efi")]
    [InlineData("usr/lib/debug/boot/vmlinux-" + R)]
    [InlineData("usr/lib/debug/lib/modules/" + R + "/vmlinux")]
    [InlineData("boot/vmlinux-" + R)]
    [InlineData("boot/vmlinuz-" + R)]
    [InlineData("lib/modules/" + R + "/vmlinuz")]
    [InlineData("usr/lib/modules/" + R + "/vmlinuz")]
    [InlineData("usr/lib/modules/" + R + "/build/vmlinux")]
    public void Each_place_is_found_alone(string place)
    {
        _root.Add(place, FakeRoot.Kernel(R));
        _root.Add("usr/share/doc/readme", "x");
        Assert.Equal(Path.Combine(_root.Folder, place), KernelTree.Find(_root.Folder).Path);
    }

    [Fact]
    public void A_vmlinux_of_a_package_comes_before_its_vmlinuz()
    {
        _root.Add($"boot/vmlinuz-{R}", "x");
        string vmlinux = _root.Add($"usr/lib/debug/lib/modules/{R}/vmlinux", FakeRoot.Kernel(R));
        _root.Link($"usr/lib/debug/boot/vmlinux-{R}", $"../lib/modules/{R}/vmlinux");
        Assert.Equal(vmlinux, KernelTree.Find(_root.Folder).Path);
    }

    [Fact]
    public void None_is_refused_with_what_was_looked_for()
    {
        _root.Add("usr/share/doc/readme", "x");
        InvalidImageException e = Refused();
        Assert.Contains("is a folder without a kernel (looked for vmlinux, vmlinux.unstripped, arch/*/boot/", e.Problem, StringComparison.Ordinal);
        Assert.NotNull(e.Remedy);
    }

    [Fact]
    public void Several_are_refused_with_their_list_and_a_member_chooses()
    {
        _root.Add("usr/lib/debug/boot/vmlinux-6.1.0", FakeRoot.Kernel("6.1.0"));
        string second = _root.Add("usr/lib/debug/boot/vmlinux-6.12.0", FakeRoot.Kernel("6.12.0"));
        InvalidImageException e = Refused();
        Assert.Contains("2 kernels: usr/lib/debug/boot/vmlinux-6.1.0, usr/lib/debug/boot/vmlinux-6.12.0", e.Problem, StringComparison.Ordinal);
        Assert.Contains("--member", e.Remedy, StringComparison.Ordinal);
        Assert.Equal(second, KernelTree.Find(_root.Folder, "usr/lib/debug/boot/vmlinux-6.12.0").Path);
        Assert.Equal(second, KernelTree.Find(_root.Folder, "vmlinux-6.12.0").Path);
        Assert.Throws<InvalidImageException>(() => KernelTree.Find(_root.Folder, "vmlinux-6.13.0"));
    }

    [Fact]
    public void Images_of_two_machines_are_two_kernels()
    {
        _root.Add("arch/arm64/boot/Image", "x");
        _root.Add("arch/arm64/boot/Image.gz", "x");
        Assert.EndsWith("/Image", KernelTree.Find(_root.Folder).Path, StringComparison.Ordinal);
        _root.Add("arch/x86/boot/bzImage", "x");
        Assert.Contains("2 kernels", Refused().Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_below_the_folder_are_not_followed()
    {
        using FakeRoot other = new();
        string outside = other.Add("vmlinux-9.9.9", FakeRoot.Kernel("9.9.9"));
        _root.Link("boot/vmlinux-9.9.9", outside);
        _root.Link("loop/again", "..");
        _root.Link("other", other.Folder);
        Assert.Contains("without a kernel", Refused().Problem, StringComparison.Ordinal);
        foreach (string member in (string[])["boot/vmlinux-9.9.9", "other/vmlinux-9.9.9", "loop/again/boot/vmlinux-9.9.9"])
        {
            Assert.Contains("link", Assert.Throws<InvalidImageException>(() => KernelTree.Find(_root.Folder, member)).Problem, StringComparison.Ordinal);
        }

        foreach (string member in (string[])[outside, $"../{Path.GetFileName(other.Folder)}/vmlinux-9.9.9", "boot/../../vmlinux", ""])
        {
            Assert.Throws<InvalidImageException>(() => KernelTree.Find(_root.Folder, member));
        }
    }

    [Fact]
    public void The_vmlinux_at_the_top_and_the_folder_itself_may_be_links()
    {
        using FakeRoot other = new();
        string target = other.Add("vmlinux", FakeRoot.Kernel(R));
        other.Add(".config", "CONFIG_64BIT=y\n", -5);
        _root.Add("tree/.config", "CONFIG_64BIT=n\n", -5);
        string link = _root.Link("tree/vmlinux", target);
        FoundKernel found = KernelTree.Find(Path.Combine(_root.Folder, "tree"));
        Assert.Equal(link, found.Path);

        // The tree that it was built in has its configuration.
        Assert.Equal(Path.Combine(other.Folder, ".config"), found.Configuration!.Places[0]);
        string linked = _root.Link("linked", other.Folder);
        Assert.Equal(Path.Combine(linked, "vmlinux"), KernelTree.Find(linked).Path);
    }

    [Fact]
    public void A_loop_of_links_a_pipe_and_a_folder_are_no_kernels()
    {
        _root.Link("vmlinux", "vmlinux");
        Directory.CreateDirectory(Path.Combine(_root.Folder, "vmlinux.unstripped"));
        Assert.Contains("without a kernel", Refused().Problem, StringComparison.Ordinal);
        ManagedWay.SkipUnlessLinux("the kind of a file without a size; opening it refuses it");
        Assert.Equal(0, ProgramRun.Shell($"mkdir -p '{_root.Folder}/boot' && mkfifo '{_root.Folder}/boot/vmlinux-1.2.3'").ExitCode);
        Assert.Contains("is not a regular file", Refused().Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_is_bounded()
    {
        string many = Directory.CreateDirectory(Path.Combine(_root.Folder, "many")).FullName;
        Assert.Equal(0, ProgramRun.Shell($"cd '{many}' && seq 100001 | xargs touch").ExitCode);
        Assert.Contains("more than 100000 files", Refused().Problem, StringComparison.Ordinal);
        string vmlinux = _root.Add("vmlinux", FakeRoot.Kernel(R));
        Assert.Equal(vmlinux, KernelTree.Find(_root.Folder).Path);
    }

    private InvalidImageException Refused()
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelTree.Find(_root.Folder));
        Assert.StartsWith(_root.Folder, e.Message, StringComparison.Ordinal);
        return e;
    }
}
