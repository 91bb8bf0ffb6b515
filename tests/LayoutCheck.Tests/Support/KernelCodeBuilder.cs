using System.Buffers.Binary;
using System.Text;
using LayoutCheck.Machine;

namespace LayoutCheck.Tests.Support;

/// <summary>
/// The code and the texts of a small kernel that writes VMCOREINFO, with instructions by hand: an ELF file of either machine, or an arm64 Image.
/// </summary>
internal sealed class KernelCodeBuilder(MachineKind machine)
{
    public const ulong CodeAddress = 0xffffffff81000000;
    public const ulong TextAddress = 0xffffffff82000000;

    // Code goes to 64 in an Image, behind its header, and texts to this place.
    private const ulong TextOffset = 0x10000;
    private const ulong CodeOffset = 64;
    private const ulong SHF_ALLOC = 2;
    private const ulong SHF_EXECINSTR = 4;

    private readonly List<byte> _code = [];
    private readonly List<byte> _texts = [];
    private readonly Dictionary<string, ulong> _places = new(StringComparer.Ordinal);

    /// <summary>Whether addresses are those of an Image, which begin at 0.</summary>
    public bool IsImage { get; init; }

    /// <summary>The name of the section with the code.</summary>
    public string CodeSection { get; init; } = ".init.text";

    /// <summary>Sections besides, with debug information.</summary>
    public List<(string Name, byte[] Contents)> Others { get; } = [];

    private ulong CodeBase => IsImage ? CodeOffset : CodeAddress;

    private ulong TextBase => IsImage ? TextOffset : TextAddress;

    /// <summary>The function that lines are passed to: no code of it is needed.</summary>
    public ulong Append => CodeBase + 0x8000;

    /// <summary>The address of the next instruction.</summary>
    public ulong Here => CodeBase + (ulong)_code.Count;

    /// <summary>The machine's e_machine.</summary>
    public ushort ElfMachine => machine == MachineKind.Arm64 ? (ushort)183 : (ushort)62;

    /// <summary>A kernel that has the lines that all have, and then those given.</summary>
    public static KernelCodeBuilder With(MachineKind machine, params (string Format, long Value)[] lines) => new KernelCodeBuilder(machine).Begin().Lines(lines);

    /// <summary>Writes the first line of every note.</summary>
    public KernelCodeBuilder Begin()
    {
        if (machine == MachineKind.X64)
        {
            _ = Raw(0xf3, 0x0f, 0x1e, 0xfa);
        }
        else
        {
            _ = Word(0xd503233f);
        }

        return SetAddress(1, Text("7.3.0-test")).SetAddress(0, Text("OSRELEASE=%s\n")).Call(Append);
    }

    /// <summary>Passes formats with a number each.</summary>
    public KernelCodeBuilder Lines(params (string Format, long Value)[] lines)
    {
        foreach ((string format, long value) in lines)
        {
            _ = Line(format, value);
        }

        return this;
    }

    /// <summary>Passes a format and a number.</summary>
    public KernelCodeBuilder Line(string format, long value) => Set(1, value).SetAddress(0, Text(format)).Call(Append);

    /// <summary>The address of a text, which is added where it is not there.</summary>
    public ulong Text(string text)
    {
        if (!_places.TryGetValue(text, out ulong at))
        {
            at = TextBase + (ulong)_texts.Count;
            _texts.AddRange(Encoding.ASCII.GetBytes(text));
            _texts.Add(0);
            _places[text] = at;
        }

        return at;
    }

    public KernelCodeBuilder Raw(params byte[] bytes)
    {
        _code.AddRange(bytes);
        return this;
    }

    public KernelCodeBuilder Word(uint word)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
        _code.AddRange(bytes);
        return this;
    }

    /// <summary>Sets the register of an argument to a constant of 16 bits, or a small negative one.</summary>
    public KernelCodeBuilder Set(int argument, long value)
    {
        if (machine == MachineKind.Arm64)
        {
            return value >= 0 ? Word(0xd2800000 | (uint)value << 5 | (uint)argument) : Word(0x92800000 | (uint)~value << 5 | (uint)argument);
        }

        // mov $imm32, %esi and its relatives; sign-extended where it is negative.
        byte register = X64Register(argument);
        _ = value >= 0 ? Raw((byte)(0xb8 | register)) : Raw(0x48, 0xc7, (byte)(0xc0 | register));
        return Number((int)value);
    }

    /// <summary>Sets the register of an argument to an address: lea or mov, adrp and add.</summary>
    public KernelCodeBuilder SetAddress(int argument, ulong address, bool isAbsolute = false)
    {
        if (machine == MachineKind.Arm64)
        {
            long pages = (long)((address & ~0xffful) - (Here & ~0xffful)) >> 12;
            _ = Word(0x90000000 | ((uint)pages & 3) << 29 | ((uint)(pages >> 2) & 0x7ffff) << 5 | (uint)argument);
            return Word(0x91000000 | ((uint)address & 0xfff) << 10 | (uint)argument << 5 | (uint)argument);
        }

        byte register = X64Register(argument);
        return isAbsolute
            ? Raw(0x48, 0xc7, (byte)(0xc0 | register)).Number((int)address)
            : Raw(0x48, 0x8d, (byte)(register << 3 | 5)).Number((int)(address - Here - 4));
    }

    public KernelCodeBuilder Call(ulong target) => machine == MachineKind.Arm64
        ? Word(0x94000000 | ((uint)((long)(target - Here) >> 2) & 0x3ffffff))
        : Raw(0xe8).Number((int)(target - Here - 4));

    private KernelCodeBuilder Number(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _code.AddRange(bytes);
        return this;
    }

    // rdi, rsi, rdx, rcx as encodings number them.
    private static byte X64Register(int argument) => argument switch { 0 => 7, 1 => 6, 2 => 2, _ => 1 };

    /// <summary>The file: an ELF executable, or an Image.</summary>
    public byte[] ToBytes()
    {
        if (IsImage)
        {
            byte[] image = new byte[(int)TextOffset + _texts.Count];
            "ARMd"u8.CopyTo(image.AsSpan(0x38));
            _code.CopyTo(image, (int)CodeOffset);
            _texts.CopyTo(image, (int)TextOffset);
            return image;
        }

        ElfBuilder elf = new ElfBuilder { Machine = ElfMachine }
            .Add(CodeSection, [.. _code], flags: SHF_ALLOC | SHF_EXECINSTR, address: CodeAddress)
            .Add(".rodata", [.. _texts], flags: SHF_ALLOC, address: TextAddress);
        foreach ((string name, byte[] contents) in Others)
        {
            _ = elf.Add(name, contents);
        }

        return elf.ToBytes();
    }
}
