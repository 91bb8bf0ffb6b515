"""The edits of the list `edits`: words that change one member of one struct of a kernel header, as a developer or a vendor does it by hand."""

import re

# Where a struct is defined, most telling name first; the first file that has it wins.
HEADERS = [
    "include/linux/mm_types.h", "mm/slab.h", "mm/zpdesc.h", "include/net/netmem.h", "drivers/iommu/iommu-pages.h", "include/linux/memremap.h",
    "include/linux/mmzone.h", "include/linux/types.h", "include/linux/fs.h", "include/linux/memcontrol.h", "include/linux/rmap.h",
]


class EditError(Exception):
    """An edit that cannot be made, with the reason."""


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: " " if m[0].startswith("/*") else "", text, flags=re.S)


class Tree:
    """The headers of one kernel; those that an edit changes are kept with their new text."""

    def __init__(self, source):
        self.source = source
        self.changed = {}
        self.defines = []

    def text(self, path):
        if path in self.changed:
            return self.changed[path]
        file = self.source / path
        return without_comments(file.read_text(errors="replace")) if file.exists() else ""

    def body(self, struct):
        """The header of a struct, and where its body begins and ends in that header."""
        for path in HEADERS:
            text = self.text(path)
            typedef = re.search(r"^typedef struct \{[^{}]*\} " + re.escape(struct) + ";", text, re.M)
            found = typedef or re.search(r"^(?:struct|union) " + re.escape(struct) + r"\s*\{", text, re.M)
            if found:
                begin = text.index("{", found.start()) + 1
                depth, end = 1, begin
                while depth:
                    depth += {"{": 1, "}": -1}.get(text[end], 0)
                    end += 1
                return path, begin, end - 1
        raise EditError(f"no header has struct {struct}")

    def member(self, struct, name):
        """The header of a member, and where its declaration begins and ends in it. `name#2` is the second of two under #if."""
        name, _, nth = name.partition("#")
        path, begin, end = self.body(struct)
        pattern = r"^[ \t]*[^#\n;{}]*\b" + re.escape(name) + r"\b(?=\s*(?:\[|:|;|\)\())[^;{}\n]*;"
        found = list(re.finditer(pattern, self.text(path)[begin:end], re.M))
        if len(found) < int(nth or 1):
            raise EditError(f"struct {struct} has no member {name}")
        match = found[int(nth or 1) - 1]
        return path, begin + match.start(), begin + match.end()

    def splice(self, path, begin, end, new):
        text = self.text(path)
        self.changed[path] = text[:begin] + new + text[end:]

    def declaration(self, struct, name):
        path, begin, end = self.member(struct, name)
        return self.text(path)[begin:end]

    def put(self, struct, name, new):
        path, begin, end = self.member(struct, name)
        self.splice(path, begin, end, new)


def statement(text):
    return text.strip() if text.rstrip().endswith(";") else text.strip() + ";"


def padding(byte_size):
    """Unnamed members, which no debug information shows."""
    words, rest = divmod(byte_size, 8)
    return "unsigned long : 64; " * words + "unsigned char : 8; " * rest


def over(tree, words, text):
    """over STRUCT MEMBER: DECLARATION - a union of the member and of what is declared."""
    struct, name = words
    tree.put(struct, name, f"union {{\n{tree.declaration(struct, name)}\n{statement(text)} }};")


def before(tree, words, text):
    """before STRUCT MEMBER: DECLARATIONS - in front of the member, in the struct or union that it lies in."""
    struct, name = words
    tree.put(struct, name, f"{statement(text)}\n{tree.declaration(struct, name)}")


def after(tree, words, text):
    """after STRUCT MEMBER: DECLARATIONS - behind the member."""
    struct, name = words
    tree.put(struct, name, f"{tree.declaration(struct, name)}\n{statement(text)}")


def replace(tree, words, text):
    """replace STRUCT MEMBER: DECLARATIONS - in place of the member."""
    struct, name = words
    tree.put(struct, name, statement(text))


def drop(tree, words, _):
    """drop STRUCT MEMBER"""
    struct, name = words
    tree.put(struct, name, "")


def swap(tree, words, _):
    """swap STRUCT MEMBER MEMBER - the two declarations change places."""
    struct, first, second = words
    one, other = tree.declaration(struct, first), tree.declaration(struct, second)
    tree.put(struct, first, "int layoutcheck_swapping;")
    tree.put(struct, second, one)
    tree.put(struct, "layoutcheck_swapping", other)


def move(tree, words, _):
    """move STRUCT MEMBER before|after|end [MEMBER]"""
    struct, name, where, *anchor = words
    declaration = tree.declaration(struct, name)
    tree.put(struct, name, "")
    if where == "end":
        end(tree, [struct], declaration)
    else:
        {"before": before, "after": after}[where](tree, [struct, anchor[0]], declaration)


def end(tree, words, text):
    """end STRUCT: DECLARATIONS - behind the last member."""
    path, _, end_of_body = tree.body(words[0])
    tree.splice(path, end_of_body, end_of_body, statement(text) + "\n")


def begin(tree, words, text):
    """begin STRUCT: DECLARATIONS - in front of the first member."""
    path, start, _ = tree.body(words[0])
    tree.splice(path, start, start, statement(text) + "\n")


def at(tree, words, text):
    """at STRUCT OFFSET: DECLARATION - over the bytes at an offset, whatever lies there; all old members keep their places."""
    struct, offset = words
    path, start, stop = tree.body(struct)
    body = tree.text(path)[start:stop]
    arm = f"struct {{ {padding(eval(offset, {}))}{statement(text)} }};"
    tree.splice(path, start, stop, f"\nunion {{ struct {{ {body} }};\n{arm} }};\n")


def attribute(tree, words, text):
    """attribute STRUCT: ATTRIBUTES - in place of what stands behind the closing brace."""
    path, _, stop = tree.body(words[0])
    semicolon = tree.text(path).index(";", stop)
    tree.splice(path, stop, semicolon, "} " + text.strip())


def unassert(tree, words, _):
    """unassert NAME... - takes away the lines of the headers' tables of assertions that name it, as a vendor does to get a build."""
    for name in words:
        count = 0
        for path in HEADERS:
            text, made = re.subn(r"^(?:\w+_MATCH|\w+_ASSERT_OFFSET|static_assert)\([^\n]*\b" + re.escape(name) + r"\b[^\n]*;[^\n]*$", "", tree.text(path), flags=re.M)
            if made:
                tree.changed[path] = text
                count += made
        if not count:
            raise EditError(f"no assertion names {name}")


def alias(tree, words, _):
    """alias STRUCT OLD NEW - `#define OLD NEW` behind the struct, for the code that still says OLD."""
    struct, old, new = words
    path, _, stop = tree.body(struct)
    semicolon = tree.text(path).index(";", stop) + 1
    tree.splice(path, semicolon, semicolon, f"\n#define {old} {new}\n")


def define(tree, words, _):
    """define MACRO... - on the compiler's command line."""
    tree.defines += [f"-D{word}" for word in words]


def text_of(tree, words, text):
    """text FILE: OLD => NEW - a piece of a header's text, without its comments, in place of another; each row of white space counts as one blank."""
    old, _, new = text.partition("=>")
    pattern = r"\s+".join(re.escape(word) for word in old.split())
    changed, count = re.subn(pattern, lambda _: new.strip(), tree.text(words[0]))
    if not count:
        raise EditError(f"{words[0]} has no '{old.strip()}'")
    tree.changed[words[0]] = changed


VERBS = {verb.__name__: verb for verb in (over, before, after, replace, drop, swap, move, end, begin, at, attribute, unassert, alias, define)}
VERBS["text"] = text_of


def apply(source, edit, overlay):
    """Makes an edit, writes the headers that it changes under the overlay, and gives the compiler's further options."""
    tree = Tree(source)
    for step in filter(None, (part.strip() for part in edit.split(";;"))):
        head, _, text = step.partition(":")
        verb, *words = head.split()
        if verb not in VERBS:
            raise EditError(f"unknown word '{verb}'; known: {' '.join(VERBS)}")
        try:
            VERBS[verb](tree, words, text)
        except (ValueError, IndexError) as error:
            raise EditError(f"'{step}': {VERBS[verb].__doc__} ({error})") from error
    for path, text in tree.changed.items():
        file = overlay / (path.removeprefix("include/"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tree.defines
