using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Scan;

/// <summary>
/// The slow decoder is the specification of the fast scanner: over every top-level DIE, both say the same tag, the same name, and the same
/// place for the DIE that follows. For a real kernel, set LAYOUTCHECK_VMLINUX.
/// </summary>
public sealed class ScannerDecoderAgreementTests
{
    private const string VmlinuxVariable = "LAYOUTCHECK_VMLINUX";

    // A real kernel has too many names to look for all of them: these are common, long, short, absent, and inline.
    private static readonly string[] SomeNames =
    [
        "page", "folio", "list_head", "callback_head", "dev_pagemap", "task_struct", "sk_buff", "file", "pid", "mm", "net", "kref", "u8", "u64", "atomic_t",
        "pgd_t", "spinlock_t", "spinlock", "raw_spinlock", "address_space", "inode", "path", "module", "no_such_struct", "qspinlock", "lockref",
    ];

    public static TheoryData<string> Fixtures() =>
    [
        // The units of split DWARF's images are skeletons, without a DIE below their own.
        .. FixtureFile.All.Where(name => !name.StartsWith("refused/", StringComparison.Ordinal) && !name.StartsWith("page-era5-dw", StringComparison.Ordinal)
            && !name.StartsWith("inlines/inlines.split-", StringComparison.Ordinal) && !name.StartsWith("inlines/inlines.package-", StringComparison.Ordinal) && FixtureFile.HasSection(name, ".debug_info")),
    ];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Agree_on_every_top_level_DIE_of(string fixture) => Assert.True(Compare(FixtureFile.PathOf(fixture), null) > 3);

    [Fact]
    public void Agree_on_every_top_level_DIE_of_a_real_kernel()
    {
        string? path = Environment.GetEnvironmentVariable(VmlinuxVariable);
        Assert.SkipWhen(string.IsNullOrEmpty(path), $"set {VmlinuxVariable} to a vmlinux with DWARF (tests/real-kernels/fetch gets one)");
        Assert.True(Compare(path!, SomeNames) > 100_000);
    }

    private static int Compare(string path, string[]? names)
    {
        using DwarfUnderTest dwarf = DwarfUnderTest.Of(path);
        names ??= NamesSeenByTheDecoder(dwarf);
        WantedNames wanted = new([.. names.Select(name => new TypeName(TypeNameKind.Any, name))], dwarf.Sections);
        using DieScanner scanner = new(dwarf.Sections, wanted);
        HashSet<string> isWanted = new(names, StringComparer.Ordinal);
        int count = 0;
        foreach (UnitHeader unit in dwarf.Units)
        {
            scanner.Open(unit);
            dwarf.Decoder.Open(unit);
            foreach ((Die die, ulong next) in TopLevel(dwarf, unit))
            {
                count++;
                (DwTag tag, int name, ulong scanned) = scanner.StepFrom(die.Offset);
                string? expected = HasWantedTag(die) ? dwarf.Decoder.Text(die[DwAt.DW_AT_name]) : null;
                expected = expected is not null && isWanted.Contains(expected) ? expected : null;
                if (tag != die.Tag || scanned != next || (name < 0 ? null : names[name]) != expected)
                {
                    Assert.Fail($"{path}: .debug_info+0x{die.Offset:x}: the scanner says {tag}, name {(name < 0 ? "none" : names[name])}, next 0x{scanned:x}; "
                        + $"the decoder {die.Tag}, name {expected ?? "none"}, next 0x{next:x}");
                }
            }
        }

        return count;
    }

    private static string[] NamesSeenByTheDecoder(DwarfUnderTest dwarf)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (UnitHeader unit in dwarf.Units)
        {
            dwarf.Decoder.Open(unit);
            names.UnionWith(TopLevel(dwarf, unit).Where(d => HasWantedTag(d.Die)).Select(d => dwarf.Decoder.Text(d.Die[DwAt.DW_AT_name])).OfType<string>());
        }

        return [.. names];
    }

    private static bool HasWantedTag(Die die) => die.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type or DwTag.DW_TAG_typedef;

    private static IEnumerable<(Die Die, ulong Next)> TopLevel(DwarfUnderTest dwarf, UnitHeader unit)
    {
        if (dwarf.Decoder.Read(unit.FirstDie, out ulong at) is not { HasChildren: true })
        {
            yield break;
        }

        while (at < unit.End && dwarf.Decoder.Read(at, out _) is { } die)
        {
            ulong next = dwarf.Decoder.Next(die);
            yield return (die, next);
            at = next;
        }
    }
}
