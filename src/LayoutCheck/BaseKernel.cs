using LayoutCheck.Btf;
using LayoutCheck.Elf;
using LayoutCheck.Images;

namespace LayoutCheck;

/// <summary>The kernel that a module was built for: its BTF is the base that the module's goes on from.</summary>
internal sealed class BaseKernel : IDisposable
{
    private const string RunningKernel = "/sys/kernel/btf/vmlinux";

    private readonly UnwrappedImage _content;

    private BaseKernel(UnwrappedImage content, BtfIndex index)
    {
        _content = content;
        Index = index;
    }

    /// <summary>Its BTF.</summary>
    public BtfIndex Index { get; }

    /// <summary>Opens the kernel that the user named.</summary>
    /// <exception cref="InvalidImageException">It cannot be read or has no BTF.</exception>
    public static BaseKernel Open(string path)
    {
        UnwrappedImage content = UnwrappedImage.Open(MappedFile.Open(path));
        try
        {
            Section btf = content.Btf ?? content.Elf!.Contents(".BTF")
                ?? throw new InvalidImageException(path, null, null, "has no BTF for a module's to go on from", "name the vmlinux that the module was built with");
            return new BaseKernel(content, new BtfIndex(btf, content.Btf is null ? ".BTF" : btf.Name));
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The BTF of a module, read together with that of the first kernel found that it fits: beside it, where kernels are installed, or the
    /// running one.
    /// </summary>
    /// <param name="modulePath">Where the module is.</param>
    /// <param name="release">The release that the module was built for, or null.</param>
    /// <param name="read">Reads the module with a base; fails when it does not fit.</param>
    /// <param name="found">The kernel, which the caller closes.</param>
    /// <exception cref="InvalidImageException">None fits.</exception>
    public static BtfTypeReader ReadWithFirst(string modulePath, string? release, Func<BtfIndex, BtfTypeReader> read, out BaseKernel found)
    {
        List<string> tried = [];
        foreach (string path in Places(modulePath, release).Distinct().Where(File.Exists))
        {
            BaseKernel? candidate = null;
            try
            {
                candidate = Open(path);
                BtfTypeReader reader = read(candidate.Index);
                found = candidate;
                return reader;
            }
            catch (InvalidImageException e)
            {
                candidate?.Dispose();
                tried.Add(candidate is null ? $"{path} ({e.Problem})" : $"{path} (another kernel)");
            }
        }

        string known = tried.Count == 0 ? "none is beside it, installed, or running" : $"it is not {string.Join(", nor ", tried)}";
        throw new InvalidImageException(
            modulePath, ".BTF", null, $"is split BTF, as modules carry, which needs the BTF of its kernel, and {known}", "name the vmlinux that it was built with (--base FILE), or read the module's DWARF");
    }

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();

    private static IEnumerable<string> Places(string modulePath, string? release)
    {
        string full = Path.GetFullPath(modulePath);
        if (File.Exists(full))
        {
            // Beside it (/sys/kernel/btf/nd_pmem, a build tree), in each directory above it that is one of a kernel, and in the boot directory
            // beside that one's lib or usr/lib: a package that was unpacked somewhere, or its debug package below usr/lib/debug.
            string? directory = Path.GetDirectoryName(full);
            string? installedAs = null;
            yield return Path.Combine(directory!, "vmlinux");
            for (; directory is not null; directory = Path.GetDirectoryName(directory))
            {
                bool isInstalled = Path.GetFileName(Path.GetDirectoryName(directory)) == "modules";
                if (isInstalled || File.Exists(Path.Combine(directory, "Module.symvers")))
                {
                    yield return Path.Combine(directory, "vmlinux");
                    yield return Path.Combine(directory, "build", "vmlinux");
                    yield return Path.Combine(directory, "vmlinuz");
                }

                installedAs = isInstalled ? Path.GetFileName(directory) : installedAs;
                if (installedAs is not null)
                {
                    yield return Path.Combine(directory, "boot", $"vmlinux-{installedAs}");
                    yield return Path.Combine(directory, "boot", $"vmlinuz-{installedAs}");
                }
            }
        }

        if (release is not null && Path.GetFileName(release) == release)
        {
            yield return $"/lib/modules/{release}/build/vmlinux";
            yield return $"/lib/modules/{release}/vmlinuz";
            yield return $"/usr/lib/debug/boot/vmlinux-{release}";
            yield return $"/usr/lib/debug/lib/modules/{release}/vmlinux";
            yield return $"/boot/vmlinuz-{release}";
        }

        yield return RunningKernel;
    }
}
