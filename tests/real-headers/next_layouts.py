#!/usr/bin/env python3
"""Layouts that no release has yet: the types of a real kernel's BTF as C, changed as the plans for memory descriptors say, compiled, checked.

    next_layouts.py PROGRAM VMLINUX FOLDER

PROGRAM is layoutcheck, VMLINUX a kernel of 7.1 or later with BTF, FOLDER a place for the objects. A line for each layout that gets another verdict than the
wanted one; the last line is "N layouts, N right, N wrong", and the exit code is 1 when one is wrong.
"""
import json
import re
import subprocess
import sys

TYPES = ("page folio slab ptdesc zpdesc ioptdesc netmem_desc net_iov zone mem_section kmem_cache dev_pagemap mem_cgroup obj_cgroup address_space anon_vma "
         "list_head llist_node callback_head vm_area_struct file hstate slabobj_ext ksm_stable_node css_set percpu_ref_data").split()

SMALL_PAGE = ("memdesc_flags_t flags; union { struct list_head buddy_list; struct list_head pcp_list; struct { long unsigned int memdesc; "
              "long unsigned int private; }; }; atomic_t _refcount; int order_or_mapcount;")
OWN_FOLIO = ("memdesc_flags_t flags; struct list_head lru; struct dev_pagemap *pgmap; struct address_space *mapping; long unsigned int index; void *private; "
             "atomic_t _mapcount; atomic_t _refcount; atomic_t _pincount; unsigned int order; long unsigned int pfn; long unsigned int memcg_data;")


def body(tag, text):
    """The edit that gives a struct another body."""
    return lambda c: re.sub(r"^struct %s \{\n.*?^\};" % tag, lambda _: "struct %s {\n%s\n};" % (tag, text), c, count=1, flags=re.S | re.M)


def change(tag, old, new):
    """The edit that replaces a text in the body of a struct."""
    def edit(c):
        found = re.search(r"^struct %s \{\n.*?^\};" % tag, c, flags=re.S | re.M)
        assert old in found.group(0), "struct %s has no %s" % (tag, old)
        return c[:found.start()] + found.group(0).replace(old, new, 1) + c[found.end():]
    return edit


def without_page_pool(c):
    """struct page without the page pool's arm."""
    return re.sub(r"(^struct page \{\n.*?)\t\tstruct \{\n\t\t\tlong unsigned int pp_magic;.*?\n\t\t\};\n", r"\1", c, count=1, flags=re.S | re.M)


def folio_without_page(c):
    """struct folio with the same places and without struct page in it."""
    found = re.search(r"^struct folio \{\n.*?^\};", c, flags=re.S | re.M)
    text = re.sub(r"\t\tstruct page (page|__page_\d);\n", "", found.group(0))
    return c[:found.start()] + text + c[found.end():]


SLAB_ALONE = ("memdesc_flags_t flags; struct kmem_cache *slab_cache; union { struct { struct list_head slab_list; struct freelist_counters; }; "
              "struct callback_head callback_head; }; struct slab *compound_slab_head; struct folio *backing_folio; long unsigned int oo; "
              "long unsigned int obj_exts; struct list_head flush_list_elem; spinlock_t slab_lock;")
SLAB_LOST = "memdesc_flags_t flags; struct kmem_cache *slab_cache; struct list_head slab_list; struct freelist_counters; long unsigned int obj_exts;"
PTDESC = ("memdesc_flags_t pt_flags; struct list_head pt_list; struct callback_head pt_rcu_head; pgtable_t pmd_huge_pte; struct mm_struct *pt_mm; "
          "atomic_t pt_share_count; spinlock_t ptl; %s long unsigned int pt_memcg_data;")

# id, title, edits, exit code, era (a part of its text, or None), rules that must not apply, rules that must warn
LAYOUTS = [
    ("0", "as it is", [], 0, "7.1 and later", [], []),
    ("A", "vmemmap_tails a pointer", [change("zone", "struct page *vmemmap_tails[16];", "struct page **vmemmap_tails;")], 0, None, [], []),
    ("A2", "vmemmap_tails gone", [change("zone", "\tstruct page *vmemmap_tails[16];\n", "")], 0, None, ["compound-info-masks"], []),
    ("B", "mem_section of 48 bytes, with its order", [body("mem_section", "long unsigned int section_mem_map; struct mem_section_usage *usage; "
        "unsigned int order; struct page_ext *page_ext; long unsigned int more[2];")], 0, None, [], ["mem-section-power-of-two"]),
    ("B2", "mem_section of 24 bytes, without order", [body("mem_section", "long unsigned int section_mem_map; struct mem_section_usage *usage; "
        "long unsigned int more;")], 1, None, [], []),
    ("C", "page of 32 bytes, folio on its own", [body("page", SMALL_PAGE), body("folio", OWN_FOLIO)], 4, "shrunk", ["pgmap-on-compound-head", "folio-head-page"], []),
    ("C2", "page of 16 bytes, folio on its own", [body("page", "memdesc_flags_t flags; long unsigned int memdesc;"), body("folio", OWN_FOLIO)], 4, "shrunk",
        ["pgmap-on-compound-head", "folio-head-page"], []),
    ("D", "page of 8 bytes, folio on its own", [body("page", "long unsigned int memdesc;"), body("folio", OWN_FOLIO)], 4, "shrunk",
        ["pgmap-on-compound-head", "folio-head-page"], []),
    ("D2", "page of 24 bytes", [body("page", "memdesc_flags_t flags; long unsigned int memdesc; long unsigned int more;"), body("folio", OWN_FOLIO)], 1, "shrunk",
        ["pgmap-on-compound-head"], []),
    ("E", "folio on its own, page as it is", [folio_without_page], 4, "object of its own", ["pgmap-on-compound-head", "folio-head-page", "folio-tail-words"], []),
    ("E2", "folio on its own, of another shape", [body("folio", OWN_FOLIO)], 4, "object of its own", ["pgmap-on-compound-head", "folio-head-page"], []),
    ("F", "memdesc on the compound word", [change("page", "long unsigned int compound_info;", "long unsigned int compound_info; };\n\t\tstruct {\n"
        "\t\t\tlong unsigned int memdesc;")], 0, "transition", [], []),
    ("F2", "memdesc behind the compound word", [change("page", "long unsigned int compound_info;", "long unsigned int compound_info;\n"
        "\t\t\tlong unsigned int memdesc;")], 0, "transition", [], []),
    ("F3", "memdesc on half of the compound word", [change("page", "long unsigned int compound_info;", "long unsigned int compound_info; };\n"
        "\t\tstruct { unsigned int half; long unsigned int memdesc __attribute__((packed, aligned(4)));")], 1, "transition", [], []),
    ("G", "slab on its own", [body("slab", SLAB_ALONE)], 0, "7.1 and later", ["slab-mirrors-page", "slab-words-over-mapping"], []),
    ("G2", "slab without its marker and without a pointer back", [body("slab", SLAB_LOST)], 4, "7.1 and later", [], []),
    ("H", "ptdesc on its own", [body("ptdesc", PTDESC % "struct page *pt_page;")], 0, "7.1 and later", ["ptdesc-mirrors-page"], []),
    ("H2", "ptdesc on its own, with a page frame number", [body("ptdesc", PTDESC % "long unsigned int pfn;")], 0, "7.1 and later", ["ptdesc-mirrors-page"], []),
    ("H3", "ptdesc without its marker and without a way back", [body("ptdesc", PTDESC % "")], 4, "7.1 and later", [], []),
    ("I", "page.lru gone", [change("page", "\t\t\t\tstruct list_head lru;\n", "")], 4, None, [], []),
    ("J", "the compound word gone, and no memdesc", [change("page", "long unsigned int compound_info;", "long unsigned int next_era_word;")], 4, "era unknown", [], []),
    ("K", "the page pool's members gone from page", [without_page_pool], 0, "7.1 and later", ["netmem-mirrors-page"], []),
]


def main():
    program, vmlinux, folder = sys.argv[1:]
    dump = subprocess.run(["bpftool", "btf", "dump", "file", vmlinux, "format", "c"], check=True, capture_output=True, text=True).stdout
    objects = "".join("struct %s object_%s;\n" % (tag, tag) for tag in TYPES if re.search(r"^struct %s \{" % tag, dump, flags=re.M)) + "pmd_t object_pmd;\n"
    wrong = 0
    for row, title, edits, exit_code, era, absent, warned in LAYOUTS:
        text = dump
        for edit in edits:
            text = edit(text)
        source = "%s/%s.c" % (folder, row)
        with open(source, "w") as f:
            f.write(text + objects)
        compiled = "%s/%s.o" % (folder, row)
        subprocess.run(["gcc", "-w", "-g", "-fms-extensions", "-c", source, "-o", compiled], check=True)
        ran = subprocess.run([program, "check", "--format", "json", compiled], capture_output=True, text=True)
        problems = [] if ran.returncode == exit_code else ["wanted exit code %d, got %d" % (exit_code, ran.returncode)]
        report = json.loads(ran.stdout)
        told = "%(versions)s %(description)s" % report["era"]
        if era is not None and era not in told:
            problems.append("the era is told as '%s'" % told)
        outcomes = {rule["id"]: rule["outcome"] for rule in report["rules"]}
        problems += ["%s is %s" % (rule, outcomes[rule]) for rule in absent if outcomes[rule] != "not_applicable"]
        problems += ["%s is %s" % (rule, outcomes[rule]) for rule in warned if outcomes[rule] != "warning"]
        if problems:
            wrong += 1
            bad = ["%s: %s" % (rule, outcome) for rule, outcome in outcomes.items() if outcome in ("violated", "undecided")]
            print("WRONG  %s  %s: %s (%s)" % (row, title, "; ".join(problems), ", ".join(bad)))
    print("%d layouts, %d right, %d wrong" % (len(LAYOUTS), len(LAYOUTS) - wrong, wrong))
    return 1 if wrong else 0


sys.exit(main())
