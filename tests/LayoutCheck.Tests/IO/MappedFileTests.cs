using System.Globalization;
using System.IO.Pipes;
using System.Net.Sockets;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.IO;

/// <summary>What is opened and what is not, and how long its bytes can be read.</summary>
public sealed class MappedFileTests : IDisposable
{
    // Larger than what is copied into memory when it is opened.
    private const int LargeSize = 8 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void A_name_that_is_not_UTF_8_has_a_remedy()
    {
        Assert.Contains("not UTF-8", Assert.Throws<InvalidImageException>(() => MappedFile.Open("/nowhere/a\ufffd.ko")).Remedy, StringComparison.Ordinal);
        Assert.Null(Assert.Throws<InvalidImageException>(() => MappedFile.Open("/nowhere/a.ko")).Remedy);
    }

    [Fact]
    public void A_socket()
    {
        string path = Path.Combine(_folder, "socket");
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        AssertIs("a socket", path);
    }

    [Fact]
    public void A_pipe_without_a_name()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/fd"), "no /proc/self/fd");
        using AnonymousPipeServerStream pipe = new(PipeDirection.In);
        AssertIs("a pipe", $"/proc/self/fd/{pipe.GetClientHandleAsString()}");
    }

    [Fact]
    public void A_character_device()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "kinds of files are asked of Linux");
        AssertIs("a character device", "/dev/null");
    }

    [Fact]
    public void A_block_device()
    {
        const string Names = "/sys/class/block";
        string? device = Directory.Exists(Names) ? Directory.GetDirectories(Names).Select(d => $"/dev/{Path.GetFileName(d)}").FirstOrDefault(File.Exists) : null;
        Assert.SkipWhen(device is null, "no block device is here");
        AssertIs("a block device", device!);
    }

    // What Linux makes for epoll, inotify and the like has no kind at all.
    [Fact]
    public void What_has_no_kind()
    {
        using FileSystemWatcher watcher = new(_folder) { EnableRaisingEvents = true };
        string? path = Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").FirstOrDefault(f => new FileInfo(f).LinkTarget == "anon_inode:inotify") : null;
        Assert.SkipWhen(path is null, "no anonymous inode is seen in /proc/self/fd");
        AssertIs("not a regular file", path!);
    }

    [Fact]
    public void A_file_that_nobody_may_read()
    {
        // Of this one even root may not.
        string path = "/sys/bus/platform/drivers_probe";
        if (!Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows())
        {
            path = Write("secret", [1]);
            File.SetUnixFileMode(path, UnixFileMode.None);
        }

        Assert.SkipUnless(File.Exists(path), $"{path} is not there, and root may read everything else");
        Assert.Equal("no permission to read it", Refused(path).Problem);
    }

    // Two words for each page of memory that there could be, 512 GB in all, in a file that says it is empty: it is taken at its word.
    [Fact]
    public void A_file_that_cannot_be_mapped_and_has_no_end()
    {
        Assert.SkipUnless(File.Exists("/proc/self/pagemap"), "/proc/self/pagemap is not there");
        Assert.Equal(ManagedWay.RefusalOf("the file is empty"), Refused("/proc/self/pagemap").Problem);
    }

    // Files of /sys say that they are a page long.
    [Fact]
    public void A_file_that_is_shorter_than_it_says()
    {
        const string Name = "/sys/kernel/uevent_seqnum";
        Assert.SkipUnless(File.Exists(Name), $"{Name} is not there");
        using MappedFile file = MappedFile.Open(Name);
        Assert.True(new FileInfo(Name).Length > (long)file.Length);
        Assert.True(ulong.TryParse(file.Whole().Head(100).TrimEnd((byte)'\n'), CultureInfo.InvariantCulture, out _));
    }

    [Fact]
    public void A_file_that_is_larger_than_the_memory_that_there_may_be()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "address space is limited as on Linux");
        string path = Path.Combine(_folder, "vmlinux");
        using (FileStream file = File.Create(path))
        {
            file.SetLength(40L << 30);
        }

        ProgramResult result = ProgramRun.Shell($"ulimit -v 32000000; {ProgramRun.ShellCommand} check '{path}'");
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        Assert.Equal($"layoutcheck: {path}: there is not enough memory to map its 42949672960 bytes; allow more (ulimit -v)", Assert.Single(result.ErrLines));
    }

    [Fact]
    public void Is_open_for_reading_and_mapped_read_only()
    {
        ManagedWay.SkipUnlessLinux("the mapping is private");
        Assert.SkipUnless(Directory.Exists("/proc/self/fdinfo"), "no /proc/self/fdinfo");
        string path = Large();
        using MappedFile file = MappedFile.Open(path);
        string handle = Path.GetFileName(Directory.GetFiles("/proc/self/fd").Single(f => new FileInfo(f).LinkTarget == path));

        // The flags are octal, and their last digit is how it may be used: 0 is O_RDONLY.
        string flags = File.ReadLines($"/proc/self/fdinfo/{handle}").Single(l => l.StartsWith("flags:", StringComparison.Ordinal));
        Assert.EndsWith("0", flags, StringComparison.Ordinal);
        Assert.Contains(" r--p ", Assert.Single(File.ReadLines("/proc/self/maps"), l => l.EndsWith(path, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_file_shows_nothing_more()
    {
        foreach (MappedFile file in (MappedFile[])[MappedFile.Open(Large()), MappedFile.Open(Write("small", [1, 2, 3])), MappedFile.FromBytes("bytes", [1, 2, 3])])
        {
            Assert.Equal(3, file.Whole().Head(3).Length);
            file.Dispose();
            file.Dispose();
            Assert.Throws<ObjectDisposedException>(() => file.Whole());
        }
    }

    [Fact]
    public void What_is_released_is_not_in_memory_and_can_be_read_again()
    {
        ManagedWay.SkipUnlessLinux("madvise");
        string path = Large();
        using MappedFile file = MappedFile.Open(path);
        Section whole = file.Whole();
        uint crc = Checksum.Crc32Of(whole);
        const string Maps = "/proc/self/smaps";
        Assert.SkipUnless(File.Exists(Maps), $"{Maps} is not there");
        long before = Resident();
        Assert.True(before >= LargeSize / 1024, $"{before} KiB of it are in memory");

        // Nothing between the two, and more than there is: those are not released.
        whole.Release(LargeSize, 0);
        whole.Release(0, 0);
        whole.Release(0, LargeSize + 1);
        whole.Release(1, 0x10000);
        Assert.Equal(before, Resident());

        whole.Release(0, LargeSize / 2);
        Assert.True(Resident() <= before / 2, $"{Resident()} KiB of it are in memory, {before} were");
        Assert.Equal(crc, Checksum.Crc32Of(whole));

        long Resident() => File.ReadLines(Maps).SkipWhile(line => !line.EndsWith(path, StringComparison.Ordinal)).Where(line => line.StartsWith("Rss:", StringComparison.Ordinal))
            .Select(line => long.Parse(line.AsSpan(4, line.Length - 6), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture)).First();
    }

    // There a released page would be one of zeros.
    [Fact]
    public void What_is_not_the_mapping_keeps_its_contents_when_it_is_released()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)7, LargeSize)];
        using MappedFile file = MappedFile.Open(Large());
        using MappedFile array = MappedFile.FromBytes("bytes", bytes);
        foreach (Section section in (Section[])[array.Whole(), file.Own(array.Whole().Copy(), ".debug_info", false)])
        {
            section.Release(0, LargeSize);
            Assert.Equal(LargeSize, section.Head(LargeSize).Count((byte)7));
        }
    }

    private static void AssertIs(string what, string path)
    {
        InvalidImageException e = Refused(path);
        if (!HostSystem.IsLinux)
        {
            Assert.True(e.Problem is "the file is empty, or a pipe or a device" or "leads to no file", e.Problem);
            return;
        }

        Assert.Equal(($"is {what}, not a file that can be mapped", "copy its contents to a file and name that"), (e.Problem, e.Remedy));
    }

    private static InvalidImageException Refused(string path)
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => MappedFile.Open(path).Dispose());
        Assert.Equal(path, e.File);
        return e;
    }

    private string Large()
    {
        byte[] bytes = new byte[LargeSize];
        new Random(1).NextBytes(bytes);
        return Write("large", bytes);
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
