using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Split;

/// <summary>Skeleton units and .dwo files that do not fit together, or fit in a way that is rare; built, in files beside each other.</summary>
public sealed class SplitUnitTests : IDisposable
{
    private const ulong Id = 0x0123456789abcdef;

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-split-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    private static DwarfBuilder Dwo(bool is64Bit = true) => new(is64Bit) { Suffix = ".dwo" };

    private static At DwoName(string name) => new(DwAt.DW_AT_dwo_name, DwForm.DW_FORM_string, (w, _) => w.Text(name));

    private static void Skeleton(DwarfBuilder image, string dwo, ulong id) => image.Unit(type: DwUnitType.DW_UT_skeleton, root: [DwoName(dwo)], dwoId: id);

    // The form of before DWARF 5, in which all may be left out.
    private static DwarfUnit Gnu(DwarfBuilder dwarf, string? dwo, ulong? id, DwTag tag = DwTag.DW_TAG_compile_unit)
    {
        List<At> root = [At.Language(DwLang.DW_LANG_C11)];
        if (dwo is not null)
        {
            root.Add(new At(DwAt.DW_AT_GNU_dwo_name, DwForm.DW_FORM_string, (w, _) => w.Text(dwo)));
        }

        if (id is { } value)
        {
            root.Add(new At(DwAt.DW_AT_GNU_dwo_id, DwForm.DW_FORM_data8, (w, _) => w.U64(value)));
        }

        return dwarf.Unit(4, type: tag == DwTag.DW_TAG_partial_unit ? DwUnitType.DW_UT_partial : DwUnitType.DW_UT_compile, root: [.. root]);
    }

    private static DwarfUnit Split(DwarfBuilder dwo, ulong id, string name, string defined)
    {
        DwarfUnit unit = dwo.Unit(type: DwUnitType.DW_UT_split_compile, root: [At.Language(DwLang.DW_LANG_C11), At.Name(name)], dwoId: id);
        string number = $"int of {name}";
        unit.StructOf(defined, number);
        unit.Mark(number);
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        return unit;
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private InvalidImageException AssertRefused(string image, string problem)
    {
        TypeName wanted = TypeName.Parse("struct s");
        string[] messages =
        [
            .. new Action<ITypeSource>[] { types => types.FindFirst(wanted), types => types.FindAll([wanted], 1), types => types.FindAll([wanted], 2), types => types.DefinedNames() }
                .Select(ask => Refusal(image, ask).Message),
        ];
        Assert.Single(messages.Distinct());
        InvalidImageException refusal = Refusal(image, types => types.FindFirst(wanted));
        Assert.Equal(problem, refusal.Problem.Replace(_folder + "/", "", StringComparison.Ordinal));
        return refusal;

        static InvalidImageException Refusal(string image, Action<ITypeSource> ask) => Assert.Throws<InvalidImageException>(() =>
        {
            using KernelImage opened = KernelImage.Open(image, new ImageOptions(SourceChoice.Dwarf));
            ask(opened.Types);
        });
    }

    [Fact]
    public void A_skeleton_that_tells_no_id_is_refused()
    {
        DwarfBuilder image = new();
        image.Unit();
        DwarfUnit skeleton = Gnu(image, "a.dwo", null);
        DwarfBuilder dwo = Dwo();
        Gnu(dwo, null, Id);
        Write("a.dwo", dwo.ToBytes());

        InvalidImageException e = AssertRefused(Write("image", image.ToBytes()), "split DWARF: the types are in a.dwo, and no id tells whether that file is the one that was built");
        Assert.Equal((".debug_info", skeleton.Offset), (e.Section, e.Offset));
    }

    [Fact]
    public void A_dwo_file_that_is_no_ELF_file_is_refused()
    {
        DwarfBuilder image = new();
        Skeleton(image, "a.dwo", Id);
        string path = Write("a.dwo", "text"u8.ToArray());

        InvalidImageException e = AssertRefused(Write("image", image.ToBytes()), "is not an ELF file, and image refers to it");
        Assert.Equal(path, e.File);
    }

    [Fact]
    public void A_dwo_file_with_addresses_of_another_size_is_refused()
    {
        DwarfBuilder image = new();
        Skeleton(image, "a.dwo", Id);
        DwarfBuilder dwo = Dwo(is64Bit: false);
        Split(dwo, Id, "a.c", "s");
        string path = Write("a.dwo", dwo.ToBytes());

        InvalidImageException e = AssertRefused(Write("image", image.ToBytes()), "a unit with addresses of 4 bytes, and of 8 in image, which refers to it");
        Assert.Equal((path, ".debug_info.dwo", 0UL), (e.File, e.Section, e.Offset));
    }

    [Fact]
    public void A_dwo_file_with_a_partial_unit_is_refused()
    {
        DwarfBuilder image = new();
        Skeleton(image, "a.dwo", Id);
        DwarfBuilder dwo = Dwo();
        Split(dwo, Id, "a.c", "s");
        DwarfUnit partial = Gnu(dwo, null, null, DwTag.DW_TAG_partial_unit);
        Write("a.dwo", dwo.ToBytes());

        InvalidImageException e = AssertRefused(Write("image", image.ToBytes()), "a partial unit in a .dwo file, which cannot be read");
        Assert.Equal((".debug_info.dwo", partial.Offset), (e.Section, e.Offset));
    }

    [Fact]
    public void A_dwo_file_with_two_units_of_one_id_is_refused()
    {
        DwarfBuilder image = new();
        Skeleton(image, "a.dwo", Id);
        DwarfBuilder dwo = Dwo();
        Split(dwo, Id, "a.c", "s");
        DwarfUnit second = Split(dwo, Id, "b.c", "t");
        Write("a.dwo", dwo.ToBytes());

        InvalidImageException e = AssertRefused(Write("image", image.ToBytes()), "two units of the id 0x0123456789abcdef");
        Assert.Equal((".debug_info.dwo", second.Offset), (e.Section, e.Offset));
    }

    [Theory]
    [InlineData(0, "it has no id")]
    [InlineData(1, "its id is 0x0000000000000001")]
    [InlineData(3, "its id is 0x0000000000000001, 0x0000000000000002, 0x0000000000000003")]
    [InlineData(4, "its id is 0x0000000000000001, 0x0000000000000002, 0x0000000000000003, ...")]
    public void A_dwo_file_of_another_build_is_refused_by_its_ids(int count, string ids)
    {
        DwarfBuilder image = new();
        Skeleton(image, "a.dwo", Id);
        DwarfBuilder dwo = Dwo();
        Gnu(dwo, null, null);
        for (int i = count; i > 0; i--)
        {
            Gnu(dwo, null, (ulong)i);
        }

        Write("a.dwo", dwo.ToBytes());

        AssertRefused(Write("image", image.ToBytes()), $"split DWARF: the types are in a.dwo, and a.dwo is of another build: {ids}, and 0x0123456789abcdef is wanted");
    }

    /// <summary>What LTO makes of several units; the file's type units count once.</summary>
    [Fact]
    public void Skeletons_may_share_a_dwo_file()
    {
        DwarfBuilder image = new();
        Skeleton(image, "all.dwo", Id);
        Skeleton(image, "all.dwo", Id + 1);
        Skeleton(image, "all.dwo", Id + 2);
        DwarfBuilder dwo = Dwo();
        Split(dwo, Id + 2, "c.c", "late");
        Split(dwo, Id + 1, "b.c", "s");
        Split(dwo, Id, "a.c", "s2");
        DwarfUnit type = dwo.Unit(type: DwUnitType.DW_UT_split_type, root: [At.Language(DwLang.DW_LANG_C11)], described: (7, "typed"));
        type.StructOf("typed", "int");
        type.Int();
        Write("all.dwo", dwo.ToBytes());
        string path = Write("image", image.ToBytes());
        using KernelImage opened = KernelImage.Open(path, new ImageOptions(SourceChoice.Dwarf));

        TypeName[] names = [.. new[] { "late", "s", "s2", "typed" }.Select(n => TypeName.Parse("struct " + n))];
        Assert.Equal(names, opened.Types.DefinedNames());
        Assert.Equal([2, 1, 0, 0], names.Select(n => opened.Types.FindFirst(n)!.Units[0].Index));
        foreach (int threads in new[] { 1, 2 })
        {
            Survey survey = opened.Types.FindAll(names, threads);
            Assert.Equal(["c.c", "b.c", "a.c", "type unit 0x0000000000000007"], survey.Sets.Select(s => Assert.Single(Assert.Single(s.Distinct).Units).Name));
            Assert.Equal([new LanguageCount("C", 3)], survey.Facts.Languages);
        }

        // Thousands of skeletons would else read thousands of type units each.
        using DwarfUnderTest test = DwarfUnderTest.Of(path);
        AbbrevTable abbrevs = new(test.Sections.Abbrev);
        Assert.Equal([1, 0, 0], test.Units.Select(unit =>
        {
            abbrevs.Load(unit);
            using SplitUnit split = test.Image.OpenSplit(test.Sections, unit, UnitRoot.Read(test.Sections, test.Sections.Info, abbrevs, unit));
            return split.TypeUnits.Length;
        }));
    }

    [Theory]
    [InlineData("version", false)]
    [InlineData("the other format", false)]
    [InlineData("too short for a header", false)]
    [InlineData("past its section", false)]
    [InlineData("nothing", true)]
    public void The_header_of_a_table_of_string_offsets_is_looked_at(string damage, bool isRead)
    {
        foreach (bool is64BitDwarf in new[] { false, true })
        {
            DwarfBuilder dwo = Dwo();
            DwarfUnit unit = dwo.Unit(is64BitDwarf: is64BitDwarf, type: DwUnitType.DW_UT_split_compile, root: [At.Language(DwLang.DW_LANG_C11)], dwoId: Id);
            unit.Begin(DwTag.DW_TAG_structure_type, At.Raw(DwAt.DW_AT_name, DwForm.DW_FORM_strx1, 1), At.Size(4));
            unit.End();
            ulong name = dwo.AddString("s");
            bool isWide = is64BitDwarf != (damage == "the other format");
            if (isWide)
            {
                dwo.StrOffsets.U32(0xffff_ffff);
            }

            int size = isWide ? 8 : 4;
            ulong told = damage switch { "too short for a header" => 3, "past its section" => 4 + (2 * (ulong)size) + 1, _ => 4 + (2 * (ulong)size) };
            dwo.StrOffsets.Unsigned(told, size).U16(damage == "version" ? 4u : 5u).U16(0).Unsigned(0, size).Unsigned(name, size);

            if (isRead)
            {
                Assert.Equal("s", DwarfUnderTest.StructS(dwo).Aggregate.Name);
            }
            else
            {
                DwarfUnderTest.AssertRefused(dwo, "does not begin with the header that DWARF 5 gives it, for units of that version", ".debug_str_offsets.dwo", 0);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_several_skeletons_of_one_unit_the_first_counts_whichever_thread_came_first(bool isLaterFirst)
    {
        DwarfBuilder image = new();
        Skeleton(image, "a.dwo", Id);
        Skeleton(image, "a.dwo", Id);
        DwarfBuilder dwo = Dwo();
        Split(dwo, Id, "a.c", "s");
        using DwarfUnderTest skeletons = DwarfUnderTest.Of(image);
        using DwarfUnderTest split = DwarfUnderTest.Of(dwo);

        foreach (UnitHeader skeleton in isLaterFirst ? Enumerable.Reverse(skeletons.Units) : skeletons.Units)
        {
            split.Sections.AddSkeleton(split.Units[0], skeletons.Sections, skeleton);
        }

        Assert.Equal((skeletons.Sections, skeletons.Units[0]), split.Sections.SkeletonOf(split.Units[0])!.Value);
    }

    /// <summary>In a split unit as in the image: whether its definition counts cannot be told, whichever question is asked.</summary>
    [Fact]
    public void A_split_unit_of_no_known_language_with_the_definition_is_refused()
    {
        DwarfBuilder image = new();
        Skeleton(image, "a.dwo", Id);
        Skeleton(image, "b.dwo", Id + 1);
        DwarfBuilder unknown = Dwo();
        DwarfUnit unit = unknown.Unit(type: DwUnitType.DW_UT_split_compile, root: [At.Name("a.c")], dwoId: Id);
        unit.StructOf("s", "int");
        unit.Int();
        Write("a.dwo", unknown.ToBytes());
        DwarfBuilder known = Dwo();
        Split(known, Id + 1, "b.c", "t");
        Write("b.dwo", known.ToBytes());
        string path = Write("image", image.ToBytes());

        TypeName wanted = TypeName.Parse("struct s");
        string[] problems =
        [
            .. new Action<ITypeSource>[] { types => types.FindFirst(wanted), types => types.FindAll([wanted], 1), types => types.FindAll([wanted], 2) }.Select(ask =>
            {
                using KernelImage opened = KernelImage.Open(path, new ImageOptions(SourceChoice.Dwarf));
                return Assert.Throws<InvalidImageException>(() => ask(opened.Types)).Problem;
            }),
        ];
        Assert.Equal("struct s is defined in a unit (a.c) of unknown language: whether it is C's cannot be told", Assert.Single(problems.Distinct()));
    }

    [Fact]
    public void Scanners_are_kept_for_some_files_and_not_for_thousands()
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit();
        DwarfUnderTest[] files = [.. Enumerable.Range(0, 65).Select(_ => DwarfUnderTest.Of(dwarf))];
        using DwarfUnderTest image = DwarfUnderTest.Of(dwarf);
        TypeName[] names = [TypeName.Parse("struct s")];
        using UnitScanners scanners = new(image.Image, new WantedNames(names, image.Sections), new WantedNamesPerFile(names));
        DieScanner[] made = [.. files.Take(64).Select(f => scanners.Of(f.Sections))];
        Assert.Equal(made, files.Take(64).Select(f => scanners.Of(f.Sections)));

        DieScanner last = scanners.Of(files[64].Sections);

        Assert.NotSame(made[0], scanners.Of(files[0].Sections));
        Assert.Same(last, scanners.Of(files[64].Sections));
        Array.ForEach(files, f => f.Dispose());
    }
}
