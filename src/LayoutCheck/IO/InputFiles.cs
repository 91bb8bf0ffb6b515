using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.IO;

/// <summary>
/// The files that were opened for one image. An answer must not rest on two versions of a file, so the state of each is recorded when it is opened and
/// compared at the end, even if the file was closed or copied into memory. Thread-safe.
/// </summary>
/// <param name="disabled">The fast paths that readers of these files leave out.</param>
internal sealed class InputFiles(FastPaths disabled = FastPaths.None)
{
    private readonly Dictionary<string, FileState> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<(FileRole, string), InputFile> _used = [];
    private readonly List<string> _notices = [];

    /// <summary>The fast paths that readers of these files leave out.</summary>
    public FastPaths Disabled => disabled;

    /// <summary>Where temporary files for the image are made, and how large they may become.</summary>
    public SpoolLimits Spools { get; init; } = SpoolLimits.Default;

    /// <summary>Whether what is missing may be fetched by its build id.</summary>
    public bool MayFetch { get; init; }

    /// <summary>Takes a remark on the inputs for a person; one that was taken before is not repeated.</summary>
    public void Note(string notice)
    {
        lock (_states)
        {
            if (!_notices.Contains(notice))
            {
                _notices.Add(notice);
            }
        }
    }

    /// <summary>The remarks, in the order in which they came up.</summary>
    public ImmutableArray<string> Notices()
    {
        lock (_states)
        {
            return [.. _notices];
        }
    }

    /// <summary>Records the state of a file that was opened.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="state">Its state, read from the open file.</param>
    /// <exception cref="InvalidImageException">The file was opened before, in another state.</exception>
    public void Add(string path, FileState state)
    {
        lock (_states)
        {
            if (!_states.TryAdd(path, state) && _states[path] != state)
            {
                throw Changed(path);
            }
        }
    }

    /// <summary>Whether a file of this path was opened.</summary>
    public bool Has(string path)
    {
        lock (_states)
        {
            return _states.ContainsKey(path);
        }
    }

    /// <summary>Adds all files to those of another image, whose answer rests on them too.</summary>
    /// <exception cref="InvalidImageException">One was opened before, in another state.</exception>
    public void AddTo(InputFiles other)
    {
        lock (_states)
        {
            foreach ((string path, FileState state) in _states)
            {
                other.Add(path, state);
            }

            _notices.ForEach(other.Note);
        }
    }

    /// <summary>Records that the answer rests on a file.</summary>
    public void Use(InputFile file)
    {
        lock (_states)
        {
            _used[(file.Role, file.Path)] = file;
        }
    }

    /// <summary>The files that <see cref="Use"/> recorded, in the order of role and path, which does not depend on the threads.</summary>
    public ImmutableArray<InputFile> Used()
    {
        lock (_states)
        {
            return [.. _used.Values.OrderBy(f => f.Role).ThenBy(f => f.Path, StringComparer.Ordinal)];
        }
    }

    /// <summary>Asserts that each file is in the state that was recorded.</summary>
    /// <exception cref="InvalidImageException">A file was written to or replaced.</exception>
    public void RequireUnchanged()
    {
        lock (_states)
        {
            foreach ((string path, FileState state) in _states)
            {
                if (FileState.Of(path) != state)
                {
                    throw Changed(path);
                }
            }
        }
    }

    /// <summary>The error for a file that changed.</summary>
    public static InvalidImageException Changed(string path) => new(path, null, null, "changed while it was read", "run again when nothing writes to it");
}
