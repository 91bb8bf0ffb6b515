using LayoutCheck.Core;

namespace LayoutCheck.VmCoreInfo;

/// <summary>
/// The texts of an image that a kernel formats lines of VMCOREINFO by: <c>"OFFSET(page.lru)=%lu\n"</c>, or since 7.x <c>"OFFSET(%s.%s)=%lu\n"</c>. All of them
/// have <c>)=%</c>, and a newline before their NUL.
/// </summary>
internal static class FormatStrings
{
    // A kernel has 150.
    private const int MostStrings = 4096;
    private const int LongestString = 256;

    /// <summary>The addresses of the texts, and the texts, in the order of the file.</summary>
    public static Dictionary<ulong, string> Find(CodeImage image)
    {
        Dictionary<ulong, string> found = [];
        ReadOnlySpan<byte> needle = ")=%"u8;
        foreach (CodeRange range in image.Data)
        {
            ReadOnlySpan<byte> bytes = range.From(0, int.MaxValue);
            int from = 0;
            while (found.Count < MostStrings && bytes[from..].IndexOf(needle) is >= 0 and int at)
            {
                at += from;
                from = at + needle.Length;
                int start = at - Math.Min(at, LongestString) + bytes[(at - Math.Min(at, LongestString))..at].LastIndexOf((byte)0) + 1;
                if (image.TextAt(range.Address + (ulong)start) is { } text && text[^1] == '\n' && ExportedLine.Parse(text[..^1]).IsFact)
                {
                    found.TryAdd(range.Address + (ulong)start, text);
                }
            }
        }

        return found;
    }

    /// <summary>Whether an image has the text that every note begins with.</summary>
    public static bool HasRelease(CodeImage image)
    {
        foreach (CodeRange range in image.Data)
        {
            if (range.From(0, int.MaxValue).IndexOf("OSRELEASE=%s\n"u8) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}
