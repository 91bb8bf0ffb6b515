using System.Globalization;
using System.Runtime.InteropServices;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Platform;

namespace LayoutCheck.Inputs;

/// <summary>What may be fetched.</summary>
/// <param name="MaxSize">The most bytes of one file.</param>
/// <param name="Report">Takes words and the fraction that is done, from 0 to 1; null for no progress.</param>
internal sealed record FetchLimits(ulong MaxSize, Action<string, double>? Report = null)
{
    /// <summary>The longest time of one file. The library itself gives up after 90 s with less than 100 KiB a second (DEBUGINFOD_TIMEOUT).</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The longest time without a byte, once a server has begun to send.</summary>
    public TimeSpan MaxSilence { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>A file that a server sent, in the cache of the client.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Origin">The server's URL; null where it was in the cache.</param>
/// <param name="IsSection">Whether it is one section, which carries no build id; else it is a whole file.</param>
internal sealed record FetchedFile(string Path, string? Origin, bool IsSection)
{
    /// <summary>Where it came from, in words.</summary>
    public string From => Origin is null ? "the cache of debuginfod" : Printable.Shorten(Origin, 300);
}

/// <summary>
/// Debug information of a build id from the servers in DEBUGINFOD_URLS (debuginfod(8)). Nothing is fetched, and the library is not loaded, unless the user says
/// so. A section is what the server says it is; a whole file shows its build id.
/// </summary>
internal static class Debuginfod
{
    private const int ENOENT = 2;
    private const int ENOSYS = 38;
    private const int ETIME = 62;
    private const string Urls = "DEBUGINFOD_URLS";

    private static readonly SystemLibrary s_library = new(LibDebuginfod.File, "libdebuginfod1");

    /// <summary>Whether a word has the form of a build id: 8 to 64 bytes in hexadecimal.</summary>
    public static bool IsBuildId(string word) => word.Length is >= 16 and <= 128 && word.Length % 2 == 0 && word.All(char.IsAsciiHexDigit);

    /// <summary>Fetches the BTF of a build id: the section, or the whole file where the library is older than 0.188.</summary>
    /// <param name="name">The input that errors name.</param>
    /// <param name="buildId">The build id.</param>
    /// <param name="limits">What may be fetched.</param>
    /// <returns>The file; null if no server has it.</returns>
    /// <exception cref="InvalidImageException">It cannot be fetched.</exception>
    public static FetchedFile? FindBtf(string name, string buildId, FetchLimits limits) => Find(name, buildId, ".BTF", limits);

    /// <summary>Fetches the file with the DWARF of a build id, whose own build id is not compared here.</summary>
    /// <param name="name">The input that errors name.</param>
    /// <param name="buildId">The build id.</param>
    /// <param name="limits">What may be fetched.</param>
    /// <returns>The file; null if no server has it.</returns>
    /// <exception cref="InvalidImageException">It cannot be fetched.</exception>
    public static FetchedFile? FindDebugInfo(string name, string buildId, FetchLimits limits) => Find(name, buildId, null, limits);

    /// <summary>The error for a build id that no server has.</summary>
    public static InvalidImageException NotThere(string name, string buildId, string what) => new(
        name,
        null,
        null,
        $"no server of {Urls} has {what} of build id {buildId}",
        "name a server that has the kernel's debug package, or name its vmlinux; what was not there is asked for again after ten minutes (debuginfod-find(1))");

    private static FetchedFile? Find(string name, string buildId, string? section, FetchLimits limits)
    {
        if (Environment.GetEnvironmentVariable(Urls) is not { } urls || string.IsNullOrWhiteSpace(urls))
        {
            throw new InvalidImageException(
                name, null, null, $"no debuginfod server is named ({Urls} is not set)", $"set it to your distribution's server, or to one that asks many (export {Urls}=https://debuginfod.elfutils.org)");
        }

        string id = buildId.ToLowerInvariant();
        Transfer transfer = new(section is null ? "debug information" : $"section {section}", limits);
        try
        {
            using LibDebuginfod client = new(transfer.MayGoOn);
            (string? path, int error) = section is null ? client.FindDebugInfo(id) : FindSection(client, id, ref section);
            if (path is not null && (ulong)new FileInfo(path).Length > limits.MaxSize)
            {
                throw transfer.TooLarge(name);
            }

            return path is not null ? new FetchedFile(path, client.Url, section is not null)
                : transfer.Refusal(name) is { } refusal ? throw Ended(refusal, id)
                : client.Url is { } url && error == ENOENT ? throw Ended(BrokenOff(name, id, transfer.What, url), id)
                : error == ENOENT ? null
                : throw Failed(name, id, transfer.What, error);
        }
        catch (IOException e)
        {
            throw new InvalidImageException(name, null, null, $"{s_library.File} cannot be used ({e.Message})", "free memory, or name a file");
        }
        catch (DllNotFoundException)
        {
            throw new InvalidImageException(name, null, null, $"--debuginfod needs {s_library.File}, which is not installed", $"install it (Debian's package {s_library.Package})");
        }
    }

    // A transfer that was ended is noted in the cache as one of a file that no server has (an empty file), which would be believed for ten minutes.
    private static InvalidImageException Ended(InvalidImageException refusal, string id)
    {
        try
        {
            DirectoryInfo folder = new(Path.Combine(CacheFolder(), id));
            foreach (FileInfo note in folder.Exists ? folder.EnumerateFiles().Where(f => f.Length == 0) : [])
            {
                note.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The refusal is as true with it.
        }

        return refusal;
    }

    // debuginfod_find_debuginfo(3), "Cache".
    private static string CacheFolder()
    {
        string home = Environment.GetEnvironmentVariable("HOME") ?? "/";
        string old = Path.Combine(home, ".debuginfod_client_cache");
        return Environment.GetEnvironmentVariable("DEBUGINFOD_CACHE_PATH") is { Length: > 0 } named ? named
            : Directory.Exists(old) ? old
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches ? Path.Combine(caches, "debuginfod_client")
            : Path.Combine(home, ".cache", "debuginfod_client");
    }

    private static (string? Path, int Error) FindSection(LibDebuginfod client, string id, ref string? section)
    {
        try
        {
            return client.FindSection(id, section!);
        }
        catch (EntryPointNotFoundException)
        {
            section = null;
            return client.FindDebugInfo(id);
        }
    }

    // The library says the same of a transfer that broke off as of a file that no server has; but then a server had begun to send.
    private static InvalidImageException BrokenOff(string name, string id, string what, string url) => new(
        name, null, null, $"the {what} of build id {id} broke off on its way from {Printable.Shorten(url, 300)}", $"try again, or another server ({Urls})");

    private static InvalidImageException Failed(string name, string id, string what, int error) => new(
        name,
        null,
        null,
        error switch
        {
            ENOSYS => $"{Urls} names no server",
            ETIME => $"the {what} of build id {id} did not come in time (DEBUGINFOD_TIMEOUT, DEBUGINFOD_MAXTIME)",
            _ => $"the {what} of build id {id} cannot be fetched ({Marshal.GetPInvokeErrorMessage(error)})",
        },
        $"try again, or another server ({Urls}); DEBUGINFOD_VERBOSE=1 shows what is asked");

    /// <summary>One transfer, which is ended when it exceeds a limit.</summary>
    private sealed class Transfer(string what, FetchLimits limits)
    {
        private readonly long _start = Environment.TickCount64;
        private bool _isTooLarge;
        private long _lastByte = Environment.TickCount64;
        private long _soFar;
        private bool _isTooSlow;
        private bool _isSilent;

        public string What => what;

        public bool MayGoOn(long soFar, long inAll)
        {
            // Before a server is chosen, the numbers count something else, and are small.
            _isTooLarge |= (ulong)Math.Max(soFar, inAll) > limits.MaxSize;
            if (soFar != _soFar)
            {
                (_soFar, _lastByte) = (soFar, Environment.TickCount64);
            }

            _isSilent |= Environment.TickCount64 - _lastByte > limits.MaxSilence.TotalMilliseconds;
            _isTooSlow |= Environment.TickCount64 - _start > limits.MaxTime.TotalMilliseconds;
            limits.Report?.Invoke(inAll > 0 ? $"fetching {what}" : string.Create(CultureInfo.InvariantCulture, $"fetching {what}, {soFar >> 20} MiB"), inAll > 0 ? (double)soFar / inAll : 0);
            return !_isTooLarge && !_isTooSlow && !_isSilent;
        }

        public InvalidImageException? Refusal(string name) => _isTooLarge ? TooLarge(name)
            : _isTooSlow ? new InvalidImageException(name, null, null, $"the {what} did not come within {limits.MaxTime.TotalMinutes:0.#} minutes", "try another server (DEBUGINFOD_URLS)")
            : _isSilent ? new InvalidImageException(name, null, null, $"the {what} stopped coming: no byte for {limits.MaxSilence.TotalSeconds:0} seconds", "try again, or another server (DEBUGINFOD_URLS)")
            : null;

        public InvalidImageException TooLarge(string name)
            => new(name, null, null, $"the {what} that the server sends is larger than {limits.MaxSize} bytes", "allow more (--max-size), or ask another server (DEBUGINFOD_URLS)");
    }
}
