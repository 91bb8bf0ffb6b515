using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Platform;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.Inputs;

/// <summary>Bytes that come once: all of them go to a spool, since an image is read in any order.</summary>
internal static class PipeInput
{
    private const int ChunkSize = 1 << 20;

    /// <summary>Whether standard input is a terminal, from which no image comes.</summary>
    public static bool IsTerminal() => !Console.IsInputRedirected;

    /// <summary>Reads standard input to its end.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="request">The receiver of the progress.</param>
    /// <param name="inputs">The files that were opened for the same image.</param>
    /// <exception cref="InvalidImageException">It cannot be read, is empty, or is too large.</exception>
    public static MappedFile ReadStandardInput(string name, InputRequest request, InputFiles inputs) => Read(name, Console.OpenStandardInput, request, inputs);

    /// <summary>Opens a pipe, which waits for a writer, and reads it to its end.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="request">The receiver of the progress.</param>
    /// <param name="inputs">The files that were opened for the same image.</param>
    /// <exception cref="InvalidImageException">It cannot be read, is empty, or is too large.</exception>
    public static MappedFile Read(string path, InputRequest request, InputFiles inputs)
        => Read(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0), request, inputs);

    private static MappedFile Read(string name, Func<Stream> open, InputRequest request, InputFiles inputs)
    {
        using Spool spool = Spool.Create(name, inputs.Spools);
        byte[] chunk = new byte[ChunkSize];
        try
        {
            request.Progress?.Report($"waiting for {name}", 0);
            using Stream stream = open();
            Widen(stream);
            for (int count; (count = stream.Read(chunk)) > 0;)
            {
                spool.Write(chunk.AsSpan(0, count));
                request.Progress?.Report($"{spool.Length >> 20} MiB read from {name}", 0);
            }
        }
        catch (UnauthorizedAccessException)
        {
            throw new InvalidImageException(name, null, null, "no permission to read it");
        }
        catch (IOException e)
        {
            throw new InvalidImageException(name, null, spool.Length, $"cannot be read ({e.Message})");
        }

        return spool.ToFile(name, inputs);
    }

    private static void Widen(Stream stream)
    {
        using SafeFileHandle standardInput = new(0, ownsHandle: false);
        PipeBuffer.Widen(stream is FileStream file ? file.SafeFileHandle : standardInput);
    }
}
