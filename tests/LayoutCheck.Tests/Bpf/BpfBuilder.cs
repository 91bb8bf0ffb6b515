using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Bpf;

/// <summary>A BPF object of one section <c>kprobe/x</c>, with relocations that no compiler writes.</summary>
internal sealed class BpfBuilder
{
    /// <summary>The section of the code.</summary>
    public const string Section = "kprobe/x";

    private readonly List<byte[]> _code = [];
    private readonly List<(uint Offset, uint Type, string Access, uint Kind)> _relocations = [];

    /// <summary>The object's types.</summary>
    public BtfBuilder Types { get; } = new();

    /// <summary>Changes .BTF.ext before it is put into the file.</summary>
    public Func<byte[], byte[]> Damage { get; set; } = bytes => bytes;

    /// <summary>Adds an instruction; returns its number.</summary>
    public int Add(byte code, int destination = 0, int source = 0, short offset = 0, int immediate = 0)
    {
        _code.Add(new ByteWriter(false).Raw(code, (byte)(destination | (source << 4))).U16((ushort)offset).U32((uint)immediate).ToArray());
        return _code.Count - 1;
    }

    /// <summary>Adds a relocation of the last instruction.</summary>
    public BpfBuilder Relocate(uint type, string access, uint kind)
    {
        _relocations.Add(((uint)(_code.Count - 1) * 8, type, access, kind));
        return this;
    }

    /// <summary>Adds <c>r1 = constant</c> with a relocation.</summary>
    public BpfBuilder Ask(uint type, string access, uint kind, int local)
    {
        Add(0xb7, 1, immediate: local);
        return Relocate(type, access, kind);
    }

    /// <summary>The file.</summary>
    public byte[] ToBytes()
    {
        uint section = Types.StringOffset(Section);
        uint path = Types.StringOffset("x.c");
        uint function = Types.Add(LayoutCheck.Btf.BtfFormat.BTF_KIND_FUNC, "prog", Types.Add(LayoutCheck.Btf.BtfFormat.BTF_KIND_FUNC_PROTO, null, 0));
        ByteWriter functions = new ByteWriter(false).U32(8).U32(section).U32(1).U32(0).U32(function);
        ByteWriter lines = new ByteWriter(false).U32(16).U32(section).U32(1).U32(0).U32(path).U32(0).U32(7 << 10);
        ByteWriter relocations = new ByteWriter(false).U32(16).U32(section).U32((uint)_relocations.Count);
        foreach ((uint offset, uint type, string access, uint kind) in _relocations)
        {
            relocations.U32(offset).U32(type).U32(Types.StringOffset(access)).U32(kind);
        }

        uint first = (uint)functions.Length;
        uint second = first + (uint)lines.Length;
        byte[] extension = new ByteWriter(false).U16(0xeb9f).U8(1).U8(0).U32(32).U32(0).U32(first).U32(first).U32((uint)lines.Length).U32(second).U32((uint)relocations.Length)
            .Raw([.. functions.ToArray(), .. lines.ToArray(), .. relocations.ToArray()]).ToArray();
        return new ElfBuilder { Machine = 247, Type = 1 }.Add(Section, [.. _code.SelectMany(c => c)]).Add(".BTF", Types.Build()).Add(".BTF.ext", Damage(extension)).ToBytes();
    }

    /// <summary>Resolves an object on a kernel.</summary>
    public static BpfReport Run(byte[] target, byte[] kernel)
    {
        using KernelImage image = KernelImage.FromBytes("x.o", target);
        using KernelImage other = KernelImage.FromBytes("vmlinux", kernel);
        return BpfAnalysis.Run(image, other, 1);
    }
}
