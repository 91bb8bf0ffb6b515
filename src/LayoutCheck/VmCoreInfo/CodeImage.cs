using System.Collections.Immutable;
using System.Text;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.IO;
using LayoutCheck.Machine;

namespace LayoutCheck.VmCoreInfo;

/// <summary>Bytes of an image at an address of the kernel.</summary>
internal sealed record CodeRange(string Name, Section Bytes, ulong Address)
{
    /// <summary>Bytes that are searched at once, and then given back: the whole of a kernel's code need not stay in memory. A multiple of a page and of an instruction.</summary>
    public const int Step = 4 << 20;

    /// <summary>The bytes from an offset on, at most that many; empty past the end.</summary>
    public ReadOnlySpan<byte> From(ulong offset, int count)
        => offset >= Bytes.Length ? [] : Bytes.Part(offset, Math.Min((ulong)count, Bytes.Length - offset)).Head(count);

    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(ulong address) => address - Address < Bytes.Length;
}

/// <summary>
/// The code and the data of a kernel image by their addresses: the sections of an ELF file, or an arm64 Image as a whole, whose addresses then count from its
/// beginning. Sections without bytes, and what several sections share more than once, are left out.
/// </summary>
internal sealed class CodeImage
{
    // Of a section that is larger no more is searched: kernels have a hundredth of it.
    private const ulong LargestSearched = 1 << 29;

    // Real kernels have 4, and with -ffunction-sections a few thousand before they are linked.
    private const int MostRanges = 256;
    private const int LongestText = 512;

    private static readonly byte[] s_imageMagic = [.. "ARMd"u8];

    private CodeImage(MachineKind machine, ImmutableArray<CodeRange> code, ImmutableArray<CodeRange> data)
    {
        Machine = machine;
        Code = code;
        Data = data;
    }

    public MachineKind Machine { get; }

    /// <summary>Executable bytes, those that run at boot (.init.text) first.</summary>
    public ImmutableArray<CodeRange> Code { get; }

    /// <summary>All others.</summary>
    public ImmutableArray<CodeRange> Data { get; }

    /// <summary>The code of an image; null where its machine or form is another.</summary>
    public static CodeImage? Of(UnwrappedImage content) => content.Elf is { } elf ? OfElf(elf) : OfBare(content.File.Whole());

    /// <summary>An arm64 Image (Documentation/arch/arm64/booting.rst: "ARM\x64" at 56); null of other bytes.</summary>
    public static CodeImage? OfBare(Section whole)
    {
        if (whole.Length < 64 || !whole.Head(60)[56..].SequenceEqual(s_imageMagic))
        {
            return null;
        }

        ImmutableArray<CodeRange> all = [new CodeRange("Image", whole.Part(0, Math.Min(whole.Length, LargestSearched)), 0)];
        return new CodeImage(MachineKind.Arm64, all, all);
    }

    private static CodeImage? OfElf(ElfFile elf)
    {
        if (!elf.Header.Is64Bit || elf.Header.IsBigEndian || InstructionDecoder.KindOf(elf.Header.Machine) is not { } machine || elf.Header.Type is not (ElfHeader.ET_EXEC or ElfHeader.ET_DYN))
        {
            return null;
        }

        List<CodeRange> code = [];
        List<CodeRange> data = [];
        ulong left = elf.File.Length;
        foreach (ElfSection section in elf.Sections)
        {
            bool isUsed = section.Type == ElfSection.SHT_PROGBITS && (section.Flags & (ElfSection.SHF_ALLOC | ElfSection.SHF_COMPRESSED)) == ElfSection.SHF_ALLOC && section.ByteSize > 0;
            if (isUsed && section.ByteSize <= left && section.ByteSize <= LargestSearched && code.Count + data.Count < MostRanges && section.FileOffset <= elf.File.Length - section.ByteSize)
            {
                left -= section.ByteSize;
                ((section.Flags & ElfSection.SHF_EXECINSTR) != 0 ? code : data).Add(new CodeRange(section.Name, elf.Contents(section), section.Address));
            }
        }

        return new CodeImage(machine, [.. code.OrderBy(c => c.Name != ".init.text")], [.. data]);
    }

    /// <summary>The text of C at an address, to its NUL; null where there is none of printable ASCII and newlines.</summary>
    public string? TextAt(ulong address)
    {
        foreach (CodeRange range in Data)
        {
            if (range.Contains(address))
            {
                ReadOnlySpan<byte> bytes = range.From(address - range.Address, LongestText);
                int end = bytes.IndexOf((byte)0);
                return end > 0 && !bytes[..end].ContainsAnyExcept(s_printable) ? Encoding.ASCII.GetString(bytes[..end]) : null;
            }
        }

        return null;
    }

    private static readonly System.Buffers.SearchValues<byte> s_printable = System.Buffers.SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(i => (byte)i), (byte)'\n']);
}
