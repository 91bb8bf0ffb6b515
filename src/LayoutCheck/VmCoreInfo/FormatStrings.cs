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
        foreach (CodeRange range in image.Data)
        {
            for (ulong at = 0; at < range.Bytes.Length; at += CodeRange.Step)
            {
                Find(image, range, at, found);
                range.Bytes.Release(at, Math.Min(at + CodeRange.Step, range.Bytes.Length));
            }
        }

        return found;
    }

    // Those that have their mark in one step.
    private static void Find(CodeImage image, CodeRange range, ulong step, Dictionary<ulong, string> found)
    {
        ReadOnlySpan<byte> needle = ")=%"u8;
        int before = (int)Math.Min(step, LongestString);
        ReadOnlySpan<byte> bytes = range.From(step - (ulong)before, before + CodeRange.Step + needle.Length - 1);
        int from = before;
        while (found.Count < MostStrings && bytes[from..].IndexOf(needle) is >= 0 and int at)
        {
            at += from;
            from = at + needle.Length;
            int first = at - Math.Min(at, LongestString);
            ulong start = step - (ulong)before + (ulong)(first + bytes[first..at].LastIndexOf((byte)0) + 1);
            if (image.TextAt(range.Address + start) is { } text && text[^1] == '\n' && ExportedLine.Parse(text[..^1]).IsFact)
            {
                found.TryAdd(range.Address + start, text);
            }
        }
    }

    /// <summary>Whether an image has the text that every note begins with.</summary>
    public static bool HasRelease(CodeImage image)
    {
        ReadOnlySpan<byte> needle = "OSRELEASE=%s\n"u8;
        foreach (CodeRange range in image.Data)
        {
            for (ulong at = 0; at < range.Bytes.Length; at += CodeRange.Step)
            {
                if (range.From(at, CodeRange.Step + needle.Length - 1).IndexOf(needle) >= 0)
                {
                    return true;
                }

                range.Bytes.Release(at, Math.Min(at + CodeRange.Step, range.Bytes.Length));
            }
        }

        return false;
    }
}
