using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Support;

/// <summary>The DWARF of an image below the facade: its sections, units, and a decoder.</summary>
internal sealed class DwarfUnderTest : IDisposable
{
    private readonly MappedFile _file;

    private DwarfUnderTest(MappedFile file)
    {
        _file = file;
        Image = DwarfImage.Find(ElfFile.Read(file)) ?? throw new InvalidOperationException($"{file.Path} has no DWARF");
        Units = Sections.Units.All();
        Decoder = new DieDecoder(Sections);
    }

    public DwarfImage Image { get; }

    public DwarfSections Sections => Image.Sections;

    public UnitHeader[] Units { get; }

    public DieDecoder Decoder { get; }

    public static DwarfUnderTest Of(DwarfBuilder dwarf) => new(MappedFile.FromBytes("built", dwarf.ToBytes()));

    public static DwarfUnderTest Of(string path) => new(MappedFile.Open(path));

    public void Dispose() => _file.Dispose();

    /// <summary>Asserts that both ways of asking for <c>struct s</c> refuse the image in the same words, and that these name section and offset.</summary>
    public static InvalidImageException AssertRefused(DwarfBuilder dwarf, string problem, string section = ".debug_info", ulong? offset = null)
        => AssertRefusedFor("s", dwarf, problem, section, offset);

    /// <summary>The same, of a struct of another name.</summary>
    public static InvalidImageException AssertRefusedFor(string name, DwarfBuilder dwarf, string problem, string section = ".debug_info", ulong? offset = null)
    {
        TypeName wanted = TypeName.Parse("struct " + name);
        byte[] bytes = dwarf.ToBytes();
        InvalidImageException first = Assert.Throws<InvalidImageException>(() =>
        {
            using KernelImage image = KernelImage.FromBytes("built", bytes, SourceChoice.Dwarf);
            image.Types.FindFirst(wanted);
        });
        InvalidImageException all = Assert.Throws<InvalidImageException>(() =>
        {
            using KernelImage image = KernelImage.FromBytes("built", bytes, SourceChoice.Dwarf);
            image.Types.FindAll([wanted], 2);
        });
        Assert.Contains(problem, first.Message, StringComparison.Ordinal);
        Assert.Equal(first.Message, all.Message);
        Assert.Equal(section, first.Section);
        Assert.NotNull(first.Offset);
        Assert.StartsWith($"built: {section}+0x{first.Offset:x}: ", first.Message, StringComparison.Ordinal);
        if (offset is { } expected)
        {
            Assert.Equal(expected, first.Offset);
        }

        return first;
    }

    /// <summary>The struct <c>s</c> of a built image, which both ways of asking must find, and agree on.</summary>
    public static TypeDefinition StructS(DwarfBuilder dwarf)
    {
        using KernelImage image = dwarf.Open();
        TypeName name = TypeName.Parse("struct s");
        TypeDefinition? first = image.Types.FindFirst(name);
        Assert.NotNull(first);
        TypeDefinition all = Assert.Single(image.Types.FindAll([name], 2).Sets[0].Distinct);
        Assert.Null(DefinitionEquality.FirstDifference(first.Graph, first.Root, all.Graph, all.Root));
        Assert.Contains(name, image.Types.DefinedNames());
        return first;
    }
}
