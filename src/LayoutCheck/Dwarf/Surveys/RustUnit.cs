using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>
/// Reads the structs and unions of one Rust unit that bindgen made. rustc nests them in DIEs of their namespaces, below the root of the unit; what other DIEs
/// contain is passed over. The layouts are C's (repr(C)), so that places and sizes are all that is read of a member's type.
/// </summary>
internal sealed class RustUnit
{
    // Namespaces follow the modules of a crate.
    private const int DeepestNamespace = 256;

    // Generated structs within each other, and arrays of arrays.
    private const int DeepestType = 64;

    // The memory of a member and of a list that holds it, in bytes.
    private const ulong MemberSize = 384;

    private readonly DieDecoder _decoder;
    private readonly string _name;
    private readonly List<(ulong Offset, string Namespace, string Name)> _found = [];
    private readonly HashSet<string> _bindgen = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, (string Namespace, string Name)> _byOffset = [];
    private readonly Dictionary<ulong, TypeOfMember> _types = [];
    private readonly Dictionary<ulong, RustAggregate> _aggregates = [];

    private RustUnit(DieDecoder decoder, string name)
    {
        _decoder = decoder;
        _name = name;
    }

    /// <summary>The structs and unions of bindgen's namespaces, in file order.</summary>
    public ImmutableArray<RustAggregate> Types { get; private set; } = [];

    /// <summary>The number of structs and unions in other namespaces.</summary>
    public int OtherCount { get; private set; }

    /// <summary>Whether it imports other units.</summary>
    public bool HasImports { get; private set; }

    /// <summary>Reads a unit.</summary>
    /// <param name="file">Its file.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="name">The name of the unit in a report.</param>
    /// <param name="wanted">The names that are wanted; null for all.</param>
    /// <exception cref="InvalidImageException">It is damaged or not understood.</exception>
    public static RustUnit Read(DwarfSections file, in UnitHeader unit, string name, IReadOnlySet<string>? wanted)
    {
        DieDecoder decoder = new(file);
        decoder.Open(unit);
        RustUnit read = new(decoder, name);
        read.Find();
        read.Types =
        [
            .. read._found.Where(f => read._bindgen.Contains(f.Namespace) && wanted?.Contains(f.Name) != false)
                .Select(f => read.Aggregate(f.Offset, 0)).OfType<RustAggregate>(),
        ];
        read.OtherCount = read._found.Count(f => !read._bindgen.Contains(f.Namespace));
        return read;
    }

    // One pass over all DIEs: each level has the name of its namespace, or null within anything else.
    private void Find()
    {
        Stack<string?> levels = new();
        ulong at = _decoder.Unit.FirstDie;
        do
        {
            ulong offset = at;
            if (_decoder.Read(offset, out at) is not { } die)
            {
                if (!levels.TryPop(out _))
                {
                    return;
                }

                continue;
            }

            string? inside = levels.Count == 0 ? "" : null;
            if (levels.TryPeek(out string? space) && space is not null)
            {
                HasImports |= die.Tag == DwTag.DW_TAG_imported_unit;
                inside = Note(die, space);
            }

            if (die.HasChildren)
            {
                if (inside is not null && levels.Count == DeepestNamespace)
                {
                    throw die.Invalid($"namespaces are nested more than {DeepestNamespace} deep");
                }

                levels.Push(inside);
            }
        }
        while (levels.Count > 0 && at < _decoder.Unit.End);
    }

    // Notes a struct or union; returns the name of a namespace.
    private string? Note(Die die, string space)
    {
        if (die.Tag is not (DwTag.DW_TAG_namespace or DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type))
        {
            return null;
        }

        string name = _decoder.Text(die[DwAt.DW_AT_name]) ?? "";
        if (die.Tag == DwTag.DW_TAG_namespace)
        {
            string inner = space.Length == 0 ? name : $"{space}::{name}";
            _decoder.Sections.Info.File.Budget.Take(die.Section, (ulong)inner.Length * sizeof(char));
            if (Bindgen.IsNamespace(inner))
            {
                _bindgen.Add(inner);
            }

            return inner;
        }

        if (space.Length > 0 && name.Length > 0)
        {
            _decoder.Sections.Info.File.Budget.Take(die.Section, MemberSize + ((ulong)name.Length * sizeof(char)));
            _found.Add((die.Offset, space, name));
            _byOffset.Add(die.Offset, (space, name));
            if (Bindgen.IsMark(name))
            {
                _bindgen.Add(space);
            }
        }

        return null;
    }

    // Null for a declaration.
    private RustAggregate? Aggregate(ulong offset, int depth)
    {
        if (_aggregates.TryGetValue(offset, out RustAggregate? known))
        {
            return known;
        }

        (string space, string name) = _byOffset[offset];
        Die die = Require(offset);
        if (die[DwAt.DW_AT_declaration].Value != 0)
        {
            return null;
        }

        AggregateKind kind = DieValues.KindOf(die);
        ImmutableArray<RustMember>.Builder members = ImmutableArray.CreateBuilder<RustMember>();
        foreach (Die child in _decoder.Children(die).Where(c => c.Tag == DwTag.DW_TAG_member))
        {
            if (members.Count == TypeGraphBuilder.MostMembers)
            {
                throw die.Invalid($"{DieValues.TagName(die.Tag)}: a struct or union has more than {TypeGraphBuilder.MostMembers} members");
            }

            members.Add(Member(child, space, kind, depth));
        }

        _decoder.Sections.Info.File.Budget.Take(die.Section, (ulong)(members.Count + 1) * MemberSize);
        RustAggregate read = new(space, kind, name, DieValues.RequireByteSize(die), members.ToImmutable()) { Unit = _name };
        _aggregates.Add(offset, read);
        return read;
    }

    private RustMember Member(Die die, string space, AggregateKind holder, int depth)
    {
        string name = _decoder.Text(die[DwAt.DW_AT_name]) ?? "";
        ulong? width = DieValues.Constant(die, DwAt.DW_AT_bit_size);
        if (width is not null)
        {
            throw die.Invalid("a bit-field in Rust, which has none");
        }

        ulong bitOffset = MemberPlacement.BitOffset(die, null, null, holder == AggregateKind.Union, _decoder.Sections.Info.IsBigEndian);
        TypeOfMember type = TypeAt(die, 0);
        // Of the others, the name is enough: they are read for themselves.
        RustAggregate? inner = type.Aggregate is { } at && _byOffset.TryGetValue(at, out (string Namespace, string Name) its) && its.Namespace == space
            && (Bindgen.IsUnnamed(name) || Bindgen.IsGenerated(its.Name)) ? Nested(die, at, depth) : null;
        return new RustMember(name, bitOffset, type.ByteSize, type.Name, type.IsArray, inner);
    }

    private RustAggregate? Nested(Die die, ulong offset, int depth)
        => depth < DeepestType ? Aggregate(offset, depth + 1) : throw die.Invalid($"types are nested more than {DeepestType} deep: they refer to each other in a circle");

    // The type that a DIE refers to. A type of another unit is not followed: its size is not known.
    private TypeOfMember TypeAt(Die referring, int depth)
    {
        AttributeValue type = referring[DwAt.DW_AT_type];
        if (type.Class != ValueClass.Reference)
        {
            throw referring.Invalid($"{DieValues.TagName(referring.Tag)} has no DW_AT_type");
        }

        ulong offset = type.Value;
        bool isInUnit = type.Form is DwForm.DW_FORM_ref1 or DwForm.DW_FORM_ref2 or DwForm.DW_FORM_ref4 or DwForm.DW_FORM_ref8 or DwForm.DW_FORM_ref_udata
            || (type.Form == DwForm.DW_FORM_ref_addr && offset >= _decoder.Unit.FirstDie && offset < _decoder.Unit.End);
        if (!isInUnit)
        {
            return default;
        }

        if (depth > DeepestType)
        {
            throw referring.Invalid($"types are nested more than {DeepestType} deep: they refer to each other in a circle");
        }

        if (!_types.TryGetValue(offset, out TypeOfMember read))
        {
            read = Resolve(Require(offset), depth);
            _types.Add(offset, read);
        }

        return read;
    }

    private TypeOfMember Resolve(Die die, int depth)
    {
        ulong? size = DieValues.ByteSize(die);
        switch (die.Tag)
        {
            case DwTag.DW_TAG_pointer_type:
                return new TypeOfMember(size ?? _decoder.Unit.AddressSize, _decoder.Text(die[DwAt.DW_AT_name]), false, null);
            case DwTag.DW_TAG_array_type:
                TypeOfMember element = TypeAt(die, depth + 1);
                UInt128? total = element.ByteSize;
                foreach (Die child in _decoder.Children(die).Where(c => c.Tag == DwTag.DW_TAG_subrange_type))
                {
                    ulong? count = DieValues.Constant(child, DwAt.DW_AT_count) ?? (DieValues.Constant(child, DwAt.DW_AT_upper_bound) is { } upper ? upper + 1 : null);
                    total *= count ?? 0;
                    total = total > DieValues.LargestByteSize ? throw die.Invalid("an array that is larger than any type") : total;
                }

                return element with { ByteSize = size ?? (ulong?)total, IsArray = true };
            case DwTag.DW_TAG_typedef:
                return TypeAt(die, depth + 1);
            default:
                bool isAggregate = die.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type;
                string? name = _decoder.Text(die[DwAt.DW_AT_name]);
                return Wrapped(die, name, depth) is { } inner && inner.ByteSize == size ? inner
                    : new TypeOfMember(size, name, false, isAggregate ? die.Offset : null);
        }
    }

    // The type inside of ManuallyDrop, in which a union in Rust has members that are no plain numbers; null for other types.
    private TypeOfMember? Wrapped(Die die, string? name, int depth)
        => name is not null && (name.StartsWith("ManuallyDrop<", StringComparison.Ordinal) || name.StartsWith("MaybeDangling<", StringComparison.Ordinal))
            && _decoder.Children(die).FirstOrDefault(c => c.Tag == DwTag.DW_TAG_member) is { } member ? TypeAt(member, depth + 1) : null;

    private Die Require(ulong offset)
        => _decoder.Read(offset, out _) ?? throw _decoder.Sections.Info.Invalid(offset, "a type is said to be here, and there is none");

    /// <summary>What a member's type tells of it.</summary>
    private readonly record struct TypeOfMember(ulong? ByteSize, string? Name, bool IsArray, ulong? Aggregate);
}
