using LayoutCheck.Core;
using LayoutCheck.Inputs;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Cli.Completion;

/// <summary>
/// Names of types of an image, and of their members, for a word that is not finished: out of BTF, which has all names in one place; out of DWARF, or of a packed
/// image, where it is small. A shell waits for the answer: none is better than a late one.
/// </summary>
internal static class TypeNames
{
    // A kernel's BTF answers in a tenth of it.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(400);

    // What is unpacked, or searched for DWARF, within that time.
    private const ulong LargestOther = 16 << 20;

    private static readonly string[] s_keywords = ["struct ", "union ", "typedef "];

    /// <summary>The types, or behind a dot the members, that begin with a word. Nothing where the image cannot be read, or not in time; never fails.</summary>
    /// <param name="file">The image.</param>
    /// <param name="typed">The word: <c>pa</c>, <c>struct pa</c>, <c>page.lru.ne</c>.</param>
    /// <param name="basePath">The kernel of a module, or null.</param>
    public static IReadOnlyList<string> Of(string file, string typed, string? basePath)
    {
        IReadOnlyList<string> found = [];
        // A reader that is late is left behind: it ends with the program.
        Thread reader = new(() => found = Read(file, typed, basePath)) { IsBackground = true };
        reader.Start();
        return reader.Join(s_patience) ? found : [];
    }

    private static List<string> Read(string file, string typed, string? basePath)
    {
        try
        {
            using KernelImage? image = Open(file, basePath);
            return image is null ? [] : Find(image, typed);
        }
        catch (Exception)
        {
            // An exception that leaves a thread ends the process, and the shell would show it in the middle of a line.
            return [];
        }
    }

    private static List<string> Find(KernelImage image, string typed)
    {
        string keyword = Array.Find(s_keywords, k => typed.StartsWith(k, StringComparison.Ordinal)) ?? "";
        string name = typed[keyword.Length..];
        int dot = name.LastIndexOf('.');
        if (dot < 0)
        {
            TypeNameKind? kind = keyword.Length == 0 ? null : TypeName.Parse(keyword + "x").Kind;
            return [.. image.Types.DefinedNames().Where(t => t.Name.StartsWith(name, StringComparison.Ordinal) && (kind is null || t.Kind == kind)).Select(t => keyword + t.Name).Distinct()];
        }

        string[] path = name[..dot].Split('.', 2);
        string before = typed[..^(name.Length - dot - 1)];
        return image.Types.FindFirst(TypeName.Parse(keyword + path[0])) is { } type
            ? [.. MemberPath.NamesAfter(type.Graph, type.Root, path.Length == 1 ? "" : path[1]).Select(member => before + member)]
            : [];
    }

    // Of files only a regular one is opened: a pipe would wait, and what it has would be gone.
    private static KernelImage? Open(string path, string? basePath)
    {
        FileState state = FileState.Of(path);
        bool isFile = state.Kind is FileKind.Regular or FileKind.Unknown && state.ByteSize > 0;
        bool isSmall = isFile && state.ByteSize <= LargestOther;
        if (!isSmall && !(isFile && IsPlain(path)) && state.Kind != FileKind.Directory && !(state == default && ReleaseName.IsOne(path)))
        {
            return null;
        }

        try
        {
            return KernelImage.Open(path, new ImageOptions(SourceChoice.Btf, BasePath: basePath));
        }
        catch (InvalidImageException) when (isSmall)
        {
            return KernelImage.Open(path);
        }
    }

    private static bool IsPlain(string path)
    {
        Span<byte> head = stackalloc byte[4];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return count == head.Length && (head.SequenceEqual("\u007fELF"u8) || head.StartsWith<byte>([0x9f, 0xeb]) || head.StartsWith<byte>([0xeb, 0x9f]));
    }
}
