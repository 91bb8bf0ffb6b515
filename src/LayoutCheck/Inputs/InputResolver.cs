using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Platform;

namespace LayoutCheck.Inputs;

/// <summary>
/// From a word of the user to an open file: an existing path (a file, a pipe, a package, a folder), <c>-</c> for standard input, <c>package!member</c>, else the
/// release of an installed kernel, else a build id.
/// </summary>
internal static class InputResolver
{
    /// <summary>What errors and reports call standard input.</summary>
    public const string StandardInputName = "(standard input)";

    /// <summary>The word for standard input.</summary>
    public const string StandardInputWord = "-";

    private const string StandardInputFile = "/dev/stdin";

    /// <summary>Opens the file that a word means; the caller closes it.</summary>
    /// <param name="word">The word.</param>
    /// <param name="request">How it is opened.</param>
    /// <param name="inputs">The files that were opened for the same image.</param>
    /// <exception cref="InvalidImageException">There is none, or it cannot be read.</exception>
    public static OpenedInput Open(string word, InputRequest request, InputFiles inputs)
    {
        if (PackageInput.Split(word) is var (package, member))
        {
            return Directory.Exists(package) ? OpenFound(KernelTree.Find(package, member), inputs) : Unpack(MappedFile.Open(package, inputs), request with { Member = member });
        }

        FileState state = FileState.Of(word);
        return state.Kind == FileKind.Directory || (state.Kind == FileKind.Unknown && Directory.Exists(word)) ? OpenFound(KernelTree.Find(word, request.Member), inputs)
            : word == StandardInputWord || state != default || word.Contains('/', StringComparison.Ordinal) ? Unpack(OpenFile(word, request, inputs), request)
            : ReleaseName.IsOne(word) ? OpenFound(ReleaseName.Find(word, request.WantsDwarf, request.WantsBtf, request.Root), inputs)
            : Debuginfod.IsBuildId(word) ? FetchedInput.Open(word, request, inputs)
            : Unpack(OpenFile(word, request, inputs), request);
    }

    private static OpenedInput Unpack(MappedFile file, InputRequest request) => new(PackageInput.Unpack(file, request));

    private static OpenedInput OpenFound(FoundKernel found, InputFiles inputs) => new(MappedFile.Open(found.Path, inputs)) { Found = found };

    private static MappedFile OpenFile(string word, InputRequest request, InputFiles inputs)
    {
        if (word is StandardInputWord or StandardInputFile && StandardStreams.IsClosed(StandardStreams.Input))
        {
            throw new InvalidImageException(word == StandardInputWord ? StandardInputName : word, null, null, "is closed", "pipe an image into layoutcheck, or name a FILE");
        }

        if (word == StandardInputWord)
        {
            return PipeInput.IsTerminal()
                ? throw new InvalidImageException(StandardInputName, null, null, "is a terminal", "pipe an image into layoutcheck, or name a FILE")
                : FileState.Of(StandardInputFile).Kind == FileKind.Regular ? MappedFile.Open(StandardInputFile, inputs)
                : PipeInput.ReadStandardInput(StandardInputName, request, inputs);
        }

        FileKind kind = FileState.Of(word).Kind;
        if (kind == FileKind.Unknown && word == StandardInputFile && !HostSystem.IsLinux)
        {
            return PipeInput.ReadStandardInput(word, request, inputs);
        }

        return kind == FileKind.Pipe ? PipeInput.Read(word, request, inputs) : MappedFile.Open(word, inputs);
    }
}
