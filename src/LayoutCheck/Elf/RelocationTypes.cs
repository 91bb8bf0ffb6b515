using System.Collections.Frozen;

namespace LayoutCheck.Elf;

/// <summary>The change that a relocation makes to the bytes at its place; S is the symbol's value, A the addend.</summary>
internal enum RelocationEffect
{
    /// <summary>Not used in data such as debug information: for code, or for the linker itself.</summary>
    Unsupported,

    /// <summary>Nothing.</summary>
    None,

    /// <summary>S + A.</summary>
    Set,

    /// <summary>The value there, plus S + A.</summary>
    Add,

    /// <summary>The value there, less S + A.</summary>
    Subtract,

    /// <summary>S + A in the low six bits.</summary>
    SetLow6,

    /// <summary>The value in the low six bits, plus S + A.</summary>
    AddLow6,

    /// <summary>The value in the low six bits, less S + A.</summary>
    SubtractLow6,

    /// <summary>S + A as a ULEB128 of the length that is there.</summary>
    SetUleb,

    /// <summary>The ULEB128 that is there, plus S + A.</summary>
    AddUleb,

    /// <summary>The ULEB128 that is there, less S + A.</summary>
    SubtractUleb,
}

/// <summary>A relocation type of a machine.</summary>
/// <param name="Number">Its number in r_info.</param>
/// <param name="Name">Its name in elf.h.</param>
/// <param name="Effect">The change that it makes.</param>
/// <param name="ByteSize">How many bytes it changes; 0 for a ULEB128, which has its own length.</param>
internal sealed record RelocationType(uint Number, string Name, RelocationEffect Effect, int ByteSize);

/// <summary>
/// The relocation types of data, by machine: those that compilers use in debug information, and the names of a few that would be a mistake there. Numbers and
/// names are those of each processor's ELF supplement, as in elf.h.
/// </summary>
internal static class RelocationTypes
{
    public const ushort EM_MIPS = 8;

    private static readonly FrozenDictionary<(ushort Machine, uint Number), RelocationType> ByNumber = All().ToFrozenDictionary(t => (t.Machine, t.Type.Number), t => t.Type);

    /// <summary>The type of a number, or null if it is not in the table.</summary>
    public static RelocationType? Find(ushort machine, uint number) => ByNumber.GetValueOrDefault((machine, number));

    private static IEnumerable<(ushort Machine, RelocationType Type)> All()
    {
        foreach (string line in Table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            foreach (string machine in words[0].Split(','))
            {
                for (int i = 2; i < words.Length; i++)
                {
                    yield return (ushort.Parse(machine, System.Globalization.CultureInfo.InvariantCulture), Parse(words[1], words[i]));
                }
            }
        }
    }

    // 10:32:set4 -> number, name after the prefix, effect and size.
    private static RelocationType Parse(string prefix, string entry)
    {
        string[] parts = entry.Split(':');
        string effect = parts[2].TrimEnd("0123456789".ToCharArray());
        int size = parts[2].Length > effect.Length ? parts[2][^1] - '0' : 0;
        return new RelocationType(uint.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), prefix + parts[1], effect switch
        {
            "none" => RelocationEffect.None,
            "set" => RelocationEffect.Set,
            "add" => RelocationEffect.Add,
            "sub" => RelocationEffect.Subtract,
            "setlow" => RelocationEffect.SetLow6,
            "addlow" => RelocationEffect.AddLow6,
            "sublow" => RelocationEffect.SubtractLow6,
            "setuleb" => RelocationEffect.SetUleb,
            "adduleb" => RelocationEffect.AddUleb,
            "subuleb" => RelocationEffect.SubtractUleb,
            _ => RelocationEffect.Unsupported,
        }, size);
    }

    // e_machine (EM_SPARC, EM_SPARC32PLUS and EM_SPARCV9 share theirs; so do the two of ARC), the prefix of the names, and number:name:effect.
    // TLS offsets belong to places of variables, which are not read; they are set so that the bytes are as a linker makes them.
    // SH and Xtensa have RELA and an addend in place: both count.
    private const string Table = """
        62       R_X86_64_   0:NONE:none 1:64:set8 10:32:set4 11:32S:set4 12:16:set2 14:8:set1 17:DTPOFF64:set8 21:DTPOFF32:set4 2:PC32:code 4:PLT32:code 9:GOTPCREL:code 24:PC64:code
        3        R_386_      0:NONE:none 1:32:set4 20:16:set2 22:8:set1 32:TLS_LDO_32:set4 36:TLS_DTPOFF32:set4 2:PC32:code 4:PLT32:code
        183      R_AARCH64_  0:NONE:none 256:NONE:none 257:ABS64:set8 258:ABS32:set4 259:ABS16:set2 1028:TLS_DTPMOD:code 1029:TLS_DTPREL:set8 260:PREL64:code 261:PREL32:code 283:CALL26:code
        40       R_ARM_      0:NONE:none 2:ABS32:set4 5:ABS16:set2 8:ABS8:set1 18:TLS_DTPOFF32:set4 106:TLS_LDO32:set4 3:REL32:code 28:CALL:code 42:PREL31:code
        22       R_390_      0:NONE:none 1:8:set1 3:16:set2 4:32:set4 22:64:set8 52:TLS_LDO32:set4 53:TLS_LDO64:set8 54:TLS_DTPMOD:code 55:TLS_DTPOFF:set8 5:PC32:code 23:PC64:code
        243      R_RISCV_    0:NONE:none 1:32:set4 2:64:set8 8:TLS_DTPREL32:set4 9:TLS_DTPREL64:set8 33:ADD8:add1 34:ADD16:add2 35:ADD32:add4 36:ADD64:add8
        243      R_RISCV_    37:SUB8:sub1 38:SUB16:sub2 39:SUB32:sub4 40:SUB64:sub8 43:ALIGN:code 51:RELAX:none 52:SUB6:sublow1 53:SET6:setlow1 54:SET8:set1 55:SET16:set2
        243      R_RISCV_    56:SET32:set4 57:32_PCREL:code 60:SET_ULEB128:setuleb 61:SUB_ULEB128:subuleb
        21       R_PPC64_    0:NONE:none 1:ADDR32:set4 3:ADDR16:set2 24:UADDR32:set4 25:UADDR16:set2 38:ADDR64:set8 43:UADDR64:set8 78:DTPREL64:set8 10:REL24:code 26:REL32:code 44:REL64:code
        20       R_PPC_      0:NONE:none 1:ADDR32:set4 3:ADDR16:set2 24:UADDR32:set4 25:UADDR16:set2 78:DTPREL32:set4 10:REL24:code 26:REL32:code
        8        R_MIPS_     0:NONE:none 1:16:set2 2:32:set4 18:64:set8 39:TLS_DTPREL32:set4 41:TLS_DTPREL64:set8 3:REL32:code 4:26:code 5:HI16:code 6:LO16:code
        258      R_LARCH_    0:NONE:none 1:32:set4 2:64:set8 8:TLS_DTPREL32:set4 9:TLS_DTPREL64:set8 47:ADD8:add1 48:ADD16:add2 49:ADD24:add3 50:ADD32:add4 51:ADD64:add8
        258      R_LARCH_    52:SUB8:sub1 53:SUB16:sub2 54:SUB24:sub3 55:SUB32:sub4 56:SUB64:sub8 99:32_PCREL:code 100:RELAX:none 105:ADD6:addlow1 106:SUB6:sublow1
        258      R_LARCH_    107:ADD_ULEB128:adduleb 108:SUB_ULEB128:subuleb 109:64_PCREL:code
        4        R_68K_      0:NONE:none 1:32:set4 2:16:set2 3:8:set1 31:TLS_LDO32:set4 4:PC32:code
        2,18,43  R_SPARC_    0:NONE:none 1:8:set1 2:16:set2 3:32:set4 23:UA32:set4 32:64:set8 54:UA64:set8 55:UA16:set2 76:TLS_DTPOFF32:set4 77:TLS_DTPOFF64:set8
        15       R_PARISC_   0:NONE:none 1:DIR32:set4 41:SECREL32:set4 80:DIR64:set8 244:TLS_DTPOFF32:set4 245:TLS_DTPOFF64:set8
        42       R_SH_       0:NONE:none 1:DIR32:add4 146:TLS_LDO_32:add4 2:REL32:code
        93,195   R_ARC_      0:NONE:none 1:8:set1 2:16:set2 4:32:set4
        36902    R_ALPHA_    0:NONE:none 1:REFLONG:set4 2:REFQUAD:set8 35:DTPREL64:set8 10:SREL32:code 11:SREL64:code
        164      R_HEX_      0:NONE:none 6:32:set4 7:16:set2 8:8:set1 31:32_PCREL:code
        94       R_XTENSA_   0:NONE:none 1:32:add4 17:DIFF8:none 18:DIFF16:none 19:DIFF32:none 14:32_PCREL:code 20:SLOT0_OP:code
        92       R_OR1K_     0:NONE:none 1:32:set4 2:16:set2 3:8:set1 9:32_PCREL:code
        189      R_MICROBLAZE_ 0:NONE:none 1:32:set4 2:32_PCREL:code
        113      R_NIOS2_    0:NONE:none 12:BFD_RELOC_32:set4 13:BFD_RELOC_16:set2 14:BFD_RELOC_8:set1
        252      R_CKCORE_   0:NONE:none 1:ADDR32:set4 4:PCREL32:code
        247      R_BPF_      0:NONE:none 2:64_ABS64:set8 3:64_ABS32:set4 4:64_NODYLD32:set4
        """;
}
