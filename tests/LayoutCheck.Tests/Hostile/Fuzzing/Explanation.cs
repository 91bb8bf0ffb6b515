using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>
/// Differences from pahole 1.24 in which we are right. Each has a name, a condition that holds of little else, and the source that says so. What comes
/// of bytes that we did not understand is no difference to be explained but a bug.
/// </summary>
internal static class Explanation
{
    /// <summary>A type that both read, and read otherwise.</summary>
    /// <param name="Image">The image.</param>
    /// <param name="Definition">What we read.</param>
    /// <param name="Ours">The same in rows.</param>
    /// <param name="Theirs">What pahole read.</param>
    /// <param name="Answer">All that it said.</param>
    public sealed record Case(FuzzRun.Comparable Image, TypeDefinition Definition, LayoutRows Ours, LayoutRows Theirs, Pahole.Answer Answer)
    {
        public bool IsDwarf => Image.Kind == SourceKind.Dwarf;

        /// <summary>Whether every row of pahole's that is none of ours is, and there is one.</summary>
        public bool AllOthers(Func<LayoutRow, bool> holds) => Theirs.Rows.Except(Ours.Rows).ToList() is { Count: > 0 } others && others.All(holds);
    }

    private static readonly (string Name, Func<Case, bool> Holds)[] s_all =
    [
        // C 6.2.1: a tag that is declared in a block is not the file's. pahole adds the types within functions to those of the unit (dwarf_loader.c,
        // die__process_function). Of the fixtures, scopes alone has such.
        ("pahole takes a type within a function", one => one.IsDwarf && one.Image.From.StartsWith("scopes.", StringComparison.Ordinal)
            && (one.Theirs.ByteSize < one.Ours.ByteSize || one.Theirs.Rows.Any(r => r.Name is "trap" or "a" or "only"))),

        // C has no namespaces (DWARF 5 §3.2.2), and our types of C units are none of theirs. pahole adds what is in one to the unit (dwarf_loader.c,
        // die__process_namespace), and does not leave Rust's units out where damage made them another language's. rust-twin has the one such unit.
        ("pahole takes a type within a namespace", one => one.IsDwarf && one.Image.From.StartsWith("rust-twin.", StringComparison.Ordinal) && one.Answer.Text.Contains("\tusize ", StringComparison.Ordinal)),

        // Where one type of a unit refers to what is no type, pahole lets go of the unit (dwarf_loader.c, cu__recode_dwarf_types) and shows the next one's
        // definition, without a word on standard output. What it shows must be what we read there.
        ("pahole takes a later unit's definition, for it gave up on the first", one => one.IsDwarf && one.Answer.Complaints.Contains("recode_dwarf_types: couldn't find", StringComparison.Ordinal)
            && Others(one).Any(d => LayoutRows.Difference(LayoutRows.Of(d), one.Theirs) is null)),

        // Where damage changes the length of a DIE, a reference may lead between two DIEs of the walk. pahole knows types by where DIEs begin and shows a member
        // of size 0; we read what lies there, and cannot tell without a walk over the whole unit that no DIE begins there.
        ("pahole finds no DIE where a type should begin", one => one.IsDwarf && one.Answer.Complaints.Contains("recode_dwarf_type: couldn't find", StringComparison.Ordinal)
            && one.AllOthers(r => r.BitSize == 0 && one.Ours.Rows.Any(o => o.Name == r.Name && o.BitOffset == r.BitOffset))),

        // A qualifier with a name is not C's, but a typedef that damage turned into one has its name still. pahole writes the members of a type without a tag behind
        // it, and not the name of the member (dwarves_fprintf.c); places and sizes are the same.
        ("pahole leaves out the name of a member whose type is qualified and has no tag", one => one.IsDwarf && one.Answer.Text.Contains("const struct {", StringComparison.Ordinal)
            && one.AllOthers(r => one.Ours.Rows.Any(o => r.Name.Length == 0 ? o.BitOffset == r.BitOffset && o.BitSize == r.BitSize
                : o.BitOffset <= r.BitOffset && r.BitOffset + r.BitSize <= o.BitOffset + o.BitSize))),

        // DWARF 5 §5.7.1: DW_AT_signature of a declaration names the type unit with the definition. pahole 1.24 does not read the attribute (dwarf_loader.c has no
        // DW_AT_signature) and takes the declaration for an empty struct.
        ("pahole does not follow DW_AT_signature", one => one.IsDwarf && one.Image.From.Contains("types", StringComparison.Ordinal) && one.Theirs.ByteSize == one.Ours.ByteSize
            && one.AllOthers(r => one.Ours.Rows.Any(o => o.BitOffset == r.BitOffset && (r.BitSize == 0 || r.BitSize == o.BitSize)))),

        // DWARF 5 §5.7.1: a definition has a size, or is a declaration. pahole takes what has neither for a definition of size 0 (dwarf_loader.c, type__init).
        ("pahole takes a struct without DW_AT_byte_size", one => one.IsDwarf && one.Theirs is { ByteSize: 0, Rows: [] } && one.Ours is { ByteSize: > 0, Rows: not [] }),

        // DWARF 5 §5.7.6: a member that begins where its struct begins needs no place. pahole takes it for one of C++'s static members (dwarf_loader.c,
        // class_member__new: is_static).
        ("pahole takes a member without a place for a static one", one => one.IsDwarf && one.Answer.Text.Contains("\tstatic ", StringComparison.Ordinal)),

        // DWARF 5 §7.5.1: the size of an address is its unit's own. pahole reads all type units with the size that the first of them has (dwarf_loader.c,
        // cus__load_debug_types), and its pointers have no size of their own (dwarves.c, tag__size).
        ("pahole has one size of addresses for all type units", one => one.IsDwarf && one.Image.From.Contains("types", StringComparison.Ordinal) && one.Image.Damaged.Contains(FieldKind.AddressSize)
            && one.Theirs.Rows.Except(one.Ours.Rows).All(r => r.BitSize == 0 || one.Ours.Rows.Any(o => o.BitOffset == r.BitOffset && (o.BitSize == r.BitSize * 2 || o.BitSize * 2 == r.BitSize)))),

        // Documentation/bpf/btf.rst, BTF_KIND_INT: BTF_INT_BITS is the width of a bitfield of that type, where the struct has no kind flag. pahole takes it for the
        // size, in whole bytes (btf_loader.c, create_new_base_type).
        ("pahole takes BTF_INT_BITS for a size", one => !one.IsDwarf && one.AllOthers(r => BitFields(one).Any(o => o.Name == r.Name && o.BitOffset / 8 == r.BitOffset / 8 && o.BitSize / 8 == r.BitSize / 8))),
    ];

    /// <summary>The name of what explains a difference, or null.</summary>
    public static string? Of(Case one) => s_all.FirstOrDefault(e => e.Holds(one)).Name;

    private static readonly (string Name, Func<FuzzRun.Comparable, LayoutRows, Pahole.Answer, bool> Holds)[] s_missing =
    [
        // As above: what is within a function, or in a namespace, is not the unit's.
        ("pahole takes a type within a function", (image, _, _) => image.Kind == SourceKind.Dwarf && image.From.StartsWith("scopes.", StringComparison.Ordinal)),
        ("pahole takes a type within a namespace", (image, _, answer) => image.Kind == SourceKind.Dwarf && image.From.StartsWith("rust-twin.", StringComparison.Ordinal)
            && answer.Text.Contains("\tusize ", StringComparison.Ordinal)),

        // DWARF 5 §7.5.5: a string of DW_FORM_strp ends with a zero byte of its section. Where it has none, pahole reads on in the bytes behind the section.
        ("pahole reads a name over the end of .debug_str", (image, _, _) => image.Kind == SourceKind.Dwarf && image.Names.Any(n => LiesOverTheEnd(n.Name, image.Image))),
    ];

    // Whether a string begins in .debug_str and ends behind it.
    private static bool LiesOverTheEnd(string name, byte[] image)
    {
        using MappedFile file = MappedFile.FromBytes("case", image);
        byte[] text = [.. Encoding.UTF8.GetBytes(name), 0];
        return ElfFile.Read(file).Find(".debug_str") is { } section && (int)(section.FileOffset + section.ByteSize) is var end
            && Enumerable.Range(end - name.Length, name.Length).Any(start => start >= (int)section.FileOffset && image.AsSpan(start).StartsWith(text));
    }

    /// <summary>The name of what explains that pahole has a definition where we find none, or null.</summary>
    public static string? OfMissing(FuzzRun.Comparable image, LayoutRows theirs, Pahole.Answer answer) => s_missing.FirstOrDefault(e => e.Holds(image, theirs, answer)).Name;

    // The definitions of all units.
    private static IEnumerable<TypeDefinition> Others(Case one)
    {
        AggregateType type = one.Definition.Aggregate;
        if (type.Name is not { } tag)
        {
            return [];
        }

        try
        {
            using KernelImage image = KernelImage.FromBytes("case", one.Image.Image, SourceChoice.Dwarf);
            return image.Types.FindAll([new TypeName(type.Kind == AggregateKind.Union ? TypeNameKind.Union : TypeNameKind.Struct, tag)], 1).Sets[0].Distinct;
        }
        catch (InvalidImageException)
        {
            return [];
        }
    }

    private static IEnumerable<LayoutItem> BitFields(Case one) => TypeLayout.Of(one.Definition).Items.Where(i => i.IsBitField);
}
