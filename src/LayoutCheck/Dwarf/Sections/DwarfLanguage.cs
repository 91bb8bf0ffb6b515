namespace LayoutCheck.Dwarf.Sections;

/// <summary>The meaning of a unit's DW_AT_language for a question about C types.</summary>
internal static class DwarfLanguage
{
    /// <summary>Whether the unit's structs are C structs. Only those answer for a kernel struct: Rust bindings reuse the names.</summary>
    public static bool IsC(DwLang? language) => language is DwLang.DW_LANG_C89 or DwLang.DW_LANG_C or DwLang.DW_LANG_C99
        or DwLang.DW_LANG_C11 or DwLang.DW_LANG_C17 or DwLang.DW_LANG_C23;

    /// <summary>Whether the unit is certainly in another language. An absent or unknown language may be C.</summary>
    public static bool IsOther(DwLang? language) => language switch
    {
        // The registry up to 2025 (dwarfstd.org/languages.html); a later number may be a new C.
        null => false,
        _ when IsC(language) => false,
        DwLang.DW_LANG_Mips_Assembler or DwLang.DW_LANG_GOOGLE_RenderScript => true,
        _ => (int)language is >= 0x03 and <= 0x42,
    };

    /// <summary>The name of the language in a report.</summary>
    public static string Describe(DwLang? language) => language switch
    {
        null => "unknown language",
        _ when IsC(language) => "C",
        DwLang.DW_LANG_C_plus_plus or DwLang.DW_LANG_C_plus_plus_11 or DwLang.DW_LANG_C_plus_plus_14
            or DwLang.DW_LANG_C_plus_plus_17 or DwLang.DW_LANG_C_plus_plus_20 => "C++",
        DwLang.DW_LANG_Rust => "Rust",
        DwLang.DW_LANG_Mips_Assembler => "assembler",
        _ => $"DW_LANG 0x{(int)language:x}",
    };
}
