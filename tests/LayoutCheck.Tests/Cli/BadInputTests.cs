using System.Globalization;
using System.Runtime.InteropServices;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>What cannot be read: one clear line on stderr, nothing on stdout, exit code 3, at once.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void An_empty_file() => AssertRefused(Write("empty", []), "the file is empty");

    [Fact]
    public void A_text_file() => AssertRefused(Write("notes", "What is where\n"u8.ToArray()), "is neither an ELF file nor raw BTF");

    [Fact]
    public void A_truncated_ELF()
    {
        byte[] whole = FixtureFile.Bytes("page-era6/page-era6.gcc-dwarf5.elf");
        AssertRefused(Write("half", whole[..(whole.Length / 2)]), "truncated");
        AssertRefused(Write("header", whole[..40]), "truncated");
    }

    // Every length: whatever is cut off, the program refuses or, with what it needs still there, answers.
    [Fact]
    public void An_ELF_cut_anywhere()
    {
        byte[] whole = FixtureFile.Bytes("page-era6/page-era6.gcc-dwarf5.elf");
        for (int length = 0; length < whole.Length; length += whole.Length / 12)
        {
            ProgramResult result = ProgramRun.Run("check", Write("cut", whole[..length]));
            Assert.Equal(3, result.ExitCode);
            Assert.Single(result.ErrLines);
        }
    }

    [Fact]
    public void An_ELF_without_debug_information() => AssertRefused(FixtureFile.PathOf("refused/stripped.elf"), "has no debug information");

    [Fact]
    public void A_directory() => AssertRefused(_folder, "is a folder without a kernel");

    [Fact]
    public void A_file_that_is_not_there() => AssertRefused(Path.Combine(_folder, "vmlinux"), "no such file");

    [Fact]
    public void A_path_through_a_file() => AssertRefused(Path.Combine(Write("file", [1]), "vmlinux"), "vmlinux: ");

    // A file that is no library stands for one that is not there: it is found first, whatever is installed.
    [Theory]
    [InlineData("xz", "xz", "liblzma.so.5", "liblzma5")]
    [InlineData("lzma", "lzma", "liblzma.so.5", "liblzma5")]
    [InlineData("bz2", "bzip2", "libbz2.so.1.0", "libbz2-1.0")]
    [InlineData("lzo", "lzo", "liblzo2.so.2", "liblzo2-2")]
    public void A_packed_file_whose_library_is_not_there(string ending, string format, string library, string package)
    {
        ManagedWay.SkipUnlessLinux("libraries are looked for as there");
        string file = FixtureFile.PathOf($"page-era5-packed/page-era5-packed.{ending}");
        Write(library, "none"u8.ToArray());
        string expected = $"layoutcheck: {file}: is compressed ({format}), and {library}, which unpacks that, is not installed; "
            + $"install it (Debian's package {package}), or unpack the input and name the result";
        AssertUnpacks(file, expected);
    }

    [Fact]
    public void A_packed_file_whose_library_is_another_of_its_name()
    {
        ManagedWay.SkipUnlessLinux("libraries are looked for as there");
        File.Copy(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.Native.so"), Path.Combine(_folder, "liblzma.so.5"));
        AssertUnpacks(FixtureFile.PathOf("page-era5-packed/page-era5-packed.xz"), "is compressed (xz), and liblzma.so.5, which unpacks that, is not installed");
    }

    [Fact]
    public void A_boot_image_whose_kernel_may_be_in_one_of_two_streams_whose_libraries_are_not_there()
    {
        ManagedWay.SkipUnlessLinux("libraries are looked for as there");
        Write("liblzma.so.5", "none"u8.ToArray());
        Write("libbz2.so.1.0", "none"u8.ToArray());
        byte[] image = [.. new byte[0x200], .. FixtureFile.Bytes("page-era5-packed/page-era5-packed.xz"), .. FixtureFile.Bytes("page-era5-packed/page-era5-packed.bz2")];
        "ARMd"u8.CopyTo(image.AsSpan(0x38));
        AssertUnpacks(Write("Image", image), "is compressed (xz), and liblzma.so.5, which unpacks that, is not installed");

        // It is in neither.
        AssertUnpacks(Write("Image", [.. image, .. FixtureFile.Bytes("page-era5-packed/page-era5-packed.gz")]), null);
    }

    [Fact]
    public void A_device() => AssertRefused("/dev/zero", ManagedWay.RefusalOf("is a character device"));

    [Fact]
    public void A_file_without_permission()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may read everything");
        string file = Write("secret", FixtureFile.Bytes("page-era6/page-era6.gcc-dwarf5.elf"));
        Assert.Equal(0, ProgramRun.Shell($"chmod 000 '{file}'").ExitCode);
        AssertRefused(file, "ermission");
    }

    [Fact]
    public void A_name_that_a_terminal_would_obey() => AssertRefused(Path.Combine(_folder, "\e[31mred\u202e"), "\\u{1b}[31mred\\u{202e}: no such file");

    [Fact]
    public void The_other_source_is_named_when_the_one_asked_for_is_missing()
    {
        AssertRefused(FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), "has no BTF", "--source", "btf");
        AssertRefused(FixtureFile.PathOf("page-era6/page-era6.btf.elf"), "has no DWARF", "--source", "dwarf");
        AssertRefused(FixtureFile.PathOf("shapes/shapes.raw.btf"), "is raw BTF and has no DWARF", "--source", "dwarf");
    }

    // Of the processor: other tests run beside this one, and what waits is caught by AssertRefused.
    [Fact]
    public void Refusing_takes_less_than_a_second()
    {
        foreach (string file in new[] { Write("empty", []), Write("text", "text"u8.ToArray()), FixtureFile.PathOf("refused/stripped.elf"), _folder })
        {
            ProgramResult result = ProgramRun.Shell($"export LC_ALL=C; TIMEFORMAT='%U %S'; time {ProgramRun.ShellCommand} check '{file}'");
            Assert.Equal(3, result.ExitCode);
            double seconds = result.ErrLines[^1].Split(' ').Sum(s => double.Parse(s, CultureInfo.InvariantCulture));
            Assert.InRange(seconds, 0, 1);
        }
    }

    [Fact]
    public void Show_and_overlap_refuse_alike()
    {
        foreach (string[] arguments in new[] { new[] { "show", _folder, "page" }, ["overlap", _folder, "page"] })
        {
            ProgramResult result = ProgramRun.Run(arguments);
            Assert.Equal((3, ""), (result.ExitCode, result.Out));
            Assert.Contains("is a folder without a kernel", Assert.Single(result.ErrLines), StringComparison.Ordinal);
        }
    }

    // With what is in the folder in place of what the system has.
    private void AssertUnpacks(string file, string? refusal)
    {
        ProgramResult result = ProgramRun.Shell($"LD_LIBRARY_PATH='{_folder}' {ProgramRun.ShellCommand} show '{file}' page");
        if (refusal is null)
        {
            Assert.Equal((0, ""), (result.ExitCode, result.Err));
            Assert.Contains("\nstruct page {\n", result.Out, StringComparison.Ordinal);
            return;
        }

        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        Assert.Contains(refusal, Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void AssertRefused(string file, string words, params string[] options)
    {
        ProgramResult result = ProgramRun.Run(["check", file, .. options]);
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        string line = Assert.Single(result.ErrLines);
        Assert.StartsWith("layoutcheck: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("a defect of layoutcheck", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
        Assert.DoesNotContain(line, char.IsControl);
        Assert.True(result.Elapsed < TimeSpan.FromSeconds(20), $"took {result.Elapsed.TotalSeconds:f2} s");
    }
}
