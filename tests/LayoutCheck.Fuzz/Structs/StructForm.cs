using System.Collections.Immutable;
using System.Runtime.InteropServices;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Structs;

/// <summary>A form of debug information, and how a tool makes it: from the source, or from the files of other forms.</summary>
/// <param name="Source">The compiler and the format.</param>
/// <param name="Tool">The command of the tool.</param>
/// <param name="Options">The options of the tool.</param>
/// <param name="Inputs">The forms whose files it reads; empty when it compiles the source.</param>
internal sealed record StructForm(StructSource Source, string Tool, ImmutableArray<string> Options, ImmutableArray<string> Inputs)
{
    /// <summary>All forms that this machine's compilers write. gcc writes for this machine alone.</summary>
    public static ImmutableArray<StructForm> All { get; } = [.. ((StructForm[])
    [
        Gcc("gcc", "DWARF 2", "-gdwarf-2"), Gcc("gcc", "DWARF 3", "-gdwarf-3"), Gcc("gcc", "DWARF 4", "-gdwarf-4"), Gcc("gcc", "DWARF 5", "-gdwarf-5"),
        Gcc("gcc", "DWARF 2, strict", "-gdwarf-2", "-gstrict-dwarf"), Gcc("gcc", "DWARF 4, strict", "-gdwarf-4", "-gstrict-dwarf"),
        Gcc("gcc", "DWARF 4, type units", "-gdwarf-4", "-fdebug-types-section"), Gcc("gcc", "DWARF 5, type units", "-gdwarf-5", "-fdebug-types-section"),
        Gcc("gcc i386", "DWARF 3", "-m32", "-gdwarf-3"), Gcc("gcc i386", "DWARF 5", "-m32", "-gdwarf-5"),
        Clang("clang", "DWARF 2", "-gdwarf-2"), Clang("clang", "DWARF 3", "-gdwarf-3"),
        Clang("clang", "DWARF 4", "-gdwarf-4"), Clang("clang", "DWARF 5", "-gdwarf-5"),
        Clang("clang i386", "DWARF 5", "--target=i386-linux-gnu", "-gdwarf-5"), Clang("clang armv7", "DWARF 4", "--target=armv7-linux-gnueabi", "-gdwarf-4"),
        Clang("clang s390x", "DWARF 2", "--target=s390x-linux-gnu", "-gdwarf-2"), Clang("clang s390x", "DWARF 5", "--target=s390x-linux-gnu", "-gdwarf-5"),
        Clang("clang mips", "DWARF 3", "--target=mips-linux-gnu", "-gdwarf-3"),
        Clang("clang powerpc64", "DWARF 4", "--target=powerpc64-linux-gnu", "-gdwarf-4"),
        Pahole("gcc", "DWARF 5"), Pahole("gcc i386", "DWARF 5"), Pahole("clang", "DWARF 5"), Pahole("clang s390x", "DWARF 5"),
        // Without gcc's BTF: gcc 12 writes the dimensions of arrays in reverse, void for vectors, and offset 0 for a member behind an unnamed bit-field of a
        // packed struct.
        Clang("clang bpf", "BTF (clang)", "--target=bpf", "-g"), Clang("clang bpfeb", "BTF (clang)", "--target=bpfeb", "-g"),
        new StructForm(new StructSource("gcc and clang", "DWARF 2 to 5 in one file"), "ld", ["-r"],
        [
            "gcc, DWARF 2", "gcc, DWARF 3", "gcc, DWARF 4", "gcc, DWARF 5", "clang, DWARF 2", "clang, DWARF 3", "clang, DWARF 4", "clang, DWARF 5",
        ]),
    ]).Where(f => RuntimeInformation.OSArchitecture == Architecture.X64 || !f.Source.Compiler.StartsWith("gcc i386", StringComparison.Ordinal))];

    /// <summary>The form of a name, as <see cref="Inputs"/> has it.</summary>
    public static StructForm Named(string name) => All.First(f => f.Source.ToString() == name);

    private static StructForm Gcc(string compiler, string format, params string[] options)
        => new(new StructSource(compiler, format), "gcc", [.. options, "-w", "-c"], []);

    private static StructForm Clang(string compiler, string format, params string[] options)
        => new(new StructSource(compiler, format), "clang", [.. options, "-w", "-Wno-incompatible-ms-struct", "-c"], []);

    private static StructForm Pahole(string compiler, string format)
        => new(new StructSource(compiler, "BTF (pahole)"), "pahole", ["-J", "--btf_gen_floats"], [$"{compiler}, {format}"]);
}
