using System.Buffers.Binary;
using LayoutCheck.Machine;

namespace LayoutCheck.VmCoreInfo;

/// <summary>
/// The instructions that may take the address of a text, by their bytes alone: x86-64 <c>mov $imm32, %reg</c> and <c>lea disp32(%rip), %reg</c>, arm64 <c>adrp</c>
/// to the page of one. What is found by chance is sorted out when the code around it is decoded.
/// </summary>
internal static class TextReferences
{
    // Found by chance in hostile bytes; a kernel has 150, and arm64 a few thousand that name a page of texts.
    private const int Most = 1 << 15;

    // Instructions between an adrp and its add.
    private const int MostBetween = 64;

    // What belongs to an instruction that begins at the end of a step: its other bytes, or the instructions up to its add.
    private const int Overlap = MostBetween * 4;

    /// <summary>The offsets in a range, in order.</summary>
    public static List<int> Find(CodeImage image, CodeRange range, IReadOnlyCollection<ulong> texts)
    {
        List<int> found = [];
        for (ulong at = 0; at < range.Bytes.Length && found.Count < Most; at += CodeRange.Step)
        {
            ReadOnlySpan<byte> code = range.From(at, CodeRange.Step + Overlap);
            int offset = (int)at;
            List<int> here = image.Machine == MachineKind.Arm64 ? FindPages(code, range.Address + at, texts) : FindX64(code, range.Address + at, texts);
            found.AddRange(here.Where(i => i < CodeRange.Step).Select(i => i + offset));
            range.Bytes.Release(at, Math.Min(at + CodeRange.Step, range.Bytes.Length));
        }

        return found;
    }

    private static List<int> FindX64(ReadOnlySpan<byte> code, ulong address, IReadOnlyCollection<ulong> texts)
    {
        List<int> found = [];
        HashSet<ulong> wanted = [.. texts];
        ulong least = wanted.Min();
        ulong span = wanted.Max() - least;
        int from = 0;
        while (found.Count < Most && code[from..].IndexOfAny((byte)0xc7, (byte)0x8d) is >= 0 and int next)
        {
            int at = from + next;
            from = at + 1;
            if (at == 0 || code.Length - at < 6 || (code[at - 1] & 0xf8) != 0x48)
            {
                continue;
            }

            int number = BinaryPrimitives.ReadInt32LittleEndian(code[(at + 2)..]);
            ulong? target = code[at] == 0xc7 ? ((code[at + 1] & 0xf8) == 0xc0 ? (ulong)number : null)
                : (code[at + 1] & 0xc7) == 0x05 ? address + (ulong)(at + 6 + number)
                : null;
            if (target is { } text && text - least <= span && wanted.Contains(text))
            {
                found.Add(at - 1);
            }
        }

        return found;
    }

    // The add of the low 12 bits follows soon, as a rule; a register that is kept for many calls gets it once.
    private static bool IsCompleted(ReadOnlySpan<uint> words, uint register, HashSet<uint> low)
    {
        for (int i = 1; i < Math.Min(words.Length, MostBetween); i++)
        {
            if ((words[i] & 0xffc00000) == 0x91000000 && (words[i] >> 5 & 31) == register && low.Contains(words[i] >> 10 & 0xfff))
            {
                return true;
            }
        }

        return false;
    }

    private static List<int> FindPages(ReadOnlySpan<byte> code, ulong address, IReadOnlyCollection<ulong> texts)
    {
        List<int> found = [];
        HashSet<ulong> pages = [.. texts.Select(t => t & ~0xffful)];
        ulong least = pages.Min();
        ulong span = pages.Max() - least;
        ulong start = address & ~3ul;
        HashSet<uint> low = [.. texts.Select(t => (uint)t & 0xfff)];
        ReadOnlySpan<uint> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(code);
        for (int i = 0; i < words.Length && found.Count < Most; i++)
        {
            uint word = words[i];
            if ((word & 0x9f000000) == 0x90000000)
            {
                long distance = (long)((ulong)((word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3)) << 43) >> 31;
                ulong page = ((start + ((ulong)i * 4)) & ~0xffful) + (ulong)distance;
                if (page - least <= span && pages.Contains(page) && IsCompleted(words[i..], word & 31, low))
                {
                    found.Add(i * 4);
                }
            }
        }

        return found;
    }
}
