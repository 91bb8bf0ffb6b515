using System.Collections.Immutable;

namespace LayoutCheck.Elf;

/// <summary>
/// The files that were opened for one image. An answer must not rest on two versions of a file, so each file's state is kept from when it was opened,
/// and compared at the end; a file that is closed by then, or was copied into memory, is no exception. Safe to use from several threads.
/// </summary>
internal sealed class InputFiles
{
    private readonly Dictionary<string, FileState> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<(FileRole, string), InputFile> _used = [];

    /// <summary>Keeps the state of a file that was opened.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="state">Its state, of the opened file.</param>
    /// <exception cref="InvalidImageException">It was open before, in another state.</exception>
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

    /// <summary>Notes that the answer rests on a file.</summary>
    public void Use(InputFile file)
    {
        lock (_states)
        {
            _used[(file.Role, file.Path)] = file;
        }
    }

    /// <summary>The files that <see cref="Use"/> noted, by role and path, whatever thread came to which first.</summary>
    public ImmutableArray<InputFile> Used()
    {
        lock (_states)
        {
            return [.. _used.Values.OrderBy(f => f.Role).ThenBy(f => f.Path, StringComparer.Ordinal)];
        }
    }

    /// <summary>Asserts that each file is still what it was when it was opened.</summary>
    /// <exception cref="InvalidImageException">One was written to or replaced.</exception>
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

    /// <summary>The error for a file that is not what it was.</summary>
    public static InvalidImageException Changed(string path) => new(path, null, null, "changed while it was read", "run again when nothing writes to it");
}
