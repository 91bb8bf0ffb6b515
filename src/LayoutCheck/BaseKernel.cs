using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Images;
using LayoutCheck.Lookup;

namespace LayoutCheck;

/// <summary>The kernel that a module was built for: its BTF is the base that the module's goes on from.</summary>
internal sealed class BaseKernel : IDisposable
{
    private readonly UnwrappedImage _content;

    private BaseKernel(string path, UnwrappedImage content, BtfIndex index)
    {
        _content = content;
        Path = path;
        Index = index;
        Release = content.Release() ?? RunningKernel.ReleaseOf(path);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Its BTF.</summary>
    public BtfIndex Index { get; }

    /// <summary>Its release (<c>uname -r</c>), or null when it does not tell.</summary>
    public string? Release { get; }

    /// <summary>Opens a kernel.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="inputs">The files that were opened for the module.</param>
    /// <exception cref="InvalidImageException">It cannot be read or has no BTF.</exception>
    public static BaseKernel Open(string path, InputFiles inputs)
    {
        UnwrappedImage content = UnwrappedImage.Open(MappedFile.Open(path, inputs));
        try
        {
            Section btf = content.Btf ?? content.Elf!.Contents(".BTF")
                ?? throw new InvalidImageException(path, null, null, "has no BTF for a module's to go on from", "name the vmlinux that the module was built with");
            if (BtfHeader.IsSplit(btf))
            {
                throw new InvalidImageException(path, btf.Name, null, "is split BTF, as modules carry, and no kernel's for a module to go on from", "name the vmlinux that the module was built with");
            }

            return new BaseKernel(path, content, new BtfIndex(btf, content.Btf is null ? ".BTF" : btf.Name));
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The BTF of a module, read together with that of the first kernel found that is the module's own: beside it, where kernels are installed, or the
    /// running one. A kernel of another release is not, and neither is one that lacks a type or a name that the module refers to.
    /// </summary>
    /// <param name="modulePath">Where the module is.</param>
    /// <param name="release">The release that the module was built for, or null.</param>
    /// <param name="inputs">The files that were opened for the module.</param>
    /// <param name="read">Reads the module with a base; fails when it does not fit.</param>
    /// <param name="found">The kernel, which the caller closes.</param>
    /// <exception cref="InvalidImageException">None is the module's.</exception>
    public static BtfTypeReader ReadWithFirst(string modulePath, string? release, InputFiles inputs, Func<BtfIndex, BtfTypeReader> read, out BaseKernel found)
    {
        List<string> tried = [];
        foreach (string path in Places(modulePath, release).Distinct().Where(File.Exists))
        {
            BaseKernel? candidate = null;
            try
            {
                candidate = Open(path, inputs);
                string? difference = candidate.Release is { } other && release is not null && other != release ? $"release {other}, and the module is for {release}" : null;
                BtfTypeReader? reader = difference is null ? read(candidate.Index) : null;
                difference ??= reader!.ContinuesBase ? null : "nothing in the module's BTF continues its types or names";
                if (difference is null)
                {
                    found = candidate;
                    return reader!;
                }

                tried.Add($"{path} ({difference})");
                candidate.Dispose();
            }
            catch (InvalidImageException e)
            {
                candidate?.Dispose();
                tried.Add(candidate is null ? $"{path} ({e.Problem})" : $"{path} (another kernel: its BTF lacks what the module refers to)");
            }
        }

        string known = tried.Count == 0 ? "none is beside it, installed, or running" : $"it is not {string.Join(", nor ", tried)}";
        throw new InvalidImageException(
            modulePath, ".BTF", null, $"is split BTF, as modules carry, which needs the BTF of its kernel, and {known}", "name the vmlinux that it was built with (--base FILE)");
    }

    /// <summary>What it is to the answer.</summary>
    public InputFile ToInput() => new(FileRole.BaseKernel, Path, _content.Elf?.BuildId(), Release);

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();

    private static IEnumerable<string> Places(string modulePath, string? release)
    {
        string full = System.IO.Path.GetFullPath(modulePath);
        if (File.Exists(full))
        {
            // Beside it (/sys/kernel/btf/nd_pmem, a build tree), in each directory above it that is one of a kernel, and in the boot directory
            // beside that one's lib or usr/lib: a package that was unpacked somewhere, or its debug package below usr/lib/debug.
            string? directory = System.IO.Path.GetDirectoryName(full);
            string? installedAs = null;
            yield return System.IO.Path.Combine(directory!, "vmlinux");
            for (; directory is not null; directory = System.IO.Path.GetDirectoryName(directory))
            {
                bool isInstalled = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(directory)) == "modules";
                if (isInstalled || File.Exists(System.IO.Path.Combine(directory, "Module.symvers")))
                {
                    yield return System.IO.Path.Combine(directory, "vmlinux");
                    yield return System.IO.Path.Combine(directory, "build", "vmlinux");
                    yield return System.IO.Path.Combine(directory, "vmlinuz");
                }

                installedAs = isInstalled ? System.IO.Path.GetFileName(directory) : installedAs;
                if (installedAs is not null)
                {
                    yield return System.IO.Path.Combine(directory, "boot", $"vmlinux-{installedAs}");
                    yield return System.IO.Path.Combine(directory, "boot", $"vmlinuz-{installedAs}");
                }
            }
        }

        if (release is not null && System.IO.Path.GetFileName(release) == release)
        {
            yield return $"/lib/modules/{release}/build/vmlinux";
            yield return $"/lib/modules/{release}/vmlinuz";
            yield return $"/usr/lib/debug/boot/vmlinux-{release}";
            yield return $"/usr/lib/debug/lib/modules/{release}/vmlinux";
            yield return $"/boot/vmlinuz-{release}";
        }

        yield return RunningKernel.BtfPath;
    }
}
