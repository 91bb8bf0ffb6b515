namespace LayoutCheck.Machine;

/// <summary>
/// What follows the opcodes of x86-64 (Intel SDM volume 2, appendix A), a letter for each opcode of a map:
/// <list type="table">
/// <item><term>. m</term><description>nothing; a ModRM byte and what it asks for</description></item>
/// <item><term>b z</term><description>ModRM and an immediate of 8 bits, or of 16 or 32</description></item>
/// <item><term>1 2 3 4 v o</term><description>an immediate of 8 bits; 16; 16 and 8; 16 or 32; 16, 32 or 64; an address</description></item>
/// <item><term>r R</term><description>a distance to jump, of 8 or 32 bits</description></item>
/// <item><term>g</term><description>ModRM, and an immediate if it is test (F6 and F7)</description></item>
/// <item><term>c</term><description>ModRM that names registers only, whatever its mode says (control and debug registers)</description></item>
/// <item><term>x</term><description>no instruction, or a prefix that is dealt with before</description></item>
/// </list>
/// </summary>
internal static class X64Tables
{
    public static ReadOnlySpan<byte> OneByte =>
        "mmmm14xxmmmm14xx"u8 // 00
        + "mmmm14xxmmmm14xx"u8
        + "mmmm14xxmmmm14xx"u8
        + "mmmm14xxmmmm14xx"u8
        + "xxxxxxxxxxxxxxxx"u8 // 40: REX
        + "................"u8
        + "xxxmxxxx4z1b...."u8
        + "rrrrrrrrrrrrrrrr"u8
        + "bzxbmmmmmmmmmmmm"u8 // 80
        + "..........x....."u8
        + "oooo....14......"u8
        + "11111111vvvvvvvv"u8
        + "bb2.xxbz3.2..1x."u8 // C0: C4 and C5 are VEX
        + "mmmmxxx.mmmmmmmm"u8
        + "rrrr1111RRxr...."u8
        + "x.xx..gg......mm"u8;

    public static ReadOnlySpan<byte> TwoByte =>
        "mmmmx.....x.xm.b"u8 // 00
        + "mmmmmmmmmmmmmmmm"u8
        + "ccccxxxxmmmmmmmm"u8
        + "......x.xxxxxxxx"u8 // 30: 38 and 3A are the maps of three bytes
        + "mmmmmmmmmmmmmmmm"u8
        + "mmmmmmmmmmmmmmmm"u8
        + "mmmmmmmmmmmmmmmm"u8
        + "bbbbmmm.mmxxmmmm"u8
        + "RRRRRRRRRRRRRRRR"u8 // 80
        + "mmmmmmmmmmmmmmmm"u8
        + "...mbmmm...mbmmm"u8
        + "mmmmmmmmmmbmmmmm"u8
        + "mmbmbbbm........"u8 // C0
        + "mmmmmmmmmmmmmmmm"u8
        + "mmmmmmmmmmmmmmmm"u8
        + "mmmmmmmmmmmmmmmm"u8;

    /// <summary>The DWARF number of a register by its number in an encoding.</summary>
    public static ReadOnlySpan<byte> DwarfNumber => [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>
    /// N of disp8*N: what the displacement of an EVEX instruction counts in (Intel SDM volume 2, §2.7.5), in bytes. It is the size of the operand in memory too.
    /// </summary>
    /// <param name="map">1 for 0F, 2 for 0F 38, 3 for 0F 3A.</param>
    /// <param name="opcode">The opcode.</param>
    /// <param name="prefix">0 none, 1 for 66, 2 for F3, 3 for F2.</param>
    /// <param name="wide">EVEX.W.</param>
    /// <param name="vector">Bytes of the vector.</param>
    /// <param name="isBroadcast">EVEX.b.</param>
    public static int EvexScale(int map, int opcode, int prefix, bool wide, int vector, bool isBroadcast)
    {
        int element = wide ? 8 : 4;
        int scale = map switch
        {
            1 => FirstMap(opcode, prefix, element, vector),
            2 => SecondMap(opcode, prefix, element, vector, wide),
            _ => ThirdMap(opcode, element, vector),
        };

        // A size that no case names is the whole vector, or one element for all of it.
        return scale != 0 ? scale : isBroadcast ? element : vector;
    }

    private static int FirstMap(int opcode, int prefix, int element, int vector) => opcode switch
    {
        0x10 or 0x11 or 0x51 or 0x58 or 0x59 or 0x5a or 0x5c or 0x5d or 0x5e or 0x5f or 0xc2 when prefix >= 2 => prefix == 2 ? 4 : 8,
        0x5a when prefix == 0 => vector / 2,
        0x12 when prefix == 3 => vector == 16 ? 8 : vector,
        0x12 or 0x13 or 0x16 or 0x17 when prefix < 2 => 8,
        0x2a or 0x6e => element,
        0x2c or 0x2d => prefix == 2 ? 4 : 8,
        0x2e or 0x2f => prefix == 0 ? 4 : 8,
        0x78 or 0x79 when prefix >= 2 => prefix == 2 ? 4 : 8,
        0x78 or 0x79 or 0x7a when prefix == 1 && element == 4 => vector / 2,
        0x7a or 0xe6 when prefix == 2 && element == 4 => vector / 2,
        0x7b when prefix >= 2 => element,
        0x7b when prefix == 1 && element == 4 => vector / 2,
        0x7e => prefix == 1 ? element : 8,
        0xc4 => 2,
        0xd6 => 8,
        0xd1 or 0xd2 or 0xd3 or 0xe1 or 0xe2 or 0xf1 or 0xf2 or 0xf3 => 16,
        _ => 0,
    };

    private static int SecondMap(int opcode, int prefix, int element, int vector, bool wide) => opcode switch
    {
        0x13 when prefix == 1 => vector / 2,
        >= 0x10 and <= 0x15 when prefix == 2 => Narrowed(opcode & 7, vector),
        >= 0x20 and <= 0x25 => Narrowed(opcode & 7, vector),
        >= 0x30 and <= 0x35 => Narrowed(opcode & 7, vector),
        0x18 or 0x58 => 4,
        0x19 or 0x59 => 8,
        0x1a or 0x5a => 16,
        0x1b or 0x5b => 32,
        0x78 => 1,
        0x79 => 2,
        0x62 or 0x63 => wide ? 2 : 1,
        0x52 or 0x53 or 0x9a or 0x9b or 0xaa or 0xab when prefix == 3 => 16,
        0x2d or 0x43 or 0x4d or 0x4f or (>= 0x88 and <= 0x8b) or (>= 0x90 and <= 0x93) or (>= 0xa0 and <= 0xa3) or 0xc6 or 0xc7 or 0xcb or 0xcd => element,
        0x99 or 0x9b or 0x9d or 0x9f or 0xa9 or 0xab or 0xad or 0xaf or 0xb9 or 0xbb or 0xbd or 0xbf => element,
        _ => 0,
    };

    private static int ThirdMap(int opcode, int element, int vector) => opcode switch
    {
        0x0a => 4,
        0x0b => 8,
        0x14 or 0x20 => 1,
        0x15 => 2,
        0x17 or 0x21 => 4,
        0x16 or 0x22 or 0x27 or 0x51 or 0x55 or 0x57 or 0x67 => element,
        0x18 or 0x19 or 0x38 or 0x39 => 16,
        0x1a or 0x1b or 0x3a or 0x3b => 32,
        0x1d => vector / 2,
        _ => 0,
    };

    // pmovzx and its kind: words of bytes, double words of bytes, quad words of bytes, double words of words, ...
    private static int Narrowed(int kind, int vector) => kind switch
    {
        0 or 3 or 5 => vector / 2,
        1 or 4 => vector / 4,
        _ => vector / 8,
    };
}
