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
        Wanted wanted = new(texts);
        for (ulong at = 0; at < range.Bytes.Length && found.Count < Most; at += CodeRange.Step)
        {
            ReadOnlySpan<byte> code = range.From(at, CodeRange.Step + Overlap);
            int offset = (int)at;
            List<int> here = image.Machine == MachineKind.Arm64 ? FindPages(code, range.Address + at, wanted) : FindX64(code, range.Address + at, wanted);
            found.AddRange(here.Where(i => i < CodeRange.Step).Select(i => i + offset));
            range.Bytes.Release(at, Math.Min(at + CodeRange.Step, range.Bytes.Length));
        }

        return found;
    }

    private static List<int> FindX64(ReadOnlySpan<byte> code, ulong address, Wanted wanted)
    {
        List<int> found = [];
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
            if (target is { } text && wanted.Has(text))
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

    private static List<int> FindPages(ReadOnlySpan<byte> code, ulong address, Wanted wanted)
    {
        List<int> found = [];
        ulong start = address & ~3ul;
        ReadOnlySpan<uint> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(code);
        for (int i = 0; i < words.Length && found.Count < Most; i++)
        {
            uint word = words[i];
            if ((word & 0x9f000000) == 0x90000000)
            {
                long distance = (long)((ulong)((word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3)) << 43) >> 31;
                ulong page = ((start + ((ulong)i * 4)) & ~0xffful) + (ulong)distance;
                if (wanted.HasPage(page) && IsCompleted(words[i..], word & 31, wanted.Low))
                {
                    found.Add(i * 4);
                }
            }
        }

        return found;
    }

    /// <summary>The addresses of the texts. Nearly all other addresses lie outside of their range.</summary>
    private sealed class Wanted(IReadOnlyCollection<ulong> texts)
    {
        private readonly HashSet<ulong> _texts = [.. texts];
        private readonly HashSet<ulong> _pages = [.. texts.Select(PageOf)];
        private readonly ulong _least = texts.Min();
        private readonly ulong _most = texts.Max();

        /// <summary>The lower 12 bits of them.</summary>
        public HashSet<uint> Low { get; } = [.. texts.Select(t => (uint)t & 0xfff)];

        public bool Has(ulong address) => address - _least <= _most - _least && _texts.Contains(address);

        public bool HasPage(ulong page) => page - PageOf(_least) <= PageOf(_most) - PageOf(_least) && _pages.Contains(page);

        private static ulong PageOf(ulong address) => address & ~0xffful;
    }
}
