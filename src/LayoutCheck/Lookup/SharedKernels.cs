using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Lookup;

/// <summary>
/// The kernels that the modules of one run go on from: each is opened and indexed once, and not once for each of a thousand modules. Those that were used last stay
/// open; a file that changed is opened again. Thread-safe; disposed after the last image.
/// </summary>
internal sealed class SharedKernels : IDisposable
{
    // A packed kernel takes its unpacked size.
    private const int MostKept = 4;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _clock;

    /// <summary>A kernel for one module, whose <see cref="IDisposable.Dispose"/> gives it back.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="inputs">The files that were opened for the module: the kernel's are added.</param>
    /// <exception cref="InvalidImageException">It cannot be read, or has no BTF.</exception>
    internal BaseKernel Take(string path, InputFiles inputs)
    {
        Entry entry;
        lock (_entries)
        {
            if (_entries.TryGetValue(path, out Entry? known) && !known.IsUnchanged())
            {
                known.IsReplaced = true;
                known.DisposeIfUnused();
                known = null;
            }

            entry = known ?? new Entry(path, inputs);
            _entries[path] = entry;
            entry.Users++;
            entry.LastUse = ++_clock;
        }

        try
        {
            BaseKernel kernel = entry.Kernel.Value;
            entry.Inputs.AddTo(inputs);
            return kernel.Lend(() => GiveBack(entry));
        }
        catch (InvalidImageException e)
        {
            GiveBack(entry);
            throw new InvalidImageException(e.File, e.Section, e.Offset, e.Problem, e.Remedy);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_entries)
        {
            foreach (Entry entry in _entries.Values)
            {
                entry.IsReplaced = true;
                entry.DisposeIfUnused();
            }

            _entries.Clear();
        }
    }

    private void GiveBack(Entry entry)
    {
        lock (_entries)
        {
            entry.Users--;
            entry.DisposeIfUnused();
            while (_entries.Count > MostKept && _entries.Values.Where(e => e.Users == 0).MinBy(e => e.LastUse) is { } oldest)
            {
                _ = _entries.Remove(oldest.Path);
                oldest.IsReplaced = true;
                oldest.DisposeIfUnused();
            }
        }
    }

    /// <summary>One kernel; its failure to open is kept too.</summary>
    private sealed class Entry
    {
        private readonly FileState _state;

        public Entry(string path, InputFiles user)
        {
            Path = path;
            Inputs = new InputFiles(user.Disabled) { Spools = user.Spools, MayFetch = user.MayFetch };
            _state = FileState.Of(path);
            Kernel = new Lazy<BaseKernel>(() => BaseKernel.Open(path, Inputs));
        }

        public string Path { get; }

        public InputFiles Inputs { get; }

        public Lazy<BaseKernel> Kernel { get; }

        public int Users { get; set; }

        public long LastUse { get; set; }

        // No further module takes it.
        public bool IsReplaced { get; set; }

        public bool IsUnchanged() => FileState.Of(Path) == _state;

        public void DisposeIfUnused()
        {
            if (IsReplaced && Users == 0 && Kernel.IsValueCreated)
            {
                Kernel.Value.Dispose();
            }
        }
    }
}
