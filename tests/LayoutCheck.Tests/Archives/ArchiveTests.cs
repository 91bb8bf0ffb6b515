using LayoutCheck.Analyses;
using LayoutCheck.Archives;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;
using static LayoutCheck.Tests.Archives.PackageUnderTest;
using static LayoutCheck.Tests.Support.ArchiveBuilder;

namespace LayoutCheck.Tests.Archives;

/// <summary>Packages of every kind: which file is taken out, and what is refused.</summary>
public sealed class ArchiveTests
{
    private static readonly byte[] s_tar = Tar(
        TarFile("./", [], '5'), TarFile("./usr/lib/a.ko", "module"u8), TarFile("./boot/vmlinux-6.1", "the kernel"u8), TarFile("./boot/vmlinux", [], '2', "vmlinux-6.1"), TarFile("./b.ko", "other"u8));

    private static readonly byte[] s_cpio = Cpio(CpioFile("./lib", [], 0x41ed), CpioFile("./lib/a.ko", "module"u8), CpioFile("./lib/vmlinux", "the kernel"u8), CpioFile("./lib/b.ko", "other"u8));

    private static readonly (string, string, ushort, string)[] s_listed =
    [
        ("/lib/", "a.ko", 0x81a4, ""), ("/lib/", "vmlinux", 0x81a4, Sha256Of("the kernel"u8)), ("/lib/", "b.ko", 0x81a4, Sha256Of("other"u8)),
    ];

    public static TheoryData<string> Endings() => ["", ".gz", ".zst", ".xz", ".xz of blocks"];

    [Theory]
    [MemberData(nameof(Endings))]
    public void The_vmlinux_of_a_tar_archive(string ending)
    {
        Assert.Equal(("boot/vmlinux-6.1", "the kernel"), Taken(Packed(s_tar, ending)));
        Assert.Equal(("usr/lib/a.ko", "module"), Taken(Packed(s_tar, ending), "a.ko"));
        Assert.Equal(("b.ko", "other"), Taken(Packed(s_tar, ending), "/b.ko"));
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public void The_vmlinux_of_a_Debian_package(string ending)
    {
        string name = ending.Split(' ')[0];
        Assert.Equal(("boot/vmlinux-6.1", "the kernel"), Taken(Deb(Packed(s_tar, ending), name)));
        string sums = SumLine("usr/lib/a.ko", "module"u8.ToArray()) + SumLine("boot/vmlinux-6.1", "the kernel"u8.ToArray()) + SumLine("b.ko", "other"u8.ToArray());
        Assert.Equal(("boot/vmlinux-6.1", "the kernel"), Taken(Deb(Packed(s_tar, ending), name, sums)));
        Assert.Equal(("b.ko", "other"), Taken(Deb(Packed(s_tar, ending), name, sums), "./b.ko"));
    }

    // The fixture unpacks to no tar archive: the refusal shows that it was unpacked.
    [Theory]
    [InlineData("bz2")]
    [InlineData("lzma")]
    [InlineData("lz4")]
    [InlineData("lzo")]
    public void Other_formats_around_a_tar_archive_are_those_of_files(string ending)
    {
        CodecLibrary.SkipUnlessThereFor(ending);
        InvalidImageException e = Refused(Deb(FixtureFile.Bytes($"page-era5-packed/page-era5-packed.{ending}"), "." + ending));
        Assert.Equal(("the header of tar is damaged (its sum is wrong)", 0UL, $"data.tar.{ending}"), (e.Problem, e.Offset, e.Section));
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public void The_vmlinux_of_an_RPM_package(string ending)
    {
        foreach ((string, string, ushort, string)[] listed in (ReadOnlySpan<(string, string, ushort, string)[]>)[[], s_listed])
        {
            Assert.Equal(("lib/vmlinux", "the kernel"), Taken(Rpm(Packed(s_cpio, ending), listed)));
            Assert.Equal(("lib/b.ko", "other"), Taken(Rpm(Packed(s_cpio, ending), listed), "/lib/b.ko"));
        }
    }

    [Fact]
    public void A_list_ends_the_reading_behind_the_member()
    {
        // What follows is damaged.
        byte[] rpm = Rpm([.. s_cpio[..^200], .. new byte[200]], s_listed);
        Assert.Equal(("lib/vmlinux", "the kernel"), Taken(rpm));
        Assert.Contains("is damaged", Refused(rpm, "b.ko").Message, StringComparison.Ordinal);

        // A member without a sum is taken when the stream has come to its end.
        Assert.Equal("module", Taken(Rpm(s_cpio, s_listed), "a.ko").Contents);
        Assert.Contains("is damaged", Refused(rpm, "a.ko").Message, StringComparison.Ordinal);
        Assert.Contains("is damaged", Refused(Rpm([.. s_cpio[..^200], .. new byte[200]], [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_verdict_is_that_of_the_file_itself()
    {
        byte[] kernel = FixtureFile.Bytes("page-era5/page-era5.gcc-dwarf5.elf");
        string folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        try
        {
            string package = Path.Combine(folder, "k.tar.zst");
            File.WriteAllBytes(package, Zstd(Tar(TarFile("boot/vmlinux-6.15", kernel), TarFile("boot/vmlinuz-6.15", Gzip(kernel)))));
            foreach ((string word, string? member, string name) in ((string, string?, string)[])[(package, null, "boot/vmlinux-6.15"), (package, "vmlinuz-6.15", "boot/vmlinuz-6.15"), (package + "!vmlinuz-6.15", null, "boot/vmlinuz-6.15")])
            {
                using KernelImage image = KernelImage.Open(word, new ImageOptions { Member = member });
                Assert.Equal($"{package}!{name}", image.Path);
                Assert.Equal(ExitCode.Holds, CheckAnalysis.Run(image, RuleCatalog.Default, 1).ExitCode);
                image.RequireUnchanged();
            }

            Assert.Equal([package], Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_package_that_changes_meanwhile_gives_no_answer()
    {
        string folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        try
        {
            string package = Path.Combine(folder, "k.tar");
            File.WriteAllBytes(package, Tar(TarFile("vmlinux", FixtureFile.Bytes("page-era5/page-era5.gcc-dwarf5.elf"))));
            using KernelImage image = KernelImage.Open(package);
            File.AppendAllText(package, "x");
            Assert.Contains("changed while it was read", Assert.Throws<InvalidImageException>(image.RequireUnchanged).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Several_kernels_or_none_are_refused_with_what_there_is()
    {
        byte[] two = Tar(TarFile("a/vmlinux", "1"u8), TarFile("b/vmlinux-2", "2"u8), TarFile("c.ko", "3"u8));
        InvalidImageException e = Refused(two);
        Assert.Equal(("has 2 kernels: a/vmlinux, b/vmlinux-2", "choose a file with --member PATH"), (e.Problem, e.Remedy));
        Assert.Equal(("b/vmlinux-2", "2"), Taken(two, "b/vmlinux-2"));
        Assert.Equal("has 2 kernels: a/vmlinux, b/vmlinux-2", Refused(Deb(two, "", SumLine("a/vmlinux", [1]) + SumLine("b/vmlinux-2", [2]))).Problem);
        Assert.Equal("has no vmlinux and no vmlinuz (2 files, 1 of them modules)", Refused(Tar(TarFile("a.ko", "1"u8), TarFile("README", "2"u8))).Problem);
        Assert.Equal("has no vmlinux and no vmlinuz (it has no regular files)", Refused(Tar(TarFile("a/", [], '5'))).Problem);
        Assert.Equal("has no file c.kp (3 files, 1 of them modules); did you mean c.ko?", Refused(two, "c.kp").Problem);
    }

    [Fact]
    public void A_vmlinux_behind_a_vmlinuz_is_taken_and_a_second_one_is_seen()
    {
        Assert.Equal(("lib/vmlinux", "3"), Taken(Tar(TarFile("vmlinuz-1", "1"u8), TarFile("vmlinuz-2", "2"u8), TarFile("lib/vmlinux", "3"u8))));
        Assert.Equal(("a/vmlinux", "2"), Taken(Tar(TarFile("a/vmlinux.unstripped", "1"u8), TarFile("a/vmlinux", "2"u8))));
        Assert.Equal(("vmlinux", "2"), Taken(Tar(TarFile("a/vmlinux", "1"u8), TarFile("vmlinux", "2"u8), TarFile("b/vmlinux", "3"u8)), "./vmlinux"));
        Assert.StartsWith("has 2 kernels: ", Refused(Tar(TarFile("vmlinux-1", "1"u8), TarFile("z/vmlinux-2", "2"u8))).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('2', "is a symbolic link to ../../etc/shadow, not a regular file, and links are not followed")]
    [InlineData('1', "is a hard link to ../../etc/shadow, not a regular file, and links are not followed")]
    [InlineData('3', "is a device, not a regular file")]
    [InlineData('4', "is a device, not a regular file")]
    [InlineData('5', "is a directory, not a regular file")]
    [InlineData('6', "is a FIFO, not a regular file")]
    [InlineData('S', "is a sparse file (tar), not a regular file")]
    [InlineData('Z', "is an entry of an unknown kind, not a regular file")]
    public void Links_devices_and_directories_are_refused_by_name(char type, string problem)
    {
        byte[] tar = Tar(TarFile("boot/vmlinux", [], type, "../../etc/shadow"), TarFile("a.ko", "1"u8));
        foreach (InvalidImageException e in (InvalidImageException[])[Refused(tar), Refused(tar, "vmlinux"), Refused(Deb(tar, "", SumLine("boot/vmlinux", [1])))])
        {
            Assert.Equal((problem, "boot/vmlinux"), (e.Problem, e.Section));
        }
    }

    [Fact]
    public void Links_and_devices_of_cpio_are_refused_by_name()
    {
        Assert.Equal("is a symbolic link to /dev/mem, not a regular file, and links are not followed", Refused(Rpm(Cpio(CpioFile("./vmlinux", "/dev/mem"u8, 0xa1ff)), [])).Problem);
        Assert.Equal("is a hard link to another name, not a regular file, and links are not followed", Refused(Rpm(Cpio(CpioFile("./vmlinux", [], links: 2)), [])).Problem);
        Assert.Equal("is a device, not a regular file", Refused(Rpm(Cpio(CpioFile("./vmlinux", [], 0x2180)), [])).Problem);
        Assert.Equal("is a FIFO, not a regular file", Refused(Rpm(Cpio(CpioFile("./vmlinux", [], 0x1180)), [])).Problem);
    }

    [Fact]
    public void Formats_that_cannot_be_read_are_refused_by_name()
    {
        Assert.Equal("is compressed in an unknown way (it starts with 0102030405060708)", Refused(Deb([1, 2, 3, 4, 5, 6, 7, 8, 9], ".br")).Problem);
        Assert.Equal("data.tar.br", Refused(Deb([1, 2, 3, 4, 5, 6, 7, 8, 9], ".br")).Section);
        Assert.Contains("another format than 2.0 (3.0)", Refused(Ar(("debian-binary", "3.0\n"u8.ToArray()))).Problem, StringComparison.Ordinal);
        Assert.Contains("without data.tar", Refused(Ar(("debian-binary", "2.0\n"u8.ToArray()))).Problem, StringComparison.Ordinal);
        Assert.Contains("is compressed in an unknown way", Refused(Rpm([9, 9, 9, 9, 9, 9, 9, 9, 9], [])).Problem, StringComparison.Ordinal);
        Assert.Contains("is of the format drpm", Refused(Rpm(s_cpio, [], "drpm")).Problem, StringComparison.Ordinal);
        InvalidImageException e = Refused(Rpm(Cpio(CpioFile("", [], magic: "07070X")), []));
        Assert.Contains("07070X", e.Problem, StringComparison.Ordinal);
        Assert.Contains("rpm2archive", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_of_what_is_no_package_is_refused()
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(FixtureFile.PathOf("page-era5/page-era5.gcc-dwarf5.elf"), new ImageOptions { Member = "x" }));
        Assert.Contains("is neither a package nor a folder", e.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("page-era5/page-era5.gcc-dwarf5.elf")]
    [InlineData("page-era5-packed/page-era5-packed.gz")]
    [InlineData("page-era5-packed/page-era5-packed.zst")]
    [InlineData("page-era5-packed/page-era5-packed.lz4")]
    [InlineData("shapes/shapes.raw.btf")]
    public void Images_are_no_packages(string fixture)
    {
        using MappedFile file = MappedFile.Open(FixtureFile.PathOf(fixture));
        Assert.False(Archive.IsOne(file));
    }

    [Fact]
    public void Every_fixture_is_no_package()
        => Assert.All(FixtureFile.All, fixture =>
        {
            using MappedFile file = MappedFile.Open(FixtureFile.PathOf(fixture));
            Assert.False(Archive.IsOne(file), fixture);
        });

    [Fact]
    public void Progress_names_the_package()
    {
        OpeningProgress progress = new();
        using MappedFile file = MappedFile.FromBytes("folder/" + Name, Tar(TarFile("vmlinux", new byte[9 << 20])));
        using MappedFile taken = Archive.Extract(file, new ArchiveRequest { Progress = progress });
        Assert.Equal("reading p.deb", progress.Words);
        Assert.InRange(progress.FractionDone, 0.4, 1);
    }

    internal static byte[] Packed(byte[] bytes, string ending)
    {
        CodecLibrary.SkipUnlessThereFor(ending.Split(' ')[0].TrimStart('.'));
        return ending switch
        {
            ".gz" => Gzip(bytes),
            ".zst" => Zstd(bytes),
            ".xz" => Xz(bytes),
            ".xz of blocks" => Xz([.. bytes, .. new byte[1 << 21]], 100_000),
            _ => bytes,
        };
    }

    private static string Sha256Of(ReadOnlySpan<byte> bytes)
    {
        Sha256 hash = new();
        hash.Append(bytes);
        return Convert.ToHexStringLower(hash.Finish());
    }
}
