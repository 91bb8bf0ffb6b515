"""Writes an image and rules whose names mean something to every format: hostile.py FOLDER.

The image is raw BTF, FOLDER/<the content of FOLDER/hostile-name>; the rules are FOLDER/rules/*.md.
"""
import os
import struct
import sys

NAME = "a|b`c``d#e<i>&f;\"g'h]]>%0A::error::i%j\\k[l](x)\u202en\x1bo\tp\nq: r,s*t*_u_~~v~~{0} # SKIP @1 ok 1"
# A second one that is no UTF-8, and a third that would begin lines of its own.
NO_TEXT = b"\xff\xed\xa0\x80"
LINES = "x\n::error::y\n##[error]z\nok 1 - w\n\n# v\n<script>u</script>\n"

KIND_INT, KIND_STRUCT = 1, 4


class Btf:
    """BTF records in the order of the calls; ids count from 1."""

    def __init__(self):
        self.types, self.strings, self.count = b"", b"\0", 0

    def string(self, text):
        at = len(self.strings)
        self.strings += (text if isinstance(text, bytes) else text.encode()) + b"\0"
        return at

    def add(self, kind, name, size, details=b"", count=0):
        self.types += struct.pack("<III", self.string(name), kind << 24 | count, size) + details
        self.count += 1
        return self.count

    def struct(self, name, size, *members):
        details = b"".join(struct.pack("<III", self.string(n), t, bits) for n, t, bits in members)
        return self.add(KIND_STRUCT, name, size, details, len(members))

    def build(self):
        header = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(self.types), len(self.types), len(self.strings))
        return header + self.types + self.strings


def main(folder):
    btf = Btf()
    word = btf.add(KIND_INT, "long unsigned int", 8, struct.pack("<I", 64))
    evil = btf.struct(NAME, 8, ("x", word, 0))
    broken = btf.struct(NO_TEXT, 8, ("x", word, 0))
    lines = btf.struct(LINES, 8, (LINES, word, 0))
    btf.struct("page", 64, ("flags", word, 0), ("lru", evil, 64), ("private", broken, 128), ("mapping", lines, 192), (NAME, word, 256))
    name = NAME.replace("/", "-") + ".btf"
    with open(os.path.join(folder, name), "wb") as file:
        file.write(btf.build())
    with open(os.path.join(folder, "hostile-name"), "w", encoding="utf-8", newline="") as file:
        file.write(name)
    rules = os.path.join(folder, "rules")
    os.makedirs(rules, exist_ok=True)
    text = NAME.replace("\n", " ").replace('"', "'").replace("\\", "/")
    checks = "\n".join(f'check: typeof(struct page, {m}) == "{text}", "{text}"' for m in ("lru", "private", "mapping"))
    with open(os.path.join(rules, NAME.replace("/", "-") + ".md"), "w", encoding="utf-8", newline="") as file:
        file.write(f"---\ntitle: {text}\n{checks}\nwarn: sizeof(struct page) == 65, \"{text}\"\ncheck: sizeof(struct page, nosuch) == 1\n"
                   f"when: exists(struct page, nosuch)\ncheck: sizeof(struct page, nosuch) == 1\n---\n"
                   f"## What it checks\n{NAME}\n\n<script>alert(1)</script>\n\n## How to fix\n{LINES}\n")


main(sys.argv[1])
