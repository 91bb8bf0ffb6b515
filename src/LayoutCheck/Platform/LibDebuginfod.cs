using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.Platform;

/// <summary>
/// A client of debuginfod servers (elfutils, debuginfod.h), by the library of the system: it is loaded by the first call, and never before. It honours DEBUGINFOD_URLS and the
/// other variables of debuginfod-find(1), and keeps what it fetched in its cache.
/// </summary>
internal sealed unsafe partial class LibDebuginfod : IDisposable
{
    /// <summary>The library's file; <c>debuginfod_find_section</c> came with 0.188.</summary>
    public const string File = "libdebuginfod.so.1";

    private readonly Func<long, long, bool> _mayGoOn;
    private GCHandle _self;
    private nint _client;

    /// <summary>Starts a client.</summary>
    /// <param name="mayGoOn">Is told the bytes so far and in all (0: not known), several times a second; false ends the transfer. Before a server answers, the first is a small counter.</param>
    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    /// <exception cref="IOException">The library cannot be used.</exception>
    public LibDebuginfod(Func<long, long, bool> mayGoOn)
    {
        _mayGoOn = mayGoOn;
        _client = debuginfod_begin();
        if (_client == 0)
        {
            throw new IOException("debuginfod_begin failed");
        }

        _self = GCHandle.Alloc(this);
        debuginfod_set_user_data(_client, GCHandle.ToIntPtr(_self));
        debuginfod_set_progressfn(_client, &OnProgress);
    }

    /// <summary>Where the last file came from; null if it was in the cache.</summary>
    public string? Url => Marshal.PtrToStringUTF8(debuginfod_get_url(_client));

    /// <summary>Fetches a section of the file of a build id, or finds it in the cache.</summary>
    /// <returns>The path in the cache; null on failure, with the errno.</returns>
    /// <exception cref="EntryPointNotFoundException">The library is older.</exception>
    public (string? Path, int Error) FindSection(string buildId, string section)
    {
        nint path = 0;
        return Take(debuginfod_find_section(_client, buildId, 0, section, &path), path);
    }

    /// <summary>Fetches the debug information of a build id, or finds it in the cache.</summary>
    /// <returns>The path in the cache; null on failure, with the errno.</returns>
    public (string? Path, int Error) FindDebugInfo(string buildId)
    {
        nint path = 0;
        return Take(debuginfod_find_debuginfo(_client, buildId, 0, &path), path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_client != 0)
        {
            debuginfod_end(_client);
            _client = 0;
            _self.Free();
        }
    }

    private static (string? Path, int Error) Take(int result, nint path)
    {
        string? name = Marshal.PtrToStringUTF8(path);
        NativeMemory.Free((void*)path);
        if (result < 0)
        {
            return (null, -result);
        }

        new SafeFileHandle(result, ownsHandle: true).Dispose();
        return (name, 0);
    }

    // An exception cannot pass the library's frames.
    [UnmanagedCallersOnly]
    private static int OnProgress(nint client, nint soFar, nint inAll)
    {
        try
        {
            return GCHandle.FromIntPtr(debuginfod_get_user_data(client)).Target is LibDebuginfod self && self._mayGoOn(soFar, inAll) ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or OutOfMemoryException or InvalidOperationException)
        {
            return 1;
        }
    }

    [LibraryImport(File)]
    private static partial nint debuginfod_begin();

    [LibraryImport(File)]
    private static partial void debuginfod_end(nint client);

    [LibraryImport(File, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int debuginfod_find_debuginfo(nint client, string buildId, int isText, nint* path);

    [LibraryImport(File, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int debuginfod_find_section(nint client, string buildId, int isText, string section, nint* path);

    [LibraryImport(File)]
    private static partial void debuginfod_set_progressfn(nint client, delegate* unmanaged<nint, nint, nint, int> function);

    [LibraryImport(File)]
    private static partial void debuginfod_set_user_data(nint client, nint data);

    [LibraryImport(File)]
    private static partial nint debuginfod_get_user_data(nint client);

    [LibraryImport(File)]
    private static partial nint debuginfod_get_url(nint client);
}
