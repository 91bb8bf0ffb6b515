using LayoutCheck.Analyses;
using LayoutCheck.Code;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Tests.Support;

/// <summary>
/// A unit with struct page and one function at 0x10 that inlines PageTail() once: three instructions of four bytes that read [rdi + 8] at 0x10, 0x14 and 0x18, and a
/// return. Where the call is and where its page is are given as attributes.
/// </summary>
internal sealed class InlineImage
{
    public const ulong Start = 0x10;
    public const ulong End = 0x1d;

    private static readonly byte[] s_code =
    [
        .. Enumerable.Repeat((byte)0x90, 16), 0x48, 0x8b, 0x47, 0x08, 0x48, 0x8b, 0x47, 0x08, 0x48, 0x8b, 0x47, 0x08, 0xc3, 0x90, 0x90, 0x90,
    ];

    /// <summary>The DWARF version.</summary>
    public int Version { get; init; } = 5;

    /// <summary>Attributes of the unit.</summary>
    public At[] Root { get; init; } = [Address(DwAt.DW_AT_low_pc, Start)];

    /// <summary>The attributes that say where the call is.</summary>
    public At[] Scope { get; init; } = [Address(DwAt.DW_AT_low_pc, Start), At.Udata(DwAt.DW_AT_high_pc, End - Start)];

    /// <summary>DW_AT_location of the page.</summary>
    public At Location { get; init; } = At.Raw(DwAt.DW_AT_location, DwForm.DW_FORM_exprloc, 1, DwOp.DW_OP_reg0 + 5);

    /// <summary>The attributes that say where the function is.</summary>
    public At[] Function { get; init; } = [Address(DwAt.DW_AT_low_pc, Start), At.Udata(DwAt.DW_AT_high_pc, End - Start)];

    /// <summary>Other sections.</summary>
    public (string Name, byte[] Contents)[] Sections { get; init; } = [];

    /// <summary>The code, at address 0.</summary>
    public byte[] Code { get; init; } = s_code;

    /// <summary>How many calls there are.</summary>
    public int Calls { get; init; } = 1;

    /// <summary>Levels of blocks around the call.</summary>
    public int Blocks { get; init; }

    /// <summary>An attribute of an address.</summary>
    public static At Address(DwAt attribute, ulong value) => new(attribute, DwForm.DW_FORM_addr, (w, _) => w.U64(value));

    public byte[] ToBytes()
    {
        DwarfBuilder dwarf = new() { Code = Code };
        dwarf.Others.AddRange(Sections);
        DwarfUnit unit = dwarf.Unit(Version, root: [At.Language(DwLang.DW_LANG_C11), At.Name("unit.c"), .. Root]);
        unit.Mark("long");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("long"), At.Size(8), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_unsigned));
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("page"), At.Size(64));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("flags"), At.Type("long"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("compound_info"), At.Type("long"), At.Data1(DwAt.DW_AT_data_member_location, 8));
        unit.End();
        unit.Begin(DwTag.DW_TAG_subprogram, [At.Name("function"), .. Function]);
        for (int i = 0; i < Blocks; i++)
        {
            unit.Begin(DwTag.DW_TAG_lexical_block);
        }

        for (int i = 0; i < Calls; i++)
        {
            unit.Begin(DwTag.DW_TAG_inlined_subroutine, [At.Ref(DwAt.DW_AT_abstract_origin, "PageTail"), .. Scope]);
            unit.Leaf(DwTag.DW_TAG_formal_parameter, At.Ref(DwAt.DW_AT_abstract_origin, "page parameter"), Location);
            unit.End();
        }

        for (int i = 0; i < Blocks; i++)
        {
            unit.End();
        }

        unit.End();
        unit.Mark("PageTail");
        unit.Begin(DwTag.DW_TAG_subprogram, At.Name("PageTail"));
        unit.Mark("page parameter");
        unit.Leaf(DwTag.DW_TAG_formal_parameter, At.Name("page"));
        unit.End();
        return dwarf.ToBytes();
    }

    /// <summary>What the instructions say.</summary>
    public CodeEvidence Ask()
    {
        using KernelImage image = KernelImage.FromBytes("built", ToBytes(), SourceChoice.Dwarf);
        using WorkerPool pool = new(1);
        return CodeAnalysis.Ask(image, pool);
    }

    /// <summary>The addresses that use the tag word.</summary>
    public ulong[] Addresses() => [.. Ask().OnTagWord.Select(s => s.Address)];
}
