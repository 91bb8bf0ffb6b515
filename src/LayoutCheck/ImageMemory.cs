using System.Buffers.Binary;
using LayoutCheck.Elf;
using LayoutCheck.Inputs;
using LayoutCheck.IO;

namespace LayoutCheck;

/// <summary>An estimate of the memory that questions to an image take, from its size and its first bytes, before it is opened.</summary>
internal static class ImageMemory
{
    // A survey's own tables, whatever the file.
    private const ulong Base = 16 << 20;

    // Of packed bytes: debug information unpacks to 3 to 10 times its size, and the packed bytes stay beside it. What is large goes through a spool, and takes
    // the memory of the decompressor and of a mapped file.
    private const ulong RatioOfPacked = 12;
    private const ulong MostOfPacked = 192 << 20;

    // Of an object file: relocation copies each section that it changes.
    private const ulong RatioOfObject = 2;

    // Of a linked ELF file: it is mapped, and its pages are given back as they are read; what stays are lists of its units and of its definitions.
    private const ulong ShareOfMapped = 8;

    /// <summary>The estimate in bytes; the least where it cannot be read.</summary>
    /// <param name="path">The file, or another word for it.</param>
    public static ulong EstimateFor(string path)
    {
        // Only a regular file is opened: a pipe would block.
        FileState state = FileState.Of(path);
        if ((state.Kind == FileKind.Directory || state == default) && InputStamp.Of(path, new InputRequest()).Path is { } found && found != path)
        {
            return EstimateFor(found);
        }

        if (state.Kind is not (FileKind.Unknown or FileKind.Regular) || state.ByteSize == 0)
        {
            return Base;
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            Span<byte> head = stackalloc byte[64];
            int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            ulong length = (ulong)file.Length;
            return Base + (IsElf(head[..count], out ushort type) ? type == ElfHeader.ET_REL ? RatioOfObject * length : length / ShareOfMapped : Math.Min(RatioOfPacked * length, MostOfPacked + (length / 2)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // The image's own record says why it cannot be opened.
            return Base;
        }
    }

    private static bool IsElf(ReadOnlySpan<byte> head, out ushort type)
    {
        type = 0;
        if (head.Length < 20 || !head.StartsWith("\u007fELF"u8))
        {
            return false;
        }

        type = head[5] == 2 ? BinaryPrimitives.ReadUInt16BigEndian(head[16..]) : BinaryPrimitives.ReadUInt16LittleEndian(head[16..]);
        return true;
    }
}
