using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Inputs;

/// <summary>The state of what a user's word stands for: an answer of the same stamp need not be made again.</summary>
/// <param name="State">The state of the file that is read; default where that cannot be known beforehand (a pipe), so that the answer is made again.</param>
/// <param name="Path">The file that is read; null where that cannot be known beforehand.</param>
/// <param name="Watched">Other files that the answer depends on, whether they are there or not: the configuration's places.</param>
internal sealed record InputStamp(FileState State, string? Path, ImmutableArray<string> Watched)
{
    private static readonly InputStamp s_unknown = new(default, null, []);

    // The id names the bytes; the file in debuginfod's cache is among the others that a stamp covers.
    private static readonly InputStamp s_fetched = new(new FileState(0, 1, 0, 0, 0), null, []);

    /// <summary>Whether the word is a build id.</summary>
    public bool IsFetched => ReferenceEquals(this, s_fetched);

    /// <summary>The stamp of a word, as <see cref="InputResolver"/> understands it.</summary>
    public static InputStamp Of(string word, InputRequest request)
    {
        if (PackageInput.Split(word) is var (package, member))
        {
            return Directory.Exists(package) ? OfFound(() => KernelTree.Find(package, member)) : new InputStamp(FileState.Of(package), package, []);
        }

        FileState state = FileState.Of(word);
        return state.Kind is FileKind.Directory || (state.Kind == FileKind.Unknown && Directory.Exists(word)) ? OfFound(() => KernelTree.Find(word, request.Member))
            : state.Kind == FileKind.Regular ? new InputStamp(state, word, [])
            : state != default || word == InputResolver.StandardInputWord ? s_unknown
            : word.Contains('/', StringComparison.Ordinal) ? s_unknown
            : ReleaseName.IsOne(word) ? OfFound(() => ReleaseName.Find(word, request.WantsDwarf, request.WantsBtf, request.Root))
            : Debuginfod.IsBuildId(word) ? s_fetched
            : s_unknown;
    }

    private static InputStamp OfFound(Func<FoundKernel> find)
    {
        try
        {
            FoundKernel found = find();
            return new InputStamp(FileState.Of(found.Path), found.Path, found.Configuration?.Places ?? []);
        }
        catch (InvalidImageException)
        {
            return s_unknown;
        }
    }
}
