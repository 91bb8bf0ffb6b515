using LayoutCheck.Core;
using LayoutCheck.Inputs;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Inputs;

/// <summary>The installed kernel of a release: the one that knows most, and none of another release.</summary>
public sealed class ReleaseNameTests : IDisposable
{
    private const string R = "7.3.4+deb13-cloud-amd64";
    private readonly FakeRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("7.3.4+deb13-cloud-amd64", true)]
    [InlineData("6.1.0-56-cloud-amd64", true)]
    [InlineData("7.4.0-rc1", true)]
    [InlineData("5.10", true)]
    [InlineData("vmlinux", false)]
    [InlineData("7", false)]
    [InlineData("7.", false)]
    [InlineData(".7", false)]
    [InlineData("7.x", false)]
    [InlineData("7.3/../x", false)]
    [InlineData("7.3 4", false)]
    [InlineData("7.3\u00e4", false)]
    [InlineData("", false)]
    public void A_release_is_known_by_its_form(string word, bool isOne) => Assert.Equal(isOne, ReleaseName.IsOne(word));

    [Fact]
    public void DWARF_comes_before_BTF_before_the_packed_kernel()
    {
        string packed = _root.Add($"boot/vmlinuz-{R}", FakeRoot.Kernel(R));
        Assert.Equal(packed, Find());
        string btf = _root.Add($"lib/modules/{R}/build/vmlinux", FakeRoot.Kernel(R));
        Assert.Equal(btf, Find());
        string dwarf = _root.Add($"boot/vmlinux-{R}", FakeRoot.Kernel(R, dwarf: true, btf: false));
        Assert.Equal(dwarf, Find());
        Assert.Equal(btf, Find(wantsDwarf: false));
        Assert.Equal(dwarf, Find(wantsBtf: false));
    }

    [Theory]
    [InlineData("usr/lib/debug/boot/vmlinux-" + R)]
    [InlineData("usr/lib/debug/boot/vmlinux-" + R + ".debug")]
    [InlineData("usr/lib/debug/lib/modules/" + R + "/vmlinux")]
    [InlineData("usr/lib/debug/usr/lib/modules/" + R + "/vmlinux.debug")]
    [InlineData("boot/vmlinux-" + R)]
    [InlineData("lib/modules/" + R + "/vmlinux-" + R)]
    [InlineData("lib/modules/" + R + "/build/vmlinux")]
    [InlineData("usr/lib/modules/" + R + "/kernel/vmlinux")]
    [InlineData("usr/lib/modules/" + R + "/vmlinuz")]
    public void Each_place_is_found_alone(string place)
    {
        _root.Add(place, FakeRoot.Kernel(R));
        _root.Add(place.Replace(R, "6.1.0", StringComparison.Ordinal), FakeRoot.Kernel("6.1.0", dwarf: true));
        Assert.Equal(Path.Combine(_root.Folder, place), Find());
    }

    [Fact]
    public void What_has_no_debug_information_or_is_unreadable_is_passed_by()
    {
        _root.Add($"usr/lib/debug/boot/vmlinux-{R}", FakeRoot.Kernel(R, btf: false));
        _root.Add($"usr/lib/debug/lib/modules/{R}/vmlinux", "no kernel");
        _root.Add($"lib/modules/{R}/vmlinux", FakeRoot.Kernel(R)[..70]);
        InvalidImageException e = Refused();
        Assert.StartsWith($"no such file, and what is installed of this release cannot answer: {_root.Folder}/usr/lib/debug/boot/vmlinux-{R} has no debug information; ", e.Problem, StringComparison.Ordinal);
        string good = _root.Add($"boot/vmlinux-{R}", FakeRoot.Kernel(R));
        Assert.Equal(good, Find());
        Assert.Contains("has no DWARF", Refused(wantsBtf: false).Problem, StringComparison.Ordinal);
    }

    // Contents that were split off: a size and nothing in the file.
    [Fact]
    public void Sections_without_contents_are_none()
    {
        _root.Add($"boot/vmlinux-{R}", new ElfBuilder().Add(".debug_info", new byte[64], type: 8).ToBytes());
        Assert.Contains("has no debug information", Refused().Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void None_installed_names_the_places_and_the_package()
    {
        InvalidImageException e = Refused();
        Assert.StartsWith($"{R}: no such file, and no kernel of this release (R) is installed: not at /usr/lib/debug/boot/vmlinux-R, ", e.Message, StringComparison.Ordinal);
        Assert.Contains($"linux-image-{R}-dbg", e.Remedy, StringComparison.Ordinal);

        // As a user sees it.
        e = Assert.Throws<InvalidImageException>(() => KernelImage.Open("0.0.1-nobody-has-this"));
        Assert.Contains("no kernel of this release", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_running_kernels_BTF_answers_for_its_release_alone()
    {
        string btf = _root.Add("sys/kernel/btf/vmlinux", FixtureFile.Bytes("shapes/shapes.raw.btf"));
        _root.Add("proc/sys/kernel/osrelease", R + "\n");
        Assert.Equal(btf, Find());
        Assert.Null(ReleaseName.RunningDwarf(_root.Folder));
        Assert.Throws<InvalidImageException>(() => ReleaseName.Find(R + "x", true, true, _root.Folder));
        Assert.Throws<InvalidImageException>(() => ReleaseName.Find(R, true, false, _root.Folder));

        // A packed kernel without BTF is passed by, one with BTF is not.
        _root.Add($"boot/vmlinuz-{R}", FakeRoot.Kernel(R, btf: false));
        Assert.Equal(btf, Find());
        string packed = _root.Add($"boot/vmlinuz-{R}", FakeRoot.Kernel(R));
        Assert.Equal(packed, Find());
        string dwarf = _root.Add($"usr/lib/debug/boot/vmlinux-{R}", FakeRoot.Kernel(R, dwarf: true));
        Assert.Equal((dwarf, R), ReleaseName.RunningDwarf(_root.Folder));
    }

    [Fact]
    public void The_configuration_is_that_of_the_release_or_of_the_build()
    {
        _root.Add($"boot/vmlinux-{R}", FakeRoot.Kernel(R));
        Assert.Equal(Path.Combine(_root.Folder, $"boot/config-{R}"), ReleaseName.Find(R, true, true, _root.Folder).Configuration!.Places[0]);
        _root.Add($"lib/modules/{R}/build/vmlinux", FakeRoot.Kernel(R));
        string config = _root.Add($"lib/modules/{R}/build/.config", "CONFIG_64BIT=y\n");
        FoundKernel found = ReleaseName.Find(R, true, true, _root.Folder);
        Assert.Equal((config, R), (found.Configuration!.Places[0], found.Release));
    }

    [Fact]
    public void The_image_names_its_file_and_is_of_the_release()
    {
        string kernel = _root.Add($"boot/vmlinux-{R}", FakeRoot.Kernel(R));
        string config = _root.Add($"boot/config-{R}", "CONFIG_64BIT=y\n");
        _root.Add("boot/vmlinux-7.3.5", FakeRoot.Kernel(R));
        ImageOptions options = new() { Root = _root.Folder };
        using KernelImage image = KernelImage.Open(R, options);
        Assert.Equal((kernel, R), (image.Path, image.ReadRelease()));
        Assert.Equal("y", image.ReadConfig()!["CONFIG_64BIT"]);
        Assert.Equal([new InputFile(FileRole.Configuration, config, null, null)], image.OtherFiles);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open("7.3.5", options));
        Assert.Contains($"boot/vmlinux-7.3.5: is of release {R}, and lies where a kernel of release 7.3.5 is installed; ", e.Message, StringComparison.Ordinal);
    }

    // What a record's stamp covers is the file that is read.
    [Fact]
    public void A_stamp_is_of_the_file_that_is_read()
    {
        InputRequest request = new() { Root = _root.Folder };
        Assert.Equal(default, InputStamp.Of(R, request).State);
        string packed = _root.Add($"boot/vmlinuz-{R}", FakeRoot.Kernel(R));
        InputStamp stamp = InputStamp.Of(R, request);
        Assert.Equal((packed, FileState.Of(packed)), (stamp.Path, stamp.State));
        Assert.Contains(Path.Combine(_root.Folder, $"boot/config-{R}"), stamp.Watched);
        string better = _root.Add($"boot/vmlinux-{R}", FakeRoot.Kernel(R));
        Assert.Equal(better, InputStamp.Of(R, request).Path);
        foreach (string once in (string[])["-", "/dev/null", "no-such-file", "/no/such/file"])
        {
            Assert.Equal(default, InputStamp.Of(once, request).State);
        }

        Assert.True(InputStamp.Of("0123456789abcdef", request).IsFetched);
        Assert.Equal((packed, FileState.Of(packed)), (InputStamp.Of($"{packed}!boot/vmlinux", request).Path, InputStamp.Of($"{packed}!boot/vmlinux", request).State));
    }

    private string Find(bool wantsDwarf = true, bool wantsBtf = true) => ReleaseName.Find(R, wantsDwarf, wantsBtf, _root.Folder).Path;

    private InvalidImageException Refused(bool wantsBtf = true) => Assert.Throws<InvalidImageException>(() => Find(wantsBtf: wantsBtf));
}
