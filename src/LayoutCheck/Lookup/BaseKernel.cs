using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Images;
using LayoutCheck.Inputs;
using LayoutCheck.IO;

namespace LayoutCheck.Lookup;

/// <summary>The kernel that a module was built for: the module's split BTF continues its BTF.</summary>
internal sealed class BaseKernel : IDisposable
{
    private readonly Action _close;
    private readonly string? _buildId;

    private BaseKernel(string path, UnwrappedImage content, BtfIndex index)
    {
        _close = content.Dispose;
        _buildId = content.Elf?.BuildId();
        Path = path;
        Index = index;
        Release = content.Release() ?? RunningKernel.ReleaseOf(path);
    }

    private BaseKernel(BaseKernel owner, Action giveBack)
    {
        _close = giveBack;
        (_buildId, Path, Index, Release) = (owner._buildId, owner.Path, owner.Index, owner.Release);
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Its BTF.</summary>
    public BtfIndex Index { get; }

    /// <summary>Its release (<c>uname -r</c>), or null if it does not contain it.</summary>
    public string? Release { get; }

    /// <summary>Its role in an answer.</summary>
    public InputFile ToInput() => new(FileRole.BaseKernel, Path, _buildId, Release);

    /// <summary>The same kernel for another module, which gives it back and does not close it.</summary>
    public BaseKernel Lend(Action giveBack) => new(this, giveBack);

    /// <summary>Opens a kernel.</summary>
    /// <param name="path">Its path, or another word for it.</param>
    /// <param name="inputs">The files that were opened for the same image.</param>
    /// <exception cref="InvalidImageException">It cannot be read, or has no BTF of its own.</exception>
    public static BaseKernel Open(string path, InputFiles inputs)
    {
        MappedFile file = InputResolver.Open(path, new InputRequest { Debuginfod = inputs.MayFetch, WantsDwarf = false }, inputs).File;
        path = file.Path;
        UnwrappedImage content = UnwrappedImage.Open(file);
        try
        {
            Section btf = content.Btf ?? content.Elf!.Contents(".BTF")
                ?? throw new InvalidImageException(path, null, null, "has no BTF for a module's to go on from", "name the vmlinux that the module was built with");
            return BtfHeader.IsSplit(btf)
                ? throw new InvalidImageException(path, btf.Name, null, "is split BTF, as modules carry, and no kernel's for a module to go on from", "name the vmlinux that the module was built with")
                : new BaseKernel(path, content, new BtfIndex(btf, content.Btf is null ? ".BTF" : btf.Name));
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Opens a kernel that the user names, and reads the module with its BTF.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="inputs">The files that were opened for the module.</param>
    /// <param name="read">Reads the module; throws if the kernel's BTF lacks types or names that the module refers to.</param>
    /// <param name="open">Opens a kernel; null for opening its file.</param>
    /// <exception cref="InvalidImageException">It cannot be read, has no BTF, or is not the module's.</exception>
    public static (BaseKernel Kernel, BtfTypeReader Types) OpenFor(string path, InputFiles inputs, Func<BtfIndex, BtfTypeReader> read, Func<string, InputFiles, BaseKernel>? open = null)
    {
        BaseKernel kernel = open?.Invoke(path, inputs) ?? Open(path, inputs);
        try
        {
            return (kernel, read(kernel.Index));
        }
        catch
        {
            kernel.Dispose();
            throw;
        }
    }

    /// <summary>Finds the kernel of a module: beside it, where kernels are installed, or the running one.</summary>
    /// <param name="modulePath">The module's path.</param>
    /// <param name="release">The release that the module was built for, or null.</param>
    /// <param name="inputs">The files that were opened for the module.</param>
    /// <param name="read">Reads the module with a candidate's BTF; throws if that lacks types or names that the module refers to.</param>
    /// <param name="likely">A kernel to try first; or null.</param>
    /// <param name="open">Opens a kernel; null for opening its file.</param>
    /// <returns>The kernel, which the caller closes, and the module's types.</returns>
    /// <exception cref="InvalidImageException">No candidate is the module's kernel.</exception>
    public static (BaseKernel Kernel, BtfTypeReader Types) Find(string modulePath, string? release, InputFiles inputs, Func<BtfIndex, BtfTypeReader> read, string? likely = null, Func<string, InputFiles, BaseKernel>? open = null)
    {
        List<string> tried = [];
        BtfTypeReader? types = null;
        BaseKernel? kernel = CompanionFinder.First(likely is null ? Places(modulePath, release) : Places(modulePath, release).Prepend(likely), path =>
        {
            BaseKernel? candidate = null;
            string? mismatch;
            try
            {
                candidate = open?.Invoke(path, inputs) ?? Open(path, inputs);
                mismatch = candidate.Release is { } other && release is not null && other != release ? $"release {other}, and the module is for {release}" : null;
                types = mismatch is null ? read(candidate.Index) : null;
                mismatch ??= types!.ContinuesBase ? null : "nothing in the module's BTF continues its types or names";
            }
            catch (InvalidImageException e)
            {
                mismatch = candidate is null ? e.Problem : "another kernel: its BTF lacks what the module refers to";
            }

            if (mismatch is null)
            {
                return candidate;
            }

            candidate?.Dispose();
            tried.Add($"{path} ({mismatch})");
            return null;
        });
        string known = tried.Count == 0 ? "none is beside it, installed, or running" : $"it is not {string.Join(", nor ", tried)}";
        return kernel is not null ? (kernel, types!) : throw new InvalidImageException(
            modulePath, ".BTF", null, $"is split BTF, as modules carry, which needs the BTF of its kernel, and {known}", "name the vmlinux that it was built with (--base FILE)");
    }

    /// <inheritdoc/>
    public void Dispose() => _close();

    private static IEnumerable<string> Places(string modulePath, string? release)
    {
        string full = System.IO.Path.GetFullPath(modulePath);
        IEnumerable<string> near = File.Exists(full) ? PlacesNear(full) : [];
        IEnumerable<string> installed = release is not null && System.IO.Path.GetFileName(release) == release ? WellKnownPaths.KernelsOf(release) : [];
        return [.. near, .. installed, WellKnownPaths.RunningBtf];
    }

    // Beside it (/sys/kernel/btf/nd_pmem, a build tree), in each directory above that is one of a kernel, and in the boot directory beside the lib or usr/lib
    // of an unpacked package, or of its debug package below usr/lib/debug.
    private static IEnumerable<string> PlacesNear(string module)
    {
        string? directory = System.IO.Path.GetDirectoryName(module);
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
}
