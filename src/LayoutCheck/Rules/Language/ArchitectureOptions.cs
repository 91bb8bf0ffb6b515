using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// The options of a kernel's configuration that its target tells: the architecture by the machine of the ELF header, the size of a word and the byte order by any
/// debug information. What they do not tell of an option is unknown.
/// </summary>
internal static class ArchitectureOptions
{
    // By e_machine (elf.h): what arch/*/Kconfig sets.
    private static readonly ImmutableDictionary<int, string[]> s_byMachine = new Dictionary<int, string[]>
    {
        [3] = ["CONFIG_X86", "CONFIG_X86_32"],
        [62] = ["CONFIG_X86", "CONFIG_X86_64"],
        [40] = ["CONFIG_ARM"],
        [183] = ["CONFIG_ARM64"],
        [22] = ["CONFIG_S390"],
        [20] = ["CONFIG_PPC", "CONFIG_PPC32"],
        [21] = ["CONFIG_PPC", "CONFIG_PPC64"],
        [243] = ["CONFIG_RISCV"],
        [8] = ["CONFIG_MIPS"],
        [2] = ["CONFIG_SPARC", "CONFIG_SPARC32"],
        [43] = ["CONFIG_SPARC", "CONFIG_SPARC64"],
        [258] = ["CONFIG_LOONGARCH"],
        [15] = ["CONFIG_PARISC"],
        [50] = ["CONFIG_IA64"],
        [0x9026] = ["CONFIG_ALPHA"],
        [4] = ["CONFIG_M68K"],
        [42] = ["CONFIG_SUPERH"],
    }.ToImmutableDictionary();

    private static readonly ImmutableHashSet<string> s_known = [.. s_byMachine.Values.SelectMany(o => o)];

    /// <summary>Whether an option is set; null where the target does not tell.</summary>
    /// <param name="option">Its name, <c>CONFIG_</c> included.</param>
    /// <param name="machine">e_machine, or null.</param>
    /// <param name="target">The size of a word, and the byte order.</param>
    public static bool? IsSet(string option, int? machine, TargetInfo target) => option switch
    {
        "CONFIG_64BIT" => target.WordByteSize == 8,
        "CONFIG_CPU_BIG_ENDIAN" => target.IsBigEndian,

        // Architectures of one width or byte order have no such option.
        "CONFIG_32BIT" when target.WordByteSize == 8 => false,
        "CONFIG_CPU_LITTLE_ENDIAN" when target.IsBigEndian => false,
        _ => machine is { } known && s_byMachine.TryGetValue(known, out string[]? set) && s_known.Contains(option) ? set.Contains(option) : null,
    };
}
