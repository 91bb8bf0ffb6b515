using System.Text.Json;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.IO;

/// <summary>Every file that an answer rests on is named, and none of them may change while it is read.</summary>
public sealed class InputFilesTests : IDisposable
{
    private const string Other = "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf";
    private const string Module = "page-era5-module/page-era5-module.split-btf.ko";
    private const string Kernel = "page-era5/page-era5.btf.elf";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("layoutcheck-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void An_image_that_is_whole_rests_on_itself_alone()
    {
        using KernelImage image = FixtureFile.Open(Kernel);
        InputFile file = Assert.Single(CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 2).Files);
        Assert.Equal((FileRole.Image, image.Path, image.ReadFacts().BuildId), (file.Role, file.Path, file.BuildId));
    }

    // Per format: the image, its options, and the other file that the answer rests on, as text and JSON name it.
    public static TheoryData<string, string[], string, string, string> Formats() => new()
    {
        { Module, ["--base", FixtureFile.PathOf(Kernel)], "Base kernel ", "base_kernel", Kernel },
        { "page-era5-split/page-era5-split.linked.elf", [], "Debug file  ", "debug_file", "page-era5-split/page-era5-split.debug" },
        { "page-era5-common/page-era5-common.gnu.elf", [], "Supplement  ", "supplementary_file", "page-era5-common/page-era5-common.gnu.dwz" },
        { "page-era5-dwo/page-era5-dwo.gcc-dwarf5.elf", [], ".dwo file   ", "split_dwarf", "page-era5-dwo/" },
        { "page-era5-dwp/page-era5-dwp.gcc-dwarf4.elf", [], ".dwp file   ", "dwarf_package", "page-era5-dwp/page-era5-dwp.gcc-dwarf4.elf.dwp" },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void The_other_file_is_named(string image, string[] options, string label, string role, string other)
    {
        string path = FixtureFile.PathOf(image);
        string named = FixtureFile.PathOf(other);
        foreach (string[] words in (string[][])[["check", path], ["show", path, "page"], ["show", path, "page", "--all"], ["overlap", path, "page"], ["explain", "folio-head-page", path]])
        {
            // What explain looks for is beside the image.
            if (words[0] == "explain" && options.Length > 0)
            {
                continue;
            }

            ProgramResult text = ProgramRun.Run([.. words, .. words[0] == "check" ? ["-v", "--width", "0"] : Array.Empty<string>(), .. options]);
            Assert.True(text.ExitCode is 0 or 4, $"{string.Join(' ', words)}: {text.ExitCode} {text.Err}");
            Assert.Contains($"{label} {named}", text.Out, StringComparison.Ordinal);
            if (words[0] == "explain")
            {
                continue;
            }

            using JsonDocument json = JsonDocument.Parse(ProgramRun.Run([.. words, .. options, "--format", "json"]).Out);
            JsonElement[] files = [.. json.RootElement.GetProperty("files").EnumerateArray()];
            Assert.Equal(("image", path), (files[0].GetProperty("role").GetString(), files[0].GetProperty("path").GetString()));
            Assert.Equal(json.RootElement.GetProperty("image").GetProperty("build_id").GetString(), files[0].GetProperty("build_id").GetString());
            Assert.NotEmpty(files[1..]);
            Assert.All(files[1..], f => Assert.Equal(role, f.GetProperty("role").GetString()));
            Assert.All(files[1..], f => Assert.StartsWith(named, f.GetProperty("path").GetString(), StringComparison.Ordinal));
        }

        ProgramResult baseline = ProgramRun.Run(["baseline", path, "page", .. options]);
        Assert.Contains($"{char.ToLowerInvariant(label[0])}{label.Trim()[1..]} {named}", baseline.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_base_kernel_is_named_with_its_build_id_and_release()
    {
        byte[] kernel = new ElfBuilder().Add(".rodata", [.. "Linux version 6.15.0-test (me)\0"u8]).Add(".BTF", FixtureFile.Section(Kernel, ".BTF")).ToBytes();
        string path = Write("vmlinux", kernel);
        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(Module), new ImageOptions(BasePath: path));
        Assert.Equal([new InputFile(FileRole.BaseKernel, path, null, "6.15.0-test")], image.OtherFiles);
    }

    // A kernel that was named and not asked must not be taken for the source of the answer.
    [Theory]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf", "the answer is from DWARF (--source btf asks the BTF)")]
    [InlineData("page-era6/page-era6.btf.elf", "the BTF needs no base")]
    public void A_base_that_is_not_used_is_told(string image, string reason)
    {
        string kernel = FixtureFile.PathOf(Kernel);
        foreach (string[] words in (string[][])[["check", FixtureFile.PathOf(image)], ["show", FixtureFile.PathOf(image), "page"], ["overlap", FixtureFile.PathOf(image), "page"], ["baseline", FixtureFile.PathOf(image), "page"]])
        {
            Assert.Equal($"layoutcheck: --base {kernel} is not used: {reason}\n", ProgramRun.Run([.. words, "--base", kernel]).Err);
        }
    }

    [Fact]
    public void Many_files_are_counted_in_text()
    {
        InputFile[] files = [.. Enumerable.Range(0, 12).Select(i => new InputFile(FileRole.SplitDwarf, $"{i:d2}.dwo", null, null))];
        (string Label, string Text)[] lines = [.. Provenance.Others(files)];
        Assert.Equal(9, lines.Length);
        Assert.Equal((".dwo file", "and 4 more, which --format json lists"), lines[8]);
    }

    // Of each format every file is touched in turn, and each gives no verdict.
    [Theory]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf", "page-era6/page-era6.gcc-dwarf5.elf")]
    [InlineData("page-era5-packed/page-era5-packed.xz", "page-era5-packed/page-era5-packed.xz")]
    [InlineData("page-era5-split/page-era5-split.linked.elf", "page-era5-split/page-era5-split.debug")]
    [InlineData("page-era5-common/page-era5-common.gnu.elf", "page-era5-common/page-era5-common.gnu.dwz")]
    [InlineData("page-era5-dwo/page-era5-dwo.gcc-dwarf5.elf", "page-era5-dwo/a.gcc-dwarf5.dwo")]
    [InlineData("page-era5-dwp/page-era5-dwp.gcc-dwarf4.elf", "page-era5-dwp/page-era5-dwp.gcc-dwarf4.elf.dwp")]
    public void A_file_that_changes_gives_no_verdict(string image, string changed)
    {
        CodecLibrary.SkipUnlessThereFor(Path.GetExtension(image).TrimStart('.'));
        string folder = Path.GetDirectoryName(FixtureFile.PathOf(image))!;
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            File.Copy(file, Path.Combine(_directory.FullName, Path.GetFileName(file)));
        }

        RequireRefusal(Path.Combine(_directory.FullName, Path.GetFileName(image)), new ImageOptions(), Path.Combine(_directory.FullName, Path.GetFileName(changed)));
    }

    [Fact]
    public void A_base_kernel_that_changes_gives_no_verdict()
    {
        string kernel = Write("vmlinux", File.ReadAllBytes(FixtureFile.PathOf(Kernel)));
        RequireRefusal(Write("driver.ko", File.ReadAllBytes(FixtureFile.PathOf(Module))), new ImageOptions(BasePath: kernel), kernel);
    }

    private static void RequireRefusal(string image, ImageOptions options, string changed)
    {
        // Without statx there is neither inode nor ctime.
        foreach (Action<string> change in HostSystem.IsLinux ? (Action<string>[])[Touch, Replace, Append] : [Touch])
        {
            using KernelImage opened = KernelImage.Open(image, options);
            Assert.NotNull(opened.Types.FindFirst(TypeName.Parse("struct page")));
            opened.RequireUnchanged();
            change(changed);
            InvalidImageException e = Assert.Throws<InvalidImageException>(opened.RequireUnchanged);
            Assert.Equal((changed, "changed while it was read"), (e.File, e.Problem));
            Assert.Throws<InvalidImageException>(() => CheckAnalysis.Run(opened, RuleCatalog.Default.Select(), 1));
        }

        static void Touch(string path) => File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));

        // The same bytes and times, another inode.
        static void Replace(string path)
        {
            DateTime written = File.GetLastWriteTimeUtc(path);
            File.Copy(path, path + ".new");
            File.Move(path + ".new", path, overwrite: true);
            File.SetLastWriteTimeUtc(path, written);
        }

        // As a writer does that puts the time back: ctime tells. A CRC would find the byte, so it is taken away again.
        static void Append(string path)
        {
            (DateTime written, long length) = (File.GetLastWriteTimeUtc(path), new FileInfo(path).Length);
            Thread.Sleep(20);
            using (FileStream file = File.OpenWrite(path))
            {
                file.SetLength(length + 1);
                file.SetLength(length);
            }

            File.SetLastWriteTimeUtc(path, written);
        }
    }

    // In a loop, for a command reads in milliseconds; without the check none of the runs is refused.
    [Theory]
    [InlineData("check")]
    [InlineData("show", "page")]
    [InlineData("show", "page", "--all")]
    [InlineData("show", "page", "--format", "json")]
    [InlineData("show", "no_such_struct")]
    [InlineData("overlap", "page")]
    [InlineData("overlap", "page", "--format", "json")]
    [InlineData("overlap", "no_such_struct")]
    [InlineData("overlap", "page.no_such_member")]
    [InlineData("baseline", "page")]
    [InlineData("baseline", "no_such_struct")]
    [InlineData("explain")]
    [InlineData("audit")]
    [InlineData("audit", "--rust")]
    [InlineData("diff", Other)]
    [InlineData("diff", Other, "page")]
    [InlineData("diff", Other, "page", "--no-rules")]
    [InlineData("diff-to")]
    [InlineData("diff-to", "--no-rules")]
    [InlineData("check", "--against", Other)]
    [InlineData("check-against")]
    public void No_command_answers_from_a_file_that_is_being_replaced(string command, params string[] words)
    {
        string path = Write("vmlinux", File.ReadAllBytes(FixtureFile.PathOf(Kernel)));
        string[] arguments = command switch
        {
            "explain" => ["explain", "folio-head-page", path],
            "diff-to" => ["diff", Other, path, .. words],
            "check-against" => ["check", Other, "--against", path],
            _ => [command, path, .. words],
        };
        bool isOver = false;
        Thread writer = new(() =>
        {
            for (int second = 1; !Volatile.Read(ref isOver); second++)
            {
                File.Copy(path, path + ".new", overwrite: true);
                // A copy has the time of its original, which is all that is compared without statx.
                File.SetLastWriteTimeUtc(path + ".new", DateTime.UnixEpoch.AddSeconds(HostSystem.IsLinux ? 0 : second));
                File.Move(path + ".new", path, overwrite: true);
            }
        });
        writer.Start();
        bool isRefused = false;
        for (int i = 0; i < 50 && !isRefused; i++)
        {
            ProgramResult result = ProgramRun.Run(arguments);
            isRefused = result.ExitCode == 3 && result.Out.Length == 0 && result.Err.EndsWith($"{path}: changed while it was read; run again when nothing writes to it\n", StringComparison.Ordinal);
        }

        Volatile.Write(ref isOver, true);
        writer.Join();
        Assert.True(isRefused);
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_directory.FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    [Theory]
    [InlineData("")]
    [InlineData("/\0x")]
    public void A_path_that_no_file_has_has_no_state(string path) => Assert.Equal(default, FileState.Of(path));
}
