using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile;

/// <summary>What is opened because a file says so, and what because of where the program lies: no device, no pipe, nothing of the running kernel, no library that is not the system's.</summary>
public sealed class ReferredFileTests : IDisposable
{
    private static readonly TypeName s_struct = TypeName.Parse("struct s");
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-referred-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("/proc/kmsg", "the file is empty, and ")]
    [InlineData("/proc/self/mem", "the file is empty, and ")]
    [InlineData("/dev/zero", "is a character device, not a file that can be mapped, and ")]
    [InlineData("FIFO", "is a pipe, not a file that can be mapped, and ")]
    [InlineData("SYSFS", "is shown by the running kernel, and no file, and ")]
    public void What_a_file_names_is_refused_unopened(string name, string problem)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc, mkfifo");
        string path = name == "SYSFS" ? Directory.EnumerateFiles("/sys/kernel").First(f => new FileInfo(f).Length > 0) : name == "FIFO" ? Fifo("named") : name;

        AssertRefused(path, problem, Linked(".gnu_debugaltlink", path));
        AssertRefused(path, problem, Linked(".debug_sup", path));
        AssertRefused(path, problem, Split(path));
    }

    [Fact]
    public void What_lies_beside_a_file_is_refused_unopened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo");
        AssertRefused(Fifo("image.dwp"), "is a pipe", Split("some.dwo"));
        AssertRefused(Fifo("split.debug"), "is a pipe", Write(dwarf: null, (".gnu_debuglink", [.. "split.debug\0"u8, 1, 2, 3, 4])));
    }

    [Fact]
    public void A_library_beside_the_program_is_not_loaded()
    {
        CodecLibrary.SkipUnlessThereFor("xz");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libSystem.Native.so");
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").Concat(Directory.EnumerateFiles(AppContext.BaseDirectory, "layoutcheck.*.json")))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        // A library, and not the one of that name: were it loaded, its functions would not be found.
        File.Copy(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.Native.so"), Path.Combine(_folder, "liblzma.so.5"));
        string command = ProgramRun.ShellCommand.Replace(AppContext.BaseDirectory, _folder + "/", StringComparison.Ordinal);
        ProgramResult result = ProgramRun.Shell($"cd '{_folder}'; {command} check '{FixtureFile.PathOf("page-era5-packed/page-era5-packed.xz")}'");

        Assert.Equal(("", 0), (result.Err, result.ExitCode));
        object[] paths = typeof(KernelImage).Assembly.GetCustomAttributes(typeof(DefaultDllImportSearchPathsAttribute), false);
        Assert.Equal(DllImportSearchPath.System32, Assert.IsType<DefaultDllImportSearchPathsAttribute>(Assert.Single(paths)).Paths);
    }

    private static void AssertRefused(string path, string problem, string image)
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() =>
        {
            using KernelImage opened = KernelImage.Open(image);
            _ = opened.Types.FindFirst(s_struct);
        });
        Assert.Equal(path, e.File);
        Assert.StartsWith(ManagedWay.RefusalOf(problem), e.Problem, StringComparison.Ordinal);
        Assert.EndsWith($", and {image} refers to it", e.Problem, StringComparison.Ordinal);
    }

    private string Linked(string section, string name)
    {
        byte[] path = [.. System.Text.Encoding.UTF8.GetBytes(name), 0];
        byte[] id = [1, 2, 3, 4];
        // .debug_sup: version 5, not supplementary, the name, the length of the checksum and the checksum.
        return Write(new DwarfBuilder(), (section, section == ".debug_sup" ? [5, 0, 0, .. path, (byte)id.Length, .. id] : [.. path, .. id]));
    }

    private string Split(string dwoName)
    {
        DwarfBuilder dwarf = new();
        _ = dwarf.Unit(type: DwUnitType.DW_UT_skeleton, dwoId: 1, root: [At.Language(DwLang.DW_LANG_C11), new At(DwAt.DW_AT_dwo_name, DwForm.DW_FORM_string, (w, _) => w.Text(dwoName))]);
        return Write(dwarf);
    }

    private string Write(DwarfBuilder? dwarf, params (string Name, byte[] Contents)[] others)
    {
        string path = Path.Combine(_folder, "image");
        if (dwarf is null)
        {
            ElfBuilder elf = new();
            Array.ForEach(others, o => elf.Add(o.Name, o.Contents));
            File.WriteAllBytes(path, elf.ToBytes());
            return path;
        }

        if (others.Length > 0)
        {
            dwarf.Others.AddRange(others);
            DwarfUnit unit = dwarf.Unit();
            unit.StructOf("s", "int");
            unit.Int();
        }

        File.WriteAllBytes(path, dwarf.ToBytes());
        return path;
    }

    private string Fifo(string name)
    {
        string path = Path.Combine(_folder, name);
        Assert.Equal(0, ProgramRun.Shell($"mkfifo '{path}'").ExitCode);
        return path;
    }
}
