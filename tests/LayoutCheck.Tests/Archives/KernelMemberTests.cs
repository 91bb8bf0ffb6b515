using LayoutCheck.Archives;

namespace LayoutCheck.Tests.Archives;

/// <summary>The choice of a kernel among the names of files.</summary>
public sealed class KernelMemberTests
{
    private static readonly string[] s_debian =
    [
        "./usr/lib/debug/lib/modules/6.12.1/kernel/fs/ext4/ext4.ko", "./usr/lib/debug/boot/vmlinux-6.12.1-cloud-amd64", "./usr/share/doc/linux-image-6.12.1-dbg/copyright",
        "./usr/lib/debug/lib/modules/6.12.1/kernel/drivers/nvdimm/nd_pmem.ko", "./usr/lib/debug/lib/modules/6.12.1/kernel/drivers/nvdimm/nd_btt.ko",
    ];

    [Theory]
    [InlineData("vmlinux")]
    [InlineData("/usr/lib/debug/lib/modules/7.3.4+deb13-cloud-amd64/vmlinux")]
    [InlineData("usr/lib/debug/boot/vmlinux-6.12.1-cloud-amd64")]
    [InlineData("usr/lib/debug/boot/vmlinux-6.4.0-150600.21-default.debug")]
    [InlineData("usr/lib/debug/lib/modules/6.4.0/vmlinux.debug")]
    [InlineData("vmlinux.unstripped")]
    [InlineData("boot/vmlinux-6.4.0-default.xz")]
    [InlineData("boot/vmlinux.gz")]
    [InlineData("vmlinux-6.4.0.debug.zst")]
    public void A_vmlinux_is_known_by_its_name(string path)
    {
        Assert.True(KernelMember.IsVmlinux(path));
        Assert.Equal(path, KernelMember.Choose(["boot/vmlinuz-6.4.0", path, "lib/a.ko"]).Path);
    }

    [Theory]
    [InlineData("vmlinux.o")]
    [InlineData("vmlinux.lds")]
    [InlineData("arch/x86/kernel/vmlinux.lds.S")]
    [InlineData("scripts/gdb/vmlinux-gdb.py")]
    [InlineData("vmlinux-gdb.py")]
    [InlineData("vmlinux.h")]
    [InlineData("vmlinux.map")]
    [InlineData("vmlinux-6.1.o")]
    [InlineData("vmlinux-")]
    [InlineData("vmlinux-.debugx.py")]
    [InlineData("vmlinux.bin.gz")]
    [InlineData("arch/x86/boot/compressed/vmlinux")]
    [InlineData("./arch/s390/boot/vmlinux")]
    [InlineData("linux-6.1/arch/arm/boot/compressed/vmlinux")]
    [InlineData("vmlinuxdebug")]
    [InlineData("vmlinuz")]
    [InlineData("a/vmlinux/b")]
    [InlineData("notvmlinux")]
    public void Scripts_objects_and_what_unpacks_a_kernel_are_none(string path) => Assert.False(KernelMember.IsVmlinux(path));

    [Theory]
    [InlineData("boot/vmlinuz-6.12.1-cloud-amd64", true)]
    [InlineData("lib/modules/6.9/vmlinuz", true)]
    [InlineData("vmlinuz.efi", true)]
    [InlineData("arch/arm64/boot/Image", true)]
    [InlineData("arch/arm64/boot/Image.gz", true)]
    [InlineData("boot/Image-6.4.0-default", true)]
    [InlineData("arch/x86/boot/bzImage", true)]
    [InlineData("zImage", true)]
    [InlineData("lib/modules/6.9/.vmlinuz.hmac", false)]
    [InlineData("boot/vmlinuz-6.9.hmac", false)]
    [InlineData("arch/x86/boot/compressed/vmlinuz", false)]
    [InlineData("lib/Image.o", false)]
    [InlineData("myImage", false)]
    public void A_boot_image_answers_where_no_vmlinux_is(string path, bool isOne)
    {
        Assert.Equal(isOne, KernelMember.IsBootImage(path));
        Assert.Equal(isOne ? path : null, KernelMember.Choose([path, "lib/a.ko.xz", "boot/config-6.9", "boot/System.map-6.9"]).Path);
    }

    [Fact]
    public void The_one_vmlinux_is_chosen_before_boot_images()
        => Assert.Equal("./usr/lib/debug/boot/vmlinux-6.12.1-cloud-amd64", KernelMember.Choose([.. s_debian, "./boot/vmlinuz-1", "./boot/vmlinuz-2"]).Path);

    [Fact]
    public void Vmlinux_answers_for_vmlinux_unstripped_beside_it_alone()
    {
        Assert.Equal("a/vmlinux", KernelMember.Choose(["a/vmlinux.unstripped", "a/vmlinux"]).Path);
        Assert.Equal("has 2 kernels: a/vmlinux.unstripped, b/vmlinux", KernelMember.Choose(["a/vmlinux.unstripped", "b/vmlinux"]).Problem);
    }

    [Fact]
    public void The_images_of_one_build_are_one_kernel()
    {
        Assert.Equal("arch/arm64/boot/Image", KernelMember.Choose(["arch/arm64/boot/Image.gz", "arch/arm64/boot/Image", "arch/arm64/boot/vmlinuz.efi"]).Path);
        Assert.Equal("has 2 kernels: boot/Image, boot/vmlinuz", KernelMember.Choose(["boot/Image", "boot/vmlinuz"]).Problem);
    }

    [Fact]
    public void Several_kernels_are_listed_and_none_is_taken()
    {
        MemberChoice choice = KernelMember.Choose(Enumerable.Range(1, 14).Select(i => $"boot/vmlinux-6.{i}\u001b"));
        Assert.Null(choice.Path);
        Assert.StartsWith("has 14 kernels: boot/vmlinux-6.1\\u{1b}, ", choice.Problem);
        Assert.EndsWith("boot/vmlinux-6.10\\u{1b} and 4 more", choice.Problem);
    }

    [Fact]
    public void A_list_without_a_kernel_says_what_it_has()
    {
        Assert.Equal("has no vmlinux and no vmlinuz (3 files, 2 of them modules)", KernelMember.Choose(["a.ko.xz", "b.ko", "c"]).Problem);
        Assert.Equal("has no vmlinux and no vmlinuz (1 file)", KernelMember.Choose(["c"]).Problem);
        Assert.Equal("has no vmlinux and no vmlinuz (it has no regular files)", KernelMember.Choose([]).Problem);
    }

    [Theory]
    [InlineData("usr/lib/debug/lib/modules/6.12.1/kernel/drivers/nvdimm/nd_pmem.ko")]
    [InlineData("/usr/lib/debug/lib/modules/6.12.1/kernel/drivers/nvdimm/nd_pmem.ko")]
    [InlineData("./usr/lib/debug/lib/modules/6.12.1/kernel/drivers/nvdimm/nd_pmem.ko")]
    [InlineData("nd_pmem.ko")]
    [InlineData("nvdimm/nd_pmem.ko")]
    public void A_file_is_asked_for_by_its_path_or_the_end_of_it(string wanted)
    {
        Assert.Equal(s_debian[3], KernelMember.Choose(s_debian, wanted).Path);
        Assert.True(KernelMember.IsCandidate(s_debian[3], wanted));
    }

    [Fact]
    public void A_whole_path_goes_before_the_end_of_another()
    {
        Assert.Equal("vmlinux", KernelMember.Choose(["a/vmlinux", "vmlinux"], "vmlinux").Path);
        Assert.Equal("has 2 files whose path ends in x.ko: a/x.ko, b/x.ko", KernelMember.Choose(["a/x.ko", "b/x.ko"], "x.ko").Problem);
    }

    [Theory]
    [InlineData("nd_pmen.ko", "has no file nd_pmen.ko (5 files, 3 of them modules); did you mean usr/lib/debug/lib/modules/6.12.1/kernel/drivers/nvdimm/nd_pmem.ko?")]
    [InlineData("d_pmem.ko", "has no file d_pmem.ko (5 files, 3 of them modules); did you mean usr/lib/debug/lib/modules/6.12.1/kernel/drivers/nvdimm/nd_pmem.ko?")]
    [InlineData("", "has no file  (5 files, 3 of them modules)")]
    [InlineData("/", "has no file / (5 files, 3 of them modules)")]
    [InlineData("xyzxyz", "has no file xyzxyz (5 files, 3 of them modules)")]
    [InlineData("nvdimm/", "has no file nvdimm/ (5 files, 3 of them modules)")]
    public void A_file_that_is_not_there_is_told_with_near_names(string wanted, string problem)
    {
        Assert.Equal(problem, KernelMember.Choose(s_debian, wanted).Problem);
        Assert.All(s_debian, path => Assert.False(KernelMember.IsCandidate(path, wanted)));
    }

    [Fact]
    public void Names_of_any_length_cost_little()
    {
        string endless = new('a', 1 << 20);
        Assert.InRange(KernelMember.Choose([endless, endless + "/vmlinux/" + endless], endless[1..]).Problem!.Length, 1, 500);
    }
}
