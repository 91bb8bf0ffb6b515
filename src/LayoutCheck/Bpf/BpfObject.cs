using System.Collections.Immutable;
using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Bpf;

/// <summary>A relocation of a BPF object, with its place in the program.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Access">The access, by the object's types.</param>
/// <param name="AccessText">The access as it is stored: <c>0:1:2</c>.</param>
/// <param name="Section">The section of its instruction.</param>
/// <param name="Instruction">The number of its instruction in the section, from 0.</param>
internal sealed record BpfRelocation(BpfRelocationKind Kind, BpfAccess Access, string AccessText, string Section, int Instruction)
{
    /// <summary>The function that it is in; null where the object does not tell.</summary>
    public string? Function { get; init; }

    /// <summary>The numbers of the function's first instruction and of the one behind its last.</summary>
    public (int Start, int End) FunctionRange { get; init; }

    /// <summary>The source line; null where the object does not tell.</summary>
    public (string File, uint Line)? Place { get; init; }
}

/// <summary>A BPF object: its CO-RE relocations with their places, and the code that they are in. Valid while the file is open.</summary>
/// <param name="Relocations">The relocations, in the order of the file.</param>
/// <param name="IsBigEndian">The byte order.</param>
internal sealed record BpfObject(ImmutableArray<BpfRelocation> Relocations, bool IsBigEndian)
{
    // As much text of accesses and paths as no object has.
    private const int MostText = 1 << 24;
    private const int LongestAccess = 1 << 10;
    private const int LongestPath = 1 << 12;

    // libbpf takes pointers of BPF to have 64 bits.
    private const int PointerSize = 8;

    private readonly Dictionary<string, Section> _code = new(StringComparer.Ordinal);

    /// <summary>The number of instructions of a section.</summary>
    public int InstructionCount(string section) => (int)(_code[section].Length / BpfInstruction.ByteSize);

    /// <summary>Instructions of a section that has relocations.</summary>
    /// <param name="section">The section.</param>
    /// <param name="start">The number of the first.</param>
    /// <param name="count">How many.</param>
    public BpfInstruction[] Read(string section, int start, int count)
    {
        SectionReader reader = _code[section].ReadRange((ulong)start * BpfInstruction.ByteSize, (ulong)(start + count) * BpfInstruction.ByteSize);
        BpfInstruction[] instructions = new BpfInstruction[count];
        for (int i = 0; i < count; i++)
        {
            instructions[i] = BpfInstruction.Read(ref reader, IsBigEndian);
        }

        return instructions;
    }

    /// <summary>Reads an object.</summary>
    /// <param name="elf">Its file.</param>
    /// <param name="index">Its .BTF.</param>
    /// <exception cref="InvalidImageException">Its .BTF.ext is damaged.</exception>
    public static BpfObject Read(ElfFile elf, BtfIndex index)
    {
        if (elf.Contents(".BTF.ext") is not { } section)
        {
            return new BpfObject([], index.Section.IsBigEndian);
        }

        BtfExtension extension = new(section, index);
        return new Reader(elf, index, extension).Read();
    }

    private sealed class Reader(ElfFile elf, BtfIndex index, BtfExtension extension)
    {
        private readonly BtfBpfTypes _types = new(index, () => PointerSize, new HashSet<string>());
        private readonly Dictionary<string, Section> _code = new(StringComparer.Ordinal);
        private readonly Dictionary<uint, string?> _texts = [];
        private int _textLength;

        public BpfObject Read()
        {
            ImmutableArray<BpfRelocation>.Builder relocations = ImmutableArray.CreateBuilder<BpfRelocation>();
            Dictionary<string, BtfFunction[]> functions = BySection(extension.Functions, f => f.InstructionOffset);
            Dictionary<string, BtfLine[]> lines = BySection(extension.Lines, l => l.InstructionOffset);
            foreach (BtfExtensionGroup<BtfRelocation> group in extension.Relocations)
            {
                Section code = CodeOf(group);
                foreach (BtfRelocation stored in group.Records)
                {
                    relocations.Add(Read(stored, group.Section, code, functions.GetValueOrDefault(group.Section, []), lines.GetValueOrDefault(group.Section, [])));
                }
            }

            BpfObject read = new(relocations.ToImmutable(), index.Section.IsBigEndian);
            foreach ((string name, Section code) in _code)
            {
                read._code.Add(name, code);
            }

            return read;
        }

        private static Dictionary<string, T[]> BySection<T>(ImmutableArray<BtfExtensionGroup<T>> groups, Func<T, uint> placeOf)
            => groups.GroupBy(g => g.Section, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.SelectMany(s => s.Records).OrderBy(placeOf).ToArray(), StringComparer.Ordinal);

        private Section CodeOf(BtfExtensionGroup<BtfRelocation> group)
        {
            if (!_code.TryGetValue(group.Section, out Section? code))
            {
                code = (elf.Find(group.Section) is { Type: not ElfSection.SHT_NOBITS, ByteSize: > 0 } section ? elf.Contents(section) : null)
                    ?? throw extension.Invalid(group.Records[0], $"it is of section {Printable.Shorten(group.Section)}, which has no code in this file");
                _code.Add(group.Section, code.Length / BpfInstruction.ByteSize <= int.MaxValue ? code : throw code.Invalid(null, "is larger than any program"));
            }

            return code;
        }

        private BpfRelocation Read(in BtfRelocation stored, string section, Section code, BtfFunction[] functions, BtfLine[] lines)
        {
            if (stored.InstructionOffset % BpfInstruction.ByteSize != 0 || stored.InstructionOffset + (ulong)BpfInstruction.ByteSize > code.Length)
            {
                throw extension.Invalid(stored, $"it is of an instruction at 0x{stored.InstructionOffset:x} of {Printable.Shorten(section)}, which has 0x{code.Length:x} bytes");
            }

            if (stored.Kind > (uint)BpfRelocationKind.TypeMatches)
            {
                throw extension.Invalid(stored, $"it is a CO-RE relocation of kind {stored.Kind}, which we do not know");
            }

            if (stored.Type == 0 || stored.Type > index.Count)
            {
                throw extension.Invalid(stored, $"it is of type {stored.Type} of {index.Count}");
            }

            string text = TextAt(stored.AccessOffset, LongestAccess) ?? throw extension.Invalid(stored, "its access is not among the strings of .BTF, or is longer than any");
            BpfRelocationKind kind = (BpfRelocationKind)stored.Kind;
            int instruction = (int)(stored.InstructionOffset / BpfInstruction.ByteSize);
            int function = LastAt(functions, f => f.InstructionOffset, stored.InstructionOffset);
            int line = LastAt(lines, l => l.InstructionOffset, stored.InstructionOffset);
            int end = (int)(code.Length / BpfInstruction.ByteSize);
            return new BpfRelocation(kind, AccessOf(stored, kind, text), text, section, instruction)
            {
                Function = function < 0 ? null : NameOf(functions[function].Type),
                FunctionRange = function < 0 ? (0, end) : (Instructions(functions[function]), function + 1 < functions.Length ? Math.Min(end, Instructions(functions[function + 1])) : end),
                Place = line >= 0 && TextAt(lines[line].FileOffset, LongestPath) is { Length: > 0 } file ? (file, lines[line].Line) : null,
            };
        }

        private static int Instructions(in BtfFunction function) => (int)(function.InstructionOffset / BpfInstruction.ByteSize);

        private BpfAccess AccessOf(in BtfRelocation stored, BpfRelocationKind kind, string text)
        {
            try
            {
                return BpfAccess.Parse(_types, kind, stored.Type, text);
            }
            catch (FormatException e)
            {
                throw extension.Invalid(stored, $"its access {Printable.Shorten(text)} {e.Message}");
            }
            catch (BpfRefusedException e)
            {
                throw extension.Invalid(stored, $"its access {Printable.Shorten(text)} cannot be placed: {e.Message}");
            }
        }

        private string? NameOf(uint function)
            => function != 0 && function <= index.Count && index.Record(function) is { Kind: BtfFormat.BTF_KIND_FUNC } record ? index.NameAt(record.NameOffset, record) : null;

        // The texts of accesses and paths repeat.
        private string? TextAt(uint offset, int longest)
        {
            if (!_texts.TryGetValue(offset, out string? text))
            {
                text = index.TextAt(offset);
                text = text is null || text.Length > longest ? null : text;
                _textLength += text?.Length ?? 0;
                _texts.Add(offset, text);
                if (_textLength > MostText)
                {
                    throw index.Invalid($"its .BTF.ext names more than {MostText} characters of accesses and files", "the object looks damaged: build it again");
                }
            }

            return text;
        }

        // The last of sorted records that is not behind a place; -1 when all are.
        private static int LastAt<T>(T[] records, Func<T, uint> placeOf, uint place)
        {
            int low = 0;
            int high = records.Length;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (placeOf(records[middle]) <= place)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low - 1;
        }
    }
}
