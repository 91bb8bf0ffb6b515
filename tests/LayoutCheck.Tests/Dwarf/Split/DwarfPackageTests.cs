using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Split;

/// <summary>Packages of .dwo files whose index (DWARF 5 §7.3.5.3) is damaged or does not fit what it leads to; built, beside an image with skeletons.</summary>
public sealed class DwarfPackageTests : IDisposable
{
    private const ulong Id = 0x0123456789abcdef;

    // Columns of an index, as the standard numbers the sections.
    private const uint DW_SECT_INFO = 1;
    private const uint DW_SECT_ABBREV = 3;

    // Where the fields of an index are, in bytes.
    private const int UnitCount = 8;
    private const int SlotCount = 12;
    private const int Slots = 16;

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-package-").FullName;
    private readonly DwarfBuilder _package = new() { Suffix = ".dwo" };

    public void Dispose() => Directory.Delete(_folder, true);

    private DwarfUnit CompileUnit(ulong id, string defined, DwForm typeForm = DwForm.DW_FORM_ref4)
    {
        DwarfUnit unit = _package.Unit(type: DwUnitType.DW_UT_split_compile, root: [At.Language(DwLang.DW_LANG_C11), At.Name($"{defined}.c")], dwoId: id);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name(defined), At.Size(4));
        unit.Mark($"{defined}.m");
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"int of {defined}", typeForm));
        unit.End();
        unit.Mark($"int of {defined}");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        return unit;
    }

    // All units that were written, each under the id given: of one .dwo, and so with one part of .debug_abbrev.dwo. The last of the slots is empty.
    private ByteWriter Index(params (ulong Id, DwarfUnit Unit)[] rows)
    {
        _ = _package.ToBytes();
        ulong[] starts = [.. rows.Select(r => r.Unit.Offset), (ulong)_package.Info.Length];
        int count = rows.Length;
        ByteWriter index = new(false);
        index.U16(5).U16(0).U32(2).U32((ulong)count).U32((ulong)count + 1);
        for (int i = 0; i <= count; i++)
        {
            index.U64(i < count ? rows[i].Id : 0);
        }

        for (int i = 0; i <= count; i++)
        {
            index.U32(i < count ? (ulong)i + 1 : 0);
        }

        index.U32(DW_SECT_INFO).U32(DW_SECT_ABBREV);
        for (int i = 0; i < count; i++)
        {
            index.U32(starts[i]).U32(0);
        }

        for (int i = 0; i < count; i++)
        {
            index.U32(starts[i + 1] - starts[i]).U32((ulong)_package.Abbrev.Length);
        }

        return index;
    }

    private string Image(ByteWriter index, params ulong[] skeletons)
    {
        _package.Others.Add((".debug_cu_index", index.ToArray()));
        File.WriteAllBytes(Path.Combine(_folder, "image.dwp"), _package.ToBytes());
        DwarfBuilder image = new();
        foreach (ulong id in skeletons)
        {
            image.Unit(type: DwUnitType.DW_UT_skeleton, root: [new At(DwAt.DW_AT_dwo_name, DwForm.DW_FORM_string, (w, _) => w.Text("gone.dwo"))], dwoId: id);
        }

        string path = Path.Combine(_folder, "image");
        File.WriteAllBytes(path, image.ToBytes());
        return path;
    }

    private static void AssertRefused(string image, string problem, string section, ulong? offset)
    {
        TypeName wanted = TypeName.Parse("struct s");
        foreach (Action<ITypeSource> ask in new Action<ITypeSource>[] { types => types.FindFirst(wanted), types => types.FindAll([wanted], 1), types => types.FindAll([wanted], 2) })
        {
            using KernelImage opened = KernelImage.Open(image, new ImageOptions(SourceChoice.Dwarf));
            InvalidImageException e = Assert.Throws<InvalidImageException>(() => ask(opened.Types));
            Assert.Equal((problem, image + ".dwp", section, offset), (e.Problem, e.File, e.Section, e.Offset));
        }
    }

    [Fact]
    public void Units_are_found_by_their_ids_in_whatever_order()
    {
        using KernelImage image = KernelImage.Open(Image(Index((Id, CompileUnit(Id, "t")), (Id + 1, CompileUnit(Id + 1, "s"))), Id + 1, Id), new ImageOptions(SourceChoice.Dwarf));

        TypeName[] names = [TypeName.Parse("struct s"), TypeName.Parse("struct t")];
        Assert.Equal(names, image.Types.DefinedNames());
        Assert.Equal([(0, "s.c"), (1, "t.c")], names.Select(n => image.Types.FindFirst(n)!.Units[0]).Select(u => (u.Index, u.Name)));
        Assert.Equal([(0, "s.c"), (1, "t.c")], image.Types.FindAll(names, 2).Sets.Select(s => Assert.Single(s.Distinct[0].Units)).Select(u => (u.Index, u.Name)));
    }

    [Fact]
    public void An_id_that_leads_to_a_unit_of_another_is_refused()
    {
        ByteWriter index = Index((Id, CompileUnit(Id + 1, "s")));

        AssertRefused(Image(index, Id), "the index of the package says that here is the compile unit of id 0x0123456789abcdef, and another one is", ".debug_info.dwo", 0);
    }

    [Fact]
    public void An_id_that_leads_to_a_type_unit_is_refused()
    {
        DwarfUnit type = _package.Unit(type: DwUnitType.DW_UT_split_type, root: [At.Language(DwLang.DW_LANG_C11)], described: (Id, "s"));
        type.StructOf("s", "int");
        type.Int();

        AssertRefused(Image(Index((Id, type)), Id), "the index of the package says that here is the compile unit of id 0x0123456789abcdef, and another one is", ".debug_info.dwo", 0);
    }

    [Theory]
    [InlineData(SlotCount, 3UL, "an index of 1 units, 2 columns and 3 slots does not fit the section (0x40 bytes)")]
    [InlineData(SlotCount, 0xffff_ffffUL, "an index of 1 units, 2 columns and 4294967295 slots does not fit the section (0x40 bytes)")]
    [InlineData(UnitCount, 0xffff_ffffUL, "an index of 4294967295 units, 2 columns and 2 slots does not fit the section (0x40 bytes)")]
    [InlineData(UnitCount - 4, 0xffff_ffffUL, "an index of 1 units, 4294967295 columns and 2 slots does not fit the section (0x40 bytes)")]
    public void An_index_that_is_larger_than_its_section_is_refused(int field, ulong value, string problem)
    {
        ByteWriter index = Index((Id, CompileUnit(Id, "s")));
        Assert.Equal(0x40, index.Length);
        index.Patch(field, value, 4);

        AssertRefused(Image(index, Id), problem, ".debug_cu_index", 0);
    }

    [Fact]
    public void A_signature_that_is_there_twice_is_refused()
    {
        ByteWriter index = Index((Id, CompileUnit(Id, "s")), (Id + 1, CompileUnit(Id + 1, "t")));
        index.Patch(Slots + 8, Id, 8);

        AssertRefused(Image(index, Id), "the signature 0x0123456789abcdef is there twice", ".debug_cu_index", Slots + 8);
    }

    [Fact]
    public void A_row_that_no_signature_leads_to_is_refused()
    {
        ByteWriter index = Index((Id, CompileUnit(Id, "s")), (Id + 1, CompileUnit(Id + 1, "t")));
        // The row of the second slot, behind three signatures and a row.
        index.Patch(Slots + (3 * 8) + 4, 0, 4);

        AssertRefused(Image(index, Id), "an index of 2 units, of which 1 have a signature", ".debug_cu_index", 0);
    }

    [Fact]
    public void A_reference_into_a_section_that_was_joined_is_refused()
    {
        ByteWriter index = Index((Id, CompileUnit(Id, "s", DwForm.DW_FORM_ref_addr)));

        AssertRefused(
            Image(index, Id), "a type is referred to by DW_FORM_ref_addr, which a package (.dwp) cannot have", ".debug_info.dwo", _package.OffsetOf("s.m"));
    }
}
