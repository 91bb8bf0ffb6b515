using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.IO;

namespace LayoutCheck.Inputs;

/// <summary>Opens what a debuginfod server sent, and checks that it is what was asked for.</summary>
internal static class FetchedInput
{
    /// <summary>Opens the debug information of a build id: its BTF where that may answer, else its DWARF.</summary>
    /// <param name="word">The build id, as the user typed it.</param>
    /// <param name="request">Whether it may be fetched, and which debug information may answer.</param>
    /// <param name="inputs">The files that were opened for the same image.</param>
    /// <exception cref="InvalidImageException">It is not there, may not be fetched, or is another file.</exception>
    public static OpenedInput Open(string word, InputRequest request, InputFiles inputs)
    {
        if (!request.Debuginfod)
        {
            throw new InvalidImageException(word, null, null, "no such file", "a build id is looked up with --debuginfod, which asks the servers of $DEBUGINFOD_URLS");
        }

        string id = word.ToLowerInvariant();
        FetchedFile fetched = (request.WantsBtf ? Debuginfod.FindBtf(word, id, request.LimitsOf(inputs)) : null)
            ?? (request.WantsDwarf ? Debuginfod.FindDebugInfo(word, id, request.LimitsOf(inputs)) : null)
            ?? throw Debuginfod.NotThere(word, id, What(request.WantsDwarf, request.WantsBtf));
        MappedFile file = MappedFile.Open(fetched.Path, inputs);
        try
        {
            string origin = Check(file, id, fetched);
            inputs.Note($"{word}: {origin}");
            return new OpenedInput(file) { AskedBuildId = fetched.IsSection ? id : null, Origin = origin };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The debug information that is missed, in words.</summary>
    public static string What(bool wantsDwarf, bool wantsBtf) => wantsDwarf && wantsBtf ? "debug information" : wantsDwarf ? "DWARF" : "BTF";

    /// <summary>Asserts that a fetched file is one of the build id. A section carries none: it is BTF at least, and else rests on the server.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buildId">The build id, in lower case.</param>
    /// <param name="fetched">Where it came from.</param>
    /// <returns>Where it came from and whether its identity is known, in words.</returns>
    /// <exception cref="InvalidImageException">It is another file.</exception>
    public static string Check(MappedFile file, string buildId, FetchedFile fetched)
    {
        if (fetched.IsSection)
        {
            return BtfBlob.StartsAsOne(file.Whole()) ? $"section .BTF from {fetched.From}, not verified" : throw Wrong(file, $"is no BTF, and came as the section .BTF from {fetched.From}");
        }

        if (!ElfFile.HasMagic(file))
        {
            throw Wrong(file, $"is not an ELF file, and came as debug information from {fetched.From}");
        }

        string? theirs = ElfFile.Read(file).BuildId();
        return theirs == buildId ? $"debug information from {fetched.From}, of the build id that was asked for"
            : throw Wrong(file, $"is of another build than was asked for (build id {theirs ?? "missing"}, not {buildId}), and came from {fetched.From}");
    }

    private static InvalidImageException Wrong(MappedFile file, string problem)
        => new(file.Path, null, null, problem, "delete this file, which debuginfod would use again, and ask another server (DEBUGINFOD_URLS)");
}
