using System.Buffers.Binary;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Btf;

/// <summary>
/// <c>.BTF.base</c>: the part of its base that the split BTF of a module built out of the kernel's tree carries, to fit it to a kernel whose types have
/// other ids (Documentation/bpf/btf.rst, "4.3 .BTF.base section"; tools/lib/bpf/btf_relocate.c). It has whole numbers and enumerations, but structs and
/// unions without their members: those are the kernel's, found by name and size.
/// </summary>
internal static class BtfDistilledBase
{
    /// <summary>
    /// The module's BTF as if it had been made against a kernel: its distilled base and its own records after the kernel's, every id and name
    /// moved there, and each struct of the distilled base replaced by the kernel's.
    /// </summary>
    /// <param name="split">The module's .BTF.</param>
    /// <param name="distilled">Its .BTF.base.</param>
    /// <param name="kernel">The kernel's BTF.</param>
    /// <exception cref="InvalidImageException">One of them is damaged, or the kernel has no such struct: it is another one.</exception>
    public static NativeBuffer Rebase(Section split, Section distilled, BtfIndex kernel)
    {
        BtfIndex baseIndex = new(distilled, ".BTF.base");
        BtfIndex module = new(split, ".BTF", baseIndex);
        uint[] kernelIds = FindInKernel(baseIndex, kernel);
        NativeBuffer types = new();
        try
        {
            for (uint id = 1; id <= module.Count; id++)
            {
                WriteRecord(types, module, id, kernelIds, kernel);
            }

            return Join(types, baseIndex, module, kernel);
        }
        finally
        {
            types.Dispose();
        }
    }

    // The kernel's ids by those of the distilled base; 0 where the distilled record is complete.
    private static uint[] FindInKernel(BtfIndex baseIndex, BtfIndex kernel)
    {
        uint[] found = new uint[baseIndex.Count + 1];
        foreach (uint id in baseIndex.NamedTypes)
        {
            BtfRecord record = baseIndex.Record(id);
            if (record.Kind is not (BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION or BtfFormat.BTF_KIND_FWD)
                || baseIndex.NameAt(record.NameOffset, record) is not { } name)
            {
                continue;
            }

            bool isForward = record.Kind == BtfFormat.BTF_KIND_FWD;
            uint kind = isForward ? (record.KindFlag ? BtfFormat.BTF_KIND_UNION : BtfFormat.BTF_KIND_STRUCT) : record.Kind;
            found[id] = kernel.Find(name).FirstOrDefault(k => kernel.Record(k) is var candidate && candidate.Kind == kind
                && (isForward || candidate.SizeOrType == record.SizeOrType));
            if (found[id] == 0 && !isForward)
            {
                throw baseIndex.Invalid(
                    record,
                    $"is of a kernel that has a {(kind == BtfFormat.BTF_KIND_UNION ? "union" : "struct")} {name} of {record.SizeOrType} bytes, "
                        + $"which {kernel.Section.File.Path} has not");
            }
        }

        return found;
    }

    private static void WriteRecord(NativeBuffer types, BtfIndex module, uint id, uint[] kernelIds, BtfIndex kernel)
    {
        BtfRecord record = module.Record(id);
        bool isReplaced = id < kernelIds.Length && kernelIds[id] != 0;

        // Without a name, a lookup finds the kernel's record alone.
        Write(isReplaced ? 0 : Name(record.NameOffset));
        Write(record.Info);
        Write(BtfReferences.IsOfType(record.Kind) ? Type(record.SizeOrType) : record.SizeOrType);
        SectionReader details = module.ReadDetails(record);
        for (uint word = 0; !details.IsAtEnd; word++)
        {
            uint value = details.ReadU32();
            Write(BtfReferences.Meaning(record.Kind, word) switch
            {
                BtfWord.Name => Name(value),
                BtfWord.Type => Type(value),
                _ => value,
            });
        }

        // Names were checked against the base's strings: the sum fits.
        uint Name(uint offset) => offset == 0 ? 0 : checked(offset + (uint)kernel.Strings.Length);

        // An id past the module's types must stay past the end: the reader that needs the type reports it.
        uint Type(uint type) => type == 0 ? 0 : type < kernelIds.Length && kernelIds[type] != 0 ? kernelIds[type]
            : (uint)Math.Min(uint.MaxValue, (ulong)type + kernel.Count);

        void Write(uint value) => Append(types, value, kernel.Section.IsBigEndian);
    }

    private static NativeBuffer Join(NativeBuffer types, BtfIndex baseIndex, BtfIndex module, BtfIndex kernel)
    {
        bool isBigEndian = kernel.Section.IsBigEndian;
        uint typesLength = (uint)types.Length;
        NativeBuffer whole = new();
        whole.Append(isBigEndian ? [BtfFormat.BTF_MAGIC >> 8, BtfFormat.BTF_MAGIC & 0xff] : [BtfFormat.BTF_MAGIC & 0xff, BtfFormat.BTF_MAGIC >> 8]);
        whole.Append([BtfFormat.BTF_VERSION, 0]);
        foreach (uint word in (ReadOnlySpan<uint>)[BtfFormat.BaseHeaderSize, 0, typesLength, typesLength,
            (uint)(baseIndex.Strings.Length + module.Strings.Length)])
        {
            Append(whole, word, isBigEndian);
        }

        whole.Append(types.Filled);
        whole.Append(baseIndex.Strings);
        whole.Append(module.Strings);
        return whole;
    }

    private static void Append(NativeBuffer buffer, uint value, bool isBigEndian)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        }

        buffer.Append(bytes);
    }
}
