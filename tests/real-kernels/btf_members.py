"""The members of all structs and unions of a file's BTF, read without layoutcheck: the judge of what `diff` says.

A member is listed at its path without the unnamed structs and unions around it; that of a struct without a tag is `m.x`, in an array `m[].x`.
"""

import struct
from collections import namedtuple

Member = namedtuple("Member", "offset size type")    # bits

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, PROTO, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 = range(1, 20)
THROUGH = (TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG)


def section(data, wanted):
    """The bytes of a section of a 64-bit ELF file."""
    order = "<" if data[5] == 1 else ">"
    start, = struct.unpack_from(order + "Q", data, 40)
    size, count, names = struct.unpack_from(order + "HHH", data, 58)
    heads = [struct.unpack_from(order + "IIQQQQ", data, start + i * size) for i in range(count)]
    for name, _, _, _, offset, length in heads:
        at = heads[names][4] + name
        if data[at:data.index(b"\0", at)] == wanted:
            return data[offset:offset + length], order
    raise ValueError(f"no section {wanted.decode()}")


class Btf:
    """The types of one .BTF section that needs no base."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data, order = section(file.read(), b".BTF")
        header, types, type_length, strings, _ = struct.unpack_from(order + "IIIII", data, 4)
        self.names, self.order = data[header + strings:], order
        self.types = [("", 0, 0, 0, ())]    # void
        at, end = header + types, header + types + type_length
        while at < end:
            name, info, size = struct.unpack_from(order + "III", data, at)
            kind, count, flag = (info >> 24) & 31, info & 0xffff, info >> 31
            words = {INT: 1, ARRAY: 3, STRUCT: 3 * count, UNION: 3 * count, ENUM: 2 * count, PROTO: 2 * count, VAR: 1, DATASEC: 3 * count, DECL_TAG: 1,
                     ENUM64: 3 * count}.get(kind, 0)
            self.types.append((self.name(name), kind, flag, size, struct.unpack_from(f"{order}{words}I", data, at + 12)))
            at += 12 + 4 * words

    def name(self, offset):
        return self.names[offset:self.names.index(b"\0", offset)].decode()

    def strip(self, id):
        while id and self.types[id][1] in THROUGH:
            id = self.types[id][3]
        return id

    def tag(self, id):
        """The tag of a struct, union or enumeration, and the typedef that it is known by."""
        typedef = ""
        while id and self.types[id][1] in THROUGH:
            typedef = self.types[id][0] if self.types[id][1] == TYPEDEF else typedef
            id = self.types[id][3]
        return unnumbered(self.types[id][0]), typedef

    def element(self, id):
        """What an array is made of, also one of arrays, and the number of elements; 1 of another type."""
        count = 1
        while id and self.types[self.strip(id)][1] == ARRAY:
            inner, _, here = self.types[self.strip(id)][4]
            id, count = inner, count * here
        return id, count

    def bits(self, id):
        element, count = self.element(id)
        bare = self.strip(element)
        _, kind, _, size, _ = self.types[bare]
        return count * (8 * self.word if kind == PTR else size * 8 if kind in (INT, STRUCT, UNION, ENUM, ENUM64, FLOAT) else 0)

    def key(self, id, behind=False, depth=0):
        """What a type is to a comparison."""
        element, count = self.element(id)
        if self.strip(id) != self.strip(element):
            return ("array", count, self.key(element, True, depth))
        bare = self.strip(id)
        if not bare:
            return "void"
        name, kind, flag, size, extra = self.types[bare]
        if kind == INT:
            return ("int", name == "char", extra[0] >> 24 & 15, size if behind else 0)
        if kind == PTR:
            return ("pointer", self.key(size, True, depth))
        if kind in (STRUCT, UNION):
            return "struct" if kind == STRUCT else "union", *self.tag(id)
        if kind == FWD:
            return "union" if flag else "struct", *self.tag(id)
        if kind in (ENUM, ENUM64):
            return "enum", *self.tag(id)
        if kind == FLOAT:
            return ("float", size if behind else 0)
        if kind == PROTO:
            return ("function", self.key(size, True, depth + 1), tuple(self.key(p, True, depth + 1) for p in extra[1::2])) if depth < 8 else "function"
        raise ValueError(f"kind {kind} in a member")

    def wholes(self, word):
        """All structs and unions with a tag: lists of Whole by name, for a name may have several definitions. `word` is the size of a pointer in bytes."""
        self.word = word
        found = {}
        for id, (name, kind, _, _, _) in enumerate(self.types):
            if kind in (STRUCT, UNION) and name:
                found.setdefault(("struct " if kind == STRUCT else "union ") + name, []).append(Whole(self, id))
        return found

    def add(self, whole, members, id, prefix, base, expand):
        _, _, flag, _, extra = self.types[id]
        for i in range(0, len(extra), 3):
            name, type, place = self.name(extra[i]), extra[i + 1], extra[i + 2]
            offset, width = (base + (place & 0xffffff), place >> 24) if flag else (base + place, 0)
            bare = self.strip(self.element(type)[0])
            tag, kind = self.types[bare][:2]
            is_aggregate, is_array = kind in (STRUCT, UNION) and not width, self.strip(type) != bare
            if is_aggregate and not is_array and (not name or name.startswith(("__UNIQUE_ID_", "__kabi_renamed"))):
                self.add(whole, members, bare, prefix, offset, expand)
            elif name:
                path = prefix + unnumbered(name)
                members.setdefault(path, Member(offset, width or self.bits(type), self.key(type)))
                if is_aggregate:
                    (whole.tagged if tag else whole.untagged).add(path)
                if is_aggregate and (not tag or path in expand):
                    self.add(whole, members, bare, path + ("[]." if is_array else "."), offset, expand)


class Whole:
    """A struct or union with a tag."""

    def __init__(self, btf, id):
        self.btf, self.id, self.size = btf, id, btf.types[id][3]

    def members(self, expand):
        """Its members by path; those in `expand` with their own, though their types have a tag."""
        self.tagged, self.untagged, members = set(), set(), {}
        self.btf.add(self, members, self.id, "", 0, expand)
        return members


def members_of(old, now):
    """The members of two definitions. Those of a type that has a tag on one side alone are listed on both."""
    expand = set()
    while True:
        mine, its = old.members(expand), now.members(expand)
        more = (old.tagged & now.untagged) | (old.untagged & now.tagged)
        if more <= expand:
            return mine, its
        expand |= more


def unnumbered(name):
    return name.rstrip("0123456789") if name.startswith("__UNIQUE_ID_") else name


def same_type(a, b):
    """Whether two keys are one: a tag that one side lacks equals any."""
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        if a[:1] != b[:1] and isinstance(a[0], str):
            return False
        if a and a[0] in ("struct", "union", "enum"):
            return a[1] == b[1] if a[1] and b[1] else not a[2] or not b[2] or a[2] == b[2]
        if a and a[0] == "int":
            return a[3] == b[3] and (a[2] == b[2] or a[1] and b[1])
        return all(same_type(x, y) for x, y in zip(a, b))
    return a == b


def changes(old, now):
    """The paths that are moved or resized, retyped in place, gone, new."""
    common = old.keys() & now.keys()
    placed = {p for p in common if old[p][:2] != now[p][:2]}
    retyped = {p for p in common - placed if not same_type(old[p].type, now[p].type)}
    return placed, retyped, old.keys() - common, now.keys() - common


def told(definition):
    """The same four sets of what `diff --format json` says of a type."""
    placed, retyped, gone, new = set(), set(), set(), set()
    for change in definition["changes"]:
        before, after = (change[side] and change[side]["member"] for side in ("old", "new"))
        if change["word"] in ("moved", "resized", "reordered"):
            placed.add(before)
        elif change["word"] == "retyped":
            retyped.add(before)
        else:
            gone |= {before} - {None}
            new |= {after} - {None}
    return placed, retyped, gone, new


def places(definition, old, now):
    """Changes whose places are not those of the definitions."""
    for change in definition["changes"]:
        for side, members in (("old", old), ("new", now)):
            member = change[side]
            if member and members.get(member["member"], (None, None))[:2] != (member["bit_offset"], member["bit_size"]):
                yield f"{change['word']} {member['member']}: {side} place {member['bit_offset']}+{member['bit_size']}"


WORDS = ("moved or resized", "retyped", "gone", "new")


def faults(told_of, old, now):
    """What is wrong with what the report says of a name of one definition in both, or does not say (None), a line each."""
    definition = told_of["definitions"][0] if told_of and told_of["definitions"] else {"changes": [], "old": {"byte_size": old.size}, "new": {"byte_size": old.size}}
    sizes = definition["old"]["byte_size"], definition["new"]["byte_size"]
    if sizes != (old.size, now.size):
        yield f"{sizes} bytes, and it is {(old.size, now.size)}"
    before, after = members_of(old, now)
    for what, mine, its in zip(WORDS, changes(before, after), told(definition)):
        if mine != its:
            yield f"{what}: " + ", ".join([f"{p} is not told" for p in sorted(mine - its)] + [f"{p} is not" for p in sorted(its - mine)])[:400]
    yield from places(definition, before, after)


def judge(report, old, now):
    """The number of types that a report of all types is judged by, and what is wrong, by type. Names of several definitions are left out."""
    told_of = {told["type"]: told for told in report["types"]}
    common = [name for name in old if name in now and len(old[name]) == len(now[name]) == 1]
    return len(common), {name: found for name in common if (found := list(faults(told_of.get(name), old[name][0], now[name][0])))}
